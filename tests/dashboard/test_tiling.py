"""Vector tiles: built by the real tippecanoe when areas changed, cut to a scope, and a broken build harms nothing."""

from __future__ import annotations

import base64
import gzip
import hashlib
import resource
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from dashboard.city import City
from dashboard.errors import Refused
from dashboard.identity import SYSTEM
from dashboard.tile_keeper import TileKeeper
from datasources import tippecanoe
from datasources.mbtiles import MbTiles
from datasources.tippecanoe import TilingFailed
from tests.conftest import LEADER, OFFICER


def numbers_in(city: City, scope: str) -> set[int]:
    """Numbers of the micro-grids in all tiles of the deepest zoom, as tippecanoe's own decoder reads them."""
    present = city.tiling.present()
    assert present is not None
    found: set[int] = set()
    tiles = MbTiles(city.settings.data / "tiles" / f"areas-{present.version}.mbtiles")
    for z, x, y, _ in tiles.all():
        data = city.tiling.tile(present.version, scope, z, x, y) if z == present.max_zoom else None
        if data is not None:
            found |= _ids(gzip.decompress(data))
    return found


def _ids(tile: bytes) -> set[int]:
    from datasources.vector_tile import _fields, _id_of

    return {
        _id_of(tile, begin, end)
        for field, _, layer_begin, layer_end in _fields(tile, 0, len(tile))
        if field == 3
        for inner, _, begin, end in _fields(tile, layer_begin, layer_end)
        if inner == 2
    }


@pytest.fixture
def built(city: City) -> City:
    heard: list[int] = []
    city.tiling.build(lambda what, done, total: heard.append(done))
    assert heard[-1] == 100
    return city


def test_every_micro_grid_is_in_the_tiles_once_by_its_number(built: City) -> None:
    assert numbers_in(built, "5101") == set(range(1, len(built.tiling.codes()) + 1))


def test_a_scope_gets_its_own_micro_grids_and_no_others(built: City) -> None:
    first, last = built.tiling.span("510104017")
    assert numbers_in(built, "510104017") == set(range(first, last))
    assert built.tiling.code_of(LEADER, first).startswith("510104017")
    with pytest.raises(Refused) as caught:
        built.tiling.code_of(LEADER, last)
    assert caught.value.code == "outside_scope"
    with pytest.raises(Refused):
        built.tiling.code_of(OFFICER, 0)


