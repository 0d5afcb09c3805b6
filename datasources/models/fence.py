"""Geofences 电子围栏 and who is inside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from datasources.models.base import Base
from datasources.types import AreaCode, Geometry, UtcDateTime


class Fence(Base):
    """A fence: its outline in WGS-84, what it watches for, and what it does then.

    `rule`: `enter`, `leave`, `stay` (longer than `minutes`) or `empty` (nobody inside for `minutes`); `effect`: `event`, `ticket` or
    `message` (`text`, to the unit). `empty_since` runs while nobody is inside; `told` says that this emptiness has been raised.
    `scope` is the area of whoever made it: units from elsewhere are not watched, named or written to.
    """

    __tablename__ = "fences"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    area_code: Mapped[str] = mapped_column(AreaCode, index=True)
    scope: Mapped[str] = mapped_column(AreaCode)
    outline: Mapped[Any] = mapped_column(Geometry)
    rule: Mapped[str] = mapped_column(String(8))
    minutes: Mapped[int] = mapped_column(Integer)
    effect: Mapped[str] = mapped_column(String(8))
    level: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(Boolean)
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    empty_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told: Mapped[bool] = mapped_column(Boolean)


class Presence(Base):
    """One unit inside one fence: since when, and whether staying too long has been raised."""

    __tablename__ = "presences"

    fence_id: Mapped[str] = mapped_column(ForeignKey("fences.id", ondelete="CASCADE"), primary_key=True)
    unit_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    told: Mapped[bool] = mapped_column(Boolean)

    __table_args__ = (Index("ix_presences_since", "since"),)
