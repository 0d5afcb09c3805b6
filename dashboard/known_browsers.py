"""Browsers in which somebody has got in before: a signed cookie, so that strangers who guess cannot keep its owner out."""

from __future__ import annotations

import secrets

from itsdangerous import BadData, URLSafeSerializer

MOST = 5
"""Names in one browser: a desk where several shifts sign in."""


class KnownBrowsers:
    """Reads and writes the cookie: `[[login, id], …]`, the latest first."""

    def __init__(self, secret: bytes) -> None:
        self._serializer = URLSafeSerializer(secret)

    def of(self, cookie: str, login: str) -> str:
        """The id of a browser with this cookie for that name; empty when the name never got in with it."""
        return next((browser for name, browser in self._read(cookie) if name == login), "")

    def remembering(self, cookie: str, login: str) -> str:
        """The cookie with that name in front."""
        others = [[name, browser] for name, browser in self._read(cookie) if name != login]
        mine = [login, self.of(cookie, login) or secrets.token_urlsafe(12)]
        return str(self._serializer.dumps([mine, *others][:MOST]))

    def _read(self, cookie: str) -> list[tuple[str, str]]:
        try:
            return [(str(name), str(browser)) for name, browser in self._serializer.loads(cookie)]
        except (BadData, TypeError, ValueError):
            return []
