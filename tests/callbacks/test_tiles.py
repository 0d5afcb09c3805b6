"""Tiles over HTTP: vector tiles by scope, basemap tiles, and nothing for strangers."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import requests

from dashboard.city import build_city
from tests.conftest import Running, _serve
from tests.fuzz.report import resident_mb

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
    for started in _serve(folder, {"YIPING_BASEMAP": f"mbtiles:{folder / 'base.mbtiles'}"}):
        build_city(started.settings).tiling.build()
        yield started


def get(running: Running, path: str, token: str | None) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(f"{running.server.address}/tiles/basemap/{path}", headers=headers, timeout=60)


def test_rows_are_counted_from_the_north_as_browsers_do(running: Running) -> None:
    found = get(running, "3/6/3", running.token("officer"))
    assert (found.status_code, found.content, found.headers["Content-Type"]) == (200, TILE, "image/png")


def test_a_tile_that_is_not_there_is_empty(running: Running) -> None:
    assert get(running, "3/6/4", running.token("officer")).status_code == 204


@pytest.mark.parametrize("path", ["10000000000/0/0", "25/0/0", "3/8/0", "3/0/8", "3/6/100000000000000000000"])
def test_a_tile_of_no_map_is_not_found_and_costs_nothing(running: Running, path: str) -> None:
    before = resident_mb(running.server)
    assert get(running, path, running.token("officer")).status_code == 404
    assert resident_mb(running.server) - before < 50


def test_strangers_get_no_tile(running: Running) -> None:
    assert get(running, "3/6/3", None).status_code == 401
    assert get(running, "3/6/3", "yp_api_guess").status_code == 401


def ask(running: Running, path: str, token: str | None, **headers: str) -> requests.Response:
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return requests.get(f"{running.server.address}{path}", headers=headers, timeout=60)


def vector_url(running: Running, token: str) -> str:
    found = ask(running, "/api/v1/tiles", token).json()
    assert found["stale"] is False
    return str(found["tiles"]["url"]).replace("{z}", "9").replace("{x}", "404").replace("{y}", "210")


def test_vector_tiles_never_change_under_their_address(running: Running) -> None:
    token = running.token("officer")
    found = ask(running, vector_url(running, token), token)
    assert found.status_code == 200
    assert "immutable" in found.headers["Cache-Control"]
    assert found.headers["Content-Encoding"] == "gzip"
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    again = ask(running, vector_url(running, token), token, **{"If-None-Match": found.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert requests.head(
        f"{running.server.address}{vector_url(running, token)}", headers={"Authorization": f"Bearer {token}"}, timeout=60
    ).ok


def test_a_leader_gets_the_tiles_of_their_street_and_no_others(running: Running) -> None:
    leader, officer = running.token("leader", "510104017"), running.token("officer")
    own, whole = vector_url(running, leader), vector_url(running, officer)
    assert "/510104017/" in own
    assert 0 < len(ask(running, own, leader).content) < len(ask(running, whole, officer).content)
    refused = ask(running, whole, leader)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "outside_scope")
    assert ask(running, own, officer).content == ask(running, own, leader).content


def test_pictures_of_numbers_are_cut_to_the_scope_as_well(running: Running) -> None:
    leader, officer = running.token("leader", "510104017"), running.token("officer")
    own, whole = (url.replace(".pbf", ".num") for url in (vector_url(running, leader), vector_url(running, officer)))
    tiles = ask(running, "/api/v1/tiles", leader).json()["tiles"]
    assert tiles["picture_url"].endswith("/510104017/{z}/{x}/{y}.num")
    found = ask(running, own, leader)
    numbers = np.unique(np.cumsum(np.frombuffer(found.content, "<i4").reshape(512, 512), axis=1))
    assert numbers[0] == 0
    assert tiles["first"] <= numbers[1] <= numbers[-1] < tiles["last"]
    assert np.unique(np.cumsum(np.frombuffer(ask(running, whole, officer).content, "<i4").reshape(512, 512), axis=1)).size > numbers.size
    assert ask(running, whole, leader).status_code == 403
    assert ask(running, whole.replace(".num", ".exe"), officer).status_code == 404


@pytest.mark.parametrize("who", ["nobody", "guess", "unit"])
def test_vector_tiles_are_not_for_strangers_nor_for_field_units(running: Running, who: str) -> None:
    url = vector_url(running, running.token("officer"))
    units = build_city(running.settings).positions._numbers
    token = {"nobody": None, "guess": "yp_api_guess", "unit": running.token("unit", "510104017001", next(iter(units)))}[who]
    assert ask(running, url, token).status_code == (403 if who == "unit" else 401)


@pytest.mark.parametrize("place", ["9/403", "a/b/c", "9/999999/1", "99/1/1", "9/-1/2", "9/404/210/5"])
def test_places_that_cannot_be_are_not_found(running: Running, place: str) -> None:
    url = vector_url(running, running.token("officer")).replace("9/404/210", place)
    assert ask(running, url, running.token("officer")).status_code == 404
    assert ask(running, "/tiles/areas/0123456789abcdef/5101/9/404/210.pbf", running.token("officer")).status_code == 204


def test_a_micro_grid_is_found_by_its_number_within_the_scope(running: Running) -> None:
    officer, leader = running.token("officer"), running.token("leader", "510104017")
    last = ask(running, "/api/v1/tiles", leader).json()["tiles"]["last"]
    found = ask(running, f"/api/v1/micro-grids/{last - 1}", leader).json()
    assert found["area"]["code"].startswith("510104017")
    assert found["place"].endswith("微网格")
    assert ask(running, f"/api/v1/micro-grids/{last}", leader).status_code == 403
    assert ask(running, f"/api/v1/micro-grids/{last}", officer).status_code == 200
    assert ask(running, "/api/v1/micro-grids/0", officer).status_code == 404
