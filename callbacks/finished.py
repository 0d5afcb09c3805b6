"""Answers that are finished before anybody asks: as headers and body for WSGI, and as one HTTP/1.1 message for callbacks/worker.py."""

from __future__ import annotations

from dataclasses import dataclass

from callbacks.web import HEADERS
from dashboard.errors import Refused
from datasources.serialising import dumps

PLAIN = list(HEADERS.items())
"""What every answer carries."""


@dataclass(frozen=True)
class Answer:
    """One answer, also as a finished HTTP/1.1 message."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    message: bytes
    tag: str

    @classmethod
    def made(cls, status: str, headers: list[tuple[str, str]], body: bytes, tag: str = "\0") -> Answer:
        """With its length said, but where there can be no body."""
        if status[:3] not in ("204", "304"):
            headers = [*headers, ("Content-Length", str(len(body)))]
        head = "\r\n".join([f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers), "", ""])
        return cls(status, headers, body, head.encode() + body, tag)

    @classmethod
    def json(cls, status: str, body: bytes) -> Answer:
        """JSON that nobody keeps."""
        return cls.made(status, [("Content-Type", "application/json"), ("Cache-Control", "no-store"), *PLAIN], body)

    @classmethod
    def refused(cls, refused: Refused) -> Answer:
        """A refusal in the form that all have."""
        return cls.json(f"{refused.status} Refused", dumps(refused.as_dict()).encode())
