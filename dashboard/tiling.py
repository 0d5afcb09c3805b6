"""Tiles of the micro-grids: built when areas have changed, served by scope.

There are two kinds: vector tiles, which hold shapes and numbers and nothing else, and for far up pictures of the numbers. The number
of a micro-grid is its place, from 1, among all micro-grids in the order of their codes. `numbering` names one such order, `version`
one set of shapes. Because an area's micro-grids are a range of numbers, a tile is cut to a scope by that range.
"""

from __future__ import annotations

import base64
import fcntl
import gzip
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import time
import zlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

from dashboard.codes import end_of
from dashboard.errors import Refused
from dashboard.identity import Principal
from dashboard.troubles import Troubles
from datasources import number_picture, tippecanoe, vector_tile
from datasources.database import Database
from datasources.mbtiles import GZIP, MbTiles
from datasources.queries import areas as queries
from datasources.queries import changes

Progress = Callable[[str, int, int], None]
LAYER = "micro_grids"
SHAPES, PICTURES = "pbf", "num"
"""The kinds of tiles, by the ending of their addresses."""
KINDS = (SHAPES, PICTURES)
KEPT_SETS = 2
"""The present tiles and the ones before: screens that are open still ask for those."""
PASS_LIFE_S = 3600
SHAPES_SHARE = 80
"""How much of a build, in per cent, making the vector tiles takes, about."""


