"""The HTTP interface over a real server: what is accepted, and what is refused with a code and a sentence in two languages."""

from __future__ import annotations

import re
import sqlite3
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from openapi_spec_validator import validate

from tests.callbacks.matrix.table import API_ROWS
from tests.conftest import Running

STREET = "510104017"


class Caller:
    """A client with one token."""

    def __init__(self, running: Running, token: str | None) -> None:
        self.base = running.server.address + "/api/v1"
        self.session = requests.Session()
        self.session.trust_env = False
        if token is not None:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, self.base + path, timeout=60, **options)

    def refused(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        answer = self(method, path, **options)
        error = answer.json()["error"]
        assert re.search(r"[\u4e00-\u9fff]", error["zh"]), error
        assert re.search(r"[a-z]{3}", error["en"]), error
        assert 400 <= answer.status_code < 500
        return answer.status_code, error["code"]


@pytest.fixture(scope="module")
def admin(running: Running) -> Caller:
    return Caller(running, running.token("admin"))


@pytest.fixture(scope="module")
def officer(running: Running) -> Caller:
    return Caller(running, running.token("officer"))


@pytest.fixture(scope="module")
def leader(running: Running) -> Caller:
    return Caller(running, running.token("leader", STREET))


@pytest.fixture(scope="module")
def units(admin: Caller) -> list[dict[str, Any]]:
    return [u for u in admin("GET", "/units?area=5101&limit=500").json()["units"] if u["duty"] == "on_duty"]


@pytest.fixture(scope="module")
def place(admin: Caller) -> dict[str, Any]:
    found: dict[str, Any] = admin("GET", f"/areas/{STREET}001").json()["area"]
    return found


def now(**shift: float) -> str:
    return (datetime.now(UTC) + timedelta(**shift)).isoformat()


def key() -> str:
    return str(uuid.uuid4())


def ticket(place: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"key": key(), "kind": "fire", "level": "red", "text": "有烟", "lon": place["lon"], "lat": place["lat"], **more}


def count_of(running: Running) -> int:
    with sqlite3.connect(running.settings.data / "yiping.db") as connection:
        return int(connection.execute("SELECT seq FROM change_counter").fetchone()[0])


@pytest.fixture
def nothing_changes(admin: Caller, running: Running) -> Iterator[None]:
    """Whatever is refused leaves no trace in the change log."""
    before = count_of(running)
    yield
    time.sleep(0.3)
    assert count_of(running) == before


def test_the_document_is_valid_and_names_every_route(admin: Caller) -> None:
    document = requests.get(admin.base + "/openapi.json", timeout=60).json()
    validate(document)
    assert {"/api/v1/positions", "/api/v1/tickets", "/api/v1/warnings", "/api/v1/orders", "/api/v1/areas/{code}"} <= set(document["paths"])


def test_one_position_or_a_list(admin: Caller, units: list[dict[str, Any]], place: dict[str, Any]) -> None:
    one = {"unit": units[0]["id"], "lon": place["lon"], "lat": place["lat"], "at": now()}
    assert admin("POST", "/positions", json=one).json() == {"accepted": 1}
    assert admin("POST", "/positions", json=[{**one, "unit": u["id"]} for u in units[:20]]).json() == {"accepted": 20}
    assert admin("GET", f"/units/{units[3]['id']}").json()["position"]["lon"] == pytest.approx(place["lon"], abs=1e-6)


def test_areas_drill_down_and_search_by_name_code_and_initials(officer: Caller) -> None:
    city = officer("GET", "/areas/5101").json()
    assert len(city["children"]) == 20
    deep = officer("GET", f"/areas/{STREET}001001").json()
    assert [step["code"] for step in deep["path"]] == ["5101", "510104", STREET, f"{STREET}001"]
    shapes = officer("GET", f"/areas/{STREET}/shapes").json()["features"]
    assert shapes[-1]["id"] == STREET
    assert {f["properties"]["boundary_source"] for f in shapes} == {"generated"}
    for words in ("锦江", "jjq", "510104"):
        assert "510104" in [a["code"] for a in officer("GET", "/search", params={"q": words}).json()["areas"]], words


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/tickets", b"{not json", 400, "malformed"),
        ("/tickets", b"", 400, "malformed"),
        ("/tickets", b"[]", 422, "invalid"),
        ("/tickets", b'{"key": 1}', 422, "invalid"),
        ("/tickets", rb'{"key": "12345678", "kind": "fire", "text": "a\u0000b"}', 400, "malformed"),
        ("/tickets", rb'{"key\u0000": "12345678"}', 400, "malformed"),
        ("/tickets", rb'{"key": "12345678", "kind": "fire", "text": "a\\u0000b"}', 422, "no_place"),
        ("/nothing%00here", b"{}", 400, "malformed"),
        ("/photos?key=1234567%00", b"x", 400, "malformed"),
        ("/tickets", b'{"key": "12345678", "kind": "dragon", "text": "x"}', 422, "invalid"),
        ("/tickets", b'{"key": "12345678", "kind": "fire", "text": "x"}', 422, "no_place"),
        ("/tickets", b'{"key": "12345678", "kind": "fire", "text": "x", "lon": 1, "lat": 2}', 422, "outside_city"),
        ("/tickets", b'{"text": "' + b"x" * 300_000 + b'"}', 413, "too_large"),
        ("/positions", b"[]", 422, "invalid"),
        ("/positions", b'{"unit": "u", "lon": 104, "lat": 30, "at": "yesterday"}', 422, "invalid"),
        ("/positions", b'{"unit": "u", "lon": 104, "lat": 30, "at": "2026-01-01T00:00:00"}', 422, "invalid"),
        ("/positions", b'{"unit": "u", "lon": NaN, "lat": 30, "at": "2026-01-01T00:00:00Z"}', 400, "malformed"),
        ("/warnings", b'{"key": "12345678", "event": "flood", "level": "pink", "area": "5101", "headline": "x"}', 422, "invalid"),
        ("/orders", b'{"key": "12345678", "title": "x", "text": "x", "to": {"area": "51010401799"}}', 404, "unknown_area"),
        ("/orders", b'{"key": "12345678", "title": "x", "text": "x", "to": {"area": "510104", "roles": ["police"]}}', 422, "no_recipients"),
        ("/orders", b'{"key": "12345678", "title": " ", "text": "", "to": {"area": "510104"}}', 422, "invalid"),
        ("/orders/nothing/call-off", b"", 404, "not_found"),
        ("/deliveries/nothing/answers", b'{"key": "12345678", "state": "done"}', 404, "not_found"),
        ("/photos?key=12345678", b"<svg/>", 415, "not_an_image"),
        ("/photos", b"x", 422, "invalid"),
        ("/nowhere", b"{}", 404, "not_found"),
    ],
)  # fmt: skip
def test_bad_input(admin: Caller, path: str, body: bytes, status: int, code: str) -> None:
    assert admin.refused("POST", path, data=body) == (status, code)


