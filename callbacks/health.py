"""What watches us from outside is told: alive, ready, and for people a page that says what is how."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from flask import Flask, Response
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from callbacks.screens import Screens
from callbacks.web import json_response, language, page, principal, say
from dashboard.city import City
from dashboard.clock_watch import ClockWatch
from dashboard.live.hub import Hub
from layouts.status import status_page

log = logging.getLogger(__name__)
NEEDED = ("database", "writing", "disk", "picture", "chores")
"""Without one of these, people must not be sent here."""
LATE_S = 5.0
"""A picture that is older is not one to send people to."""


def install(server: Flask, city: City, hub: Hub, screens: Screens, clock: ClockWatch) -> None:
    """Add `/healthz`, `/readyz` and `/status`."""
    checks: dict[str, Callable[[], str]] = {
        "database": lambda: _asked(city),
        "writing": city.storage.problem,
        "disk": city.storage.full,
        "clock": clock.problem,
        "redis": city.bus.problem,
        "picture": lambda: "" if hub.age() < LATE_S else "late",
        "chores": lambda: "" if hub.alive() else "ended",
    }

    def states() -> dict[str, str]:
        return {name: check() for name, check in checks.items()}

    @server.get("/healthz")
    def healthz() -> Response:
        """Whether this process can go on: its loop answers, its threads live. Starting us anew does not bring a lost database back."""
        alive = hub.alive()
        return json_response({"ok": alive}, 200 if alive else 503)

    @server.get("/readyz")
    def readyz() -> Response:
        """Whether people should be sent here: the database answers and takes what is written, the picture is fresh. Redis away makes us
        slower, not wrong.
        """
        found = states()
        ready = not any(found[name] for name in NEEDED)
        return json_response({"ready": ready, "checks": {name: problem or "ok" for name, problem in found.items()}}, 200 if ready else 503)

    @server.get("/status")
    def status() -> Response:
        principal().require("administer")

        facts = {
            "seq": hub.seq,
            "connections": len(screens.principals),
            "leadership": say("status.leads" if city.leadership.leads() else "status.follows"),
            "skipped": screens.frames_skipped,
        }
        rows = [(say(f"status.{name}"), say(f"status.is.{problem or 'ok'}"), not problem) for name, problem in states().items()]
        rows += [(say(f"status.{name}"), str(value), True) for name, value in facts.items()]
        rows += [(say("status.trouble"), f"{trouble[language()]} · {trouble['since']}", False) for trouble in city.troubles.listed()]
        return page(status_page(say, language(), rows))


def _asked(city: City) -> str:
    began = time.monotonic()
    try:
        with city.database.read() as session:
            session.scalar(select(1))
    except SQLAlchemyError as error:
        log.warning("the database does not answer: %s", error)
        return "away"
    return "" if time.monotonic() - began < LATE_S else "late"
