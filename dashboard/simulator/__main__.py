"""`python -m dashboard.simulator ADDRESS [PACE]`: the token comes from YIPING_SIMULATOR_TOKEN.

With a PACE the story runs so many times as fast.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time

from dashboard.simulator.agenda import Agenda, WallClock
from dashboard.simulator.client import Client
from dashboard.simulator.world import World

SEED = 1


def main() -> int:
    """Live until told to stop."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    token = os.environ.get("YIPING_SIMULATOR_TOKEN", "")
    if len(sys.argv) not in (2, 3) or not token:
        print("usage: YIPING_SIMULATOR_TOKEN=… python -m dashboard.simulator http://127.0.0.1:8050 [pace]", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    world = World(Client(sys.argv[1], token), SEED, Agenda(WallClock(), float(sys.argv[2]) if len(sys.argv) == 3 else 1.0))
    while not world.prepare():
        time.sleep(2)
    world.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
