"""Every operation of the OpenAPI document, with what fits it and what does not, and Dash's endpoint with anything in its properties."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import requests
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Err

from tests.fuzz.drawing import anything, often
from tests.fuzz.report import PATIENCE_S, Report

ROLES = ("admin", "officer", "unit", "nobody")
HELD = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
"""What the document promises of each answer."""

TOO_LONG = 414

Token = Callable[[str], str]

for media_type in ("audio/*", "image/*"):
    schemathesis.serializer.alias(media_type, "application/octet-stream")


def operations(address: str) -> Iterator[Any]:
    """Each operation of the document."""
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")
    for found in schema.get_all_operations():
        if isinstance(found, Err):
            raise found.err()
        yield found.ok()


def try_interface(address: str, token: Token, report: Report, each: int, number: int) -> None:
    """`each` cases that fit and as many that do not, for every operation of the interface."""
    people = {role: token(role) for role in ROLES if role != "nobody"}
    for operation in operations(address):
        asker = _asker(operation.label, people, token, report)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            with suppress(Unsatisfiable):  # where there is nothing that could be wrong
                cases = operation.as_strategy(generation_mode=mode)
                often(each, number)(given(case=cases, role=st.sampled_from(ROLES))(asker))()


def _asker(label: str, people: dict[str, str], token: Token, report: Report) -> Callable[..., None]:
    load_all_checks()
    checks = [CHECKS.get_one(name) for name in HELD]

    def ask(case: Any, role: str) -> None:
        headers = {"Authorization": f"Bearer {people[role]}"} if role in people else {}
        began = time.monotonic()
        try:
            response = case.call(headers=headers, timeout=PATIENCE_S)
        except requests.RequestException as error:
            report.answers["no answer"] += 1
            report.wrong.append(f"{label}: {error!r}")
            return
        report.answers[str(response.status_code)] += 1
        if response.status_code == TOO_LONG:
            return  # gunicorn's own answer to an address of more than 4 kB, in its own words
        try:
            case.validate_response(response, checks=checks)
        except (Failure, FailureGroup) as failure:
            took = time.monotonic() - began
            report.wrong.append(f"{label} as {role} after {took:.1f} s: {response.status_code} {str(failure)[:600]}")
        if role in people and response.status_code == 401:
            people[role] = token(role)  # that one was revoked by an earlier case

    return ask


def try_dash(address: str, token: Token, report: Report, bodies: list[dict[str, Any]], each: int, number: int) -> None:
    """`each` bodies for each callback: sound ones in which some properties have any value, and some that are anything."""
    asking = requests.Session()
    asking.trust_env = False
    asking.headers["Authorization"] = f"Bearer {token('officer')}"

    def ask(body: Any) -> None:
        try:
            response = asking.post(f"{address}/_dash-update-component", json=body, timeout=PATIENCE_S)
        except (requests.RequestException, ValueError) as error:
            report.answers["no answer"] += 1
            report.wrong.append(f"dash: {error!r}")
            return
        report.answers[str(response.status_code)] += 1
        if response.status_code >= 500:
            report.wrong.append(f"dash: {response.status_code} for {str(body)[:500]}")

    for sound in bodies:
        often(each, number)(given(body=_near(sound))(ask))()
    often(each, number)(given(body=anything)(ask))()


@st.composite
def _near(draw: st.DrawFn, sound: dict[str, Any]) -> dict[str, Any]:
    body = {**sound}
    for part in ("inputs", "state"):
        values = [draw(st.one_of(st.just(one["value"]), _like(one["value"]), anything)) for one in sound[part]]
        body[part] = [{**one, "value": value} for one, value in zip(sound[part], values, strict=True)]
    if draw(st.integers(0, 5)) == 0:
        body[draw(st.sampled_from(sorted(body)))] = draw(anything)
    return body


def _like(value: Any) -> st.SearchStrategy[Any]:
    """The same with something else in some places."""
    if isinstance(value, dict):
        return st.fixed_dictionaries({}, optional={key: st.one_of(st.just(inner), anything) for key, inner in value.items()})
    return anything
