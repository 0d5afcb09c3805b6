"""Field units: who they are, where they serve, on duty or off."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from dashboard import plain
from dashboard.areas import scope_range, split
from dashboard.buckets import Buckets
from dashboard.codes import end_of, staff_above
from dashboard.command import Commands
from dashboard.errors import Refused
from dashboard.identity import Principal
from dashboard.numbers import plain_number
from dashboard.rows import Row, unit_row
from datasources.models import Unit
from datasources.queries import units as queries

SHORTEST_SEARCHED = 5
"""Fewer digits would find by chance."""
MOBILE = 11
"""Digits of a mobile number, which begins with 1."""
DUTIES = ("on_duty", "off_duty")
ROLES = (
    "grid_officer",
    "micro_grid_leader",
    "disaster_informant",
    "forest_ranger",
    "firefighter",
    "medic",
    "volunteer",
    "police",
    "rescue_team",
)
SKILLS = ("first_aid", "boat", "chainsaw", "drone", "pump", "sign_language", "swimming", "electrician")


class Units:
    """Reads units in scope and changes their duty."""

    def __init__(self, commands: Commands, buckets: Buckets) -> None:
        self._commands = commands
        self._buckets = buckets
        self._database = commands.database

    def get(self, principal: Principal, unit_id: str) -> Row:
        """One unit in scope. Raises `not_found` (also outside the scope: existence is not told)."""
        with self._database.read() as session:
            unit = queries.get(session, unit_id)
            if unit is None or not _may_see(principal, unit):
                raise Refused("not_found", what=unit_id)
            return rows(session, [unit])[0]

    def by_number(self, principal: Principal, number: int) -> Row:
        """One unit in scope by the number that position frames carry."""
        with self._database.read() as session:
            found = queries.by_numbers(session, [number])
            if not found or not _may_see(principal, found[0]):
                raise Refused("not_found", what=str(number))
            return rows(session, found)[0]

    def covering(self, principal: Principal, area_code: str, most: int = 500, after: str = "") -> list[Row]:
        """Units inside an area, and those of its grid and community that look after it."""
        principal.require("see", area_code)
        with self._database.read() as session:
            return rows(session, queries.covering(session, area_code, end_of(area_code), staff_above(area_code), most, after))

    def search(self, principal: Principal, text: str, most: int = 12) -> list[Row]:
        """Units in scope by name, pinyin initials or code; for those who may read a number, by a whole telephone number too.

        That somebody was found by their number is recorded like a look at it: of a masked one, few digits have to be guessed. Raises
        `too_many`.
        """
        principal.require("see")
        low, high = scope_range(principal.area_code)
        with self._database.read() as session:
            keyring = self._database.keyring
            digits = _searched_number(text) if principal.may("contact") else ""
            if digits:
                self._buckets.take(principal, "number_search")
            numbers = keyring.indexed(digits) if keyring is not None and digits else []
            found = {unit.id: unit for unit in queries.search(session, plain.words(text), numbers, low, high, most)}
            for inside, rest in split(session, text, principal.area_code):
                found |= {unit.id: unit for unit in queries.search(session, rest, [], *inside, most)}
            by_number = {unit.id for unit in found.values() if numbers and unit.phone_index in numbers}
            shown = rows(session, list(found.values())[:most])
        if by_number:
            with self._commands.transaction(principal) as work:
                for unit in shown:
                    if unit["id"] in by_number:
                        work.record("look.phone", unit["area_code"], unit["id"], {"unit": unit["name"], "by": principal.name})
        return shown

    def phone(self, principal: Principal, unit_id: str) -> str:
        """The whole telephone number of a unit in scope; that somebody has looked is recorded. Raises `forbidden`, `not_found`."""
        principal.require("contact")
        with self._commands.transaction(principal) as work:
            unit = work.session.get(Unit, unit_id)
            if unit is None or not unit.area_code.startswith(principal.area_code):
                raise Refused("not_found", what=unit_id)
            work.record("look.phone", unit.area_code, unit.id, {"unit": unit.name, "by": principal.name})
            return unit.phone.of(unit.id)

    def with_own_device(self, principal: Principal) -> list[str]:
        """Ids of units in scope that answer for themselves."""
        principal.require("relay")
        with self._database.read() as session:
            return queries.with_own_device(session, *scope_range(principal.area_code))

    def set_duty(self, principal: Principal, unit_id: str, duty: str) -> Row:
        """Put a unit on duty or off. A unit may do so for itself; otherwise the permission `relay` is needed."""
        if duty not in DUTIES:
            raise Refused("invalid", field="duty", problem=f"{duty!r}，可用 {', '.join(DUTIES)} / {duty!r}: one of {', '.join(DUTIES)}")
        with self._commands.transaction(principal) as work:
            unit = work.session.get(Unit, unit_id, with_for_update=True)
            if unit is None or unit.retired_at is not None:
                raise Refused("unknown_unit", unit=unit_id)
            if principal.unit_id != unit_id:
                principal.require("relay", unit.area_code)
            if unit.duty != duty:
                unit.duty = duty
                step = 1 if duty == "on_duty" else -1
                row = rows(work.session, [unit])[0]
                work.record("unit.duty", unit.area_code, unit.id, {"row": row}, [[unit.area_code, {"on_duty": step}]])
            return rows(work.session, [unit])[0]


def _searched_number(text: str) -> str:
    """What is searched for as a telephone number is written, made plain; empty when it is something else."""
    try:
        digits = plain_number(text)
    except ValueError:
        return ""
    half = digits.startswith("1") and len(digits) < MOBILE  # somebody is still typing
    return digits if len(digits) >= SHORTEST_SEARCHED and not half else ""


def _may_see(principal: Principal, unit: Unit) -> bool:
    return principal.unit_id == unit.id or (principal.may("see") and unit.area_code.startswith(principal.area_code))


def rows(session: Session, units: Sequence[Unit]) -> list[Row]:
    """Rows of these units with their roles and skills."""
    ids = [unit.id for unit in units]
    roles, skills = queries.roles_of(session, ids), queries.skills_of(session, ids)
    return [unit_row(unit, roles.get(unit.id, []), skills.get(unit.id, [])) for unit in units]
