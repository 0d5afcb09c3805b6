"""The change log 变更: one row for everything that altered the picture."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from datasources.models.base import Base
from datasources.types import AreaCode, Json, UtcDateTime


class Change(Base):
    """One change. `seq` has no gaps and rises in commit order: see `datasources.queries.changes`."""

    __tablename__ = "changes"

    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(80))
    topic: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(24))
    area_code: Mapped[str] = mapped_column(AreaCode)
    entity_id: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    hash: Mapped[str | None] = mapped_column(String(64))
    """Over this change and the one before: `datasources.chain`. None: made before there was a chain."""

    __table_args__ = (Index("ix_changes_entity_id", "entity_id"), Index("ix_changes_area_code_seq", "area_code", "seq"))


class ChangeCounter(Base):
    """The one row that hands out `seq`: its row lock, held until commit, is the sequencing lock.

    `hash` is that of the last change; the chain begins behind `chained_after`, and is keyed behind `keyed_after`.
    """

    __tablename__ = "change_counter"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
    chained_after: Mapped[int] = mapped_column(BigInteger)
    keyed_after: Mapped[int] = mapped_column(BigInteger)
    sealed_key: Mapped[str] = mapped_column(Text)
    """The key of the chain, encrypted by the keyring; empty while a version before may still write."""
    seal: Mapped[str] = mapped_column(String(64))
    """Over the columns above: `datasources.chain.seal`, or `broken <seq>` from the change on at which it did not fit any more."""
