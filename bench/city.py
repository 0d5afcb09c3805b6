"""Cities to measure with: generated and imported once for each scale, kept in bench/.cache, copied for each use."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bench.common import CACHE
from dashboard.city import City, build_city
from dashboard.demo.load import load
from dashboard.opening import KEY_FILE, open_database
from dashboard.settings import from_environment
from datasources.database import Database
from datasources.migrations import upgrade
from tests.servers import Server, free_port, postgres

SHARE = {"small": 0.01, "demo": 0.1, "full": 1.0}
"""How much of a whole city each scale is, about."""


def template(scale: str) -> Path:
    """Folder with the database and the tiles of a city of this scale, of the present version. Made by one process, the others wait."""
    CACHE.mkdir(parents=True, exist_ok=True)
    folder = CACHE / scale
    with (CACHE / f"{scale}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            print(f"  making the city {scale} (once)", flush=True)
            with tempfile.TemporaryDirectory(dir=CACHE, prefix=f"{scale}-") as scratch:
                made = Path(scratch) / "city"
                _make(made, scale)
                made.rename(folder)
        with _opened(folder, scale) as city:
            if city.tiling.is_stale():
                city.tiling.build()
    return folder


def _make(folder: Path, scale: str) -> None:
    with _opened(folder, scale) as city:
        load(city, scale, folder / "demo")
        shutil.rmtree(folder / "demo")


@contextmanager
def _opened(folder: Path, scale: str) -> Iterator[City]:
    settings = from_environment({"YIPING_DATA": str(folder), "SCALE": scale})
    folder.mkdir(exist_ok=True)
    database = open_database(settings)
    upgrade(database)
    city = build_city(settings, database=database)
    yield city
    city.close()


@dataclass
class Running:
    """A server over a city, and the city's services beside it for preparing and checking."""

    server: Server
    city: City
    folder: Path

    def token(self, role: str, area: str = "5101", unit: str | None = None) -> str:
        """A new token."""
        return self.city.accounts.create_token("api", f"bench {role}", role, area, timedelta(days=2), unit).secret


@contextmanager
def running(scale: str, database: str = "sqlite", **settings: str) -> Iterator[Running]:
    """`yiping serve` over a fresh copy of a city, on SQLite or on PostgreSQL."""
    source = template(scale)
    with tempfile.TemporaryDirectory(prefix="yiping-bench-") as name:
        folder = Path(name)
        shutil.copytree(source, folder, dirs_exist_ok=True)
        if database == "sqlite":
            yield from _serve(folder, settings)
            return
        folder.chmod(0o711)
        with postgres(folder / "postgres", durable=True) as address:
            settings["YIPING_DATABASE_URL"] = f"{address}/postgres"
            fill(folder, settings["YIPING_DATABASE_URL"])
            yield from _serve(folder, settings)


def fill(folder: Path, url: str) -> None:
    """Copy a city from SQLite into an empty PostgreSQL, table by table."""
    from sqlalchemy import insert, select, text

    from datasources.keyring import kept_in
    from datasources.models import Base

    keyring = kept_in(folder / KEY_FILE)
    source, target = Database(f"sqlite:///{folder / 'yiping.db'}", keyring=keyring), Database(url, keyring=keyring)
    upgrade(target)
    with source.read() as reader, target.write() as writer:
        writer.execute(text("DELETE FROM change_counter"))
        for table in Base.metadata.sorted_tables:
            rows = [dict(row) for row in reader.execute(select(table)).mappings()]
            for start in range(0, len(rows), 2000):
                writer.execute(insert(table), rows[start : start + 2000])
        writer.execute(text("SELECT setval(pg_get_serial_sequence('position_batches', 'id'), 1)"))
    source.close()
    target.close()


def _serve(folder: Path, settings: dict[str, str]) -> Iterator[Running]:
    server = Server(folder, free_port(), **settings)
    server.start()
    city = build_city(from_environment({"YIPING_DATA": str(folder), "SCALE": "small", **settings}))
    try:
        yield Running(server, city, folder)
    finally:
        city.close()
        server.stop()
