"""Time and ids, in one place so that a test can turn the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import uuid6

Clock = Callable[[], datetime]


def now() -> datetime:
    """The present in UTC, to the millisecond (as it is stored and sent)."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def new_id() -> str:
    """A UUIDv7: ids sort by the time of their making."""
    return str(uuid6.uuid7())
