"""More workers on one city: orders and positions with 1, 2 and 4 of them on PostgreSQL and Redis, and with the one that SQLite allows.

On a machine of two cores the workers share them with PostgreSQL, Redis, the senders and the receivers: what more workers bring is to be
read beside the processor time that each delivery and position costs.
"""

from __future__ import annotations

import http.client
import itertools
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from bench.city import Running, running
from bench.common import Figure, cpu_seconds, median
from bench.fleet import Fleet, fleet
from bench.orders_out import _send, _tokens
from bench.positions_in import BATCH, _body, _post, known_places
from datasources.models import Unit
from tests.servers import Server, free_port, redis_server

WORKERS = (1, 2, 4)
UNITS = 800
"""Connected, an equal share on each worker."""
ORDERS = 8
SENDERS = 4
SCREENS = 20
SECONDS = 6.0


@dataclass
class Measured:
    """Of one form: deliveries and positions a second, and the processor time of all workers for each, in seconds."""

    deliveries: float
    each_delivery: float
    positions: float
    each_position: float


def measure(scale: str = "full", rounds: int = 3) -> list[Figure]:
    """One line for each form and thing; ratios are to one worker on PostgreSQL."""
    found: dict[str, Measured] = {}
    with running(scale) as city:
        found["SQLite, 1 worker"] = _measured(city, [city.server], rounds)
    for count in WORKERS:
        with _workers(scale, count) as (city, servers):
            found[f"PostgreSQL, {count} worker{'s' if count > 1 else ''}"] = _measured(city, servers, rounds)
    one = found["PostgreSQL, 1 worker"]
    figures = []
    for name, got in found.items():
        figures.append(
            Figure(
                f"orders, {name}",
                f"{got.deliveries:,.0f} deliveries/s, {1e6 * got.each_delivery:.0f} µs each",
                f"one worker on PostgreSQL: {one.deliveries:,.0f}/s, {1e6 * one.each_delivery:.0f} µs each",
                got.deliveries / one.deliveries,
                "",
                None,
                f"{ORDERS} orders to {UNITS} connected units from {SENDERS} desks, until the last has the last",
            )
        )
        figures.append(
            Figure(
                f"positions, {name}",
                f"{got.positions:,.0f}/s, {1e6 * got.each_position:.1f} µs each",
                f"one worker on PostgreSQL: {one.positions:,.0f}/s, {1e6 * one.each_position:.1f} µs each",
                got.positions / one.positions,
                "",
                None,
                f"batches from {SENDERS} gateways, {SCREENS} screens of the city looking on",
            )
        )
    return figures


@contextmanager
def _workers(scale: str, count: int) -> Iterator[tuple[Running, list[Server]]]:
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yiping-bench-redis-")))
        settings = {"YIPING_REDIS_URL": stack.enter_context(redis_server(scratch))}
        city = stack.enter_context(running(scale, "postgresql", **settings))
        servers = [city.server]
        for _ in range(count - 1):
            more = {"YIPING_DATABASE_URL": city.city.settings.database_url, **settings}
            servers.append(Server(city.folder, free_port(), **more))
            stack.callback(servers[-1].stop)
            servers[-1].start()
        yield city, servers


def _measured(city: Running, servers: Sequence[Server], rounds: int) -> Measured:
    token = city.token("admin")
    with city.city.database.read() as session:
        ids = list(session.scalars(select(Unit.id).where(Unit.duty == "on_duty").order_by(Unit.id).limit(UNITS)))
    secrets = _tokens(city, ids)
    deliveries = [_orders(city, servers, token, ids, secrets) for _ in range(rounds)]
    positions = [_positions(city, servers, token) for _ in range(rounds)]
    return Measured(
        median([rate for rate, _ in deliveries]),
        median([each for _, each in deliveries]),
        median([rate for rate, _ in positions]),
        median([each for _, each in positions]),
    )


def _cpu(servers: Sequence[Server]) -> float:
    return sum(cpu_seconds(server.pid) for server in servers)


def _orders(city: Running, servers: Sequence[Server], token: str, ids: list[str], secrets: list[str]) -> tuple[float, float]:
    """Deliveries a second, and processor time for each."""
    with ExitStack() as stack:
        fleets: list[Fleet] = []
        for place, server in enumerate(servers):
            fleets.append(stack.enter_context(fleet(server.address, "delivery", secrets[place :: len(servers)])))
        time.sleep(2)
        before, began = _cpu(servers), time.perf_counter()
        with ThreadPoolExecutor(SENDERS) as desks:
            sent = [desks.submit(_send, replace(city, server=servers[i % len(servers)]), token, ids, i) for i in range(ORDERS)]
            for one in sent:
                one.result()
        wanted, come = ORDERS * len(ids), 0
        while (come := come + sum(len(arrived) for one in fleets for arrived in one.look()["arrived"])) < wanted:
            if time.perf_counter() - began > 120:
                raise RuntimeError("not all deliveries have come")
            time.sleep(0.1)
        return wanted / (time.perf_counter() - began), (_cpu(servers) - before) / wanted


def _positions(city: Running, servers: Sequence[Server], token: str) -> tuple[float, float]:
    """Positions a second, and processor time for each, with screens looking on."""
    known, counter = known_places(city), itertools.count()
    accepted = [0] * SENDERS
    with ExitStack() as stack:
        for place, server in enumerate(servers):
            looking = [city.token("officer") for _ in range(place, SCREENS, len(servers))]
            stack.enter_context(fleet(server.address, "frame", looking, area="5101"))
        until = time.monotonic() + SECONDS

        def send(me: int) -> None:
            connection = http.client.HTTPConnection(servers[me % len(servers)].address.removeprefix("http://"))
            while time.monotonic() < until:
                _post(connection, token, _body(known, next(counter) * BATCH, BATCH, datetime.now(UTC)))
                accepted[me] += BATCH

        gateways = [threading.Thread(target=send, args=(i,)) for i in range(SENDERS)]
        before, began = _cpu(servers), time.monotonic()
        for one in gateways:
            one.start()
        for one in gateways:
            one.join()
        took = time.monotonic() - began
    return sum(accepted) / took, (_cpu(servers) - before) / sum(accepted)
