"""Tickets: found, assigned, handled, checked, rated."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from dashboard.city import City
from dashboard.errors import Refused
from dashboard.tickets import TicketMove, TicketReport
from tests.conftest import ADMIN, LEADER, OFFICER, TurnedClock, principal


def report(city: City, area: str = "510104017", key: str = "ticket-01", **more: Any) -> dict[str, Any]:
    place, who = city.areas.place(ADMIN, area).area, more.pop("who", OFFICER)
    values = {"key": key, "kind": "fire", "level": "red", "text": "有烟", "lon": place["lon"], "lat": place["lat"], **more}
    return city.tickets.report(who, TicketReport(**values))


def test_the_life_of_a_ticket(city: City, people: list[dict[str, Any]]) -> None:
    ticket = report(city)
    assert len(ticket["area_code"]) == 18, "the place is found down to the micro-grid"
    unit = principal("unit", people[0]["area_code"], people[0]["id"])
    moves = [
        (OFFICER, TicketMove(action="assign", unit=people[0]["id"]), "assigned"),
        (unit, TicketMove(action="start"), "handling"),
        (unit, TicketMove(action="finish"), "handled"),
        (OFFICER, TicketMove(action="reject", note="还有积水"), "handling"),
        (unit, TicketMove(action="finish"), "handled"),
        (LEADER, TicketMove(action="close", rating=4), "closed"),
    ]
    for who, move, state in moves:
        assert city.tickets.move(who, ticket["id"], move)["state"] == state
    found = city.tickets.get(OFFICER, ticket["id"])
    assert found["rating"] == 4
    assert [step["action"] for step in found["steps"]] == ["report", *(move.action for _, move, _ in moves)]


def test_the_same_report_twice_opens_one_ticket(city: City) -> None:
    assert report(city)["id"] == report(city)["id"]
    assert len(city.tickets.listed(OFFICER, None, [], 10, "")) == 1


def test_open_tickets_are_found_by_their_words_and_address_in_scope(city: City) -> None:
    here = report(city, text="河堤有 50% 裂缝", address="春熙路 8 号")
    report(city, "510182", "ticket-02", text="河堤有水")
    assert [ticket["id"] for ticket in city.tickets.search(LEADER, "河堤")] == [here["id"]], "the other one is not of this street"
    assert len(city.tickets.search(OFFICER, "河堤")) == 2
    assert [ticket["id"] for ticket in city.tickets.search(OFFICER, "春熙路 ８ 号")] == [here["id"]]
    assert [ticket["id"] for ticket in city.tickets.search(OFFICER, "50%")] == [here["id"]]
    assert city.tickets.search(OFFICER, "%") == []
    city.tickets.move(OFFICER, here["id"], TicketMove(action="close"))
    assert city.tickets.search(LEADER, "河堤") == []


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"lon": None}, "no_place"),
        ({"lat": None}, "no_place"),
        ({"lon": 116.4, "lat": 39.9}, "outside_city"),
        ({"photo_id": "x"}, "not_found"),
    ],
)
def test_reports_that_cannot_be(sqlite_city: City, more: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as caught:
        report(sqlite_city, **more)
    assert caught.value.code == code
    assert sqlite_city.tickets.listed(OFFICER, None, [], 10, "") == []


def test_moves_that_are_not_allowed(city: City, people: list[dict[str, Any]]) -> None:
    ticket = report(city)
    for action in ("start", "finish", "reject"):
        with pytest.raises(Refused) as caught:
            city.tickets.move(OFFICER, ticket["id"], TicketMove(action=action))  # type: ignore[arg-type]
        assert caught.value.code == "not_allowed_now"
    with pytest.raises(Refused) as caught:
        city.tickets.move(OFFICER, ticket["id"], TicketMove(action="assign", unit="nobody"))
    assert caught.value.code == "unknown_unit"
    stranger = principal("unit", people[1]["area_code"], people[1]["id"])
    with pytest.raises(Refused) as caught:
        city.tickets.move(stranger, ticket["id"], TicketMove(action="start"))
    assert caught.value.code == "not_found"


def test_a_leader_touches_only_the_own_street(city: City) -> None:
    elsewhere = report(city, "510182")
    for attempt in (lambda: city.tickets.get(LEADER, elsewhere["id"]), lambda: report(city, "510182", "ticket-02", who=LEADER)):
        with pytest.raises(Refused) as caught:
            attempt()
        assert caught.value.code in ("not_found", "outside_scope")


def test_overdue_tickets_are_marked_once(city: City, clock: TurnedClock) -> None:
    report(city)
    clock.turn(minutes=29)
    assert city.tickets.mark_overdue() == 0
    clock.turn(minutes=2)
    assert (city.tickets.mark_overdue(), city.tickets.mark_overdue()) == (1, 0)


def picture(kind: str = "JPEG", size: tuple[int, int] = (3000, 20)) -> bytes:
    out = io.BytesIO()
    image = Image.new("RGB", size, "red")
    exif = image.getexif()
    exif[0x010F] = "camera of somebody"
    image.save(out, kind, **({"exif": exif} if kind == "JPEG" else {}))
    return out.getvalue()


def test_a_photo_is_drawn_anew_without_what_the_camera_wrote(sqlite_city: City) -> None:
    city = sqlite_city
    photo = city.photos.store(OFFICER, "photo-001", picture())
    assert city.photos.store(OFFICER, "photo-001", picture()) == photo
    stored = Image.open(city.photos.path(OFFICER, photo))
    assert max(stored.size) == 2048
    assert not stored.getexif()
    assert report(city, photo_id=photo)["photo_id"] == photo
    for foreign in ("510182", "510104018"):
        with pytest.raises(Refused):
            city.photos.path(principal("officer", foreign), photo)
    assert city.photos.path(LEADER, photo), "who sees the ticket sees its photo, wherever the reporter belongs"


@pytest.mark.parametrize(
    "data", [b"", b"<svg onload=alert(1)>", b"GIF89a" + b"\0" * 40, picture()[:60]], ids=["empty", "svg", "gif", "cut"]
)
def test_a_photo_that_is_no_image(sqlite_city: City, data: bytes) -> None:
    with pytest.raises(Refused) as caught:
        sqlite_city.photos.store(OFFICER, "photo-001", data)
    assert caught.value.code == "not_an_image"


def test_a_photo_that_is_too_large(sqlite_city: City) -> None:
    with pytest.raises(Refused) as caught:
        sqlite_city.photos.store(OFFICER, "photo-001", b"\xff" * (10 * 1024 * 1024 + 1))
    assert caught.value.code == "too_large"
    with pytest.raises(Refused) as caught:
        sqlite_city.photos.store(OFFICER, "photo-002", picture("PNG", (9000, 6000)))
    assert caught.value.code == "too_large"
