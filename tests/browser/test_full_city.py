"""The whole city on one wall: 126,000 micro-grids by software WebGL, 44,000 people, 29,100 video points, and an order to everybody."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from bench.browser import chromium, signed_in, wait_drawn
from bench.city import Running, running
from bench.no_stall import load
from bench.soak import differences
from dashboard.identity import SYSTEM
from datasources.models import Area, Delivery, Unit, VideoPoint
from tests.browser.conftest import keep, wait_for_area

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-full-city")]
PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def whole() -> Iterator[Running]:
    with running("full") as city:
        yield city


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def wall(whole: Running, browser: Browser) -> Iterator[Page]:
    """One wall for all of these tests, as in a command hall: it is never loaded again."""
    page = signed_in(browser, whole.server.address)
    page.set_default_timeout(PATIENCE_MS)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{whole.server.address}/")
    wait_drawn(page)
    yield page
    assert problems == []


def enter(page: Page, code: str) -> None:
    page.evaluate(
        "code => { history.pushState({}, '', `/?area=${code}`); window.dispatchEvent(new CustomEvent('_dashprivate_pushstate')); }", code
    )
    wait_for_area(page, code)
    page.wait_for_function("code => document.getElementById('wall').yiping.picture.area === code", arg=code)


def count(whole: Running, what: type[Area | Unit | VideoPoint], *where: object) -> int:
    with whole.city.database.read() as session:
        return session.scalar(select(func.count()).select_from(what).where(*where)) or 0  # type: ignore[arg-type]


def test_everything_of_the_city_is_on_the_wall(wall: Page, whole: Running) -> None:
    assert wall.get_attribute("#wall", "data-micro-grids") == "webgl"
    micro_grids = count(whole, Area, Area.level == "micro_grid")
    assert micro_grids == 126_000
    assert wall.evaluate("() => document.getElementById('wall').yiping.colours.values.length") == micro_grids
    held = wall.evaluate("() => document.getElementById('wall').yiping.picture.layers.figures.get('5101')")
    assert held["units"] == count(whole, Unit)
    assert held["on_duty"] == count(whole, Unit, Unit.duty == "on_duty")
    assert count(whole, VideoPoint) == 29_100
    keep(wall, "full-city")


def test_a_drill_down_from_the_city_to_one_micro_grid(wall: Page, whole: Running) -> None:
    code = "510104"
    while True:
        enter(wall, code)
        name = whole.city.areas.place(SYSTEM, code).area["name"]
        expect(wall.locator("#breadcrumb")).to_contain_text(name)
        children = whole.city.areas.place(SYSTEM, code).children
        if not children:
            break
        code = children[0]["code"]
    assert len(code) == 18
    expect(wall.locator("#people")).to_be_visible()
    enter(wall, "5101")


def test_the_wall_misses_nothing_of_an_order_to_everybody_while_44_000_people_move(wall: Page, whole: Running, browser: Browser) -> None:
    with load(whole) as order:
        sending = threading.Thread(target=order)
        sending.start()
        for code in ("510104", "510104017", "5101"):  # somebody goes on working meanwhile
            enter(wall, code)
        sending.join()
        on_duty = count(whole, Unit, Unit.duty == "on_duty")
        wall.wait_for_function("n => document.getElementById('wall').yiping.people.count === n", arg=on_duty)
    with whole.city.database.read() as session:
        recipients = session.scalar(select(func.count()).select_from(Delivery)) or 0
    assert recipients == on_duty
    wall.wait_for_function(
        "n => document.getElementById('wall').yiping.picture.layers.figures.get('5101').unanswered === n", arg=recipients
    )
    wall.wait_for_timeout(4000)  # the last frames
    wrong, compared = differences(browser, wall, whole)
    assert wrong == 0
    assert compared > 40_000


def test_a_tab_that_slept_catches_up_on_return(wall: Page, whole: Running, browser: Browser) -> None:
    session = wall.context.new_cdp_session(wall)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    with load(whole):
        threading.Event().wait(5)
    session.send("Page.setWebLifecycleState", {"state": "active"})
    wall.wait_for_timeout(4000)
    wrong, _ = differences(browser, wall, whole)
    assert wrong == 0
