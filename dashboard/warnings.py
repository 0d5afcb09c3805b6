"""Warnings 预警: issued for an area, in force until they expire or are cancelled."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from dashboard.areas import Areas, check_known
from dashboard.clock import new_id
from dashboard.codes import ancestors, end_of
from dashboard.command import Commands, Work
from dashboard.errors import Refused
from dashboard.idempotency import ClientKey
from dashboard.identity import SYSTEM, Principal
from dashboard.rows import Row, warning_row
from dashboard.words import Headline
from datasources.models import Warning
from datasources.queries import warnings as queries

Event = Literal["rainstorm", "flood", "landslide", "gale", "thunderstorm", "heat", "forest_fire", "earthquake", "fog", "cold_wave"]
EVENTS: tuple[str, ...] = get_args(Event)
LEVELS = ("red", "orange", "yellow", "blue")
SEVERITY = {"red": "Extreme", "orange": "Severe", "yellow": "Moderate", "blue": "Minor"}
"""CAP 1.2 severity of each colour, as the China Meteorological Administration's CAP feeds map them."""
LONGEST = timedelta(days=7)


class WarningIssue(BaseModel):
    """A new warning for one area."""

    model_config = ConfigDict(extra="forbid")

    key: ClientKey
    event: Event
    level: Literal["red", "orange", "yellow", "blue"]
    area: str = Field(min_length=4, max_length=18)
    headline: Headline
    description: str = Field(default="", max_length=4000)
    instruction: str = Field(default="", max_length=4000)
    urgency: Literal["Immediate", "Expected", "Future", "Past", "Unknown"] = "Expected"
    certainty: Literal["Observed", "Likely", "Possible", "Unlikely", "Unknown"] = "Likely"
    effective: AwareDatetime | None = None
    expires: AwareDatetime


class Warnings:
    """Issues, cancels and lists warnings."""

    def __init__(self, commands: Commands, areas: Areas) -> None:
        self._commands = commands
        self._database = commands.database
        self._areas = areas

    def issue(self, principal: Principal, issue: WarningIssue) -> Row:
        """Put a warning in force; the same key again returns the warning that it issued."""
        check_known(self._areas, principal, issue.area, "warn")
        with self._commands.transaction(principal) as work:
            work.claim(issue.key)
            known = queries.by_key(work.session, issue.key)
            if known is not None:
                if known.area_code != issue.area:
                    raise Refused("already_so", field="key", state=issue.key)
                return warning_row(known)
            effective = issue.effective or work.now
            if not work.now < issue.expires <= effective + LONGEST:
                raise Refused("invalid", field="expires", problem="必须晚于现在且不超过 7 天 / must be in the future, within 7 days")
            warning = Warning(
                id=new_id(),
                key=issue.key,
                sender=principal.name,
                event=issue.event,
                level=issue.level,
                urgency=issue.urgency,
                severity=SEVERITY[issue.level],
                certainty=issue.certainty,
                headline=issue.headline,
                description=issue.description,
                instruction=issue.instruction,
                area_code=issue.area,
                state="in_force",
                sent=work.now,
                effective=effective,
                expires=issue.expires,
            )
            work.session.add(warning)
            work.session.flush()
            self._record(work, "warning.issue", warning)
            return warning_row(warning)

    def cancel(self, principal: Principal, warning_id: str) -> Row:
        """End a warning before its time. Raises `not_found`, `not_allowed_now`."""
        with self._commands.transaction(principal) as work:
            warning = work.session.get(Warning, warning_id, with_for_update=True)
            if warning is None or not warning.area_code.startswith(principal.area_code):
                raise Refused("not_found", what=warning_id)
            principal.require("warn", warning.area_code)
            if warning.state != "in_force":
                raise Refused("not_allowed_now", action="cancel", state=warning.state)
            warning.state = "cancelled"
            self._record(work, "warning.cancel", warning)
            return warning_row(warning)

    def expire(self) -> int:
        """End the warnings whose time is up; returns how many. Called by the clock."""
        with self._database.read() as session:
            if not queries.newly_expired(session, self._commands.clock()):
                return 0
        with self._commands.transaction(SYSTEM) as work:
            ended = queries.newly_expired(work.session, work.now, lock=True)
            for warning in ended:
                warning.state = "expired"
                self._record(work, "warning.expire", warning)
            return len(ended)

    def _record(self, work: Work, kind: str, warning: Warning) -> None:
        payload = {"row": warning_row(warning), "place": self._areas.short_name(warning.area_code)}
        work.record(kind, warning.area_code, warning.id, payload)

    def in_force(self, principal: Principal, area_code: str) -> list[Row]:
        """Warnings in force in an area: for itself, for what it contains, and for what contains it."""
        principal.require("see", area_code)
        with self._database.read() as session:
            found = queries.in_force(session, area_code, end_of(area_code), ancestors(area_code))
            return [warning_row(warning) for warning in found]
