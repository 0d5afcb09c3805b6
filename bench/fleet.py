"""A fleet of clients in a process of its own, driven by lines."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.servers import ROOT


class Fleet:
    """Connected clients; `look` tells what has come since the last look."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self._program = program

    def look(self) -> dict[str, Any]:
        """`bytes`, and `arrived`: for each client the times at which messages of the event came."""
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write("\n")
        self._program.stdin.flush()
        line = self._program.stdout.readline()
        if not line:
            raise RuntimeError("the clients ended: " + (self._program.stderr.read()[-800:] if self._program.stderr else ""))
        return dict(json.loads(line))


@contextmanager
def fleet(address: str, event: str, tokens: Sequence[str], area: str = "") -> Iterator[Fleet]:
    """As many clients as tokens (empty: none needed), connected, each with `area` open when given."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 30_000)), hard))
    program = subprocess.Popen(
        [sys.executable, "-m", "bench.clients", address, event],
        cwd=ROOT,
        env={**os.environ, "OPEN": area},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdin is not None
    assert program.stdout is not None
    try:
        program.stdin.write("".join(f"{token}\n" for token in tokens) + ".\n")
        program.stdin.flush()
        if program.stdout.readline().strip() != "ready":
            raise RuntimeError("the clients could not connect: " + (program.stderr.read()[-1500:] if program.stderr else ""))
        yield Fleet(program)
    finally:
        program.kill()
        program.wait()
