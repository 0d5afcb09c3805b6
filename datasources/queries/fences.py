"""Fences and who is inside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, func, insert, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from datasources.models import Change, Fence, Order, Presence, Ticket

AT_ONCE = 400
RAISED = ("fence.enter", "fence.leave", "fence.stay", "fence.empty")


def by_key(session: Session, key: str) -> Fence | None:
    """The fence that was made under this idempotency key."""
    return session.scalar(select(Fence).where(Fence.key == key))


def count(session: Session) -> int:
    """How many fences there are."""
    return session.scalar(select(func.count()).select_from(Fence)) or 0


def count_of(session: Session, scope: str, name: str) -> int:
    """How many fences somebody of this area and name has made."""
    return session.scalar(select(func.count()).select_from(Fence).where(Fence.scope == scope, Fence.made_by == name)) or 0


def mark(session: Session) -> tuple[int, str]:
    """What changes whenever a fence is made or removed: their number, and the newest id."""
    number, newest = session.execute(select(func.count(), func.max(Fence.id)).where(Fence.active)).one()
    return int(number), str(newest)


def active(session: Session) -> list[Fence]:
    """All fences that watch, by id."""
    return list(session.scalars(select(Fence).where(Fence.active).order_by(Fence.id)))


def within(session: Session, low: str, high: str, most: int) -> list[Fence]:
    """The newest fences of the code range [low, high), the newest first."""
    query = select(Fence).where(Fence.area_code >= low, Fence.area_code < high)
    return list(session.scalars(query.order_by(Fence.id.desc()).limit(most)))


def inside(session: Session, fence_ids: Sequence[str]) -> dict[str, int]:
    """How many units are inside each of these fences; those without any are left out."""
    found: dict[str, int] = {}
    for start in range(0, len(fence_ids), AT_ONCE):
        query = select(Presence.fence_id, func.count()).where(Presence.fence_id.in_(fence_ids[start : start + AT_ONCE]))
        found |= {str(fence_id): int(n) for fence_id, n in session.execute(query.group_by(Presence.fence_id))}
    return found


def presences(session: Session) -> list[tuple[str, int, datetime, bool]]:
    """(fence, unit number, since, told) of every pair that holds."""
    rows = session.execute(select(Presence.fence_id, Presence.unit_number, Presence.since, Presence.told))
    return [(fence_id, number, since, told) for fence_id, number, since, told in rows]


def enter(session: Session, pairs: Sequence[tuple[str, int]], since: datetime) -> None:
    """Note that these units are inside these fences from now on."""
    rows = [{"fence_id": fence_id, "unit_number": number, "since": since, "told": False} for fence_id, number in pairs]
    for start in range(0, len(rows), AT_ONCE):
        session.execute(insert(Presence), rows[start : start + AT_ONCE])


def leave(session: Session, pairs: Sequence[tuple[str, int]]) -> None:
    """Note that these units are no longer inside these fences."""
    for start in range(0, len(pairs), AT_ONCE):
        some = pairs[start : start + AT_ONCE]
        session.execute(delete(Presence).where(tuple_(Presence.fence_id, Presence.unit_number).in_(some)))


def tell(session: Session, pairs: Sequence[tuple[str, int]]) -> None:
    """Note that it was raised how long these have stayed."""
    for start in range(0, len(pairs), AT_ONCE):
        some = pairs[start : start + AT_ONCE]
        session.execute(update(Presence).where(tuple_(Presence.fence_id, Presence.unit_number).in_(some)).values(told=True))


def set_empty(session: Session, fence_id: str, since: datetime | None, told: bool) -> None:
    """Note since when nobody is inside, and whether that was raised."""
    session.execute(update(Fence).where(Fence.id == fence_id).values(empty_since=since, told=told))


def remove(session: Session, fence: Fence) -> None:
    """Delete a fence and its presences."""
    session.execute(delete(Presence).where(Presence.fence_id == fence.id))
    session.delete(fence)


def unmade(session: Session, fence_ids: Sequence[str], since: datetime) -> list[Change]:
    """What these fences have raised from `since` on and neither a ticket, nor an order, nor a failure came of, oldest first."""
    key = Change.payload["key"].as_string()
    failed = aliased(Change)
    came = (
        exists().where(Ticket.key == key),
        exists().where(Order.key == key),
        exists().where(failed.entity_id == Change.entity_id, failed.kind == "fence.fail", failed.payload["key"].as_string() == key),
    )
    found: list[Change] = []
    for start in range(0, len(fence_ids), AT_ONCE):
        of_these = Change.entity_id.in_(fence_ids[start : start + AT_ONCE])
        found += session.scalars(select(Change).where(of_these, Change.kind.in_(RAISED), Change.at >= since, *(~one for one in came)))
    return sorted(found, key=lambda change: change.seq)
