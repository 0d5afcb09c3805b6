"""Short messages and voice calls through an HTTP gateway.

Request: `POST <url>` with `Authorization: Bearer <token>`, `Idempotency-Key: <id>` and JSON `{"id", "phone", "text"}`.
Answer: 2xx with `{"id": <the gateway's id>, "status": "accepted"}`. Anything else is an error; 429 and 5xx are tried again.
"""

from __future__ import annotations

from typing import Any

import requests

from datasources.channels.channel import Message, Outcome

PATIENCE_S = 8.0
MOST_WAIT_S = 300.0
SAID = 160
"""How much of a nonsense answer is kept."""


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
        headers = {**self._headers, "Idempotency-Key": message.id}
        try:
            answer = requests.post(self._url, json=body, headers=headers, timeout=self._patience_s, allow_redirects=False)
        except requests.Timeout:
            return Outcome("later", f"no answer within {self._patience_s:g} s")
        except requests.RequestException as error:
            return Outcome("later", f"not reachable: {type(error).__name__}")
        return _read(answer)


def _read(answer: requests.Response) -> Outcome:
    if answer.status_code == 429:
        return Outcome("later", "429: too many", _wait(answer.headers.get("Retry-After", "")))
    if answer.status_code >= 500:
        return Outcome("later", f"{answer.status_code}")
    said = answer.text[:SAID]
    if answer.status_code >= 300:
        return Outcome("failed", f"{answer.status_code}: {said}")
    try:
        found: Any = answer.json()
    except ValueError:
        return Outcome("failed", f"not JSON: {said!r}")
    if not isinstance(found, dict) or found.get("status") != "accepted":
        return Outcome("failed", f"not accepted: {said!r}")
    return Outcome("sent", str(found.get("id", ""))[:SAID])


def _wait(text: str) -> float:
    return min(float(text), MOST_WAIT_S) if text.isdigit() else 5.0
