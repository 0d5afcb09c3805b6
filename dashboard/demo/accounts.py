"""The accounts that exist only in the demo city, and whether a database is one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from datasources.models import Account, Area, Unit, UnitRole

PASSWORD = "yiping-demo"


@dataclass(frozen=True)
class DemoAccount:
    """One of the known accounts."""

    login: str
    name: str
    role: str
    area_code: str
    unit_id: str | None = None


def is_empty(session: Session) -> bool:
    """Whether no city was ever loaded into this database."""
    return session.scalar(select(Area.code).limit(1)) is None


def demo_accounts(session: Session) -> list[DemoAccount]:
    """The accounts of the demo city: one for each role, the leader and the unit in the same street."""
    city = session.scalars(select(Area.code).where(Area.level == "city")).one()
    query = (
        select(Unit)
        .join(UnitRole, UnitRole.unit_id == Unit.id)
        .where(UnitRole.role == "grid_officer", Unit.duty == "on_duty", Unit.kind == "person")
        .order_by(Unit.area_code)
    )
    officers = list(session.scalars(query))
    if not officers:
        raise RuntimeError("the demo city has no grid officer on duty")
    # the street with the most people on duty: there is something to see for its leader
    street = Counter(unit.area_code[:9] for unit in officers).most_common(1)[0][0]
    unit = next(unit for unit in officers if unit.area_code.startswith(street))
    return [
        DemoAccount("commander", "陈建国", "commander", city),
        DemoAccount("officer", "周敏", "officer", city),
        DemoAccount("leader", "何丽", "leader", street),
        DemoAccount("unit", unit.name, "unit", unit.area_code, unit.id),
        DemoAccount("admin", "林涛", "admin", city),
    ]


def existing(session: Session) -> list[Account]:
    """The demo's accounts, if this database is a demo city."""
    logins = ("commander", "officer", "leader", "unit", "admin")
    return list(session.scalars(select(Account).where(Account.login.in_(logins)).order_by(Account.login)))
