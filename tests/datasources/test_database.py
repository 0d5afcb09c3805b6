"""The two doors to the database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from dashboard.city import City
from dashboard.opening import open_keyring
from datasources import database as database_module
from datasources.database import ASIDE, Database
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


def test_what_walks_through_a_city_is_done_aside_but_not_in_the_turn_to_write(city: City) -> None:
    if city.database.dialect != "sqlite":
        pytest.skip("PostgreSQL is a process of its own")
    aside: list[int] = []

    def run(function: Callable[[], Any]) -> Any:
        aside.append(1)
        return function()

    database = Database(city.database.url.render_as_string(hide_password=False), aside=run, keyring=city.database.keyring)
    query = select(Area.code).order_by(Area.name).execution_options(**ASIDE)
    try:
        with database.read() as session:
            assert session.scalars(query).all()
            session.scalars(select(Area.code)).all()
        assert len(aside) == 1
        with database.write() as session:
            session.scalars(query).all()
        assert len(aside) == 1
    finally:
        database.close()


def test_when_much_waits_aside_already_the_next_is_done_at_once(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    if city.database.dialect != "sqlite":
        pytest.skip("PostgreSQL is a process of its own")
    monkeypatch.setattr(database_module, "MOST_ASIDE", 1)
    inner: list[int] = []
    query = select(Area.code).order_by(Area.name).execution_options(**ASIDE)

    def run(function: Callable[[], Any]) -> Any:
        inner.append(1)
        with ThreadPoolExecutor(1) as pool:  # while this one is under way, another asks
            assert pool.submit(ask).result(60)
        return function()

    def ask() -> list[str]:
        with database.read() as session:
            return list(session.scalars(query))

    database = Database(city.database.url.render_as_string(hide_password=False), aside=run, keyring=city.database.keyring)
    try:
        assert ask()
        assert len(inner) == 1
    finally:
        database.close()
