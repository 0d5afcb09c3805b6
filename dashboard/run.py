"""`yiping run`: one command that makes a living city out of nothing and keeps its programs running."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from dashboard import clock, quickstart
from dashboard.accounts import Accounts
from dashboard.command import Commands
from dashboard.demo import accounts as demo
from dashboard.keys import renew
from dashboard.opening import open_database
from dashboard.settings import BadSetting, Settings
from dashboard.terminal import progress, say
from datasources.bus import LocalBus
from datasources.migrations import is_current, upgrade
from datasources.queries import areas as area_queries
from datasources.sealing import is_sealed

if TYPE_CHECKING:
    from dashboard.city import City

START_PATIENCE_S = 60.0
SIMULATOR = "演练模拟器"
RESTART_AFTER_S = 5.0


def run_city(settings: Settings, early: subprocess.Popen[bytes] | None = None) -> int:
    """Prepare, start the server and the simulator, say where they are, and wait. Ends with the server.

    `early` is a server that was started before the command line was even imported, because nothing had to be prepared.
    """
    programs = _Programs()
    if early is not None:
        programs.adopt("server", quickstart.SERVER, early)
    else:
        _check_port(settings)
        prepare(settings)
        programs.start("server", quickstart.SERVER)
    try:
        simulator_token = _simulator_token(settings)  # while the server starts
    except BaseException:
        programs.stop()
        quickstart.forget(os.environ)
        raise
    if not _up(settings, programs):
        programs.stop()
        quickstart.forget(os.environ)
        return 1
    quickstart.remember(os.environ)
    _greet(settings)
    if simulator_token is not None:
        secret = {"YIPING_SIMULATOR_TOKEN": simulator_token}
        programs.start("simulator", [sys.executable, "-m", "dashboard.simulator", settings.address], secret)
    return programs.wait()


def _check_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            wanted = f"a free port of this machine ({error.strerror})"
            raise BadSetting("YIPING_HOST/YIPING_PORT", f"{settings.host}:{settings.port}", wanted) from None


def prepare(settings: Settings) -> None:
    """Database in the present form, and the demo city on the first start."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting("YIPING_DATA", str(settings.data), f"a folder that can be written ({error.strerror})") from None
    settings.data.chmod(0o700)
    database = open_database(settings)
    if not is_current(database):
        say("准备数据库 / preparing the database")
        upgrade(database)
    with database.read() as session:
        sealed, empty = is_sealed(session), demo.is_empty(session)
    if not sealed:
        renew(database)  # here is no worker of a version before
    if empty:
        say(f"首次启动：生成并导入演示城市 / first start: making and importing the demo city (SCALE={settings.scale})")
        # only the first start needs the import and all services
        from dashboard.city import build_city
        from dashboard.demo.load import load

        city = build_city(settings, database=database)
        folder = settings.data / "demo"
        load(city, settings.scale, folder, progress)
        shutil.rmtree(folder)
        build_tiles(city)
        city.close()
    database.close()


def build_tiles(city: City) -> bool:
    """Build the vector tiles of the micro-grids with progress; False, and a sentence, when that fails: the wall runs without."""
    from datasources.tippecanoe import TilingFailed

    try:
        city.tiling.build(progress)
    except (TilingFailed, OSError) as error:
        print(f"微网格地图未能生成，地图其余部分照常 / no micro-grid tiles, the rest of the map goes on: {error}", file=sys.stderr)
        return False
    return True


def _simulator_token(settings: Settings) -> str | None:
    """A new token for the simulator of a demo city, the ones before it revoked; None when nothing is to be simulated."""
    if not settings.simulate:
        return None
    database = open_database(settings)
    try:
        with database.read() as session:
            if not demo.existing(session):
                return None
            city_code = area_queries.roots(session)[0].code
        accounts = Accounts(Commands(database, LocalBus(), clock.now))
        for token in accounts.tokens():
            if token.name == SIMULATOR and token.revoked_at is None:
                accounts.revoke(token.id)
        return accounts.create_token("api", SIMULATOR, "admin", city_code, timedelta(days=400)).secret
    finally:
        database.close()


def _greet(settings: Settings) -> None:
    database = open_database(settings)
    with database.read() as session:
        accounts = demo.existing(session)
    database.close()
    say(f"一屏已启动 / Yiping is up:  {settings.address}   (Ctrl+C 停止 / to stop)")
    if accounts:
        print(f"  演示账号，密码均为 / demo accounts, all with the password: {demo.PASSWORD}")
        for account in accounts:
            page = "/unit" if account.role == "unit" else "/"
            print(f"    {account.login:10} {account.name}  {settings.address}{page}")
    sys.stdout.flush()


def _up(settings: Settings, programs: _Programs) -> bool:
    deadline = time.monotonic() + START_PATIENCE_S
    while time.monotonic() < deadline and programs.alive():
        connection = http.client.HTTPConnection(settings.address.removeprefix("http://"), timeout=1)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == http.client.OK:
                return True
        except OSError:
            time.sleep(0.03)
        finally:
            connection.close()
    print("服务器没有启动 / the server did not start", file=sys.stderr)
    return False


class _Programs:
    """The programs of one city: stopped together, by signal or when one of them ends."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._again: dict[str, Callable[[], None]] = {}
        self._stopping = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)

    def start(self, name: str, command: list[str], extra: dict[str, str] | None = None) -> None:
        root = Path(__file__).parent.parent
        self._again[name] = lambda: self.start(name, command, extra)
        self._running[name] = subprocess.Popen(command, cwd=root, env={**os.environ, **(extra or {})}, start_new_session=True)

    def adopt(self, name: str, command: list[str], program: subprocess.Popen[bytes]) -> None:
        """Take over a program that runs already."""
        self._again[name] = lambda: self.start(name, command)
        self._running[name] = program

    def alive(self) -> bool:
        return not self._stopping and all(program.poll() is None for program in self._running.values())

    def wait(self) -> int:
        """Until told to stop, or until the server ends. A simulator that ends is started again: the wall must not go with it."""
        while not self._stopping and self._running["server"].poll() is None:
            simulator = self._running.get("simulator")
            if simulator is not None and simulator.poll() is not None:
                print("模拟器已退出，重新启动 / the simulator ended, starting it again", file=sys.stderr)
                time.sleep(RESTART_AFTER_S)
                if not self._stopping:
                    self._again["simulator"]()
            time.sleep(0.3)
        if not self._stopping:
            print("服务器已退出，全部停止 / the server ended, stopping all", file=sys.stderr)
        self.stop()
        return 0 if self._stopping else 1

    def stop(self) -> None:
        for program in self._running.values():
            if program.poll() is None:
                program.terminate()
        for program in self._running.values():
            try:
                program.wait(timeout=8)
            except subprocess.TimeoutExpired:
                program.kill()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
