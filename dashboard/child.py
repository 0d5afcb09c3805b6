"""A program that works on some bytes in a process of its own.

`subprocess` under gevent copies the server's whole memory map for each child, which holds the loop for some twelve milliseconds; spawning
does not. Input and output are files in memory: nothing waits for a pipe.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

LOOK_AGAIN_S = 0.01


@dataclass(frozen=True)
class Done:
    """How a program has ended (negative: by a signal), and what it wrote to its standard output."""

    code: int
    output: bytes


def run(command: Sequence[str], data: bytes, patience_s: float) -> Done:
    """Run a program (an absolute path and its arguments) on `data`. Raises `TimeoutError`, and the program is ended."""
    given, made = os.memfd_create("given"), os.memfd_create("made")
    try:
        with os.fdopen(os.dup(given), "wb") as file:
            file.write(data)
        os.lseek(given, 0, os.SEEK_SET)
        actions = [(os.POSIX_SPAWN_DUP2, given, 0), (os.POSIX_SPAWN_DUP2, made, 1), (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]
        pid = os.posix_spawn(command[0], list(command), dict(os.environ), file_actions=actions)
        code = _ended(pid, time.monotonic() + patience_s)
        os.lseek(made, 0, os.SEEK_SET)
        with os.fdopen(os.dup(made), "rb") as file:
            return Done(code, file.read())
    finally:
        os.close(given)
        os.close(made)


def _ended(pid: int, deadline: float) -> int:
    ended = False
    try:
        while True:
            found, status = os.waitpid(pid, os.WNOHANG)
            if found == pid:
                ended = True
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() > deadline:
                raise TimeoutError(f"process {pid} has not ended in time")
            time.sleep(LOOK_AGAIN_S)
    finally:
        if not ended:  # also when who waits is told to end
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
