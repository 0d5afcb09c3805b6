"""Reading boundaries from GeoJSON: converted to WGS-84, repaired, and matched to the divisions' codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import shapely

from dashboard import plain
from dashboard.codes import is_code, standard
from dashboard.geo import gcj02_to_wgs84
from dashboard.importing.problems import ImportFailed, Problem
from dashboard.importing.tables import A_CODE, Row, Table, decoded, read

CRS = ("wgs84", "gcj02")
DEGREES = {"CRS84", "4326", "4490", "4979", "4480", "WGS84", "CGCS2000"}
"""Names of coordinate systems that are degrees of WGS-84, or of CGCS2000, which is the same within centimetres."""
CODES = ("code", "adcode", "xzqdm", "编码", "代码")
MAPS = {"acroutes", "subfeatureindex", "childrennum", "cp", "childnum"}
"""Properties that DataV and ECharts write, whose boundaries are GCJ-02."""
CHINA = (73.0, 3.0, 136.0, 54.0)
SOURCES = ("official", "generated")


class Boundary(NamedTuple):
    """One boundary: polygon or multipolygon in WGS-84 degrees, where it is from, which feature of the file it is (from 1)."""

    shape: Any
    source: str
    number: int


def read_aliases(path: Path | None) -> dict[str, str]:
    """Old code → present code, from a CSV with the columns `old_code`, `code`. Raises `ImportFailed`."""
    return {} if path is None else read_pairs(path, "old_code", "code")


def read_pairs(path: Path, old: str, new: str) -> dict[str, str]:
    """One code for another, from two columns. Raises `ImportFailed`."""
    table = Table(path)
    found: dict[str, str] = {}
    for row in table.rows((old, new)):
        before, after = row.area(old), row.area(new)
        if found.setdefault(before, after) != after:
            row.wrong(old, "每个旧编码只有一个新编码 / one new code for each old one")
    if table.problems:
        raise ImportFailed(table.problems)
    return found


def read_boundaries(path: Path, crs: str | None, aliases: Mapping[str, str]) -> dict[str, Boundary]:
    """Code → boundary; features of one code are joined. `crs` None: what the file says, else WGS-84.

    The code is the property `code` or `adcode`, or the feature's `id`; `boundary_source` is `official` unless a
    property says otherwise. Raises `ImportFailed` naming every feature without a usable code or shape.
    """
    document = _document(path)
    crs = _system(path.name, document, crs)
    problems: list[Problem] = []
    parts: dict[str, list[Boundary]] = {}
    for number, feature in enumerate(document["features"], start=1):
        here = Row(path.name, number, {}, problems)
        boundary = _boundary(here, feature, aliases, crs)
        if boundary is not None:
            parts.setdefault(here.cells["code"], []).append(boundary)
    if problems:
        raise ImportFailed(problems)
    return {code: _joined(some) for code, some in parts.items()}


def _document(path: Path) -> dict[str, Any]:
    data = read(path)
    try:
        found = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        try:
            found = orjson.loads(decoded(path.name, data))
        except orjson.JSONDecodeError as error:
            raise ImportFailed([Problem(path.name, 0, "JSON", "", f"GeoJSON FeatureCollection ({error})")]) from None
    if isinstance(found, dict) and found.get("type") == "Feature":
        found = {**found, "features": [found]}
    if not isinstance(found, dict) or not isinstance(found.get("features"), list):
        what = f"{found.get('type')}, features: {type(found.get('features')).__name__}" if isinstance(found, dict) else type(found).__name__
        raise ImportFailed([Problem(path.name, 0, "features", what, "GeoJSON FeatureCollection")])
    return found


def _system(file: str, document: Mapping[str, Any], crs: str | None) -> str:
    """Which coordinates the file has. Raises `ImportFailed` for others than degrees of WGS-84 or GCJ-02, by name."""
    given = document.get("crs")
    about = given.get("properties") if isinstance(given, dict) else None
    about = about if isinstance(about, dict) else {}
    name = str(about.get("name") or about.get("code") or about.get("href") or "") if given is not None else ""
    bare = re.sub(r"[\s_-]", "", name.upper())
    if "GCJ" in bare and crs is None:
        return "gcj02"
    last = re.split(r"[:/]", bare)[-1]
    if name and "GCJ" not in bare and last not in DEGREES:
        wanted = (
            "WGS-84、CGCS2000 经纬度或 GCJ-02，其他坐标系先转换 / degrees of WGS-84, CGCS2000 or GCJ-02; convert others first: "
            "ogr2ogr -t_srs EPSG:4326"
        )
        raise ImportFailed([Problem(file, 0, "crs", name, wanted)])
    if crs is None and not name:
        first: dict[str, Any] = next(
            (f["properties"] for f in document["features"] if isinstance(f, dict) and isinstance(f.get("properties"), dict)), {}
        )
        marks = MAPS & {str(key).lower() for key in first}
        if len(marks) > 1:
            wanted = (
                "像是 DataV/ECharts（GCJ-02），请写明 --crs gcj02 或 --crs wgs84 / "
                "looks like DataV or ECharts (GCJ-02): say --crs gcj02 or --crs wgs84"
            )
            raise ImportFailed([Problem(file, 0, "crs", ", ".join(sorted(marks)), wanted)])
    return crs or "wgs84"


def _boundary(here: Row, feature: Any, aliases: Mapping[str, str], crs: str) -> Boundary | None:
    """One feature; None when something is wrong, which is noted."""

    def wrong(field: str, found: Any, wanted: str) -> None:
        here.cells[field] = found if isinstance(found, str) else orjson.dumps(found, default=str).decode()
        here.wrong(field, wanted)

    if not isinstance(feature, dict) or not isinstance(feature.get("properties") or {}, dict):
        wrong("feature", feature, "GeoJSON Feature")
        return None
    properties = {str(key).lower(): value for key, value in (feature.get("properties") or {}).items()}
    said = next((properties[name] for name in CODES if properties.get(name) not in (None, "")), feature.get("id"))
    code = "" if said is None or isinstance(said, bool) else plain.signs(str(said)).removesuffix(".0")
    code = standard(aliases.get(code, aliases.get(standard(code), code)))
    if not is_code(code):
        wrong("code", code, A_CODE)
        return None
    here.cells["code"] = code
    source = properties.get("boundary_source") or "official"
    if source not in SOURCES:
        wrong("boundary_source", source, " | ".join(SOURCES))
        return None
    try:
        shape = polygonal(feature.get("geometry"))
    except (TypeError, ValueError, shapely.errors.ShapelyError):
        shape = None
    if shape is None or shape.is_empty:
        wrong("geometry", code, "多边形 / a polygon")
        return None
    odd = misread(shape)
    if odd:
        west, south, *_ = shape.bounds
        wrong("geometry", code, f"{odd} ({west:g}, {south:g})")
        return None
    return Boundary(to_wgs84(shape) if crs == "gcj02" else shape, source, here.number)


def misread(shape: Any) -> str:
    """What seems to be wrong with coordinates that are no degrees within China; empty when nothing is."""
    west, south, east, north = shape.bounds
    if CHINA[0] <= west and CHINA[1] <= south and east <= CHINA[2] and north <= CHINA[3]:
        return ""
    if CHINA[0] <= south and CHINA[1] <= west and north <= CHINA[2] and east <= CHINA[3]:
        return "先经度后纬度 / longitude first, then latitude"
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
        return "经纬度，不是米 / degrees, not metres"
    return "中国境内的经纬度 / degrees within China"


def polygonal(geometry: Any) -> Any:
    """The areal part of a GeoJSON geometry, valid, flat and without repeated points: bureaus' files hold spikes, crumbs and heights.

    None when there is none. Raises `TypeError` or `ValueError` for what is no geometry.
    """
    polygons = _polygons(geometry)
    if len(polygons) == 1 and polygons[0].is_valid:
        return polygons[0]
    made = [shapely.make_valid(polygon) for polygon in polygons]
    parts = [p for valid in made for part in shapely.get_parts(valid) for p in shapely.get_parts(part) if p.geom_type == "Polygon"]
    if not parts:
        return None
    whole = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    return whole if whole.is_valid else shapely.union_all(parts)


def _polygons(geometry: Any) -> list[Any]:
    if not isinstance(geometry, dict):
        raise TypeError("no geometry")
    kind, inside = geometry.get("type"), geometry.get("coordinates")
    if kind == "GeometryCollection":
        return [polygon for one in geometry.get("geometries") or [] for polygon in _polygons(one)]
    if kind not in ("Polygon", "MultiPolygon"):
        return []
    found = []
    for rings in [inside] if kind == "Polygon" else inside or []:
        outer, *holes = [_ring(ring) for ring in rings or []] or [None]
        if outer is not None:
            found.append(shapely.Polygon(outer, [hole for hole in holes if hole is not None]))
    return found


def _is_point(point: Any) -> bool:
    return isinstance(point, list) and len(point) > 1 and {type(point[0]), type(point[1])} <= {int, float}


def _ring(points: Any) -> Any:
    """Corners of a ring as an array, closed, heights left out; None for a crumb: fewer than three corners."""
    if not isinstance(points, list) or not all(map(_is_point, points)):
        raise ValueError("a ring is a list of points")
    corners = np.array([point[:2] for point in points], np.float64).reshape(-1, 2)
    if not np.isfinite(corners).all():
        raise ValueError("a point is two numbers")
    if not len(corners):
        return None
    kept = np.append(True, (corners[1:] != corners[:-1]).any(axis=1))
    corners = corners[kept]
    if (corners[0] == corners[-1]).all():
        corners = corners[:-1]
    return np.vstack((corners, corners[:1])) if len(corners) >= 3 else None


def _joined(parts: list[Boundary]) -> Boundary:
    if len(parts) == 1:
        return parts[0]
    return parts[0]._replace(shape=shapely.union_all([part.shape for part in parts]))


def to_wgs84(shape: Any) -> Any:
    """A GCJ-02 shape in WGS-84."""
    return shapely.transform(shape, lambda points: np.column_stack(gcj02_to_wgs84(points[:, 0], points[:, 1])))
