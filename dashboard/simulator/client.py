"""HTTP with a bearer token, patient with a server that restarts."""

from __future__ import annotations

import logging
from typing import Any

import requests

log = logging.getLogger("simulator")


class Client:
    """Calls `/api/v1`; a refusal or a lost connection is logged and gives None."""

    def __init__(self, address: str, token: str) -> None:
        self._base = f"{address}/api/v1"
        self._session = requests.Session()
        self._session.trust_env = False
        self.refusal: dict[str, Any] = {}
        """The error of the last call that was refused."""
        self._session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET."""
        return self._call("GET", path, params=query)

    def post(self, path: str, body: Any = None) -> Any:
        """The JSON of a POST."""
        return self._call("POST", path, json=body)

    def _call(self, method: str, path: str, **options: Any) -> Any:
        try:
            answer = self._session.request(method, self._base + path, timeout=15, **options)
        except requests.RequestException as error:
            log.warning("%s %s: %s", method, path, error)
            return None
        if not answer.ok:
            log.info("%s %s: %d %s", method, path, answer.status_code, answer.text[:200])
            self.refusal = answer.json()["error"] if answer.headers.get("Content-Type") == "application/json" else {}
            return None
        return answer.json()
