"""Dividing a polygon into plausible parts: relaxed Voronoi cells, so that neighbours share their edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

RELAXATIONS = 2
GRID = 1e-6


def divide(shape: Any, parts: int, rng: np.random.Generator) -> list[Any]:
    """`parts` polygons or multipolygons (WGS-84 degrees) that together are `shape`, west to east."""
    if parts == 1:
        return [shape]
    points = _points_inside(shape, parts, rng)
    cells: list[Any] = []
    for _ in range(RELAXATIONS + 1):
        grown = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=shape, ordered=True)
        cells = [_areal(cell) for cell in shapely.intersection(np.array(grown.geoms), shape, grid_size=GRID)]
        points = np.array([shapely.get_coordinates(cell.centroid)[0] for cell in cells])
    if any(cell.is_empty for cell in cells):
        raise ValueError(f"a part of {parts} came out empty")
    return sorted(cells, key=lambda cell: (cell.centroid.x, cell.centroid.y))


def _areal(cell: Any) -> Any:
    if cell.geom_type in ("Polygon", "MultiPolygon"):
        return cell
    return shapely.union_all([part for part in shapely.get_parts(cell) if part.geom_type in ("Polygon", "MultiPolygon")])


def _points_inside(shape: Any, count: int, rng: np.random.Generator) -> Any:
    west, south, east, north = shape.bounds
    found = np.empty((0, 2))
    while len(found) < count:
        tries = np.column_stack((rng.uniform(west, east, count * 4), rng.uniform(south, north, count * 4)))
        found = np.vstack((found, tries[shapely.contains_xy(shape, tries[:, 0], tries[:, 1])]))
    return found[:count]


def point_inside(shape: Any, rng: np.random.Generator) -> tuple[float, float]:
    """One point (lon, lat) inside a polygon."""
    lon, lat = _points_inside(shape, 1, rng)[0]
    return round(float(lon), 6), round(float(lat), 6)
