"""From "accepted" to drawn in Chromium: a ticket and a position, the whole city on the wall, 4,400 positions a second coming in."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.request
import uuid
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Browser, Page
from sqlalchemy import select

from bench.browser import LAYERS, chromium, signed_in, wait_drawn
from bench.city import Running, running
from bench.common import Figure, percentile
from bench.positions_in import REAL_LOAD, _body, _post
from dashboard.live.hub import FRAME_INTERVAL_S, PATCH_INTERVAL_S
from datasources.models import Area, Unit

EACH_ROUND = 12
WATCH = """(number) => {
  const { picture, people } = document.getElementById('wall').yiping;
  window.drawnAt = { tickets: {}, positions: [] };
  const painted = (then) => requestAnimationFrame(() => requestAnimationFrame(() => then(performance.timeOrigin + performance.now())));
  const known = new Set(picture.layers.tickets.keys());
  picture.listen(() => {
    for (const id of picture.layers.tickets.keys()) {
      if (known.has(id)) continue;
      known.add(id);
      painted((at) => { window.drawnAt.tickets[id] = at; });
    }
  });
  let lon = people.lon[number];
  people.listen(() => {
    if (people.lon[number] === lon) return;
    const here = lon = people.lon[number];
    painted((at) => { window.drawnAt.positions.push([here, at]); });
  });
}"""


def measure(scale: str = "full", rounds: int = 3) -> list[Figure]:
    """Without WebGL's micro-grids: three frames a second in software would be all that is measured."""
    with running(scale) as city, chromium() as browser:
        tickets, positions = times(city, browser, rounds * EACH_ROUND)
    return [_figure("a ticket", tickets, PATCH_INTERVAL_S), _figure("a position", positions, FRAME_INTERVAL_S)]


def times(city: Running, browser: Browser, count: int) -> tuple[list[float], list[float]]:
    """Milliseconds of tickets and of positions from accepted to drawn, under the city's load."""
    with city.city.database.read() as session:
        units = session.execute(select(Unit.id, Unit.number, Unit.area_code).where(Unit.duty == "on_duty").limit(44_000)).all()
        places = {c: (lon, lat) for c, lon, lat in session.execute(select(Area.code, Area.lon, Area.lat).where(Area.level == "district"))}
    page = signed_in(browser, city.server.address)
    page.goto(f"{city.server.address}/")
    wait_drawn(page, LAYERS[:4])
    page.click("[data-layer=micro_grids]")
    token = city.token("admin")
    stop = threading.Event()
    loader = threading.Thread(target=_load, args=(city, token, [(u, *places[a[:6]]) for u, _, a in units[1:]], stop))
    loader.start()
    try:
        time.sleep(2)
        page.evaluate(WATCH, units[0][1])
        return _rounds(city, page, token, units[0], places[units[0][2][:6]], count)
    finally:
        stop.set()
        loader.join()


def _figure(what: str, times: list[float], interval_s: float) -> Figure:
    p50, p99, interval = percentile(times, 0.5), percentile(times, 0.99), interval_s * 1000
    return Figure(
        f"glass to glass, {what}",
        f"p50 {p50:.0f} ms, p99 {p99:.0f} ms",
        f"the interval of pushing: {interval:.0f} ms",
        p50 / interval,
        "p50 ≤ interval + 150 ms, p99 ≤ interval + 500 ms",
        p50 <= interval + 150 and p99 <= interval + 500,
        f"{len(times)} times, from the answer that it was accepted; micro-grids switched off, no GPU here",
    )


def _load(city: Running, token: str, known: list[Any], stop: threading.Event) -> None:
    connection = http.client.HTTPConnection(city.server.address.removeprefix("http://"))
    began, i = time.monotonic(), 0
    while not stop.is_set():
        _post(connection, token, _body(known, i * (REAL_LOAD // 10), REAL_LOAD // 10, datetime.now(UTC)))
        i += 1
        time.sleep(max(0.0, began + i / 10 - time.monotonic()))


def _call(city: Running, token: str, path: str, body: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{city.server.address}/api/v1{path}", json.dumps(body).encode(), headers)
    return json.loads(urllib.request.urlopen(request).read())


def _rounds(city: Running, page: Page, token: str, unit: Any, place: tuple[float, float], count: int) -> tuple[list[float], list[float]]:
    tickets: list[float] = []
    positions: list[float] = []
    for i in range(count):
        ticket = {"key": uuid.uuid4().hex, "kind": "waterlogging", "level": "orange", "text": "积水", "lon": place[0], "lat": place[1]}
        made = _call(city, token, "/tickets", ticket)
        accepted = time.time() * 1000
        page.wait_for_function("(id) => id in window.drawnAt.tickets", arg=made["id"], timeout=15_000, polling=20)
        tickets.append(float(page.evaluate("(id) => window.drawnAt.tickets[id]", made["id"])) - accepted)
        lon = round(place[0] + (i + 1) * 1e-5, 6)
        report = {"unit": unit[0], "lon": lon, "lat": place[1], "at": datetime.now(UTC).isoformat()}
        _call(city, token, "/positions", report)
        accepted = time.time() * 1000
        wanted = round(lon * 1e6)
        script = "(lon) => window.drawnAt.positions.find((one) => Math.abs(one[0] - lon) <= 1)?.[1] ?? 0"
        page.wait_for_function(script, arg=wanted, timeout=15_000, polling=20)
        positions.append(float(page.evaluate(script, wanted)) - accepted)
        time.sleep(0.13 * (i % 7))  # not in step with the interval
    return tickets, positions
