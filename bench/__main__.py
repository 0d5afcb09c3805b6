"""`make bench`: every measurement, one table, kept as JSON and in docs/performance.md. `python -m bench tiles orders_out` runs some."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench.common import RESULTS, Figure, machine

MEASUREMENTS = (
    "tiles",
    "positions_in",
    "positions_out",
    "orders_out",
    "glass_to_glass",
    "first_view",
    "drill_down",
    "no_stall",
    "growth",
    "workers",
    "fences",
    "soak",
)
PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


def main() -> int:
    """Run those that are named, by default all; `tap` is the measurement of issue 2 and prints its own table."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(MEASUREMENTS)}, tap; default: all")
    parser.add_argument("--scale", default="full", choices=("small", "demo", "full"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=120, help="length of the soak")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in (*MEASUREMENTS, "tap")]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}")
    if "tap" in options.names or not options.names:
        importlib.import_module("bench.tap").measure()
    for name in [name for name in options.names or MEASUREMENTS if name != "tap"]:
        print(f"▸ {name}", flush=True)
        more = {"minutes": options.minutes} if name == "soak" else {}
        figures = importlib.import_module(f"bench.{name}").measure(scale=options.scale, rounds=options.rounds, **more)
        for figure in figures:
            print(_line(figure), flush=True)
        _keep(name, options.scale, options.rounds, figures)
    _write_page()
    return 0


def _line(figure: Figure) -> str:
    mark = {True: "✓", False: "✗", None: " "}[figure.met]
    return f"{mark} {figure.what}: {figure.ours}; {figure.beside}; ratio {figure.ratio:.3g}; goal {figure.goal or '—'}"


def _keep(name: str, scale: str, rounds: int, figures: list[Figure]) -> None:
    RESULTS.mkdir(exist_ok=True)
    kept = {
        "measured": name,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "scale": scale,
        "rounds": rounds,
        "figures": [figure.as_dict() for figure in figures],
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(kept, ensure_ascii=False, indent=2) + "\n", "utf-8")


def _write_page() -> None:
    """Put the newest result of each measurement into the page, between its two marks."""
    rows = ["| what | ours | beside it, same run | ratio | goal | met |", "|---|---|---|---|---|---|"]
    machines = set()
    for name in MEASUREMENTS:
        file = RESULTS / f"{name}.json"
        if not file.exists():
            continue
        kept = json.loads(file.read_text("utf-8"))
        machines.add(f"{kept['machine']}; scale {kept['scale']}, {kept['rounds']} rounds, {kept['at']}")
        for one in kept["figures"]:
            met = {True: "yes", False: "**no**", None: "—"}[one["met"]]
            note = f" ({one['note']})" if one["note"] else ""
            rows.append(f"| {one['what']} | {one['ours']} | {one['beside']}{note} | {one['ratio']:.3g} | {one['goal']} | {met} |")
    text = PAGE.read_text("utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    table = "\n".join([*rows, "", *(f"- {one}" for one in sorted(machines))])
    PAGE.write_text(f"{head}{BEGIN}\n{table}\n{END}{tail}", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
