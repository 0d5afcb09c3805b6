"""What hangs on areas by their code: moving it to other areas, counting what has none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, MetaData, Table, delete, exists, func, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from datasources.models import (
    Account,
    Area,
    Call,
    CallPolicy,
    Clip,
    Delivery,
    DeskItem,
    Fence,
    Message,
    Order,
    Photo,
    Ticket,
    Token,
    Unit,
    VideoPoint,
    Warning,
)
from datasources.queries.dispatch import UNDERWAY
from datasources.queries.tickets import OPEN
from datasources.types import AreaCode

PLACES: tuple[InstrumentedAttribute[str], ...] = (
    Unit.area_code,
    VideoPoint.area_code,
    Ticket.area_code,
    Warning.area_code,
    Order.area_code,
    Delivery.area_code,
    Call.area_code,
    Message.area_code,
    Photo.area_code,
    Clip.area_code,
    Fence.area_code,
    Fence.scope,
    Account.area_code,
    Token.area_code,
    CallPolicy.area_code,
    DeskItem.area_code,
)
"""Every column that names an area, but for the change log, which is never altered."""
_MOVED = Table("moved_areas", MetaData(), Column("old", AreaCode, primary_key=True), Column("new", AreaCode), prefixes=["TEMPORARY"])


def used(session: Session, low: str, high: str) -> set[str]:
    """Area codes in [low, high) that anything has."""
    return {code for place in PLACES for code in session.scalars(select(place).where(place >= low, place < high).distinct())}


def move(session: Session, pairs: Mapping[str, str]) -> dict[str, int]:
    """Give what has an old code the new one, all at the same time: A → B and B → A exchange. Returns rows by table."""
    session.flush()
    _merge_policies(session, pairs)
    _MOVED.create(session.connection(), checkfirst=False)
    session.execute(insert(_MOVED), [{"old": old, "new": new} for old, new in pairs.items()])
    moved: dict[str, int] = {}
    for place in PLACES:
        table, column = place.class_.__table__, place.class_.__table__.c[place.key]
        new = select(_MOVED.c.new).where(_MOVED.c.old == column).scalar_subquery()
        done: Any = session.execute(update(table).where(column.in_(select(_MOVED.c.old))).values({column.name: new}))
        moved[table.name] = moved.get(table.name, 0) + done.rowcount
    _MOVED.drop(session.connection(), checkfirst=False)
    session.expire_all()
    return {name: n for name, n in moved.items() if n}


def _merge_policies(session: Session, pairs: Mapping[str, str]) -> None:
    """Of several policies that come to one area the one that stays there is kept, else the one set last."""
    taken: set[tuple[str, str]] = set()
    rows = session.execute(select(CallPolicy.area_code, CallPolicy.priority).order_by(CallPolicy.set_at.desc())).all()
    for code, priority in sorted(rows, key=lambda row: row[0] in pairs):
        to = pairs.get(code, code), priority
        if to in taken:
            session.execute(delete(CallPolicy).where(CallPolicy.area_code == code, CallPolicy.priority == priority))
        taken.add(to)


def without(session: Session, low: str, high: str, now: datetime) -> dict[str, dict[str, int]]:
    """Kind → area code → how many that are alive have a code in [low, high) of which there is no area."""
    running = select(Order.id).where(Order.state == "running")
    alive = {
        "units": (Unit.area_code, Unit.retired_at.is_(None)),
        "tickets": (Ticket.area_code, Ticket.state.in_(OPEN)),
        "warnings": (Warning.area_code, Warning.state == "in_force"),
        "video": (VideoPoint.area_code, VideoPoint.code.is_not(None)),
        "fences": (Fence.area_code, Fence.active),
        "accounts": (Account.area_code, Account.active),
        "tokens": (Token.area_code, Token.kind.in_(("api", "device")) & Token.revoked_at.is_(None) & (Token.expires_at > now)),
        "orders": (Order.area_code, Order.state == "running"),
        "deliveries": (Delivery.area_code, Delivery.state.in_(UNDERWAY) & Delivery.order_id.in_(running)),
        "desk_items": (DeskItem.area_code, DeskItem.state == "open"),
        "policies": (CallPolicy.area_code, CallPolicy.priority.is_not(None)),
    }
    found: dict[str, dict[str, int]] = {}
    for kind, (column, lives) in alive.items():
        lost = (column >= low, column < high, lives, ~exists().where(Area.code == column))
        counts = {code: int(n) for code, n in session.execute(select(column, func.count()).where(*lost).group_by(column))}
        if counts:
            found[kind] = counts
    return found
