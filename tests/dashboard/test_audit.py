"""The audit trail: whatever is done to a row behind our back is found and named."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from dashboard import audit
from dashboard.city import City
from dashboard.keys import SEALED, follow_seal, renew
from dashboard.opening import SEAL_FILE, open_keyring
from datasources import chain, sealing
from datasources.keyring import Keyring, WrongKey
from datasources.models import Base
from datasources.queries import changes
from datasources.types import Encrypted
from tests.conftest import ADMIN, OFFICER

GRANTS = (
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "REVOKE UPDATE, DELETE ON changes FROM {role}",
)
CHANGE = {"actor": "system:x", "topic": "look", "kind": "look.phone", "area_code": "5101", "entity_id": "x", "payload": {}}


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
        f"area_code, entity_id, payload, '{chain.link(rows[n]['hash'], forged, b'')}' FROM changes WHERE seq = {n}",
    )
    assert any("missing" in what or "kept" in what for _, what in audit.verify(busy.database).problems)


def unsealed_before(city: City) -> None:
    """What lies outside the database has not seen a seal: as after the upgrade of an old city."""
    (city.settings.data / SEAL_FILE).unlink()


def test_who_takes_the_key_away_is_found_out_and_nobody_seals_the_forgery(busy: City) -> None:
    n = last(busy)
    with busy.database.read() as session:
        rows = list(audit._rows(session, 0))
    before = chain.FIRST
    for row in rows:
        actor = "forged" if row["seq"] == n - 3 else row["actor"]
        before = chain.link(before, {**row, "actor": actor}, b"")
        tampered(busy, f"UPDATE changes SET hash = '{before}', actor = '{actor}' WHERE seq = {row['seq']}")
    tampered(busy, f"UPDATE change_counter SET hash = '{before}', sealed_key = '', seal = '', keyed_after = 0")
    assert [what for _, what in audit.verify(busy.database).problems] == ["the chain had its key, and somebody has taken it away"]
    audit.watch_seal(busy.database, busy.troubles)
    assert [trouble["kind"] for trouble in busy.troubles.listed()] == ["audit"]
    follow_seal(busy.database)
    assert busy.database.keyring is not None
    assert not busy.database.keyring.lenient
    with pytest.raises(WrongKey, match="taken it away"):
        renew(busy.database)


def test_two_who_seal_at_once_make_one_key(city: City) -> None:
    tampered(city, "UPDATE change_counter SET sealed_key = '', seal = ''")
    keyring = open_keyring(city.settings)
    keys = []
    for _ in range(2):
        with city.database.write() as session:
            sealing.seal(session, keyring)
        with city.database.read() as session:
            keys.append(sealing.key_of(changes.counter(session), keyring))
    assert keys[0] == keys[1] != b""


def test_an_old_city_is_told_to_seal(busy: City) -> None:
    tampered(busy, "UPDATE change_counter SET sealed_key = '', seal = ''")
    unsealed_before(busy)
    audit.watch_seal(busy.database, busy.troubles)
    assert [trouble["kind"] for trouble in busy.troubles.listed()] == ["unsealed"]


def key(city: City) -> bytes:
    with city.database.read() as session:
        return sealing.key_of(changes.counter(session), open_keyring(city.settings))


@pytest.mark.parametrize("known", ["no key", "the key"])
def test_an_altered_row_with_the_hashes_after_it_made_anew_is_found_out(busy: City, tmp_path: Path, known: str) -> None:
    file = tmp_path / "audit.jsonl"
    audit.export(busy.database, busy.commands.clock, file)
    n, with_key = last(busy), key(busy) if known == "the key" else b""
    with busy.database.read() as session:
        rows = list(audit._rows(session, n - 4))
        before = next(audit._rows(session, n - 5))["hash"]
    rows[0]["actor"] = "forged"
    for row in rows:
        row["hash"] = before = chain.link(before, row, with_key)
        tampered(busy, f"UPDATE changes SET hash = '{before}', actor = '{row['actor']}' WHERE seq = {row['seq']}")
    tampered(busy, f"UPDATE change_counter SET hash = '{before}'")
    if with_key:
        tampered(busy, f"UPDATE change_counter SET seal = '{chain.seal(with_key, n, before, 0, 0)}'")
        assert audit.verify(busy.database).sound, "a perfect forgery, which needs the key"
    else:
        assert n - 3 in [seq for seq, _ in audit.verify(busy.database).problems]
        assert not audit.is_whole(busy.database)
    verdict = audit.check(file, database=busy.database)
    assert any("something else now" in what for _, what in verdict.problems)
    file.rename(tmp_path / f"{1:012d}-{n:012d}{audit.SUFFIX}")
    with pytest.raises(ValueError, match="something else now"):
        audit.export_next(busy.database, busy.commands.clock, tmp_path)


@pytest.mark.parametrize(
    "statements",
    [
        ["UPDATE changes SET actor = 'session:somebody-else' WHERE seq = {n} - 3", "UPDATE change_counter SET chained_after = seq"],
        ["UPDATE change_counter SET chained_after = seq, hash = '" + chain.FIRST + "'"],
        ["UPDATE change_counter SET keyed_after = seq"],
        ["UPDATE change_counter SET sealed_key = ''"],
        ["DELETE FROM changes WHERE seq > {n} - 3", "UPDATE change_counter SET seq = {n} - 3, hash = '{h}'"],
    ],
)
@pytest.mark.parametrize("and_then", ["at once", "after more was written"])
def test_who_writes_the_counter_is_found_out_also_later(busy: City, statements: list[str], and_then: str) -> None:
    n = last(busy)
    with busy.database.read() as session:
        kept = next(row["hash"] for row in audit._rows(session, n - 4))
        sealed_key = changes.counter(session).sealed_key
    tampered(busy, *(statement.format(n=n, h=kept) for statement in statements))
    if and_then != "at once":
        for duty in ("on_duty", "off_duty"):
            busy.units.set_duty(OFFICER, busy.units.covering(ADMIN, "5101", 1)[0]["id"], duty)
        tampered(busy, f"UPDATE change_counter SET sealed_key = '{sealed_key}'")
        busy.units.set_duty(OFFICER, busy.units.covering(ADMIN, "5101", 1)[0]["id"], "on_duty")
    assert not audit.verify(busy.database).sound


def test_administrators_are_told_of_a_counter_that_somebody_else_has_written(busy: City) -> None:
    audit.watch_seal(busy.database, busy.troubles)
    assert busy.troubles.listed() == []
    tampered(busy, "UPDATE change_counter SET chained_after = seq")
    audit.watch_seal(busy.database, busy.troubles)
    assert [trouble["kind"] for trouble in busy.troubles.listed()] == ["audit"]


def test_each_export_of_a_folder_goes_on_where_the_one_before_ended(busy: City, tmp_path: Path) -> None:
    kept = tmp_path / "exports"
    first, count = audit.export_next(busy.database, busy.commands.clock, kept)
    assert count == last(busy)
    busy.units.phone(OFFICER, busy.units.covering(ADMIN, "5101", 1)[0]["id"])
    second, one = audit.export_next(busy.database, busy.commands.clock, kept)
    assert (one, sorted(file.name for file in kept.iterdir())) == (1, [first.name, second.name])
    assert audit.check(second).sound
    assert audit.check(second, database=busy.database).sound
    assert audit.export_next(busy.database, busy.commands.clock, kept)[1] == 0


def test_who_may_only_add_to_the_log_can_work_and_not_rewrite(city: City) -> None:
    """The role of docs/operations.md: workers sign in as one that owns nothing."""
    if city.database.dialect == "sqlite":
        pytest.skip("SQLite has no roles")
    tampered(
        city,
        f"CREATE ROLE worker_{os.getpid()} LOGIN",
        *(statement.format(role=f"worker_{os.getpid()}") for statement in GRANTS),
    )
    try:
        with city.database.write() as session:
            session.execute(text(f"SET LOCAL ROLE worker_{os.getpid()}"))
            changes.append(session, [dict(CHANGE, at=city.commands.clock())])
        assert audit.verify(city.database).sound
        for statement in ("UPDATE changes SET actor = 'x'", "DELETE FROM changes", "TRUNCATE changes"):
            with pytest.raises(ProgrammingError, match="permission denied"):
                tampered(city, f"SET LOCAL ROLE worker_{os.getpid()}", statement)
    finally:
        tampered(city, f"DROP OWNED BY worker_{os.getpid()}", f"DROP ROLE worker_{os.getpid()}")


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
    assert chain.link(before["hash"], row, key(city)) == row["hash"], row["payload"]


def test_changes_of_before_the_chain_are_counted_and_not_blamed(busy: City) -> None:
    n = last(busy)
    before = f"chained_after = {n}, hash = '{chain.FIRST}', sealed_key = '', seal = ''"
    tampered(busy, f"UPDATE change_counter SET {before}", "UPDATE changes SET hash = NULL")
    unsealed_before(busy)
    busy.units.set_duty(OFFICER, busy.units.covering(ADMIN, "5101", 1)[0]["id"], "on_duty")
    assert [what for _, what in audit.verify(busy.database).problems] == ["the chain has no key yet: `yiping keys renew`"]
    renew(busy.database)
    busy.units.set_duty(OFFICER, busy.units.covering(ADMIN, "5101", 1)[0]["id"], "off_duty")
    verdict = audit.verify(busy.database)
    assert verdict.sound, verdict.problems
    assert (verdict.before_chain, verdict.last) == (n, n + 2)


def test_numbers_are_encrypted_found_again_and_written_anew_with_a_new_key(city: City, people: list[dict[str, Any]]) -> None:
    unit = people[0]
    assert unit["phone"].count("*") == 6
    phone = city.units.phone(OFFICER, unit["id"])
    with city.database.engine.connect() as connection:
        stored = connection.execute(text("SELECT phone FROM units")).scalars().all()
    assert all(one.startswith("yp2:") and phone not in one for one in stored)
    assert [found["id"] for found in city.units.search(OFFICER, phone)] == [unit["id"]]
    assert city.units.search(OFFICER, phone[:8]) == []
    city.database.keyring = Keyring([b"n" * 32, *[b"the same key for all test cities"]])
    city.database.engine.dialect.yiping_keyring = city.database.keyring  # type: ignore[attr-defined]
    assert [found["id"] for found in city.units.search(OFFICER, phone)] == [unit["id"]]
    assert renew(city.database) == len(stored)
    assert renew(city.database) == 0
    assert audit.verify(city.database).sound
    city.database.engine.dialect.yiping_keyring = city.database.keyring = Keyring([b"n" * 32])  # type: ignore[attr-defined]
    assert city.units.phone(OFFICER, unit["id"]) == phone
    assert [found["id"] for found in city.units.search(OFFICER, phone)] == [unit["id"]]
    assert open_keyring(city.settings) is not None


def test_what_is_encrypted_is_of_no_use_in_another_row_or_in_plain_text(city: City, people: list[dict[str, Any]]) -> None:
    one, other = people[0]["id"], people[1]["id"]
    tampered(city, f"UPDATE units SET phone = (SELECT phone FROM units WHERE id = '{one}') WHERE id = '{other}'")
    with pytest.raises(WrongKey, match=other):
        city.units.phone(OFFICER, other)
    tampered(city, f"UPDATE units SET phone = '13800000000' WHERE id = '{other}'")
    with pytest.raises(WrongKey, match="something else than this program"):
        city.units.phone(OFFICER, other)


def test_one_number_that_cannot_be_read_hides_nobody(city: City, people: list[dict[str, Any]]) -> None:
    unit = people[0]["id"]
    tampered(city, f"UPDATE units SET phone = 'yp1:00000000:AAAA' WHERE id = '{unit}'")
    shown = {one["id"]: one["phone"] for one in city.units.covering(ADMIN, "5101", 500)}
    assert shown[unit] == ""
    assert all(phone for other, phone in shown.items() if other != unit)
    assert renew(city.database) == 1, "looked at, and left as it is"


def test_every_encrypted_column_is_written_anew_by_renew() -> None:
    every = [column for table in Base.metadata.tables.values() for column in table.c]
    columns = {(column.table.name, column.name) for column in every if isinstance(column.type, Encrypted)}
    assert columns == {(model.__tablename__, column) for model, column in SEALED}


def test_a_city_of_before_the_seal_is_read_until_it_is_sealed(city: City, people: list[dict[str, Any]]) -> None:
    unit = people[0]["id"]
    tampered(city, "UPDATE change_counter SET sealed_key = '', seal = ''", f"UPDATE units SET phone = '13800000000' WHERE id = '{unit}'")
    unsealed_before(city)
    follow_seal(city.database)
    assert city.units.phone(OFFICER, unit) == "13800000000"
    assert renew(city.database) == 1
    assert city.units.phone(OFFICER, unit) == "13800000000"
    assert [found["id"] for found in city.units.search(OFFICER, "13800000000")] == [unit]
    tampered(city, f"UPDATE units SET phone = '13800000000' WHERE id = '{unit}'")
    with pytest.raises(WrongKey):
        city.units.phone(OFFICER, unit)


def test_a_look_at_a_number_is_recorded_with_who_and_when(city: City, people: list[dict[str, Any]]) -> None:
    before = last(city)
    city.units.phone(OFFICER, people[0]["id"])
    with city.database.read() as session:
        (row,) = list(audit._rows(session, before))
    assert (row["kind"], row["entity_id"], row["actor"]) == ("look.phone", people[0]["id"], OFFICER.actor)
    assert abs((row["at"] - city.commands.clock()).total_seconds()) < 1
    assert row["at"].tzinfo == UTC
    assert isinstance(row["at"], datetime)
