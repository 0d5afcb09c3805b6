"""What waits at the desk 待接处置 until somebody takes it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from datasources.models.base import Base
from datasources.types import AreaCode, Json, UtcDateTime


class DeskItem(Base):
    """One matter that somebody must take: `open`, then `taken` by a person, or `cleared` because it is over.

    `subject` is the id of what it is about (a delivery, a ticket, an order, a channel): while one is open, more of the same add to its
    `count`. `about` holds the ids that a screen needs to go there.
    """

    __tablename__ = "desk_items"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    subject: Mapped[str] = mapped_column(String(80))
    level: Mapped[str] = mapped_column(String(8))
    area_code: Mapped[str] = mapped_column(AreaCode)
    text: Mapped[str] = mapped_column(Text)
    count: Mapped[int] = mapped_column(Integer)
    about: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(8))
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taken_by: Mapped[str] = mapped_column(String(80))

    __table_args__ = (
        Index("ix_desk_items_state_area_code", "state", "area_code"),
        Index("ix_desk_items_subject_kind", "subject", "kind"),
        Index("ix_desk_items_taken_at", "taken_at"),
    )
