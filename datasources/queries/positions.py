"""Storing positions in batches, and reading them back at start and for a trail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from datasources.hot import Located
from datasources.models import Position, Track


def store(session: Session, batch: Sequence[Located]) -> None:
    """Append `batch` to the tracks and make each unit's last one its latest position."""
    if not batch:
        return
    session.execute(insert(Track), [{"unit_number": p.number, "at_ms": p.at_ms, "lon_e6": p.lon_e6, "lat_e6": p.lat_e6} for p in batch])
    latest: dict[int, Located] = {}
    for p in batch:
        if p.number not in latest or latest[p.number].at_ms <= p.at_ms:
            latest[p.number] = p
    dialect: Any = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(Position)
    columns = {name: getattr(statement.excluded, name) for name in ("at_ms", "lon_e6", "lat_e6", "heading", "accuracy_m")}
    session.execute(
        statement.on_conflict_do_update(index_elements=["unit_number"], set_=columns, where=Position.at_ms <= columns["at_ms"]),
        [
            {
                "unit_number": p.number,
                "at_ms": p.at_ms,
                "lon_e6": p.lon_e6,
                "lat_e6": p.lat_e6,
                "heading": p.heading,
                "accuracy_m": p.accuracy_m,
            }
            for p in latest.values()
        ],
    )


def latest(session: Session) -> list[Located]:
    """The latest position of every unit that has one."""
    return [Located(p.unit_number, p.at_ms, p.lon_e6, p.lat_e6, p.heading, p.accuracy_m) for p in session.scalars(select(Position))]


def track(session: Session, number: int, since_ms: int, most: int) -> list[tuple[int, int, int]]:
    """(ms since 1970, lon, lat in millionths of a degree) of one unit since a moment, oldest first."""
    query = select(Track.at_ms, Track.lon_e6, Track.lat_e6).where(Track.unit_number == number, Track.at_ms >= since_ms)
    return [(at, lon, lat) for at, lon, lat in session.execute(query.order_by(Track.at_ms).limit(most))]


def forget_before(session: Session, at_ms: int) -> None:
    """Delete the tracks that are older than a moment."""
    session.execute(delete(Track).where(Track.at_ms < at_ms))
