"""How cost grows with the city: each thing at 1 %, 10 % and 100 % of it, in one run, with the slope.

The slope is the exponent of the straight line through the logarithms: 0 does not grow with the city, 1 grows as the city does.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from statistics import linear_regression
from typing import NamedTuple

import requests
import socketio
from playwright.sync_api import Browser

from bench.browser import chromium
from bench.city import SHARE, Running, running
from bench.common import Figure, median
from bench.first_view import view
from bench.glass_to_glass import times as glass_times
from bench.orders_out import deliveries
from bench.positions_in import batches, known_places
from bench.positions_out import push_cost
from bench.tiles import app_rate
from dashboard.identity import SYSTEM

STARTS = 4
"""Districts that are drilled through, the first of each city."""
RECIPIENTS = 100
"""Connected units: so many are on duty in the smallest city too."""
GLASS = 8
MOST = 1.3


class Grown(NamedTuple):
    """One thing that may grow: seconds (or as `factor` makes them) in a city."""

    what: str
    unit: str
    factor: float
    measure: Callable[[Running, Browser, int], float]
    note: str
    flat: bool = False


def measure(scale: str = "full", rounds: int = 3) -> list[Figure]:
    """All scales up to `scale`, each thing in a city of its own; ratios are of the largest to the smallest."""
    wanted = list(SHARE)[: list(SHARE).index(scale) + 1]
    figures = []
    for one in GROWN:
        values = {}
        for name in wanted:
            with running(name) as city, chromium() as browser:
                values[name] = one.measure(city, browser, rounds)
        figures.append(_figure(one, values))
        print(f"  {figures[-1].what}: {figures[-1].ours}", flush=True)
    return figures


def _figure(one: Grown, values: dict[str, float]) -> Figure:
    ratio = list(values.values())[-1] / next(iter(values.values()))
    slope = linear_regression([math.log(SHARE[name]) for name in values], [math.log(value) for value in values.values()]).slope
    spread = ", ".join(f"{100 * SHARE[name]:.0f} %: {one.factor * value:.3g} {one.unit}" for name, value in values.items())
    goal, met = ("flat within 1.3 ×", ratio <= MOST) if one.flat else ("", None)
    return Figure(f"growth, {one.what}", f"{spread}; slope {slope:+.2f}", "the smallest city", ratio, goal, met, one.note)


def _drill_downs(city: Running, _browser: Browser, _rounds: int) -> float:
    districts = [child["code"] for child in city.city.areas.place(SYSTEM, "5101").children]
    starts = [code for code in districts if city.city.areas.place(SYSTEM, code).children][:STARTS]
    return median([_drill(city, start) for start in starts])


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


def _push(city: Running, _browser: Browser, rounds: int) -> float:
    return median([push_cost(city) for _ in range(rounds)])


def _tiles(city: Running, _browser: Browser, rounds: int) -> float:
    return 1 / median([app_rate(city) for _ in range(rounds)])


def _positions(city: Running, _browser: Browser, rounds: int) -> float:
    token, known = city.token("admin"), known_places(city)
    return 1 / median([batches(city, token, known) for _ in range(rounds)])


def _orders(city: Running, _browser: Browser, rounds: int) -> float:
    return median([whole for _, whole, _ in deliveries(city, rounds, RECIPIENTS)])


def _first_view(city: Running, browser: Browser, rounds: int) -> float:
    return median([max(view(browser, city.server.address)["cold"].values()) for _ in range(rounds)])


def _glass(city: Running, browser: Browser, rounds: int) -> float:
    tickets, _ = glass_times(city, browser, GLASS * rounds)
    return median(tickets)


GROWN = (
    Grown("drill-down, the server's part", "ms", 1e3, _drill_downs, "street to micro-grid, each opened for the first time", flat=True),
    Grown("push of a position", "µs", 1e6, _push, "processor time for each position on each of 20 screens", flat=True),
    Grown("a tile", "µs", 1e6, _tiles, "one gevent worker, by the recorded pan, which shows the more the larger the city"),
    Grown("a position coming in", "µs", 1e6, _positions, "batches, accepted and stored"),
    Grown("an order out", "µs", 1e6, _orders, f"processor time for each of {RECIPIENTS} recipients, choosing and storing among it"),
    Grown("first view, cold", "ms", 1, _first_view, "navigation to all layers drawn: the whole city is on the screen"),
    Grown("glass to glass, a ticket", "ms", 1, _glass, "median under 4,400 positions a second"),
)