def test_tiles_are_built_only_when_areas_changed(built: City, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not built.tiling.is_stale()
    with built.commands.transaction(SYSTEM) as work:
        work.record("area.import", "5101", "5101", {"count": 0})
    assert built.tiling.is_stale()

    def must_not_run(*_: Any) -> None:
        raise AssertionError("the shapes are the same: nothing to build")

    before = built.tiling.present()
    monkeypatch.setattr(tippecanoe, "build", must_not_run)
    built.tiling.build()
    after = built.tiling.present()
    assert before is not None
    assert after is not None
    assert after.version == before.version
    assert not built.tiling.is_stale()


def test_a_disk_that_is_full_leaves_the_old_tiles_and_is_told_once(built: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real tippecanoe runs into a real limit of file size, as on a full disk."""
    before = built.tiling.present()
    real = subprocess.Popen

    def limited(*args: Any, **kwargs: Any) -> Any:
        def limit() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

        return real(*args, **kwargs, preexec_fn=limit)

    monkeypatch.setattr(tippecanoe.subprocess, "Popen", limited)
    with pytest.raises((TilingFailed, OSError)):
        built.tiling.build(again=True)
    monkeypatch.undo()
    assert built.tiling.present() == before
    assert len(numbers_in(built, "5101")) == len(built.tiling.codes())
    assert not list((built.settings.data / "tiles").glob("new-*"))


def test_a_damaged_tile_file_is_told_once_and_the_rest_goes_on(built: City) -> None:
    present = built.tiling.present()
    assert present is not None
    file = built.settings.data / "tiles" / f"areas-{present.version}.mbtiles"
    size = file.stat().st_size
    with file.open("r+b") as damaged:
        damaged.seek(4096)
        damaged.write(b"\xff" * (size - 4096))
    for _ in range(3):
        with pytest.raises(Refused) as caught:
            built.tiling.tile(present.version, "5101", 9, 404, 210)
        assert caught.value.code == "unavailable"
    assert [(one["kind"], one["times"]) for one in built.troubles.listed()] == [("tiles_damaged", 3)]
    built.tiling.build(again=True)
    assert len(numbers_in(built, "5101")) == len(built.tiling.codes())


def test_unknown_versions_and_names_that_are_paths_find_nothing(built: City) -> None:
    for version in ("0" * 16, "..", "../areas"):
        assert built.tiling.tile(version, "5101", 9, 404, 210) is None


def test_files_for_nginx_are_the_tiles(built: City, tmp_path: Path) -> None:
    count = built.tiling.export(tmp_path / "out", "5101")
    files = list((tmp_path / "out").glob("tiles/areas/*/5101/*/*/*.*"))
    assert len(files) == count > 5
    assert {file.suffix for file in files} == {".pbf", ".num"}
    present = built.tiling.present()
    assert present is not None
    one = max((tmp_path / "out").glob("tiles/areas/*/5101/7/*/*.pbf"), key=lambda file: file.stat().st_size)
    z, x, y = (int(part.removesuffix(".pbf")) for part in one.parts[-3:])
    assert one.read_bytes() == built.tiling.tile(present.version, "5101", z, x, y)


def test_the_keeper_builds_what_is_stale_and_tells_the_screens(sqlite_city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    city = sqlite_city
    monkeypatch.setenv("YIPING_DATA", str(city.settings.data))
    monkeypatch.setenv("YIPING_DATA_KEYS", city.settings.data_keys)  # a program of its own builds them
    told: list[int] = []
    keeper = TileKeeper(city.tiling, city.troubles, lambda: told.append(1))
    keeper.look()
    assert city.tiling.present() is not None
    assert told == [1]
    keeper.look()
    assert told == [1]


def test_the_keeper_notes_a_build_that_fails(sqlite_city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    city = sqlite_city
    monkeypatch.setenv("YIPING_DATA", str(city.settings.data))
    monkeypatch.setenv("YIPING_DATABASE_URL", "mysql://nowhere")
    TileKeeper(city.tiling, city.troubles, lambda: None).look()
    assert [one["kind"] for one in city.troubles.listed()] == ["tiles_not_built"]
    assert "YIPING_DATABASE_URL" in city.troubles.listed()[0]["en"]


def test_a_file_that_is_no_mbtiles_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.mbtiles").write_bytes(b"not a database" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        MbTiles(tmp_path / "x.mbtiles")


def test_a_pass_for_the_exported_files_is_for_those_who_see_everything(built: City) -> None:
    secret = "s" * 24
    given = built.tiling.pass_for(OFFICER, secret)
    assert given is not None
    digest, until = given
    wanted = hashlib.md5(f"{until} {secret}".encode(), usedforsecurity=False).digest()
    assert digest == base64.urlsafe_b64encode(wanted).decode().rstrip("=")
    assert time.time() < int(until) <= time.time() + 3600
    assert built.tiling.pass_for(LEADER, secret) is None
    assert built.tiling.pass_for(OFFICER, "") is None


def test_places_without_a_micro_grid_are_files_too(built: City, tmp_path: Path) -> None:
    built.tiling.export(tmp_path, "5101")
    sizes = {len(gzip.decompress(file.read_bytes())) for file in tmp_path.glob("tiles/areas/*/5101/9/*/*.pbf")}
    assert 0 in sizes
    assert max(sizes) > 0


def test_tiles_of_before_the_pictures_are_built_anew(built: City) -> None:
    present = built.tiling.present()
    assert present is not None
    (built.settings.data / "tiles" / f"areas-{present.version}.pictures").unlink()
    assert built.tiling.is_stale()
    built.tiling.build()
    assert not built.tiling.is_stale()
