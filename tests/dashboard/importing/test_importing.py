"""Import of what bureaus hand over: all or nothing, and every problem named by row, field, what was found and what is wanted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dashboard.city import City
from dashboard.demo.generate import DATA
from dashboard.geo import distance_m
from dashboard.identity import SYSTEM
from dashboard.importing.areas import import_areas
from dashboard.importing.boundaries import read_aliases, read_boundaries
from dashboard.importing.pinyin import initials
from dashboard.importing.problems import ImportFailed
from dashboard.importing.units import import_units
from dashboard.importing.video import import_video
from tests.conftest import ADMIN

CITY = [("3302", "宁波市"), ("330212", "鄞州区"), ("330212001", "下应街道")]


def square(lon: float, lat: float, d: float) -> dict[str, Any]:
    ring = [[lon, lat], [lon + d, lat], [lon + d, lat + d], [lon, lat + d], [lon, lat]]
    return {"type": "Polygon", "coordinates": [ring]}


def write(folder: Path, rows: list[tuple[str, str]], shapes: dict[str, Any], encoding: str = "utf-8") -> tuple[Path, Path]:
    table, boundaries = folder / "areas.csv", folder / "boundaries.geojson"
    table.write_text("code,name\n" + "".join(f"{code},{name}\n" for code, name in rows), encoding)
    features = [{"type": "Feature", "properties": {"adcode": code}, "geometry": shape} for code, shape in shapes.items()]
    boundaries.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return table, boundaries


SHAPES = {"330212": square(121.5, 29.8, 0.2), "330212001": square(121.5, 29.8, 0.1)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_second_city_in_any_encoding_of_a_bureau(sqlite_city: City, tmp_path: Path, encoding: str) -> None:
    assert import_areas(sqlite_city.commands, SYSTEM, *write(tmp_path, CITY, SHAPES, encoding)) == 3
    sqlite_city.areas.refresh()
    assert sqlite_city.areas.name("330212") == "鄞州区"
    assert sqlite_city.areas.locate(121.55, 29.85) == "330212001"
    assert sqlite_city.areas.name("510104") == "锦江区", "the other city is untouched"


def test_importing_again_replaces(city: City, tmp_path: Path) -> None:
    import_areas(city.commands, SYSTEM, *write(tmp_path, CITY, SHAPES))
    import_areas(city.commands, SYSTEM, *write(tmp_path, [*CITY[:2], ("330212001", "新名街道")], SHAPES))
    city.areas.refresh()
    assert city.areas.name("330212001") == "新名街道"


@pytest.mark.parametrize(
    ("rows", "shapes", "said"),
    [
        ([*CITY, ("33021", "短")], SHAPES, "第 5 行 / row 5, code: '33021'"),
        ([*CITY, ("330212002", "")], SHAPES, "row 5, name: ''"),
        ([*CITY, ("330212002", "无界街道")], SHAPES, "row 5, code: '330212002'"),
        ([*CITY, ("330213001", "孤儿街道")], {**SHAPES, "330213001": square(1, 1, 1)}, "330213"),
        ([*CITY, CITY[1]], SHAPES, "one row for each code"),
        (CITY, {**SHAPES, "330299": square(1, 1, 1)}, "'330299'"),
        (CITY, {**SHAPES, "330212": {"type": "Point", "coordinates": [1, 2]}}, "a polygon"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(sqlite_city: City, tmp_path: Path, rows: Any, shapes: Any, said: str) -> None:
    with pytest.raises(ImportFailed) as caught:
        import_areas(sqlite_city.commands, SYSTEM, *write(tmp_path, rows, shapes))
    assert said in str(caught.value)
    sqlite_city.areas.refresh()
    assert sqlite_city.areas.cities == ["5101"]


def test_files_that_are_none(tmp_path: Path) -> None:
    bad = tmp_path / "bad.geojson"
    bad.write_text("{", "utf-8")
    for path, said in ((bad, "FeatureCollection"), (tmp_path / "missing.geojson", "no such file")):
        with pytest.raises(ImportFailed, match=said):
            read_boundaries(path, "wgs84", {})


def test_the_real_boundaries_are_mended_moved_and_matched_by_alias() -> None:
    """The file that ships: quantised, with repeated points, GCJ-02, and three codes older than the divisions'."""
    with_aliases = read_boundaries(DATA / "districts-gcj02.geojson", "gcj02", read_aliases(DATA / "aliases.csv"))
    assert {"510117", "510118", "510185"} <= set(with_aliases)
    assert all(shape.is_valid and shape.geom_type in ("Polygon", "MultiPolygon") for shape, *_ in with_aliases.values())
    raw = read_boundaries(DATA / "districts-gcj02.geojson", "wgs84", {})
    here, there = with_aliases["510104"][0].centroid, raw["510104"][0].centroid
    assert 250 < distance_m(here.x, here.y, there.x, there.y) < 500


