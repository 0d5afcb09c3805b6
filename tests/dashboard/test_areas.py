"""Areas: in scope, named, found by a point."""

from __future__ import annotations

import json

import pytest

from dashboard.areas import MOST_READINGS, split
from dashboard.city import City
from dashboard.errors import Refused
from datasources.queries import areas as queries
from tests.conftest import LEADER, OFFICER


def test_the_way_to_a_place_begins_at_the_own_scope(city: City) -> None:
    code = "510104017001001001"
    assert [a["code"] for a in city.areas.place(OFFICER, code).path] == [code[:n] for n in (4, 6, 9, 12, 15)]
    assert [a["code"] for a in city.areas.place(LEADER, code).path] == [code[:n] for n in (9, 12, 15)]
    for foreign, error in (
        ("5101", "outside_scope"),
        ("510104018", "outside_scope"),
        ("510104017999", "unknown_area"),
        ("x", "unknown_area"),
    ):
        with pytest.raises(Refused) as caught:
            city.areas.place(LEADER, foreign)
        assert caught.value.code == error


def test_every_point_is_found_down_to_its_micro_grid(city: City) -> None:
    for community in city.areas.place(OFFICER, "510104017").children:
        for grid in city.areas.place(OFFICER, community["code"]).children:
            for micro_grid in city.areas.place(OFFICER, grid["code"]).children:
                assert city.areas.locate(micro_grid["lon"], micro_grid["lat"]) == micro_grid["code"]
    with pytest.raises(Refused, match="outside the city"):
        city.areas.locate(116.4, 39.9)


def test_a_micro_grid_is_shown_among_its_neighbours_in_scope(city: City) -> None:
    code = "510104017001001001"
    shapes = json.loads(city.areas.shapes(OFFICER, code))["features"]
    assert shapes[-1]["id"] == code
    assert all(f["id"].startswith(code[:15]) for f in shapes)


def test_search_stays_in_scope_and_takes_wildcards_as_letters(city: City) -> None:
    assert city.areas.search(LEADER, "彭州") == []
    assert {a["code"][:9] for a in city.areas.search(LEADER, "第")} == {"510104017"}
    assert city.areas.search(OFFICER, "%") == []
    assert city.areas.search(OFFICER, "_") == []


def test_full_names_leave_out_the_city(city: City) -> None:
    assert city.areas.full_name("510104017").startswith("锦江区")
    assert city.areas.full_name("5101") == "成都市"
    assert city.areas.short_name("510104017001001001") == city.areas.full_name("510104017001")


def test_places_of_one_name_in_each_other_do_not_multiply_the_readings_of_a_search(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    with city.database.write() as session:
        for code, name in (("510104017", "金龙镇"), ("510104017001", "金龙社区")):
            area = queries.get(session, code)
            assert area is not None
            area.name = name
    looked: list[int] = []
    named = queries.named
    monkeypatch.setattr(queries, "named", lambda *how: looked.append(1) or named(*how))
    for text in ("金龙" * 19 + "张", "金龙" * 6 + "张", "金龙张三"):
        looked.clear()
        with city.database.read() as session:
            readings = split(session, text, "5101")
        assert 0 < len(readings) <= MOST_READINGS
        assert len(looked) <= MOST_READINGS + 1
        city.areas.search(OFFICER, text)
    with city.database.read() as session:  # and what is meant is found: the person in either
        assert {(inside[0], rest) for inside, rest in split(session, "金龙张三", "5101")} == {
            ("510104017", "张三"),
            ("510104017001", "张三"),
        }
