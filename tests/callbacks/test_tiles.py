"""Basemap tiles from an MBTiles file: for people who are signed in, and only for them."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.conftest import Running, _serve

TILE = b"\x89PNG tile"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("tiles")
    shutil.copy(sqlite_template, folder / "yiping.db")
    with sqlite3.connect(folder / "base.mbtiles") as file:
        file.execute("CREATE TABLE metadata (name text, value text)")
        file.execute("CREATE TABLE tiles (zoom_level int, tile_column int, tile_row int, tile_data blob)")
        file.execute("INSERT INTO metadata VALUES ('format', 'png')")
        file.execute("INSERT INTO tiles VALUES (3, 6, 4, ?)", (TILE,))
    yield from _serve(folder, {"YIPING_BASEMAP": f"mbtiles:{folder / 'base.mbtiles'}"})


def get(running: Running, path: str, token: str | None) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(f"{running.server.address}/tiles/basemap/{path}", headers=headers, timeout=10)


def test_rows_are_counted_from_the_north_as_browsers_do(running: Running) -> None:
    found = get(running, "3/6/3", running.token("officer"))
    assert (found.status_code, found.content, found.headers["Content-Type"]) == (200, TILE, "image/png")


def test_a_tile_that_is_not_there_is_empty(running: Running) -> None:
    assert get(running, "3/6/4", running.token("officer")).status_code == 204


def test_strangers_get_no_tile(running: Running) -> None:
    assert get(running, "3/6/3", None).status_code == 401
    assert get(running, "3/6/3", "yp_api_guess").status_code == 401
