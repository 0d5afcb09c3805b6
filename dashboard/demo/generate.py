"""Writes the files of the demo city: the same kinds of files that a bureau hands over, for the same import.

Codes and names down to the community and the boundaries of the districts are real (see data/README.md);
boundaries below, grids, micro-grids, people and cameras are generated with a fixed seed, each district
from a seed of its own, so that every machine has the same city however many processes draw it.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import shapely

from dashboard.codes import LEVELS, parent_of
from dashboard.demo import names
from dashboard.demo.partition import divide, point_inside
from dashboard.demo.scale import SEED, Scale
from dashboard.importing.boundaries import read_aliases, read_boundaries
from dashboard.importing.tables import Table

DATA = Path(__file__).parent / "data"
SIMPLIFY_DEG = 0.002  # the source is quantised to 1/1024 of a degree: finer corners are noise
MICRO_GRIDS_PER_GRID = 6
MOUNTAINS = ("510181", "510182", "510183", "510184", "510129", "510131")

Progress = Callable[[str, int, int], None]


class Drawn(NamedTuple):
    """One area as it goes into the files."""

    code: str
    name: str
    source: str
    shape: Any


class Files(NamedTuple):
    """Where the files of a generated city are."""

    areas: Path
    boundaries: Path
    units: Path
    video: Path


def generate(scale: Scale, folder: Path, progress: Progress = lambda what, done, total: None) -> Files:
    """Write the city of this scale into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    divisions = [(row.text("code", 18), row.text("name", 80)) for row in Table(DATA / "divisions.csv").rows(("code", "name"))]
    districts = district_shapes()
    wanted = _chosen(divisions, scale)
    per_community = _share(scale.micro_grids, [code for code, _ in wanted if len(code) == LEVELS["community"]])
    city = next((code, name) for code, name in divisions if len(code) == LEVELS["city"])
    drawn = [Drawn(*city, "official", shapely.union_all(list(districts.values()), grid_size=1e-7))]
    jobs = []
    for code, shape in sorted(districts.items()):
        below = [(c, n) for c, n in wanted if c.startswith(code)]
        jobs.append((code, shape, below, {c: n for c, n in per_community.items() if c.startswith(code)}))
    progress("draw", 0, len(jobs))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for done, part in enumerate(pool.map(_draw_district, jobs), start=1):
            drawn.extend(part)
            progress("draw", done, len(jobs))
    return _write(drawn, scale, folder, progress)


def district_shapes() -> dict[str, Any]:
    """Code → shape of each district in WGS-84, simplified together so that neighbours still touch."""
    read = read_boundaries(DATA / "districts-gcj02.geojson", "gcj02", read_aliases(DATA / "aliases.csv"))
    codes = sorted(read)
    simple = shapely.coverage_simplify([read[code][0] for code in codes], SIMPLIFY_DEG)
    shapes: dict[str, Any] = {}
    taken: Any = shapely.Polygon()
    for code, shape in zip(codes, simple, strict=True):
        # the source overlaps itself by slivers: the first district keeps them, and crumbs below 10⁻⁵ deg² go
        free = shapely.difference(shapely.make_valid(shape), taken, grid_size=1e-6)
        parts = [part for part in shapely.get_parts(free) if part.geom_type == "Polygon" and part.area > 1e-5]
        shapes[code] = shapely.union_all(parts)
        taken = shapely.union(taken, shapes[code], grid_size=1e-6)
    return shapes


def _chosen(divisions: list[tuple[str, str]], scale: Scale) -> list[tuple[str, str]]:
    """The divisions that this scale draws below the city; all of them but for the small one."""
    chosen: list[tuple[str, str]] = []
    count: dict[str, int] = {}
    kept = {""}
    for code, name in sorted(divisions):
        parent = parent_of(code) or ""
        limits = {LEVELS["street"]: scale.streets_each, LEVELS["community"]: scale.communities_each}
        limit = limits.get(len(code))
        if len(code) > LEVELS["district"] and parent not in kept:
            continue
        if len(code) == LEVELS["street"] and scale.districts is not None and parent not in scale.districts:
            continue
        if limit is not None and count.get(parent, 0) >= limit:
            continue
        count[parent] = count.get(parent, 0) + 1
        kept.add(code)
        chosen.append((code, name))
    return chosen


def _share(total: int, codes: list[str]) -> dict[str, int]:
    """Spread `total` over the communities as evenly as seeded chance does, each at least one."""
    rng = np.random.default_rng(SEED)
    counts = 1 + rng.multinomial(total - len(codes), np.full(len(codes), 1 / len(codes)))
    return {code: int(count) for code, count in zip(codes, counts, strict=True)}


def _draw_district(job: tuple[str, Any, list[tuple[str, str]], dict[str, int]]) -> list[Drawn]:
    code, shape, divisions, per_community = job
    rng = np.random.default_rng([SEED, int(code)])
    name_of = dict(divisions)
    drawn = [Drawn(code, name_of[code], "official", shape)]
    for street, street_shape in _below(code, shape, divisions, LEVELS["street"], rng):
        drawn.append(Drawn(street, name_of[street], "generated", street_shape))
        for community, community_shape in _below(street, street_shape, divisions, LEVELS["community"], rng):
            drawn.append(Drawn(community, names.short(name_of[community]), "generated", community_shape))
            drawn.extend(_draw_grids(community, community_shape, per_community[community], rng))
    return drawn


def _below(code: str, shape: Any, divisions: list[tuple[str, str]], length: int, rng: np.random.Generator) -> Iterable[tuple[str, Any]]:
    codes = [c for c, _ in divisions if len(c) == length and c.startswith(code)]
    return zip(codes, divide(shape, len(codes), rng), strict=True) if codes else ()


