"""Geofences: what it costs to keep 44,000 moving units against 2,000 fences, beside the time in which those positions come in."""

from __future__ import annotations

import time

import numpy as np
import shapely
from sqlalchemy import select

from bench.city import running
from bench.common import Figure, median
from bench.positions_in import REAL_LOAD
from dashboard.fences.fences import NewFence
from dashboard.identity import SYSTEM
from datasources.models import Area

FENCES = 2000
SECONDS = 10
"""In which every one of 44,000 units reports once."""
LIMIT = 0.35


def measure(scale: str = "full", rounds: int = 3) -> list[Figure]:
    """A look every two seconds, each with the positions of two seconds; everybody walks some hundred metres between reports."""
    with running(scale) as city:
        services = city.city
        with services.database.read() as session:
            places = session.execute(
                select(Area.code, Area.lon, Area.lat).where(Area.level == "community").order_by(Area.code).limit(FENCES)
            ).all()
        for code, lon, lat in places:
            ring = list(shapely.Point(lon, lat).buffer(0.006, quad_segs=6).exterior.coords)[:-1]
            rule = ("enter", "leave", "stay")[int(code) % 3]
            minutes = 30 if rule == "stay" else 0
            services.fences.make(SYSTEM, NewFence(key=f"bench-{code}", name=code, area=code, ring=ring, rule=rule, minutes=minutes))  # type: ignore[arg-type]
        hot, chance = services.positions.hot, np.random.default_rng(7)
        units = np.flatnonzero(hot.on_duty)
        starts = chance.integers(0, len(places), units.size)
        lon = np.array([place[1] for place in places])[starts] + chance.normal(0, 0.01, units.size)
        lat = np.array([place[2] for place in places])[starts] + chance.normal(0, 0.01, units.size)
        hot.lon[units], hot.lat[units], hot.at[units] = lon * 1e6, lat * 1e6, 1
        services.watcher.look()  # everybody is placed once
        shares, looks = [], []
        for _ in range(rounds):
            spent = 0.0
            for part in range(SECONDS // 2):
                some = units[part * 2 * REAL_LOAD : (part + 1) * 2 * REAL_LOAD]
                hot.lon[some] += (chance.normal(0, 0.001, some.size) * 1e6).astype(np.int32)
                hot.lat[some] += (chance.normal(0, 0.001, some.size) * 1e6).astype(np.int32)
                hot.at[some] += 1
                began, cpu = time.perf_counter(), time.process_time()
                services.watcher.look()
                looks.append(time.perf_counter() - began)
                spent += time.process_time() - cpu
            shares.append(spent / SECONDS)
        with services.database.read() as session:
            inside = len(services.watcher._membership.inside)
    share = median(shares)
    return [
        Figure(
            f"fences, {units.size:,} moving units against {len(places):,}",
            f"{100 * share:.0f} % of one core",
            "one core",
            share,
            f"< {100 * LIMIT:.0f} % of one core",
            share < LIMIT,
            f"a look takes {1000 * median(looks):.0f} ms, at most {1000 * max(looks):.0f} ms, every 2 s; {inside:,} are inside one",
        )
    ]
