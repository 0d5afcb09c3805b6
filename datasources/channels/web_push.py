"""Web Push (RFC 8030) with VAPID (RFC 8292): a notification on a phone whose page is closed."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from datasources.channels.channel import Message, Outcome
from datasources.channels.outgoing import NotReached, post
from datasources.channels.push_services import PushServices

PATIENCE_S = 8.0
"""For all browsers of one person together."""
LIFE_S = 3600
USELESS = ("gone", "bad keys", "no push service of ours")
MOST_BYTES = 3000
"""Push services take 4 kB in all; a longer text is cut, the page shows the whole."""


def key_in(file: Path) -> Vapid02:
    """The installation's VAPID key, made at the first use and readable by its owner only."""
    if not file.exists():
        fresh = Vapid02()
        fresh.generate_keys()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(0o600)
        fresh.save_key(str(file))
    return Vapid02.from_file(str(file))


def public_key(key: Vapid02) -> str:
    """What a browser subscribes with: base64url of the uncompressed point."""
    point = key.public_key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


class WebPush:
    """Sends to every browser of a unit."""

    def __init__(self, key: Vapid02, contact: str = "mailto:admin@localhost", services: PushServices | None = None) -> None:
        self._services = services or PushServices()
        self._key = key
        self._contact = contact

    def send(self, message: Message) -> Outcome:
        """See `Channel`. `gone` names the endpoints that no longer exist."""
        if not message.subscriptions:
            return Outcome("failed", "no browser of this person takes push messages")
        text = message.text.encode()[: MOST_BYTES - 800].decode("utf-8", "ignore")
        body = json.dumps(
            {"title": message.title, "text": text, "priority": message.priority, **(message.data or {})}, ensure_ascii=False
        ).encode()
        until = time.monotonic() + PATIENCE_S
        outcomes = [self._push(one["endpoint"], one["p256dh"], one["auth"], body, message, until) for one in message.subscriptions]
        gone = [one["endpoint"] for one, outcome in zip(message.subscriptions, outcomes, strict=True) if outcome.detail in USELESS]
        best = next((o for state in ("sent", "later", "failed") for o in outcomes if o.state == state), outcomes[0])
        return Outcome(best.state, best.detail, best.wait_s, gone)

    def _push(self, endpoint: str, p256dh: str, auth: str, body: bytes, message: Message, until: float) -> Outcome:
        if not self._services.takes(endpoint):
            return Outcome("failed", "no push service of ours")
        try:
            sealed = http_ece.encrypt(
                body,
                private_key=ec.generate_private_key(ec.SECP256R1()),
                dh=_bytes(p256dh),
                auth_secret=_bytes(auth),
                version="aes128gcm",
            )
        except (ValueError, http_ece.ECEException):
            return Outcome("failed", "bad keys")
        parts = urlsplit(endpoint)
        claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(time.time()) + 12 * 3600, "sub": self._contact}
        headers = {
            **self._key.sign(claims),
            "Content-Encoding": "aes128gcm",
            "TTL": str(LIFE_S),
            "Urgency": "normal" if message.priority == "normal" else "high",
            "Topic": message.id.replace("-", "")[:32],
        }
        try:
            status = post(endpoint, sealed, headers, max(0.1, until - time.monotonic()), self._services.public_only(endpoint)).status
        except NotReached:
            # Not `silent`, which would rest the channel for all: the address is the phone's. Nor why, nor what was said: whoever named
            # the address would learn what lies behind it.
            return Outcome("later", "the push service is not reachable")
        if status in (404, 410):
            return Outcome("failed", "gone")
        if status == 429 or status >= 500:
            return Outcome("later", f"the push service answers {status}")
        return Outcome("sent") if 200 <= status < 300 else Outcome("failed", f"the push service answers {status}")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
