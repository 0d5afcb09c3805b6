"""Video points: all of a place for the map, the nearest ones for a micro-grid."""

from __future__ import annotations

from dashboard.areas import scope_range
from dashboard.codes import end_of
from dashboard.geo import distance_m
from dashboard.identity import Principal
from dashboard.rows import Row, video_row
from datasources.database import Database
from datasources.queries import video as queries


class Video:
    """Reads video points in scope."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
            found = [video_row(p) for p in queries.around(session, lon, lat, radius_m, low, high)]
        for row in found:
            row["distance_m"] = round(float(distance_m(lon, lat, row["lon"], row["lat"])))
        return sorted(found, key=lambda row: row["distance_m"])[:most]
