"""Field units: lists, recipients of an order, counts by area."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from datasources.database import ASIDE, turn
from datasources.models import Account, Token, Unit, UnitRole, UnitSkill
from datasources.queries import areas

AT_ONCE = 1000
"""Units read before others get their turn."""


@dataclass(frozen=True)
class Chosen:
    """What choosing recipients needs to know of a unit."""

    id: str
    number: int
    name: str
    area_code: str
    duty: str


def place(low: str, high: str, above: Sequence[str] = ()) -> ColumnElement[bool]:
    """Units with an area code in [low, high), or exactly at one of `above`."""
    within = and_(Unit.area_code >= low, Unit.area_code < high)
    return and_(Unit.retired_at.is_(None), or_(within, Unit.area_code.in_(above)) if above else within)


def get(session: Session, unit_id: str) -> Unit | None:
    """One unit by its id."""
    return session.get(Unit, unit_id)


def by_numbers(session: Session, numbers: Sequence[int]) -> list[Unit]:
    """Units with these numbers."""
    return list(session.scalars(select(Unit).where(Unit.number.in_(numbers)).order_by(Unit.number)))


def covering(session: Session, low: str, high: str, above: Sequence[str], most: int, after: str = "") -> list[Unit]:
    """Units in [low, high) or at one of `above`, by id behind `after`."""
    query = select(Unit).where(place(low, high, above), Unit.id > after).order_by(Unit.id).limit(most)
    return list(session.scalars(query))


def roles_of(session: Session, unit_ids: Sequence[str]) -> dict[str, list[str]]:
    """Roles of each of these units, in the order of their names."""
    found: dict[str, list[str]] = defaultdict(list)
    query = select(UnitRole.unit_id, UnitRole.role).where(UnitRole.unit_id.in_(unit_ids)).order_by(UnitRole.role)
    for unit_id, role in session.execute(query):
        found[unit_id].append(role)
    return found


def skills_of(session: Session, unit_ids: Sequence[str]) -> dict[str, list[str]]:
    """Skills of each of these units, in the order of their names."""
    found: dict[str, list[str]] = defaultdict(list)
    query = select(UnitSkill.unit_id, UnitSkill.skill).where(UnitSkill.unit_id.in_(unit_ids)).order_by(UnitSkill.skill)
    for unit_id, skill in session.execute(query):
        found[unit_id].append(skill)
    return found


def choose(
    session: Session,
    low: str,
    high: str,
    above: Sequence[str] = (),
    roles: Sequence[str] = (),
    skills: Sequence[str] = (),
    ids: Sequence[str] = (),
    numbers: Sequence[int] | None = None,
) -> list[Chosen]:
    """Units of the range that hold any of `roles` and any of `skills` (empty: no such condition), by area code; of `numbers` when given."""
    query = select(Unit.id, Unit.number, Unit.name, Unit.area_code, Unit.duty)
    query = query.where(place(low, high, above))
    if roles:
        query = query.where(Unit.id.in_(select(UnitRole.unit_id).where(UnitRole.role.in_(roles))))
    if skills:
        query = query.where(Unit.id.in_(select(UnitSkill.unit_id).where(UnitSkill.skill.in_(skills))))
    if ids:
        query = query.where(Unit.id.in_(ids))
    if numbers is not None:
        query = query.where(Unit.number.in_(numbers))
    found: list[Chosen] = []
    for rows in session.execute(query.order_by(Unit.area_code, Unit.number).execution_options(yield_per=AT_ONCE, **ASIDE)).partitions():
        found += [Chosen(id=unit_id, number=number, name=name, area_code=code, duty=duty) for unit_id, number, name, code, duty in rows]
        turn()
    return found


def for_hot_state(session: Session) -> list[tuple[int, str, bool]]:
    """(number, area code, on duty) of every unit."""
    rows = session.execute(select(Unit.number, Unit.area_code, Unit.duty).order_by(Unit.number))
    return [(number, code, duty == "on_duty") for number, code, duty in rows]


def numbers_by_id(session: Session) -> dict[str, int]:
    """Number of every unit by its id."""
    return {str(unit_id): int(number) for unit_id, number in session.execute(select(Unit.id, Unit.number).where(Unit.retired_at.is_(None)))}


def count_by_area(session: Session, low: str, high: str) -> list[tuple[str, int, int]]:
    """(area code, units, units on duty) for codes in [low, high)."""
    on_duty = func.sum(case((Unit.duty == "on_duty", 1), else_=0))
    rows = session.execute(select(Unit.area_code, func.count(), on_duty).where(place(low, high)).group_by(Unit.area_code))
    return [(code, count, int(duty)) for code, count, duty in rows]


def search(session: Session, text: str, phones: Sequence[str], low: str, high: str, most: int) -> list[Unit]:
    """Units whose name contains, or whose pinyin initials or code begin with, `text`, or whose number is looked up by one of `phones`."""
    matches, closeness = areas.matching(Unit, text)
    query = select(Unit).where(or_(*matches, Unit.phone_index.in_(phones)), place(low, high))
    return list(session.scalars(query.order_by(closeness, Unit.area_code, Unit.number).limit(most).execution_options(**ASIDE)))


def with_own_device(session: Session, low: str, high: str) -> list[str]:
    """Ids of the units of [low, high) that answer for themselves: somebody signs in as them."""
    accounts = select(Account.unit_id).where(Account.unit_id.is_not(None), Account.active)
    tokens = select(Token.unit_id).where(Token.unit_id.is_not(None), Token.revoked_at.is_(None))
    theirs = accounts.union(tokens).subquery()
    inside = select(Unit.id).where(Unit.area_code >= low, Unit.area_code < high, Unit.id.in_(select(theirs.c.unit_id)))
    return sorted(session.scalars(inside))
