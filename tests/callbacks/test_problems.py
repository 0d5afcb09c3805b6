"""What is refused is said in the language of who reads it, whichever check refuses it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from callbacks.web import parsed
from dashboard.dispatch.answers import Answer
from dashboard.dispatch.orders import NewOrder
from dashboard.errors import Refused
from dashboard.tickets import TicketReport

GOOD: dict[str, Any] = {"key": "order-0001", "title": "巡查", "text": "请巡查", "to": {"area": "5101"}}
BAD: list[dict[str, Any]] = [
    {"title": "x" * 41},
    {"title": 7},
    {"priority": "soon"},
    {"deadline": "tomorrow"},
    {"deadline": "2026-07-26T05:00:00"},
    {"to": []},
    {"to": {"area": "5101", "near": {"lon": 200, "lat": 0, "radius_m": 10}}},
    {"needed": 3},
    {"unknown": 1},
    {"key": "x"},
]


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_each_refusal_speaks_both_languages(bad: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        parsed(NewOrder, {**GOOD, **bad})
    said = re.sub(r"[a-z_.]+：|'[^']*'|done_when n|needed|ISO 8601", "", caught.value.zh)
    assert not re.search(r"[A-Za-z]{3,}", said), caught.value.zh
    assert not re.search(r"[\u4e00-\u9fff]", caught.value.en), caught.value.en


@pytest.mark.parametrize("blank", ["", " ", " \n\t ", "\u3000\u3000", "\u200b", "\u200b \u2060", "\x01"])
def test_blank_words_are_no_words(blank: str) -> None:
    for name in ("title", "text"):
        with pytest.raises(Refused, match="blank"):
            parsed(NewOrder, {**GOOD, name: blank})
    with pytest.raises(Refused, match="blank"):
        parsed(TicketReport, {"key": "ticket-01", "kind": "fire", "text": blank, "lon": 104, "lat": 30})
    assert parsed(NewOrder, {**GOOD, "title": "  巡查\n"}).title == "巡查"


def test_an_answer_may_have_no_note() -> None:
    assert parsed(Answer, {"key": "answer-01", "state": "declined"}).note == ""
