"""`/fences`."""

from __future__ import annotations

from typing import Any

from callbacks.api.queries import AreaQuery
from callbacks.api.routing import Route
from dashboard.city import City
from dashboard.fences.fences import NewFence
from dashboard.identity import Principal


def routes(city: City) -> list[Route]:
    """The routes of this subject."""

    def listed(principal: Principal, query: AreaQuery) -> dict[str, Any]:
        return {"fences": city.fences.listed(principal, query.area or city.areas.start_of(principal))}

    return [
        Route("GET", "/fences", "Geofences of an area, with how many are inside", ("see",), listed, query=AreaQuery),
        Route(
            "POST",
            "/fences",
            "Put a geofence around an area or a ring",
            ("order",),
            lambda principal, body: city.fences.make(principal, body),
            body=NewFence,
            status=201,
            bucket="fence",
        ),
        Route(
            "POST",
            "/fences/{id}/remove",
            "Take a geofence away",
            ("order",),
            lambda principal, id: city.fences.remove(principal, id),
        ),
    ]
