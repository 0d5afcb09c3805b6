"""`/tickets`, `/photos`."""

from __future__ import annotations

from typing import Any

from flask import Response, request, send_file
from pydantic import BaseModel, ConfigDict, Field

from callbacks.api.queries import KeyQuery, PageQuery
from callbacks.api.routing import Route
from callbacks.web import privately
from dashboard.attachments import check_size
from dashboard.city import City
from dashboard.identity import Principal
from dashboard.photos import MOST_BYTES
from dashboard.tickets import TicketMove, TicketReport

MOST_REPORTED = 30


class AttachedPhoto(BaseModel):
    """A photo that was sent before, by its id."""

    model_config = ConfigDict(extra="forbid")

    photo_id: str = Field(max_length=36)


class TicketQuery(PageQuery):
    """A page of tickets; `open` leaves out those that are closed."""

    open: bool = True


def routes(city: City) -> list[Route]:
    """The routes of this subject."""

    def listed(principal: Principal, query: TicketQuery) -> dict[str, Any]:
        states = ["reported", "assigned", "handling", "handled"] if query.open else []
        found = city.tickets.listed(principal, query.area or None, states, query.limit, query.after)
        return {"tickets": found, "next": found[-1]["id"] if len(found) == query.limit else None}

    def upload(principal: Principal, query: KeyQuery) -> dict[str, str]:
        check_size(request.content_length or 0, MOST_BYTES, "photo")  # before it is read
        return {"id": city.photos.store(principal, query.key, request.get_data())}

    def photo(principal: Principal, id: str) -> Response:
        return privately(send_file(city.messages.photo(principal, id), mimetype="image/jpeg", max_age=86_400))

    return [
        Route(
            "POST",
            "/tickets",
            "Report a hazard: opens a ticket",
            ("report",),
            lambda principal, body: city.tickets.report(principal, body),
            body=TicketReport,
            status=201,
            bucket="ticket",
        ),
        Route("GET", "/tickets", "Tickets of an area, by id", ("see",), listed, query=TicketQuery),
        Route("GET", "/tickets/{id}", "A ticket with its steps", ("see", "report"), lambda principal, id: city.tickets.get(principal, id)),
        Route(
            "POST",
            "/tickets/{id}/moves",
            "Assign a ticket, take a step as its handler, reject or close it",
            ("ticket", "answer"),
            lambda principal, id, body: city.tickets.move(principal, id, body),
            body=TicketMove,
            bucket="message",
        ),
        Route(
            "POST",
            "/tickets/{id}/photo",
            "Add a photo to a ticket that one has reported",
            ("answer",),
            lambda principal, id, body: city.tickets.attach(principal, id, body.photo_id),
            body=AttachedPhoto,
        ),
        Route(
            "GET",
            "/my/tickets",
            "What the asking unit has reported last, and what has become of it",
            ("answer",),
            lambda principal: {"tickets": city.tickets.reported_by(principal, MOST_REPORTED)},
        ),
        Route(
            "POST",
            "/tickets/{id}/caller",
            "The number of who rang up; that somebody looks is recorded",
            ("contact",),
            lambda principal, id: {"phone": city.tickets.caller(principal, id)},
        ),
        Route(
            "POST",
            "/photos",
            "Store a photo (JPEG, PNG or WebP, at most 10 MB); returns its id",
            ("report",),
            upload,
            query=KeyQuery,
            status=201,
            raw_body="image/*",
            bucket="photo",
        ),
        Route("GET", "/photos/{id}", "A photo", ("see", "report"), photo),
    ]
