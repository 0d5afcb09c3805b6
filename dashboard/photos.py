"""Photos: checked to be pictures, stripped of what the camera wrote into them, kept on disk."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import select

from dashboard.attachments import Attachments, check_size
from dashboard.clock import new_id
from dashboard.errors import Refused
from dashboard.identity import Principal
from datasources.models import Message, Photo, Ticket, TicketStep

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 2048
UNREADABLE = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    EOFError,
    struct.error,
    zlib.error,
)
"""What Pillow raises for files that are broken in all kinds of ways."""


class Photos(Attachments[Photo]):
    """Stores and shows photos."""

    model = Photo
    suffix = ".jpg"

    def store(self, principal: Principal, key: str, data: bytes) -> str:
        """Keep a photo under the sender's idempotency key; returns its id.

        Raises `too_large` or `not_an_image`. The picture is drawn anew as JPEG: nothing else that was
        in the file survives, neither the place the camera noted nor a script.
        """
        principal.require("report")
        check_size(len(data), MOST_BYTES, "photo")
        if (known := self._sent_before(principal, key)) is not None:
            return known
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


def _turned(image: Image.Image) -> Image.Image:
    """As the camera was held. What it wrote beside the picture may be broken in any way: then the picture is taken as it lies."""
    try:
        return ImageOps.exif_transpose(image)
    except UNREADABLE:
        return image


def _redrawn(data: bytes) -> tuple[bytes, int, int]:
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Refused("too_large", field="photo", limit=f"{MOST_PIXELS // 1_000_000} MP")
            upright = _turned(image).convert("RGB")
    except UNREADABLE:
        raise Refused("not_an_image", field="photo") from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=85)
    return out.getvalue(), upright.width, upright.height
