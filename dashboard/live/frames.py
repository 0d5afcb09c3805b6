"""Position frames: one binary message per room and interval, encoded once however many screens look.

Layout, little-endian: `u8` version (1), `u8` flags (bit 0: full, everything that is known), `u16` 0,
`u32` count n, `f64` milliseconds since 1970; then `u32 number[n]`, `i32 lon[n]`, `i32 lat[n]` (WGS-84,
millionths of a degree; lon 2147483647: the unit is gone or off duty) and `u8 heading[n]` (half degrees; 255: the position is older than
ten minutes).
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from dashboard.codes import end_of
from datasources.hot import GONE, STALE_AFTER_MS, HotPositions

VERSION = 1
FULL = 1
OLD = 255
"""Instead of a heading: whoever stood there may be anywhere by now."""
HEADER = struct.Struct("<BBHId")


def encode(hot: HotPositions, numbers: NDArray[np.int64], at_ms: int, full: bool) -> bytes:
    """A frame with these units."""
    shown = hot.on_duty[numbers]
    lon = np.where(shown, hot.lon[numbers], GONE).astype("<i4")
    return b"".join(
        (
            HEADER.pack(VERSION, FULL if full else 0, 0, numbers.size, at_ms),
            numbers.astype("<u4").tobytes(),
            lon.tobytes(),
            hot.lat[numbers].astype("<i4").tobytes(),
            np.where(hot.stale[numbers], OLD, hot.heading[numbers]).astype(np.uint8).tobytes(),
        )
    )


def full_frame(hot: HotPositions, area_code: str, at_ms: int) -> bytes:
    """Everybody of an area who is on duty and whose position is known."""
    numbers = hot.within(area_code, end_of(area_code))
    numbers = numbers[(hot.lon[numbers] != GONE) & hot.on_duty[numbers]]
    return encode(hot, numbers, at_ms, full=True)


def moved_frames(hot: HotPositions, area_codes: list[str], at_ms: int) -> dict[str, bytes]:
    """For each of these areas in which somebody moved since the last call: a frame with those units."""
    hot.age(at_ms - STALE_AFTER_MS)
    moved = hot.take_moved()
    frames = {}
    if moved.size:
        for area_code in area_codes:
            numbers = hot.within(area_code, end_of(area_code), moved)
            if numbers.size:
                frames[area_code] = encode(hot, numbers, at_ms, full=False)
    return frames
