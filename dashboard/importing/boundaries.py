"""Reading boundaries from GeoJSON: converted to WGS-84, repaired, and matched to the divisions' codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely

from dashboard.codes import is_code
from dashboard.geo import gcj02_to_wgs84
from dashboard.importing.problems import ImportFailed, Problem
from dashboard.importing.tables import Table

CRS = ("wgs84", "gcj02")


def read_aliases(path: Path | None) -> dict[str, str]:
    """Old code → present code, from a CSV with the columns `old_code`, `code`."""
    if path is None:
        return {}
    table = Table(path)
    return {row.text("old_code", 18): row.text("code", 18) for row in table.rows(("old_code", "code"))}


def read_boundaries(path: Path, crs: str, aliases: dict[str, str]) -> dict[str, tuple[Any, str]]:
    """Code → (polygon or multipolygon in WGS-84 degrees, boundary source) of each feature.

    The code is the property `code` or `adcode`, or the feature's `id`; `boundary_source` is `official` unless a
    property says otherwise. Raises `ImportFailed` naming every feature without a usable code or shape.
    """
    try:
        features = orjson.loads(path.read_bytes())["features"]
    except FileNotFoundError:
        raise ImportFailed([Problem(str(path), 0, "file", "", "没有这个文件 / no such file")]) from None
    except (ValueError, KeyError, TypeError):
        raise ImportFailed([Problem(path.name, 0, "features", "", "GeoJSON FeatureCollection")]) from None
    problems: list[Problem] = []
    found: dict[str, tuple[Any, str]] = {}
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties") or {}
        code = str(properties.get("code") or properties.get("adcode") or feature.get("id") or "")
        code = aliases.get(code, code)
        if not is_code(code):
            problems.append(Problem(path.name, number, "code", code, "4, 6, 9, 12, 15 或/or 18 位数字/digits"))
            continue
        try:
            shape = polygonal(shapely.geometry.shape(feature["geometry"]))
        except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError):
            shape = None
        if shape is None or shape.is_empty:
            problems.append(Problem(path.name, number, "geometry", code, "多边形 / a polygon"))
            continue
        found[code] = (to_wgs84(shape) if crs == "gcj02" else shape, str(properties.get("boundary_source") or "official"))
    if problems:
        raise ImportFailed(problems)
    return found


def polygonal(shape: Any) -> Any:
    """The areal part of a shape, valid and without repeated points: bureaus' files hold spikes and crumbs."""
    if shape.geom_type in ("Polygon", "MultiPolygon") and shape.is_valid:
        return shape
    valid = shapely.make_valid(shapely.remove_repeated_points(shape))
    parts = [p for part in shapely.get_parts(valid) for p in shapely.get_parts(part) if p.geom_type == "Polygon"]
    return shapely.union_all(parts)


def to_wgs84(shape: Any) -> Any:
    """A GCJ-02 shape in WGS-84."""
    return shapely.transform(shape, lambda points: np.column_stack(gcj02_to_wgs84(points[:, 0], points[:, 1])))
