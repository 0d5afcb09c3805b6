"""`make bench`: run every measurement and print it. `python -m bench tap` runs one."""

from __future__ import annotations

import sys

from bench import tap

MEASUREMENTS = {"tap": tap.measure}


def main() -> int:
    """Run those that are named, by default all."""
    for name in sys.argv[1:] or MEASUREMENTS:
        if name not in MEASUREMENTS:
            print(f"unknown: {name}; there are {', '.join(MEASUREMENTS)}", file=sys.stderr)
            return 2
        MEASUREMENTS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
