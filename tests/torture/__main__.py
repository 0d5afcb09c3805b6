"""`make torture`: long runs on SQLite and on PostgreSQL. `python -m tests.torture --seed 7 --deliveries 20000 --database sqlite`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from dashboard.settings import from_environment
from tests.cities import demo_city
from tests.servers import Server, free_port, postgres
from tests.torture.run import Plan, run

SEEDS = (1, 2)
PHONES_A_SECOND = 150
"""So many come back in a second after a cut or a kill: as many as one worker can take."""
LONGEST_REST = 12.0
"""Faults come often enough to hit a run of any size: with ten thousand phones they also hit those that are coming back."""


def main() -> int:
    """0 when every audit was clean."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("--seed", type=int, action="append", help=f"default: {', '.join(map(str, SEEDS))}")
    parser.add_argument("--deliveries", type=int, default=100_000, help="of each run")
    parser.add_argument("--phones", type=int, default=300)
    parser.add_argument("--everybody", type=float, default=0.35, help="share of orders that go to everybody on duty")
    parser.add_argument("--pace", type=float, default=1.0, help="seconds between orders, on average")
    parser.add_argument("--hostile", type=float, default=0.1, help="for each phone so many hostile ones beside it")
    parser.add_argument("--scale", default="demo", choices=("small", "demo", "full"))
    parser.add_argument("--database", action="append", choices=("sqlite", "postgresql"))
    options = parser.parse_args()
    clean = True
    for database in options.database or ("sqlite", "postgresql"):
        for seed in options.seed or SEEDS:
            print(f"▸ {database}, seed {seed}, {options.deliveries:,} deliveries to {options.phones:,} units", flush=True)
            began = time.monotonic()
            with ExitStack() as stack:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yiping-torture-")))
                folder.chmod(0o711)
                settings = {"YIPING_DATA": str(folder), "SCALE": options.scale}
                if database == "postgresql":
                    settings["YIPING_DATABASE_URL"] = stack.enter_context(postgres(folder / "postgres", durable=True)) + "/postgres"
                city = demo_city(from_environment(settings))
                server = Server(folder, free_port(), **{k: v for k, v in settings.items() if k == "YIPING_DATABASE_URL"})
                server.start()
                stack.callback(server.stop)
                rest = min(max(1.0, options.phones / PHONES_A_SECOND), LONGEST_REST)
                plan = Plan(
                    seed,
                    options.deliveries,
                    options.phones,
                    everybody=options.everybody,
                    pace=options.pace,
                    hostile=options.hostile,
                    kill_every=12 * rest,
                    cut_every=7 * rest,
                    settle_s=90.0 + 10 * options.phones / PHONES_A_SECOND,
                )

                def token(role: str, area: str = "5101", unit: str | None = None, city=city) -> str:  # type: ignore[no-untyped-def]
                    return str(city.accounts.create_token("api", f"torture {role}", role, area, timedelta(days=2), unit).secret)

                found = run(plan, server, city, token)
                city.close()
            print(f"{found}\n  {time.monotonic() - began:.0f} s", flush=True)
            clean = clean and found.clean
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
