"""A program in a process of its own: its output, its end, and that it cannot stay."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from dashboard import child


def program(code: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", code)


def test_what_goes_in_comes_out_whole() -> None:
    data = os.urandom(3_000_000)
    done = child.run(program("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])"), data, 20)
    assert (done.code, done.output) == (0, data[::-1])


@pytest.mark.parametrize(("code", "ended"), [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", -9), ("1/0", 1)])
def test_how_it_has_ended_is_told(code: str, ended: int) -> None:
    assert child.run(program(code), b"", 20).code == ended


def test_who_takes_too_long_is_ended_and_leaves_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    began, open_before = time.monotonic(), len(os.listdir("/proc/self/fd"))
    code = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    with pytest.raises(TimeoutError):
        child.run(program(code), b"x", 3)
    assert time.monotonic() - began < 30
    assert not Path("/proc", mark.read_text()).exists()
    assert len(os.listdir("/proc/self/fd")) == open_before


def test_it_has_nothing_of_the_server_open() -> None:
    code = "import os; print(sorted(int(one) for one in os.listdir('/proc/self/fd'))[:4])"
    assert child.run(program(code), b"", 20).output.strip() in (b"[0, 1, 2, 3]", b"[0, 1, 2]")  # 3 is what lists the folder


def test_under_gevent_others_are_served_meanwhile() -> None:
    code = """
from gevent import monkey; monkey.patch_all()
import sys, time, gevent
from dashboard import child
turns = 0
def count():
    global turns
    while True:
        turns += 1
        time.sleep(0.01)
gevent.spawn(count)
done = child.run((sys.executable, "-I", "-c", "import time; time.sleep(0.5); print('fine')"), b"", 20)
print(done.code, done.output, turns > 10)
"""
    done = child.run((sys.executable, "-c", code), b"", 60)
    assert done.output.strip() == b"0 b'fine\\n' True"
