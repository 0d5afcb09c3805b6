"""Boots a fresh Debian 12, types docs/operations.md, and looks on while the page upgrades the city. Root, network and some ten minutes."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dashboard.demo.generate import generate
from dashboard.demo.scale import SCALES
from tests.operations.machine import Machine, NoMachine
from tests.operations.onlooker import Onlooker
from tests.operations.page import blocks

ROOT = Path(__file__).parent.parent.parent
AREA = "5101"
LOOKED_AT = ("Upgrading", "New keys")
"""Sections during which somebody looks on."""
CHOICES = """
sed -i -e 's|^SOURCE=.*|SOURCE=/srv/yiping.git|' -e 's|^NAME=.*|NAME=yiping.test|' /root/yiping.choices
"""


def main() -> int:
    """0 when every block of the page did what it says."""
    parser = argparse.ArgumentParser(prog="python -m tests.operations")
    parser.add_argument("--trust", type=Path, help="certificate authority of this network's way out, in PEM")
    parser.add_argument("--scale", default="small", choices=tuple(SCALES))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yiping-operations-") as folder:
        try:
            machine = Machine(Path(folder) / "debian", options.trust)
        except NoMachine as sorry:
            print(sorry, file=sys.stderr)
            return 2
        try:
            _bring(machine, options.scale)
            return _type(machine)
        finally:
            machine.stop()


def _bring(machine: Machine, scale: str) -> None:
    """What an administrator has: the address of the repository, and the city's files."""
    subprocess.run(["git", "clone", "--quiet", "--bare", str(ROOT), str(machine.tree / "srv/yiping.git")], check=True)
    files = generate(SCALES[scale], machine.tree / "srv/made")
    city = machine.tree / "srv/city"
    city.mkdir()
    for file, name in (
        (files.areas, "areas.csv"),
        (files.boundaries, "boundaries.geojson"),
        (files.units, "units.csv"),
        (files.video, "video-points.csv"),
    ):
        shutil.copy(file, city / name)


def _type(machine: Machine) -> int:
    onlooker: Onlooker | None = None
    for number, block in enumerate(blocks()):
        began = time.monotonic()
        looked_at = block.section.startswith(LOOKED_AT)
        if looked_at:
            onlooker = Onlooker(_token(machine), AREA)
            onlooker.open()
        try:
            machine.run(block.script + (CHOICES if number == 0 else ""))
        except subprocess.CalledProcessError as error:
            print(f"✗ docs/operations.md:{block.line} “{block.section}” ends with {error.returncode}", flush=True)
            print(error.stdout[-1500:], error.stderr[-3000:], sep="\n", flush=True)
            return 1
        print(f"✓ docs/operations.md:{block.line} “{block.section}” {time.monotonic() - began:.1f} s", flush=True)
        if looked_at and onlooker is not None:
            told_s = onlooker.report(onlooker.units()[0], "off_duty")
            onlooker.end()
            failed = f"{len(onlooker.failed)} failed {sorted(set(onlooker.failed))}"
            print(f"  meanwhile {onlooker.asked} questions through nginx, {failed};", end=" ")
            print(f"{onlooker.dark_s:.1f} s without a connection at most; told of a change after {told_s * 1000:.0f} ms", flush=True)
            if onlooker.failed:
                return 1
    return 0


def _token(machine: Machine) -> str:
    return machine.run(f"yiping token create --role officer --area {AREA} --name onlooker").splitlines()[-1]


if __name__ == "__main__":
    sys.exit(main())
