"""Cutting vector tiles by number: what stays is untouched, what goes leaves nothing behind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.vector_tile import BadTile, _varint, only


def message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def feature(number: int) -> bytes:
    return message(2, b"\x08" + _varint(number) + message(4, bytes(range(1, 1 + number % 7))))


def tile(numbers: list[int], name: str = "micro_grids") -> bytes:
    layer = b"\x78\x02" + message(1, name.encode()) + b"".join(map(feature, numbers)) + b"\x28" + _varint(4096)
    return message(3, layer) if numbers else b""


@given(st.lists(st.integers(0, 2**40)), st.integers(0, 2**40), st.integers(0, 2**40))
def test_exactly_the_wanted_numbers_stay(numbers: list[int], first: int, last: int) -> None:
    assert only(tile(numbers), first, last) == tile([n for n in numbers if first <= n < last])


def test_other_layers_and_fields_are_kept() -> None:
    other = message(3, message(1, b"roads") + feature(5))
    assert only(other + tile([1, 9]), 5, 10) == other + tile([9])


@given(st.binary(max_size=60), st.integers(0, 40))
def test_what_is_no_tile_is_refused_or_harmless(noise: bytes, cut: int) -> None:
    for bad in (noise, tile([1, 2, 300])[:cut]):
        try:
            found = only(bad, 0, 10)
        except BadTile:
            continue
        assert len(found) <= len(bad)


def test_a_tile_that_is_cut_short_is_named() -> None:
    with pytest.raises(BadTile):
        only(tile([1, 2, 3])[:-4], 0, 10)
