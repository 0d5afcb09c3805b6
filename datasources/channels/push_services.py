"""To which hosts push messages may go: a phone names the address, and the server sends there."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

KNOWN = ("fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com", "notify.windows.com")
"""The services of Chrome and Edge on Android, Firefox, Safari and Edge on Windows; their sub-domains too."""


class PushServices:
    """Those that everybody knows, and the installation's own."""

    def __init__(self, own: Sequence[str] = ()) -> None:
        """`own`: names of hosts that are the operator's business; they may lie inside the network."""
        self._own = own

    def takes(self, endpoint: str) -> bool:
        """Whether messages may be sent to this address."""
        try:
            parts = urlsplit(endpoint)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        known = parts.scheme == "https" and port in (None, 443) and _is_one(host, KNOWN)
        return not parts.username and (known or host in self._own)

    def public_only(self, endpoint: str) -> bool:
        """Whether the host's address must be a public one."""
        return (urlsplit(endpoint).hostname or "") not in self._own


def _is_one(host: str, names: Sequence[str]) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in names)
