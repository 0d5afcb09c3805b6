"""Warnings: in force for an area and all below it, until they expire or are cancelled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dashboard.city import City
from dashboard.errors import Refused
from dashboard.warnings import WarningIssue
from tests.conftest import LEADER, OFFICER, TurnedClock


def issue(clock: TurnedClock, area: str = "510104", key: str = "warning-01", **more: Any) -> WarningIssue:
    values = {"expires": clock() + timedelta(hours=1), **more}
    return WarningIssue(key=key, event="rainstorm", level="red", area=area, headline="暴雨红色预警", **values)


def test_a_warning_holds_above_and_below_its_area(city: City, clock: TurnedClock) -> None:
    city.warnings.issue(OFFICER, issue(clock))
    for area in ("5101", "510104", "510104017", "510104017001001001"):
        assert [w["headline"] for w in city.warnings.in_force(OFFICER, area)] == ["暴雨红色预警"], area
    assert city.warnings.in_force(OFFICER, "510182") == []
    assert len(city.warnings.in_force(LEADER, "510104017")) == 1


def test_the_same_key_issues_once(city: City, clock: TurnedClock) -> None:
    assert city.warnings.issue(OFFICER, issue(clock))["id"] == city.warnings.issue(OFFICER, issue(clock))["id"]


def test_it_ends_by_itself_or_by_hand(city: City, clock: TurnedClock) -> None:
    first = city.warnings.issue(OFFICER, issue(clock))
    city.warnings.issue(OFFICER, issue(clock, "510182", "warning-02"))
    assert city.warnings.cancel(OFFICER, first["id"])["state"] == "cancelled"
    with pytest.raises(Refused) as caught:
        city.warnings.cancel(OFFICER, first["id"])
    assert caught.value.code == "not_allowed_now"
    clock.turn(minutes=61)
    assert (city.warnings.expire(), city.warnings.expire()) == (1, 0)
    assert city.warnings.in_force(OFFICER, "5101") == []


def test_warnings_that_cannot_be(city: City, clock: TurnedClock) -> None:
    bad = [(issue(clock, "999999"), "outside_scope"), (issue(clock, "51xx"), "unknown_area"), (issue(clock, "510199"), "unknown_area"),
           (issue(clock, expires=clock()), "invalid"), (issue(clock, expires=clock() + timedelta(days=9)), "invalid")]  # fmt: skip
    for wrong, code in bad:
        with pytest.raises(Refused) as caught:
            city.warnings.issue(OFFICER, wrong)
        assert caught.value.code == code
    with pytest.raises(Refused) as caught:
        city.warnings.issue(LEADER, issue(clock, "510104017"))
    assert caught.value.code == "forbidden"
