"""What photos and voice clips have in common: kept on disk under the sender's idempotency key, and known by who sent them."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Generic, TypeVar

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from dashboard.clock import Clock
from dashboard.errors import Refused
from dashboard.identity import Principal
from dashboard.storage import Storage
from datasources.database import Database
from datasources.models import Clip, Photo
from datasources.queries import attachments as queries

A = TypeVar("A", Photo, Clip)
UNNAMED = timedelta(days=30)
"""A phone may have sent the picture, and lie without a battery before it sends the words."""
AT_ONCE = 500


class Attachments(Generic[A]):
    """Files of one kind, each with its row."""

    model: type[A]
    suffix = ""

    def __init__(self, database: Database, folder: Path, clock: Clock, storage: Storage) -> None:
        self._database = database
        self._storage = storage
        self._folder = folder
        self._clock = clock

    def owned_by(self, principal: Principal, attachment_id: str) -> bool:
        """Whether this principal sent that file."""
        with self._database.read() as session:
            found = session.get(self.model, attachment_id)
        return found is not None and found.actor == principal.actor

    def _sent_before(self, principal: Principal, key: str) -> str | None:
        """The id of what was sent under this key; None when nothing was. Raises `forbidden` when somebody else did."""
        with self._database.read() as session:
            known = session.scalar(select(self.model).where(self.model.key == key))
        if known is not None and known.actor != principal.actor:
            raise Refused("forbidden", permission="report")
        return None if known is None else known.id

    def _keep(self, row: A, data: bytes) -> str:
        """The file first, whole and on the disk: a row without its file would be a promise that cannot be kept, and a file without its
        row is nobody's. Of several that come under one key at once, the first is kept.
        """
        attachment_id, key, actor = row.id, row.key, row.actor
        path = self._path(attachment_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".part")
        try:
            with half.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            half.replace(path)
            with self._database.write() as session:
                session.add(row)
        except IntegrityError:
            path.unlink(missing_ok=True)
            with self._database.read() as session:
                known = session.scalar(select(self.model).where(self.model.key == key))
            if known is None or known.actor != actor:
                raise
            return known.id
        except BaseException:
            half.unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            raise
        return attachment_id

    def tidy(self) -> int:
        """Delete what nothing has named for a day, and files without a row; returns how many files went."""
        before = self._clock() - UNNAMED
        with self._database.read() as session:
            old = queries.unnamed(session, self.model, before, AT_ONCE)
        with self._database.write() as session:
            gone = queries.unnamed(session, self.model, before, AT_ONCE, among=old)  # what was named meanwhile stays
            session.execute(delete(self.model).where(self.model.id.in_(gone)))
        count = sum(self._removed(self._path(attachment_id)) for attachment_id in gone)
        for folder in self._folder.iterdir() if self._folder.is_dir() else ():
            left = [file for file in folder.iterdir() if datetime.fromtimestamp(file.stat().st_mtime, UTC) < before]
            with self._database.read() as session:
                known = queries.known(session, self.model, [file.stem for file in left])
            count += sum(self._removed(file) for file in left if file.stem not in known or file.suffix != self.suffix)
        return count

    @staticmethod
    def _removed(file: Path) -> int:
        there = file.exists()
        file.unlink(missing_ok=True)
        return int(there)

    def _path(self, attachment_id: str) -> Path:
        return self._folder / attachment_id[-2:] / f"{attachment_id}{self.suffix}"


def check_size(data_bytes: int, most_bytes: int, field: str) -> None:
    """Raise `too_large` for more than may be kept."""
    if data_bytes > most_bytes:
        raise Refused("too_large", field=field, limit=f"{most_bytes // 1024 // 1024} MB")
