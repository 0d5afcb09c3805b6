"""Loading the demo city through the import, and the accounts that exist only in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dashboard.accounts import Accounts
from dashboard.areas import Areas
from dashboard.command import Commands
from dashboard.demo.generate import generate
from dashboard.demo.scale import SCALES
from dashboard.identity import SYSTEM
from dashboard.importing.areas import import_areas
from dashboard.importing.units import import_units
from dashboard.importing.video import import_video
from datasources.models import Account, Area, Unit, UnitRole

Progress = Callable[[str, int, int], None]
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
    return not session.scalar(select(func.count()).select_from(Area))


def load(commands: Commands, areas: Areas, accounts: Accounts, scale: str, folder: Path, progress: Progress) -> None:
    """Generate the demo city and import it like any other."""
    files = generate(SCALES[scale], folder, progress)
    import_areas(commands, SYSTEM, files.areas, files.boundaries, progress=progress)
    areas.refresh()
    import_units(commands, SYSTEM, files.units, progress)
    import_video(commands, areas, SYSTEM, files.video, progress=progress)
    with commands.database.read() as session:
        known = demo_accounts(session)
    for one in known:
        accounts.create(one.login, one.name, one.role, one.area_code, PASSWORD, one.unit_id)


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
