"""The two doors to the database."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from dashboard.city import City
from dashboard.opening import open_keyring
from datasources.database import Database
from datasources.models import Area, SignInFailure


def test_a_read_inside_another_session_is_that_session(city: City) -> None:
    with city.database.read() as outer, city.database.read() as inner:
        assert inner is outer
    with city.database.write() as outer:
        with city.database.read() as inner:
            assert inner is outer
        outer.add(SignInFailure(login="x", peer="y", at=city.commands.clock()))
    with city.database.read() as session:
        assert session.scalar(select(func.count()).select_from(SignInFailure)) == 1


def test_a_transaction_inside_another_session_is_an_error_of_ours(city: City) -> None:
    for door in (city.database.read, city.database.write):
        with door(), pytest.raises(RuntimeError, match="inside another session"), city.database.write():
            pass


def test_more_threads_than_connections_that_read_in_a_transaction_all_come_to_an_end(city: City) -> None:
    small = Database(city.settings.database_url, pool_size=1, keyring=open_keyring(city.settings))
    done: list[int] = []

    def work() -> None:
        with small.write() as session:
            session.add(SignInFailure(login="x", peer="y", at=city.commands.clock()))
            with small.read() as inner:
                done.append(int(inner.scalar(select(func.count()).select_from(Area)) or 0))

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert len(done) == 12
    small.close()
