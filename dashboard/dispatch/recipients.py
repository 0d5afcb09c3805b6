"""Who will get an order: by area, role, skill, duty, distance or a line drawn on the map."""

from __future__ import annotations

from dataclasses import dataclass

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
    found = queries.choose(session, criteria.area, end_of(criteria.area), above, criteria.roles, criteria.skills, criteria.units)
    found = _inside(found, positions, criteria)
    on_duty = [one for one in found if one.duty == "on_duty"]
    if criteria.off_duty_too:
        return Selection(found, 0)
    return Selection(on_duty, len(found) - len(on_duty))


def _check_words(field: str, words: list[str], known: tuple[str, ...]) -> None:
    for word in words:
        if word not in known:
            raise Refused("invalid", field=field, problem=f"{word!r}，可用 {', '.join(known)} / {word!r}: one of {', '.join(known)}")


def _inside(found: list[Chosen], positions: Positions, criteria: Criteria) -> list[Chosen]:
    if (criteria.near is None and criteria.lasso is None) or not found:
        return found
    numbers = np.array([one.number for one in found])
    lon, lat = positions.hot.lon[numbers] / 1e6, positions.hot.lat[numbers] / 1e6
    keep = positions.hot.lon[numbers] != GONE
    if criteria.near is not None:
        keep &= distance_m(criteria.near.lon, criteria.near.lat, lon, lat) <= criteria.near.radius_m
    if criteria.lasso is not None:
        keep &= shapely.contains_xy(polygon(criteria.lasso, "lasso"), lon, lat)
    return [one for one, kept in zip(found, keep, strict=True) if kept]
