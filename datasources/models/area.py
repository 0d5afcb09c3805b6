"""Areas 区域: city, district, street, community, grid, micro-grid."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Float, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from datasources.models.base import Base
from datasources.types import AreaCode, Geometry


class Area(Base):
    """One area. Ancestry is the prefix of `code`; geometry, centre and bounds are WGS-84 degrees."""

    __tablename__ = "areas"

    code: Mapped[str] = mapped_column(AreaCode, primary_key=True)
    level: Mapped[str] = mapped_column(String(12))
    parent_code: Mapped[str | None] = mapped_column(AreaCode, index=True)
    name: Mapped[str] = mapped_column(String(80))
    pinyin_initials: Mapped[str] = mapped_column(String(80))
    dedicated: Mapped[bool] = mapped_column(Boolean, default=False)
    households: Mapped[int] = mapped_column(Integer, default=0)
    population: Mapped[int] = mapped_column(Integer, default=0)
    vulnerable: Mapped[int] = mapped_column(Integer, default=0)
    boundary_source: Mapped[str] = mapped_column(String(12))
    lon: Mapped[float] = mapped_column(Float)
    lat: Mapped[float] = mapped_column(Float)
    west: Mapped[float] = mapped_column(Float)
    south: Mapped[float] = mapped_column(Float)
    east: Mapped[float] = mapped_column(Float)
    north: Mapped[float] = mapped_column(Float)
    geometry: Mapped[Any] = mapped_column(Geometry)

    __table_args__ = (Index("ix_areas_name", "name"), Index("ix_areas_pinyin_initials", "pinyin_initials"))
