"""Cities to measure with: generated and imported once for each scale, kept in bench/.cache, copied for each use."""

from __future__ import annotations

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
from dashboard.settings import from_environment
from datasources.database import Database
from datasources.migrations import upgrade
from tests.servers import Server, free_port, postgres

SHARE = {"small": 0.01, "demo": 0.1, "full": 1.0}
"""How much of a whole city each scale is, about."""


def template(scale: str) -> Path:
    """Folder with the database and the tiles of a city of this scale."""
    folder = CACHE / scale
    if (folder / "ready").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"  making the city {scale} (once)", flush=True)
    settings = from_environment({"YIPING_DATA": str(folder), "SCALE": scale})
    database = Database(settings.database_url)
    upgrade(database)
    city = build_city(settings, database=database)
    load(city, scale, folder / "demo")
    shutil.rmtree(folder / "demo")
    city.tiling.build()
    city.close()
    (folder / "ready").touch()
    return folder


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
        kept = Database(f"sqlite:///{folder / 'yiping.db'}")
        upgrade(kept)  # the template may be of an older version
        kept.close()
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

    from datasources.models import Base

    source, target = Database(f"sqlite:///{folder / 'yiping.db'}"), Database(url)
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
