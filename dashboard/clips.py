"""Voice clips: checked to be sound by their first bytes, kept on disk as they came."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from dashboard.attachments import Attachments, check_size
from dashboard.clock import new_id
from dashboard.errors import Refused
from dashboard.identity import Principal
from datasources.models import Clip, Message

MOST_BYTES = 2 * 1024 * 1024
"""Two minutes of what phones record, with room to spare."""


class Clips(Attachments[Clip]):
    """Stores and plays voice clips."""

    model = Clip

    def store(self, principal: Principal, key: str, data: bytes) -> str:
        """Keep a clip (WebM, Ogg, MP4 or WAV) under the sender's idempotency key; returns its id.

        Raises `too_large`, `not_a_sound`, `no_room`.
        """
        principal.require("report")
        check_size(len(data), MOST_BYTES, "clip")
        if (known := self._sent_before(principal, key)) is not None:
            return known
        self._storage.require_room()
        mimetype = _kind_of(data)
        clip = Clip(
            id=new_id(),
            key=key,
            area_code=principal.area_code,
            actor=principal.actor,
            at=self._clock(),
            mimetype=mimetype,
            size=len(data),
        )
        return self._keep(clip, data)

    def path(self, principal: Principal, clip_id: str, addressed: bool) -> tuple[Path, str]:
        """File and mimetype of a clip that one sent, that was sent to one (`addressed`), or that is in scope. Raises `not_found`."""
        with self._database.read() as session:
            clip = session.get(Clip, clip_id)
            places = list(session.scalars(select(Message.area_code).where(Message.clip_id == clip_id)))
        mine = addressed or (clip is not None and clip.actor == principal.actor)
        seen = principal.may("see") and any(code.startswith(principal.area_code) for code in places)
        if clip is None or not (mine or seen):
            raise Refused("not_found", what=clip_id)
        return self._path(clip.id), clip.mimetype


def _kind_of(data: bytes) -> str:
    """By the first bytes: what a client says of its file is not believed."""
    if data[:4] == b"\x1a\x45\xdf\xa3":
        return "audio/webm"
    if data[:4] == b"OggS":
        return "audio/ogg"
    if data[4:8] == b"ftyp":
        return "audio/mp4"
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "audio/wav"
    raise Refused("not_a_sound", field="clip")
