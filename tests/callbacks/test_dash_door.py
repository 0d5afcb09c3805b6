"""Dash's endpoint answers what our pages ask, and refuses everything else with a sentence."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.callbacks.matrix.table import callback
from tests.conftest import Running

COUNT = [
    ("dispatch-count", "children"),
    ("dispatch-send", "children"),
    ("dispatch-send", "disabled"),
    ("dispatch-preview", "data"),
    ("dispatch-area", "children"),
]
ASKED = [
    ("dispatch-target", "data", {"area": "5101"}),
    ("dispatch-roles", "value", []),
    ("dispatch-skills", "value", None),
    ("dispatch-off-duty", "value", []),
    ("dispatch-shape", "data", None),
]


def ask(running: Running, body: Any, role: str = "officer") -> tuple[int, str]:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {running.token(role)}"
    answer = session.post(f"{running.server.address}/_dash-update-component", json=body, timeout=60)
    return answer.status_code, answer.json()["error"]["code"] if answer.status_code >= 400 else ""


def with_value(name: str, value: Any) -> dict[str, Any]:
    return callback(COUNT, [(one, part, value if one == name else was) for one, part, was in ASKED])


def test_what_a_page_asks_is_answered(running: Running) -> None:
    assert ask(running, callback(COUNT, ASKED)) == (200, "")
    assert ask(running, with_value("dispatch-target", None)) == (200, "")


@pytest.mark.parametrize("body", [[], 7, "x", {}, {"output": "a.b"}, {"output": 1, "outputs": [], "inputs": []}], ids=repr)
def test_what_is_no_question_is_refused(running: Running, body: Any) -> None:
    assert ask(running, body) == (422, "invalid")


def test_a_callback_that_there_is_not_is_not_found(running: Running) -> None:
    assert ask(running, callback([("dispatch-count", "title")], ASKED)) == (404, "not_found")
    told = callback([("dispatch-told", "data")], [("dispatch-sent", "data", None)])
    assert ask(running, told) == (404, "not_found")  # the browser's own


def test_other_properties_than_the_callback_takes_are_refused(running: Running) -> None:
    sound = callback(COUNT, ASKED)
    for changed in (
        {"inputs": sound["inputs"][1:]},
        {"inputs": sound["inputs"][::-1]},
        {"state": sound["inputs"][:1]},
        {"outputs": sound["outputs"][:1]},
        {"outputs": sound["outputs"][0]},
        {"changedPropIds": ["dispatch-title.value"]},
    ):
        assert ask(running, {**sound, **changed}) == (422, "invalid"), changed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dispatch-target", 7),
        ("dispatch-target", {"area": None}),
        ("dispatch-target", {"area": "5101", "units": "all"}),
        ("dispatch-roles", "medic"),
        ("dispatch-shape", [1, 2]),
    ],
)
def test_values_that_no_panel_sets_are_refused(running: Running, name: str, value: Any) -> None:
    assert ask(running, with_value(name, value)) == (422, "invalid")


def test_a_question_of_many_megabytes_is_refused(running: Running) -> None:
    assert ask(running, with_value("dispatch-roles", ["x" * 1000] * 400)) == (413, "too_large")
