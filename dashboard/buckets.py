"""How much one person, device or client may do of a kind in some time: what is left over is room for everybody else."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from dashboard.errors import Refused
from dashboard.identity import Principal

MOST_KEPT = 60_000


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
    "warning": Rate(0, 60, 600, 600),
    "account": Rate(30, 60, 600, 600),
    "position": Rate(120, 600, 6_000_000, 60),
    "change": Rate(120, 300, 60_000, 60),
    "read": Rate(1200, 6000, 600_000, 60),
}
"""By kind; `change` and `read` are what has no kind of its own. A unit reports what it sees, a desk what it is told by telephone, a hotline
what a whole city tells it, a gateway what all phones say."""


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
