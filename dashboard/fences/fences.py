"""Fences as the desk handles them: made, listed, removed."""

from __future__ import annotations

from typing import Literal

import shapely
from pydantic import BaseModel, ConfigDict, Field, model_validator

from dashboard.areas import Areas, check_known, scope_range
from dashboard.clock import new_id
from dashboard.command import Commands
from dashboard.errors import Refused
from dashboard.idempotency import ClientKey
from dashboard.identity import Principal
from dashboard.rings import MOST_POINTS, polygon
from dashboard.rows import Row, fence_row
from dashboard.words import Line
from datasources.models import Fence
from datasources.queries import areas as area_queries
from datasources.queries import fences as queries

MOST = 5000
MOST_OF_MAKER = 100
LISTED = 200
"""Of an area, the newest."""
LARGEST_DEGREES = 3.0


class NewFence(BaseModel):
    """A fence around an area, or around a ring drawn on the map. With `stay` and `empty`, `minutes` is how long is too long."""

    model_config = ConfigDict(extra="forbid")

    key: ClientKey
    name: Line
    area: str = Field(min_length=4, max_length=18, description="whose fence it is; its outline is the fence when there is no ring")
    ring: list[tuple[float, float]] | None = Field(default=None, min_length=3, max_length=MOST_POINTS, description="[lon, lat], WGS-84")
    rule: Literal["enter", "leave", "stay", "empty"]
    minutes: int = Field(default=0, ge=0, le=1440)
    effect: Literal["event", "ticket", "message"] = "event"
    level: Literal["red", "orange", "yellow", "blue"] = "yellow"
    text: str = Field(default="", max_length=200, description="what a message says to the unit")

    @model_validator(mode="after")
    def _fits(self) -> NewFence:
        if (self.rule in ("stay", "empty")) != (self.minutes > 0):
            raise ValueError("minutes 只与 stay、empty 同用 / minutes goes with the rules stay and empty, and only with them")
        if self.effect == "message" and (self.rule == "empty" or not self.text.strip()):
            raise ValueError("消息须有文字和收件人 / a message needs a text, and somebody to read it")
        return self


class Fences:
    """Makes, lists and removes fences."""

    def __init__(self, commands: Commands, areas: Areas) -> None:
        self._commands = commands
        self._areas = areas

    def make(self, principal: Principal, new: NewFence) -> Row:
        """A fence in the scope; the same key again returns the one that it made. Raises `unknown_area`, `outside_scope`, `invalid`."""
        check_known(self._areas, principal, new.area, "order")
        outline = self._outline(principal, new)
        with self._commands.transaction(principal) as work:
            work.claim(new.key)
            known = queries.by_key(work.session, new.key)
            if known is not None:
                principal.require("order", known.area_code)
                return fence_row(known)
            if queries.count(work.session) >= MOST:
                raise Refused("invalid", field="name", problem=f"最多 {MOST} 个围栏 / {MOST} fences at most")
            if queries.count_of(work.session, principal.area_code, principal.name) >= MOST_OF_MAKER:
                raise Refused(
                    "invalid", field="name", problem=f"每人最多 {MOST_OF_MAKER} 个围栏 / {MOST_OF_MAKER} fences of one person at most"
                )
            fence = Fence(
                id=new_id(),
                key=new.key,
                name=new.name.strip(),
                area_code=new.area,
                scope=principal.area_code,
                outline=outline,
                rule=new.rule,
                minutes=new.minutes,
                effect=new.effect,
                level=new.level,
                text=new.text.strip(),
                active=True,
                made_by=principal.name,
                made_at=work.now,
                empty_since=None,
                told=False,
            )
            work.session.add(fence)
            work.record("fence.make", fence.area_code, fence.id, {"row": fence_row(fence)})
            return fence_row(fence)

    def _outline(self, principal: Principal, new: NewFence) -> shapely.Geometry:
        with self._commands.database.read() as session:
            around = area_queries.get(session, new.area, geometry=True)
            assert around is not None
            if new.ring is None:
                return around.geometry
            scope = area_queries.get(session, principal.area_code or new.area, geometry=True)
        outline = shapely.MultiPolygon([polygon(new.ring, "ring")])
        west, south, east, north = outline.bounds
        if max(east - west, north - south) > LARGEST_DEGREES:
            raise Refused("invalid", field="ring", problem="围成的面积不对 / encloses no usable area")
        if scope is not None and principal.area_code and not shapely.covers(shapely.buffer(scope.geometry, 0.002), outline):
            raise Refused("outside_scope", field="ring", area=new.name)
        return outline

    def remove(self, principal: Principal, fence_id: str) -> Row:
        """Take a fence away. Raises `not_found`, `sent_from_above` for one that a larger area has made."""
        with self._commands.transaction(principal) as work:
            fence = work.session.get(Fence, fence_id, with_for_update=True)
            if fence is None or not (principal.may("order") and fence.area_code.startswith(principal.area_code)):
                raise Refused("not_found", what=fence_id)
            if not fence.scope.startswith(principal.area_code):
                raise Refused("sent_from_above", title=fence.name)
            row = fence_row(fence)
            queries.remove(work.session, fence)
            work.record("fence.remove", fence.area_code, fence.id, {"row": row})
            return row

    def listed(self, principal: Principal, area_code: str) -> list[Row]:
        """The newest fences of an area, with how many are inside and their outline as GeoJSON."""
        principal.require("see", area_code)
        with self._commands.database.read() as session:
            found = queries.within(session, *scope_range(area_code), LISTED)
            inside = queries.inside(session, [fence.id for fence in found])
            return [
                {
                    **fence_row(fence),
                    "inside": inside.get(fence.id, 0),
                    "outline": shapely.geometry.mapping(shapely.set_precision(fence.outline, 1e-6)),
                }
                for fence in found
            ]
