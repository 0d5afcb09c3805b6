"""HTTP with a bearer token, patient with a server that restarts."""

from __future__ import annotations

import logging
from typing import Any

import requests

log = logging.getLogger("simulator")


CONFLICT = 409
"""Somebody else was quicker: in a city where people act too, that is life and no fault."""


class Client:
    """Calls `/api/v1`; a refusal or a lost connection is logged and gives None. Each kind of refusal is said once as a warning: what is
    refused to the simulator for ever leaves the demo dead, and nobody would know why."""

    def __init__(self, address: str, token: str) -> None:
        self._base = f"{address}/api/v1"
        self._session = requests.Session()
        self._session.trust_env = False
        self.refusal: dict[str, Any] = {}
        """The error of the last call that was refused."""
        self._said: set[tuple[str, str]] = set()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET."""
        return self._call("GET", path, params=query)

    def post(self, path: str, body: Any = None, foreseen: tuple[str, ...] = ()) -> Any:
        """The JSON of a POST. `foreseen`: codes of refusals that the caller deals with."""
        return self._call("POST", path, foreseen, json=body)

    def _call(self, method: str, path: str, foreseen: tuple[str, ...] = (), **options: Any) -> Any:
        try:
            answer = self._session.request(method, self._base + path, timeout=15, **options)
        except requests.RequestException as error:
            log.warning("%s %s: %s", method, path, error)
            return None
        if not answer.ok:
            self.refusal = answer.json()["error"] if answer.headers.get("Content-Type") == "application/json" else {}
            self._tell(method, path, answer.status_code, answer.text[:200], foreseen)
            return None
        return answer.json()

    def _tell(self, method: str, path: str, status: int, text: str, foreseen: tuple[str, ...]) -> None:
        kind = path.rpartition("/")[2], str(self.refusal.get("code", status))
        quiet = status == CONFLICT or kind[1] in foreseen or kind in self._said
        log.log(logging.INFO if quiet else logging.WARNING, "%s %s was refused: %d %s", method, path, status, text)
        if not quiet:
            self._said.add(kind)