def units_csv(folder: Path, *rows: str, header: str = "code,name,phone,area_code,roles,duty,skills") -> Path:
    path = folder / "units.csv"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def test_units_are_added_and_brought_up_to_date(city: City, tmp_path: Path) -> None:
    before = city.positions.hot.size
    import_units(city.commands, SYSTEM, units_csv(tmp_path, "N1,欧阳娜,10012345678,510104017,medic;volunteer,on_duty,first_aid"))
    import_units(city.commands, SYSTEM, units_csv(tmp_path, "N1,欧阳娜,10087654321,510104018,medic,off_duty,"))
    city.positions.refresh()
    found = city.units.search(ADMIN, "oyn")
    assert [(u["phone"], u["area_code"], u["roles"], u["skills"], u["duty"]) for u in found] == [
        ("100******21", "510104018", ["medic"], [], "off_duty")
    ]
    assert city.positions.hot.size == before + 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("N1,娜,100,999999,medic,on_duty,", "row 2, area_code: '999999'"),
        ("N1,娜,100,510104,wizard,on_duty,", "row 2, roles: 'wizard'"),
        ("N1,,100,510104,medic,on_duty,", "row 2, name"),
        ("N1,娜,100,510104,medic,asleep,", "row 2, duty: 'asleep'"),
    ],
)
def test_units_that_cannot_be(sqlite_city: City, tmp_path: Path, row: str, said: str) -> None:
    before = len(sqlite_city.units.covering(ADMIN, "5101", 5000))
    with pytest.raises(ImportFailed) as caught:
        import_units(sqlite_city.commands, SYSTEM, units_csv(tmp_path, "N0,好,100,510104,medic,on_duty,", row.replace("N1", "N1")))
    assert said.replace("row 2", "row 3") in str(caught.value)
    assert len(sqlite_city.units.covering(ADMIN, "5101", 5000)) == before


def test_a_missing_column_is_named(sqlite_city: City, tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="row 1, phone"):
        import_units(sqlite_city.commands, SYSTEM, units_csv(tmp_path, header="code,name,area_code,roles"))


def test_video_points_find_their_area_and_stay_in_the_city(sqlite_city: City, tmp_path: Path) -> None:
    place = sqlite_city.areas.place(ADMIN, "510104017001").area
    path = tmp_path / "video.csv"
    head = "code,name,kind,lon,lat,online\n"
    path.write_text(head + f"C1,路口,road,{place['lon']},{place['lat']},1\n", "utf-8")
    import_video(sqlite_city.commands, sqlite_city.areas, SYSTEM, path)
    nearest = sqlite_city.video.nearest(ADMIN, place["lon"], place["lat"])[0]
    assert (nearest["code"], nearest["distance_m"], nearest["area_code"][:12]) == ("C1", 0, "510104017001")
    path.write_text(head + "C2,路口,road,116.4,39.9,1\nC3,路口,road,x,30,2\n", "utf-8")
    with pytest.raises(ImportFailed) as caught:
        import_video(sqlite_city.commands, sqlite_city.areas, SYSTEM, path)
    for said in ("row 2, lon: '116.40000, 39.90000'", "row 3, lon: 'x'", "row 3, online: '2'"):
        assert said in str(caught.value)


def test_pinyin_initials() -> None:
    assert initials("锦江区") == "jjq jinjiangqu"