def _draw_grids(community: str, shape: Any, micro_grids: int, rng: np.random.Generator) -> Iterable[Drawn]:
    grids = max(1, round(micro_grids / MICRO_GRIDS_PER_GRID))
    sizes = [micro_grids // grids + (i < micro_grids % grids) for i in range(grids)]
    number = 0
    for i, (size, grid_shape) in enumerate(zip(sizes, divide(shape, grids, rng), strict=True), start=1):
        grid = f"{community}{i:03d}"
        yield Drawn(grid, f"第 {i} 网格", "generated", grid_shape)
        for j, micro_shape in enumerate(divide(grid_shape, size, rng), start=1):
            number += 1
            yield Drawn(f"{grid}{j:03d}", f"第 {number} 微网格", "generated", micro_shape)


def _write(drawn: list[Drawn], scale: Scale, folder: Path, progress: Progress) -> Files:
    files = Files(*(folder / name for name in ("areas.csv", "boundaries.geojson", "units.csv", "video-points.csv")))
    rng = np.random.default_rng([SEED, 1])
    people = _population(drawn, rng)
    progress("write", 0, 3)
    with files.areas.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("code", "name", "dedicated", "households", "population", "vulnerable"))
        for area in drawn:
            writer.writerow((area.code, area.name, int(len(area.code) == LEVELS["grid"] and rng.random() < 0.05), *people[area.code]))
    shapes = shapely.to_geojson(shapely.set_precision([area.shape for area in drawn], 1e-6))
    features = [
        {
            "type": "Feature",
            "properties": {"code": area.code, "boundary_source": area.source},
            "geometry": orjson.Fragment(shape),
        }
        for area, shape in zip(drawn, shapes, strict=True)
    ]
    files.boundaries.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": features}))
    progress("write", 1, 3)
    _write_units(files.units, drawn, scale, rng)
    progress("write", 2, 3)
    _write_video(files.video, drawn, scale, rng)
    progress("write", 3, 3)
    return files


def _population(drawn: list[Drawn], rng: np.random.Generator) -> dict[str, tuple[int, int, int]]:
    """Code → (households, population, vulnerable): drawn for micro-grids, summed upwards."""
    total: dict[str, list[int]] = {area.code: [0, 0, 0] for area in drawn}
    for area in drawn:
        if len(area.code) == LEVELS["micro_grid"]:
            households = int(rng.integers(28, 96))
            figures = (households, int(households * rng.uniform(2.2, 3.1)), int(rng.integers(1, 12)))
            for length in LEVELS.values():
                for i, figure in enumerate(figures):
                    total[area.code[:length]][i] += figure
    return {code: (a, b, c) for code, (a, b, c) in total.items()}


def _write_units(path: Path, drawn: list[Drawn], scale: Scale, rng: np.random.Generator) -> None:
    by_length = {length: [area for area in drawn if len(area.code) == length] for length in LEVELS.values()}
    posts: list[tuple[str, list[str], str, str]] = []  # area code, roles, kind, name of a team
    for grid in by_length[LEVELS["grid"]]:
        roles = ["grid_officer", *(["disaster_informant"] if rng.random() < 0.3 else [])]
        posts.append((grid.code, roles, "person", ""))
    for street in by_length[LEVELS["street"]]:
        posts.append((street.code, ["firefighter"], "team", f"{street.name}消防队"))
        posts.append((street.code, ["medic"], "person", ""))
        if street.code[:6] in MOUNTAINS:
            posts.append((street.code, ["forest_ranger"], "person", ""))
    posts = posts[: scale.units]
    micro = by_length[LEVELS["micro_grid"]]
    for i in rng.choice(len(micro), max(0, scale.units - len(posts)), replace=len(micro) < scale.units - len(posts)):
        roles = ["micro_grid_leader", *(["volunteer"] if rng.random() < 0.25 else [])]
        posts.append((micro[int(i)].code, roles, "person", ""))
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("code", "name", "kind", "phone", "area_code", "duty", "roles", "skills"))
        skills = ("first_aid", "boat", "chainsaw", "drone", "pump", "swimming", "electrician")
        for i, (code, roles, kind, team) in enumerate(posts):
            has = [str(s) for s in rng.choice(skills, int(rng.choice([0, 1, 2], p=[0.6, 0.3, 0.1])), replace=False)]
            duty = "on_duty" if rng.random() < 0.94 else "off_duty"
            writer.writerow((f"U{i:06d}", team or names.person(rng), kind, names.phone(i), code, duty, ";".join(roles), ";".join(has)))


def _write_video(path: Path, drawn: list[Drawn], scale: Scale, rng: np.random.Generator) -> None:
    micro = [area for area in drawn if len(area.code) == LEVELS["micro_grid"]]
    community_names = {area.code: area.name for area in drawn if len(area.code) == LEVELS["community"]}
    kinds = ("road", "river", "school", "key_site", "high_point")
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("code", "name", "kind", "area_code", "lon", "lat", "online"))
        for i in range(scale.video_points):
            area = micro[int(rng.integers(len(micro)))]
            name = community_names[area.code[: LEVELS["community"]]] + str(rng.choice(names.CORNERS))
            kind = str(rng.choice(kinds, p=[0.5, 0.15, 0.1, 0.15, 0.1]))
            lon, lat = point_inside(area.shape, rng)
            writer.writerow((f"V{i:06d}", name, kind, area.code, lon, lat, int(rng.random() < 0.982)))
