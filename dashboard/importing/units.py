"""Import of field units from CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from dashboard.clock import new_id
from dashboard.command import Commands
from dashboard.identity import Principal
from dashboard.importing.areas import CHUNK, Progress, initials
from dashboard.importing.problems import ImportFailed, Problem
from dashboard.importing.tables import Table
from dashboard.keys import index_of
from dashboard.units import DUTIES, ROLES, SKILLS
from datasources.models import Area, Unit, UnitRole, UnitSkill

COLUMNS = ("code", "name", "phone", "area_code", "roles")


def import_units(commands: Commands, principal: Principal, path: Path, progress: Progress = lambda what, done, total: None) -> int:
    """Add the units of a file, or bring those up to date that are known by `code`; returns how many.

    Columns: `code`, `name`, `phone`, `area_code`, `roles` (separated by `;`); if known `kind`, `duty`, `skills`.
    """
    table = Table(path)
    rows = [_unit(row) for row in table.rows(COLUMNS)]
    with commands.transaction(principal) as work:
        problems = [*table.problems, *_misplaced(work.session, path.name, rows), *_repeated(path.name, rows)]
        if problems:
            raise ImportFailed(problems)
        known = {unit.code: unit for unit in work.session.scalars(select(Unit))}
        highest = work.session.scalar(select(func.max(Unit.number)))
        number = 0 if highest is None else highest + 1
        fresh, links = [], []
        for row in rows:
            row["phone_index"] = index_of(commands.database.keyring, row["phone"])
            links.append((row, row.pop("roles"), row.pop("skills")))
            unit = known.get(row["code"])
            if unit is None:
                row |= {"id": new_id(), "number": number}
                number += 1
                fresh.append(row)
            else:
                row["id"] = unit.id
                for name in ("name", "pinyin_initials", "kind", "phone", "phone_index", "area_code", "duty"):
                    setattr(unit, name, row[name])
        for start in range(0, len(fresh), CHUNK):
            work.session.execute(insert(Unit), fresh[start : start + CHUNK])
            progress("units", min(start + CHUNK, len(fresh)), len(fresh))
        _link(work.session, links, known)
        for city in sorted({row["area_code"][:4] for row in rows}):
            work.record("unit.import", city, city, {"count": len(rows)})
    return len(rows)


def _unit(row: Any) -> dict[str, Any]:
    name = row.text("name", 40)
    return {
        "code": row.text("code", 40),
        "name": name,
        "pinyin_initials": initials(name)[:40],
        "kind": row.choice("kind", ("person", "team"), "person"),
        "phone": row.text("phone", 24),
        "area_code": row.text("area_code", 18),
        "duty": row.choice("duty", DUTIES, "off_duty"),
        "roles": row.words("roles", ROLES),
        "skills": row.words("skills", SKILLS),
    }


def _misplaced(session: Session, file: str, rows: list[dict[str, Any]]) -> list[Problem]:
    codes = set(session.scalars(select(Area.code)))
    return [
        Problem(file, number, "area_code", row["area_code"], "已导入的区域编码 / the code of an imported area")
        for number, row in enumerate(rows, start=2)
        if row["area_code"] not in codes
    ]


def _repeated(file: str, rows: list[dict[str, Any]]) -> list[Problem]:
    seen: set[str] = set()
    problems = []
    for number, row in enumerate(rows, start=2):
        if row["code"] in seen:
            problems.append(Problem(file, number, "code", row["code"], "每个编码只有一行 / one row for each code"))
        seen.add(row["code"])
    return problems


def _link(session: Session, links: list[tuple[dict[str, Any], list[str], list[str]]], known: dict[str, Unit]) -> None:
    again = [row["id"] for row, _, _ in links if row["code"] in known]
    for start in range(0, len(again), 500):
        some = again[start : start + 500]
        session.execute(delete(UnitRole).where(UnitRole.unit_id.in_(some)))
        session.execute(delete(UnitSkill).where(UnitSkill.unit_id.in_(some)))
    session.flush()
    roles = [{"unit_id": row["id"], "role": role} for row, names, _ in links for role in names]
    skills = [{"unit_id": row["id"], "skill": skill} for row, _, names in links for skill in names]
    if roles:
        session.execute(insert(UnitRole), roles)
    if skills:
        session.execute(insert(UnitSkill), skills)
