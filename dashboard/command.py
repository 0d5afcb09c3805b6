"""The one way to alter the picture: a transaction in which the tables change and the log grows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dashboard.clock import Clock
from dashboard.identity import Principal
from datasources.bus import Bus
from datasources.database import Database
from datasources.queries import changes

Deltas = list[list[Any]]
"""`[[area code, {figure: difference}], …]`: what a change does to the counts of an area and those above it."""


@dataclass
class Work:
    """One command under way: its session, its moment, and the changes it has recorded so far."""

    session: Session
    principal: Principal
    now: datetime
    recorded: list[dict[str, Any]] = field(default_factory=list)
    last_seq: int | None = None

    def claim(self, key: str) -> None:
        """Wait until nobody else works under this idempotency key: of two at once, the second finds what the first did.

        SQLite has one writer at a time anyhow.
        """
        if self.session.get_bind().dialect.name == "postgresql":
            self.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))

    def by(self, principal: Principal) -> Work:
        """The same transaction for a part of it that somebody else asked for."""
        return replace(self, principal=principal)

    def record(self, kind: str, area_code: str, entity_id: str, payload: dict[str, Any], deltas: Deltas | None = None) -> None:
        """Add one row to the change log. `kind` is `topic.verb`, as listed in docs/protocol.md."""
        self.recorded.append(
            {
                "at": self.now,
                "actor": self.principal.actor,
                "topic": kind.partition(".")[0],
                "kind": kind,
                "area_code": area_code,
                "entity_id": entity_id,
                "payload": payload if deltas is None else {**payload, "deltas": deltas},
            }
        )


class Commands:
    """Opens transactions for the services."""

    def __init__(self, database: Database, bus: Bus, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self._bus = bus

    @contextmanager
    def transaction(self, principal: Principal) -> Iterator[Work]:
        """A command: committed with its changes when the block ends well, undone otherwise."""
        with self.database.write() as session:
            work = Work(session, principal, self.clock())
            yield work
            if work.recorded:
                work.last_seq = changes.append(session, work.recorded)
        if work.recorded:
            self._bus.wake()
