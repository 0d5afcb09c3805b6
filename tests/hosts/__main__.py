"""The long form: `python -m tests.hosts --seed 7`, every fault in an order drawn from the seed; part of `make torture`."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.hosts.network import possible
from tests.hosts.trial import FAULTS, Trial


def main() -> int:
    """0 when nothing was lost and every screen was right in the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.hosts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1, help="so many times each fault")
    parser.add_argument("--fault", action="append", choices=tuple(FAULTS), help="only this one")
    options = parser.parse_args()
    if not possible():
        print("network namespaces can be made by root only", file=sys.stderr)
        return 2
    faults = (options.fault or list(FAULTS)) * options.rounds
    random.Random(options.seed).shuffle(faults)
    print(f"▸ two hosts, seed {options.seed}, {len(faults)} faults", flush=True)
    with tempfile.TemporaryDirectory(prefix="yiping-hosts-") as folder:
        Path(folder).chmod(0o755)
        with Trial(Path(folder)) as trial:
            report = trial.run(faults, options.seed)
    print(report, flush=True)
    return 0 if report.clean else 1


if __name__ == "__main__":
    sys.exit(main())
