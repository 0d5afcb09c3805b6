"""Retiring 注销: who has left and what was taken down goes from every list; the past keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select

from dashboard.command import Commands
from dashboard.identity import Principal
from dashboard.importing.problems import ImportFailed, Problem
from dashboard.importing.tables import Table
from dashboard.rows import video_row
from dashboard.units import rows as unit_rows
from datasources.models import Unit, VideoPoint
from datasources.queries import retiring as queries

AT_ONCE = 500


def codes_of(what: Sequence[str]) -> list[str]:
    """Codes as they were given, and those in the column `code` of files. Raises `ImportFailed`."""
    found: list[str] = []
    for one in what:
        if Path(one).is_file():
            table = Table(Path(one))
            found += [row.key("code", 40) for row in table.rows(("code",))]
            if table.problems:
                raise ImportFailed(table.problems)
        else:
            found.append(one)
    return list(dict.fromkeys(found))


def retire_units(commands: Commands, principal: Principal, codes: Sequence[str]) -> int:
    """Retire these units; returns how many were not yet. Their accounts are closed, their tokens revoked.

    Raises `ImportFailed` naming each that is not known, or still has something to do.
    """
    with commands.transaction(principal) as work:
        units: dict[str, Unit] = {}
        for start in range(0, len(codes), AT_ONCE):
            query = select(Unit).where(Unit.code.in_(codes[start : start + AT_ONCE])).order_by(Unit.id).with_for_update()
            units |= {unit.code: unit for unit in work.session.scalars(query)}
        problems = [Problem("units", 0, "code", code, "已导入的应急力量 / an imported field unit") for code in codes if code not in units]
        leaving = [unit for unit in units.values() if unit.retired_at is None]
        by_id = {unit.id: unit for unit in leaving}
        for unit_id, (deliveries, tickets) in queries.busy(work.session, list(by_id)).items():
            busy = f"先转交或结束：{deliveries} 条指令、{tickets} 个工单 / hand over or end first: {deliveries} orders, {tickets} tickets"
            problems.append(Problem("units", 0, "code", f"{by_id[unit_id].code} {by_id[unit_id].name}", busy))
        if problems:
            raise ImportFailed(problems)
        for start in range(0, len(leaving), AT_ONCE):
            some = leaving[start : start + AT_ONCE]
            steps = {unit.id: {"units": -1, **({"on_duty": -1} if unit.duty == "on_duty" else {})} for unit in some}
            for unit in some:
                unit.retired_at, unit.duty = work.now, "off_duty"
            for row in unit_rows(work.session, some):
                work.record("unit.retire", row["area_code"], row["id"], {"row": row}, [[row["area_code"], steps[row["id"]]]])
            closed, revoked = queries.shut_out(work.session, [unit.id for unit in some], [unit.number for unit in some], work.now)
            for account in closed:
                about = {"login": account.login, "name": account.name, "role": account.role}
                work.record("account.close", account.area_code, account.id, about)
            for token in revoked:
                work.record("token.revoke", token.area_code, token.id, {"kind": token.kind, "name": token.name, "role": token.role})
        return len(leaving)


def retire_video(commands: Commands, principal: Principal, codes: Sequence[str]) -> int:
    """Take cameras off the map; the change log keeps each as it was. Raises `ImportFailed` for codes that are not known."""
    with commands.transaction(principal) as work:
        points: list[VideoPoint] = []
        for start in range(0, len(codes), AT_ONCE):
            points += work.session.scalars(select(VideoPoint).where(VideoPoint.code.in_(codes[start : start + AT_ONCE])))
        known = {point.code for point in points}
        problems = [Problem("video", 0, "code", code, "已导入的视频点位 / an imported camera") for code in codes if code not in known]
        if problems:
            raise ImportFailed(problems)
        for city in sorted({point.area_code[:4] for point in points}):
            gone = [{**video_row(p), "stream_url": p.stream_url} for p in points if p.area_code.startswith(city)]
            work.record("video.import", city, city, {"count": 0, "gone": gone})
        for point in points:
            work.session.delete(point)
        return len(points)
