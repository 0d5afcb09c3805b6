"""Rings that somebody has drawn: taken as they are or refused, never repaired.

Repairing a ring that crosses itself takes a time that nobody can foresee (300 points drawn at random: a minute).
"""

from __future__ import annotations

from collections.abc import Sequence

import shapely

from dashboard.errors import Refused

MOST_POINTS = 300
"""A hand's line has so many at most: the page thins it out, and cuts off where it crosses itself."""
Ring = Sequence[tuple[float, float]]
"""Points (lon, lat), WGS-84."""


def polygon(ring: Ring, field: str) -> shapely.Polygon:
    """The area inside a ring. Raises `invalid` for one that has fewer than three points, crosses itself or encloses nothing."""
    if len(ring) < 3:
        raise Refused("invalid", field=field, problem="至少 3 个点 / at least 3 points")
    drawn = shapely.Polygon(ring)
    if not drawn.is_valid or drawn.area == 0:
        raise Refused("invalid", field=field, problem="所画的线与自己相交，请重画 / the line crosses itself, please draw it anew")
    return drawn
