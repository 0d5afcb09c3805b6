"""Connections that come and go without end, as phones on a bad network do: does what they took come back?"""

from __future__ import annotations

import select
import time
from urllib.parse import urlsplit

from bench.city import Running
from bench.clients import Client
from bench.common import Figure, resident_mb

A_SECOND = 60
"""Ten thousand phones, each thrown out every three minutes."""
STRANGERS = 60_000
STRANGERS_S = 60.0
WARM_UP_S = 20.0
REST_S = 30.0
MOST_MB = 20.0


def figures(city: Running, seconds: float) -> list[Figure]:
    """`seconds` of churn with a token, then a minute of strangers in the same proportion."""
    tokens = [city.token("officer") for _ in range(A_SECOND)]
    _churn(city, tokens, WARM_UP_S, A_SECOND)
    return [
        _figure(city, f"{A_SECOND} connections a second for {seconds:g} s", tokens, seconds, A_SECOND),
        _figure(city, "strangers' connections as fast as they come", [""], min(seconds, STRANGERS_S), STRANGERS / STRANGERS_S),
    ]


def _figure(city: Running, what: str, tokens: list[str], seconds: float, a_second: float) -> Figure:
    time.sleep(REST_S)
    before = resident_mb(city.server.pid)
    made = _churn(city, tokens, seconds, a_second)
    time.sleep(REST_S)
    grown = resident_mb(city.server.pid) - before
    return Figure(
        f"churn, {what}", f"{made:,} connections: {before:.0f} MB {grown:+.1f} MB", "nothing", grown, f"≤ {MOST_MB:g} MB", grown <= MOST_MB
    )


def _churn(city: Running, tokens: list[str], seconds: float, a_second: float) -> int:
    """Connect, wait to be let in (a stranger: until the server has greeted), leave. Returns how many did."""
    parts = urlsplit(city.server.address)
    began, made = time.monotonic(), 0
    open_now: dict[int, Client] = {}
    poll = select.epoll()
    while (now := time.monotonic()) - began < seconds or open_now:
        while now - began < seconds and made < (now - began) * a_second and len(open_now) < 100:
            client = Client(parts.hostname or "", parts.port or 80, tokens[made % len(tokens)])
            open_now[client.sock.fileno()] = client
            poll.register(client.sock.fileno(), select.EPOLLIN)
            made += 1
        for number, _ in poll.poll(0.02):
            client = open_now[number]
            client.read(b"beat", "")
            if client.ready or (client.upgraded and not client.token):
                poll.unregister(number)
                del open_now[number]
                client.sock.close()
    poll.close()
    return made
