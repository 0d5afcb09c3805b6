"""One run: a server, phones behind a network that is cut, a desk that sends orders, kill -9 at random moments, and the audit."""

from __future__ import annotations

import asyncio
import random
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import requests

from dashboard.city import City
from dashboard.dispatch.policies import NewPolicy, Step
from datasources.database import Database
from datasources.queries import changes
from tests.conftest import ADMIN
from tests.servers import Server
from tests.torture.auditor import Audit, audit, unseen
from tests.torture.enemies import enlisted, hostile
from tests.torture.network import Network
from tests.torture.phone import Phone

SAY_EVERY_S = 30.0


@dataclass(frozen=True)
class Plan:
    """How much, and how hard. Times are seconds."""

    seed: int
    deliveries: int
    phones: int
    zeal: float = 0.25
    twins: float = 0.05
    """Share of units with a second phone."""
    sleepers: float = 0.1
    """Share of phones that lose their network for long."""
    kill_every: float = 12.0
    cut_every: float = 7.0
    slow_every: float = 9.0
    everybody: float = 0.0
    """Share of orders that go to everybody on duty in the city, phones or not."""
    pace: float = 1.0
    """Pause between orders."""
    settle_s: float = 240.0
    """So long after the last fault everybody may take to have nothing left to say."""
    running: int = 6
    """Orders under way at once: the oldest is called off when there are more, with answers to it still on their way."""
    hostile: float = 0.0
    """For each phone so many that do what intruders have found, all the while (`hostile.py`)."""
    call_after_s: int = 20
    """Who is silent for so long gets a deputy, and after as long again is told to the duty desk."""


