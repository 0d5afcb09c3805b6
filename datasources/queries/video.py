"""Video points: all of a place, the nearest to a point, counts by area."""

from __future__ import annotations

import math

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from datasources.models import VideoPoint


def within(session: Session, low: str, high: str) -> list[VideoPoint]:
    """Video points with an area code in [low, high)."""
    return list(session.scalars(select(VideoPoint).where(VideoPoint.area_code >= low, VideoPoint.area_code < high)))


def nearest(session: Session, lon: float, lat: float, radius_m: float, low: str, high: str, most: int) -> list[VideoPoint]:
    """Video points of the code range in the square of `radius_m` around a WGS-84 point, at most `most`, the nearest first."""
    dlat = radius_m / 111_320
    shrink = max(0.1, math.cos(math.radians(lat)))
    dlon = dlat / shrink
    box = and_(VideoPoint.lat.between(lat - dlat, lat + dlat), VideoPoint.lon.between(lon - dlon, lon + dlon))
    north, east = VideoPoint.lat - lat, (VideoPoint.lon - lon) * shrink
    query = select(VideoPoint).where(box, VideoPoint.area_code >= low, VideoPoint.area_code < high)
    return list(session.scalars(query.order_by(north * north + east * east, VideoPoint.code).limit(most)))


def count_by_area(session: Session, low: str, high: str) -> list[tuple[str, int, int]]:
    """(area code, video points, those online) for codes in [low, high)."""
    online = func.sum(case((VideoPoint.online, 1), else_=0))
    where = and_(VideoPoint.area_code >= low, VideoPoint.area_code < high)
    rows = session.execute(select(VideoPoint.area_code, func.count(), online).where(where).group_by(VideoPoint.area_code))
    return [(code, count, int(up)) for code, count, up in rows]


def places(session: Session) -> list[tuple[str, float, float, str, bool]]:
    """(area code, lon, lat, kind, online) of every video point, by area code."""
    columns = (VideoPoint.area_code, VideoPoint.lon, VideoPoint.lat, VideoPoint.kind, VideoPoint.online)
    return [tuple(row) for row in session.execute(select(*columns).order_by(VideoPoint.area_code, VideoPoint.code))]  # type: ignore[misc]