@pytest.mark.usefixtures("nothing_changes")
def test_an_oversized_photo(admin: Caller) -> None:
    assert admin.refused("POST", "/photos?key=12345678", data=b"\xff" * (11 * 1024 * 1024)) == (413, "too_large")
    assert admin.refused("POST", "/photos?key=12345678", data=b"\xff" * (13 * 1024 * 1024)) == (413, "too_large")


@pytest.mark.usefixtures("nothing_changes")
def test_positions_of_nobody_outside_and_from_the_future(admin: Caller, units: list[dict[str, Any]], place: dict[str, Any]) -> None:
    good = {"unit": units[0]["id"], "lon": place["lon"], "lat": place["lat"], "at": now()}
    for more, code in (
        ({"unit": "nobody"}, "unknown_unit"),
        ({"lon": 116.4, "lat": 39.9}, "outside_city"),
        ({"at": now(minutes=5)}, "future"),
    ):
        assert admin.refused("POST", "/positions", json=[good, {**good, **more}]) == (422, code)


def test_unknown_paths_and_methods(admin: Caller) -> None:
    assert admin.refused("GET", "/areas/999999") == (403, "outside_scope")
    assert admin.refused("GET", "/areas/510199") == (404, "unknown_area")
    assert admin.refused("GET", "/areas/51010") == (404, "unknown_area")
    assert admin.refused("DELETE", "/tickets") == (405, "method_not_allowed")
    assert admin.refused("GET", "/units?limit=0") == (422, "invalid")
    assert admin.refused("GET", "/units?colour=red") == (422, "invalid")


