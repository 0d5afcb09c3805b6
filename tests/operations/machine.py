"""A Debian 12 of its own that boots: made with debootstrap, run with systemd-nspawn on the network of this machine."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

MIRROR = "http://deb.debian.org/debian"
INCLUDED = "systemd,systemd-sysv,dbus,procps,iproute2,ca-certificates"
PORTS = (80, 443, 5432, 6379, 8051, 8052)
"""What the page's programs listen on, here as there."""


class NoMachine(Exception):
    """It cannot be made or started here; the sentence says why."""


class Machine:
    """One machine; end it with `stop`."""

    def __init__(self, tree: Path, trust: Path | None) -> None:
        for program in ("debootstrap", "systemd-nspawn"):
            if shutil.which(program) is None:
                raise NoMachine(f"{program} is missing: apt-get install debootstrap systemd-container")
        if os.geteuid() != 0:
            raise NoMachine("only root can boot a machine")
        for port in PORTS:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    raise NoMachine(f"something on this machine listens on port {port}, which the page uses")
        self.tree = tree
        self._environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
        self._make(trust)
        self._log = (tree.parent / f"{tree.name}.log").open("wb")
        boot = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--directory", str(tree), "--boot"]
        self._nspawn = subprocess.Popen(boot, stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT)
        self._leader = self._wait()

    def run(self, script: str, patience_s: float = 900) -> str:
        """Type it as root; returns what it printed. Raises `CalledProcessError` when a line of it fails."""
        inside = ["nsenter", "--all", "--target", str(self._leader), "bash", "-euo", "pipefail"]
        done = subprocess.run(
            inside, input=script, env=self._environment, capture_output=True, text=True, timeout=patience_s, check=False, cwd="/"
        )
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, script, done.stdout, done.stderr)
        return done.stdout

    def stop(self) -> None:
        """Switch it off; its tree is left."""
        self._nspawn.send_signal(signal.SIGTERM)  # an orderly end
        try:
            self._nspawn.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._nspawn.kill()
            self._nspawn.wait()
        self._log.close()

    def _make(self, trust: Path | None) -> None:
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={INCLUDED}", "bookworm", str(self.tree), MIRROR],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        if trust is not None:  # a network whose way out has a certificate authority of its own
            shutil.copy(trust, self.tree / "usr/local/share/ca-certificates/trusted.crt")
            subprocess.run(["chroot", str(self.tree), "update-ca-certificates"], check=True, stdout=subprocess.DEVNULL)
            bundle = "/etc/ssl/certs/ca-certificates.crt"
            self._environment |= {"PIP_CERT": bundle, "NODE_EXTRA_CA_CERTS": bundle}

    def _wait(self) -> int:
        for _ in range(120):
            children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text().split()
            if children:
                inside = ["nsenter", "--all", "--target", children[0], "systemctl", "is-system-running"]
                state = subprocess.run(inside, capture_output=True, text=True, check=False).stdout.strip()
                if state in ("running", "degraded"):
                    return int(children[0])
            if self._nspawn.poll() is not None:
                break
            time.sleep(0.5)
        self._nspawn.kill()
        raise NoMachine(f"it did not boot: see {self._log.name}")
