"""Plain pages around the wall: the field page, metrics, the catalogue, the service worker."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from flask import Flask, Response, redirect, request, send_file
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from callbacks.signing_in import local
from callbacks.web import LANGUAGE_COOKIE, PREFERENCE_LIFE_S, json_response, language, page, principal
from dashboard.catalogue import LANGUAGES, for_browser, text
from dashboard.city import City
from dashboard.errors import Refused
from layouts.unit import unit_page


def install(server: Flask, city: City, registry: CollectorRegistry, assets: Path) -> None:
    """Add the pages."""

    def say(key: str) -> str:
        return text(key, language())

    @server.post("/language/<chosen>")
    def choose_language(chosen: str) -> Response:
        if chosen not in LANGUAGES:
            raise Refused("not_found", what=chosen)
        answer = cast(Response, redirect(local(request.form.get("next"))))
        answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=PREFERENCE_LIFE_S, samesite="Lax")
        return answer

    @server.get("/unit")
    def unit() -> Response:
        who = principal()
        if who.unit_id is None:
            return cast(Response, redirect("/"))
        row = city.units.get(who, who.unit_id)
        return page(
            unit_page(
                say,
                language(),
                {
                    "id": row["id"],
                    "name": row["name"],
                    "duty": row["duty"],
                    "place": city.areas.full_name(row["area_code"]),
                    "account": who.account_id or who.token_id,
                },
            )
        )

    @server.get("/sw.js")
    def service_worker() -> Response:
        answer = send_file(assets / "unit" / "sw.js", mimetype="text/javascript", max_age=0)
        answer.headers["Service-Worker-Allowed"] = "/"
        return answer

    @server.get("/manifest.webmanifest")
    def manifest() -> Response:
        return json_response(
            {
                "name": say("unit.app"),
                "short_name": say("product.short"),
                "start_url": "/unit",
                "scope": "/",
                "display": "standalone",
                "background_color": "#0A1420",
                "theme_color": "#0A1420",
                "lang": language(),
                "icons": [
                    {"src": "/assets/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any maskable"},
                    {"src": "/assets/icon-512.png", "sizes": "512x512", "type": "image/png"},
                ],
            }
        )

    @server.get("/catalogue/<chosen>.json")
    def catalogue(chosen: str) -> Response:
        if chosen not in LANGUAGES:
            raise Refused("not_found", what=chosen)
        return json_response(for_browser(chosen))

    @server.get("/metrics")
    def metrics() -> Response:
        principal().require("metrics")
        return Response(generate_latest(registry), mimetype=CONTENT_TYPE_LATEST)
