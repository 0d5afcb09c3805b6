"""How large the demo city is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Totals, and which districts are drawn below the district (None: all)."""

    name: str
    micro_grids: int
    units: int
    video_points: int
    districts: tuple[str, ...] | None = None
    streets_each: int | None = None
    communities_each: int | None = None


SCALES = {
    "small": Scale("small", 200, 120, 60, ("510104", "510182"), 3, 4),
    "demo": Scale("demo", 12_600, 4_400, 2_900),
    "full": Scale("full", 126_000, 44_000, 29_100),
}
SEED = 20260726
