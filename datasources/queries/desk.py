"""What waits at the desk, and what was taken."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from datasources.models import DeskItem


def waiting_for(session: Session, kind: str, subject: str) -> DeskItem | None:
    """The open item about a subject, locked."""
    where = (DeskItem.subject == subject, DeskItem.kind == kind, DeskItem.state == "open")
    return session.scalar(select(DeskItem).where(*where).with_for_update())


def latest_about(session: Session, kind: str, subjects: list[str]) -> dict[str, DeskItem]:
    """The newest item about each of these subjects, whatever its state."""
    if not subjects:
        return {}  # nearly always: every phone asks when it comes back
    query = select(DeskItem).where(DeskItem.subject.in_(subjects), DeskItem.kind == kind).order_by(DeskItem.id)
    return {item.subject: item for item in session.scalars(query)}


def open_items(session: Session, low: str, high: str, most: int) -> list[DeskItem]:
    """Open items of areas in [low, high), oldest first."""
    where = (DeskItem.state == "open", DeskItem.area_code >= low, DeskItem.area_code < high)
    return list(session.scalars(select(DeskItem).where(*where).order_by(DeskItem.raised_at, DeskItem.id).limit(most)))


def taken_items(session: Session, low: str, high: str, most: int) -> list[DeskItem]:
    """Those that were taken last, newest first."""
    where = (DeskItem.state == "taken", DeskItem.area_code >= low, DeskItem.area_code < high)
    return list(session.scalars(select(DeskItem).where(*where).order_by(DeskItem.taken_at.desc()).limit(most)))
