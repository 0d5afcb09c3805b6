"""Hosts on one machine: network namespaces on a bridge, whose lines can be cut and made slow. Root only."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NOBODY = "02:00:00:00:00:99"
"""An address that no host has: what is sent there is lost without a word, as on a broken line."""
SLOW = "tbf rate 2mbit burst 16kb latency 400ms"
"""A line with so little room that packets wait for each other, and some are thrown away."""


def possible() -> bool:
    """Whether namespaces can be made here."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"yiping-try-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        return False
    _run("ip", "netns", "del", name)
    return True


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


class Host:
    """One host; its address is for the others."""

    def __init__(self, name: str, space: str, line: str, address: str) -> None:
        self.name = name
        self.address = address
        self._space = space
        self._line = line

    def start(self, command: Sequence[str], log: Path, **more: Any) -> subprocess.Popen[bytes]:
        """A program on this host, leader of a group of its own."""
        with log.open("ab") as out:
            inside = ["ip", "netns", "exec", self._space, *command]
            return subprocess.Popen(inside, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, **more)

    def cut(self) -> None:
        """Take the host off the network."""
        _run("ip", "link", "set", self._line, "down")

    def mend(self) -> None:
        """Undo `cut`, `slow`."""
        _run("ip", "link", "set", self._line, "up")
        subprocess.run(["tc", "qdisc", "del", "dev", self._line, "root"], capture_output=True, check=False)

    def slow(self) -> None:
        """Leave little room on the line to this host."""
        _run("tc", "qdisc", "add", "dev", self._line, "root", *SLOW.split())

    def lose(self, other: Host) -> None:
        """Cut the way between this host and another, and no other way."""
        for one, two in ((self, other), (other, self)):
            _run("ip", "-n", one._space, "neigh", "replace", two.address, "lladdr", NOBODY, "nud", "permanent", "dev", "eth0")

    def find(self, other: Host) -> None:
        """Undo `lose`."""
        for one, two in ((self, other), (other, self)):
            _run("ip", "-n", one._space, "neigh", "del", two.address, "dev", "eth0")


class Network:
    """A bridge with hosts on it; the machine itself is on it too. Close it."""

    def __init__(self, names: Sequence[str]) -> None:
        mark = os.getpid() % 100_000
        third = 16 + mark % 200
        self.bridge = f"yb{mark}"
        self.hosts: dict[str, Host] = {}
        _run("ip", "link", "add", self.bridge, "type", "bridge")
        _run("ip", "addr", "add", f"10.77.{third}.1/24", "dev", self.bridge)
        _run("ip", "link", "set", self.bridge, "up")
        for number, name in enumerate(names, start=10):
            host = Host(name, f"yiping-{mark}-{name}", f"yv{mark}.{number}", f"10.77.{third}.{number}")
            self.hosts[name] = host
            _run("ip", "netns", "add", host._space)
            _run("ip", "link", "add", host._line, "type", "veth", "peer", "name", "eth0", "netns", host._space)
            _run("ip", "link", "set", host._line, "master", self.bridge, "up")
            _run("ip", "-n", host._space, "addr", "add", f"{host.address}/24", "dev", "eth0")
            for device in ("eth0", "lo"):
                _run("ip", "-n", host._space, "link", "set", device, "up")

    def close(self) -> None:
        """Take everything down."""
        for host in self.hosts.values():
            subprocess.run(["ip", "netns", "del", host._space], capture_output=True, check=False)
            subprocess.run(["ip", "link", "del", host._line], capture_output=True, check=False)
        _run("ip", "link", "del", self.bridge)