class Desk:
    """Sends orders and repeats each under its key until the server has confirmed it."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address
        self._session = requests.Session()
        self._session.verify = False  # the certificates of tests are signed by nobody
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"
        self.keys: list[str] = []
        self.called_off: list[str] = []

    def send(self, units: list[str], stop: threading.Event) -> str:
        """One order; returns its id when it is confirmed."""
        key = f"torture-{uuid.uuid4().hex}"
        self.keys.append(key)
        body = {"key": key, "title": "巡查", "text": "请立即巡查责任区。", "priority": "urgent", "to": {"area": "5101", "units": units}}
        return str(self._insist("/orders", body, stop)["id"])

    def call_off(self, order: str, stop: threading.Event) -> None:
        """Take an order back; returns when that is confirmed."""
        self._insist(f"/orders/{order}/call-off", {}, stop)
        self.called_off.append(order)

    def _insist(self, path: str, body: dict[str, Any], stop: threading.Event) -> dict[str, Any]:
        while not stop.is_set():
            try:
                answer = self._session.post(f"{self._address}/api/v1{path}", json=body, timeout=30)
            except requests.RequestException:
                time.sleep(0.3)
                continue
            if answer.ok:
                return dict(answer.json())
            if answer.status_code < 500:
                if answer.json()["error"]["code"] == "order_ended":
                    return {}  # it was done, and the answer was lost
                raise RuntimeError(f"{answer.status_code}: {answer.text[:300]}")
            time.sleep(0.3)
        raise TimeoutError("the server did not come back")


def run(plan: Plan, server: Server, city: City, token: Callable[..., str], say: Callable[[str], None] = print) -> Audit:
    """Torture a running server over a small or large city; returns what the auditor found."""
    chance = random.Random(plan.seed)
    everybody = [unit for unit in city.units.covering(ADMIN, "5101", 50_000) if unit["duty"] == "on_duty"]
    units = everybody[: plan.phones]
    network = Network(int(server.address.rpartition(":")[2]), len(units))
    phones: list[Phone] = []
    for unit in units:
        secret = token("unit", unit["area_code"], unit["id"])
        for _ in range(2 if chance.random() < plan.twins else 1):
            port = network.ports[len(phones) % len(network.ports)]
            phones.append(Phone(port, secret, unit["id"], random.Random(chance.random()), plan.zeal))
    calls = [Step(channel="deputy", after_s=plan.call_after_s), Step(channel="duty_desk", after_s=plan.call_after_s)]
    city.policies.set(ADMIN, NewPolicy(area="5101", priority="urgent", steps=calls))
    desk = Desk(server.address, token("admin"))
    stop = threading.Event()
    crowd = Crowd(phones)
    faults = threading.Thread(target=_faults, args=(plan, server, network, phones, stop, say), name="faults")
    faults.start()

    def faults_end() -> None:
        stop.set()
        faults.join()
        network.restore()

    enemies = ExitStack()
    if plan.hostile:
        count = max(3, int(plan.hostile * plan.phones))
        enemies.enter_context(hostile(server.address, enlisted(city.accounts, everybody[plan.phones :], count)))
    try:
        left, said = plan.deliveries, 0.0
        running: deque[str] = deque()
        while left > 0:
            whole = chance.random() < plan.everybody
            group = everybody if whole else chance.sample(units, min(len(units), left, chance.choice((1, 20, len(units)))))
            running.append(desk.send([unit["id"] for unit in group], stop))
            left -= len(group)
            if len(running) > plan.running:
                desk.call_off(running.popleft(), stop)
            if time.monotonic() - said > SAY_EVERY_S:
                said = time.monotonic()
                say(f"  {plan.deliveries - left:,} of {plan.deliveries:,} deliveries, {_standing(phones)}")
            time.sleep(chance.uniform(0, 2 * plan.pace))
        faults_end()
        enemies.close()
        until = _settle(city.database, phones, plan.settle_s, say)
    finally:
        faults_end()
        enemies.close()
        crowd.end()
    ends = sum((phone.journal.ends for phone in phones), Counter())
    say(f"connections ended: {', '.join(f'{count:,} {why}' for why, count in ends.most_common())}")
    errors = Counter(error for phone in phones for error in phone.journal.errors)
    for error, count in errors.most_common(5):
        say(f"{count} times: {error}")
    network.close()
    return audit(city.database, desk.keys, desk.called_off, [phone.journal for phone in phones], until)


class Crowd:
    """All phones in one thread with an event loop of its own."""

    def __init__(self, phones: list[Phone]) -> None:
        self._phones = phones
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), name="crowd")
        self._thread.start()

    async def _live(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        tasks = [asyncio.create_task(phone.live(self._ended)) for phone in self._phones]
        await self._ended.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def end(self) -> None:
        """Switch all phones off."""
        if self._loop is not None and self._ended is not None:
            self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(timeout=60)


def _standing(phones: list[Phone]) -> str:
    online, asleep = (sum(map(bool, seen)) for seen in zip(*((one.journal.online, one.asleep.is_set()) for one in phones), strict=True))
    return f"{online:,} phones online, {asleep:,} without a network, {sum(one.kept for one in phones):,} answers kept"


def _settle(database: Database, phones: list[Phone], settle_s: float, say: Callable[[str], None]) -> int:
    """Everybody online again, until nobody has anything left to say and all have what was sent up to now; returns that change."""
    for phone in phones:
        phone.asleep.clear()
    deadline = time.monotonic() + settle_s
    said = time.monotonic()
    with database.read() as session:
        until = changes.last_seq(session)
    while time.monotonic() < deadline:
        if all(phone.idle for phone in phones):
            with database.read() as session:
                if not unseen(session, [phone.journal for phone in phones], until):
                    return until
        if time.monotonic() - said > SAY_EVERY_S:
            said = time.monotonic()
            say(f"  settling: {_standing(phones)}")
        time.sleep(0.5)
    say(f"{sum(not phone.idle for phone in phones)} phones have not settled")
    return until


def _faults(plan: Plan, server: Server, network: Network, phones: list[Phone], stop: threading.Event, say: Callable[[str], None]) -> None:
    chance = random.Random(plan.seed + 1)
    kills = cuts = slow = 0
    every = (plan.kill_every, plan.cut_every, plan.slow_every)
    next_kill, next_cut, next_slow = (time.monotonic() + chance.uniform(0, 2 * one) for one in every)
    while not stop.wait(0.2):
        now = time.monotonic()
        for phone in chance.sample(phones, max(1, int(len(phones) * plan.sleepers / 50))):
            (phone.asleep.clear if phone.asleep.is_set() else phone.asleep.set)()
        if now >= next_cut:
            network.cut()
            stop.wait(chance.uniform(0.05, 2.5))
            network.restore()
            cuts += 1
            next_cut = time.monotonic() + chance.uniform(0, 2 * plan.cut_every)
        if now >= next_slow:
            # a mobile network at the edge of its reach: each packet takes up to four tenths of a second, for a while
            slow += network.delay_s == 0
            network.delay_s = 0.0 if network.delay_s else chance.uniform(0.02, 0.4)
            next_slow = now + chance.uniform(0, 2 * plan.slow_every)
        if now >= next_kill:
            server.kill()
            stop.wait(chance.uniform(0, 1.5))
            server.start()
            kills += 1
            next_kill = time.monotonic() + chance.uniform(0, 2 * plan.kill_every)
    network.delay_s = 0.0
    say(f"kill -9 {kills} times, network cut {cuts} times, slow {slow} times")
