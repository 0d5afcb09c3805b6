"""A disk that fills and a database that takes nothing are said before anybody is refused for it."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import namedtuple
from contextlib import closing

import pytest
from sqlalchemy.exc import OperationalError

from dashboard import storage
from dashboard.city import City
from dashboard.errors import Refused
from datasources import database
from datasources.models import SignInFailure
from tests.conftest import OFFICER
from tests.dashboard.test_messages import jpeg

Usage = namedtuple("Usage", "total used free")


def kinds(city: City) -> list[str]:
    return [trouble["kind"] for trouble in city.troubles.listed()]


def test_a_disk_with_room_is_no_trouble(city: City) -> None:
    city.storage.look()
    assert (kinds(city), city.storage.problem(), city.storage.full()) == ([], "", "")


def test_little_room_is_said_and_kept_for_words(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda _folder: Usage(100 << 30, 96 << 30, 4 << 30))
    city.storage.look()
    assert kinds(city) == ["disk_low"]
    assert city.storage.full() == ""
    with pytest.raises(Refused) as caught:
        city.photos.store(OFFICER, "photo-00001", jpeg())
    assert (caught.value.code, caught.value.status) == ("no_room", 507)
    monkeypatch.undo()
    city.storage.look()
    assert kinds(city) == []
    assert city.photos.store(OFFICER, "photo-00001", jpeg())


def test_a_database_that_another_process_holds_is_said_and_nobody_waits_twice(sqlite_city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WRITE_PATIENCE_S", 1.0)
    waited: list[float] = []

    def write() -> None:
        began = time.monotonic()
        with pytest.raises(OperationalError), sqlite_city.database.write() as session:
            session.add(SignInFailure(login="x", peer="y", at=sqlite_city.commands.clock()))
        waited.append(time.monotonic() - began)

    with closing(sqlite3.connect(sqlite_city.settings.data / "yiping.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        hands = [threading.Thread(target=write) for _ in range(8)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        assert len(waited) == 8
        assert max(waited) < 2.5, "eight wait side by side, not behind one another"
        sqlite_city.storage.look()
        assert (kinds(sqlite_city), sqlite_city.storage.problem()) == (["storage"], "refused")
        other.execute("ROLLBACK")
    sqlite_city.storage.look()
    assert (kinds(sqlite_city), sqlite_city.storage.problem()) == ([], "")


def test_a_write_that_does_not_come_back_is_late(sqlite_city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite_city.storage.look()
    later = time.monotonic() + storage.LATE_S + 1
    monkeypatch.setattr(storage.time, "monotonic", lambda: later)
    assert sqlite_city.storage.problem() == "late"
