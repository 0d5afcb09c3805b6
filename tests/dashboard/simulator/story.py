"""The demo's story on a turned clock: the simulator against the real routes and services, without a network and without waiting."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from callbacks.api import areas, desk, fences, messages, orders, tickets, units, warnings
from callbacks.api.routing import Route
from callbacks.web import parsed
from dashboard.city import City
from dashboard.errors import Refused
from dashboard.identity import Principal
from dashboard.simulator.agenda import Agenda, WallClock
from dashboard.simulator.world import World
from datasources.serialising import dumps, loads
from tests.conftest import TurnedClock, principal

CHORES_EVERY_S = 15.0


class StoryClock(WallClock):
    """Sleeping turns the city's clock."""

    def __init__(self, city: TurnedClock) -> None:
        self._city = city
        self._start = city.moment

    def now(self) -> datetime:
        return self._city.moment

    def monotonic(self) -> float:
        return (self._city.moment - self._start).total_seconds()

    def sleep(self, seconds: float) -> None:
        self._city.moment += timedelta(seconds=seconds)


class Routes:
    """The client's side of the interface, each call going through the real route: its models, its service. Refusals are kept."""

    def __init__(self, city: City, who: Principal) -> None:
        self._who = who
        self._routes = [route for part in (areas, units, tickets, warnings, orders, messages, fences, desk) for route in part.routes(city)]
        self._patterns = [(route, re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", route.path) + "$")) for route in self._routes]
        self.refusal: dict[str, Any] = {}
        self.refused: Counter[tuple[str, str]] = Counter()

    def get(self, path: str, **query: Any) -> Any:
        return self._call("GET", path, query=query)

    def post(self, path: str, body: Any = None, foreseen: tuple[str, ...] = ()) -> Any:
        return self._call("POST", path, body=body, foreseen=foreseen)

    def _call(self, method: str, path: str, query: Any = None, body: Any = None, foreseen: tuple[str, ...] = ()) -> Any:
        if path == "/positions":
            return {"accepted": len(body)}
        route, parts = self._found(method, path)
        try:
            if route.query is not None:
                parts["query"] = parsed(route.query, {name: str(value) for name, value in (query or {}).items()})
            if route.body is not None:
                parts["body"] = parsed(route.body, body)
            return loads(dumps(route.handler(self._who, **parts)))
        except Refused as refused:
            self.refusal = refused.as_dict()["error"]
            if refused.code not in foreseen:
                self.refused[f"{method} {route.path}", refused.code] += 1
            return None

    def _found(self, method: str, path: str) -> tuple[Route, dict[str, Any]]:
        for route, pattern in self._patterns:
            if route.method == method and (found := pattern.match(path)):
                return route, dict(found.groupdict())
        raise AssertionError(f"{method} {path}: no such route")


@dataclass
class Seen:
    """What the wall's figures were, minute by minute, and what has become of the orders."""

    open_tickets: list[int] = field(default_factory=list)
    red_tickets: list[int] = field(default_factory=list)
    overdue: list[int] = field(default_factory=list)
    running_orders: list[int] = field(default_factory=list)
    unanswered: list[int] = field(default_factory=list)
    warnings: list[int] = field(default_factory=list)
    red_warnings: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)


def live(city: City, clock: TurnedClock, seconds: float, seed: int = 1) -> Seen:
    """So many seconds of the story."""
    seen, client = Seen(), Routes(city, principal("admin", kind="api"))
    agenda = Agenda(StoryClock(clock))
    world = World(client, seed, agenda, walking=False)  # type: ignore[arg-type]
    assert world.prepare()
    world.begin()
    for chore in (city.tickets.mark_overdue, city.warnings.expire, city.orders.mark_late, city.orders.close_finished, city.caller.look):
        agenda.every(CHORES_EVERY_S, chore)
    agenda.every(60.0, lambda: _look(city, seen))
    agenda.run(seconds)
    seen.refused = client.refused
    return seen


def _look(city: City, seen: Seen) -> None:
    who = principal("commander")
    open_tickets = city.tickets.listed(who, None, ["reported", "assigned", "handling", "handled"], 5000, "")
    seen.open_tickets.append(len(open_tickets))
    seen.red_tickets.append(sum(t["level"] == "red" for t in open_tickets))
    seen.overdue.append(sum(t["overdue"] for t in open_tickets))
    orders = city.orders.listed(who, 200, "")
    running = [order for order in orders if order["state"] == "running"]
    seen.running_orders.append(len(running))
    seen.unanswered.append(sum(o["counts"].get("queued", 0) + o["counts"].get("delivered", 0) for o in running))
    in_force = city.warnings.in_force(who, "5101")
    seen.warnings.append(len(in_force))
    seen.red_warnings.append(sum(w["level"] == "red" for w in in_force))
    seen.waiting.append(len(city.desk.listed(who)["waiting"]))
    for order in orders:
        if order["state"] != "running":
            for state, count in order["counts"].items():
                seen.states[state] = max(seen.states[state], count)
