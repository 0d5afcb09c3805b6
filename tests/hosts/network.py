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

    def __init__(self, name: str, space: str, switch: str, address: str) -> None:
        self.name = name
        self.address = address
        self._space = space
        self._switch = switch

    def start(self, command: Sequence[str], log: Path, **more: Any) -> subprocess.Popen[bytes]:
        """A program on this host, leader of a group of its own."""
        with log.open("ab") as out:
            inside = ["ip", "netns", "exec", self._space, *command]
            return subprocess.Popen(inside, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, **more)

    def cut(self) -> None:
        """Take the host off the network."""
        _run("ip", "-n", self._switch, "link", "set", self.name, "down")

    def mend(self) -> None:
        """Undo `cut`, `slow`."""
        _run("ip", "-n", self._switch, "link", "set", self.name, "up")
        subprocess.run(["tc", "-n", self._switch, "qdisc", "del", "dev", self.name, "root"], capture_output=True, check=False)

    def slow(self) -> None:
        """Leave little room on the line to this host."""
        _run("tc", "-n", self._switch, "qdisc", "add", "dev", self.name, "root", *SLOW.split())

    def lose(self, other: Host) -> None:
        """Cut the way between this host and another, and no other way."""
        for one, two in ((self, other), (other, self)):
            _run("ip", "-n", one._space, "neigh", "replace", two.address, "lladdr", NOBODY, "nud", "permanent", "dev", "eth0")

    def find(self, other: Host) -> None:
        """Undo `lose`."""
        for one, two in ((self, other), (other, self)):
            _run("ip", "-n", one._space, "neigh", "del", two.address, "dev", "eth0")


class Network:
    """A switch with hosts on it; the machine itself is on it too. Close it.

    The switch has a namespace of its own: in that of the machine a firewall such as Docker's would look at what passes.
    """

    def __init__(self, names: Sequence[str]) -> None:
        mark = os.getpid() % 100_000
        net = f"10.77.{16 + mark % 200}"
        self.hosts: dict[str, Host] = {}
        self._switch = f"yiping-{mark}-switch"
        self._spaces = [self._switch]
        self._ours = f"yiping{mark}"
        inside = ("ip", "-n", self._switch)
        _run("ip", "netns", "add", self._switch)
        _run(*inside, "link", "add", "bridge", "type", "bridge")
        _run(*inside, "link", "set", "bridge", "up")
        _run("ip", "link", "add", self._ours, "type", "veth", "peer", "name", "machine", "netns", self._switch)
        _run(*inside, "link", "set", "machine", "master", "bridge", "up")
        _run("ip", "addr", "add", f"{net}.1/24", "dev", self._ours)
        _run("ip", "link", "set", self._ours, "up")
        for number, name in enumerate(names, start=10):
            host = Host(name, f"yiping-{mark}-{name}", self._switch, f"{net}.{number}")
            self.hosts[name] = host
            self._spaces.append(host._space)
            _run("ip", "netns", "add", host._space)
            _run(*inside, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", host._space)
            _run(*inside, "link", "set", name, "master", "bridge", "up")
            _run("ip", "-n", host._space, "addr", "add", f"{host.address}/24", "dev", "eth0")
            for device in ("eth0", "lo"):
                _run("ip", "-n", host._space, "link", "set", device, "up")

    def close(self) -> None:
        """Take everything down; the lines go with the namespaces that they end in."""
        for space in self._spaces:
            subprocess.run(["ip", "netns", "del", space], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", self._ours], capture_output=True, check=False)
