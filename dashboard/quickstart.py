"""Starting the server at once when nothing has to be prepared. Standard library only: it runs before anything else is imported.

A start that went well leaves a mark with the settings and the newest migration. Where both are still the same, the next
start lets the server import its libraries while the command line imports its own.
"""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
SERVER = [sys.executable, "-m", "app", "serve", "--quiet"]
"""Quiet, or the demo's own requests would push the address and the accounts out of the terminal within seconds."""


def _mark(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("YIPING_DATA", "").strip() or ".data").expanduser() / ".ready"


def _state(environment: Mapping[str, str]) -> str:
    settings = sorted(f"{name}={value}" for name, value in environment.items() if name.startswith("YIPING_") or name == "SCALE")
    newest = max(path.name for path in (ROOT / "datasources" / "migrations" / "versions").glob("*.py"))
    # a digest: there are secrets among the settings
    return hashlib.sha256("\n".join([*settings, newest]).encode()).hexdigest()


def remember(environment: Mapping[str, str]) -> None:
    """Note that these settings have led to a running city."""
    _mark(environment).write_text(_state(environment), "utf-8")


def forget(environment: Mapping[str, str]) -> None:
    """The noted state did not hold: prepare everything next time."""
    _mark(environment).unlink(missing_ok=True)


def begin(environment: Mapping[str, str]) -> subprocess.Popen[bytes] | None:
    """The server's process, or None when something may have to be prepared or the port is taken."""
    mark = _mark(environment)
    if not mark.is_file() or mark.read_text("utf-8") != _state(environment):
        return None
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((environment.get("YIPING_HOST") or "127.0.0.1", int(environment.get("YIPING_PORT") or 8050)))
        except OSError:
            return None
    return subprocess.Popen(SERVER, cwd=ROOT, env=dict(os.environ), start_new_session=True)
