"""The audit trail: whatever is done to a row behind our back is found and named."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from dashboard import audit
from dashboard.city import City
from dashboard.keys import renew
from dashboard.opening import open_keyring
from datasources import chain
from datasources.keyring import Keyring
from tests.conftest import ADMIN, OFFICER


@pytest.fixture
def busy(city: City, people: list[dict[str, Any]]) -> City:
    for person in people[:6]:
        city.units.set_duty(OFFICER, person["id"], "off_duty")
        city.units.phone(OFFICER, person["id"])
    return city


def tampered(city: City, *statements: str) -> None:
    with city.database.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def last(city: City) -> int:
    return audit.verify(city.database).last


def test_an_untouched_log_is_sound(busy: City) -> None:
    verdict = audit.verify(busy.database)
    assert verdict.sound, verdict.problems
    assert verdict.checked >= 12
    assert verdict.before_chain == 0


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE changes SET actor = 'session:somebody-else' WHERE seq = {n} - 3", "altered"),
        ("UPDATE changes SET payload = '{{}}' WHERE seq = {n} - 3", "altered"),
        ("UPDATE changes SET at = '2020-01-01 00:00:00' WHERE seq = {n} - 3", "altered"),
        ("UPDATE changes SET area_code = '5101' WHERE seq = {n} - 3", "altered"),
        ("DELETE FROM changes WHERE seq = {n} - 3", "missing"),
        ("DELETE FROM changes WHERE seq > {n} - 3", "missing"),
        ("UPDATE changes SET hash = NULL WHERE seq = {n} - 3", "no hash"),
    ],
)
def test_what_is_done_to_a_row_is_found(busy: City, statement: str, found: str) -> None:
    n = last(busy)
    tampered(busy, statement.format(n=n))
    verdict = audit.verify(busy.database)
    assert not verdict.sound
    assert any(found in what and n - 3 <= seq <= n for seq, what in verdict.problems), verdict.problems


def test_a_row_that_is_put_in_is_found_also_with_a_hash_of_its_own(busy: City) -> None:
    n = last(busy)
    with busy.database.read() as session:
        rows = {row["seq"]: row for row in audit._rows(session, n - 2)}
    forged = {**rows[n], "seq": n + 1, "actor": "forged"}
    tampered(
        busy,
        "INSERT INTO changes (seq, at, actor, topic, kind, area_code, entity_id, payload, hash) SELECT seq + 1, at, 'forged', topic, kind, "
        f"area_code, entity_id, payload, '{chain.link(rows[n]['hash'], forged)}' FROM changes WHERE seq = {n}",
    )
    assert any("missing" in what or "kept" in what for _, what in audit.verify(busy.database).problems)


def test_an_altered_row_with_the_hashes_after_it_made_anew_is_found_by_an_export_of_before(busy: City, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    audit.export(busy.database, busy.commands.clock, file)
    n = last(busy)
    with busy.database.read() as session:
        rows = list(audit._rows(session, n - 4))
        before = next(audit._rows(session, n - 5))["hash"]
    rows[0]["actor"] = "forged"
    for row in rows:
        row["hash"] = before = chain.link(before, row)
        tampered(busy, f"UPDATE changes SET hash = '{before}', actor = '{row['actor']}' WHERE seq = {row['seq']}")
    tampered(busy, f"UPDATE change_counter SET hash = '{before}'")
    assert audit.verify(busy.database).sound, "a perfect forgery is sound by itself"
    verdict = audit.check(file, database=busy.database)
    assert any("something else now" in what for _, what in verdict.problems)


def _replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(old, new, 1)


@pytest.mark.parametrize(
    ("alter", "found"),
    [
        (lambda data: data, ""),
        (_replaced(b"off_duty", b"on_duty"), "signature"),
        (lambda data: b"".join(data.splitlines(keepends=True)[:-1]), "cut off"),
        (lambda data: b"".join(line for i, line in enumerate(data.splitlines(keepends=True)) if i != 5), "missing"),
    ],
)
def test_an_export_that_was_altered_is_found_out(busy: City, tmp_path: Path, alter: Callable[[bytes], bytes], found: str) -> None:
    file = tmp_path / "audit.jsonl"
    assert audit.export(busy.database, busy.commands.clock, file) == last(busy)
    file.write_bytes(alter(file.read_bytes()))
    verdict = audit.check(file)
    assert verdict.sound == (not found)
    assert not found or any(found in what for _, what in verdict.problems), verdict.problems


def test_an_export_signed_by_somebody_else_is_found_out(busy: City, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    audit.export(busy.database, busy.commands.clock, file)
    key = json.loads(file.read_bytes().splitlines()[0])["public_key"]
    assert audit.check(file, key).sound
    assert any("another key" in what for _, what in audit.check(file, "somebody else's").problems)
    file.write_text("[]\n")
    with pytest.raises(ValueError, match="no object"):
        audit.check(file)


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**60), 2**60)
payloads = st.recursive(
    numbers | st.booleans() | st.none() | st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text("xyz", max_size=2), payloads, max_size=4))
def test_the_chain_is_the_same_before_and_after_storing(city: City, payload: dict[str, Any]) -> None:
    with city.commands.transaction(ADMIN) as work:
        work.record("ticket.report", "5101", "x", payload)
    with city.database.read() as session:
        before, row = audit._rows(session, (work.last_seq or 0) - 2)
    assert chain.link(before["hash"], row) == row["hash"], row["payload"]


def test_changes_of_before_the_chain_are_counted_and_not_blamed(busy: City) -> None:
    n = last(busy)
    tampered(busy, f"UPDATE change_counter SET chained_after = {n}, hash = '{chain.FIRST}'", "UPDATE changes SET hash = NULL")
    busy.units.set_duty(OFFICER, busy.units.covering(ADMIN, "5101", 1)[0]["id"], "on_duty")
    verdict = audit.verify(busy.database)
    assert verdict.sound, verdict.problems
    assert verdict.before_chain == n


def test_numbers_are_encrypted_found_again_and_written_anew_with_a_new_key(city: City, people: list[dict[str, Any]]) -> None:
    unit = people[0]
    assert unit["phone"].count("*") == 6
    phone = city.units.phone(OFFICER, unit["id"])
    with city.database.engine.connect() as connection:
        stored = connection.execute(text("SELECT phone FROM units")).scalars().all()
    assert all(one.startswith("yp1:") and phone not in one for one in stored)
    assert [found["id"] for found in city.units.search(OFFICER, phone)] == [unit["id"]]
    assert city.units.search(OFFICER, phone[:8]) == []
    city.database.keyring = Keyring([b"n" * 32, *[b"the same key for all test cities"]])
    city.database.engine.dialect.yiping_keyring = city.database.keyring  # type: ignore[attr-defined]
    assert [found["id"] for found in city.units.search(OFFICER, phone)] == [unit["id"]]
    assert renew(city.database) == len(stored)
    assert renew(city.database) == 0
    city.database.engine.dialect.yiping_keyring = city.database.keyring = Keyring([b"n" * 32])  # type: ignore[attr-defined]
    assert city.units.phone(OFFICER, unit["id"]) == phone
    assert [found["id"] for found in city.units.search(OFFICER, phone)] == [unit["id"]]
    assert open_keyring(city.settings) is not None


def test_a_look_at_a_number_is_recorded_with_who_and_when(city: City, people: list[dict[str, Any]]) -> None:
    before = last(city)
    city.units.phone(OFFICER, people[0]["id"])
    with city.database.read() as session:
        (row,) = list(audit._rows(session, before))
    assert (row["kind"], row["entity_id"], row["actor"]) == ("look.phone", people[0]["id"], OFFICER.actor)
    assert abs((row["at"] - city.commands.clock()).total_seconds()) < 1
    assert row["at"].tzinfo == UTC
    assert isinstance(row["at"], datetime)
