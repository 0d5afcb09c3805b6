"""The one door for HTTP that we send: the other side may be slow, false or hostile, and costs us no more than was agreed.

All of a request, from the name's resolution to the last byte, has one deadline; a byte now and then does not renew it. At most 4 kB are
read and nothing is unpacked. Where it leads is looked up once, checked, and connected to as it was checked. Redirects are answers.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MOST_READ = 4096
MOST_SAID = 120
"""So much of a text that was not expected is kept."""
MOST_ADDRESSES = 3


class NotReached(Exception):
    """No whole answer came. `silent`: nothing was answered in time, or nobody was there."""

    def __init__(self, words: str, silent: bool = True) -> None:
        super().__init__(words)
        self.silent = silent


@dataclass(frozen=True)
class Answer:
    """What the other side said: status, headers with small names, and the first bytes of its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> str:
        """The body as what may be shown and stored: printable signs alone, shortened."""
        return printable(self.body.decode("utf-8", "replace"))

    def json(self) -> Any:
        """The body as JSON. Raises `ValueError`."""
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("nested too deep") from None


def printable(text: str) -> str:
    """A foreign text in one line: U+0000, lone surrogates and the like would end the transaction that stores them."""
    return "".join(sign if sign.isprintable() else " " for sign in text[: 4 * MOST_SAID]).strip()[:MOST_SAID]


def post(url: str, body: bytes, headers: Mapping[str, str], within_s: float, public_only: bool = False) -> Answer:
    """POST and the beginning of the answer. `public_only`: only to addresses that anybody may reach. Raises `NotReached`."""
    deadline = time.monotonic() + within_s
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    plain = _connected(parts.hostname or "", parts.port or (443 if secure else 80), deadline, public_only)
    # `settimeout` begins anew with each byte; only ending the connection ends a drip. By a descriptor of its own: TLS takes the other over.
    held = plain.dup()
    watchdog = threading.Timer(max(0.0, deadline - time.monotonic()), _end, (held,))
    watchdog.daemon = True
    watchdog.start()
    try:
        answer: Answer | None = _asked(plain, parts.hostname or "", parts, body, headers, secure)
        problem = ""
    except (OSError, http.client.HTTPException, ValueError) as error:
        answer, problem = None, type(error).__name__
    finally:
        watchdog.cancel()
        held.close()
        plain.close()
    if time.monotonic() >= deadline:  # what was cut by us may look like a short answer
        raise NotReached(f"no whole answer within {within_s:g} s")
    if answer is None:
        raise NotReached(f"not reachable: {problem}")
    return answer


def _asked(plain: socket.socket, host: str, parts: Any, body: bytes, headers: Mapping[str, str], secure: bool) -> Answer:
    stream = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if secure else plain
    try:
        connection = http.client.HTTPConnection(parts.netloc.rpartition("@")[2])
        connection.sock = stream
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {**headers, "Accept-Encoding": "identity", "Connection": "close"})
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        # what says that it is packed is not unpacked: for us it is no text
        return Answer(answer.status, found, answer.read(MOST_READ))
    finally:
        stream.close()


def _connected(host: str, port: int, deadline: float, public_only: bool) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotReached("its name is not known") from None
    found = [one for one in found if not public_only or ipaddress.ip_address(one[4][0]).is_global]
    if not found:
        raise NotReached("its address is not a public one", silent=False)
    for family, kind, protocol, _, address in found[:MOST_ADDRESSES]:
        plain = socket.socket(family, kind, protocol)
        plain.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            plain.connect(address)
        except OSError:
            plain.close()
            continue
        return plain
    raise NotReached("nobody is there")


def _end(plain: socket.socket) -> None:
    with suppress(OSError):  # it was quicker
        plain.shutdown(socket.SHUT_RDWR)
