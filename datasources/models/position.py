"""Positions 位置: the journal of what came in, and what it is folded into: the latest of each unit, and its track."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from datasources.models.base import Base


class PositionBatch(Base):
    """Positions that came in together, packed (`datasources.hot.LOCATED`). Lives until it is folded, about a minute.

    One row for many positions: storing 4,400 a second as rows of their own would be most of the work of the server.
    """

    __tablename__ = "position_batches"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Position(Base):
    """Latest position of a unit, by its number; WGS-84 in millionths of a degree, accuracy in metres. Newer ones lie in the journal."""

    __tablename__ = "positions"

    unit_number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    lon_e6: Mapped[int] = mapped_column(Integer)
    lat_e6: Mapped[int] = mapped_column(Integer)
    heading: Mapped[int] = mapped_column(Integer)
    accuracy_m: Mapped[int] = mapped_column(Integer)


class TrackPart(Base):
    """A piece of a unit's track, packed (`datasources.queries.positions.POINT`). Deleted by age."""

    __tablename__ = "track_parts"

    unit_number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    batch_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """The last batch of the journal that was folded into it: folding twice writes the same rows."""
    until_ms: Mapped[int] = mapped_column(BigInteger)
    points: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (Index("ix_track_parts_until_ms", "until_ms"),)
