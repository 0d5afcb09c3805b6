"""One trial: a city on five hosts works on while each part in turn is killed, cut off, slowed or filled; then everything is compared."""

from __future__ import annotations

import json
import random
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import urllib3

from dashboard.city import City, build_city
from dashboard.demo.load import load
from dashboard.dispatch.policies import NewPolicy, Step
from dashboard.live.rooms import AreaRoom
from dashboard.opening import open_database
from dashboard.settings import from_environment
from datasources.keyring import new_secret
from datasources.migrations import upgrade
from datasources.queries import changes
from tests.conftest import ADMIN
from tests.hosts.network import Host, Network
from tests.hosts.programs import Disk, Program, nginx, postgres, redis, worker
from tests.hosts.screen import Screen
from tests.servers import ROOT, certificate
from tests.torture.auditor import Audit, audit, unseen
from tests.torture.phone import Phone
from tests.torture.run import Crowd, Desk

HOSTS = ("front", "one", "two", "postgres", "redis")
FRESH_S = 4.0
"""A picture younger than this is up to date."""
COMES_BACK_S = 120.0
"""So long may a screen take to be up to date again after a fault."""


@dataclass
class Report:
    """What a trial has found."""

    audit: Audit = field(default_factory=Audit)
    recoveries: dict[str, float] = field(default_factory=dict)
    """For each fault the seconds from its end until every screen was up to date."""
    oldest: dict[str, float] = field(default_factory=dict)
    """And how old the oldest picture became during it; above 4 s a screen says so."""
    stale: list[str] = field(default_factory=list)
    """Screens that did not come back, or ended with another picture than a fresh one."""

    @property
    def clean(self) -> bool:
        """Whether nothing was lost and every screen is right."""
        return self.audit.clean and not self.stale

    def __str__(self) -> str:
        lines = [f"{self.audit}, {len(self.stale)} stale screens"]
        lines += [
            f"  {fault}: oldest picture {self.oldest[fault]:.1f} s, all up to date {s:.1f} s after its end"
            for fault, s in self.recoveries.items()
        ]
        return "\n".join([*lines, *self.stale])


