"""Voice clips: checked to be sound by their first bytes, kept on disk as they came."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from dashboard.clock import Clock, new_id
from dashboard.errors import Refused
from dashboard.identity import Principal
from datasources.database import Database
from datasources.models import Clip, Message

MOST_BYTES = 2 * 1024 * 1024
"""Two minutes of what phones record, with room to spare."""


class Clips:
    """Stores and plays voice clips."""

    def __init__(self, database: Database, folder: Path, clock: Clock) -> None:
        self._database = database
        self._folder = folder
        self._clock = clock

    def store(self, principal: Principal, key: str, data: bytes) -> str:
        """Keep a clip (WebM, Ogg, MP4 or WAV) under the sender's idempotency key; returns its id. Raises `too_large`, `not_a_sound`."""
        principal.require("report")
        if len(data) > MOST_BYTES:
            raise Refused("too_large", field="clip", limit=f"{MOST_BYTES // 1024 // 1024} MB")
        with self._database.read() as session:
            known = session.scalar(select(Clip).where(Clip.key == key))
        if known is not None:
            if known.actor != principal.actor:
                raise Refused("forbidden", permission="report")
            return known.id
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
        path = self._path(clip.id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        with self._database.write() as session:
            session.add(clip)
        return clip.id

    def owned_by(self, principal: Principal, clip_id: str) -> bool:
        """Whether this principal sent that clip."""
        with self._database.read() as session:
            clip = session.get(Clip, clip_id)
        return clip is not None and clip.actor == principal.actor

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

    def _path(self, clip_id: str) -> Path:
        return self._folder / clip_id[-2:] / clip_id


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
