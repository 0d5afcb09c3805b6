"""Calling 叫应: the rules by which those who do not answer are called, each call, and where browsers take push messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from datasources.models.base import Base
from datasources.types import AreaCode, Json, UtcDateTime


class CallPolicy(Base):
    """The steps for one priority in an area and all below it that has no policy of its own. `steps`: `[{channel, after_s, until}]`."""

    __tablename__ = "call_policies"

    area_code: Mapped[str] = mapped_column(AreaCode, primary_key=True)
    priority: Mapped[str] = mapped_column(String(8), primary_key=True)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    set_by: Mapped[str] = mapped_column(String(80))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Call(Base):
    """One call to one recipient over one channel. Its id is the idempotency key towards the gateway.

    `state`: waiting → sending → sent → confirmed, or failed.
    """

    __tablename__ = "calls"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    delivery_id: Mapped[str] = mapped_column(ForeignKey("deliveries.id"))
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    step: Mapped[int] = mapped_column(Integer)
    channel: Mapped[str] = mapped_column(String(16))
    area_code: Mapped[str] = mapped_column(AreaCode)
    state: Mapped[str] = mapped_column(String(12))
    result: Mapped[str] = mapped_column(Text, default="")
    tries: Mapped[int] = mapped_column(Integer, default=0)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("delivery_id", "step"),
        Index("ix_calls_channel_due_at", "channel", "due_at"),
        Index("ix_calls_order_id_channel", "order_id", "channel"),
    )


class PushSubscription(Base):
    """Where a browser of a unit takes push messages (RFC 8030), and its keys (RFC 8291)."""

    __tablename__ = "push_subscriptions"

    endpoint: Mapped[str] = mapped_column(String(500), primary_key=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("units.id", ondelete="CASCADE"), index=True)
    p256dh: Mapped[str] = mapped_column(String(120))
    auth: Mapped[str] = mapped_column(String(40))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
