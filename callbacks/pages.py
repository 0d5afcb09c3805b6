"""Plain pages around the wall: sign-in, the field page, health, metrics, the catalogue, the service worker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, Response, redirect, request, send_file
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from callbacks.web import COOKIE, LANGUAGE_COOKIE, PREFERENCE_LIFE_S, check_origin, json_response, language, principal
from dashboard.accounts import DEVICE_LIFE, SESSION_LIFE
from dashboard.catalogue import LANGUAGES, for_browser, text
from dashboard.city import City
from dashboard.errors import Refused
from layouts.signin import signin_page
from layouts.unit import unit_page


def install(server: Flask, city: City, registry: CollectorRegistry, assets: Path, healthy: Callable[[], dict[str, object]]) -> None:
    """Add the pages."""

    def say(key: str) -> str:
        return text(key, language())

    def page(html: str, status: int = 200) -> Response:
        return Response(html, status, mimetype="text/html", headers={"Cache-Control": "no-store"})

    @server.get("/signin")
    def signin() -> Response:
        return page(signin_page(say, language(), _local(request.args.get("next"))))

    @server.post("/signin")
    def sign_in() -> Response:
        check_origin()
        target = _local(request.form.get("next"))
        device = request.form.get("device", "").strip()
        try:
            if device:
                if city.accounts.principal(device).kind != "device":
                    raise Refused("unauthenticated")
                secret, life = device, DEVICE_LIFE
            else:
                login, password = request.form.get("login", "").strip(), request.form.get("password", "")
                secret, life = city.accounts.sign_in(login, password, request.remote_addr or "").secret, SESSION_LIFE
        except Refused as refused:
            sentence = refused.zh if language() == "zh" else refused.en
            return page(signin_page(say, language(), target, sentence, request.form.get("login", "")), refused.status)
        who = city.accounts.principal(secret)
        if who.role == "unit" and target == "/":
            target = "/unit"
        answer = cast(Response, redirect(target))
        answer.set_cookie(
            COOKIE, secret, max_age=int(life.total_seconds()), httponly=True, samesite="Lax", secure=city.settings.secure_cookies
        )
        return answer

    @server.post("/signout")
    def sign_out() -> Response:
        if principal().kind == "session":
            city.accounts.revoke(principal().token_id)
        answer = cast(Response, redirect("/signin"))
        answer.delete_cookie(COOKIE)
        return answer

    @server.post("/language/<chosen>")
    def choose_language(chosen: str) -> Response:
        if chosen not in LANGUAGES:
            raise Refused("not_found", what=chosen)
        answer = cast(Response, redirect(_local(request.form.get("next"))))
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

    @server.get("/healthz")
    def healthz() -> Response:
        state = healthy()
        return json_response(state, 200 if state["ok"] else 503)

    @server.get("/metrics")
    def metrics() -> Response:
        principal().require("administer")
        return Response(generate_latest(registry), mimetype=CONTENT_TYPE_LATEST)


def _local(target: str | None) -> str:
    """A path of this site, never another site: `/` for anything else."""
    parts = urlsplit(target or "/")
    bad = parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith(("//", "/\\"))
    return "/" if bad else parts.path + (f"?{parts.query}" if parts.query else "")
