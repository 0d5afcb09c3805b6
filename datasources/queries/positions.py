"""The journal of positions, folding it into latest positions and tracks, and reading them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import delete, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from datasources.hot import LOCATED, Batch
from datasources.models import Position, PositionBatch, TrackPart

POINT = np.dtype([("at_ms", "<i8"), ("lon_e6", "<i4"), ("lat_e6", "<i4")], align=False)
"""One point of a track."""
DROPPED_AT_ONCE = 500


def append(session: Session, batch: Batch) -> None:
    """Write positions to the journal: one row, whatever their number."""
    session.execute(insert(PositionBatch), [{"data": batch.tobytes()}])


def journal(session: Session) -> tuple[Batch, list[int]]:
    """What lies in the journal, and the ids of its batches in order."""
    rows = session.execute(select(PositionBatch.id, PositionBatch.data).order_by(PositionBatch.id)).all()
    return np.frombuffer(b"".join(data for _, data in rows), LOCATED), [batch_id for batch_id, _ in rows]


def fold(session: Session, batch: Batch, batch_id: int, latest_ms: int) -> None:
    """Make track parts and latest positions of `batch`, which holds everything that the journal has of its units.

    A latest position from behind `latest_ms` gives way to any other: it is of before the clock was set back.
    """
    if not batch.size:
        return
    batch = batch[np.lexsort((batch["at_ms"], batch["number"]))]
    points = np.empty(batch.size, POINT)
    for name in ("at_ms", "lon_e6", "lat_e6"):
        points[name] = batch[name]
    numbers, starts = np.unique(batch["number"], return_index=True)
    ends = np.append(starts[1:], batch.size)
    newest = batch[ends - 1]
    parts = [
        {"unit_number": number, "batch_id": batch_id, "until_ms": until, "points": points[start:end].tobytes()}
        for number, until, start, end in zip(numbers.tolist(), newest["at_ms"].tolist(), starts.tolist(), ends.tolist(), strict=True)
    ]
    names = ("unit_number", "at_ms", "lon_e6", "lat_e6", "heading", "accuracy_m")
    latest = [dict(zip(names, row, strict=True)) for row in newest.tolist()]
    dialect: Any = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    session.execute(dialect.insert(TrackPart).on_conflict_do_nothing(), parts)
    statement = dialect.insert(Position)
    columns = {name: getattr(statement.excluded, name) for name in names[1:]}
    newer = or_(Position.at_ms <= columns["at_ms"], Position.at_ms > latest_ms)
    session.execute(statement.on_conflict_do_update(index_elements=["unit_number"], set_=columns, where=newer), latest)


def drop_journal(session: Session, batch_ids: Sequence[int]) -> None:
    """Delete exactly the batches that have been folded: with several writers a lower id may appear later."""
    for start in range(0, len(batch_ids), DROPPED_AT_ONCE):
        session.execute(delete(PositionBatch).where(PositionBatch.id.in_(batch_ids[start : start + DROPPED_AT_ONCE])))


def latest(session: Session) -> Batch:
    """The latest position of every unit that has one, the journal included; several of one unit are possible."""
    rows = session.execute(select(*(getattr(Position, name) for name in Position.__table__.columns.keys())))  # noqa: SIM118
    stored = np.array([tuple(row) for row in rows], LOCATED)
    return np.concatenate([stored, journal(session)[0]])


def track(session: Session, number: int, since_ms: int, most: int) -> list[tuple[int, int, int]]:
    """(ms since 1970, lon, lat in millionths of a degree) of one unit since a moment, oldest first. More than `most` are thinned out:
    the end of the line is always where the unit was last.
    """
    query = select(TrackPart.points).where(TrackPart.unit_number == number, TrackPart.until_ms >= since_ms)
    parts: Sequence[bytes] = session.scalars(query).all()
    recent, _ = journal(session)
    recent = recent[recent["number"] == number]
    points = np.concatenate([np.frombuffer(b"".join(parts), POINT), recent[["at_ms", "lon_e6", "lat_e6"]].astype(POINT)])
    # A part and its batches stand side by side for a moment while the journal is folded.
    points = np.unique(points[points["at_ms"] >= since_ms])
    step = -(-points.size // most)
    return [(at, lon, lat) for at, lon, lat in points[::-1][:: max(1, step)][::-1].tolist()]


def forget_before(session: Session, at_ms: int) -> None:
    """Delete the parts of tracks that are older than a moment."""
    session.execute(delete(TrackPart).where(TrackPart.until_ms < at_ms))
