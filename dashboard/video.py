"""Video points: all of a place for the map, the nearest ones for a micro-grid."""

from __future__ import annotations

import struct
from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from dashboard.areas import scope_range
from dashboard.codes import end_of
from dashboard.geo import distance_m
from dashboard.identity import Principal
from dashboard.rows import Row, video_row
from datasources.database import Database
from datasources.queries import video as queries

KINDS = ("road", "river", "school", "key_site", "high_point")
Packed = tuple[NDArray[np.int32], NDArray[np.uint8]]


class Video:
    """Reads video points in scope."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._places: tuple[list[str], Packed] | None = None

    def refresh(self) -> None:
        """Video points were imported."""
        self._places = None

    def packed(self, principal: Principal, area_code: str) -> bytes:
        """All video points of an area for the map, little-endian: `u32 n`, `i32 lon[n]`, `i32 lat[n]`, `u8 flags[n]`.

        WGS-84 in millionths of a degree; flags: place in `KINDS`, and 128 when it is online. 29,100 points are 262 kB.
        """
        principal.require("see", area_code)
        if self._places is None:
            with self._database.read() as session:
                rows = queries.places(session)
            points = np.array([(row[1] * 1e6, row[2] * 1e6) for row in rows]).reshape(-1, 2).round().astype("<i4")
            flags = np.array([KINDS.index(row[3]) | (128 if row[4] else 0) for row in rows], np.uint8)
            self._places = [row[0] for row in rows], (points, flags)
        codes, (points, flags) = self._places
        part = slice(bisect_left(codes, area_code), bisect_left(codes, end_of(area_code)))
        lon, lat = points[part, 0], points[part, 1]
        return struct.pack("<I", lon.size) + lon.tobytes() + lat.tobytes() + flags[part].tobytes()

    def within(self, principal: Principal, area_code: str) -> list[Row]:
        """Video points of an area."""
        principal.require("see", area_code)
        with self._database.read() as session:
            return [video_row(p) for p in queries.within(session, area_code, end_of(area_code))]

    def nearest(self, principal: Principal, lon: float, lat: float, most: int = 6, radius_m: float = 3000) -> list[Row]:
        """The nearest video points in scope, each with `distance_m`, nearest first."""
        principal.require("see")
        low, high = scope_range(principal.area_code)
        with self._database.read() as session:
            found = [video_row(p) for p in queries.nearest(session, lon, lat, radius_m, low, high, most)]
        for row in found:
            row["distance_m"] = round(float(distance_m(lon, lat, row["lon"], row["lat"])))
        return sorted(found, key=lambda row: row["distance_m"])
