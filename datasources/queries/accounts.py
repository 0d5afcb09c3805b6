"""Accounts and tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, String, bindparam, func, select, update
from sqlalchemy.orm import Session

from datasources.models import Account, Token


def by_login(session: Session, login: str) -> Account | None:
    """The account with this sign-in name."""
    return session.scalar(select(Account).where(Account.login == login))


def by_subject(session: Session, subject: str) -> Account | None:
    """The account of who is this at the OIDC provider."""
    return session.scalar(select(Account).where(Account.subject == subject))


def accounts(session: Session) -> list[Account]:
    """All accounts, by sign-in name."""
    return list(session.scalars(select(Account).order_by(Account.login)))


def sessions(session: Session, account_id: str, now: datetime) -> list[Token]:
    """Sessions of an account that are open, newest first."""
    query = select(Token).where(Token.account_id == account_id, Token.kind == "session", Token.revoked_at.is_(None), Token.expires_at > now)
    return list(session.scalars(query.order_by(Token.created_at.desc())))


_BY_HASH = select(Token.__table__, Account.active.label("account_active")).select_from(
    Token.__table__.outerjoin(Account.__table__, Account.id == Token.account_id)
)


def token_by_hash(session: Session, secret_hash: str) -> Row[Any] | None:
    """The columns of the token whose secret has this SHA-256, and `account_active`, which is None for a token of no account.

    A plain row: ten thousand phones that come back at once are looked up one by one, and an object of the ORM costs twice as much.
    """
    return session.connection().execute(_BY_HASH.where(Token.secret_hash == secret_hash)).first()


def keep_used(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Store when tokens were used, and from where unless that is empty: rows `{token, used, place}`."""
    table = Token.__table__
    place = func.coalesce(func.nullif(bindparam("place", type_=String), ""), table.c.used_from)
    statement = update(table).where(table.c.id == bindparam("token"))  # type: ignore[arg-type]
    session.connection().execute(statement.values(used_at=bindparam("used"), used_from=place), rows)


def tokens(session: Session, kinds: Sequence[str]) -> list[Token]:
    """Tokens of these kinds, newest first."""
    return list(session.scalars(select(Token).where(Token.kind.in_(kinds)).order_by(Token.created_at.desc())))


def still_valid(session: Session, token_ids: Sequence[str], now: datetime) -> dict[str, tuple[str, str]]:
    """Role and area of those of `token_ids` that are neither revoked nor expired, nor belong to a closed account."""
    query = (
        select(Token.id, Token.role, Token.area_code)
        .outerjoin(Account, Account.id == Token.account_id)
        .where(Token.id.in_(token_ids), Token.revoked_at.is_(None), Token.expires_at > now)
        .where((Token.account_id.is_(None)) | (Account.active))
    )
    return {token_id: (role, area) for token_id, role, area in session.execute(query)}
