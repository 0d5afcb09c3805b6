"""Areas: one, its children, its ancestors, search, and where a point lies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session, defer

from datasources.database import ASIDE
from datasources.models import Area, Unit

KINDS = ("市", "区", "县", "镇", "乡", "街道", "社区", "村")
"""What names of areas end in, and people leave out."""


def get(session: Session, code: str, geometry: bool = False) -> Area | None:
    """One area by its code."""
    return session.scalar(select(Area).where(Area.code == code).options(*([] if geometry else [defer(Area.geometry)])))


def children(session: Session, code: str, geometry: bool = False) -> list[Area]:
    """The areas directly below `code`, by code."""
    return list(
        session.scalars(
            select(Area).where(Area.parent_code == code).order_by(Area.code).options(*([] if geometry else [defer(Area.geometry)]))
        )
    )


def by_codes(session: Session, codes: Sequence[str]) -> list[Area]:
    """Areas with these codes, by code, without geometry."""
    return list(session.scalars(select(Area).where(Area.code.in_(codes)).order_by(Area.code).options(defer(Area.geometry))))


def roots(session: Session) -> list[Area]:
    """The areas without a parent, with their geometry: the cities."""
    return list(session.scalars(select(Area).where(Area.parent_code.is_(None)).order_by(Area.code)))


def children_of_many(session: Session, codes: Sequence[str]) -> list[tuple[str, str]]:
    """(parent, child) codes of the areas directly below `codes`."""
    rows = session.execute(select(Area.parent_code, Area.code).where(Area.parent_code.in_(codes)).order_by(Area.code))
    return [(str(parent), code) for parent, code in rows]


def count_by_level(session: Session, low: str, high: str) -> dict[str, int]:
    """How many areas of each level have a code in [low, high)."""
    rows = session.execute(select(Area.level, func.count()).where(Area.code >= low, Area.code < high).group_by(Area.level))
    return {str(level): int(count) for level, count in rows}


def search(session: Session, text: str, low: str, high: str, most: int) -> list[Area]:
    """Areas in the code range whose name contains, or whose code or pinyin initials begin with, `text`: the closest first."""
    if not text:
        return []
    matches, closeness = matching(Area, text)
    query = select(Area).where(or_(*matches), Area.code >= low, Area.code < high).options(defer(Area.geometry))
    ordered = query.order_by(closeness, func.length(Area.code), Area.code)
    return list(session.scalars(ordered.limit(most).execution_options(**ASIDE)))


def matching(what: type[Area] | type[Unit], text: str) -> tuple[list[ColumnElement[bool]], ColumnElement[int]]:
    """How a row matches `text`, and how closely: the whole name or code first, then the initials as they are likeliest read."""
    part = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    letters = part.lower().replace(" ", "")
    read = what.pinyin_initials
    whole = or_(what.name == text, what.code == text)
    begins = or_(what.name.like(f"{part}%", escape="\\"), read == letters, read.like(f"{letters} %", escape="\\"))
    likely = or_(what.name.like(f"%{part}%", escape="\\"), read.like(f"{letters}%", escape="\\"), what.code.like(f"{part}%", escape="\\"))
    other = read.like(f"% {letters}%", escape="\\")
    return [likely, other], case((whole, 0), (begins, 1), (likely, 2), else_=3)


def named(session: Session, names: Sequence[str], low: str, high: str) -> list[tuple[str, str]]:
    """(code, name) of the areas in the code range that have one of these names, or such a name and a word for what it is."""
    every = [name + kind for name in names for kind in ("", *KINDS)]
    query = select(Area.code, Area.name).where(Area.name.in_(every), Area.code >= low, Area.code < high).order_by(Area.code)
    return [(code, name) for code, name in session.execute(query.limit(50).execution_options(**ASIDE))]


def locate(session: Session, lon: float, lat: float, root: str) -> str | None:
    """Code of the deepest area that holds the point, going down from `root`; None when it lies outside."""
    found = None
    candidates = [area for area in [get(session, root, geometry=True)] if area is not None]
    while candidates:
        inside = next((area for area in candidates if shapely.intersects_xy(area.geometry, lon, lat)), None)
        if inside is None:
            break
        found = inside.code
        candidates = list(
            session.scalars(
                select(Area)
                .where(Area.parent_code == found, Area.west <= lon, Area.east >= lon, Area.south <= lat, Area.north >= lat)
                .order_by(Area.code)
            )
        )
    return found


def micro_grid_codes(session: Session) -> list[str]:
    """Codes of all micro-grids, in order."""
    return list(session.scalars(select(Area.code).where(Area.level == "micro_grid").order_by(Area.code)))


def micro_grid_shapes(session: Session) -> tuple[list[str], list[bytes]]:
    """Codes of all micro-grids, in order, and their shapes as WKB (WGS-84)."""
    rows = session.execute(select(Area.code, Area.geometry).where(Area.level == "micro_grid").order_by(Area.code)).all()
    shapes = shapely.to_wkb(np.array([shape for _, shape in rows], object)) if rows else []
    return [code for code, _ in rows], list(shapes)


def as_geojson(shapes: Sequence[bytes]) -> list[str]:
    """WKB shapes as GeoJSON geometries."""
    return list(shapely.to_geojson(shapely.from_wkb(np.array(shapes, object))))
