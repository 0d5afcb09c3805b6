"""Plausible paths: along the streets where the road network is known, elsewhere from door to door in the own area."""

from __future__ import annotations

import json
import math
import random
from collections import defaultdict
from pathlib import Path

Point = tuple[float, float]
"""(lon, lat), WGS-84 degrees."""

ROADS = Path(__file__).parent.parent / "demo" / "data" / "roads.geojson"
METRES_PER_DEGREE = 111_320.0


class Roads:
    """Directed road edges by the junction where they begin."""

    def __init__(self) -> None:
        features = json.loads(ROADS.read_text("utf-8"))["features"]
        self._from: dict[str, list[tuple[str, list[Point]]]] = defaultdict(list)
        for feature in features:
            line = [(float(lon), float(lat)) for lon, lat in feature["geometry"]["coordinates"]]
            self._from[feature["properties"]["from"]].append((feature["properties"]["to"], line))
        points = [p for edges in self._from.values() for _, line in edges for p in line]
        self.box = (min(p[0] for p in points), min(p[1] for p in points), max(p[0] for p in points), max(p[1] for p in points))

    def holds(self, place: Point) -> bool:
        """Whether a place lies where the network is known."""
        west, south, east, north = self.box
        return west <= place[0] <= east and south <= place[1] <= north

    def walk(self, near: Point, chance: random.Random) -> tuple[str, list[Point]]:
        """A junction near a place, and no way yet."""
        starts = [(node, edges[0][1][0]) for node, edges in self._from.items()]
        node, _ = min(chance.sample(starts, min(60, len(starts))), key=lambda s: metres(s[1], near))
        return node, []

    def on(self, node: str, chance: random.Random) -> tuple[str, list[Point]]:
        """From a junction to the next one: its id and the points on the way; back to the start of the net at a dead end."""
        edges = self._from.get(node) or chance.choice(list(self._from.values()))
        return chance.choice(edges)


def metres(a: Point, b: Point) -> float:
    """Distance, flat: good to a percent within a city."""
    east = (b[0] - a[0]) * math.cos(math.radians(a[1])) * METRES_PER_DEGREE
    return math.hypot(east, (b[1] - a[1]) * METRES_PER_DEGREE)


class Walker:
    """One unit on its way: 1.2 m/s on foot or 7 m/s on wheels, with stops."""

    def __init__(self, home: Point, radius_m: float, roads: Roads, chance: random.Random) -> None:
        self.at = home
        self.heading = 0.0
        self._home = home
        self._radius = radius_m
        self._roads = roads if roads.holds(home) else None
        self._node = ""
        self._way: list[Point] = []
        self._chance = chance
        self._speed = 7.0 if chance.random() < 0.15 else 1.2
        self._rest = chance.uniform(0, 60)

    def go_home(self) -> None:
        """Back to where it began: what lay ahead was outside the city."""
        self.at, self._way, self._rest = self._home, [], 30.0

    def settle(self, place: Point) -> None:
        """Begin at another place."""
        self._home = place
        self.go_home()

    def step(self, seconds: float) -> bool:
        """Go on for some seconds; False while resting."""
        if self._rest > 0:
            self._rest -= seconds
            return False
        left = self._speed * seconds
        while left > 0:
            if not self._way:
                self._choose()
                if self._rest > 0:
                    break
            goal = self._way[0]
            distance = metres(self.at, goal)
            if distance <= left:
                self._turn(goal)
                self.at, left = goal, left - distance
                self._way.pop(0)
            else:
                self._turn(goal)
                share = left / distance
                self.at = (self.at[0] + (goal[0] - self.at[0]) * share, self.at[1] + (goal[1] - self.at[1]) * share)
                left = 0
        return True

    def _turn(self, goal: Point) -> None:
        if goal != self.at:
            east = (goal[0] - self.at[0]) * math.cos(math.radians(self.at[1]))
            self.heading = math.degrees(math.atan2(east, goal[1] - self.at[1])) % 360

    def _choose(self) -> None:
        if self._chance.random() < 0.25:
            self._rest = self._chance.uniform(20, 180)
        if self._roads is not None:
            if not self._node:
                self._node, _ = self._roads.walk(self._home, self._chance)
            self._node, way = self._roads.on(self._node, self._chance)
            self._way = list(way)
        else:
            angle, distance = self._chance.uniform(0, 2 * math.pi), self._radius * math.sqrt(self._chance.random())
            east = distance * math.sin(angle) / METRES_PER_DEGREE / math.cos(math.radians(self._home[1]))
            self._way = [(self._home[0] + east, self._home[1] + distance * math.cos(angle) / METRES_PER_DEGREE)]
