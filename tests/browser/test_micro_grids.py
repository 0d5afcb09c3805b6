"""Micro-grids on the map, by WebGL and on a canvas: the same tiles, the same colours, hover and tap."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from dashboard.city import City, build_city
from tests.browser.conftest import FLAGS, keep, wait_for_area
from tests.browser.test_wall import MICRO_GRID, STREET, report_ticket
from tests.conftest import OFFICER, Running

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-micro-grids")]

WEBGL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """With WebGL in software."""
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*FLAGS, *WEBGL], env=environment)
        yield browser
        browser.close()


@pytest.fixture(scope="module", autouse=True)
def tiles(running: Running) -> None:
    """Built before the first page asks."""
    city = build_city(running.settings)
    city.tiling.build()
    city.close()


def number_of(city: City, code: str) -> int:
    return city.tiling.codes().index(code) + 1


def see(open_page: Callable[..., Page], how: str, area: str) -> Page:
    query = f"area={area}&canvas=1" if how == "canvas" else f"area={area}"
    page = open_page("officer", f"/%3F{query.replace('&', '%26')}")
    wait_for_area(page, area)
    page.wait_for_selector(f"#wall[data-micro-grids={how}]")
    page.wait_for_function("area => document.getElementById('wall').yiping.colours.values.length > 0", arg=area)
    return page


def on_screen(page: Page, city: City, code: str) -> tuple[float, float]:
    place = city.areas.place(OFFICER, code).area
    at = page.evaluate(
        """([lat, lon]) => { const { map } = document.getElementById('wall').yiping, p = map.latLngToContainerPoint([lat, lon]);
             const box = map.getContainer().getBoundingClientRect(); return [p.x + box.left, p.y + box.top]; }""",
        [place["lat"], place["lon"]],
    )
    return float(at[0]), float(at[1])


@pytest.mark.parametrize("how", ["webgl", "canvas"])
def test_hover_names_a_micro_grid_and_a_tap_enters_it(open_page: Callable[..., Page], live_city: City, how: str) -> None:
    page = see(open_page, how, STREET)
    page.evaluate("() => document.getElementById('wall').yiping.map.setZoom(15, { animate: false })")
    place = live_city.areas.place(OFFICER, MICRO_GRID).area
    page.evaluate(
        "([lat, lon]) => document.getElementById('wall').yiping.map.panTo([lat, lon], { animate: false })", [place["lat"], place["lon"]]
    )
    page.wait_for_timeout(2500)  # the tiles of this zoom
    x, y = on_screen(page, live_city, MICRO_GRID)
    page.mouse.move(x + 30, y + 30)
    page.mouse.move(x, y, steps=3)
    expect(page.locator(".micro-grid-tip")).to_contain_text(live_city.areas.full_name(MICRO_GRID))
    keep(page, f"micro-grids-{how}")
    page.mouse.click(x, y)
    wait_for_area(page, MICRO_GRID)


@pytest.mark.parametrize("how", ["webgl", "canvas"])
def test_a_ticket_colours_its_micro_grid_without_a_tile_being_fetched_again(
    open_page: Callable[..., Page], live_city: City, how: str
) -> None:
    page = see(open_page, how, STREET)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url) if "/tiles/areas/" in request.url else None)
    # the map is sharpened when nobody goes on, on a busy machine some seconds late
    quiet = 0
    while quiet < 10:
        fetched.clear()
        page.wait_for_timeout(500)
        quiet = 0 if fetched else quiet + 1
    number = number_of(live_city, MICRO_GRID)
    value = "number => document.getElementById('wall').yiping.colours.of(number)"
    before = page.evaluate(value, number)
    report_ticket(live_city)
    page.wait_for_function(f"([number, before]) => ({value})(number) === before + 1", arg=[number, before])
    page.select_option("label.theme select", "on_duty")
    page.wait_for_timeout(800)
    assert fetched == []


def test_without_webgl_the_screen_says_so(open_page: Callable[..., Page]) -> None:
    page = see(open_page, "canvas", STREET)
    expect(page.get_by_text("此屏幕不支持 WebGL")).to_be_visible()


def test_video_and_tickets_are_filtered_at_once(open_page: Callable[..., Page], live_city: City) -> None:
    report_ticket(live_city)
    page = see(open_page, "webgl", f"{STREET}001")
    page.wait_for_selector(".ticket-mark")
    page.click("[data-layer=filters]")
    page.select_option("select[data-filter='filter.ticket_kind']", "fire")
    expect(page.locator(".ticket-mark")).to_have_count(0)
    page.select_option("select[data-filter='filter.ticket_kind']", "drain_blocked")
    page.wait_for_selector(".ticket-mark")
