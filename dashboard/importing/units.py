"""Import of field units from CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from dashboard.catalogue import text
from dashboard.clock import new_id
from dashboard.command import Commands, Work
from dashboard.identity import Principal
from dashboard.importing.areas import CHUNK, Progress
from dashboard.importing.pinyin import initials
from dashboard.importing.problems import ImportFailed
from dashboard.importing.tables import Row, Table, repeated
from dashboard.keys import index_of
from dashboard.memory import collector_paused
from dashboard.units import DUTIES, ROLES, SKILLS
from dashboard.units import rows as unit_rows
from datasources.models import Area, Unit, UnitRole, UnitSkill
from datasources.types import Secret

COLUMNS = ("code", "name", "phone", "area_code", "roles")
UNIT_KINDS = ("person", "team")
CALLED = {
    "code": ("编码", "编号"),
    "name": ("姓名", "名称"),
    "phone": ("电话", "手机", "手机号", "联系电话"),
    "area_code": ("区域编码", "区域"),
    "roles": ("角色", "岗位"),
    "kind": ("类型",),
    "duty": ("在岗", "状态"),
    "skills": ("技能",),
}
"""What clerks call the columns."""
HEADERS = {called: name for name, some in CALLED.items() for called in some}
MEANT = {text(f"{kind}.{word}"): word for kind, some in (("role", ROLES), ("skill", SKILLS), ("duty", DUTIES)) for word in some}
MEANT |= {"个人": "person", "人员": "person", "队伍": "team"}
FIELDS = ("name", "pinyin_initials", "kind", "area_code", "duty")


@collector_paused()
def import_units(commands: Commands, principal: Principal, path: Path, progress: Progress = lambda what, done, total: None) -> int:
    """Add the units of a file, or bring those up to date that are known by `code`; returns how many.

    Columns: `code`, `name`, `phone`, `area_code`, `roles` (separated by `;`); if known `kind`, `duty`, `skills`: what a file does not
    say of somebody who is known stays as it is.
    """
    table = Table(path)
    read = [(row, _unit(row)) for row in table.rows(COLUMNS, HEADERS)]
    repeated(row for row, _ in read)
    with commands.transaction(principal) as work:
        codes = set(work.session.scalars(select(Area.code)))
        for row, unit in read:
            if row.ok and unit["area_code"] not in codes:
                row.wrong("area_code", "已导入的区域编码 / the code of an imported area")
        if table.problems:
            raise ImportFailed(table.problems)
        known = {unit.code: unit for unit in work.session.scalars(select(Unit))}
        highest = work.session.scalar(select(func.max(Unit.number)))
        number = 0 if highest is None else highest + 1
        fresh: list[dict[str, Any]] = []
        links: list[Link] = []
        turned: list[Unit] = []
        for _, given in read:
            phone = given.pop("phone")
            index = index_of(commands.database.keyring, phone)
            roles, skills = given.pop("roles"), given.pop("skills")
            there = known.get(given["code"])
            if there is None:
                given |= {"id": new_id(), "number": number, "kind": given["kind"] or "person", "duty": given["duty"] or "off_duty"}
                given |= {"phone": Secret(given["id"], phone), "phone_index": index}
                number += 1
                fresh.append(given)
            else:
                if given["duty"] not in (None, there.duty):
                    turned.append(there)
                for name in FIELDS:
                    if given[name] is not None:
                        setattr(there, name, given[name])
                if phone != there.phone.of(there.id):
                    there.phone, there.phone_index = Secret(there.id, phone), index
                there.retired_at = None
            links.append(Link(given["id"] if there is None else there.id, there is not None, roles, skills))
        for start in range(0, len(fresh), CHUNK):
            work.session.execute(insert(Unit), fresh[start : start + CHUNK])
            progress("units", min(start + CHUNK, len(fresh)), len(fresh))
        _link(work.session, links)
        _record_duty(work, turned)
        for city in sorted({given["area_code"][:4] for _, given in read}):
            work.record("unit.import", city, city, {"count": len(read), "new": len(fresh)})
    return len(read)


def _unit(row: Row) -> dict[str, Any]:
    """`None` for what the file does not say."""
    name = row.text("name", 40)
    return {
        "code": row.key("code", 40),
        "name": name,
        "pinyin_initials": initials(name, 40),
        "kind": row.choice("kind", UNIT_KINDS, meant=MEANT) if row.has("kind") else None,
        "phone": row.phone("phone"),
        "area_code": row.area("area_code"),
        "duty": row.choice("duty", DUTIES, meant=MEANT) if row.has("duty") else None,
        "roles": row.words("roles", ROLES, MEANT),
        "skills": row.words("skills", SKILLS, MEANT) if "skills" in row.cells else None,
    }


class Link(NamedTuple):
    """What a file says of the roles and skills of one unit; None: nothing. `known`: it had some before."""

    unit_id: str
    known: bool
    roles: list[str] | None
    skills: list[str] | None


def _link(session: Session, links: list[Link]) -> None:
    session.flush()
    of_roles = [(link.unit_id, link.known, link.roles) for link in links if link.roles is not None]
    of_skills = [(link.unit_id, link.known, link.skills) for link in links if link.skills is not None]
    for model, said, column in ((UnitRole, of_roles, "role"), (UnitSkill, of_skills, "skill")):
        again = [unit_id for unit_id, known, _ in said if known]
        for start in range(0, len(again), 500):
            session.execute(delete(model).where(model.unit_id.in_(again[start : start + 500])))
        rows = [{"unit_id": unit_id, column: word} for unit_id, _, words in said for word in words]
        if rows:
            session.execute(insert(model), rows)


def _record_duty(work: Work, turned: list[Unit]) -> None:
    for start in range(0, len(turned), 500):
        for row in unit_rows(work.session, turned[start : start + 500]):
            step = 1 if row["duty"] == "on_duty" else -1
            work.record("unit.duty", row["area_code"], row["id"], {"row": row}, [[row["area_code"], {"on_duty": step}]])
