"""Who will get an order: by area, role, skill, duty, distance or a line drawn on the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from dashboard.areas import Areas, check_known
from dashboard.codes import end_of, staff_above
from dashboard.errors import Refused
from dashboard.geo import distance_m
from dashboard.identity import Principal
from dashboard.positions import Positions
from dashboard.rings import MOST_POINTS, polygon
from dashboard.units import ROLES, SKILLS
from datasources.hot import GONE
from datasources.queries import units as queries
from datasources.queries.units import Chosen

FEW = 500
"""So many are looked up by their numbers; of more, everybody in the area is read."""


class Near(BaseModel):
    """A circle: WGS-84 degrees and metres."""

    model_config = ConfigDict(extra="forbid")

    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    radius_m: float = Field(gt=0, le=200_000)


class Criteria(BaseModel):
    """Conditions that all hold together. In a community or smaller, those who look after it count too."""

    model_config = ConfigDict(extra="forbid")

    area: str = Field(min_length=4, max_length=18)
    roles: list[str] = Field(default_factory=list, max_length=20)
    skills: list[str] = Field(default_factory=list, max_length=20)
    off_duty_too: bool = False
    near: Near | None = None
    lasso: list[tuple[float, float]] | None = Field(default=None, max_length=MOST_POINTS, description="ring of [lon, lat], WGS-84")
    units: list[str] = Field(default_factory=list, max_length=50_000, description="ids; empty: everyone")


@dataclass(frozen=True)
class Selection:
    """Recipients, and how many were left out because they are off duty."""

    chosen: list[Chosen]
    off_duty_left_out: int


def select(session: Session, principal: Principal, areas: Areas, positions: Positions, criteria: Criteria) -> Selection:
    """The recipients in scope. Raises `unknown_area`, `forbidden`, `outside_scope` or `invalid`."""
    check_known(areas, principal, criteria.area, "order")
    _check_words("roles", criteria.roles, ROLES)
    _check_words("skills", criteria.skills, SKILLS)
    above = [code for code in staff_above(criteria.area) if code.startswith(principal.area_code)]
    inside = _inside(positions, criteria)
    few = [int(number) for number in np.flatnonzero(inside)] if inside is not None and inside.sum() <= FEW else None
    found = queries.choose(session, criteria.area, end_of(criteria.area), above, criteria.roles, criteria.skills, criteria.units, few)
    if inside is not None:
        found = [one for one in found if one.number < inside.size and inside[one.number]]
    on_duty = [one for one in found if one.duty == "on_duty"]
    if criteria.off_duty_too:
        return Selection(found, 0)
    return Selection(on_duty, len(found) - len(on_duty))


def _check_words(field: str, words: list[str], known: tuple[str, ...]) -> None:
    for word in words:
        if word not in known:
            raise Refused("invalid", field=field, problem=f"{word!r}，可用 {', '.join(known)} / {word!r}: one of {', '.join(known)}")


def _inside(positions: Positions, criteria: Criteria) -> np.ndarray[Any, np.dtype[np.bool_]] | None:
    """By number, who is inside the circle and the ring now; None when neither is drawn."""
    if criteria.near is None and criteria.lasso is None:
        return None
    ring = polygon(criteria.lasso, "lasso") if criteria.lasso is not None else None  # before anything is read for one that cannot be
    keep: np.ndarray[Any, np.dtype[np.bool_]] = positions.hot.lon != GONE
    lon, lat = positions.hot.lon / 1e6, positions.hot.lat / 1e6
    if criteria.near is not None:
        keep &= distance_m(criteria.near.lon, criteria.near.lat, lon, lat) <= criteria.near.radius_m
    if ring is not None:
        keep &= shapely.contains_xy(ring, lon, lat)
    return keep