def test_a_ticket_is_opened_once_for_a_key(officer: Caller, place: dict[str, Any]) -> None:
    body = ticket(place)
    first, again = officer("POST", "/tickets", json=body), officer("POST", "/tickets", json=body)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()


def test_state_changes_that_are_not_allowed(admin: Caller, units: list[dict[str, Any]]) -> None:
    unit = units[-1]
    order = admin("POST", "/orders", json={"key": key(), "title": "t", "text": "t", "to": {"area": "5101", "units": [unit["id"]]}}).json()
    delivery = admin("GET", f"/orders/{order['id']}/deliveries").json()["deliveries"][0]
    path = f"/deliveries/{delivery['id']}/answers"
    assert admin.refused("POST", path, json={"key": key(), "state": "done"}) == (409, "not_allowed_now")
    assert admin.refused("POST", path, json={"key": key(), "state": "queued"}) == (422, "invalid")
    answer = {"key": key(), "state": "acknowledged"}
    assert admin("POST", path, json=answer).json() == admin("POST", path, json=answer).json()
    assert admin.refused("POST", path, json={"key": key(), "state": "acknowledged"}) == (409, "already_so")
    assert admin("POST", f"/orders/{order['id']}/call-off").json()["state"] == "called_off"
    assert admin.refused("POST", path, json={"key": key(), "state": "en_route"}) == (409, "order_ended")
    assert admin.refused("POST", f"/orders/{order['id']}/resend") == (409, "order_ended")


FILLED = {"code": "510104", "id": "x", "number": "1"}
ROUTES = [(name.split()[0], name.split()[1].format_map(FILLED)) for name in API_ROWS]
FOR_UNITS = {
    ("POST", "/my/password"),
    ("POST", "/sessions/x/revoke"), ("GET", "/my/access"), ("GET", "/my/sessions"), ("GET", "/my/second-factor"),
    ("POST", "/my/second-factor"), ("POST", "/my/second-factor/remove"),
    ("GET", "/units/x"), ("GET", "/units/by-number/1"), ("GET", "/units/x/trail"), ("POST", "/units/x/duty"), ("POST", "/positions"),
    ("POST", "/tickets"), ("GET", "/tickets/x"), ("POST", "/tickets/x/moves"), ("POST", "/photos"), ("GET", "/photos/x"),
    ("POST", "/tickets/x/photo"), ("GET", "/my/tickets"), ("GET", "/my/history"),
    ("POST", "/deliveries/x/answers"), ("GET", "/deliveries/x/answers"), ("GET", "/my/work"),
    ("GET", "/my/push-key"), ("POST", "/my/push-subscription"), ("POST", "/my/push-subscription/remove"),
    ("GET", "/deliveries/x/colleagues"), ("POST", "/deliveries/x/hand-over"), ("GET", "/deliveries/x/messages"),
    ("POST", "/deliveries/x/messages"), ("POST", "/clips"), ("GET", "/clips/x"), ("GET", "/ice-servers"),
}  # fmt: skip


