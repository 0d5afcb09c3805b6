"""The programs that we are measured beside, each started on a free port and stopped by whoever started it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import requests

from bench.common import PEERS
from tests.servers import ROOT, free_port

HERE = Path(__file__).parent


@contextlib.contextmanager
def started(command: list[str], address: str, cwd: Path = ROOT) -> Iterator[subprocess.Popen[bytes]]:
    """A program that answers at `address`."""
    program = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    session = requests.Session()
    session.trust_env = False
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if program.poll() is not None:
                raise RuntimeError(f"{command[0]} ended: {program.stderr.read().decode()[-600:] if program.stderr else ''}")
            with contextlib.suppress(requests.RequestException):
                session.get(address, timeout=2)
                break
            time.sleep(0.1)
        yield program
    finally:
        program.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(timeout=5)
        if program.poll() is None:
            program.kill()


@contextlib.contextmanager
def flask_echo() -> Iterator[str]:
    """A bare Flask route that reads JSON and says 202, on one gunicorn gevent worker."""
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "gunicorn", "-k", "gevent", "-w", "1", "-b", address, "bench.peers.echo:app"]
    with started(command, f"http://{address}/"):
        yield f"http://{address}"


@contextlib.contextmanager
def node(script: str, *arguments: str) -> Iterator[tuple[str, int]]:
    """A Node program of this folder; yields its address and process id."""
    port = free_port()
    if not (PEERS / "node_modules").is_dir():
        raise RuntimeError("run `make bench-setup` first")
    command = ["node", str(HERE / script), str(PEERS), str(port), *arguments]
    with started(command, f"http://127.0.0.1:{port}/health") as program:
        yield f"http://127.0.0.1:{port}", program.pid


@contextlib.contextmanager
def empty_map() -> Iterator[str]:
    """An empty dash-leaflet map on one gunicorn gevent worker."""
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "gunicorn", "-k", "gevent", "-w", "1", "-b", address, "bench.peers.empty_map:server"]
    with started(command, f"http://{address}/"):
        yield f"http://{address}"
