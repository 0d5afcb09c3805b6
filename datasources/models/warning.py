"""Warnings 预警: the fields of CAP 1.2 that a screen and a rule need, one row per area."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from datasources.models.base import Base
from datasources.types import AreaCode, UtcDateTime


class Warning(Base):
    """One warning for one area. Names follow CAP 1.2 (OASIS); `level` is the Chinese four-colour scale."""

    __tablename__ = "warnings"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    sender: Mapped[str] = mapped_column(String(80))
    event: Mapped[str] = mapped_column(String(40))
    level: Mapped[str] = mapped_column(String(8))
    urgency: Mapped[str] = mapped_column(String(12))
    severity: Mapped[str] = mapped_column(String(12))
    certainty: Mapped[str] = mapped_column(String(12))
    headline: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    instruction: Mapped[str] = mapped_column(Text, default="")
    area_code: Mapped[str] = mapped_column(AreaCode)
    state: Mapped[str] = mapped_column(String(12))
    sent: Mapped[datetime] = mapped_column(UtcDateTime)
    effective: Mapped[datetime] = mapped_column(UtcDateTime)
    expires: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_warnings_state_area_code", "state", "area_code"),
        Index("ix_warnings_state_expires", "state", "expires"),
    )
