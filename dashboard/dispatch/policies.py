"""Call policies 叫应规则: which channel is tried when, by priority and area."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from dashboard.areas import Areas, check_known
from dashboard.command import Commands
from dashboard.errors import Refused
from dashboard.identity import Principal
from dashboard.rows import Row
from datasources.models import CallPolicy
from datasources.queries import calling as queries
from datasources.serialising import iso

CHANNELS = ("web_push", "sms", "voice", "deputy", "duty_desk", "loudspeaker")
INSIDE = ("deputy", "duty_desk")
OUTSIDE = tuple(channel for channel in CHANNELS if channel not in INSIDE)
"""Channels that need nothing from outside."""
Priority = Literal["normal", "urgent", "critical"]
PRIORITIES = get_args(Priority)


class Step(BaseModel):
    """`after_s` seconds after the step before (the first: after the order was sent), unless the delivery has come to `until`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channel: Literal["web_push", "sms", "voice", "deputy", "duty_desk", "loudspeaker"]
    after_s: int = Field(ge=1, le=86_400)
    until: Literal["delivered", "acknowledged"] = "acknowledged"


class PolicyPlace(BaseModel):
    """Which policy is meant."""

    model_config = ConfigDict(extra="forbid")

    area: str = Field(min_length=4, max_length=18)
    priority: Priority


class NewPolicy(PolicyPlace):
    """The steps for one priority in an area. None: nobody is called."""

    steps: list[Step] = Field(max_length=12)


Steps = tuple[Step, ...]


def _steps(*steps: tuple[str, int, str]) -> Steps:
    return tuple(Step.model_validate({"channel": channel, "after_s": after, "until": until}) for channel, after, until in steps)


DEFAULTS: dict[str, Steps] = {
    "critical": _steps(
        ("web_push", 10, "delivered"),
        ("sms", 20, "acknowledged"),
        ("voice", 30, "acknowledged"),
        ("deputy", 60, "acknowledged"),
        ("duty_desk", 60, "acknowledged"),
        ("loudspeaker", 60, "acknowledged"),
    ),
    "urgent": _steps(
        ("web_push", 30, "delivered"),
        ("sms", 90, "acknowledged"),
        ("voice", 180, "acknowledged"),
        ("deputy", 300, "acknowledged"),
        ("duty_desk", 300, "acknowledged"),
    ),
    "normal": _steps(("web_push", 60, "delivered"), ("sms", 540, "acknowledged")),
}
"""What holds where nobody has set a policy. An evacuation must have reached everybody within an hour: these are through in four minutes."""


class Policies:
    """Reads and sets call policies. Steps over channels that are not set up here are left out, their time is kept."""

    def __init__(self, commands: Commands, areas: Areas, available: frozenset[str]) -> None:
        self._commands = commands
        self._areas = areas
        self.available = available | frozenset(INSIDE)

    def book(self, session: Session, priority: str) -> Callable[[str], Steps]:
        """What holds for a recipient, by area code: the policy of the nearest area above that has one. Reads them all once."""
        found = {
            policy.area_code: self._usable([Step.model_validate(s) for s in policy.steps]) for policy in queries.policies(session, priority)
        }
        default = self._usable(DEFAULTS[priority])

        def steps(area_code: str) -> Steps:
            for length in range(len(area_code), 3, -1) if found else ():
                if area_code[:length] in found:
                    return found[area_code[:length]]
            return default

        return steps

    def _usable(self, every: Sequence[Step]) -> Steps:
        kept: list[Step] = []
        skipped_s = 0
        for step in every:
            if step.channel in self.available:
                kept.append(step.model_copy(update={"after_s": step.after_s + skipped_s}))
                skipped_s = 0
            else:
                skipped_s += step.after_s
        return tuple(kept)

    def listed(self, principal: Principal, area_code: str) -> list[Row]:
        """What holds in an area, for each priority, and which steps are not set up here."""
        check_known(self._areas, principal, area_code, "see")
        with self._commands.database.read() as session:
            found = {priority: queries.policy(session, area_code, priority) for priority in PRIORITIES}
        return [
            {
                "priority": priority,
                "from_area": policy.area_code if policy else None,
                "place": self._areas.short_name(policy.area_code) if policy else "",
                "set_by": policy.set_by if policy else "",
                "steps": [
                    {**step.model_dump(), "available": step.channel in self.available}
                    for step in (DEFAULTS[priority] if policy is None else [Step.model_validate(s) for s in policy.steps])
                ],
            }
            for priority, policy in found.items()
        ]

    def set(self, principal: Principal, new: NewPolicy) -> Row:
        """Set the policy of an area for one priority; running orders keep the timers that they have."""
        check_known(self._areas, principal, new.area, "administer")
        steps = [step.model_dump() for step in new.steps]
        with self._commands.transaction(principal) as work:
            known = work.session.get(CallPolicy, (new.area, new.priority), with_for_update=True)
            if known is None:
                known = CallPolicy(area_code=new.area, priority=new.priority)
                work.session.add(known)
            known.steps, known.set_by, known.set_at = steps, principal.name, work.now
            row: Row = {"area": new.area, "priority": new.priority, "steps": steps, "set_by": principal.name, "set_at": iso(work.now)}
            work.record("policy.set", new.area, f"{new.area}:{new.priority}", {"row": row})
            return row

    def remove(self, principal: Principal, place: PolicyPlace) -> Row:
        """Let the area above, or else the default, hold again. Raises `not_found` when the area has none of its own."""
        check_known(self._areas, principal, place.area, "administer")
        with self._commands.transaction(principal) as work:
            known = work.session.get(CallPolicy, (place.area, place.priority), with_for_update=True)
            if known is None:
                raise Refused("not_found", what=f"{place.area} {place.priority}")
            work.session.delete(known)
            row: Row = {"area": place.area, "priority": place.priority}
            work.record("policy.remove", place.area, f"{place.area}:{place.priority}", {"row": row})
            return row
