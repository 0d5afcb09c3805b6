"""Hot state: where each unit is now, as dense arrays, and who moved since anybody last looked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST_NUMBERS = 5_000_000
"""Numbers are given one after the other: more is a row that something else than this program has written."""
GONE = np.int32(2**31 - 1)
"""Longitude of a unit that has no position or is off duty, in frames and in the arrays."""

STALE_AFTER_MS = 600_000
"""Whoever has not been heard of for so long may be anywhere: shown as such, and keeping no post."""

LOCATED = np.dtype(
    [("number", "<u4"), ("at_ms", "<i8"), ("lon_e6", "<i4"), ("lat_e6", "<i4"), ("heading", "<u2"), ("accuracy_m", "<u4")], align=False
)
"""One accepted position: the unit's number, ms since 1970, WGS-84 in millionths of a degree, degrees from north, metres."""

Batch = NDArray[np.void]
"""An array of `LOCATED`."""


class HotPositions:
    """Latest positions keyed by unit number. All arrays have the length of the highest number + 1."""

    def __init__(self) -> None:
        self.load([], [], [])

    def load(self, numbers: Sequence[int], area_codes: Sequence[str], on_duty: Sequence[bool]) -> None:
        """(Re)build for these units, keeping the positions that are known. Raises `ValueError` for a number that cannot be."""
        size = max(numbers, default=-1) + 1
        if size > MOST_NUMBERS:
            raise ValueError(f"the highest number of a unit is {size - 1}: the arrays would not fit; at most {MOST_NUMBERS - 1} is wanted")
        old = getattr(self, "lon", np.empty(0, np.int32)).size
        keep = min(size, old)

        def grown(name: str, fill: int, kind: type[np.generic]) -> NDArray[np.generic]:
            array = np.full(size, fill, kind)
            if keep:
                array[:keep] = getattr(self, name)[:keep]
            return array

        self.lon: NDArray[np.int32] = grown("lon", int(GONE), np.int32)  # type: ignore[assignment]
        self.lat: NDArray[np.int32] = grown("lat", int(GONE), np.int32)  # type: ignore[assignment]
        self.at: NDArray[np.int64] = grown("at", 0, np.int64)  # type: ignore[assignment]
        self.heading: NDArray[np.uint8] = grown("heading", 0, np.uint8)  # type: ignore[assignment]
        self.accuracy: NDArray[np.uint32] = grown("accuracy", 0, np.uint32)  # type: ignore[assignment]
        self.on_duty: NDArray[np.bool_] = np.zeros(size, np.bool_)
        self.moved: NDArray[np.bool_] = np.zeros(size, np.bool_)
        self.stale: NDArray[np.bool_] = np.zeros(size, np.bool_)
        """Whose position was old when anybody looked last."""
        codes = np.full(size, "", "U18")
        if size:
            codes[np.asarray(numbers, np.int64)] = list(area_codes)
            self.on_duty[np.asarray(numbers, np.int64)] = list(on_duty)
        order = np.argsort(codes, kind="stable")
        self._sorted_codes = codes[order]
        self.rank: NDArray[np.int64] = np.empty(size, np.int64)
        self.rank[order] = np.arange(size)

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return int(self.lon.size)

    def span(self, low: str, high: str) -> tuple[int, int]:
        """Ranks [first, last) of the units whose area code is in [low, high)."""
        return int(np.searchsorted(self._sorted_codes, low)), int(np.searchsorted(self._sorted_codes, high))

    def place(self, batch: Batch, latest_ms: int) -> None:
        """Take positions in any order: the latest of each unit counts, and only when it is later than what is known.

        What is later than `latest_ms` is of before the clock was set back: it is not taken, and holds against nothing.
        """
        batch = batch[(batch["number"] < self.size) & (batch["at_ms"] <= latest_ms)]
        known = self.at[batch["number"]]
        batch = batch[(batch["at_ms"] > known) | (known > latest_ms)]
        batch = batch[np.argsort(batch["at_ms"], kind="stable")]
        # Of several for one unit the last assignment stays, which is the latest.
        numbers = batch["number"]
        self.at[numbers] = batch["at_ms"]
        self.lon[numbers] = batch["lon_e6"]
        self.lat[numbers] = batch["lat_e6"]
        self.heading[numbers] = batch["heading"] // 2
        self.accuracy[numbers] = batch["accuracy_m"]
        self.moved[numbers] = True

    def set_duty(self, number: int, on_duty: bool) -> None:
        """Show or hide a unit."""
        if number < self.size and bool(self.on_duty[number]) != on_duty:
            self.on_duty[number] = on_duty
            self.moved[number] = True

    def age(self, before_ms: int) -> None:
        """Note whose position has become older than a moment, or is younger again: they are shown otherwise."""
        stale = (self.at > 0) & (self.at < before_ms)
        self.moved |= stale != self.stale
        self.stale = stale

    def take_moved(self) -> NDArray[np.int64]:
        """Numbers of the units that moved, appeared or left since the last call."""
        numbers = np.flatnonzero(self.moved)
        self.moved[numbers] = False
        return numbers

    def within(self, low: str, high: str, numbers: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        """Those of `numbers` (None: of all) whose area code is in [low, high)."""
        first, last = self.span(low, high)
        if numbers is None:
            return np.flatnonzero((self.rank >= first) & (self.rank < last))
        ranks = self.rank[numbers]
        return numbers[(ranks >= first) & (ranks < last)]