class Trial:
    """The hosts and what runs on them; use it as a context."""

    def __init__(self, folder: Path, screens: int = 4, phones: int = 40) -> None:
        self._stack = ExitStack()
        self._folder = folder
        self._screens, self._phones = screens, phones
        self._stop = threading.Event()
        self._broken_off = threading.Event()
        """Set when all is over or the trial fails. Until then the desk repeats what is not confirmed: no order is to be lost, the last
        one included."""

    def __enter__(self) -> Trial:
        with ExitStack() as stack:
            self._build(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def _build(self, stack: ExitStack) -> None:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # nobody has signed the certificate of a test
        folder = self._folder
        network = Network(HOSTS)
        stack.callback(network.close)
        self.hosts: dict[str, Host] = network.hosts
        self.disk = Disk(folder / "disk")
        stack.callback(self.disk.close)
        self.programs: dict[str, Program] = {}

        def add(name: str, program: Program) -> None:
            self.programs[name] = program
            stack.callback(program.kill)
            program.start()

        add("postgres", postgres(self.hosts["postgres"], self.disk, folder / "postgres.log"))
        add("redis", redis(self.hosts["redis"], folder / "redis.log"))
        (folder / "data").mkdir()
        settings = {
            "YIPING_DATA": str(folder / "data"),
            "YIPING_DATABASE_URL": f"postgresql://yiping@{self.hosts['postgres'].address}/postgres",
            "YIPING_REDIS_URL": f"redis://{self.hosts['redis'].address}:6379/0",
            "YIPING_DATA_KEYS": new_secret(),
            "YIPING_TRUSTED_PROXIES": "1",
            "YIPING_SECURE_COOKIES": "1",
            "YIPING_SIMULATE": "0",
            "SCALE": "small",
        }
        upgrade(open_database(from_environment(settings)))
        self.city: City = build_city(from_environment(settings | {"YIPING_REDIS_URL": ""}))
        stack.callback(self.city.close)
        load(self.city, "small", folder / "demo")
        self.city.tiling.build()
        for name in ("one", "two"):
            add(name, worker(self.hosts[name], folder / f"{name}.log", settings))
        certificate(folder)
        add("front", nginx(self.hosts["front"], folder, [self.hosts["one"], self.hosts["two"]]))
        self.address = f"https://{self.hosts['front'].address}"

    # --- the run --------------------------------------------------------------------------------------

    def run(self, faults: list[str], seed: int, say: Callable[[str], None] = print) -> Report:
        """Work while these faults come one after the other; `FAULTS` names them."""
        report = Report()
        chance = random.Random(seed)
        units = [unit for unit in self.city.units.covering(ADMIN, "5101", 50_000) if unit["duty"] == "on_duty"][: self._phones]
        calls = [Step(channel="deputy", after_s=20), Step(channel="duty_desk", after_s=20)]
        self.city.policies.set(ADMIN, NewPolicy(area="5101", priority="urgent", steps=calls))
        areas = ["5101", *sorted({unit["area_code"][:6] for unit in units})]
        screens = [Screen(self.address, self._token("officer"), areas[number % len(areas)]) for number in range(self._screens)]
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        host = self.hosts["front"].address
        phones = [
            Phone(
                443,
                self._token("unit", unit["area_code"], unit["id"]),
                unit["id"],
                random.Random(chance.random()),
                0.8,
                host=host,
                tls=trusting,
            )
            for unit in units
        ]
        desk = Desk(self.address, self._token("admin"))
        crowd = Crowd(phones)
        work = threading.Thread(target=self._work, args=(desk, [unit["id"] for unit in units], chance), name="desk")
        work.start()
        try:
            for fault in faults:
                self._suffer(fault, screens, report, say)
            self._stop.set()
            work.join(timeout=180)
            until = self._rest(phones, report)
            report.stale += [said for number, screen in enumerate(screens) if (said := self._compared(number, screen))]
        finally:
            self._stop.set()
            self._broken_off.set()
            work.join()  # or an order of the last moment counts as lost
            crowd.end()
            for screen in screens:
                screen.close()
        report.audit = audit(self.city.database, desk.keys, desk.called_off, [phone.journal for phone in phones], until)
        return report

    def _token(self, role: str, area: str = "5101", unit: str | None = None) -> str:
        return self.city.accounts.create_token("api", f"trial {role}", role, area, timedelta(days=1), unit).secret

    def _work(self, desk: Desk, units: list[str], chance: random.Random) -> None:
        """Orders, and now and then one is called off, whatever happens to the hosts."""
        running: list[str] = []
        while not self._stop.is_set():
            with suppress(TimeoutError):
                running.append(desk.send(chance.sample(units, min(len(units), chance.choice((1, 5, 20)))), self._broken_off))
                if len(running) > 4:
                    desk.call_off(running.pop(0), self._broken_off)
            self._stop.wait(chance.uniform(0.2, 0.8))

    def _suffer(self, fault: str, screens: list[Screen], report: Report, say: Callable[[str], None]) -> None:
        begin, lasts_s, end = FAULTS[fault]
        begin(self)
        oldest, until = 0.0, time.monotonic() + lasts_s
        while time.monotonic() < until:
            oldest = max([oldest, *(screen.age_s for screen in screens)])
            time.sleep(0.1)
        end(self)
        ended = time.monotonic()
        while any(screen.age_s > FRESH_S or not screen.socket.connected for screen in screens):
            oldest = max([oldest, *(screen.age_s for screen in screens)])
            if time.monotonic() - ended > COMES_BACK_S:
                report.stale.append(f"after “{fault}” a screen was {max(screen.age_s for screen in screens):.0f} s old")
                break
            time.sleep(0.1)
        report.recoveries[fault], report.oldest[fault] = time.monotonic() - ended, oldest
        say(f"  {fault}: oldest picture {oldest:.1f} s, all up to date {report.recoveries[fault]:.1f} s after its end")

    def _rest(self, phones: list[Phone], report: Report) -> int:
        """Until phones have nothing left to say and hold what was sent up to now; returns that change."""
        deadline = time.monotonic() + COMES_BACK_S
        with self.city.database.read() as session:
            until = changes.last_seq(session)
        while time.monotonic() < deadline:
            if all(phone.idle for phone in phones):
                with self.city.database.read() as session:
                    if not unseen(session, [phone.journal for phone in phones], until):
                        return until
            time.sleep(0.3)
        report.stale.append(f"{sum(not phone.idle for phone in phones)} phones have not come to rest")
        return until

    def _compared(self, number: int, screen: Screen) -> str:
        """The browser's own store, fed with what a screen was told, against a fresh snapshot, both at the same change: the chores of the
        workers write on, and what is read at two moments may differ and be right. Empty when they are the same.
        """
        deadline = time.monotonic() + COMES_BACK_S
        while True:
            with self.city.database.read() as session:
                after = AreaRoom(session, screen.area).snapshot()
            while (told := screen.told_until(after["seq"])) is None and screen.seq <= after["seq"] and time.monotonic() < deadline:
                time.sleep(0.05)
            if told is not None:
                break
            if time.monotonic() > deadline:
                return f"screen {number} of {screen.area} stays at {screen.seq}, the city is at {after['seq']}"
        file = self._folder / f"screen-{number}.json"
        file.write_text(json.dumps([{"first": told[0], "patches": told[1], "after": after}]), "utf-8")
        verify = ["node", str(ROOT / "tests/assets/verify-picture.mjs"), str(file)]
        done = subprocess.run(verify, capture_output=True, text=True, check=False)
        return f"screen {number} of {screen.area} at {after['seq']}: {done.stderr[:600]}" if done.returncode else ""


def _again(name: str) -> Callable[[Trial], None]:
    return lambda trial: trial.programs[name].start()


def _kill(name: str) -> Callable[[Trial], None]:
    return lambda trial: trial.programs[name].kill()


def _cut(name: str) -> Callable[[Trial], None]:
    return lambda trial: trial.hosts[name].cut()


def _mend(name: str) -> Callable[[Trial], None]:
    return lambda trial: trial.hosts[name].mend()


def _slow(name: str) -> Callable[[Trial], None]:
    return lambda trial: trial.hosts[name].slow()


def _lose(one: str, two: str) -> Callable[[Trial], None]:
    return lambda trial: trial.hosts[one].lose(trial.hosts[two])


def _find(one: str, two: str) -> Callable[[Trial], None]:
    return lambda trial: trial.hosts[one].find(trial.hosts[two])


def _room_again(trial: Trial) -> None:
    """PostgreSQL ends itself when it cannot write its log; systemd starts it again when there is room."""
    if "No space left on device" not in trial.programs["postgres"].log.read_text("utf-8", "replace"):
        raise AssertionError("nobody has noticed that the disk was full")
    trial.disk.free()
    time.sleep(1)
    if not trial.programs["postgres"].runs:
        trial.programs["postgres"].start()


Deed = Callable[[Trial], None]
FAULTS: dict[str, tuple[Deed, float, Deed]] = {
    "a host of workers is killed": (_kill("one"), 6, _again("one")),
    "Redis is killed, its memory lost": (_kill("redis"), 6, _again("redis")),
    "PostgreSQL is killed": (_kill("postgres"), 4, _again("postgres")),
    "the disk of PostgreSQL is full": (lambda trial: trial.disk.fill(), 8, _room_again),
    "nginx is killed": (_kill("front"), 4, _again("front")),
    "a host of workers is off the network": (_cut("two"), 12, _mend("two")),
    "a host of workers does not reach PostgreSQL": (_lose("two", "postgres"), 12, _find("two", "postgres")),
    "a host of workers does not reach Redis": (_lose("one", "redis"), 12, _find("one", "redis")),
    "nginx does not reach a host of workers": (_lose("front", "two"), 12, _find("front", "two")),
    "the line to PostgreSQL is slow": (_slow("postgres"), 10, _mend("postgres")),
    "the line of a host of workers is slow": (_slow("one"), 10, _mend("one")),
    "PostgreSQL is off the network": (_cut("postgres"), 12, _mend("postgres")),
    "Redis is off the network": (_cut("redis"), 12, _mend("redis")),
    "the other host of workers is killed": (_kill("two"), 6, _again("two")),
}
"""What may happen: how it begins, for how many seconds it lasts, and how it ends."""
SHORT = (
    "a host of workers is killed",
    "Redis is killed, its memory lost",
    "PostgreSQL is killed",
    "a host of workers does not reach PostgreSQL",
)
