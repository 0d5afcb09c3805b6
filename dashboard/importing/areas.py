"""Import of areas: a CSV with codes and names, and GeoJSON with boundaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from dashboard.codes import ancestors, end_of, is_code, level_of, parent_of
from dashboard.command import Commands
from dashboard.identity import Principal
from dashboard.importing.boundaries import Boundary, read_aliases, read_boundaries, read_pairs
from dashboard.importing.pinyin import initials
from dashboard.importing.problems import ImportFailed, Problem
from dashboard.importing.tables import Row, Table, repeated
from dashboard.memory import collector_paused
from datasources.models import Area
from datasources.queries import moving

Progress = Callable[[str, int, int], None]
Before = Mapping[str, dict[str, Any]]
"""Code → name and what else was known of an area."""
CHUNK = 2000
KNOWN = ("dedicated", "households", "population", "vulnerable")
"""Columns that a file may leave out: then what is known stays."""
HEADERS = {
    "编码": "code",
    "代码": "code",
    "区划代码": "code",
    "名称": "name",
    "户数": "households",
    "人口": "population",
    "重点人员": "vulnerable",
    "专属": "dedicated",
}
"""What clerks call the columns."""
Shapes = Mapping[str, Boundary]
LEAST_INSIDE = 0.5
"""How much of an area must lie within its parent: boundaries of different sources do not fit exactly."""
KINDS = {
    "units": ("应急力量", "field units"),
    "tickets": ("未结工单", "open tickets"),
    "warnings": ("生效预警", "warnings in force"),
    "video": ("视频点位", "cameras"),
    "fences": ("电子围栏", "fences"),
    "accounts": ("账号", "accounts"),
    "tokens": ("令牌", "tokens"),
    "orders": ("进行中指令", "running orders"),
    "deliveries": ("未完成送达", "deliveries under way"),
    "desk_items": ("待接事项", "items at the desk"),
    "policies": ("叫应规则", "call policies"),
}


@collector_paused()
def import_areas(
    commands: Commands,
    principal: Principal,
    areas_csv: Path,
    boundaries: Path,
    crs: str | None = "wgs84",
    aliases: Path | None = None,
    progress: Progress = lambda what, done, total: None,
    moves: Path | None = None,
) -> int:
    """Replace the areas of the cities in the file; returns how many. All or, on `ImportFailed`, nothing.

    CSV columns: `code`, `name`; if known `dedicated` (0/1), `households`, `population`, `vulnerable`. A city without a
    boundary gets the union of its districts. `moves`: a CSV `old,new` that says where those go whose area is gone.
    """
    progress("read", 0, 1)
    problems: list[Problem] = []
    shapes: dict[str, Boundary] = {}
    try:
        shapes = read_boundaries(boundaries, crs, read_aliases(aliases))
    except ImportFailed as failed:
        problems += failed.problems
    unread = bool(problems)
    table = Table(areas_csv)
    read = [(row, _area(row)) for row in table.rows(("code", "name"), HEADERS)]
    repeated(row for row, _ in read)
    rows = [area for row, area in read if row.ok]
    codes = {area["code"] for _, area in read if is_code(area["code"])}
    if not read:
        problems.append(Problem(areas_csv.name, 2, "code", "", "至少一行 / at least one row"))
    pairs = read_pairs(moves, "old", "new") if moves else {}
    for old, new in pairs.items():
        if new not in codes:
            wanted = f"{areas_csv.name} 中的编码 / a code of {areas_csv.name}"
            problems.append(Problem(moves.name if moves else "", 0, "new", f"{old},{new}", wanted))
    if not unread:
        _give_cities_their_outline(codes, shapes)
        _match(areas_csv.name, boundaries.name, read, codes, shapes, problems)
        _outside(boundaries.name, [code for code in codes if code in shapes], shapes, problems)
    if problems or table.problems:
        raise ImportFailed([*table.problems, *problems])
    for area in rows:
        _draw(area, *shapes[area["code"]][:2])
    cities = sorted({code[:4] for code in codes})
    with commands.transaction(principal) as work:
        before = _before(work.session, cities)
        for area in rows:
            known = before.get(area["code"])
            for name in KNOWN:
                if name not in table.columns:
                    area[name] = known[name] if known else (False if name == "dedicated" else 0)
        for city in cities:
            work.session.execute(delete(Area).where(Area.code >= city, Area.code < end_of(city)))
        for start in range(0, len(rows), CHUNK):
            work.session.execute(insert(Area), rows[start : start + CHUNK])
            progress("areas", min(start + CHUNK, len(rows) - 1), len(rows))
        for city in cities:
            moved = _move(work.session, city, codes, pairs)
            _nobody_lost(work.session, city, areas_csv.name, before, rows, work.now)
            gone = sorted(code for code in before if code.startswith(city) and code not in codes)
            mine = {old: new for old, new in pairs.items() if old.startswith(city)}
            work.record("area.import", city, city, {"count": len(rows), "gone": len(gone), "moves": mine, "moved": moved})
    return len(rows)


def _area(row: Row) -> dict[str, Any]:
    code, name = row.area("code"), row.text("name", 80)
    row.cells["code"] = code
    return {
        "code": code,
        "level": level_of(code) if is_code(code) else "",
        "parent_code": parent_of(code),
        "name": name,
        "pinyin_initials": initials(name),
        "dedicated": row.choice("dedicated", ("0", "1"), "0") == "1",
        "households": row.whole("households"),
        "population": row.whole("population"),
        "vulnerable": row.whole("vulnerable"),
    }


def _give_cities_their_outline(codes: set[str], shapes: dict[str, Boundary]) -> None:
    for city in [code for code in codes if len(code) == 4 and code not in shapes]:
        districts = [boundary.shape for code, boundary in shapes.items() if parent_of(code) == city]
        if districts:
            shapes[city] = Boundary(shapely.union_all(districts, grid_size=1e-7), "official", 0)


def _match(
    areas_file: str,
    boundary_file: str,
    read: list[tuple[Row, dict[str, Any]]],
    codes: set[str],
    shapes: Mapping[str, Boundary],
    problems: list[Problem],
) -> None:
    for row, area in read:
        if row.ok and area["parent_code"] is not None and area["parent_code"] not in codes:
            row.wrong("code", f"上级 {area['parent_code']} 也在文件中 / its parent {area['parent_code']} in the file")
        if row.ok and area["code"] not in shapes:
            row.wrong("code", f"{boundary_file} 中有其边界 / a boundary in {boundary_file}")
    for code, boundary in shapes.items():
        if code not in codes:
            wanted = f"{areas_file} 中的编码，或别名表 / a code of {areas_file}, or an alias"
            problems.append(Problem(boundary_file, boundary.number, "code", code, wanted))


def _outside(file: str, codes: list[str], shapes: Mapping[str, Boundary], problems: list[Problem]) -> None:
    """Note the areas of which less than half lies within their parent."""
    pairs = [(code, parent) for code in codes if (parent := parent_of(code)) in shapes]
    if not pairs:
        return
    inner = np.array([shapes[code].shape for code, _ in pairs], object)
    outer = np.array([shapes[str(parent)].shape for _, parent in pairs], object)
    shapely.prepare(list(dict.fromkeys(outer)))
    unsure = np.flatnonzero(~shapely.covers(outer, inner))
    inside = shapely.area(shapely.intersection(inner[unsure], outer[unsure])) / shapely.area(inner[unsure])
    for place in unsure[inside < LEAST_INSIDE]:
        code, parent = pairs[place]
        problems.append(Problem(file, shapes[code].number, "geometry", code, f"位于上级 {parent} 之内 / within its parent {parent}"))


def _before(session: Session, cities: list[str]) -> dict[str, dict[str, Any]]:
    names = ("name", *KNOWN)
    query = select(Area.code, *(getattr(Area, name) for name in names))
    found = [row for city in cities for row in session.execute(query.where(Area.code >= city, Area.code < end_of(city)))]
    return {code: dict(zip(names, more, strict=True)) for code, *more in found}


def _move(session: Session, city: str, codes: set[str], pairs: Mapping[str, str]) -> dict[str, int]:
    """Take what is named in `pairs`, and what lay below such an area and has none of its own, to the new areas."""
    targets = {}
    for code in moving.used(session, city, end_of(city)) if pairs else ():
        named = [code] if code in pairs else [] if code in codes else [above for above in ancestors(code) if above in pairs]
        if named:
            targets[code] = pairs[named[-1]]
    return moving.move(session, targets) if targets else {}


def _nobody_lost(session: Session, city: str, file: str, before: Before, rows: list[dict[str, Any]], now: datetime) -> None:
    """Raise `ImportFailed` when anything that is alive has an area that is none any more: how many of which kind, and where."""
    lost = moving.without(session, city, end_of(city), now)
    if not lost:
        return
    how = "写明去向：--moves CSV（列 old,new）/ say where they go: --moves CSV with the columns old,new"
    problems = [Problem(file, 0, "code", _counted({kind: sum(codes.values()) for kind, codes in lost.items()}), f"有区域；{how}")]
    for code in sorted({code for codes in lost.values() for code in codes}):
        name = before.get(code, {}).get("name", "")
        same = [row["code"] for row in rows if row["name"] == name and row["code"] not in before]
        hint = f"；同名 / same name: {same[0]}" if len(same) == 1 else ""
        wanted = _counted({kind: codes[code] for kind, codes in lost.items() if code in codes}) + hint
        problems.append(Problem(file, 0, "code", f"{code} {name}".strip(), wanted))
    raise ImportFailed(problems)


def _counted(numbers: Mapping[str, int]) -> str:
    return "、".join(f"{n} {KINDS[k][0]}" for k, n in numbers.items()) + " / " + ", ".join(f"{n} {KINDS[k][1]}" for k, n in numbers.items())


def _draw(row: dict[str, Any], shape: Any, source: str) -> None:
    point = shape.representative_point() if not shape.contains(shape.centroid) else shape.centroid
    west, south, east, north = shape.bounds
    row |= {
        "boundary_source": source,
        "geometry": shape,
        "lon": point.x,
        "lat": point.y,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
    }
