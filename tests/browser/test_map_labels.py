"""The words on the map: whatever lies there, each of them can be read."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
import requests
from playwright.sync_api import Page, expect

from dashboard.city import City
from dashboard.tickets import TicketMove, TicketReport
from tests.browser.conftest import keep, until, wait_for_area
from tests.browser.look import stays_wrong
from tests.browser.test_wall import STREET
from tests.conftest import ADMIN, OFFICER, Running

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-wall")]

GRID = f"{STREET}001001"
KINDS = ("gas_leak", "power_failure", "drain_blocked", "waterlogging")


@pytest.fixture
def crowded(live_city: City, running: Running) -> Iterator[int]:
    """A street in which people and several tickets are where the name of each community would stand; how many tickets."""
    places = [live_city.areas.place(ADMIN, child["code"]).area for child in live_city.areas.place(ADMIN, STREET).children]
    places.append(live_city.areas.place(ADMIN, GRID).area)
    made = []
    for place in places:
        for kind in KINDS:
            report = TicketReport(key=str(uuid.uuid4()), kind=kind, level="red", text="水漫过路面", lon=place["lon"], lat=place["lat"])
            made.append(live_city.tickets.report(OFFICER, report)["id"])
    units = [unit for unit in live_city.units.covering(ADMIN, STREET, 200) if unit["duty"] == "on_duty" and len(unit["area_code"]) >= 12]
    at = live_city.commands.clock().isoformat()
    placed = [(unit, live_city.areas.place(ADMIN, unit["area_code"][:12]).area) for unit in units]
    body = [{"unit": unit["id"], "lon": place["lon"], "lat": place["lat"] + 2e-4 * i, "at": at} for i, (unit, place) in enumerate(placed)]
    address, headers = f"{running.server.address}/api/v1/positions", {"Authorization": f"Bearer {running.token('admin')}"}
    assert requests.post(address, json=body, headers=headers, timeout=60).ok
    yield len(made)
    for ticket in made:
        live_city.tickets.move(OFFICER, ticket, TicketMove(action="close"))


@pytest.mark.parametrize(("area", "width", "height"), [(STREET, 1366, 768), (f"{STREET}001", 1366, 768), (GRID, 3840, 2160)])
def test_no_word_of_the_map_lies_on_another(open_page: Callable[..., Page], crowded: int, area: str, width: int, height: int) -> None:
    page = open_page("officer", f"/%3Farea={area}", width=width, height=height)
    wait_for_area(page, area)
    least = crowded if area == STREET else len(KINDS)
    page.wait_for_function("least => document.getElementById('wall').yiping.picture.layers.tickets.size >= least", arg=least)
    held = page.evaluate("() => document.getElementById('wall').yiping.picture.layers.tickets.size")
    expect(page.locator(".ticket-mark")).to_have_count(held)
    if len(area) == 15:  # farther away people have no names
        until(page, lambda: page.evaluate("() => document.getElementById('wall').yiping.namesOfPeople().length"))
    wrong = stays_wrong(page)
    keep(page, f"map-labels-{area}-{width}x{height}")
    assert [problem for problem in wrong if problem.startswith("over")] == []
    assert page.locator(".area-label").count() > 0
