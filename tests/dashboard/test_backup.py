"""A backup taken while the city works restores to an equal city; a damaged one, or one in the wrong place, is refused whole."""

from __future__ import annotations

import base64
import dataclasses
import json
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select, text

from dashboard import backup
from dashboard.backup import BackupFailed
from dashboard.city import City, build_city
from dashboard.clock import now
from dashboard.opening import open_database
from dashboard.settings import Settings, from_environment
from datasources.channels.web_push import key_in
from datasources.database import Database
from datasources.keyring import Keyring
from datasources.migrations import _config, is_current
from datasources.models import Base, Photo
from tests.conftest import OFFICER, TurnedClock, empty_postgres
from tests.dashboard.histories import AREAS, History
from tests.dashboard.live.test_picture import changes_after, layers_of, snapshot
from tests.dashboard.test_messages import jpeg


@pytest.fixture
def empty(settings: Settings, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """An installation in which nothing is yet, of the same kind of database."""
    data = tmp_path / "elsewhere"
    data.mkdir()
    if settings.database_url.startswith("sqlite"):
        yield dataclasses.replace(settings, data=data, database_url=f"sqlite:///{data / 'yiping.db'}")
        return
    with empty_postgres(request.getfixturevalue("postgres_server")) as address:
        yield dataclasses.replace(settings, data=data, database_url=address)


def made(city: City, folder: Path) -> dict[str, Any]:
    return backup.make(city.database, city.settings.data, folder, now)


def rows(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    with database.read() as session:
        return {
            table.name: sorted(map(tuple, session.execute(text(f'SELECT * FROM "{table.name}"'))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def test_a_restored_city_has_every_row_and_every_file(city: City, clock: TurnedClock, empty: Settings, tmp_path: Path) -> None:
    history = History(city, clock, 5)
    for _ in range(40):
        history.step()
    photo = city.photos.store(OFFICER, "photo-00001", jpeg())
    manifest = made(city, tmp_path / "kept")
    database = open_database(empty)
    verdict = backup.restore(database, empty.data, tmp_path / "kept")
    assert verdict.sound
    assert verdict.last == manifest["seq"]
    assert rows(database) == rows(city.database)
    database.close()
    again = build_city(empty, clock)
    assert again.photos.path(OFFICER, photo).read_bytes() == city.photos.path(OFFICER, photo).read_bytes()
    again.units.set_duty(OFFICER, again.units.covering(OFFICER, "5101", 1)[0]["id"], "off_duty")  # it goes on where it was
    again.close()


def test_a_backup_under_load_is_one_moment_of_the_city(city: City, clock: TurnedClock, empty: Settings, tmp_path: Path) -> None:
    stop = threading.Event()

    def work() -> None:
        history, number = History(city, clock, 11), 0
        while not stop.is_set():
            history.step()
            number += 1
            city.photos.store(OFFICER, f"photo-{number:05}", jpeg())

    worker = threading.Thread(target=work)
    worker.start()
    try:
        manifest = made(city, tmp_path / "kept")
    finally:
        stop.set()
        worker.join()
    assert backup.restore(open_database(empty), empty.data, tmp_path / "kept").sound
    again = build_city(empty, clock)
    with city.database.read() as before, again.database.read() as after:
        stored = text("SELECT seq, hash FROM changes WHERE seq <= :seq ORDER BY seq")
        assert before.execute(stored, {"seq": manifest["seq"]}).all() == after.execute(stored, {"seq": 2**60}).all()
        photos = after.scalars(select(Photo.id)).all()
    assert all(again.photos.path(OFFICER, photo).stat().st_size for photo in photos)
    for area in AREAS:
        picture = snapshot(again, area)
        assert picture.seq == manifest["seq"]
        for change in changes_after(city, picture.seq):
            picture.apply(change)
        assert layers_of(picture) == layers_of(snapshot(city, area)), area
    again.close()


def write_manifest(city: City, folder: Path, manifest: dict[str, Any]) -> None:
    """As if this installation had made it so."""
    assert city.database.keyring is not None
    manifest["signature"] = base64.b64encode(city.database.keyring.signer.sign(backup._signed(manifest))).decode()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def refusal(settings: Settings, folder: Path, keyring: Keyring | None = None) -> str:
    database = open_database(settings)
    if keyring is not None:
        database.keyring = keyring
    with pytest.raises(BackupFailed) as failed:
        backup.restore(database, settings.data, folder)
    database.close()
    return str(failed.value)


def test_what_cannot_be_restored_is_refused_before_anything_is_written(city: City, empty: Settings, tmp_path: Path) -> None:
    city.photos.store(OFFICER, "photo-00001", jpeg())
    kept = tmp_path / "kept"
    made(city, kept)
    with pytest.raises(BackupFailed, match="is there already"):
        made(city, kept)
    assert "there are data already" in refusal(city.settings, kept)
    assert "no complete backup" in refusal(empty, tmp_path / "nothing")
    assert "not among YIPING_DATA_KEYS" in refusal(empty, kept, Keyring([b"x" * 32]))
    photo = next((kept / "photos").rglob("*.jpg"))
    sound = photo.read_bytes()
    photo.write_bytes(sound[:-1] + b"?")
    assert "altered since" in refusal(empty, kept)
    photo.unlink()
    assert "missing" in refusal(empty, kept)
    photo.write_bytes(sound)
    (kept / "photos" / "more.jpg").write_bytes(b"")
    assert "does not belong to it" in refusal(empty, kept)
    (kept / "photos" / "more.jpg").unlink()
    manifest = json.loads((kept / "manifest.json").read_text())
    write_manifest(city, kept, {**manifest, "database": "oracle"})
    assert "the backup is of oracle" in refusal(empty, kept)
    (kept / "manifest.json").write_text("[]")
    assert "not the manifest" in refusal(empty, kept)
    for altered in ({**manifest, "seq": 1}, {**manifest, "signature": ""}, {**manifest, "signature": "nonsense"}):
        (kept / "manifest.json").write_text(json.dumps(altered))
        assert "the signature does not fit" in refusal(empty, kept)
    before = {name: value for name, value in manifest.items() if name != "signature"} | {"form": "yiping backup 1"}
    (kept / "manifest.json").write_text(json.dumps(before))
    assert "--unsigned" in refusal(empty, kept)
    (kept / "manifest.json").write_text(json.dumps(manifest))
    database = open_database(empty)
    assert backup.restore(database, empty.data, kept).sound
    database.close()


def test_a_dump_that_cannot_be_read_in_leaves_the_new_place_empty(city: City, empty: Settings, tmp_path: Path) -> None:
    if city.database.dialect == "sqlite":
        pytest.skip("SQLite's dump is a file that is put in place whole")
    kept = tmp_path / "kept"
    city.photos.store(OFFICER, "photo-00001", jpeg())
    manifest = made(city, kept)
    whole = (kept / "database").read_bytes()
    (kept / "database").write_bytes(whole[: len(whole) // 2])
    manifest["files"]["database"] = backup._digest(kept / "database")
    write_manifest(city, kept, manifest)
    assert "pg_restore" in refusal(empty, kept)
    (kept / "database").write_bytes(whole)
    manifest["files"]["database"] = backup._digest(kept / "database")
    write_manifest(city, kept, manifest)
    database = open_database(empty)
    assert backup.restore(database, empty.data, kept).sound
    database.close()


def test_what_is_half_written_is_not_in_a_backup(sqlite_city: City, tmp_path: Path) -> None:
    photo = sqlite_city.photos.store(OFFICER, "photo-00001", jpeg())
    whole = next((sqlite_city.settings.data / "photos").rglob(f"{photo}*"))
    whole.with_name("another.part").write_bytes(b"half")
    kept = [name for name in made(sqlite_city, tmp_path / "kept")["files"] if name.startswith("photos/")]
    assert kept == [str(whole.relative_to(sqlite_city.settings.data))]


def test_a_backup_that_is_broken_off_leaves_nothing_that_looks_like_one(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup.shutil, "copytree", lambda *_, **__: (_ for _ in ()).throw(OSError("disk full")))
    city.photos.store(OFFICER, "photo-00001", jpeg())
    with pytest.raises(OSError, match="disk full"):
        made(city, tmp_path / "kept")
    assert not list(tmp_path.glob("kept*"))


def test_a_leader_who_is_made_administrator_in_a_backup_is_found_out(sqlite_city: City, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    manifest = made(sqlite_city, kept)
    with closing(sqlite3.connect(kept / "database")) as plain, plain:
        plain.execute("UPDATE accounts SET role = 'admin'")
    manifest["files"]["database"] = backup._digest(kept / "database")
    (kept / "manifest.json").write_text(json.dumps(manifest))
    settings = from_environment({"YIPING_DATA": str(tmp_path / "new"), "YIPING_DATA_KEYS": sqlite_city.settings.data_keys})
    assert "the signature does not fit" in refusal(settings, kept)


def test_a_backup_of_before_signatures_is_taken_on_trust_when_that_is_said(sqlite_city: City, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    manifest = made(sqlite_city, kept)
    del manifest["signature"]
    (kept / "manifest.json").write_text(json.dumps(manifest | {"form": "yiping backup 1"}))
    settings = from_environment({"YIPING_DATA": str(tmp_path / "new"), "YIPING_DATA_KEYS": sqlite_city.settings.data_keys})
    settings.data.mkdir()
    database = open_database(settings)
    assert backup.restore(database, settings.data, kept, unsigned=True).sound
    database.close()


def test_browsers_that_are_subscribed_stay_so_after_a_restore(sqlite_city: City, tmp_path: Path) -> None:
    pem = sqlite_city.settings.data / "vapid.pem"
    key_in(pem)
    kept = tmp_path / "kept"
    made(sqlite_city, kept)
    assert pem.read_text() not in (kept / "vapid.pem").read_text()
    assert "PRIVATE" not in (kept / "vapid.pem").read_text(), "who finds a backup cannot push in our name"
    settings = from_environment({"YIPING_DATA": str(tmp_path / "new"), "YIPING_DATA_KEYS": sqlite_city.settings.data_keys})
    settings.data.mkdir()
    database = open_database(settings)
    backup.restore(database, settings.data, kept)
    database.close()
    assert (settings.data / "vapid.pem").read_text() == pem.read_text()
    assert stat.S_IMODE((settings.data / "vapid.pem").stat().st_mode) == 0o600


def test_a_backup_of_the_version_before_is_restored_and_brought_to_the_present_form(sqlite_city: City, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    manifest = made(sqlite_city, kept)
    old = Database(f"sqlite:///{kept / 'database'}", keyring=sqlite_city.database.keyring)
    command.downgrade(_config(old), "0009")
    old.close()
    for suffix in ("-wal", "-shm"):
        (kept / f"database{suffix}").unlink(missing_ok=True)
    del manifest["signature"]
    manifest["files"]["database"] = backup._digest(kept / "database")
    (kept / "manifest.json").write_text(json.dumps(manifest | {"form": "yiping backup 1"}))
    settings = from_environment({"YIPING_DATA": str(tmp_path / "new"), "YIPING_DATA_KEYS": sqlite_city.settings.data_keys})
    settings.data.mkdir()
    database = open_database(settings)
    verdict = backup.restore(database, settings.data, kept, unsigned=True)
    assert is_current(database)
    assert [what for _, what in verdict.problems if "no key yet" not in what and "altered" not in what] == []
    database.close()
