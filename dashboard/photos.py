"""Photos: checked to be pictures, stripped of what the camera wrote into them, kept on disk."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import BoundedSemaphore

from sqlalchemy import select

from dashboard import child, redraw
from dashboard.attachments import Attachments, check_size
from dashboard.clock import Clock, new_id
from dashboard.errors import Refused
from dashboard.identity import Principal
from dashboard.storage import Storage
from datasources.database import Database
from datasources.models import Message, Photo, Ticket, TicketStep

MOST_BYTES = 10 * 1024 * 1024
MOST_SCANS = 100
"""A progressive JPEG has some ten; each takes as long as the whole picture, and fifteen bytes."""
SCAN = b"\xff\xda"
PATIENCE_S = 10.0
SIDE_BY_SIDE = 2
PROGRAM = (sys.executable, "-I", str(Path(redraw.__file__).resolve()))


class Photos(Attachments[Photo]):
    """Stores and shows photos."""

    model = Photo
    suffix = ".jpg"

    def __init__(self, database: Database, folder: Path, clock: Clock, storage: Storage) -> None:
        super().__init__(database, folder, clock, storage)
        self._drawing = BoundedSemaphore(SIDE_BY_SIDE)

    def store(self, principal: Principal, key: str, data: bytes) -> str:
        """Keep a photo under the sender's idempotency key; returns its id.

        Raises `too_large`, `not_an_image` or `no_room`. The picture is drawn anew as JPEG: nothing else that was
        in the file survives, neither the place the camera noted nor a script.
        """
        principal.require("report")
        check_size(len(data), MOST_BYTES, "photo")
        if (known := self._sent_before(principal, key)) is not None:
            return known
        self._storage.require_room()
        with self._drawing:
            picture = _redrawn(data)
        photo = Photo(
            id=new_id(),
            key=key,
            area_code=principal.area_code,
            actor=principal.actor,
            at=self._clock(),
            width=picture[1],
            height=picture[2],
            size=len(picture[0]),
        )
        return self._keep(photo, picture[0])

    def path(self, principal: Principal, photo_id: str, addressed: bool = False) -> Path:
        """The file of a photo that one sent, that was sent to one (`addressed`), whose sender is in scope, or that belongs to a ticket
        or a message in scope. Raises `not_found`.
        """
        with self._database.read() as session:
            photo = session.get(Photo, photo_id)
            found = [
                *session.scalars(select(Ticket.area_code).where(Ticket.photo_id == photo_id)),
                *session.scalars(select(Message.area_code).where(Message.photo_id == photo_id)),
                *session.scalars(
                    select(Ticket.area_code).join(TicketStep, TicketStep.ticket_id == Ticket.id).where(TicketStep.photo_id == photo_id)
                ),
            ]
            places = [photo.area_code, *found] if photo else []
        mine = addressed or (photo is not None and photo.actor == principal.actor)
        seen = principal.may("see") and any(code.startswith(principal.area_code) for code in places)
        if photo is None or not (mine or seen):
            raise Refused("not_found", what=photo_id)
        return self._path(photo.id)


def _redrawn(data: bytes) -> tuple[bytes, int, int]:
    """JPEG, width and height. Raises `too_large`, `not_an_image`; the latter also for what takes too long."""
    if data.count(SCAN) > MOST_SCANS:
        raise Refused("not_an_image", field="photo")
    try:
        done = child.run(PROGRAM, data, PATIENCE_S)
    except TimeoutError:
        raise Refused("not_an_image", field="photo") from None
    if done.code == redraw.TOO_LARGE:
        raise Refused("too_large", field="photo", limit=f"{redraw.MOST_PIXELS // 1_000_000} MP")
    if done.code != 0:
        raise Refused("not_an_image", field="photo")
    width, height = redraw.SIZE.unpack_from(done.output)
    return done.output[redraw.SIZE.size :], width, height
