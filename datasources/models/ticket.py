"""Tickets 工单: a hazard or matter to close, and each step that was taken."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from datasources.models.base import Base
from datasources.types import AreaCode, Encrypted, Sealed, Secret, UtcDateTime


class Ticket(Base):
    """A ticket as it stands now. `key` is the reporter's idempotency key."""

    __tablename__ = "tickets"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(24))
    level: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    area_code: Mapped[str] = mapped_column(AreaCode)
    lon: Mapped[float] = mapped_column(Float)
    lat: Mapped[float] = mapped_column(Float)
    state: Mapped[str] = mapped_column(String(12))
    overdue: Mapped[bool] = mapped_column(Boolean, default=False)
    reporter_unit_id: Mapped[str | None] = mapped_column(ForeignKey("units.id"))
    reporter: Mapped[str] = mapped_column(String(80))
    handler_unit_id: Mapped[str | None] = mapped_column(ForeignKey("units.id"))
    handler: Mapped[str | None] = mapped_column(String(40))
    photo_id: Mapped[str | None] = mapped_column(String(36), index=True)
    rating: Mapped[int | None] = mapped_column(Integer)
    address: Mapped[str] = mapped_column(String(200), default="")
    """The place in words, where somebody at the desk has written it down."""
    caller: Mapped[Secret | Sealed] = mapped_column(Encrypted("tickets.caller"))
    """The number of who rang up."""
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was seen, by the clock of who reported it, if that was before it arrived."""
    reported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_tickets_state_area_code", "state", "area_code"),
        Index("ix_tickets_state_due_at", "state", "due_at"),
        Index("ix_tickets_reporter_unit_id_id", "reporter_unit_id", "id"),
    )


class TicketStep(Base):
    """One step of a ticket: who did what, when, with which words."""

    __tablename__ = "ticket_steps"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text, default="")
    photo_id: Mapped[str | None] = mapped_column(String(36), index=True)
