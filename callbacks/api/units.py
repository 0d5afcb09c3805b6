"""`/units`, `/positions`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from callbacks.api.queries import PageQuery
from callbacks.api.routing import Route
from dashboard.city import City
from dashboard.identity import Principal
from dashboard.positions import PositionReports


class DutyChange(BaseModel):
    """On duty or off."""

    model_config = ConfigDict(extra="forbid")

    duty: Literal["on_duty", "off_duty"]


class TrailQuery(BaseModel):
    """How far back."""

    model_config = ConfigDict(extra="forbid")

    minutes: int = Field(default=60, ge=1, le=1440)


def routes(city: City) -> list[Route]:
    """The routes of this subject."""

    def report(principal: Principal, body: PositionReports) -> dict[str, int]:
        return {"accepted": city.positions.report(principal, body.all())}

    def listed(principal: Principal, query: PageQuery) -> dict[str, Any]:
        found = city.units.covering(principal, query.area or principal.area_code, query.limit, query.after)
        return {"units": found, "next": found[-1]["id"] if len(found) == query.limit else None}

    def one(principal: Principal, id: str) -> dict[str, Any]:
        unit = city.units.get(principal, id)
        return {**unit, "position": city.positions.of_unit(unit["number"]), "place": city.areas.full_name(unit["area_code"])}

    def by_number(principal: Principal, number: int) -> dict[str, Any]:
        return one(principal, city.units.by_number(principal, number)["id"])

    def trail(principal: Principal, id: str, query: TrailQuery) -> dict[str, Any]:
        unit = city.units.get(principal, id)
        since = city.commands.clock() - timedelta(minutes=query.minutes)
        return {"trail": city.positions.trail(unit["number"], since)}

    def phone(principal: Principal, id: str) -> dict[str, str]:
        return {"phone": city.units.phone(principal, id)}

    def duty(principal: Principal, id: str, body: DutyChange) -> dict[str, Any]:
        return city.units.set_duty(principal, id, body.duty)

    return [
        Route(
            "POST",
            "/positions",
            "Report one position or a list",
            ("relay", "answer"),
            report,
            body=PositionReports,
            status=202,
            most_bytes=2 * 1024 * 1024,
            bucket="position",
        ),
        Route("GET", "/units", "Field units of an area, by id", ("see",), listed, query=PageQuery),
        Route(
            "GET",
            "/units/with-device",
            "Ids of the units that answer for themselves",
            ("relay",),
            lambda principal: {"units": city.units.with_own_device(principal)},
        ),
        Route("GET", "/units/{id}", "One field unit", ("see", "answer"), one),
        Route("GET", "/units/by-number/{number}", "One field unit by its number", ("see", "answer"), by_number),
        Route("GET", "/units/{id}/trail", "Where a unit has been", ("see", "answer"), trail, query=TrailQuery),
        Route(
            "POST", "/units/{id}/phone", "The whole telephone number of a unit; the look is recorded", ("contact",), phone, bucket="number"
        ),
        Route("POST", "/units/{id}/duty", "Put a unit on duty or off", ("relay", "answer"), duty, body=DutyChange, bucket="duty"),
    ]
