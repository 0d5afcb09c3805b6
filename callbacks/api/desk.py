"""`/desk`: what waits until somebody takes it."""

from __future__ import annotations

from callbacks.api.routing import Route
from dashboard.city import City


def routes(city: City) -> list[Route]:
    """The routes of this subject."""
    return [
        Route(
            "GET",
            "/desk",
            "What waits at the desk in one's area, and what was taken last",
            ("see",),
            lambda principal: city.desk.listed(principal),
        ),
        Route("POST", "/desk/{id}/take", "Take what waits", ("ticket",), lambda principal, id: city.desk.take(principal, id)),
    ]
