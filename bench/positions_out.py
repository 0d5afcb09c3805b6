"""Positions going out: processor time for each position delivered to a screen, 20 walls, beside Node's socket.io emitting each one."""

from __future__ import annotations

import http.client
import time
import urllib.request
from datetime import UTC, datetime
from typing import Any

from bench import peers
from bench.city import Running, running
from bench.common import Figure, cpu_seconds, median, pushed
from bench.fleet import fleet
from bench.positions_in import _body, _post

WALLS = 20
SECONDS = 10
EACH = 4400


def measure(scale: str = "full", rounds: int = 3) -> list[Figure]:
    """Node first, then us."""
    node = median([_node() for _ in range(rounds)])
    with running(scale) as city:
        ours = median([push_cost(city) for _ in range(rounds)])
    return [
        Figure(
            f"positions out, {WALLS} walls",
            f"{1e6 * ours:.3f} µs each",
            f"Node socket.io, an event for each position: {1e6 * node:.2f} µs",
            ours / node,
            "≤ 1/250 of Node",
            ours / node <= 1 / 250,
            "processor time of the server for each position on each screen, taking them in not counted",
        )
    ]


def _node() -> float:
    with peers.node("socketio.mjs") as (address, pid), fleet(address, "position", [""] * WALLS) as walls:
        walls.look()
        n = 2000
        before = cpu_seconds(pid)
        for _ in range(5):
            urllib.request.urlopen(f"{address}/positions?n={n}").read()
            time.sleep(1)
        spent = cpu_seconds(pid) - before
        got = sum(map(len, walls.look()["arrived"]))
        if got != 5 * n * WALLS:
            raise RuntimeError(f"{got} positions arrived")
        return spent / got


def _load(city: Running, token: str, known: list[Any], seconds: int) -> None:
    """4,400 positions a second for a while."""
    connection = http.client.HTTPConnection(city.server.address.removeprefix("http://"))
    began = time.monotonic()
    for i in range(seconds):
        _post(connection, token, _body(known, i * EACH, min(EACH, len(known)), datetime.now(UTC)))
        time.sleep(max(0.0, began + i + 1 - time.monotonic()))


def push_cost(city: Running) -> float:
    """Processor seconds of the server for each position on each screen."""
    from sqlalchemy import select

    from datasources.models import Area, Unit

    with city.city.database.read() as session:
        units = session.execute(select(Unit.id, Unit.area_code).where(Unit.duty == "on_duty").limit(44_000)).all()
        places = {c: (lon, lat) for c, lon, lat in session.execute(select(Area.code, Area.lon, Area.lat).where(Area.level == "district"))}
    known = [(u, *places[a[:6]]) for u, a in units]
    admin, screen = city.token("admin"), city.token("commander")
    with fleet(city.server.address, "frame", [screen] * WALLS, area="5101") as walls:
        time.sleep(3)
        walls.look()
        before, _ = pushed(city.server.address, admin, "frame")
        _load(city, admin, known, SECONDS)
        time.sleep(1.5)
        after, _ = pushed(city.server.address, admin, "frame")
        seen = walls.look()
    positions = seen["bytes"] / 13  # a position is 13 bytes on the wire; headers make less than a percent
    if positions < 0.9 * min(EACH, len(known)) * SECONDS * WALLS:
        raise RuntimeError(f"only {positions:.0f} positions arrived")
    return (after - before) / positions
