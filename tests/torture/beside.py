"""What the other nine notice of a hostile tenth: `python -m tests.torture.beside`. The same minutes without and with it, in turn.

Measured: a drill-down to a street over the interface, and the time from an order to its first delivery on a phone. p99 with the hostile
tenth must be at most 1.3 times that without. No faults meanwhile: they are `python -m tests.torture --hostile 0.1`.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import requests

from dashboard.city import City
from dashboard.codes import LEVELS
from dashboard.settings import from_environment
from tests.cities import demo_city
from tests.conftest import ADMIN
from tests.fuzz.report import resident_mb
from tests.servers import Server, free_port
from tests.torture.enemies import enlisted, hostile
from tests.torture.phone import Phone
from tests.torture.run import Crowd, Desk

MOST_RATIO = 1.3
TURNS = 3
SAVED_S = 60.0
"""By then the hostile ones have used up what they had saved (callbacks/shares.py): what is measured is the state that lasts."""


def main() -> int:
    """0 when both ratios hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.beside")
    parser.add_argument("--phones", type=int, default=180)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--seconds", type=float, default=40, help="of each turn")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yiping-beside-") as folder:
        settings = from_environment({"YIPING_DATA": folder, "SCALE": "demo"})
        city = demo_city(settings)
        server = Server(Path(folder), free_port())
        server.start()

        def token(role: str, area: str = "5101", unit: str | None = None) -> str:
            return str(city.accounts.create_token("api", f"beside {role}", role, area, timedelta(days=1), unit).secret)

        try:
            return _compare(options, server, city, token)
        finally:
            city.close()
            server.stop()


def _compare(options: argparse.Namespace, server: Server, city: City, token: Callable[..., str]) -> int:
    units = [unit for unit in city.units.covering(ADMIN, "5101", 50_000) if unit["duty"] == "on_duty"]
    streets = sorted({unit["area_code"][: LEVELS["street"]] for unit in units if len(unit["area_code"]) >= LEVELS["street"]})
    honest, others = units[: options.phones], units[options.phones :]
    port = int(server.address.rpartition(":")[2])
    phones = [Phone(port, token("unit", one["area_code"], one["id"]), one["id"], random.Random(i), 0.3) for i, one in enumerate(honest)]
    crowd = Crowd(phones)
    enemies = enlisted(city.accounts, others, max(3, int(options.share * options.phones)))
    found: dict[bool, dict[str, list[float]]] = {without: {"drill": [], "order": []} for without in (False, True)}
    try:
        while sum(phone.journal.online for phone in phones) < len(phones):
            time.sleep(0.5)
        before = resident_mb(server)
        for _ in range(TURNS):
            _measure(options.seconds, server, token, phones, streets, found[False])
            with hostile(server.address, enemies):
                time.sleep(SAVED_S)
                _measure(options.seconds, server, token, phones, streets, found[True])
        grown = resident_mb(server) - before
    finally:
        crowd.end()
    held = [line.partition("the loop was ")[2] for line in server.log().splitlines() if "the loop was held" in line]
    fine = True
    for name in ("drill", "order"):
        quiet, loud = (_p99(found[with_][name]) for with_ in (False, True))
        fine = fine and loud <= MOST_RATIO * quiet
        print(f"{name}: p99 {quiet * 1000:.0f} ms without, {loud * 1000:.0f} ms with: {loud / quiet:.2f} × of at most {MOST_RATIO} ×")
        print(f"  p50 {statistics.median(found[False][name]) * 1000:.0f} ms, {statistics.median(found[True][name]) * 1000:.0f} ms")
    print(f"memory {grown:+.0f} MB, the loop was held {len(held)} times, {sum(len(phone.journal.foreign) for phone in phones)} leaked")
    for line in held[-8:]:
        print(f"  {line}")
    return 0 if fine else 1


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def _measure(
    seconds: float, server: Server, token: Callable[..., str], phones: list[Phone], streets: list[str], found: dict[str, list[float]]
) -> None:
    desk, stop = Desk(server.address, token("admin")), threading.Event()
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {token('officer')}"
    until, chance = time.monotonic() + seconds, random.Random(1)
    running: list[str] = []
    while time.monotonic() < until:
        for _ in range(6):
            began = time.monotonic()
            session.get(f"{server.address}/api/v1/areas/{chance.choice(streets)}", timeout=30).raise_for_status()
            found["drill"].append(time.monotonic() - began)
            time.sleep(0.02)
        began = time.monotonic()
        chosen = chance.sample(phones, 10)
        order = desk.send([phone.journal.unit_id for phone in chosen], stop)
        while not any(order in phone.journal.seen.values() for phone in chosen):
            time.sleep(0.002)
        found["order"].append(time.monotonic() - began)
        running.append(order)
        if len(running) > 5:
            desk.call_off(running.pop(0), stop)


if __name__ == "__main__":
    sys.exit(main())
