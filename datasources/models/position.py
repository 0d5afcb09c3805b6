"""Positions 位置: the latest of each unit, and the tracks behind it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from datasources.models.base import Base


class Position(Base):
    """Latest position of a unit, by its number; WGS-84 in millionths of a degree, accuracy in metres."""

    __tablename__ = "positions"

    unit_number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    lon_e6: Mapped[int] = mapped_column(Integer)
    lat_e6: Mapped[int] = mapped_column(Integer)
    heading: Mapped[int] = mapped_column(Integer)
    accuracy_m: Mapped[int] = mapped_column(Integer)


class Track(Base):
    """One position of the past. Written in batches, deleted by age."""

    __tablename__ = "tracks"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    unit_number: Mapped[int] = mapped_column(Integer)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    lon_e6: Mapped[int] = mapped_column(Integer)
    lat_e6: Mapped[int] = mapped_column(Integer)

    __table_args__ = (Index("ix_tracks_unit_number_at_ms", "unit_number", "at_ms"), Index("ix_tracks_at_ms", "at_ms"))
