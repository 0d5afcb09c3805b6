"""Orders 指令 and deliveries 送达: one text to many units, and the order as each unit has it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from datasources.models.base import Base
from datasources.types import AreaCode, Json, UtcDateTime


class Order(Base):
    """One order. `key` is the sender's idempotency key, `criteria` how its recipients were chosen:
    for an order to thousands that is long, so it is read only when it is asked for.

    `kind`: `task`, `check_in` (安全签到), or `ticket` (派单). `done_when`: `each` for itself, or the whole order when `any`, `all` or `n`
    (`needed`) of its recipients have done it.
    """

    __tablename__ = "orders"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    priority: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(12), default="task")
    done_when: Mapped[str] = mapped_column(String(8), default="each")
    needed: Mapped[int | None] = mapped_column(Integer)
    area_code: Mapped[str] = mapped_column(AreaCode)
    scope: Mapped[str] = mapped_column(AreaCode)
    """The area of whoever sent it: nobody below ends it."""
    state: Mapped[str] = mapped_column(String(12))
    sender: Mapped[str] = mapped_column(String(80))
    criteria: Mapped[dict[str, Any]] = mapped_column(Json, deferred=True)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deadline: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str] = mapped_column(String(80), default="")
    ticket_id: Mapped[str | None] = mapped_column(String(36), index=True)
    """The ticket that this order gives to its handler."""

    __table_args__ = (Index("ix_orders_state_deadline", "state", "deadline"),)


class Delivery(Base):
    """One order as one unit has it. `area_code` is the unit's area when the order was sent.

    `calls` counts the steps of the call policy that were taken, `call_at` is when the next is due; null: none. `said` counts what the
    unit has written.
    """

    __tablename__ = "deliveries"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    unit_id: Mapped[str] = mapped_column(ForeignKey("units.id"))
    unit_name: Mapped[str] = mapped_column(String(40))
    area_code: Mapped[str] = mapped_column(AreaCode)
    state: Mapped[str] = mapped_column(String(12))
    escalated: Mapped[bool] = mapped_column(Boolean, default=False)
    sends: Mapped[int] = mapped_column(Integer, default=1)
    times: Mapped[dict[str, Any]] = mapped_column(Json)
    note: Mapped[str] = mapped_column(Text, default="")
    calls: Mapped[int] = mapped_column(Integer, default=0)
    call_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    said: Mapped[int] = mapped_column(Integer, default=0)

    __table_args__ = (
        UniqueConstraint("order_id", "unit_id"),
        Index("ix_deliveries_call_at_id", "call_at", "id"),
        Index("ix_deliveries_unit_id_state", "unit_id", "state"),
        Index("ix_deliveries_area_code_state", "area_code", "state"),
        Index("ix_deliveries_order_id_state", "order_id", "state"),
    )


class DeliveryStep(Base):
    """One answer as it came: the time of the tap, the time of arrival, the place, and the unit's key."""

    __tablename__ = "delivery_steps"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    delivery_id: Mapped[str] = mapped_column(ForeignKey("deliveries.id"), index=True)
    state: Mapped[str] = mapped_column(String(12))
    actor: Mapped[str] = mapped_column(String(80))
    tapped_at: Mapped[datetime] = mapped_column(UtcDateTime)
    arrived_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lon: Mapped[float | None] = mapped_column(Float)
    lat: Mapped[float | None] = mapped_column(Float)
    note: Mapped[str] = mapped_column(Text, default="")
    photo_id: Mapped[str | None] = mapped_column(String(36), index=True)
