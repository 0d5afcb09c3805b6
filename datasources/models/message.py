"""Messages 消息 inside an order, between the desk and one unit, and the voice clips that came with them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from datasources.models.base import Base
from datasources.types import AreaCode, UtcDateTime


class Message(Base):
    """One message. `from_unit` says which side wrote it; `written_at` is the writer's own clock, `arrived_at` is ours."""

    __tablename__ = "messages"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    delivery_id: Mapped[str] = mapped_column(ForeignKey("deliveries.id"))
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    area_code: Mapped[str] = mapped_column(AreaCode)
    from_unit: Mapped[bool] = mapped_column(Boolean)
    actor: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    photo_id: Mapped[str | None] = mapped_column(ForeignKey("photos.id"))
    clip_id: Mapped[str | None] = mapped_column(ForeignKey("clips.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    arrived_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_messages_delivery_id", "delivery_id"),
        Index("ix_messages_photo_id", "photo_id"),
        Index("ix_messages_clip_id", "clip_id"),
    )


class Clip(Base):
    """A voice clip on disk. `area_code` is that of whoever sent it, `mimetype` what its first bytes say it is."""

    __tablename__ = "clips"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    area_code: Mapped[str] = mapped_column(AreaCode)
    actor: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    mimetype: Mapped[str] = mapped_column(String(40))
    size: Mapped[int] = mapped_column(Integer)
