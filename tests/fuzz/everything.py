"""All ways in, one after the other, at one server."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from tests.callbacks.matrix import table
from tests.callbacks.matrix.things import Things
from tests.fuzz.events import try_events, try_frames
from tests.fuzz.findings import try_findings
from tests.fuzz.report import Report, resident_mb
from tests.fuzz.routes import try_dash, try_interface

WAYS_OF_EACH = 180
"""So many cases are tried for one of `each`, about: operations twice, events twice, callbacks, frames, findings."""
MOST_HELD_MS = 100
HELD = re.compile(r"the loop was held for (\d+) ms")
"""What callbacks/watchdog.py says."""


def fuzz(things: Things, each: int, number: int, say: Callable[[str], None] = print) -> dict[str, Report]:
    """`each` cases for each operation and way, event and callback; says of each way what came of it."""
    server, officer = things.running.server, things.person("officer", "own")

    def token(role: str) -> str:
        return things.running.token(role, *((officer.area, things.unit["id"]) if role == "unit" else ()))

    events = {name: [row.ask(things, officer).body] for name, row in table.SOCKET_EVENTS.items() if name != "connect"}
    bodies = [row.ask(things, officer).body for row in table.DASH.values()]
    ways: dict[str, Callable[[Report], None]] = {
        "interface": lambda report: try_interface(server.address, token, report, each, number),
        "dash": lambda report: try_dash(server.address, token, report, bodies, each, number),
        "events": lambda report: try_events(server.address, token, report, events, each, number),
        "frames": lambda report: try_frames(server.address, token, report, each, number),
        "findings": lambda report: try_findings(server.address, token, report, each, number),
    }
    reports = {}
    said_before = len(server.log())
    for name, way in ways.items():
        report = reports[name] = Report(before_mb=resident_mb(server))
        began = time.monotonic()
        way(report)
        report.grown_mb = resident_mb(server) - report.before_mb
        say(f"{name}, {time.monotonic() - began:.0f} s, memory {report.before_mb:.0f} MB {report.grown_mb:+.0f} MB: {report}")
    said = server.log()[said_before:]
    if "Traceback" in server.log():
        reports["log"] = Report(wrong=[server.log()[-3000:]])
    held = [line for line in said.splitlines() if (found := HELD.search(line)) and int(found[1]) > MOST_HELD_MS]
    if held:
        reports["loop"] = Report(wrong=held)
    return reports
