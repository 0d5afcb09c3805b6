"""Positions: checked at the edge, placed in the hot state at once, stored in batches."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from dashboard.areas import Areas
from dashboard.clock import Clock
from dashboard.errors import Refused
from dashboard.geo import gcj02_to_wgs84
from dashboard.identity import Principal
from datasources.database import Database
from datasources.hot import HotPositions, Located
from datasources.queries import positions as queries
from datasources.queries import units as unit_queries

AHEAD = timedelta(seconds=60)
BEHIND = timedelta(hours=24)
KEPT = timedelta(hours=24)


class PositionReport(BaseModel):
    """One position of one unit. Degrees; WGS-84 unless `crs` says GCJ-02, which is converted here."""

    model_config = ConfigDict(extra="forbid")

    unit: str = Field(min_length=1, max_length=40, description="id of the unit")
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    at: AwareDatetime = Field(description="when it was taken, ISO 8601 with zone")
    accuracy_m: float = Field(default=10, ge=0, le=100_000)
    heading: float = Field(default=0, ge=0, le=360, description="degrees clockwise from north")
    crs: Literal["wgs84", "gcj02"] = "wgs84"


class Positions:
    """Takes positions and knows where everybody is."""

    def __init__(self, database: Database, areas: Areas, clock: Clock) -> None:
        self._database = database
        self._areas = areas
        self._clock = clock
        self._numbers: dict[str, int] = {}
        self._codes: list[str] = []
        self._pending: list[Located] = []
        self._lock = threading.Lock()
        self.hot = HotPositions()
        self.refresh()

    def refresh(self) -> None:
        """Read units and latest positions again, at the start and after an import."""
        with self._database.read() as session:
            units = unit_queries.for_hot_state(session)
            self._numbers = unit_queries.numbers_by_id(session)
            latest = queries.latest(session)
        self._codes = [""] * (max((number for number, _, _ in units), default=-1) + 1)
        for number, code, _ in units:
            self._codes[number] = code
        with self._lock:
            self.hot.load([u[0] for u in units], [u[1] for u in units], [u[2] for u in units])
            for located in latest:
                if located.number < self.hot.size:
                    self.hot.place(located)

    def number_of(self, unit_id: str) -> int | None:
        """Number of a unit by its id."""
        return self._numbers.get(unit_id)

    def report(self, principal: Principal, reports: list[PositionReport]) -> int:
        """Take a list of positions: all of them or, when one is bad, none. Returns how many.

        Raises `unknown_unit`, `outside_scope`, `outside_city`, `future` or `too_old`, each naming the
        first bad one by its place in the list (`positions[3]`).
        """
        now = self._clock()
        if principal.unit_id is None:
            principal.require("relay")
        lons = np.array([r.lon for r in reports])
        lats = np.array([r.lat for r in reports])
        shifted = np.array([r.crs == "gcj02" for r in reports], np.bool_)
        if shifted.any():
            lons[shifted], lats[shifted] = gcj02_to_wgs84(lons[shifted], lats[shifted])
        inside = self._areas.holds_all(lons, lats)
        located = []
        for i, report in enumerate(reports):
            field = f"positions[{i}]"
            number = self._number_in_scope(principal, report.unit, field)
            if not inside[i]:
                raise Refused("outside_city", field=field, lon=report.lon, lat=report.lat)
            if report.at > now + AHEAD:
                raise Refused("future", field=field, at=report.at.isoformat())
            if report.at < now - BEHIND:
                raise Refused("too_old", field=field, at=report.at.isoformat())
            located.append(
                Located(
                    number,
                    int(report.at.timestamp() * 1000),
                    round(float(lons[i]) * 1e6),
                    round(float(lats[i]) * 1e6),
                    round(report.heading) % 360,
                    round(report.accuracy_m),
                )
            )
        with self._lock:
            for one in located:
                self.hot.place(one)
            self._pending.extend(located)
        return len(located)

    def _number_in_scope(self, principal: Principal, unit_id: str, field: str) -> int:
        number = self._numbers.get(unit_id)
        if principal.unit_id is not None:
            if unit_id != principal.unit_id or number is None:
                raise Refused("outside_scope", field=field, area=unit_id)
        elif number is None:
            raise Refused("unknown_unit", field=field, unit=unit_id)
        elif not self._codes[number].startswith(principal.area_code):
            raise Refused("outside_scope", field=field, area=unit_id)
        return number

    def flush(self) -> int:
        """Store what came in since the last call; returns how many. On an error they stay for the next call."""
        with self._lock:
            batch, self._pending = self._pending, []
        if not batch:
            return 0
        try:
            with self._database.write() as session:
                queries.store(session, batch)
        except BaseException:
            with self._lock:
                self._pending = batch + self._pending
            raise
        return len(batch)

    def forget_old(self) -> None:
        """Delete tracks that are past their time."""
        with self._database.write() as session:
            queries.forget_before(session, int((self._clock() - KEPT).timestamp() * 1000))

    def of_unit(self, number: int) -> dict[str, object] | None:
        """Where a unit is: degrees WGS-84 and when; None when nothing is known."""
        hot = self.hot
        if number >= hot.size or hot.at[number] == 0:
            return None
        at = datetime.fromtimestamp(int(hot.at[number]) / 1000, UTC)
        return {"lon": int(hot.lon[number]) / 1e6, "lat": int(hot.lat[number]) / 1e6, "at": at.isoformat(timespec="milliseconds")}

    def trail(self, number: int, since: datetime, most: int = 2000) -> list[list[float]]:
        """`[lon, lat]` in WGS-84 degrees where a unit has been since a moment."""
        with self._database.read() as session:
            found = queries.track(session, number, int(since.timestamp() * 1000), most)
        return [[lon / 1e6, lat / 1e6] for _, lon, lat in found]
