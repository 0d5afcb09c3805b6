"""`python -m tests.dashboard.simulator [HOURS]`: so much of the demo's story on a turned clock, a week unless said otherwise."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from dashboard.city import build_city
from tests.conftest import TurnedClock, _loaded, _settings
from tests.dashboard.simulator.story import live
from tests.dashboard.simulator.test_story import assert_alive


def main() -> int:
    """Live, say the bands, and hold them."""
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else 168.0
    with tempfile.TemporaryDirectory() as folder:
        settings, clock = _settings(Path(folder)), TurnedClock()
        _loaded(settings)
        city = build_city(settings, clock)
        seen = live(city, clock, hours * 3600)
        city.close()
    for name, values in vars(seen).items():
        print(name, f"{min(values)} to {max(values)}" if isinstance(values, list) else dict(values))
    assert_alive(seen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
