"""Positions: checked at the edge, stored in the journal, then placed in the hot state; folded into tracks by and by."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel

from dashboard.areas import Areas
from dashboard.clock import Clock
from dashboard.errors import Refused
from dashboard.gathering import Gatherer
from dashboard.geo import gcj02_to_wgs84
from dashboard.identity import Principal
from datasources.database import Database
from datasources.hot import LOCATED, Batch, HotPositions
from datasources.queries import positions as queries
from datasources.queries import units as unit_queries
from datasources.shared_positions import SharedPositions

AHEAD = timedelta(seconds=60)
WRONG_CLOCK = timedelta(days=1)
"""So far ahead the clock of a unit's own device may be: what it dates into the future counts as now."""
BEHIND = timedelta(hours=24)
MOST_REPORTS = 5000
KEPT = timedelta(hours=24)
FOLD_UNITS = 500
"""How many units are folded in one transaction: short enough that nobody waits for it."""


class PositionReport(BaseModel):
    """One position of one unit. Degrees; WGS-84 unless `crs` says GCJ-02, which is converted here."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    unit: str = Field(min_length=1, max_length=40, description="id of the unit")
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    at: AwareDatetime = Field(description="when it was taken, ISO 8601 with zone")
    accuracy_m: float = Field(default=10, ge=0, le=100_000)
    heading: float = Field(default=0, ge=0, le=360, description="degrees clockwise from north")
    crs: Literal["wgs84", "gcj02"] = "wgs84"


class PositionReports(RootModel[PositionReport | list[PositionReport]]):
    """One position or a list of at most 5,000: all are taken, or none."""

    def all(self) -> list[PositionReport]:
        """As a list. Raises `invalid` for an empty one or one that is too long."""
        reports = self.root if isinstance(self.root, list) else [self.root]
        if not 0 < len(reports) <= MOST_REPORTS:
            raise Refused("invalid", field="body", problem=f"须为 1–{MOST_REPORTS} 个位置 / 1–{MOST_REPORTS} positions are wanted")
        return reports


class Single(NamedTuple):
    """One position by itself, not yet known to lie in the city: that is looked up for all that come at the same moment."""

    number: int
    at_ms: float
    lon: float
    lat: float
    heading: float
    accuracy_m: float
    shifted: bool


class Positions:
    """Takes positions and knows where everybody is."""

    def __init__(self, database: Database, areas: Areas, clock: Clock, shared: SharedPositions) -> None:
        self._database = database
        self._shared = shared
        self._areas = areas
        self._clock = clock
        self._numbers: dict[str, int] = {}
        self._codes: list[str] = []
        self._lock = threading.Lock()
        self._gatherer: Gatherer[Batch | Single, int] = Gatherer(self._store)
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
            self.hot.place(latest, self._latest_ms())

    def follow_others(self) -> None:
        """Show also what other workers take, from now on."""
        self._shared.follow(self._place, self._catch_up)

    def close(self) -> None:
        """Stop following."""
        self._shared.close()

    def _place(self, batch: Batch) -> None:
        with self._lock:
            self.hot.place(batch, self._latest_ms())

    def _latest_ms(self) -> int:
        return int((self._clock() + AHEAD).timestamp() * 1000)

    def _catch_up(self) -> None:
        with self._database.read() as session:
            latest = queries.latest(session)
        self._place(latest)

    def number_of(self, unit_id: str) -> int | None:
        """Number of a unit by its id."""
        return self._numbers.get(unit_id)

    def report(self, principal: Principal, reports: list[PositionReport]) -> int:
        """Take a list of positions: all of them or, when one is bad, none. Returns how many, once they are stored.

        Raises `unknown_unit`, `outside_scope`, `outside_city`, `future` or `too_old`, each naming the
        first bad one by its place in the list (`positions[3]`).
        """
        if len(reports) == 1:
            return self._gatherer.submit(self.single(principal, reports[0]))
        return self._gatherer.submit(self._checked(principal, reports))

    def take(self, singles: Sequence[Single]) -> list[int | Refused]:
        """Store positions that came at the same moment; 1 or the refusal for each, once they are stored."""
        return [result if isinstance(result, (int, Refused)) else Refused("unavailable") for result in self._gatherer.submit_all(singles)]

    def single(self, principal: Principal, report: PositionReport) -> Single:
        """One position, checked as far as it can be by itself, for `take`. Raises as `report`."""
        now, at = self._clock().timestamp(), report.at.timestamp()
        number = self._number_in_scope(principal, report.unit, 0)
        if principal.unit_id is not None and at <= now + WRONG_CLOCK.total_seconds():
            at = min(at, now)  # a phone whose clock runs ahead is still where it is, as its taps count as now
        _check_time(report, at, now, 0)
        return Single(number, at * 1000, report.lon, report.lat, report.heading % 360, report.accuracy_m, report.crs == "gcj02")

    def _located(self, singles: Sequence[Single]) -> tuple[Batch, NDArray[np.bool_]]:
        """Single positions as a batch, and which of them lie in a city."""
        number, at_ms, lons, lats, heading, accuracy, shifted = (np.array(column) for column in zip(*singles, strict=True))
        if shifted.any():
            lons[shifted], lats[shifted] = gcj02_to_wgs84(lons[shifted], lats[shifted])
        return _batch(number, at_ms, lons, lats, heading, accuracy), np.asarray(self._areas.holds_all(lons, lats), np.bool_)

    def _checked(self, principal: Principal, reports: list[PositionReport]) -> Batch:
        now = self._clock().timestamp()
        lons = np.array([r.lon for r in reports])
        lats = np.array([r.lat for r in reports])
        shifted = np.array([r.crs == "gcj02" for r in reports], np.bool_)
        if shifted.any():
            lons[shifted], lats[shifted] = gcj02_to_wgs84(lons[shifted], lats[shifted])
        inside = self._areas.holds_all(lons, lats).tolist()
        numbers, times = [], []
        for i, report in enumerate(reports):
            numbers.append(self._number_in_scope(principal, report.unit, i))
            at = report.at.timestamp()
            if not inside[i]:
                raise Refused("outside_city", field=f"positions[{i}]", lon=report.lon, lat=report.lat)
            _check_time(report, at, now, i)
            times.append(at)
        heading, accuracy = np.array([r.heading for r in reports]) % 360, np.array([r.accuracy_m for r in reports])
        return _batch(numbers, np.array(times) * 1000, lons, lats, heading, accuracy)

    def _store(self, items: list[Batch | Single]) -> Sequence[int | Exception]:
        """Journal first, then the picture: what a screen shows is on the disk. A single one outside the city is refused by itself."""
        singles = [item for item in items if isinstance(item, Single)]
        batches = [item for item in items if not isinstance(item, Single)]
        inside = np.empty(0, np.bool_)
        if singles:
            located, inside = self._located(singles)
            batches.append(located[inside])
        together = np.concatenate(batches)
        if together.size:
            with self._database.write() as session:
                queries.append(session, together)
            self._place(together)
            self._shared.publish(together)
        accepted = iter(inside.tolist())
        return [_result(item, next(accepted)) if isinstance(item, Single) else item.size for item in items]

    def _number_in_scope(self, principal: Principal, unit_id: str, place: int) -> int:
        if principal.unit_id is None:
            principal.require("relay")
        number = self._numbers.get(unit_id)
        if principal.unit_id is not None:
            if unit_id != principal.unit_id or number is None:
                raise Refused("outside_scope", field=f"positions[{place}]", area=unit_id)
        elif number is None:
            raise Refused("unknown_unit", field=f"positions[{place}]", unit=unit_id)
        elif not self._codes[number].startswith(principal.area_code):
            raise Refused("outside_scope", field=f"positions[{place}]", area=unit_id)
        return number

    def fold(self) -> int:
        """Turn the journal into latest positions and tracks; returns how many positions.

        In steps that are short and can be repeated: the journal is dropped last, and what was folded twice is the same.
        """
        with self._database.read() as session:
            batch, ids = queries.journal(session)
        if not ids:
            return 0
        batch = batch[np.argsort(batch["number"], kind="stable")]
        starts = np.unique(batch["number"], return_index=True)[1]
        cuts = [*starts[::FOLD_UNITS].tolist(), batch.size]
        for start, end in pairwise(cuts):
            with self._database.write() as session:
                queries.fold(session, batch[start:end], ids[-1], self._latest_ms())
            time.sleep(0.01)  # others may write in between
        with self._database.write() as session:
            queries.drop_journal(session, ids)
        return int(batch.size)

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
        return {
            "lon": int(hot.lon[number]) / 1e6,
            "lat": int(hot.lat[number]) / 1e6,
            "at": at.isoformat(timespec="milliseconds"),
            "accuracy_m": int(hot.accuracy[number]),
        }

    def trail(self, number: int, since: datetime, most: int = 2000) -> list[list[float]]:
        """`[lon, lat]` in WGS-84 degrees where a unit has been since a moment."""
        with self._database.read() as session:
            found = queries.track(session, number, int(since.timestamp() * 1000), most)
        return [[lon / 1e6, lat / 1e6] for _, lon, lat in found]


def _check_time(report: PositionReport, at: float, now: float, place: int) -> None:
    if at > now + AHEAD.total_seconds():
        raise Refused("future", field=f"positions[{place}]", at=report.at.isoformat())
    if at < now - BEHIND.total_seconds():
        raise Refused("too_old", field=f"positions[{place}]", at=report.at.isoformat())


def _result(single: Single, inside: bool) -> int | Exception:
    return 1 if inside else Refused("outside_city", field="positions[0]", lon=single.lon, lat=single.lat)


def _batch(
    numbers: ArrayLike, at_ms: ArrayLike, lons: NDArray[np.float64], lats: NDArray[np.float64], heading: ArrayLike, accuracy_m: ArrayLike
) -> Batch:
    """WGS-84 degrees, ms since 1970, degrees clockwise from north, metres."""
    batch = np.empty(lons.size, LOCATED)
    batch["number"] = numbers
    batch["at_ms"] = at_ms
    batch["lon_e6"] = np.round(lons * 1e6)
    batch["lat_e6"] = np.round(lats * 1e6)
    batch["heading"] = heading
    batch["accuracy_m"] = accuracy_m
    return batch
