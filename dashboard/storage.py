"""Whether what people send can be stored: asked by writing, because a database that answers may still take nothing."""

from __future__ import annotations

import logging
import shutil
import time
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from dashboard.errors import Refused
from dashboard.troubles import Troubles
from datasources.database import Database
from datasources.keyring import WrongKey
from datasources.queries import changes

log = logging.getLogger(__name__)

LEAST_FREE = 8 * 1024 * 1024
"""Bytes on the disk of the data folder: less is taken by the next few writes."""
LOW = 0.05
"""Of the disk: administrators are told, and photos and clips are refused, so that what is written stays possible."""
LATE_S = 20.0
"""A write that took so long, or did not come back, is one that people give up."""


class Storage:
    """Tries to write from time to time, and looks how much room there is."""

    def __init__(self, database: Database, folder: Path, troubles: Troubles) -> None:
        self._database = database
        self._folder = folder
        self._troubles = troubles
        self._wrote = time.monotonic()
        self._failed = False

    def look(self) -> None:
        """Write one row as it is, and note what is wrong."""
        free = self.free()
        if free < LOW:
            self._troubles.note("disk_low", percent=f"{100 * free:.1f}")
        else:
            self._troubles.over("disk_low")
        try:
            with self._database.write() as session:
                changes.touch(session)
        except (SQLAlchemyError, WrongKey) as error:
            self._failed = True
            log.warning("nothing can be written: %s", error)
        else:
            self._failed, self._wrote = False, time.monotonic()
        if self.problem():
            self._troubles.note("storage")
        else:
            self._troubles.over("storage")

    def free(self) -> float:
        """Part of the disk of the data folder that is free."""
        usage = shutil.disk_usage(self._folder)
        return usage.free / usage.total

    def full(self) -> str:
        """`full` when nothing more could be stored, else nothing."""
        return "full" if shutil.disk_usage(self._folder).free < LEAST_FREE else ""

    def problem(self) -> str:
        """`refused` when the last try to write failed, `late` when none has come back for long, else nothing."""
        if self._failed:
            return "refused"
        return "late" if time.monotonic() - self._wrote > LATE_S else ""

    def require_room(self) -> None:
        """Raises `no_room` when photos and clips would take the room that words need."""
        if self.free() < LOW:
            raise Refused("no_room")
