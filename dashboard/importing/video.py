"""Import of video points from CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import delete, insert, select

from dashboard.areas import Areas
from dashboard.catalogue import text
from dashboard.command import Commands
from dashboard.geo import gcj02_to_wgs84
from dashboard.identity import Principal
from dashboard.importing.areas import CHUNK, Progress
from dashboard.importing.problems import ImportFailed, Problem
from dashboard.importing.tables import Row, Table, repeated
from dashboard.memory import collector_paused
from dashboard.video import KINDS
from datasources.models import Area, VideoPoint

HEADERS = {
    "编码": "code", "编号": "code", "名称": "name", "类型": "kind", "经度": "lon", "纬度": "lat", "在线": "online", "区域编码": "area_code",
    "视频地址": "stream_url",
}  # fmt: skip
MEANT = {text(f"video.kind.{kind}"): kind for kind in KINDS} | {"在线": "1", "离线": "0", "ON": "1", "OFF": "0"}


@collector_paused()
def import_video(
    commands: Commands,
    areas: Areas,
    principal: Principal,
    path: Path,
    crs: str | None = "wgs84",
    progress: Progress = lambda what, done, total: None,
) -> int:
    """Add or replace the video points of a file; returns how many.

    Columns: `code`, `name`, `kind`, `lon`, `lat`, `online` (0/1); if known `area_code` (else found from the place)
    and `stream_url`, which stays as it is when the file has no such column. Raises `ImportFailed`.
    """
    if not areas.cities:
        raise ImportFailed([Problem(path.name, 0, "file", "", "先导入区域 / import the areas first")])
    table = Table(path)
    read = [(row, _point(row, crs)) for row in table.rows(("code", "name", "kind", "lon", "lat", "online"), HEADERS)]
    repeated(row for row, _ in read)
    inside = areas.holds_all(np.array([p["lon"] for _, p in read]), np.array([p["lat"] for _, p in read]))
    with commands.transaction(principal) as work:
        codes = set(work.session.scalars(select(Area.code)))
        for (row, point), here in zip(read, inside, strict=True):
            if not row.ok:
                continue
            if not here:
                row.cells["lon"] = f"{point['lon']:.5f}, {point['lat']:.5f}"
                turned = point["lat"] and areas.holds(point["lat"], point["lon"])
                row.wrong("lon", "先经度后纬度 / longitude first, then latitude" if turned else "市域内 / inside the city")
            elif not point["area_code"]:
                point["area_code"] = areas.locate(point["lon"], point["lat"])
            elif point["area_code"] not in codes:
                row.wrong("area_code", "已导入的区域编码 / the code of an imported area")
        if table.problems:
            raise ImportFailed(table.problems)
        points = [point for _, point in read]
        for start in range(0, len(points), CHUNK):
            some = points[start : start + CHUNK]
            these = VideoPoint.code.in_([p["code"] for p in some])
            if "stream_url" not in table.columns:
                known = dict(work.session.execute(select(VideoPoint.code, VideoPoint.stream_url).where(these)).all())
                for point in some:
                    point["stream_url"] = known.get(point["code"])
            work.session.execute(delete(VideoPoint).where(these))
            work.session.execute(insert(VideoPoint), some)
            progress("video", min(start + CHUNK, len(points)), len(points))
        for city in sorted({p["area_code"][:4] for p in points}):
            work.record("video.import", city, city, {"count": len(points)})
    return len(points)


def _point(row: Row, crs: str | None) -> dict[str, Any]:
    lon, lat = row.degrees("lon", 180), row.degrees("lat", 90)
    if crs == "gcj02":
        lon, lat = (float(v) for v in gcj02_to_wgs84(lon, lat))
    return {
        "code": row.key("code", 40),
        "name": row.text("name", 80),
        "kind": row.choice("kind", KINDS, meant=MEANT),
        "online": row.choice("online", ("0", "1"), meant=MEANT) == "1",
        "stream_url": row.text("stream_url", 300) if row.has("stream_url") else None,
        "lon": lon,
        "lat": lat,
        "area_code": row.area("area_code") if row.has("area_code") else "",
    }
