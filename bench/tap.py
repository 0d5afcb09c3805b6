"""From a unit's tap to the changed row on another browser, next to the bare Socket.IO round trip in the same run.

Two real Chromium pages against a real server on a small city: the field page is tapped, the wall has the
order's list open. Both pages run on one machine, so their clocks are one: the tap is stamped in the field
page, the change of the row by a MutationObserver on the wall. Between taps the wall sends `echo` over its
own socket and waits for the answer: the floor that no design can go below.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from dashboard.city import City, build_city
from dashboard.demo import accounts
from dashboard.demo import load as demo
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.recipients import Criteria
from dashboard.identity import SYSTEM
from dashboard.opening import open_database
from dashboard.settings import from_environment
from datasources.migrations import upgrade
from tests.browser.conftest import FLAGS, wait_for_area
from tests.servers import Server, free_port

ROUNDS = 25
STEPS = ("acknowledged", "en_route", "arrived", "done")
RESULTS = Path(__file__).parent / "results"

WATCH = """() => {
  window.seen = {};
  new MutationObserver(() => {
    const state = document.querySelector('#order .deliveries tbody tr .state')?.classList[1];
    if (state && !(state in window.seen)) window.seen[state] = performance.timeOrigin + performance.now();
  }).observe(document.getElementById('order'), { subtree: true, childList: true, attributes: true, characterData: true });
}"""
TAP = """(step) => {
  const button = document.querySelector(`.unit-main[data-step=${step}]`);
  const at = performance.timeOrigin + performance.now();
  button.click();
  return at;
}"""
ECHO = """async () => {
  const { io } = await import('/assets/vendor/socket.io.mjs');
  window.bare ??= io({ transports: ['websocket'] });
  if (!window.bare.connected) await new Promise((resolve) => window.bare.once('connect', resolve));
  const times = [];
  for (let i = 0; i < 8; i++) {
    const began = performance.now();
    await new Promise((resolve) => window.bare.emit('echo', i, resolve));
    times.push(performance.now() - began);
  }
  return times;
}"""


def measure() -> dict[str, Any]:
    """Run it, print the table, keep the figures as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        settings = from_environment({"YIPING_DATA": str(data), "SCALE": "small"})
        database = open_database(settings)
        upgrade(database)
        city = build_city(settings, database=database)
        demo.load(city, "small", data / "demo")
        server = Server(data, free_port())
        server.start()
        try:
            taps, bare = _rounds(server, city)
        finally:
            server.stop()
            city.close()
    result = {
        "measured": "tap to changed row on another browser, milliseconds",
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "rounds": len(taps),
        "tap_to_row": _spread(taps),
        "bare_round_trip": _spread(bare),
        "ratio_of_medians": round(statistics.median(taps) / statistics.median(bare), 1),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "tap.json").write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    print(f"{'':24}{'median':>10}{'p95':>10}{'max':>10}   (ms, {len(taps)} taps, {result['machine']})")
    for name in ("tap_to_row", "bare_round_trip"):
        row = result[name]
        print(f"{name:24}{row['median']:>10}{row['p95']:>10}{row['max']:>10}")
    print(f"ratio of medians {result['ratio_of_medians']}")
    return result


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return {"median": round(statistics.median(ordered), 1), "p95": round(p95, 1), "max": round(ordered[-1], 1)}


def _sign_in(page: Page, address: str, login: str, path: str) -> None:
    page.goto(f"{address}/signin?next={path}")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", accounts.PASSWORD)
    page.click("form:first-of-type button[type=submit]")


def _rounds(server: Server, city: City) -> tuple[list[float], list[float]]:
    taps: list[float] = []
    bare: list[float] = []
    with city.database.read() as session:
        unit = next(one for one in accounts.demo_accounts(session) if one.role == "unit")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        wall = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
        phone = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
        _sign_in(wall, server.address, "officer", "/")
        _sign_in(phone, server.address, "unit", "/unit")
        wait_for_area(wall, city.areas.cities[0])
        for number in range(ROUNDS):
            to = Criteria(area=unit.area_code, units=[str(unit.unit_id)])
            new = NewOrder(key=f"bench-{number:04d}", title=f"测时 {number}", text="测时", to=to)
            order = city.orders.send(SYSTEM, new)
            wall.click(f"article.order[data-order='{order['id']}'] .link")
            phone.wait_for_selector(".unit-main[data-step=acknowledged]")
            wall.wait_for_selector("#order .state.delivered")
            wall.evaluate(WATCH)
            for step in STEPS:
                bare.extend(wall.evaluate(ECHO))
                tapped = phone.evaluate(TAP, step)
                wall.wait_for_function("step => step in window.seen", arg=step)
                taps.append(wall.evaluate("step => window.seen[step]", step) - tapped)
                if step != STEPS[-1]:
                    phone.wait_for_selector(f".unit-main[data-step={STEPS[STEPS.index(step) + 1]}]")
            wall.click("#order .close")
            city.orders.close(SYSTEM, order["id"])
            wall.wait_for_selector(f"article.order[data-order='{order['id']}']", state="detached")
        browser.close()
    return taps, bare
