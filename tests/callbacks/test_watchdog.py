"""Who holds the loop is named; who only waits, or a machine that is busy, is not."""

from __future__ import annotations

import subprocess
import sys

from tests.servers import ROOT

PROGRAM = """
from gevent import monkey; monkey.patch_all()
import gevent, time
from callbacks.watchdog import Watchdog
said = []
dog = Watchdog(lambda *words: said.append(words[0] % words[1:]))
dog.start()
def holds_the_loop(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        sum(range(1000))
gevent.sleep(0.2)
def takes_turns():
    for _ in range(20):
        holds_the_loop(0.01)
        gevent.sleep(0)
gevent.joinall([gevent.spawn(takes_turns) for _ in range(4)])
gevent.sleep(0.2)
print("short", dog.held)
holds_the_loop(0.3)
gevent.sleep(0.2)
print("long", dog.held, 0.25 < dog.longest_s < 0.6, "holds_the_loop" in said[0], len(said))
"""


def test_who_holds_the_loop_is_named_and_who_gives_way_is_not() -> None:
    told = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout
    assert told.splitlines() == ["short 0", "long 1 True True 1"]
