"""Video points 视频点位."""

from __future__ import annotations

from sqlalchemy import Boolean, Float, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from datasources.models.base import Base
from datasources.types import AreaCode


class VideoPoint(Base):
    """A camera with its place in WGS-84 degrees and the address of its stream, if there is one."""

    __tablename__ = "video_points"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    area_code: Mapped[str] = mapped_column(AreaCode, index=True)
    kind: Mapped[str] = mapped_column(String(16))
    online: Mapped[bool] = mapped_column(Boolean)
    stream_url: Mapped[str | None] = mapped_column(String(300))
    lon: Mapped[float] = mapped_column(Float)
    lat: Mapped[float] = mapped_column(Float)

    __table_args__ = (Index("ix_video_points_lat_lon", "lat", "lon"),)
