"""Does anything stall while an order goes to everybody on duty and 4,400 positions a second come in?

Three things are watched, quiet and under that load: the answer to a message on an open socket (the server's event loop), the
drill-down and a key in the search field of a wall, and the frames of a wall while a tablet beside it has stopped reading.
"""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import requests
import socketio
from playwright.sync_api import Page
from sqlalchemy import func, select

from bench.browser import LAYERS, chromium, signed_in, wait_drawn
from bench.city import Running, running
from bench.clients import Client
from bench.common import Figure, percentile
from bench.drill_down import CLICK, PATIENCE_MS, STARTS, _down
from bench.glass_to_glass import _load
from datasources.models import Area, Delivery, Unit

QUIET_S = 8.0
FELT_MS = 100
"""What a person takes for immediate."""
KEY = """() => new Promise((done) => {
  const search = document.getElementById('search-text');
  const painted = (then) => requestAnimationFrame(() => requestAnimationFrame(then));
  search.addEventListener('keydown', (event) => painted(() => done(performance.now() - event.timeStamp)), { once: true });
  window.ready = true;
})"""


def measure(scale: str = "full", rounds: int = 2) -> list[Figure]:
    """The server first, then the browser, each quiet and loaded."""
    with running(scale) as city:
        quiet, loaded, recipients = _server(city, rounds)
        intervals = _slow_tablet(city)
    with running(scale) as city, chromium() as browser:
        page = signed_in(browser, city.server.address)
        page.goto(f"{city.server.address}/")
        wait_drawn(page, LAYERS[:4])
        page.click("[data-layer=micro_grids]")
        paths = [[*_down(city, start), "5101"] for start in STARTS]
        calm = _use(page, paths, rounds)
        with load(city) as order:
            busy = _use(page, paths, rounds, order)
    under = f"under an order to {recipients:,} and 4,400 positions/s"
    figures = [
        Figure(
            f"stall, answer of the server {under}",
            f"p50 {percentile(loaded, 0.5):.1f} ms, p99 {percentile(loaded, 0.99):.0f} ms, longest {max(loaded):.0f} ms",
            f"quiet: p50 {percentile(quiet, 0.5):.1f} ms, p99 {percentile(quiet, 0.99):.0f} ms",
            percentile(loaded, 0.99) / FELT_MS,
            f"p99 ≤ {FELT_MS} ms",
            percentile(loaded, 0.99) <= FELT_MS,
        )
    ]
    for what, i in (("drill-down", 0), ("a key in the search field", 1)):
        p95, usual = percentile(busy[i], 0.95), percentile(calm[i], 0.95)
        share, beside = p95 / usual, f"quiet: p95 {usual:.0f} ms"
        figures.append(Figure(f"stall, {what} {under}", f"p95 {p95:.0f} ms", beside, share, "≤ 2 × quiet", share <= 2))
    alone, beside_tablet = intervals
    worst, usual = percentile(beside_tablet, 0.99), percentile(alone, 0.99)
    figures.append(
        Figure(
            "stall, interval of a wall's frames beside a tablet that does not read",
            f"p99 {worst:.0f} ms",
            f"without it: p99 {usual:.0f} ms",
            worst / usual,
            "≤ 1.2 × without",
            worst <= 1.2 * usual,
        )
    )
    return figures


@contextmanager
def load(city: Running) -> Iterator[Any]:
    """4,400 positions a second; gives a function that sends an order to everybody on duty and returns when it has been stored."""
    token = city.token("admin")
    with city.city.database.read() as session:
        places = {c: (lon, lat) for c, lon, lat in session.execute(select(Area.code, Area.lon, Area.lat).where(Area.level == "district"))}
        units = session.execute(select(Unit.id, Unit.area_code).where(Unit.duty == "on_duty", func.length(Unit.area_code) >= 6)).all()
    known = [(u, *places[a[:6]]) for u, a in units]
    stop = threading.Event()
    loader = threading.Thread(target=_load, args=(city, token, known, stop))
    loader.start()

    def order() -> None:
        body = {"key": uuid.uuid4().hex, "title": "全员转移准备", "text": "立即检查责任区，准备转移。", "to": {"area": "5101"}}
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{city.server.address}/api/v1/orders", json.dumps(body).encode(), headers)
        urllib.request.urlopen(request, timeout=120).read()

    try:
        yield order
    finally:
        stop.set()
        loader.join()


