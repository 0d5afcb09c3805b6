"""Tickets: open ones of a place, steps, what is due, counts by area."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from datasources.models import Ticket, TicketStep

OPEN = ("reported", "assigned", "handling", "handled")


def by_key(session: Session, key: str) -> Ticket | None:
    """The ticket that was reported under this idempotency key."""
    return session.scalar(select(Ticket).where(Ticket.key == key))


def open_within(session: Session, low: str, high: str) -> list[Ticket]:
    """Open tickets with an area code in [low, high)."""
    where = and_(Ticket.state.in_(OPEN), Ticket.area_code >= low, Ticket.area_code < high)
    return list(session.scalars(select(Ticket).where(where).order_by(Ticket.id)))


def listed(session: Session, low: str, high: str, states: tuple[str, ...], most: int, after: str) -> list[Ticket]:
    """A page of tickets by id behind `after`."""
    query = select(Ticket).where(Ticket.area_code >= low, Ticket.area_code < high, Ticket.id > after)
    if states:
        query = query.where(Ticket.state.in_(states))
    return list(session.scalars(query.order_by(Ticket.id).limit(most)))


def search(session: Session, text: str, low: str, high: str, most: int) -> list[Ticket]:
    """Open tickets in the code range whose words or address contain `text`, the newest first."""
    where = and_(Ticket.state.in_(OPEN), Ticket.area_code >= low, Ticket.area_code < high)
    holds = or_(Ticket.text.contains(text, autoescape=True), Ticket.address.contains(text, autoescape=True))
    return list(session.scalars(select(Ticket).where(where, holds).order_by(Ticket.id.desc()).limit(most)))


def of_reporter(session: Session, unit_id: str, most: int) -> list[Ticket]:
    """The newest tickets that a unit has reported."""
    query = select(Ticket).where(Ticket.reporter_unit_id == unit_id).order_by(Ticket.id.desc()).limit(most)
    return list(session.scalars(query))


def steps(session: Session, ticket_id: str) -> list[TicketStep]:
    """What was done with a ticket, oldest first."""
    return list(session.scalars(select(TicketStep).where(TicketStep.ticket_id == ticket_id).order_by(TicketStep.id)))


def newly_overdue(session: Session, now: datetime, most: int = 500, lock: bool = False) -> list[Ticket]:
    """Open tickets whose time is up and that are not marked so; `lock` keeps others from moving them on."""
    where = and_(Ticket.state.in_(("reported", "assigned", "handling")), Ticket.overdue.is_(False), Ticket.due_at <= now)
    query = select(Ticket).where(where).order_by(Ticket.due_at).limit(most)
    return list(session.scalars(query.with_for_update() if lock else query))


def count_by_area(session: Session, low: str, high: str) -> list[tuple[str, int, int]]:
    """(area code, open tickets, overdue ones) for codes in [low, high)."""
    where = and_(Ticket.state.in_(OPEN), Ticket.area_code >= low, Ticket.area_code < high)
    late = func.sum(case((Ticket.overdue, 1), else_=0))
    rows = session.execute(select(Ticket.area_code, func.count(), late).where(where).group_by(Ticket.area_code))
    return [(code, count, int(overdue)) for code, count, overdue in rows]
