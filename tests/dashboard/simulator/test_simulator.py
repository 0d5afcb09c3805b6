"""The simulator is a stranger: it imports nothing of ours, and its people stay on plausible paths."""

from __future__ import annotations

import ast
import random
from pathlib import Path

from dashboard.simulator.paths import Roads, Walker, metres

FOLDER = Path(__file__).parents[3] / "dashboard" / "simulator"
OURS = ("app", "callbacks", "dashboard", "datasources", "layouts")


def test_it_uses_only_the_public_interfaces() -> None:
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            foreign = [n for n in names if n.split(".")[0] in OURS and not n.startswith("dashboard.simulator")]
            assert foreign == [], path.name


def test_walkers_never_jump_and_stay_near_home() -> None:
    chance, roads = random.Random(1), Roads()
    home = (103.5, 30.5)
    walker = Walker(home, 300, roads, chance)
    for _ in range(500):
        before = walker.at
        walker.step(10)
        assert metres(before, walker.at) <= 71
        assert metres(home, walker.at) <= 301


def test_where_streets_are_known_people_keep_to_them() -> None:
    chance, roads = random.Random(1), Roads()
    west, south, east, north = roads.box
    walker = Walker(((west + east) / 2, (south + north) / 2), 300, roads, chance)
    for _ in range(300):
        walker.step(10)
    corners = [p for edges in roads._from.values() for _, line in edges for p in line]
    assert min(metres(walker.at, corner) for corner in corners) < 250
