"""Inputs of bureaus that once failed, and others of their kinds: each is taken rightly, or refused with a sentence and nothing stored."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dashboard.city import City, build_city
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.recipients import Criteria
from dashboard.identity import SYSTEM
from dashboard.importing.areas import import_areas
from dashboard.importing.problems import ImportFailed
from dashboard.importing.retiring import codes_of, retire_units, retire_video
from dashboard.importing.units import import_units
from dashboard.importing.video import import_video
from dashboard.opening import open_database
from dashboard.settings import Settings
from datasources.migrations import upgrade
from datasources.models import Area, Change, Unit
from tests.conftest import _settings, empty_postgres, principal

CASES = Path(__file__).parents[2] / "cases"
WHO = principal("officer", "5190")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[City]:
    """A city of which nothing is known."""

    def built(settings: Settings) -> Iterator[City]:
        database = open_database(settings)
        upgrade(database)
        city = build_city(settings, database=database)
        yield city
        city.close()

    if request.param == "sqlite":
        yield from built(_settings(tmp_path))
    else:
        with empty_postgres(request.getfixturevalue("postgres_server")) as url:
            yield from built(_settings(tmp_path, YIPING_DATABASE_URL=url))


def areas(city: City, folder: str, table: str = "areas.csv", shapes: str = "boundaries.geojson", **more: Any) -> int:
    count = import_areas(city.commands, SYSTEM, CASES / folder / table, CASES / folder / shapes, None, **more)
    city.refresh("area")
    return count


def units(city: City, path: Path) -> int:
    count = import_units(city.commands, SYSTEM, path)
    city.refresh("unit")
    return count


@pytest.fixture
def base(empty: City) -> City:
    areas(empty, "base")
    return empty


def known(city: City) -> dict[str, dict[str, Any]]:
    return {unit["code"]: unit for unit in city.units.covering(SYSTEM, city.areas.cities[0], 2000)}


def refused(what: Any, *wanted: str) -> str:
    with pytest.raises(ImportFailed) as caught:
        what()
    for words in wanted:
        assert words in str(caught.value)
    return str(caught.value)


def test_a_column_that_is_not_there_leaves_what_is_known(base: City) -> None:
    units(base, CASES / "units-again/units-1.csv")
    before = known(base)
    units(base, CASES / "units-again/units-2.csv")
    after = known(base)
    assert set(after) == set(before)
    for code, unit in after.items():
        for name in ("duty", "kind", "skills", "roles"):
            assert unit[name] == before[code][name], (code, name)
    assert any(unit["duty"] == "on_duty" for unit in after.values())
    sent = base.orders.send(WHO, NewOrder(key="order-0001", title="巡查", text="请巡查", to=Criteria(area=base.areas.cities[0])))
    assert base.orders.deliveries(WHO, sent["id"]) != []


def test_rows_without_anything_are_left_out_and_numbers_are_those_of_the_sheet(base: City, tmp_path: Path) -> None:
    units(base, CASES / "blank-rows/units.csv")
    with (CASES / "blank-rows/units.csv").open(encoding="utf-8-sig") as file:
        header = next(csv.reader(file))
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(",".join(header) + "\n\n,,,,\nX,没有电话,,519001001001,grid_officer\n", "utf-8")
    assert "row 4" in refused(lambda: units(base, sheet))


def test_numbers_are_made_plain_or_named_by_their_row(base: City, tmp_path: Path) -> None:
    said = refused(lambda: units(base, CASES / "phones/units.csv"))
    assert "1.38E+10" in said
    assert "无" in said
    rows = [
        ("a", "１３８０００００００１"),
        ("b", "138-0000-0002"),
        ("c", "+86 138 0000 0003"),
        ("d", "(028) 8624 1234"),
        ("e", "13800000004.0"),
    ]
    sheet = tmp_path / "units.csv"
    sheet.write_text("code,name,phone,area_code,roles\n" + "".join(f"{c},甲{c},{p},519001001001,medic\n" for c, p in rows), "utf-8")
    assert units(base, sheet) == 5
    for searched in ("13800000001", "13800000002", "138 0000 0003", "028-86241234", "１３８００００００04"):
        assert len(base.units.search(WHO, searched)) == 1, searched


def test_a_crumb_is_left_out(empty: City) -> None:
    areas(empty, "crumb-ring")
    with empty.database.read() as session:
        area = session.get(Area, "519002")
        assert area is not None
        assert (area.west, area.south, area.east, area.north) == pytest.approx((105.1, 30, 105.2, 30.1))


def test_a_byte_order_mark_and_other_encodings_of_geojson_are_read(empty: City, tmp_path: Path) -> None:
    areas(empty, "geojson-bom")
    text = (CASES / "base/boundaries.geojson").read_text("utf-8-sig")
    for encoding in ("utf-16", "gb18030"):
        other = tmp_path / f"{encoding}.geojson"
        other.write_bytes(text.encode(encoding))
        assert import_areas(empty.commands, SYSTEM, CASES / "base/areas.csv", other, None) == 7


def shapes(tmp_path: Path, change: Any) -> Path:
    document = json.loads((CASES / "base/boundaries.geojson").read_text("utf-8-sig"))
    change(document)
    path = tmp_path / "changed.geojson"
    path.write_text(json.dumps(document), "utf-8")
    return path


def each_point(change: Any) -> Any:
    def through(value: Any) -> Any:
        if isinstance(value, list) and value and isinstance(value[0], (int, float)):
            return change(value)
        return [through(one) for one in value] if isinstance(value, list) else value

    def apply(document: dict[str, Any]) -> None:
        for feature in document["features"]:
            feature["geometry"]["coordinates"] = through(feature["geometry"]["coordinates"])

    return apply


def test_metres_and_turned_coordinates_are_refused_and_nothing_is_replaced(base: City, tmp_path: Path) -> None:
    refused(lambda: areas(base, "projected"), "crs")
    for change, wanted in (
        (lambda p: [p[0] * 111_320, p[1] * 111_320], "degrees, not metres"),
        (lambda p: [p[1], p[0]], "longitude first"),
        (lambda p: [p[0] - 100, p[1]], "within China"),
    ):
        path = shapes(tmp_path, each_point(change))
        refused(lambda path=path: import_areas(base.commands, SYSTEM, CASES / "base/areas.csv", path, None), wanted)
    with base.database.read() as session:
        assert len(list(session.scalars(select(Area.code)))) == 7


def test_heights_fall_away(empty: City, tmp_path: Path) -> None:
    path = shapes(tmp_path, each_point(lambda p: [*p, 512.5]))
    assert import_areas(empty.commands, SYSTEM, CASES / "base/areas.csv", path, None) == 7


def test_features_of_one_code_are_joined(empty: City, tmp_path: Path) -> None:
    def halves(document: dict[str, Any]) -> None:
        feature = next(f for f in document["features"] if len(str(f["properties"].get("code") or f["properties"].get("adcode"))) == 18)
        (west, south), (east, north) = (f(feature["geometry"]["coordinates"][0]) for f in (_low, _high))
        middle = (west + east) / 2
        for a, b in ((west, middle), (middle, east)):
            ring = [[a, south], [b, south], [b, north], [a, north], [a, south]]
            document["features"].append({**feature, "geometry": {"type": "Polygon", "coordinates": [ring]}})
        document["features"].remove(feature)

    path = shapes(tmp_path, halves)
    import_areas(empty.commands, SYSTEM, CASES / "base/areas.csv", path, None)
    import_areas(empty.commands, SYSTEM, CASES / "base/areas.csv", CASES / "base/boundaries.geojson", None)


def _low(ring: list[list[float]]) -> tuple[float, float]:
    return min(p[0] for p in ring), min(p[1] for p in ring)


def _high(ring: list[list[float]]) -> tuple[float, float]:
    return max(p[0] for p in ring), max(p[1] for p in ring)


def test_a_part_outside_its_parent_is_named(empty: City) -> None:
    refused(lambda: areas(empty, "misplaced-grid"), "within its parent")


def test_who_loses_their_area_is_said_and_moved_when_it_is_said_where_to(empty: City, tmp_path: Path) -> None:
    city = empty
    before, after = ("areas-before.csv", "boundaries-before.geojson"), ("areas-after.csv", "boundaries-after.geojson")
    areas(city, "merged-street", *before)
    units(city, CASES / "merged-street/units.csv")
    unit = known(city)["W1"]
    said = refused(lambda: areas(city, "merged-street", *after), "1 field units", "--moves")
    assert unit["area_code"] in said
    assert known(city)["W1"] == unit, "nothing was changed"
    with (CASES / "merged-street/areas-after.csv").open(encoding="utf-8-sig") as file:
        new = next(row["code"] for row in csv.DictReader(file) if row["name"] == "长青社区")
    moves = tmp_path / "moves.csv"
    moves.write_text(f"old,new\n{unit['area_code'][:12]},{new}\n", "utf-8")
    areas(city, "merged-street", *after, moves=moves)
    city.refresh("unit")
    assert known(city)["W1"]["area_code"].startswith(new)
    who = principal("officer", city.areas.cities[0])
    assert city.orders.preview(who, Criteria(area=new, off_duty_too=True))["count"] == 1


BROKEN = [
    ("units", "tracebacks/not-gzip.csv.gz"),
    ("units", "tracebacks/units-nul.csv"),
    ("video", "tracebacks/video-long-url.csv"),
]


@pytest.mark.parametrize(("what", "file"), BROKEN, ids=[file for _, file in BROKEN])
def test_no_file_ends_in_a_traceback(base: City, what: str, file: str) -> None:
    path = CASES / file
    refused(lambda: units(base, path) if what == "units" else import_video(base.commands, base.areas, SYSTEM, path))


@pytest.mark.parametrize(
    ("table", "boundaries"),
    [("base/areas.csv", "tracebacks/features-null.geojson"), ("tracebacks/areas-population.csv", "tracebacks/two.geojson")],
)
def test_no_pair_of_files_does(empty: City, table: str, boundaries: str) -> None:
    refused(lambda: import_areas(empty.commands, SYSTEM, CASES / table, CASES / boundaries, None))


def test_cameras_need_areas_first(empty: City) -> None:
    refused(lambda: import_video(empty.commands, empty.areas, SYSTEM, CASES / "tracebacks/video-long-url.csv"), "import the areas first")


HEAD = "code,name,phone,area_code,roles\n"
MORE = {
    "quote": (HEAD + 'a,"甲,13800000001,519001001001,medic\n').encode(),
    "twice": (HEAD + "a,甲,13800000001,519001001001,medic\na,乙,13800000002,519001001001,medic\n").encode(),
    "long name": (HEAD + f"a,{'甲' * 41},13800000001,519001001001,medic\n").encode(),
    "control": (HEAD + "a,甲\x07乙,13800000001,519001001001,medic\n").encode(),
    "excel code": (HEAD + "a,甲,13800000001,5.19E+11,medic\n").encode(),
    "more cells": (HEAD + "a,甲,13800000001,519001001001,medic,x\n").encode(),
    "column twice": b"code,code,name,phone,area_code,roles\n",
    "excel": b"PK\x03\x04....",
    "cut gzip": gzip.compress(HEAD.encode())[:-9],
    "nothing": b"",
    "noise": bytes(range(256)),
}


@pytest.mark.parametrize("kind", MORE)
def test_others_of_these_kinds_are_refused_with_a_sentence(base: City, tmp_path: Path, kind: str) -> None:
    path = tmp_path / ("units.csv.gz" if "gzip" in kind else "units.csv")
    path.write_bytes(MORE[kind])
    refused(lambda: units(base, path))
    assert known(base) == {}


def test_who_has_left_is_retired_and_the_past_keeps_them(base: City, tmp_path: Path) -> None:
    sheet = tmp_path / "units.csv"
    sheet.write_text(HEAD + "W1,甲,13800000001,519001001001,medic\nW2,乙,13800000002,519001001001,medic\n", "utf-8")
    units(base, sheet)
    leaving = known(base)["W1"]
    assert retire_units(base.commands, SYSTEM, codes_of(["W1"])) == 1
    base.refresh("unit")
    assert set(known(base)) == {"W2"}
    assert base.units.search(WHO, "甲") == []
    assert base.units.get(SYSTEM, leaving["id"])["name"] == "甲", "who asks for the past is told"
    refused(lambda: retire_units(base.commands, SYSTEM, ["nobody"]), "nobody")
    units(base, sheet)
    assert set(known(base)) == {"W1", "W2"}, "who comes back comes back"
    with base.database.read() as session:
        assert session.scalar(select(Change.kind).where(Change.kind == "unit.retire")) == "unit.retire"
        assert session.scalar(select(Unit.id).where(Unit.code == "W1")) == leaving["id"]


def test_who_has_something_to_do_cannot_be_retired(base: City, tmp_path: Path) -> None:
    sheet = tmp_path / "units.csv"
    sheet.write_text("code,name,phone,area_code,roles,duty\nW1,甲,13800000001,519001001001,medic,on_duty\n", "utf-8")
    units(base, sheet)
    base.orders.send(WHO, NewOrder(key="order-0001", title="巡查", text="请巡查", to=Criteria(area="5190")))
    refused(lambda: retire_units(base.commands, SYSTEM, ["W1"]), "1 orders")


def test_a_camera_that_was_taken_down_is_gone(base: City, tmp_path: Path) -> None:
    lon, lat = base.areas.middle("519001001001")
    sheet = tmp_path / "video.csv"
    sheet.write_text(f"code,name,kind,lon,lat,online\nV1,桥头,river,{lon},{lat},1\nV2,桥尾,river,{lon},{lat},1\n", "utf-8")
    import_video(base.commands, base.areas, SYSTEM, sheet)
    assert retire_video(base.commands, SYSTEM, codes_of(["V1"])) == 1
    refused(lambda: retire_video(base.commands, SYSTEM, ["V1"]), "V1")


@pytest.mark.parametrize(
    ("searched", "wanted"), [("单县", "单县"), ("sx", "单县"), ("dx", "单县"), ("单县 张三", None), ("ＡＢＣ路", "ABC路")]
)
def test_names_are_found_by_each_of_their_readings(empty: City, tmp_path: Path, searched: str, wanted: str | None) -> None:
    table = tmp_path / "areas.csv"
    with (CASES / "base/areas.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["name"] = {6: "单县", 18: "ABC路"}.get(len(row["code"]), row["name"])
    with table.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    import_areas(empty.commands, SYSTEM, table, CASES / "base/boundaries.geojson", None)
    empty.refresh("area")
    found = [area["name"] for area in empty.areas.search(SYSTEM, searched)]
    assert (wanted in found) if wanted else found == []