def _server(city: Running, rounds: int) -> tuple[list[float], list[float], int]:
    """Milliseconds of answers on an open socket, asked fifty times a second."""
    client = socketio.Client(http_session=requests.Session())
    client.connect(city.server.address, auth={"token": city.token("officer")}, transports=["websocket"])
    client.call("open", {"area": "5101"}, timeout=30)
    quiet, loaded = _ask(client, QUIET_S), []
    with load(city) as order:
        for _ in range(rounds):
            sending = threading.Thread(target=order)
            sending.start()
            while sending.is_alive():
                loaded += _ask(client, 0.5)
            loaded += _ask(client, 4)  # what follows: the change log, the screens
    client.disconnect()
    with city.city.database.read() as session:
        recipients = session.scalar(select(func.count()).select_from(Delivery)) or 0
    return quiet, loaded, recipients // rounds


def _ask(client: Any, seconds: float) -> list[float]:
    times, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.perf_counter()
        client.call("echo", 1, timeout=60)
        times.append(1000 * (time.perf_counter() - began))
        time.sleep(max(0.0, 0.02 - times[-1] / 1000))
    return times


def _use(page: Page, paths: list[list[str]], rounds: int, order: Any = None) -> tuple[list[float], list[float]]:
    """Milliseconds of each drill-down and of each key, an order under way for each path when loaded."""
    drills: list[float] = []
    keys: list[float] = []
    for _ in range(rounds):
        for path in paths:
            sending = threading.Thread(target=order) if order else None
            if sending:
                sending.start()
            for code in path:
                drills.append(float(page.evaluate(CLICK, [code, PATIENCE_MS])))
                page.focus("#search-text")
                for letter in "ab":
                    page.evaluate(f"() => {{ window.ready = false; window.key = ({KEY})(); }}")
                    page.wait_for_function("() => window.ready")
                    page.keyboard.press(letter)
                    keys.append(float(page.evaluate("() => window.key")))
                page.fill("#search-text", "")
                page.wait_for_timeout(300)
            if sending:
                sending.join()
    return drills, keys


def _slow_tablet(city: Running) -> tuple[list[float], list[float]]:
    """Milliseconds between a wall's frames, alone and beside a screen of the same area that has stopped reading."""
    token = city.token("officer")
    arrived: list[float] = []
    wall = socketio.Client(http_session=requests.Session())
    wall.on("frame", lambda *_: arrived.append(time.perf_counter()))
    wall.connect(city.server.address, auth={"token": token}, transports=["websocket"])
    wall.call("open", {"area": "5101"}, timeout=30)
    with load(city):
        time.sleep(2)
        arrived.clear()
        time.sleep(15)
        alone = list(arrived)
        host, _, port = city.server.address.removeprefix("http://").partition(":")
        tablet = Client(host, int(port), token)
        tablet.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deadline = time.monotonic() + 20
        while not tablet.ready and time.monotonic() < deadline:
            tablet.read(b'["frame"', "5101")
            time.sleep(0.01)
        if not tablet.ready:
            raise RuntimeError("the tablet could not connect")
        arrived.clear()
        time.sleep(20)
        beside = list(arrived)
        tablet.sock.close()
    wall.disconnect()
    return _gaps(alone), _gaps(beside)


def _gaps(moments: list[float]) -> list[float]:
    return [1000 * (b - a) for a, b in pairwise(moments)]
