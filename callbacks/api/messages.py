"""`/deliveries/{id}/messages`, `/clips`."""

from __future__ import annotations

from typing import Any

from flask import Response, request, send_file

from callbacks.api.queries import KeyQuery
from callbacks.api.routing import Route
from callbacks.web import privately
from dashboard.attachments import check_size
from dashboard.city import City
from dashboard.clips import MOST_BYTES
from dashboard.identity import Principal
from dashboard.messages import NewMessage


def routes(city: City) -> list[Route]:
    """The routes of this subject."""

    def upload(principal: Principal, query: KeyQuery) -> dict[str, str]:
        check_size(request.content_length or 0, MOST_BYTES, "clip")  # before it is read
        return {"id": city.clips.store(principal, query.key, request.get_data())}

    def clip(principal: Principal, id: str) -> Response:
        path, mimetype = city.messages.clip(principal, id)
        return privately(send_file(path, mimetype=mimetype, max_age=86_400))

    def listed(principal: Principal, id: str) -> dict[str, Any]:
        return {"messages": city.messages.of(principal, id)}

    return [
        Route(
            "GET",
            "/ice-servers",
            "What browsers find each other by for a live link (WebRTC)",
            ("order", "answer"),
            lambda principal: {"servers": city.links.ice_servers(principal)},
        ),
        Route("GET", "/deliveries/{id}/messages", "The talk between the desk and one recipient", ("see", "answer"), listed),
        Route(
            "POST",
            "/deliveries/{id}/messages",
            "Write to the other side inside an order",
            ("order", "answer"),
            lambda principal, id, body: city.messages.send(principal, id, body),
            body=NewMessage,
            status=201,
            bucket="message",
        ),
        Route(
            "POST",
            "/clips",
            "Store a voice clip (WebM, Ogg, MP4 or WAV, at most 2 MB); returns its id",
            ("report",),
            upload,
            query=KeyQuery,
            status=201,
            raw_body="audio/*",
            bucket="clip",
        ),
        Route("GET", "/clips/{id}", "A voice clip", ("see", "report"), clip),
    ]
