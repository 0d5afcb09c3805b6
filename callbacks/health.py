"""What watches us from outside is told: alive, ready, and for people a page that says what is how."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Response
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from callbacks.screens import Screens
from callbacks.web import json_response, language, page, principal
from dashboard.catalogue import text
from dashboard.city import City
from dashboard.live.hub import Hub
from layouts.status import status_page

LATE_S = 5.0
"""A picture that is older is not one to send people to."""


def install(server: Flask, city: City, hub: Hub, screens: Screens) -> None:
    """Add `/healthz`, `/readyz` and `/status`."""
    checks: dict[str, Callable[[], str]] = {
        "database": lambda: _asked(city),
        "redis": lambda: city.bus.problem(),
        "picture": lambda: "" if hub.age() < LATE_S else f"{hub.age():.0f} s",
        "chores": lambda: "" if hub.alive() else "ended",
    }

    def states() -> dict[str, str]:
        found = {}
        for name, check in checks.items():
            found[name] = check()
        return found

    @server.get("/healthz")
    def healthz() -> Response:
        """Whether this process can go on: its loop answers, its threads live. Starting us anew does not bring a lost database back."""
        alive = hub.alive()
        return json_response({"ok": alive, **hub.beat()}, 200 if alive else 503)

    @server.get("/readyz")
    def readyz() -> Response:
        """Whether people should be sent here: the database answers, the picture is fresh. Redis away makes us slower, not wrong."""
        found = states()
        ready = not (found["database"] or found["picture"] or found["chores"])
        return json_response({"ready": ready, "checks": {name: problem or "ok" for name, problem in found.items()}}, 200 if ready else 503)

    @server.get("/status")
    def status() -> Response:
        principal().require("administer")
        rows: list[tuple[str, str, bool]] = []
        for name, problem in states().items():
            rows.append((text(f"status.{name}", language()), problem or text("status.ok", language()), not problem))
        leads = text("status.leads" if city.leadership.leads() else "status.follows", language())
        facts: dict[str, Any] = {
            "seq": hub.seq,
            "connections": len(screens.principals),
            "leadership": leads,
            "skipped": screens.frames_skipped,
        }
        rows += [(text(f"status.{name}", language()), str(value), True) for name, value in facts.items()]
        for trouble in city.troubles.listed():
            rows.append((trouble["since"], trouble["zh" if language() == "zh" else "en"], False))
        return page(status_page(lambda key: text(key, language()), language(), rows))


def _asked(city: City) -> str:
    began = time.monotonic()
    try:
        with city.database.read() as session:
            session.scalar(select(1))
    except SQLAlchemyError as error:
        return type(error).__name__
    took = time.monotonic() - began
    return "" if took < LATE_S else f"{took:.0f} s"
