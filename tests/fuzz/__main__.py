"""The long form: `python -m tests.fuzz --cases 100000 --seed 7`, part of `make torture`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from dashboard.settings import from_environment
from tests.callbacks.matrix.things import add_other_city, gather
from tests.cities import demo_city
from tests.conftest import Running
from tests.fuzz.everything import WAYS_OF_EACH, fuzz
from tests.servers import Server, free_port

MOST_GROWTH = 0.25
"""Share of its memory that the server may have grown between the first tenth of the run and its end; what the cases made is in it."""


def main() -> int:
    """0 when nothing went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--cases", type=int, default=100_000, help="about so many in all")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yiping-fuzz-") as folder:
        settings = from_environment({"YIPING_DATA": folder, "SCALE": "small"})
        city = demo_city(settings)
        add_other_city(settings, Path(folder))
        server = Server(Path(folder), free_port())
        server.start()
        try:

            def token(role: str, area: str = "5101", unit: str | None = None, kind: str = "api", days: float = 1) -> str:
                return city.accounts.create_token(kind, f"{kind} {role}", role, area, timedelta(days=days), unit).secret

            things = gather(Running(server, settings, token))
            each = max(1, options.cases // WAYS_OF_EACH)
            print(f"▸ fuzz, seed {options.seed}: {each:,} cases for each operation, event and callback", flush=True)
            warm = fuzz(things, max(1, each // 10), options.seed)
            reports = fuzz(things, each, options.seed + 1)
            things.city.close()
        finally:
            server.stop()
            city.close()
    wrong = sum(len(report.wrong) for report in (*warm.values(), *reports.values()))
    grown = sum(report.grown_mb for report in reports.values())
    most = MOST_GROWTH * next(iter(reports.values())).before_mb
    cases = sum(report.cases for report in (*warm.values(), *reports.values()))
    print(f"{cases:,} cases, {wrong} wrong, memory {grown:+.0f} MB of at most {most:.0f}")
    return 1 if wrong or grown > most else 0


if __name__ == "__main__":
    sys.exit(main())
