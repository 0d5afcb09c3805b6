"""How cost grows with the city: the server's part of a drill-down, and of pushing a position, at 1 %, 10 % and 100 %."""

from __future__ import annotations

import time

import requests
import socketio

from bench.city import SHARE, Running, running
from bench.common import Figure, median
from bench.positions_out import push_cost
from dashboard.identity import SYSTEM

STARTS = 4
"""Districts that are drilled through, the first of each city."""
MOST = 1.3


def measure(scale: str = "full", rounds: int = 3) -> list[Figure]:
    """All scales up to `scale`, in one run; ratios are of the largest to the smallest."""
    wanted = list(SHARE)[: list(SHARE).index(scale) + 1]
    drills, pushes = {}, {}
    for name in wanted:
        with running(name) as city:
            districts = [child["code"] for child in city.city.areas.place(SYSTEM, "5101").children]
            starts = [code for code in districts if city.city.areas.place(SYSTEM, code).children][:STARTS]
            drills[name] = median([_drill(city, start) for start in starts])
        with running(name) as city:
            pushes[name] = median([push_cost(city) for _ in range(rounds)])
    return [
        _figure("drill-down, the server's part", drills, wanted, 1000, "ms", "street to micro-grid, each opened for the first time"),
        _figure("push of a position", pushes, wanted, 1e6, "µs", "processor time for each position on each of 20 screens"),
    ]


def _figure(what: str, values: dict[str, float], wanted: list[str], factor: float, unit: str, note: str) -> Figure:
    ratio = values[wanted[-1]] / values[wanted[0]]
    spread = ", ".join(f"{100 * SHARE[name]:.0f} %: {factor * values[name]:.3g} {unit}" for name in wanted)
    return Figure(f"growth, {what}", spread, "the smallest city", ratio, "flat within 1.3 ×", ratio <= MOST, note)


def _drill(city: Running, code: str) -> float:
    """Median seconds of what a screen asks for when it goes one level down, below the district."""
    token = city.token("officer")
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {token}"
    client = socketio.Client(http_session=requests.Session())
    client.connect(city.server.address, auth={"token": token}, transports=["websocket"])
    times = []
    while children := city.city.areas.place(SYSTEM, code).children:
        code = children[0]["code"]
        began = time.perf_counter()
        client.call("open", {"area": code}, timeout=20)
        for path in (f"/areas/{code}/view", f"/areas/{code}/video/packed"):
            session.get(f"{city.server.address}/api/v1{path}", timeout=20).raise_for_status()
        times.append(time.perf_counter() - began)
    client.disconnect()
    return median(times)
