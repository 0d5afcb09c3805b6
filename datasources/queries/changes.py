"""Appending to and reading from the change log.

The number of a change is handed out by one row, `change_counter`. Its row lock is taken just before
commit and held through it, so numbers rise in commit order and a reader that has seen *n* has seen
everything below *n*: nobody can commit a smaller number later. A rollback gives its numbers back, so
there are no gaps. (A PostgreSQL sequence would break both: see `tests/datasources/test_changes.py`.)
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, or_, select, update
from sqlalchemy.orm import Session

from datasources import chain, sealing
from datasources.bulk import insert_rows
from datasources.database import turn
from datasources.models import Area, Change, ChangeCounter
from datasources.types import keyring_of

log = logging.getLogger(__name__)

AT_ONCE = 100
"""Rows stored before others get their turn: an order to a whole city has thousands."""


def last_seq(session: Session) -> int:
    """Number of the last change that this session can see; 0 when there is none."""
    seq = session.scalar(select(ChangeCounter.seq).where(ChangeCounter.id == 1))
    if seq is None:
        raise RuntimeError("change_counter has no row: run the migrations")
    return seq


def append(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Give `rows` their numbers and store them; returns the last number. Call it last before commit."""
    session.flush()
    counted = session.execute(
        update(ChangeCounter).where(ChangeCounter.id == 1).values(seq=ChangeCounter.seq + len(rows)).returning(*ChangeCounter.__table__.c)
    ).first()
    if counted is None:
        raise RuntimeError("change_counter has no row: run the migrations")
    last, before = counted.seq, counted.hash
    first = last - len(rows) + 1
    key = sealing.opened(counted.sealed_key, keyring_of(session.get_bind().dialect)) if counted.sealed_key else b""
    for start in range(0, len(rows), AT_ONCE):
        numbered = [{**row, "seq": first + i} for i, row in enumerate(rows[start : start + AT_ONCE], start)]
        for row in numbered:
            row["hash"] = before = chain.link(before, row, key)
        insert_rows(session, Change, numbered)
        if start:
            turn()
    held = {"hash": before, "seal": _sealed_anew(counted, first - 1, key, last, before)} if key else {"hash": before}
    session.execute(update(ChangeCounter).where(ChangeCounter.id == 1).values(**held))
    return int(last)


def _sealed_anew(found: Row[Any], seq: int, key: bytes, last: int, last_hash: str) -> str:
    """The seal of the counter as it will be. One that did not fit is never mended: `yiping audit verify` tells from where on."""
    if found.seal != chain.seal(key, seq, found.hash, found.chained_after, found.keyed_after):
        if found.seal.startswith(sealing.BROKEN):
            return str(found.seal)
        log.error("change_counter was altered by something else than this program before change %d: run `yiping audit verify`", seq + 1)
        return f"{sealing.BROKEN} {seq}"
    return chain.seal(key, last, last_hash, found.chained_after, found.keyed_after)


def after(session: Session, seq: int, limit: int = 1000) -> list[Change]:
    """The changes behind `seq`, in order, at most `limit`."""
    return list(session.scalars(select(Change).where(Change.seq > seq).order_by(Change.seq).limit(limit)))


def counter(session: Session) -> ChangeCounter:
    """The row that hands out numbers, as this session sees it."""
    return session.get_one(ChangeCounter, 1)


def latest_of(session: Session, kinds: Sequence[str], low: str, high: str, above: Sequence[str], newest: int) -> list[Change]:
    """The newest changes of `kinds` in the code range [low, high) or exactly at one of `above`, newest first."""
    place = and_(Change.area_code >= low, Change.area_code < high)
    where = or_(place, Change.area_code.in_(above)) if above else place
    return list(session.scalars(select(Change).where(Change.kind.in_(kinds), where).order_by(Change.seq.desc()).limit(newest)))


def of_entity(session: Session, entity_id: str) -> list[Change]:
    """All changes of one thing, oldest first."""
    return list(session.scalars(select(Change).where(Change.entity_id == entity_id).order_by(Change.seq)))


def touch(session: Session) -> None:
    """Write the counter as it is: whether it can be written is what is asked. Raises `WrongKey` when no change could be recorded."""
    held = counter(session)
    if held.sealed_key:
        sealing.opened(held.sealed_key, keyring_of(session.get_bind().dialect))
    session.execute(update(ChangeCounter).where(ChangeCounter.id == 1).values(seq=ChangeCounter.seq))


def newest_of(session: Session, entity_id: str, kinds: Sequence[str], most: int) -> list[Change]:
    """The newest changes of `kinds` of one thing, newest first."""
    query = select(Change).where(Change.entity_id == entity_id, Change.kind.in_(kinds))
    return list(session.scalars(query.order_by(Change.seq.desc()).limit(most)))


def first_at(session: Session, seq: int) -> datetime | None:
    """When change `seq` happened."""
    return session.scalar(select(Change.at).where(Change.seq == seq))


def last_area_import(session: Session) -> int:
    """Number of the last import of areas; 0 when there was none. Imports are recorded at their city, where there is an index."""
    cities = select(Area.code).where(Area.parent_code.is_(None))
    return session.scalar(select(func.max(Change.seq)).where(Change.area_code.in_(cities), Change.kind == "area.import")) or 0
