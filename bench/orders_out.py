"""An order to 10,000 connected units: processor time for each, and how long until (almost) the last has it, beside Node's socket.io."""

from __future__ import annotations

import json
import time
import urllib.request
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from bench import peers
from bench.city import Running, running
from bench.common import Figure, cpu_seconds, median, percentile, pushed
from bench.fleet import Fleet, fleet
from dashboard.accounts import _digest
from datasources.models import Token, Unit

UNITS = 10_000
PATIENCE_S = 60.0


def measure(scale: str = "full", rounds: int = 3) -> list[Figure]:
    """Node first, then us."""
    everybody, each = _node(rounds)
    with running(scale) as city:
        ours = deliveries(city, rounds, UNITS)
    push, whole, last = (median([one[i] for one in ours]) for i in range(3))
    return [
        Figure(
            f"orders out, {UNITS:,} units: processor time",
            f"{1e6 * push:.1f} µs each",
            f"Node socket.io: {1e6 * each[0]:.1f} µs with an id for each, {1e6 * everybody[0]:.1f} µs the same for all",
            push / everybody[0],
            "≤ 1.0 × Node, the same message for all",
            push <= everybody[0],
            f"from the change log to the sockets; with choosing recipients, storing and recording {1e6 * whole:.0f} µs",
        ),
        Figure(
            f"orders out, {UNITS:,} units: time of the 99th in a hundred",
            f"{1000 * last:.0f} ms",
            f"Node socket.io: {1000 * each[1]:.0f} ms with an id for each, {1000 * everybody[1]:.0f} ms the same for all",
            last / everybody[1],
            "≤ 1.5 × Node, the same message for all",
            last <= 1.5 * everybody[1],
            "from the first device that has it",
        ),
    ]


def _arrivals(units: Fleet, count: int = UNITS) -> list[float]:
    """When each has it; waits for all."""
    got: list[float] = []
    deadline = time.monotonic() + PATIENCE_S
    while len(got) < count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"only {len(got)} of {count} have the order")
        time.sleep(0.5)
        got += [at for one in units.look()["arrived"] for at in one]
    return got


def _node(rounds: int) -> list[tuple[float, float]]:
    """(processor time for each, p99) with one message for all, and with one for each."""
    results = []
    with peers.node("socketio.mjs") as (address, pid), fleet(address, "delivery", [""] * UNITS) as units:
        for path in ("/order", "/each"):
            found = []
            for _ in range(rounds):
                before = cpu_seconds(pid)
                urllib.request.urlopen(address + path).read()
                got = _arrivals(units)
                found.append(((cpu_seconds(pid) - before) / UNITS, percentile(got, 0.99) - min(got)))
            results.append((median([one[0] for one in found]), median([one[1] for one in found])))
    return results


def deliveries(city: Running, rounds: int, count: int) -> list[tuple[float, float, float]]:
    """(processor time of the push for each, of everything for each, p99) of each round of an order to `count` connected units."""
    admin = city.token("admin")
    with city.city.database.read() as session:
        ids = list(session.scalars(select(Unit.id).where(Unit.duty == "on_duty").limit(count)))
    secrets = _tokens(city, ids)
    found = []
    with fleet(city.server.address, "delivery", secrets) as units:
        for number in range(rounds):
            time.sleep(2)
            pushing, _ = pushed(city.server.address, admin, "delivery")
            before = cpu_seconds(city.server.pid)
            _send(city, admin, ids, number)
            got = _arrivals(units, count)
            whole = cpu_seconds(city.server.pid) - before
            after, _ = pushed(city.server.address, admin, "delivery")
            found.append(((after - pushing) / count, whole / count, percentile(got, 0.99) - min(got)))
    return found


def _tokens(city: Running, ids: list[str]) -> list[str]:
    """A token for each unit, written at once: ten thousand calls would measure something else."""
    now = city.city.commands.clock()
    secrets = [f"yp_api_bench_{i:06d}" for i in range(len(ids))]
    rows: list[dict[str, Any]] = [
        {
            "id": str(uuid.uuid4()),
            "secret_hash": _digest(secret),
            "kind": "api",
            "name": "bench",
            "role": "unit",
            "area_code": "5101",
            "unit_id": unit,
            "created_at": now,
            "expires_at": now + timedelta(days=1),
        }
        for secret, unit in zip(secrets, ids, strict=True)
    ]
    with city.city.database.write() as session:
        session.execute(insert(Token), rows)
    return secrets


def _send(city: Running, token: str, ids: list[str], number: int) -> None:
    body = {
        "key": f"bench-order-{number:04d}-{uuid.uuid4().hex}",
        "title": "巡查低洼院落",
        "text": "请立即到责任微网格巡查低洼院落，发现积水及时上报，协助老人转移。",
        "priority": "urgent",
        "to": {"area": "5101", "units": ids},
    }
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{city.server.address}/api/v1/orders", json.dumps(body).encode(), headers)
    urllib.request.urlopen(request).read()
