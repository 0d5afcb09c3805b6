"""Who is inside which fence, kept up from positions. Pure: no database, no clock.

A pair (fence, unit) is one 64-bit key, `fence place << 32 | unit number`; the pairs that hold are a sorted array. What a few thousand
positions change is then a query of an R-tree and two set differences, whatever the number of fences.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Keys = NDArray[np.int64]
_NUMBER = np.int64(0xFFFFFFFF)


def keys_of(places: NDArray[np.int64], numbers: NDArray[np.int64]) -> Keys:
    """Keys of pairs: fences by their place in the list, units by their number."""
    return np.asarray((places.astype(np.int64) << np.int64(32)) | numbers.astype(np.int64), np.int64)


def places_and_numbers(keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The fences' places and the units' numbers of keys."""
    return keys >> np.int64(32), keys & _NUMBER


class Membership:
    """The pairs that hold for a fixed list of fences."""

    def __init__(self, outlines: Sequence[Any], inside: Keys) -> None:
        """`outlines`: shapely polygons in WGS-84 degrees; `inside`: the pairs that held before."""
        self._tree = shapely.STRtree(list(outlines))
        self.inside: Keys = np.unique(inside)

    def move(self, numbers: NDArray[np.int64], lons: NDArray[np.float64], lats: NDArray[np.float64]) -> tuple[Keys, Keys]:
        """Units that are now at these WGS-84 degrees (NaN: nowhere): the pairs that began, and those that ended."""
        somewhere = np.isfinite(lons)
        points, fences = self._tree.query(shapely.points(lons[somewhere], lats[somewhere]), predicate="intersects")
        now = np.unique(keys_of(fences, numbers[somewhere][points]))
        _, known = places_and_numbers(self.inside)
        before = self.inside[np.isin(known, numbers)]
        entered, left = np.setdiff1d(now, before, assume_unique=True), np.setdiff1d(before, now, assume_unique=True)
        if entered.size or left.size:
            self.inside = np.union1d(np.setdiff1d(self.inside, left, assume_unique=True), entered)
        return entered, left

    def count(self, fences: int, counts: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many units are inside each of the first `fences` fences; `counts` says by number who counts."""
        places, numbers = places_and_numbers(self.inside)
        return np.bincount(places[counts[numbers]], minlength=fences)[:fences]
