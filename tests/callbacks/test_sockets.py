"""The Socket.IO protocol over a real server with a real client."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import socketio
import websocket

from dashboard.city import build_city
from dashboard.live import frames, micro_grids
from dashboard.tickets import TicketReport
from tests.conftest import ADMIN, OFFICER, Running
from tests.dashboard.dispatch.test_orders import order
from tests.sockets import Client

STREET = "510104017"


class Screen:
    """A connected client that remembers what it was told."""

    def __init__(self, running: Running, token: str) -> None:
        self.socket = Client(reconnection=False, http_session=_plain_session())
        self.heard: list[tuple[str, Any]] = []
        self._news = threading.Condition()
        for event in ("patch", "frame", "beat", "delivery", "deliveries", "refused", "reopen", "colours", "troubles", "link", "message"):
            self.socket.on(event, self._listener(event))
        self.socket.connect(running.server.address, auth={"token": token}, transports=["websocket"], wait_timeout=60)

    def _listener(self, event: str) -> Callable[..., None]:
        def heard(*message: Any) -> None:
            with self._news:
                self.heard.append((event, message if len(message) > 1 else message[0]))
                self._news.notify_all()

        return heard

    def call(self, event: str, message: Any = None) -> Any:
        return self.socket.call(event, message, timeout=60)

    def waits_for(self, event: str, fits: Callable[[Any], bool] = lambda message: True) -> Any:
        deadline = time.monotonic() + 60
        with self._news:
            while True:
                found = [message for name, message in self.heard if name == event and fits(message)]
                if found:
                    return found[-1]
                assert self._news.wait(deadline - time.monotonic()), f"no {event!r} came; heard {[name for name, _ in self.heard]}"


def _plain_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


@pytest.fixture
def connect(running: Running) -> Iterator[Callable[..., Screen]]:
    screens: list[Screen] = []

    def connected(role: str = "officer", area: str = "5101", unit: str | None = None, kind: str = "api") -> Screen:
        screens.append(Screen(running, running.token(role, area, unit, kind)))
        return screens[-1]

    yield connected
    for screen in screens:
        screen.socket.disconnect()


@pytest.fixture
def post(running: Running) -> Callable[[str, Any], Any]:
    session = _plain_session()
    session.headers["Authorization"] = f"Bearer {running.token('admin')}"

    def call(path: str, body: Any = None) -> Any:
        answer = session.post(f"{running.server.address}/api/v1{path}", json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    return call


@pytest.fixture(scope="module")
def units(running: Running) -> list[dict[str, Any]]:
    city = build_city(running.settings)
    found = [u for u in city.units.covering(ADMIN, "5101", 500) if u["duty"] == "on_duty"]
    city.close()
    return sorted(found, key=lambda u: str(u["area_code"]))


@pytest.fixture(scope="module")
def place(running: Running) -> dict[str, Any]:
    city = build_city(running.settings)
    found = city.areas.place(ADMIN, f"{STREET}001").area
    city.close()
    return found


def ticket(place: dict[str, Any]) -> dict[str, Any]:
    return {"key": str(uuid.uuid4()), "kind": "fire", "level": "red", "text": "有烟", "lon": place["lon"], "lat": place["lat"]}


@pytest.mark.parametrize("token", ["", "yp_api_guess"])
def test_strangers_are_not_connected(running: Running, token: str) -> None:
    said: list[dict[str, Any]] = []
    stranger = Client(reconnection=False, http_session=_plain_session())
    stranger.on("connect_error", said.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        stranger.connect(running.server.address, auth={"token": token}, transports=["websocket"])
    assert said[0]["data"]["code"] == "unauthenticated", "the page must know why, or it comes back for ever"


def test_a_screen_gets_a_snapshot_then_patches(connect: Callable[..., Screen], post: Callable[..., Any], place: dict[str, Any]) -> None:
    screen = connect()
    first = screen.call("open", {"area": "510104"})
    assert first["kind"] == "snapshot"
    before = first["figures"]["510104"]["tickets"]
    opened = post("/tickets", ticket(place))
    patch = screen.waits_for("patch", lambda p: opened["id"] in p.get("tickets", {}))
    assert patch["seq"] > first["seq"]
    assert patch["figures"]["510104"]["tickets"] == before + 1
    assert screen.waits_for("beat", lambda b: b["seq"] >= patch["seq"])


def test_only_screens_of_the_place_are_told(connect: Callable[..., Screen], post: Callable[..., Any], place: dict[str, Any]) -> None:
    here, elsewhere = connect(), connect()
    here.call("open", {"area": STREET})
    elsewhere.call("open", {"area": "510182"})
    opened = post("/tickets", ticket(place))
    here.waits_for("patch", lambda p: opened["id"] in p.get("tickets", {}))
    assert not [message for event, message in elsewhere.heard if event == "patch"]


def test_what_was_missed_is_caught_up(connect: Callable[..., Screen], post: Callable[..., Any], place: dict[str, Any]) -> None:
    first = connect().call("open", {"area": "510104"})
    opened = [post("/tickets", ticket(place))["id"] for _ in range(3)]
    screen = connect()
    again = screen.call("open", {"area": "510104", "since": first["seq"]})
    assert again["kind"] == "patch"
    # what the hub had not read yet when it answered comes right behind
    missing = set(opened) - set(again.get("tickets", {}))
    for ticket_id in missing:
        screen.waits_for("patch", lambda p, wanted=ticket_id: wanted in p.get("tickets", {}))


def test_positions_travel_as_frames_within_the_scope(
    connect: Callable[..., Screen], post: Callable[..., Any], units: list[dict[str, Any]], place: dict[str, Any]
) -> None:
    officer, leader = connect(), connect("leader", STREET)
    officer.call("open", {"area": "5101"})
    leader.call("open", {"area": STREET})
    at = datetime.now(UTC).isoformat()
    post("/positions", [{"unit": u["id"], "lon": place["lon"], "lat": place["lat"], "at": at} for u in units])
    inside = {u["number"] for u in units if u["area_code"].startswith(STREET)}

    def numbers(message: Any) -> set[int]:
        count = frames.HEADER.unpack(message[1][:16])[3]
        return {int.from_bytes(message[1][16 + 4 * i : 20 + 4 * i], "little") for i in range(count)}

    assert numbers(officer.waits_for("frame", lambda m: len(numbers(m)) >= len(units))) >= inside
    assert numbers(leader.waits_for("frame", lambda m: bool(numbers(m)))) <= inside
    assert leader.waits_for("frame")[0] == STREET


def test_an_order_reaches_the_unit_and_its_answer_the_wall(
    connect: Callable[..., Screen], post: Callable[..., Any], units: list[dict[str, Any]]
) -> None:
    unit = units[0]
    wall, phone = connect(), connect("unit", unit["area_code"], unit["id"])
    wall.call("open", {"area": "5101"})
    sent = post("/orders", order(str(uuid.uuid4()), area="5101", units=[unit["id"]]).model_dump(mode="json"))
    pushed = phone.waits_for("delivery", lambda d: d["order_id"] == sent["id"])
    assert pushed["order"]["text"] == "请立即巡查"
    assert phone.call("received", {"deliveries": [pushed["id"]]}) == {"noted": 1}
    began = time.monotonic()
    answered = phone.call("answer", {"delivery": pushed["id"], "key": str(uuid.uuid4()), "state": "acknowledged"})
    assert answered["state"] == "acknowledged"
    patch = wall.waits_for("patch", lambda p: p.get("orders", {}).get(sent["id"], {}).get("counts") == {"acknowledged": 1})
    assert time.monotonic() - began < 5
    assert patch["figures"]["5101"]["unanswered"] >= 0
    listed = wall.call("open_order", {"order": sent["id"]})
    assert [d["state"] for d in listed["deliveries"]] == ["acknowledged"]
    phone.call("answer", {"delivery": pushed["id"], "key": str(uuid.uuid4()), "state": "en_route"})
    assert wall.waits_for("deliveries", lambda d: d["counts"] == {"en_route": 1})
    assert phone.call("work")["deliveries"][0]["state"] == "en_route"


@pytest.mark.parametrize(
    ("event", "message", "code"),
    [
        ("open", None, "invalid"), ("open", {"area": "999999"}, "outside_scope"), ("open", {"area": "51"}, "unknown_area"),
        ("open", {"area": "510199"}, "unknown_area"), ("open", {"area": "5101", "since": -1}, "invalid"),
        ("open", {"area": "5101", "since": "x"}, "invalid"), ("open", ["5101"], "invalid"), ("open", {"area": "5101\0"}, "malformed"),
        ("open_order", {"order": "nothing"}, "not_found"),
        ("open_order", {}, "invalid"), ("answer", {"delivery": "x"}, "forbidden"), ("received", {"deliveries": []}, "forbidden"),
        ("work", None, "forbidden"),
    ],
)  # fmt: skip
def test_bad_messages_get_a_code_and_sentences(connect: Callable[..., Screen], event: str, message: Any, code: str) -> None:
    error = connect().call(event, message)["error"]
    assert error["code"] == code
    assert error["zh"]
    assert error["en"]


def test_units_open_nothing_and_answer_only_their_own(
    connect: Callable[..., Screen], post: Callable[..., Any], units: list[dict[str, Any]]
) -> None:
    mine, foreign = units[1], units[2]
    sent = post("/orders", order(str(uuid.uuid4()), area="5101", units=[foreign["id"]]).model_dump(mode="json"))
    wall = connect()
    delivery = wall.call("open_order", {"order": sent["id"]})["deliveries"][0]["id"]
    phone = connect("unit", mine["area_code"], mine["id"])
    for event, message, code in (
        ("open", {"area": "5101"}, "forbidden"), ("open_order", {"order": sent["id"]}, "forbidden"), ("echo", 1, "forbidden"),
        ("received", {"deliveries": [delivery]}, "not_found"),
        ("answer", {"delivery": delivery, "key": "12345678", "state": "acknowledged"}, "not_found"),
        ("answer", {"delivery": delivery, "key": "1", "state": "acknowledged"}, "invalid"),
    ):  # fmt: skip
        assert phone.call(event, message)["error"]["code"] == code, event


def test_a_leader_opens_only_the_own_street(connect: Callable[..., Screen], post: Callable[..., Any]) -> None:
    leader = connect("leader", STREET)
    for area in ("5101", "510104", "510104018", "510182"):
        assert leader.call("open", {"area": area})["error"]["code"] == "outside_scope"
    assert leader.call("open", {"area": STREET})["kind"] == "snapshot"
    elsewhere = post("/orders", order(str(uuid.uuid4()), area="510182").model_dump(mode="json"))
    assert leader.call("open_order", {"order": elsewhere["id"]})["error"]["code"] == "not_found"


def test_a_revoked_token_is_cut_off(running: Running, connect: Callable[..., Screen]) -> None:
    city = build_city(running.settings)
    issued = city.accounts.create_token("device", "大屏", "officer", "5101")
    screen = Screen(running, issued.secret)
    assert screen.call("open", {"area": "5101"})["kind"] == "snapshot"
    city.accounts.revoke(issued.id)
    assert screen.waits_for("refused")["error"]["code"] == "token_revoked"
    city.close()


def test_commands_of_another_process_reach_the_screens(
    running: Running, connect: Callable[..., Screen], units: list[dict[str, Any]]
) -> None:
    """The command line and later workers write the same log: the hub finds it without being woken."""
    screen = connect()
    screen.call("open", {"area": "5101"})
    city = build_city(running.settings)
    city.units.set_duty(OFFICER, units[-1]["id"], "off_duty")
    city.close()
    assert screen.waits_for("patch", lambda p: "5101" in p.get("figures", {}))


def test_a_screen_gets_the_colours_of_its_theme_and_what_changes_in_them(running: Running) -> None:
    screen = Screen(running, running.token("leader", STREET))
    screen.call("open", {"area": STREET})
    assert screen.call("colours", {"theme": "tickets"}) == {"theme": "tickets"}
    area, numbering, frame = screen.waits_for("colours")
    _, flags, theme, _, _first, count = micro_grids.HEADER.unpack_from(frame)
    assert (area, flags, theme, len(frame)) == (STREET, micro_grids.FULL, 0, micro_grids.HEADER.size + count)
    city = build_city(running.settings)
    place = city.areas.place(OFFICER, "510104017001001001").area
    report = TicketReport(key=uuid.uuid4().hex, kind="waterlogging", level="orange", text="积水", lon=place["lon"], lat=place["lat"])
    city.tickets.report(OFFICER, report)
    _, again, change = screen.waits_for("colours", lambda message: message[2] != frame)
    assert again == numbering
    assert micro_grids.HEADER.unpack_from(change)[5] == 1
    assert change[-1] == frame[micro_grids.HEADER.size] + 1
    assert screen.call("colours", {"theme": None}) == {"theme": None}
    assert screen.call("colours", {"theme": "money"})["error"]["code"] == "invalid"


def test_an_impossible_screen_is_refused_and_told_to_administrators_alone(running: Running) -> None:
    admin, officer = Screen(running, running.token("admin")), Screen(running, running.token("officer"))
    good = {"width": 3840, "height": 2160, "ratio": 1, "webgl": True}
    assert officer.call("screen", good) == {"noted": True}
    for bad in ({**good, "width": -5}, {**good, "width": 1e9}, {**good, "ratio": 0}, {"width": 3}):
        assert officer.call("screen", bad)["error"]["code"] == "invalid"
    assert [one["times"] for one in admin.waits_for("troubles", len) if one["kind"] == "bad_viewport"] == [1]
    assert officer.call("screen", {**good, "unread": "a frame with the unknown unit 4294967295"}) == {"noted": True}
    assert "4294967295" in next(one["en"] for one in admin.waits_for("troubles", lambda t: len(t) > 1) if one["kind"] == "bad_frame")
    assert "troubles" not in [name for name, _ in officer.heard]


def test_who_sends_one_message_without_end_is_cut_off(connect: Callable[..., Screen], running: Running) -> None:
    plain = websocket.create_connection(running.server.address.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket", timeout=60)
    plain.recv()

    def never_end() -> int:
        plain.send_frame(websocket.ABNF.create_frame("4" + "x" * 30_000, websocket.ABNF.OPCODE_TEXT, 0))
        for _ in range(40):
            plain.send_frame(websocket.ABNF.create_frame("x" * 30_000, websocket.ABNF.OPCODE_CONT, 0))
            time.sleep(0.01)
        return int(plain.recv_data(control_frame=True)[0])

    try:
        ended = never_end()
    except (ConnectionError, websocket.WebSocketConnectionClosedException):
        ended = websocket.ABNF.OPCODE_CLOSE
    assert ended == websocket.ABNF.OPCODE_CLOSE
    assert connect().call("echo", 1) == {"echo": 1}
