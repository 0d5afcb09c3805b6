"""Warnings in force, and those whose time is up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from datasources.models import Warning


def by_key(session: Session, key: str) -> Warning | None:
    """The warning that was issued under this idempotency key."""
    return session.scalar(select(Warning).where(Warning.key == key))


def in_force(session: Session, low: str, high: str, above: Sequence[str]) -> list[Warning]:
    """Warnings in force for areas in [low, high) or for one of the areas `above` them."""
    place = or_(and_(Warning.area_code >= low, Warning.area_code < high), Warning.area_code.in_(above))
    return list(session.scalars(select(Warning).where(Warning.state == "in_force", place).order_by(Warning.id)))


def newly_expired(session: Session, now: datetime, lock: bool = False) -> list[Warning]:
    """Warnings in force whose time is up; `lock` keeps others from cancelling them."""
    where = and_(Warning.state == "in_force", Warning.expires <= now)
    query = select(Warning).where(where).order_by(Warning.expires).limit(500)
    return list(session.scalars(query.with_for_update() if lock else query))
