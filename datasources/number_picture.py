"""Micro-grids far up as pictures of their numbers: a pixel holds the number of the micro-grid that covers it, 0 for none.

Far up, a screen has fewer pixels than a city has corners of micro-grids. There a picture is all that can be seen, and colouring it
is one look-up for each pixel, where shapes would be filled a hundred thousand times. The deepest zoom is drawn from the shapes,
each zoom above takes every second pixel of the one below.

A tile is 512 × 512 pixels in Web Mercator, XYZ numbering as the vector tiles have it. Its bytes: each pixel's number less that of
its left neighbour (the first of a row: less 0), `i32` little-endian, row by row from the north, compressed with gzip.
"""

from __future__ import annotations

import gzip
import math
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely
from PIL import Image, ImageDraw

from datasources.mbtiles import MbTiles

SIZE = 512
MIN_ZOOM, MAX_ZOOM = 6, 12
LEVEL = 4
"""Of gzip: half the time of 6 for a twentieth more bytes."""

Picture = npt.NDArray[np.int32]


class BadPicture(Exception):
    """The bytes are no picture of numbers."""


def build(shapes: Sequence[bytes], target: Path, progress: Callable[[int], None] = lambda percent: None) -> None:
    """Make an MBTiles file of the pictures of these shapes (WKB, WGS-84); the first has number 1. `progress` hears the percent done."""
    with sqlite3.connect(target) as file:
        file.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE metadata (name text, value text);"
            "CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob);"
            "CREATE UNIQUE INDEX tile_index ON tiles (zoom_level, tile_column, tile_row);"
        )
        file.executemany("INSERT INTO metadata VALUES (?, ?)", [("format", "num"), ("minzoom", str(MIN_ZOOM)), ("maxzoom", str(MAX_ZOOM))])
        drawn = {(x, y) for x, y, picture in _drawn(shapes, progress) if _kept(file, MAX_ZOOM, x, y, picture)}
        for zoom in range(MAX_ZOOM - 1, MIN_ZOOM - 1, -1):
            drawn = {(x >> 1, y >> 1) for x, y in drawn}
            for x, y in drawn:
                _kept(file, zoom, x, y, _from_below(file, zoom, x, y))
    file.close()
    progress(100)


def encode(picture: Picture) -> bytes:
    """A picture as the bytes of a tile."""
    return gzip.compress(np.diff(picture, axis=1, prepend=np.int32(0)).astype("<i4").tobytes(), LEVEL, mtime=0)


def decode(data: bytes) -> Picture:
    """The picture in the bytes of a tile. Raises `BadPicture`."""
    try:
        plain = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise BadPicture(str(error)) from None
    if len(plain) != SIZE * SIZE * 4:
        raise BadPicture(f"{len(plain)} bytes, {SIZE * SIZE * 4} wanted")
    return np.cumsum(np.frombuffer(plain, "<i4").reshape(SIZE, SIZE), axis=1, dtype=np.int32)


def only(data: bytes, first: int, last: int) -> bytes:
    """The tile with those numbers alone that are in [first, last); empty when there are none. Raises `BadPicture`."""
    picture = decode(data)
    picture[(picture < first) | (picture >= last)] = 0
    return encode(picture) if picture.any() else b""


def _kept(file: sqlite3.Connection, zoom: int, x: int, y: int, picture: Picture) -> bool:
    if not picture.any():
        return False
    file.execute("INSERT INTO tiles VALUES (?, ?, ?, ?)", (zoom, x, (1 << zoom) - 1 - y, encode(picture)))
    return True


def _from_below(file: sqlite3.Connection, zoom: int, x: int, y: int) -> Picture:
    picture = np.zeros((SIZE, SIZE), np.int32)
    half = SIZE // 2
    for dx in (0, 1):
        for dy in (0, 1):
            data = MbTiles.read(file, zoom + 1, 2 * x + dx, 2 * y + dy)
            if data is not None:
                picture[dy * half : (dy + 1) * half, dx * half : (dx + 1) * half] = decode(data)[::2, ::2]
    return picture


def _drawn(shapes: Sequence[bytes], progress: Callable[[int], None]) -> Iterator[tuple[int, int, Picture]]:
    """(x, y, picture) of each tile of the deepest zoom, a row of tiles at a time: memory holds one row, however large the country."""
    parts, part_of = shapely.get_parts(shapely.from_wkb(np.array(shapes, object)), return_index=True)
    order = np.argsort(-shapely.area(parts))  # what lies inside another is drawn after it
    parts, numbers = parts[order], part_of[order] + 1
    west, north, east, south = _pixels_of_bounds(shapely.bounds(parts))
    left, right = int(west.min()) // SIZE, int(east.max()) // SIZE
    top, bottom = int(north.min()) // SIZE, int(south.max()) // SIZE
    for y in range(top, bottom + 1):
        row = Image.new("I", ((right - left + 1) * SIZE, SIZE))
        pen = ImageDraw.Draw(row)
        inside = np.flatnonzero((south >= y * SIZE) & (north < (y + 1) * SIZE))
        if len(inside):
            corners, of = shapely.get_coordinates(shapely.get_exterior_ring(parts[inside]), return_index=True)
            corners = _pixels(corners) - (left * SIZE, y * SIZE)
            ends = np.flatnonzero(np.diff(of, append=-1)) + 1
            start = 0
            for number, end in zip(numbers[inside].tolist(), ends.tolist(), strict=True):
                pen.polygon(corners[start:end].ravel().tolist(), fill=number)
                start = end
        whole = np.asarray(row, np.int32)
        for x in range(left, right + 1):
            yield x, y, whole[:, (x - left) * SIZE : (x - left + 1) * SIZE]
        progress(round(99 * (y - top + 1) / (bottom - top + 1)))


def _pixels(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Web Mercator pixels (x, y) of the deepest zoom."""
    scale = SIZE << MAX_ZOOM
    sine = np.sin(np.radians(lonlat[:, 1]))
    x = scale * (lonlat[:, 0] / 360 + 0.5)
    y = scale * (0.5 - np.log((1 + sine) / (1 - sine)) / (4 * math.pi))
    return np.column_stack([x, y])


def _pixels_of_bounds(bounds: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], ...]:
    """West, north, east, south in pixels, y growing to the south."""
    southwest, northeast = _pixels(bounds[:, :2]), _pixels(bounds[:, 2:])
    return southwest[:, 0], northeast[:, 1], northeast[:, 0], southwest[:, 1]
