"""The short form: nothing that anybody sends makes the server fail, hang, or forget to answer others."""

from __future__ import annotations

from pathlib import Path

from tests.callbacks.matrix.things import add_other_city, gather
from tests.conftest import Running
from tests.fuzz.everything import fuzz
from tests.fuzz.report import Report

EACH = 6


def test_nothing_that_is_sent_makes_the_server_fail(running: Running, tmp_path: Path) -> None:
    add_other_city(running.settings, tmp_path)
    things = gather(running)
    reports = fuzz(things, EACH, 1)
    things.city.close()
    assert {name: report.wrong for name, report in reports.items() if report.wrong} == {}
    assert min(report.cases for report in reports.values()) >= EACH


def test_a_report_counts_what_must_not_be() -> None:
    report = Report()
    report.answers["500"] += 1
    report.wrong.append("GET /x: 500")
    assert report.cases == 1
    assert "1 wrong\n  GET /x: 500" in str(report)
