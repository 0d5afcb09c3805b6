"""What runs on the hosts: each part can be started, killed and started again, as systemd would do it."""

from __future__ import annotations

import glob
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import requests

from tests.hosts.network import Host
from tests.servers import ROOT, nginx_command, nginx_site

DISK = "400m"
"""The disk of PostgreSQL: a city, its log, and room that can be taken away."""
PATIENCE_S = 180.0


class Program:
    """One program on one host. `ready` says whether it answers."""

    def __init__(
        self, host: Host, command: list[str], log: Path, ready: Callable[[], bool], environment: dict[str, str] | None = None
    ) -> None:
        self.host = host
        self.log = log
        self._command = command
        self._ready = ready
        self._environment = {**{k: v for k, v in os.environ.items() if not k.startswith("YIPING_")}, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = self.host.start(self._command, self.log, env=self._environment, cwd=ROOT)
        deadline = time.monotonic() + PATIENCE_S
        while not self._ready():
            if self._process.poll() is not None and time.monotonic() < deadline:
                time.sleep(1)  # as systemd does: what it needs may not be there yet
                self._process = self.host.start(self._command, self.log, env=self._environment, cwd=ROOT)
            elif time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self.host.name} did not start: {self.log.read_text('utf-8', 'replace')[-2000:]}")
            time.sleep(0.05)

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """`kill -9` of it and its children."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """An orderly end, or the other one."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGINT)
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.kill()


def answers(address: str) -> Callable[[], bool]:
    """Whether somebody says 200 there."""
    session = requests.Session()
    session.trust_env = False
    session.verify = False

    def ask() -> bool:
        try:
            return session.get(address, timeout=3).ok
        except requests.RequestException:
            return False

    return ask


def _says(*command: str) -> Callable[[], bool]:
    def ask() -> bool:
        try:
            return subprocess.run(command, capture_output=True, check=False, timeout=10).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    return ask


class Disk:
    """A small disk of its own for PostgreSQL, which can be filled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0755", "tmpfs", str(folder)], check=True)
        shutil.chown(folder, "postgres", "postgres")

    def fill(self) -> None:
        """Leave no byte free."""
        with (self.folder / "filler").open("wb") as filler:
            try:
                while True:
                    filler.write(bytes(1 << 16))
                    filler.flush()
            except OSError:
                return

    def free(self) -> None:
        """Give the room back."""
        (self.folder / "filler").unlink()

    def close(self) -> None:
        """Unmount it."""
        subprocess.run(["umount", "-l", str(self.folder)], check=True)


def postgres(host: Host, disk: Disk, log: Path) -> Program:
    """PostgreSQL on that disk, for everybody on the network."""
    binaries = Path(sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))[-1]).parent
    data = disk.folder / "data"
    as_postgres = ["runuser", "-u", "postgres", "--"]
    options = ["-U", "yiping", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N", "--wal-segsize=4"]
    subprocess.run([*as_postgres, str(binaries / "initdb"), "-D", str(data), *options], check=True, capture_output=True, cwd="/")
    with (data / "pg_hba.conf").open("a") as rules:
        rules.write("host all all 10.77.0.0/16 trust\n")
    log.touch()
    log.chmod(0o666)
    settings = (
        "listen_addresses=*",
        f"unix_socket_directories={disk.folder}",
        "max_connections=150",
        "max_wal_size=64MB",
        "min_wal_size=16MB",
    )
    command = [*as_postgres, str(binaries / "postgres"), "-D", str(data), *(part for one in settings for part in ("-c", one))]
    return Program(host, command, log, _says(str(binaries / "pg_isready"), "-h", host.address, "-U", "yiping", "-d", "postgres"))


def redis(host: Host, log: Path) -> Program:
    """Redis that keeps nothing: when it is killed its memory is lost."""
    command = ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--save", "", "--dir", str(log.parent)]
    return Program(host, command, log, _says("redis-cli", "-h", host.address, "ping"))


def worker(host: Host, log: Path, settings: dict[str, str]) -> Program:
    """`yiping serve` on port 8051."""
    environment = {**settings, "YIPING_HOST": "0.0.0.0", "YIPING_PORT": "8051"}
    return Program(host, [sys.executable, "-m", "app", "serve"], log, answers(f"http://{host.address}:8051/readyz"), environment)


def nginx(host: Host, folder: Path, workers: list[Host]) -> Program:
    """deploy/yiping.nginx.conf in front of the workers."""
    site = nginx_site(folder, [f"{one.address}:8051" for one in workers], folder, host.address)
    return Program(host, nginx_command(folder, site), folder / "nginx.log", answers(f"https://{host.address}/readyz"))
