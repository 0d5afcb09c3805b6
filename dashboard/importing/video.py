"""Import of video points from CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import delete, insert, select

from dashboard.areas import Areas
from dashboard.command import Commands
from dashboard.geo import gcj02_to_wgs84
from dashboard.identity import Principal
from dashboard.importing.areas import CHUNK, Progress
from dashboard.importing.problems import ImportFailed, Problem
from dashboard.importing.tables import Row, Table
from dashboard.video import KINDS
from datasources.models import Area, VideoPoint


def import_video(
    commands: Commands,
    areas: Areas,
    principal: Principal,
    path: Path,
    crs: str = "wgs84",
    progress: Progress = lambda what, done, total: None,
) -> int:
    """Add or replace the video points of a file; returns how many.

    Columns: `code`, `name`, `kind`, `lon`, `lat`, `online` (0/1); if known `area_code` (else found from the place)
    and `stream_url`. Raises `ImportFailed`.
    """
    table = Table(path)
    read: list[tuple[Row, dict[str, Any]]] = []
    for row in table.rows(("code", "name", "kind", "lon", "lat", "online")):
        lon, lat = row.degrees("lon", 180), row.degrees("lat", 90)
        if crs == "gcj02":
            lon, lat = (float(v) for v in gcj02_to_wgs84(lon, lat))
        read.append(
            (
                row,
                {
                    "code": row.text("code", 40),
                    "name": row.text("name", 80),
                    "kind": row.choice("kind", KINDS),
                    "online": row.choice("online", ("0", "1")) == "1",
                    "stream_url": row.cells.get("stream_url") or None,
                    "lon": lon,
                    "lat": lat,
                    "area_code": row.cells.get("area_code", "").strip(),
                },
            )
        )
    problems = table.problems
    inside = areas.holds_all(np.array([p["lon"] for _, p in read]), np.array([p["lat"] for _, p in read]))
    with commands.transaction(principal) as work:
        codes = set(work.session.scalars(select(Area.code)))
        for i, (row, point) in enumerate(read):
            if not inside[i]:
                place = f"{point['lon']:.5f}, {point['lat']:.5f}"
                problems.append(Problem(path.name, row.number, "lon", place, "市域内 / inside the city"))
            elif not point["area_code"]:
                point["area_code"] = areas.locate(point["lon"], point["lat"])
            elif point["area_code"] not in codes:
                row.wrong("area_code", "已导入的区域编码 / the code of an imported area")
        if problems:
            raise ImportFailed(problems)
        points = [point for _, point in read]
        for start in range(0, len(points), CHUNK):
            some = points[start : start + CHUNK]
            work.session.execute(delete(VideoPoint).where(VideoPoint.code.in_([p["code"] for p in some])))
            work.session.execute(insert(VideoPoint), some)
            progress("video", min(start + CHUNK, len(points)), len(points))
        for city in sorted({p["area_code"][:4] for p in points}):
            work.record("video.import", city, city, {"count": len(points)})
    return len(points)
