"""Pictures of numbers: each pixel has the number of the shape that lies there, at every zoom."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasources import number_picture
from datasources.mbtiles import MbTiles
from datasources.number_picture import MAX_ZOOM, MIN_ZOOM, SIZE, BadPicture, decode, encode, only

WEST, SOUTH, STEP = 104.0, 30.6, 0.02


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> MbTiles:
    """A chessboard of 8 × 8 squares, numbered from the south-west row by row, and a 65th in the middle of the first."""
    squares = [
        shapely.box(WEST + x * STEP, SOUTH + y * STEP, WEST + (x + 1) * STEP, SOUTH + (y + 1) * STEP) for y in range(8) for x in range(8)
    ]
    squares.append(shapely.box(WEST + 0.4 * STEP, SOUTH + 0.4 * STEP, WEST + 0.6 * STEP, SOUTH + 0.6 * STEP))
    target, heard = tmp_path_factory.mktemp("pictures") / "field", list[int]()
    number_picture.build([shapely.to_wkb(square) for square in squares], target, heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 100
    return MbTiles(target)


def number_at(field: MbTiles, zoom: int, lon: float, lat: float) -> int:
    sine = math.sin(math.radians(lat))
    scale = SIZE << zoom
    x, y = int(scale * (lon / 360 + 0.5)), int(scale * (0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)))
    data = field.tile(zoom, x // SIZE, y // SIZE)
    return 0 if data is None else int(decode(data)[y % SIZE, x % SIZE])


@pytest.mark.parametrize("zoom", range(9, MAX_ZOOM + 1))
def test_a_pixel_has_the_number_of_what_lies_there(field: MbTiles, zoom: int) -> None:
    for y in range(8):
        for x in range(8):
            assert number_at(field, zoom, WEST + (x + 0.25) * STEP, SOUTH + (y + 0.25) * STEP) == 8 * y + x + 1
    assert number_at(field, zoom, WEST + 0.5 * STEP, SOUTH + 0.5 * STEP) == 65
    assert number_at(field, zoom, WEST - STEP, SOUTH) == 0


def test_nothing_is_kept_of_where_nothing_lies(field: MbTiles) -> None:
    zooms = [z for z, _, _, _ in field.all()]
    assert set(zooms) == set(range(MIN_ZOOM, MAX_ZOOM + 1))
    assert zooms.count(MIN_ZOOM) <= 2


@given(arrays(np.int32, (SIZE, SIZE), elements=st.integers(0, 2_000_000), fill=st.just(7)))
def test_a_picture_comes_back_as_it_was(picture: number_picture.Picture) -> None:
    assert (decode(encode(picture)) == picture).all()


def test_a_scope_has_its_own_numbers_and_no_others() -> None:
    picture = np.arange(SIZE * SIZE, dtype=np.int32).reshape(SIZE, SIZE)
    cut = decode(only(encode(picture), 100, 600))
    assert sorted(set(cut.ravel().tolist())) == [0, *range(100, 600)]
    assert only(encode(picture), 10**6, 10**6 + 5) == b""


@pytest.mark.parametrize("data", [b"", b"noise", encode(np.zeros((SIZE, SIZE), np.int32))[:-9], encode(np.zeros((SIZE, 9), np.int32))])
def test_bytes_that_are_no_picture_are_refused(data: bytes) -> None:
    with pytest.raises(BadPicture):
        decode(data)
