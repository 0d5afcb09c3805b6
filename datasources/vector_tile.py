"""Leaving out features of a vector tile by their ids, without decoding what stays.

Format: Mapbox Vector Tile 2.1, a protobuf message: `Tile.layers` = field 3, `Layer.features` = field 2,
`Feature.id` = field 1. Everything else is copied as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

LAYERS, FEATURES, ID = 3, 2, 1
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class BadTile(Exception):
    """The bytes are no vector tile."""


def only(tile: bytes, first: int, last: int) -> bytes:
    """`tile` (not compressed) with those features alone whose id is in [first, last). Raises `BadTile`."""
    try:
        out = bytearray()
        for field, start, begin, end in _fields(tile, 0, len(tile)):
            if field != LAYERS:
                out += tile[start:end]
                continue
            layer = bytearray()
            kept = 0
            for inner, inner_start, inner_begin, inner_end in _fields(tile, begin, end):
                if inner == FEATURES:
                    if not first <= _id_of(tile, inner_begin, inner_end) < last:
                        continue
                    kept += 1
                layer += tile[inner_start:inner_end]
            if kept:
                out += bytes([LAYERS << 3 | BYTES]) + _varint(len(layer)) + layer
        return bytes(out)
    except IndexError:
        raise BadTile("the tile is cut short") from None


def _fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """(number, start, begin of content, end) of each field of a message; for numbers the content is the field's value itself."""
    while at < end:
        start = at
        key, at = _read_varint(data, at)
        kind, begin = key & 7, at
        if kind == VARINT:
            _, at = _read_varint(data, at)
        elif kind == BYTES:
            length, begin = _read_varint(data, at)
            at = begin + length
        elif kind in (FIXED32, FIXED64):
            at += 4 if kind == FIXED32 else 8
        else:
            raise BadTile(f"wire type {kind}")
        if at > end:
            raise BadTile("a field is longer than its message")
        yield key >> 3, start, begin, at


def _id_of(data: bytes, begin: int, end: int) -> int:
    for field, _, at, _ in _fields(data, begin, end):
        if field == ID:
            return _read_varint(data, at)[0]
    return -1


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
