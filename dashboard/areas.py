"""Areas: reading them in scope, naming places, drawing shapes, finding where a point lies."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from sqlalchemy.orm import Session

from dashboard import plain
from dashboard.codes import LEVELS, ancestors, end_of, is_code, level_of, related
from dashboard.errors import Refused
from dashboard.identity import Principal
from dashboard.rows import Row, area_row
from datasources.database import Database
from datasources.queries import areas as queries
from datasources.serialising import dumps

MOST_READINGS = 8
"""Of what somebody types into the search."""
VIEWS_KEPT = 400


@dataclass(frozen=True)
class Place:
    """An area with the way to it and what lies below."""

    area: Row
    path: list[Row]
    children: list[Row]


@dataclass(frozen=True)
class _View:
    """What was drawn of an area: JSON texts beside its row."""

    area: Row
    about: bytes
    shapes: bytes


class Areas:
    """Answers questions about areas. Names and the cities' outlines are kept in memory."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._names: dict[str, str] = {}
        self._city_outlines: dict[str, Any] = {}
        self._views: OrderedDict[tuple[str, str], _View] = OrderedDict()
        self.refresh()

    def refresh(self) -> None:
        """Read the outlines of the cities again, after an import."""
        with self._database.read() as session:
            outlines = {root.code: root.geometry for root in queries.roots(session)}
        for outline in outlines.values():
            shapely.prepare(outline)
        self._city_outlines = outlines
        self._names.clear()
        self._views.clear()

    @property
    def cities(self) -> list[str]:
        """Codes of the cities of this installation."""
        return list(self._city_outlines)

    def start_of(self, principal: Principal) -> str:
        """The area with which a principal's screen opens: its own, or the only city."""
        return principal.area_code or (self.cities[0] if self.cities else "")

    def place(self, principal: Principal, code: str) -> Place:
        """An area in scope with its path (within the scope) and its children. Raises `unknown_area`, `outside_scope`."""
        if not is_code(code):
            raise Refused("unknown_area", area=code)
        principal.require("see", code)
        with self._database.read() as session:
            area = queries.get(session, code)
            if area is None:
                raise Refused("unknown_area", area=code)
            path = [a for a in ancestors(code) if a.startswith(principal.area_code)]
            return Place(
                area_row(area),
                [area_row(a) for a in queries.by_codes(session, path)],
                [area_row(child) for child in queries.children(session, code)],
            )

    def shapes(self, principal: Principal, code: str) -> bytes:
        """GeoJSON (WGS-84, JSON text) of an area's children and of the area itself (last), for the drill-down.

        An area without children is shown among its neighbours in scope. Drawn once and kept: everybody drills through the same.
        Raises `unknown_area`, `outside_scope`.
        """
        return self._view(principal, code).shapes

    def view(self, principal: Principal, code: str) -> tuple[Row, bytes]:
        """The area, and all that a screen needs of it to open it, as JSON text: `area`, `path` and `shapes`. Raises as `shapes`."""
        kept = self._view(principal, code)
        return kept.area, kept.about[:-1] + b',"shapes":' + kept.shapes + b"}"

    def _view(self, principal: Principal, code: str) -> _View:
        if not is_code(code):
            raise Refused("unknown_area", area=code)
        principal.require("see", code)
        key = code, principal.area_code
        kept = self._views.get(key)
        if kept is None:
            place = self.place(principal, code)
            about = {"area": place.area, "path": place.path}
            kept = self._views[key] = _View(place.area, dumps(about).encode(), dumps(self._drawn(principal, code)).encode())
            while len(self._views) > VIEWS_KEPT:
                self._views.popitem(last=False)
        return kept

    def _drawn(self, principal: Principal, code: str) -> dict[str, Any]:
        with self._database.read() as session:
            own = queries.get(session, code, geometry=True)
            below = queries.children(session, code, geometry=True)
            if not below and own is not None and own.parent_code:
                beside = queries.children(session, own.parent_code, geometry=True)
                below = [area for area in beside if area.code != code and area.code.startswith(principal.area_code)]
        features = [
            {
                "type": "Feature",
                "id": area.code,
                "properties": {
                    "code": area.code,
                    "name": area.name,
                    "level": area.level,
                    "boundary_source": area.boundary_source,
                    "lon": area.lon,
                    "lat": area.lat,
                },
                "geometry": shapely.geometry.mapping(shapely.set_precision(area.geometry, 1e-6)),
            }
            for area in [*below, *([own] if own else [])]
        ]
        return {"type": "FeatureCollection", "features": features}

    def search(self, principal: Principal, text: str, most: int = 12) -> list[Row]:
        """Areas in scope by name, code or pinyin initials."""
        principal.require("see")
        low, high = scope_range(principal.area_code)
        with self._database.read() as session:
            found = {area.code: area for area in queries.search(session, plain.words(text), low, high, most)}
            for inside, rest in split(session, text, principal.area_code):
                found |= {area.code: area for area in queries.search(session, rest, *inside, most)}
            return [area_row(area) for area in list(found.values())[:most]]

    def name(self, code: str) -> str:
        """Name of an area; the code itself when there is no such area."""
        return self.names([code])[code]

    def names(self, codes: list[str]) -> dict[str, str]:
        """Names of areas, kept in memory once read."""
        missing = [code for code in codes if code not in self._names]
        if missing:
            with self._database.read() as session:
                for area in queries.by_codes(session, missing):
                    self._names[area.code] = area.name
        return {code: self._names.get(code, code) for code in codes}

    def short_name(self, code: str) -> str:
        """As `full_name`, but not deeper than the community: enough for a sentence that is read from afar."""
        return self.full_name(code[: LEVELS["community"]])

    def full_name(self, code: str) -> str:
        """`彭州市龙门山镇宝山村`: the names from the district down to the code, without spaces; a city alone as it is."""
        path = [c for c in [*ancestors(code), code] if len(c) > 4] or [code]
        names = self.names(path)
        known = "".join(names[c] for c in path if names[c] != c)
        return known if names[path[-1]] != path[-1] else f"{known}〔{path[-1]}〕"  # of an area that is gone, what is left of the way to it

    def middle(self, code: str) -> tuple[float, float]:
        """A WGS-84 point inside an area. Raises `unknown_area`."""
        with self._database.read() as session:
            area = queries.get(session, code)
        if area is None:
            raise Refused("unknown_area", area=code)
        return area.lon, area.lat

    def holds(self, lon: float, lat: float) -> bool:
        """Whether a WGS-84 point lies in one of the cities."""
        return any(shapely.intersects_xy(outline, lon, lat) for outline in self._city_outlines.values())

    def holds_all(self, lons: Any, lats: Any) -> Any:
        """As `holds` for arrays: an array of booleans."""
        inside = np.zeros(np.shape(lons), np.bool_)
        for outline in self._city_outlines.values():
            inside |= shapely.intersects_xy(outline, lons, lats)  # who stands on the boundary is inside
        return inside

    def locate(self, lon: float, lat: float) -> str:
        """Code of the deepest area at a WGS-84 point. Raises `outside_city`."""
        with self._database.read() as session:
            for city in self.cities:
                if shapely.intersects_xy(self._city_outlines[city], lon, lat):
                    found = queries.locate(session, lon, lat, city)
                    if found is not None:
                        return found
        raise Refused("outside_city", field="place", lon=lon, lat=lat)


