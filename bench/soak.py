"""Does the memory of the server or of a wall's tab grow, and has the wall missed a change at the end?

First connections that come and go (bench/churn.py), then full load for a long time. The load is the simulator on the whole city:
4,400 positions a second, tickets that are worked on, warnings, orders with their answers. The wall stays on the city with all
layers. `--minutes` shortens the two hours; below half an hour caches still fill.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import linear_regression, mean
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from bench import churn
from bench.browser import LAYERS, chromium, signed_in, wait_drawn
from bench.city import Running, running
from bench.common import Figure, resident_mb
from tests.servers import ROOT

SAMPLES = 120
WARM_UP = 0.25
"""Share of the time that is not counted: caches fill, the allocator finds its size."""
SETTLE_S = 6.0
HELD = """() => {
  const { picture, people } = document.getElementById('wall').yiping;
  const rows = Object.fromEntries(Object.entries(picture.layers).map(([name, layer]) => [name, Object.fromEntries(layer)]));
  const at = [];
  people.lon.forEach((lon, i) => { if (lon !== 2147483647) at.push(i, lon, people.lat[i]); });
  return { area: picture.area, rows, events: picture.events.map((e) => e.seq), people: at };
}"""


def measure(scale: str = "full", rounds: int = 1, minutes: float = 120) -> list[Figure]:
    """One long run; `rounds` is taken for the sake of the others."""
    del rounds
    with running("small") as city:
        churned = churn.figures(city, min(600.0, minutes * 60))
    with running(scale) as city, chromium() as browser:
        page = signed_in(browser, city.server.address)
        page.goto(f"{city.server.address}/")
        wait_drawn(page, LAYERS)
        with simulator(city):
            server, tab = _watch(city, page.context.new_cdp_session(page), minutes * 60)
        time.sleep(SETTLE_S)
        missed, compared = differences(browser, page, city)
    return [
        *churned,
        _slope("server: resident memory", server, "MB"),
        _slope("wall's tab: memory after collection", tab, "MB"),
        Figure(
            f"soak, {minutes:g} minutes: missed changes",
            f"{missed}",
            f"a wall that is opened at the end: {compared:,} rows and positions",
            float(missed),
            "none",
            missed == 0,
        ),
    ]


@contextmanager
def simulator(city: Running) -> Iterator[None]:
    """The life of the whole city, from a process of its own."""
    program = subprocess.Popen(
        [sys.executable, "-m", "dashboard.simulator", city.server.address],
        cwd=ROOT,
        env={**os.environ, "YIPING_SIMULATOR_TOKEN": city.token("admin")},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
        if program.poll() is not None:
            raise RuntimeError(f"the simulator ended by itself with {program.returncode}")
    finally:
        program.kill()
        program.wait()


def _watch(city: Running, tab: CDPSession, seconds: float) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """(hours, MB) of the server and of the tab's heap."""
    server, heap = [], []
    began = time.monotonic()
    for i in range(SAMPLES):
        time.sleep(max(0.0, began + (i + 1) * seconds / SAMPLES - time.monotonic()))
        tab.send("HeapProfiler.collectGarbage")
        hours = (time.monotonic() - began) / 3600
        server.append((hours, resident_mb(city.server.pid)))
        heap.append((hours, tab.send("Runtime.getHeapUsage")["usedSize"] / 2**20))
    return server, heap


def _slope(what: str, samples: list[tuple[float, float]], unit: str) -> Figure:
    """The slope behind the warm-up, beside how uncertain a straight line through such scatter is (two standard errors)."""
    kept = samples[int(WARM_UP * len(samples)) :]
    hours, values = [one[0] for one in kept], [one[1] for one in kept]
    slope, start = linear_regression(hours, values)
    middle = mean(hours)
    spread = sum((h - middle) ** 2 for h in hours)
    scatter = sum((v - start - slope * h) ** 2 for h, v in kept) / (len(kept) - 2)
    noise = 2 * (scatter / spread) ** 0.5
    return Figure(
        f"soak, {what}",
        f"{slope:+.2f} {unit} an hour, {values[0]:.0f} → {values[-1]:.0f} {unit}",
        f"noise of the samples: ± {noise:.2f} {unit} an hour",
        slope / noise,
        "slope not above the noise",
        slope <= noise,
    )


def differences(browser: Browser, page: Page, city: Running) -> tuple[int, int]:
    """How many rows and positions of a wall are not as on one that is opened now, and how many were compared."""
    fresh = signed_in(browser, city.server.address)
    fresh.goto(f"{city.server.address}/?area={page.evaluate(HELD)['area']}")
    wait_drawn(fresh, LAYERS[:4])
    fresh.wait_for_timeout(1500)
    held, true = page.evaluate(HELD), fresh.evaluate(HELD)
    fresh.context.close()
    wrong = [name for name in true["rows"] for _ in _unequal(held["rows"][name], true["rows"][name])]
    mine, theirs = _by_number(held["people"]), _by_number(true["people"])
    return len(wrong) + len(_unequal(mine, theirs)), sum(map(len, true["rows"].values())) + len(theirs)


def _by_number(flat: list[int]) -> dict[int, Any]:
    return {flat[i]: flat[i + 1 : i + 3] for i in range(0, len(flat), 3)}


def _unequal(one: dict[Any, Any], other: dict[Any, Any]) -> list[Any]:
    return [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]
