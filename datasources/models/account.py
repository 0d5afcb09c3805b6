"""Accounts and tokens: who may come in, and what they hold in their hand."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from datasources.models.base import Base
from datasources.types import AreaCode, Encrypted, Sealed, Secret, UtcDateTime


class Account(Base):
    """A person who signs in with a name and a password (argon2id)."""

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    login: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    role: Mapped[str] = mapped_column(String(12))
    area_code: Mapped[str] = mapped_column(AreaCode)
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("units.id"))
    password_hash: Mapped[str] = mapped_column(String(200))
    """Empty: this person only signs in elsewhere (`subject`)."""
    subject: Mapped[str | None] = mapped_column(String(255), unique=True, index=True)
    """Who this is at the OIDC provider: its claim `sub`."""
    totp_secret: Mapped[Secret | Sealed | None] = mapped_column(Encrypted("accounts.totp_secret"))
    totp_used: Mapped[int] = mapped_column(BigInteger, default=0)
    """Number of the half minute whose code was used last (RFC 6238): none is taken twice."""
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Token(Base):
    """A bearer secret, stored as its SHA-256: a browser session, a wall screen's device, or an API client."""

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(12))
    area_code: Mapped[str] = mapped_column(AreaCode)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("units.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    peer: Mapped[str] = mapped_column(String(45), default="")
    """From where a session was signed in."""
    agent: Mapped[str] = mapped_column(String(200), default="")
    """With which browser."""
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was used last, to a minute."""
    used_from: Mapped[str] = mapped_column(String(45), default="")
    networks: Mapped[str] = mapped_column(String(200), default="")
    """Networks from which an API client's token may be used, with commas between; empty: from anywhere."""


class SignInFailure(Base):
    """One attempt to sign in that is under way or has `failed`: several lock the name and the place for a while, on every worker."""

    __tablename__ = "sign_in_failures"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    login: Mapped[str] = mapped_column(String(40))
    peer: Mapped[str] = mapped_column(String(45))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempt: Mapped[str] = mapped_column(String(36), default="", index=True)
    failed: Mapped[bool] = mapped_column(Boolean, default=True)

    __table_args__ = (Index("ix_sign_in_failures_login_at", "login", "at"), Index("ix_sign_in_failures_peer_at", "peer", "at"))