def test_every_route_is_in_the_list(admin: Caller) -> None:
    document = requests.get(admin.base + "/openapi.json", timeout=60).json()
    served = {f"{method.upper()} {path.removeprefix('/api/v1')}" for path, methods in document["paths"].items() for method in methods}
    assert set(API_ROWS) == served
    assert set(ROUTES) >= FOR_UNITS


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nobody_without_a_token(running: Running, method: str, path: str) -> None:
    assert Caller(running, None).refused(method, path) == (401, "unauthenticated")
    assert Caller(running, "yp_api_guess").refused(method, path) == (401, "unauthenticated")


@pytest.mark.parametrize(("method", "path"), sorted(set(ROUTES) - FOR_UNITS))
def test_units_do_not_see_or_steer(running: Running, units: list[dict[str, Any]], method: str, path: str) -> None:
    unit = Caller(running, running.token("unit", units[0]["area_code"], units[0]["id"]))
    assert unit.refused(method, path, json={}) == (403, "forbidden")


@pytest.mark.parametrize(("method", "path"), [r for r in ROUTES if r[0] == "POST"])
def test_a_wall_screen_changes_nothing(running: Running, method: str, path: str) -> None:
    assert Caller(running, running.token("officer", kind="device")).refused(method, path, json={}) == (403, "forbidden")


def test_a_leader_gets_nothing_of_other_streets(leader: Caller, admin: Caller, units: list[dict[str, Any]], place: dict[str, Any]) -> None:
    foreign = next(u for u in units if not u["area_code"].startswith(STREET))
    for path in ("/areas/5101", "/areas/510182", "/areas/510182/shapes", "/areas/510182/video", "/units?area=510182", "/tickets?area=5101",
                 "/warnings?area=510182"):  # fmt: skip
        assert leader.refused("GET", path) == (403, "outside_scope"), path
    assert leader.refused("GET", f"/units/{foreign['id']}") == (404, "not_found")
    assert leader.refused("GET", f"/units/{foreign['id']}/trail") == (404, "not_found")
    assert leader.refused("GET", f"/units/by-number/{foreign['number']}") == (404, "not_found")
    assert leader.refused("POST", f"/units/{foreign['id']}/duty", json={"duty": "off_duty"}) == (403, "forbidden")
    far = admin("GET", f"/areas/{foreign['area_code'][:12]}").json()["area"]
    there = admin("POST", "/tickets", json=ticket(far)).json()
    assert leader.refused("GET", f"/tickets/{there['id']}") == (404, "not_found")
    assert leader.refused("POST", f"/tickets/{there['id']}/moves", json={"action": "close"}) == (404, "not_found")
    assert leader.refused("POST", "/tickets", json=ticket(far)) == (403, "outside_scope")
    order = {"key": key(), "title": "t", "text": "t", "to": {"area": foreign["area_code"]}}
    assert leader.refused("POST", "/orders", json=order) == (403, "outside_scope")
    assert leader.refused("POST", "/orders/preview", json=order["to"]) == (403, "outside_scope")
    sent = admin("POST", "/orders", json=order).json()
    for path in (f"/orders/{sent['id']}", f"/orders/{sent['id']}/deliveries"):
        assert leader.refused("GET", path) == (404, "not_found")
    for verb in ("resend", "call-off", "close"):
        assert leader.refused("POST", f"/orders/{sent['id']}/{verb}") == (404, "not_found")
    assert {u["area_code"][:9] for u in leader("GET", "/units").json()["units"]} == {STREET}
    assert all(a["code"].startswith(STREET) for a in leader("GET", "/search?q=1").json()["areas"])


def test_expired_and_revoked_tokens(running: Running) -> None:
    assert Caller(running, running.token("officer", days=-1)).refused("GET", "/areas/5101") == (401, "token_expired")


def test_metrics_are_for_administrators(running: Running, admin: Caller, officer: Caller) -> None:
    assert "yiping_change_seq" in admin.session.get(running.server.address + "/metrics", timeout=60).text
    assert officer.session.get(running.server.address + "/metrics", timeout=60).status_code == 403
