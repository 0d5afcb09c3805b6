"""Photos and clips that nothing names, and files without a row, go after a while; nothing that is named does."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import func, select

from dashboard.attachments import UNNAMED
from dashboard.city import City
from dashboard.tickets import TicketReport
from datasources.models import Base, Photo
from datasources.queries.attachments import NAMED_BY
from tests.conftest import OFFICER, TurnedClock
from tests.dashboard.test_messages import jpeg


def photos(city: City) -> list[Path]:
    return sorted(path for path in (city.settings.data / "photos").rglob("*") if path.is_file())


def test_what_nothing_names_goes_after_a_month(city: City, clock: TurnedClock) -> None:
    clock.moment = clock.moment.replace(year=clock.moment.year + 1)  # files have the time of this machine
    named, unnamed = (city.photos.store(OFFICER, f"photo-0000{i}", jpeg()) for i in range(2))
    lon, lat = city.areas.middle("510104017001")
    city.tickets.report(OFFICER, TicketReport(key="ticket-1", kind="fire", text="有烟", lon=lon, lat=lat, photo_id=named))
    assert len(photos(city)) == 2
    city.photos.tidy()
    with city.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Photo)) == 2, "a phone may still send the words"
    clock.turn(days=30, seconds=1)
    assert city.photos.tidy() == 1
    assert [path.stem for path in photos(city)] == [named]
    assert unnamed not in str(photos(city))
    with city.database.read() as session:
        assert list(session.scalars(select(Photo.id))) == [named]


def test_files_without_a_row_go_too(city: City, clock: TurnedClock) -> None:
    kept = city.photos.store(OFFICER, "photo-00001", jpeg())
    folder = photos(city)[0].parent
    for name in ("00000000-0000-0000-0000-000000000000.jpg", f"{kept}.part"):
        (folder / name).write_bytes(b"")
    assert city.photos.tidy() == 0
    before = clock().timestamp() - UNNAMED.total_seconds() - 1
    for file in folder.iterdir():
        os.utime(file, (before, before))
    assert city.photos.tidy() == 2
    assert [path.stem for path in photos(city)] == [kept]


def test_every_column_that_names_one_is_asked() -> None:
    named = {(column.table.name, column.name) for columns in NAMED_BY.values() for column in columns}
    every = [column for table in Base.metadata.tables.values() for column in table.c]
    assert named == {(column.table.name, column.name) for column in every if column.name in ("photo_id", "clip_id")}
