"""What the micro-grids are coloured by, kept true by the change log: four small numbers for each of 126,000.

The map of a whole city cannot get rows for them. Screens that chose a theme get a frame with what changed, one
byte a micro-grid (docs/protocol.md); 255 stands for 255 or more. Themes: open tickets, people on duty, deliveries
without an answer, and the worst warning in force (0 none, 1 blue … 4 red).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from dashboard.codes import LEVELS, end_of
from dashboard.rows import warning_row
from dashboard.tiling import numbering_of
from datasources.queries import areas, changes, dispatch, tickets, units, warnings

THEMES = ("tickets", "on_duty", "unanswered", "warnings")
LEVEL_OF = {"blue": 1, "yellow": 2, "orange": 3, "red": 4}
VERSION = 1
FULL = 1
HEADER = struct.Struct("<BBBBII")
"""Version, flags (bit 0: full), theme, 0, first number (full) or 0, count; then, full: `u8 value[]`, else `u32 number[]`, `u8 value[]`."""


class MicroGrids:
    """Values by micro-grid number, read in one consistent look at the database; then brought forward by changes."""

    def __init__(self, session: Session) -> None:
        codes = areas.micro_grid_codes(session)
        self.seq = changes.last_seq(session)
        self.numbering = numbering_of(codes)
        self._codes = np.array(codes, "U18")
        self._values = {theme: np.zeros(len(codes), np.int32) for theme in THEMES}
        self._changed = {theme: np.zeros(len(codes), np.bool_) for theme in THEMES}
        self._warnings: dict[str, dict[str, Any]] = {}
        for code, _, on_duty in units.count_by_area(session, "", ":"):
            self._add(code, "on_duty", on_duty)
        for code, count, _ in tickets.count_by_area(session, "", ":"):
            self._add(code, "tickets", count)
        for code, count in dispatch.unanswered_by_area(session, "", ":"):
            self._add(code, "unanswered", count)
        for warning in warnings.in_force(session, "", ":", ()):
            self._warn(warning_row(warning))
        for changed in self._changed.values():
            changed.fill(False)

    def apply(self, change: Mapping[str, Any]) -> None:
        """Bring the values forward by one change; one that is known already does nothing."""
        if change["seq"] <= self.seq:
            return
        self.seq = change["seq"]
        payload = change["payload"]
        for code, differences in payload.get("deltas", ()):
            for theme in ("tickets", "on_duty", "unanswered"):
                if differences.get(theme):
                    self._add(code, theme, differences[theme])
        if change["kind"].startswith("warning."):
            self._warn(payload["row"])

    def _add(self, code: str, theme: str, difference: int) -> None:
        if len(code) != LEVELS["micro_grid"]:
            return
        place = int(np.searchsorted(self._codes, code))
        if place < self._codes.size and self._codes[place] == code:
            self._values[theme][place] += difference
            self._changed[theme][place] = True

    def _warn(self, row: Mapping[str, Any]) -> None:
        if row["state"] == "in_force":
            self._warnings[row["id"]] = dict(row)
        else:
            self._warnings.pop(row["id"], None)
        first, last = self._span(row["area_code"])
        fresh = np.zeros(last - first, np.int32)
        for other in self._warnings.values():
            low, high = (min(max(place, first), last) for place in self._span(other["area_code"]))
            np.maximum(fresh[low - first : high - first], LEVEL_OF[other["level"]], out=fresh[low - first : high - first])
        self._changed["warnings"][first:last] |= self._values["warnings"][first:last] != fresh
        self._values["warnings"][first:last] = fresh

    def _span(self, area_code: str) -> tuple[int, int]:
        return int(np.searchsorted(self._codes, area_code)), int(np.searchsorted(self._codes, end_of(area_code)))

    def values(self, theme: str, area_code: str) -> NDArray[np.uint8]:
        """The values of an area's micro-grids in the order of their codes."""
        first, last = self._span(area_code)
        return self._values[theme][first:last].clip(0, 255).astype(np.uint8)

    def full_frame(self, theme: str, area_code: str) -> bytes:
        """All values of an area."""
        values = self.values(theme, area_code)
        return HEADER.pack(VERSION, FULL, THEMES.index(theme), 0, self._span(area_code)[0] + 1, values.size) + values.tobytes()

    def changed_frames(self, rooms: list[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
        """For each (theme, area) in which something changed since the last call: a frame with those micro-grids."""
        changed = {theme: np.flatnonzero(mask) for theme, mask in self._changed.items()}
        for theme, places in changed.items():
            self._changed[theme][places] = False
        frames = {}
        for theme, area_code in rooms:
            first, last = self._span(area_code)
            places = changed[theme]
            places = places[(places >= first) & (places < last)]
            if places.size:
                values = self._values[theme][places].clip(0, 255).astype(np.uint8)
                head = HEADER.pack(VERSION, 0, THEMES.index(theme), 0, 0, places.size)
                frames[theme, area_code] = head + (places + 1).astype("<u4").tobytes() + values.tobytes()
        return frames
