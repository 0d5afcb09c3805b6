"""`/warnings`."""

from __future__ import annotations

from typing import Any

from callbacks.api.queries import AreaQuery
from callbacks.api.routing import Route
from dashboard.city import City
from dashboard.identity import Principal
from dashboard.warnings import WarningIssue


def routes(city: City) -> list[Route]:
    """The routes of this subject."""

    def in_force(principal: Principal, query: AreaQuery) -> dict[str, Any]:
        return {"warnings": city.warnings.in_force(principal, query.area or principal.area_code)}

    return [
        Route(
            "POST",
            "/warnings",
            "Issue a warning for an area",
            ("warn",),
            lambda principal, body: city.warnings.issue(principal, body),
            body=WarningIssue,
            status=201,
            bucket="warning",
        ),
        Route("GET", "/warnings", "Warnings in force in an area", ("see",), in_force, query=AreaQuery),
        Route("POST", "/warnings/{id}/cancel", "Cancel a warning", ("warn",), lambda principal, id: city.warnings.cancel(principal, id)),
    ]