def numbering_of(codes: Sequence[str]) -> str:
    """Name of the numbering of these codes (sorted)."""
    return hashlib.sha256("\n".join(codes).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class TileSet:
    """One finished set of tiles. `imported` is the last import of areas that is in it."""

    version: str
    numbering: str
    count: int
    imported: int
    min_zoom: int = tippecanoe.MIN_ZOOM
    max_zoom: int = tippecanoe.MAX_ZOOM
    picture_min_zoom: int = number_picture.MIN_ZOOM
    picture_max_zoom: int = number_picture.MAX_ZOOM


class Tiling:
    """Builds the tiles and serves them.

    Files lie in `folder`: `areas-<version>.mbtiles` (shapes), `areas-<version>.pictures`, and `areas.json` names the present version.
    """

    def __init__(self, database: Database, folder: Path, troubles: Troubles) -> None:
        self._database = database
        self._folder = folder
        self._troubles = troubles
        self._open: dict[tuple[str, str], MbTiles] = {}
        self._codes: list[str] | None = None

    # --- building -------------------------------------------------------------------------------------

    def present(self) -> TileSet | None:
        """The set that is served now; None when none has been built."""
        try:
            return TileSet(**json.loads((self._folder / "areas.json").read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            self._troubles.note("tiles_damaged", str(self._folder / "areas.json"), problem="JSON")
            return None

    def is_stale(self) -> bool:
        """Whether areas were imported since the present set was built, or part of it is missing (it was built by an older version)."""
        present = self.present()
        with self._database.read() as session:
            imported = changes.last_area_import(session)
        return imported > 0 and (present is None or present.imported < imported or not self.is_complete(present.version))

    def build(self, progress: Progress = lambda what, done, total: None, again: bool = False) -> TileSet | None:
        """Build what is stale; the old tiles serve until the new are complete. None: another process is at it, or nothing to draw.

        Raises `TilingFailed` or `OSError`; what was there before is then untouched.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "building").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return None
            return self._build(progress, again)

    def _build(self, progress: Progress, again: bool) -> TileSet | None:
        with self._database.read() as session:
            imported = changes.last_area_import(session)
            codes, shapes = queries.micro_grid_shapes(session)
        if not codes:
            return None
        digest = hashlib.sha256("\n".join(codes).encode())
        for shape in shapes:
            digest.update(shape)
        made = TileSet(digest.hexdigest()[:16], numbering_of(codes), len(codes), imported)
        if again or not self.is_complete(made.version):
            with tempfile.TemporaryDirectory(dir=self._folder, prefix="new-") as scratch:
                features, fresh = Path(scratch) / "features.ndjson", {kind: Path(scratch) / f"areas.{kind}" for kind in KINDS}
                with features.open("w", encoding="utf-8") as out:
                    out.writelines(
                        f'{{"type":"Feature","id":{number},"properties":{{}},"geometry":{text}}}\n'
                        for number, text in enumerate(queries.as_geojson(shapes), start=1)
                    )
                tippecanoe.build(
                    features, fresh[SHAPES], LAYER, Path(scratch), lambda percent: progress("tiles", percent * SHAPES_SHARE // 100, 100)
                )
                number_picture.build(
                    shapes,
                    fresh[PICTURES],
                    lambda percent: progress("tiles", SHAPES_SHARE + percent * (100 - SHAPES_SHARE) // 100, 100),
                )
                for kind, file in fresh.items():
                    file.rename(self._file(made.version, kind))
        self._publish(made)
        return made

    def _publish(self, made: TileSet) -> None:
        pointer = self._folder / "areas.json.new"
        pointer.write_text(json.dumps(asdict(made)), "utf-8")
        pointer.replace(self._folder / "areas.json")
        for kind in KINDS:
            os.utime(self._file(made.version, kind))
            files = self._folder.glob(self._file("*", kind).name)
            for old in sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT_SETS:]:
                old.unlink()
        for left in self._folder.glob("new-*"):
            shutil.rmtree(left, ignore_errors=True)

    def _file(self, version: str, kind: str) -> Path:
        return self._folder / f"areas-{version}.{'mbtiles' if kind == SHAPES else 'pictures'}"

    def is_complete(self, version: str) -> bool:
        """Whether both kinds of tiles of this version are there: a version of before the pictures is not, until they are built."""
        return all(self._file(version, kind).exists() for kind in KINDS)

    # --- serving --------------------------------------------------------------------------------------

    def codes(self) -> list[str]:
        """Codes of all micro-grids in order: number − 1 → code. Kept until `refresh`."""
        if self._codes is None:
            with self._database.read() as session:
                self._codes = queries.micro_grid_codes(session)
        return self._codes

    def refresh(self) -> None:
        """Areas were imported."""
        self._codes = None

    def span(self, area_code: str) -> tuple[int, int]:
        """Numbers [first, last) of an area's micro-grids."""
        codes = self.codes()
        return bisect_left(codes, area_code) + 1, bisect_left(codes, end_of(area_code)) + 1

    def code_of(self, principal: Principal, number: int) -> str:
        """Code of a micro-grid by its number. Raises `not_found`, `outside_scope`."""
        codes = self.codes()
        if not 1 <= number <= len(codes):
            raise Refused("not_found", what=str(number))
        principal.require("see", codes[number - 1])
        return codes[number - 1]

    def tile(self, version: str, scope: str, z: int, x: int, y: int, kind: str = SHAPES) -> bytes | None:
        """A tile, compressed with gzip, with the micro-grids of `scope` alone; None where there are none, and for an unknown version.

        Whether the asker may see `scope` is checked before. Raises `Refused("unavailable")` when the file is damaged.
        """
        try:
            tiles = self._open.get((version, kind)) or self._opened(version, kind)
            data = tiles.tile(z, x, y) if tiles is not None else None
            if data is None:
                return None
            first, last = self.span(scope)
            whole = last - first >= len(self.codes())
            found = (data if whole else number_picture.only(data, first, last)) if kind == PICTURES else _shapes(data, whole, first, last)
        except (sqlite3.DatabaseError, vector_tile.BadTile, number_picture.BadPicture, EOFError, OSError, zlib.error) as error:
            self._troubles.note("tiles_damaged", str(self._file(version, kind)), problem=str(error))
            raise Refused("unavailable") from None
        return found or None

    def _opened(self, version: str, kind: str) -> MbTiles | None:
        file = self._file(version, kind)
        if not version.isalnum() or not file.exists():
            return None
        for name in [name for name in self._open if not self._file(*name).exists()]:
            self._open.pop(name).close()
        self._open[version, kind] = MbTiles(file)
        return self._open[version, kind]

    def pass_for(self, principal: Principal, secret: str) -> tuple[str, str] | None:
        """What lets a browser fetch whole tiles from nginx without asking us each time: (md5, until) for nginx's secure_link.

        Only for whoever may see all that is in the tiles, for an hour; None for everybody else. What a pass opens is all that
        lies in the exported folder: the tiles of the whole, and none that were cut to a scope.
        """
        scope = principal.area_code
        if not secret or not principal.may("see") or not scope or self.span(scope) != (1, len(self.codes()) + 1):
            return None
        until = int(time.time()) + PASS_LIFE_S
        digest = hashlib.md5(f"{until} {secret}".encode(), usedforsecurity=False).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("="), str(until)

    def export(self, folder: Path, scope: str, progress: Progress = lambda what, done, total: None) -> int:
        """Write the present tiles for nginx as files under their addresses, `tiles/areas/<version>/<scope>/<z>/<x>/<y>.<kind>`.

        `scope` is the area of those who see everything. Returns how many files; where a tile within the bounds of its zoom is empty, there
        is an empty one, so that nginx need not ask us.
        """
        present = self.present()
        if present is None:
            return 0
        count = 0
        root = folder / "tiles" / "areas" / present.version / scope
        for kind in KINDS:
            tiles = MbTiles(self._file(present.version, kind))
            places: dict[int, set[tuple[int, int]]] = defaultdict(set)
            for z, x, y, data in tiles.all():
                places[z].add((x, y))
                _write(root, z, x, y, kind, data)
                count += 1
            tiles.close()
            for z, filled in places.items():
                for x, y in _empties(filled):
                    _write(root, z, x, y, kind, _NOTHING)
                    count += 1
        progress("tiles", 100, 100)
        return count


AROUND = 6
_NOTHING = gzip.compress(b"", mtime=0)


def _empties(filled: set[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Places within the bounds of these, and around as far as a wall shows of them, that are not among them."""
    xs, ys = [x for x, _ in filled], [y for _, y in filled]
    every = product(range(max(0, min(xs) - AROUND), max(xs) + AROUND + 1), range(max(0, min(ys) - AROUND), max(ys) + AROUND + 1))
    return (place for place in every if place not in filled)


def _write(root: Path, z: int, x: int, y: int, kind: str, data: bytes) -> None:
    file = root / str(z) / str(x) / f"{y}.{kind}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def _shapes(data: bytes, whole: bool, first: int, last: int) -> bytes:
    """A vector tile, compressed: all of it, or the features numbered [first, last) alone."""
    packed = data[:2] == GZIP
    if whole:
        return data if packed else gzip.compress(data, 6)
    cut = vector_tile.only(gzip.decompress(data) if packed else data, first, last)
    return gzip.compress(cut, 6) if cut else b""
