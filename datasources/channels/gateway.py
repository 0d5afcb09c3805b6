"""Short messages and voice calls through an HTTP gateway.

Request: `POST <url>` with `Authorization: Bearer <token>`, `Idempotency-Key: <id>` and JSON `{"id", "phone", "text"}`.
Answer: 2xx with `{"id": <the gateway's id>, "status": "accepted"}`. Anything else is an error; 429 and 5xx are tried again.
"""

from __future__ import annotations

import json
from typing import Any

from datasources.channels.channel import Message, Outcome
from datasources.channels.outgoing import Answer, NotReached, post, printable

PATIENCE_S = 8.0
MOST_WAIT_S = 300.0


class Gateway:
    """An HTTP gateway for one kind of message."""

    def __init__(self, url: str, token: str, patience_s: float = PATIENCE_S) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._patience_s = patience_s

    def send(self, message: Message) -> Outcome:
        """See `Channel`. A recipient without a telephone number has failed at once."""
        if not message.phone:
            return Outcome("failed", "no telephone number")
        body = {"id": message.id, "phone": message.phone, "text": f"【{message.title}】{message.text}"}
        headers = {**self._headers, "Idempotency-Key": message.id, "Content-Type": "application/json"}
        try:
            return _read(post(self._url, json.dumps(body).encode(), headers, self._patience_s))
        except NotReached as silence:
            return Outcome("later", str(silence), silent=silence.silent)


def _read(answer: Answer) -> Outcome:
    if answer.status == 429:
        return Outcome("later", "429: too many", _wait(answer.headers.get("retry-after", "")))
    if answer.status >= 500:
        return Outcome("later", f"{answer.status}")
    said = answer.said
    if not 200 <= answer.status < 300:
        return Outcome("failed", f"{answer.status}: {said}")
    try:
        found: Any = answer.json()
    except ValueError:
        return Outcome("failed", f"not JSON: {said!r}")
    if not isinstance(found, dict) or found.get("status") != "accepted":
        return Outcome("failed", f"not accepted: {said!r}")
    return Outcome("sent", printable(str(found.get("id", ""))))


def _wait(text: str) -> float:
    return min(float(text), MOST_WAIT_S) if text.isascii() and text.isdigit() and len(text) < 10 else 5.0
