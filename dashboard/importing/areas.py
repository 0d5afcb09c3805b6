"""Import of areas: a CSV with codes and names, and GeoJSON with boundaries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy import delete, insert

from dashboard.codes import end_of, is_code, level_of, parent_of
from dashboard.command import Commands
from dashboard.identity import Principal
from dashboard.importing.boundaries import read_aliases, read_boundaries
from dashboard.importing.problems import ImportFailed, Problem
from dashboard.importing.tables import Table
from datasources.models import Area

Progress = Callable[[str, int, int], None]
CHUNK = 2000


def initials(name: str) -> str:
    """Pinyin initials for search: 锦江区 → jjq."""
    # its dictionary takes most of a second to load, and only an import needs it
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()[:80]


def import_areas(
    commands: Commands,
    principal: Principal,
    areas_csv: Path,
    boundaries: Path,
    crs: str = "wgs84",
    aliases: Path | None = None,
    progress: Progress = lambda what, done, total: None,
) -> int:
    """Replace the areas of the cities in the file; returns how many. All or, on `ImportFailed`, nothing.

    CSV columns: `code`, `name`; if known `dedicated` (0/1), `households`, `population`, `vulnerable`. A city without a
    boundary gets the union of its districts.
    """
    progress("read", 0, 1)
    shapes = read_boundaries(boundaries, crs, read_aliases(aliases))
    table = Table(areas_csv)
    rows = [_area(row) for row in table.rows(("code", "name"))]
    codes = {row["code"] for row in rows}
    for city in [row["code"] for row in rows if row["level"] == "city" and row["code"] not in shapes]:
        districts = [shape for code, (shape, _) in shapes.items() if parent_of(code) == city]
        if districts:
            shapes[city] = (shapely.union_all(districts, grid_size=1e-7), "official")
    problems = [*table.problems, *_unmatched(areas_csv.name, boundaries.name, rows, codes, shapes)]
    if not rows:
        problems.append(Problem(areas_csv.name, 2, "code", "", "至少一行 / at least one row"))
    if problems:
        raise ImportFailed(problems)
    for row in rows:
        _draw(row, *shapes[row["code"]])
    with commands.transaction(principal) as work:
        for city in sorted({code[:4] for code in codes}):
            work.session.execute(delete(Area).where(Area.code >= city, Area.code < end_of(city)))
        for start in range(0, len(rows), CHUNK):
            work.session.execute(insert(Area), rows[start : start + CHUNK])
            progress("areas", min(start + CHUNK, len(rows)), len(rows))
        for city in sorted({code[:4] for code in codes}):
            work.record("area.import", city, city, {"count": len(rows)})
    return len(rows)


def _area(row: Any) -> dict[str, Any]:
    code, name = row.text("code", 18), row.text("name", 80)
    if not is_code(code):
        row.wrong("code", "4, 6, 9, 12, 15 或/or 18 位数字/digits")
        code = "0000"
    return {
        "code": code,
        "level": level_of(code),
        "parent_code": parent_of(code),
        "name": name,
        "pinyin_initials": initials(name),
        "dedicated": row.choice("dedicated", ("0", "1"), "0") == "1",
        "households": row.whole("households"),
        "population": row.whole("population"),
        "vulnerable": row.whole("vulnerable"),
    }


def _unmatched(areas_file: str, boundary_file: str, rows: list[dict[str, Any]], codes: set[str], shapes: dict[str, Any]) -> list[Problem]:
    problems = []
    seen: set[str] = set()
    for number, row in enumerate(rows, start=2):
        code, parent = row["code"], row["parent_code"]
        if code in seen:
            problems.append(Problem(areas_file, number, "code", code, "每个编码只有一行 / one row for each code"))
        seen.add(code)
        if parent is not None and parent not in codes:
            problems.append(Problem(areas_file, number, "code", code, f"上级 {parent} 也在文件中 / its parent {parent} in the file"))
        if code not in shapes:
            problems.append(Problem(areas_file, number, "code", code, f"{boundary_file} 中有其边界 / a boundary in {boundary_file}"))
    for number, code in enumerate(shapes, start=1):
        if code not in codes:
            wanted = f"{areas_file} 中的编码，或别名表 / a code of {areas_file}, or an alias"
            problems.append(Problem(boundary_file, number, "code", code, wanted))
    return problems


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
