"""Layouts: pure, escaped, and every id that a callback names exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from layouts import dispatch, search, wall
from layouts.signin import SignIn, signin_page
from layouts.unit import unit_page

ROOT = Path(__file__).parents[2]
VIEW: dict[str, Any] = {
    "boot": {},
    "center": [30, 104],
    "zoom": 9,
    "tiles": None,
    "person": "值班员 周敏",
    "language": "zh",
    "administers": True,
}
EVIL = '"><script>alert(1)</script>'


def say(key: str) -> str:
    return key


def ids(component: Any) -> set[str]:
    found = {component.id} if getattr(component, "id", None) else set()
    children = getattr(component, "children", None)
    for child in children if isinstance(children, list) else [children]:
        if hasattr(child, "to_plotly_json"):
            found |= ids(child)
    return found


def test_every_element_that_the_modules_look_for_is_in_the_layout() -> None:
    modules = [ROOT / "assets/js/wall.mjs", ROOT / "assets/js/panels/dispatch.mjs"]
    wanted = {name for path in modules for name in re.findall(r'\bfind\("([\w-]+)"\)', path.read_text("utf-8"))}
    assert wanted
    assert wanted - ids(wall.wall(say, VIEW)) == set()


def test_pages_escape_what_people_typed() -> None:
    views = [SignIn(EVIL, EVIL, EVIL, half, EVIL) for half in ("", EVIL)]
    for html in (*(signin_page(say, "zh", view) for view in views), unit_page(say, "zh", {"name": EVIL, "id": EVIL})):
        assert "<script>alert" not in html


def test_the_basemap_is_a_setting() -> None:
    tiles = {"url": "/tiles/basemap/{z}/{x}/{y}", "attribution": ""}
    assert "TileLayer" in str(wall.wall(say, {**VIEW, "tiles": tiles}).to_plotly_json())
    assert "TileLayer" not in str(wall.wall(say, VIEW).to_plotly_json())


def test_empty_states_say_why() -> None:
    assert "search.nothing" in str(search.results(say, "x", [], [], []))


def test_a_ticket_that_was_found_opens_with_its_place() -> None:
    ticket = {
        "id": "t1",
        "area_code": "510104017001",
        "level": "red",
        "kind": "fire",
        "state": "reported",
        "place": "水井坊社区",
        "text": "有烟",
    }
    found = str(search.results(say, "有烟", [], [], [ticket]))
    assert "/?area=510104017001&ticket=t1" in found
    assert "水井坊社区 有烟" in found


@pytest.mark.parametrize(("left_out", "said"), [(0, False), (4, True)])
def test_the_count_names_those_left_out(left_out: int, said: bool) -> None:
    shown = str(dispatch.count(say, {"count": 26, "off_duty_left_out": left_out, "names": ["何淑珍"]}))
    assert "'26'" in shown
    assert ("dispatch.left_out" in shown) is said
