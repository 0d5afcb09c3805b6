"""What keeps a unit from retiring, and what ends with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from datasources.models import Account, Delivery, Order, Presence, PushSubscription, Ticket, Token
from datasources.queries.dispatch import UNDERWAY

AT_ONCE = 500


def busy(session: Session, ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """(deliveries under way of running orders, tickets in hand) of those of these units that have any."""
    orders: dict[str, int] = {}
    tickets: dict[str, int] = {}
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        query = select(Delivery.unit_id, func.count()).join(Order, Order.id == Delivery.order_id)
        query = query.where(Delivery.unit_id.in_(some), Delivery.state.in_(UNDERWAY), Order.state == "running")
        orders |= {unit: int(n) for unit, n in session.execute(query.group_by(Delivery.unit_id))}
        held = select(Ticket.handler_unit_id, func.count()).where(
            Ticket.handler_unit_id.in_(some), Ticket.state.in_(("assigned", "handling"))
        )
        tickets |= {str(unit): int(n) for unit, n in session.execute(held.group_by(Ticket.handler_unit_id))}
    return {unit: (orders.get(unit, 0), tickets.get(unit, 0)) for unit in (*orders, *tickets)}


def shut_out(session: Session, ids: Sequence[str], numbers: Sequence[int], now: datetime) -> tuple[list[Account], list[Token]]:
    """Close what these units sign in with, and forget where they are called and where they stand."""
    accounts = list(session.scalars(select(Account).where(Account.unit_id.in_(ids), Account.active)))
    of_these = or_(Token.unit_id.in_(ids), Token.account_id.in_([account.id for account in accounts]))
    tokens = list(session.scalars(select(Token).where(of_these, Token.revoked_at.is_(None))))
    for account in accounts:
        account.active = False
    for token in tokens:
        token.revoked_at = now
    session.execute(delete(PushSubscription).where(PushSubscription.unit_id.in_(ids)))
    session.execute(delete(Presence).where(Presence.unit_number.in_(numbers)))
    return accounts, tokens
