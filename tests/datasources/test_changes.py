"""The change log: no gaps, and never a smaller number behind a reader's back."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from dashboard.city import City
from datasources.models import Change, ChangeCounter
from datasources.queries import changes
from tests.conftest import START


def _row(n: int) -> dict[str, Any]:
    return {"at": START, "actor": "test", "topic": "test", "kind": "test.row", "area_code": "5101", "entity_id": str(n), "payload": {}}


def test_numbers_have_no_gaps_even_after_rollbacks(city: City) -> None:
    with city.database.read() as session:
        first = changes.last_seq(session)
    for n in range(20):
        try:
            with city.database.write() as session:
                changes.append(session, [_row(n), _row(n)])
                if n % 3 == 0:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            pass
    with city.database.read() as session:
        found = [change.seq for change in changes.after(session, first, 100)]
        assert found == list(range(first + 1, first + 1 + len(found)))
        assert len(found) == 2 * 13
        assert changes.last_seq(session) == found[-1] == session.scalar(select(ChangeCounter.seq))


def _writers(count: int, write: Any) -> list[threading.Thread]:
    threads = [threading.Thread(target=write, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    return threads


def test_a_reader_that_follows_many_writers_misses_nothing(city: City) -> None:
    """Writers hold their transactions open for random times; a reader polls `seq > last` all the while."""
    with city.database.read() as session:
        last = first = changes.last_seq(session)
    seen: list[int] = []

    def write(i: int) -> None:
        chance = random.Random(i)
        for _ in range(12):
            with city.database.write() as session:
                time.sleep(chance.random() * 0.004)
                changes.append(session, [_row(i)])
                time.sleep(chance.random() * 0.004)

    threads = _writers(6, write)
    while any(thread.is_alive() for thread in threads) or last < first + 72:
        with city.database.read() as session:
            for change in changes.after(session, last):
                seen.append(change.seq)
                last = change.seq
    assert seen == list(range(first + 1, first + 73))


@pytest.mark.postgres
def test_the_naive_way_loses_rows(postgres_url: str) -> None:
    """Why there is a counter: with a sequence, a later number can be committed first, and `seq > last` skips the earlier one."""
    with (
        psycopg.connect(postgres_url, autocommit=True) as setup,
        psycopg.connect(postgres_url) as slow,
        psycopg.connect(postgres_url) as quick,
        psycopg.connect(postgres_url, autocommit=True) as reader,
    ):
        setup.execute("CREATE TABLE naive (seq bigserial PRIMARY KEY, name text)")
        slow.execute("INSERT INTO naive (name) VALUES ('slow')")
        quick.execute("INSERT INTO naive (name) VALUES ('quick')")
        quick.commit()
        read = reader.execute("SELECT seq, name FROM naive WHERE seq > 0 ORDER BY seq").fetchall()
        slow.commit()
        read += reader.execute("SELECT seq, name FROM naive WHERE seq > %s ORDER BY seq", (read[-1][0],)).fetchall()
        assert [name for _, name in read] == ["quick"], "the sequence did not lose the row: is the test still right?"


def test_the_log_is_indexed_for_its_readers(city: City) -> None:
    assert {index.name for index in Change.__table__.indexes} >= {"ix_changes_entity_id", "ix_changes_area_code_seq"}