def split(session: Session, text: str, scope: str) -> list[tuple[tuple[str, str], str]]:
    """What `text` may mean as a place and something in it (锦江区春熙路, 锦江 张三): the place's code range in scope, and the rest.

    A place may lie in a place; where both have one name, each further repetition of it would double the readings: the first few count.
    """
    found: dict[tuple[str, str], None] = {}
    waiting = deque([(scope, plain.words(text))])
    while waiting and len(found) < MOST_READINGS:
        within, said = waiting.popleft()
        heads = {said[:n].rstrip(): said[n:].strip() for n in range(2, len(said) - 1)}
        if not heads:
            continue
        for code, name in queries.named(session, list(heads), "", ":"):
            head = next(
                head for head in sorted(heads, key=len, reverse=True) if name.startswith(head) and name[len(head) :] in ("", *queries.KINDS)
            )
            reading = (max(code, within, key=len), heads[head])
            if related(code, within) and reading not in found and len(found) < MOST_READINGS:
                found[reading] = None
                waiting.append(reading)
    return [(scope_range(inside), rest) for inside, rest in found]


def scope_range(code: str) -> tuple[str, str]:
    """The code range [low, high) of a scope; the empty scope is everything."""
    return (code, end_of(code)) if code else ("", ":")


def check_known(areas: Areas, principal: Principal, code: str, permission: str) -> str:
    """`code` when it is an area in scope; raises `unknown_area`, `forbidden` or `outside_scope`."""
    if not is_code(code):
        raise Refused("unknown_area", area=code)
    level_of(code)
    principal.require(permission, code)
    if areas.name(code) == code:
        raise Refused("unknown_area", area=code)
    return code
