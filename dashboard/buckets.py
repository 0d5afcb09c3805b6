"""How much one person, device or client may do of a kind in some time: what is left over is room for everybody else."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from dashboard.errors import Refused
from dashboard.identity import Principal

MOST_KEPT = 20_000


@dataclass(frozen=True)
class Rate:
    """So many within `seconds`, by who asks: a field unit, a person with a session, another client (a hotline, a gateway)."""

    unit: int
    person: int
    client: int
    seconds: float


RATES = {
    "ticket": Rate(20, 120, 6000, 600),
    "duty": Rate(6, 120, 6000, 60),
    "photo": Rate(20, 60, 600, 60),
    "clip": Rate(10, 60, 600, 60),
    "message": Rate(30, 120, 3000, 60),
    "order": Rate(0, 120, 3000, 600),
    "order_to_many": Rate(0, 6, 300, 600),
    "fence": Rate(0, 30, 600, 600),
    "number_search": Rate(0, 30, 300, 3600),
    "number": Rate(0, 120, 1200, 600),
}
"""By kind. A unit reports what it sees, a desk what it is told by telephone, a hotline what a whole city tells it."""


class Buckets:
    """Token buckets by principal and kind, of this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds that only ever grow."""
        self._clock = clock
        self._left: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()
        self.refused = 0

    def take(self, principal: Principal, kind: str) -> None:
        """One more of this kind. Raises `too_many` with the seconds after which the next one is let through."""
        rate = RATES[kind]
        most = rate.unit if principal.unit_id is not None else rate.person if principal.kind == "session" else rate.client
        if most == 0 or principal.kind == "system":
            return  # their role may not do it at all, which is said elsewhere
        now, key = self._clock(), (principal.actor, kind)
        left, at = self._left.pop(key, (float(most), now))
        left = min(most, left + (now - at) * most / rate.seconds)
        if left < 1:
            self._left[key] = left, now
            self.refused += 1
            raise Refused("too_many", seconds=max(1, math.ceil((1 - left) * rate.seconds / most)))
        self._left[key] = left - 1, now
        while len(self._left) > MOST_KEPT:
            self._left.popitem(last=False)
