"""The table: for each way into the server, who may go in, and how one tries.

Written from DESIGN.md and the issues, not from `dashboard/identity.py`: the two must agree.
"""

from __future__ import annotations

# ruff: noqa: E501 - a table is read by its lines
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from tests.callbacks.matrix.people import STAFF, Person
from tests.callbacks.matrix.things import PNG, WAV, Things, key

Where = Literal["public", "anybody", "own", "things"]
"""`public`: without signing in. `own`: answers are cut to the asker's scope. `things`: the asker's scope must hold the things.
`anybody`: signed in, and nothing of any place is told."""
Units = Literal["never", "own", "city", "things"]
"""A field unit: never, always (about itself), within its city, or when the things are its own."""

API = "/api/v1"
SEE = frozenset({*STAFF, "device"})
ORDER = frozenset(STAFF)
WARN = frozenset({"commander", "officer", "admin"})
ADMIN = frozenset({"admin"})
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ask:
    """One try: an HTTP request, or a socket event's message."""

    path: str = ""
    body: Any = None
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One way in. `staff` and `units` say who may; `fine` are refusals that come after the door, about the state of the thing."""

    staff: frozenset[str]
    where: Where
    units: Units
    ask: Callable[[Things, Person], Ask]
    fine: tuple[str, ...] = ()
    hidden: bool = False
    """A refusal for the lack of a permission may look as if the thing did not exist, and the other way round."""
    elsewhere: bool = False
    """Units are told of places outside their area: what they have reported there is theirs."""
    nothing: Any = None
    """What the outsider gets where one is not refused but told nothing."""


def to(path: str, **options: Any) -> Callable[[Things, Person], Ask]:
    """A request whose path may name things: `{ticket}`."""
    return lambda things, person: Ask(API + path.format_map({**things.ids, "C": things.community, "U": things.unit["id"]}), None, options)


def post(path: str, body: Callable[[Things, Person], Any]) -> Callable[[Things, Person], Ask]:
    """The same with a body."""
    return lambda things, person: Ask(to(path)(things, person).path, body(things, person))


def fresh(kind: str, path: str, body: Callable[[Things, Person], Any] = lambda things, person: None) -> Callable[[Things, Person], Ask]:
    """The same about something made for this try, as it will be changed."""

    def ask(things: Things, person: Person) -> Ask:
        made = getattr(things, kind)()
        names = made if isinstance(made, dict) else {kind: made}
        return Ask(API + path.format_map({**things.ids, **names, "U": things.unit["id"]}), body(things, person))

    return ask


def raw(path: str, data: bytes, kind: str) -> Callable[[Things, Person], Ask]:
    """An upload."""
    return lambda things, person: Ask(API + path, None, {"data": data, "params": {"key": key()}, "headers": {"Content-Type": kind}})


def page(path: str, **options: Any) -> Callable[[Things, Person], Ask]:
    """Outside the interface."""
    return lambda things, person: Ask(path, None, options)


def report(things: Things, unit: str) -> dict[str, Any]:
    """A position."""
    return {"unit": unit, "lon": things.micro_grid["lon"], "lat": things.micro_grid["lat"], "at": datetime.now(UTC).isoformat()}


def order(things: Things) -> dict[str, Any]:
    """An order to the community."""
    return {"key": key(), "title": "t", "text": "t", "to": {"area": things.community, "units": [things.unit["id"]]}}


def criteria(things: Things) -> dict[str, Any]:
    """Its recipients."""
    return {"area": things.community}


def subscription(_things: Things, _person: Person) -> dict[str, Any]:
    """Of a browser."""
    return {"endpoint": "https://fcm.googleapis.com/x", "p256dh": "B" * 87, "auth": "a" * 22}


def policy(things: Things, _person: Person) -> dict[str, Any]:
    """How people are called."""
    return {"area": things.community, "priority": "normal", "steps": [{"channel": "sms", "after_s": 600}]}


def answered(_things: Things, _person: Person) -> dict[str, Any]:
    """An answer."""
    return {"key": key(), "state": "acknowledged"}


def colleague(things: Things, person: Person) -> dict[str, Any]:
    """Handing over to the first who can take it."""
    found = things.make_get(f"/deliveries/{things.ids['delivery']}/colleagues")["units"]
    return {"key": key(), "to": found[0]["id"] if found else "nobody"}


API_ROWS: dict[str, Row] = {
    "GET /accounts": Row(ADMIN, "own", "never", to("/accounts")),
    "GET /accounts/{id}/access": Row(ADMIN, "things", "never", to("/accounts/{account}/access")),
    "GET /accounts/{id}/sessions": Row(ADMIN, "things", "never", to("/accounts/{account}/sessions")),
    "POST /accounts/{id}/state": Row(ADMIN, "things", "never", fresh("account", "/accounts/{account}/state", lambda t, p: {"active": False})),
    "POST /accounts/{id}/change": Row(ADMIN, "things", "never", fresh("account", "/accounts/{account}/change", lambda t, p: {"role": "leader", "area": t.community})),
    "POST /accounts/{id}/password": Row(ADMIN, "things", "never", fresh("account", "/accounts/{account}/password")),
    "POST /my/password": Row(NONE, "own", "never", post("/my/password", lambda t, p: {"present": "a long password", "new": "another long password"})),
    "POST /sessions/{id}/revoke": Row(ADMIN, "things", "never", fresh("session", "/sessions/{session}/revoke"), hidden=True),
    "GET /my/access": Row(SEE, "own", "own", to("/my/access")),
    "GET /my/sessions": Row(NONE, "own", "never", to("/my/sessions")),
    "GET /my/second-factor": Row(NONE, "own", "never", to("/my/second-factor")),
    "POST /my/second-factor": Row(NONE, "own", "never", post("/my/second-factor", lambda t, p: {"secret": "A" * 32, "code": "000000"})),
    "POST /my/second-factor/remove": Row(NONE, "own", "never", post("/my/second-factor/remove", lambda t, p: {"code": "000000"})),
    "GET /areas/{code}": Row(SEE, "things", "never", to("/areas/{C}")),
    "GET /areas/{code}/shapes": Row(SEE, "things", "never", to("/areas/{C}/shapes")),
    "GET /areas/{code}/view": Row(SEE, "things", "never", to("/areas/{C}/view")),
    "GET /areas/{code}/video": Row(SEE, "things", "never", to("/areas/{C}/video")),
    "GET /areas/{code}/video/packed": Row(SEE, "things", "never", to("/areas/{C}/video/packed")),
    "GET /video/nearest": Row(SEE, "own", "never", lambda t, p: Ask(f"{API}/video/nearest?lon={t.micro_grid['lon']}&lat={t.micro_grid['lat']}")),
    "GET /tiles": Row(SEE, "own", "never", to("/tiles")),
    "GET /micro-grids/{number}": Row(SEE, "things", "never", to("/micro-grids/{micro_grid}")),
    "GET /search": Row(SEE, "own", "never", lambda t, p: Ask(f"{API}/search", None, {"params": {"q": t.unit["name"]}})),
    "GET /units": Row(SEE, "things", "never", to("/units?area={C}")),
    "GET /units/with-device": Row(WARN, "own", "never", to("/units/with-device")),
    "GET /units/{id}": Row(SEE, "things", "things", to("/units/{U}")),
    "GET /units/by-number/{number}": Row(SEE, "things", "things", to("/units/by-number/{number}")),
    "GET /units/{id}/trail": Row(SEE, "things", "things", to("/units/{U}/trail")),
    "POST /units/{id}/phone": Row(ORDER, "things", "never", to("/units/{U}/phone")),
    "POST /units/{id}/duty": Row(WARN, "things", "things", post("/units/{U}/duty", lambda t, p: {"duty": "on_duty"}), ("already_so",), hidden=True),
    "POST /positions": Row(WARN, "things", "things", post("/positions", lambda t, p: report(t, t.unit["id"]))),
    "POST /tickets": Row(ORDER, "things", "city", post("/tickets", lambda t, p: t.ticket_body() | {"text": "t"})),
    "GET /tickets": Row(SEE, "things", "never", to("/tickets?area={C}")),
    "GET /tickets/{id}": Row(SEE, "things", "things", to("/tickets/{ticket}")),
    "POST /tickets/{id}/moves": Row(ORDER, "things", "never", fresh("ticket", "/tickets/{ticket}/moves", lambda t, p: {"action": "assign", "unit": t.unit["id"]}), hidden=True),
    "POST /photos": Row(ORDER, "anybody", "own", raw("/photos", PNG, "image/png")),
    "GET /photos/{id}": Row(SEE, "things", "things", to("/photos/{photo}")),
    "POST /warnings": Row(WARN, "things", "never", post("/warnings", lambda t, p: t.warning_body())),
    "GET /warnings": Row(SEE, "things", "never", to("/warnings?area={C}")),
    "POST /warnings/{id}/cancel": Row(WARN, "things", "never", fresh("warning", "/warnings/{warning}/cancel")),
    "POST /orders/preview": Row(ORDER, "things", "never", post("/orders/preview", lambda t, p: criteria(t))),
    "POST /orders": Row(ORDER, "things", "never", post("/orders", lambda t, p: order(t))),
    "GET /orders": Row(SEE, "own", "never", to("/orders")),
    "GET /orders/{id}": Row(SEE, "things", "never", to("/orders/{order}")),
    "GET /orders/{id}/deliveries": Row(SEE, "things", "never", to("/orders/{order}/deliveries")),
    "GET /orders/{id}/reach": Row(SEE, "things", "never", to("/orders/{order}/reach")),
    "POST /orders/{id}/recipients": Row(ORDER, "things", "never", fresh("order", "/orders/{order}/recipients", lambda t, p: criteria(t))),
    "POST /orders/{id}/resend": Row(ORDER, "things", "never", fresh("order", "/orders/{order}/resend")),
    "POST /orders/{id}/call-off": Row(ORDER, "things", "never", fresh("order", "/orders/{order}/call-off")),
    "POST /orders/{id}/close": Row(ORDER, "things", "never", fresh("order", "/orders/{order}/close")),
    "GET /deliveries": Row(WARN, "own", "never", to("/deliveries")),
    "POST /deliveries/{id}/answers": Row(WARN, "things", "things", fresh("order", "/deliveries/{delivery}/answers", answered)),
    "GET /deliveries/{id}/answers": Row(SEE, "things", "things", to("/deliveries/{delivery}/answers")),
    "GET /deliveries/{id}/calls": Row(SEE, "things", "never", to("/deliveries/{delivery}/calls")),
    "POST /deliveries/{id}/by-phone": Row(ORDER, "things", "never", fresh("order", "/deliveries/{delivery}/by-phone", lambda t, p: {"key": key()})),
    "GET /deliveries/{id}/colleagues": Row(ORDER, "things", "things", to("/deliveries/{delivery}/colleagues")),
    "POST /deliveries/{id}/hand-over": Row(ORDER, "things", "things", fresh("order", "/deliveries/{delivery}/hand-over", colleague)),
    "GET /deliveries/{id}/messages": Row(SEE, "things", "things", to("/deliveries/{delivery}/messages")),
    "POST /deliveries/{id}/messages": Row(ORDER, "things", "things", post("/deliveries/{delivery}/messages", lambda t, p: {"key": key(), "text": "t"})),
    "GET /my/work": Row(NONE, "own", "own", to("/my/work")),
    "GET /call-policies": Row(SEE, "things", "never", to("/call-policies?area={C}")),
    "POST /call-policies": Row(ADMIN, "things", "never", post("/call-policies", policy)),
    "POST /call-policies/remove": Row(ADMIN, "things", "never", post("/call-policies/remove", lambda t, p: {"area": t.community, "priority": "normal"}), ("not_found",)),
    "POST /calls/{id}/report": Row(WARN, "things", "never", fresh("call", "/calls/{call}/report", lambda t, p: {"state": "delivered"})),
    "GET /my/push-key": Row(NONE, "anybody", "own", to("/my/push-key")),
    "POST /my/push-subscription": Row(NONE, "own", "own", post("/my/push-subscription", subscription)),
    "POST /my/push-subscription/remove": Row(NONE, "own", "own", post("/my/push-subscription/remove", lambda t, p: {"endpoint": "https://push.example.cn/x"})),
    "POST /clips": Row(ORDER, "anybody", "own", raw("/clips", WAV, "audio/wav")),
    "GET /clips/{id}": Row(SEE, "things", "things", to("/clips/{clip}")),
    "GET /fences": Row(SEE, "things", "never", to("/fences?area={C}")),
    "POST /fences": Row(ORDER, "things", "never", post("/fences", lambda t, p: t.fence_body())),
    "POST /fences/{id}/remove": Row(ORDER, "things", "never", fresh("fence", "/fences/{fence}/remove")),
    "POST /tickets/{id}/photo": Row(NONE, "things", "things", fresh("own_ticket", "/tickets/{own_ticket}/photo", lambda t, p: {"photo_id": t.ids["photo"]})),
    "GET /my/tickets": Row(NONE, "own", "own", to("/my/tickets"), elsewhere=True),
    "GET /my/history": Row(NONE, "own", "own", to("/my/history")),
    "GET /desk": Row(SEE, "own", "never", to("/desk")),
    "POST /desk/{id}/take": Row(ORDER, "things", "never", fresh("desk_item", "/desk/{desk_item}/take"), hidden=True),
    "POST /tickets/{id}/caller": Row(ORDER, "things", "never", fresh("called_in", "/tickets/{called_in}/caller"), hidden=True),
    "GET /ice-servers": Row(ORDER, "anybody", "own", to("/ice-servers")),
}  # fmt: skip

EVERYBODY = frozenset({*STAFF, "device", "nobody"})

PAGES: dict[str, Row] = {
    "GET /": Row(SEE, "anybody", "own", page("/")),
    "GET /<path:path>": Row(SEE, "anybody", "own", page("/anything")),
    "GET /unit": Row(SEE, "anybody", "own", page("/unit")),
    "GET /status": Row(ADMIN, "anybody", "never", page("/status")),
    "GET /metrics": Row(ADMIN, "anybody", "never", page("/metrics")),
    "GET /healthz": Row(EVERYBODY, "public", "own", page("/healthz")),
    "GET /readyz": Row(EVERYBODY, "public", "own", page("/readyz")),
    "GET /signin": Row(EVERYBODY, "public", "own", page("/signin")),
    "POST /signin": Row(EVERYBODY, "public", "own", page("/signin", data={"login": "nobody"}), ("status 401", "status 429", "foreign_origin")),
    "GET /account": Row(SEE, "anybody", "own", page("/account")),
    "POST /account/sessions/<session_id>/revoke": Row(
        ADMIN, "things", "never", lambda t, p: Ask(f"/account/sessions/{t.session()}/revoke"), hidden=True),
    "POST /account/factor": Row(NONE, "own", "never", page("/account/factor", data={"secret": "", "code": ""})),
    "POST /account/factor/remove": Row(NONE, "own", "never", page("/account/factor/remove", data={"code": ""})),
    "POST /account/password": Row(NONE, "own", "never", page("/account/password", data={"present": "", "new": "", "again": ""})),
    "GET /accounts": Row(ADMIN, "anybody", "never", page("/accounts")),
    "GET /accounts/<account_id>": Row(ADMIN, "things", "never", lambda t, p: Ask(f"/accounts/{t.account()}")),
    "POST /accounts/<account_id>/sessions/<session_id>/revoke": Row(
        ADMIN, "things", "never", lambda t, p: Ask(f"/accounts/{t.account()}/sessions/{t.session()}/revoke")),
    "POST /accounts/<account_id>/change": Row(
        ADMIN, "things", "never", lambda t, p: Ask(f"/accounts/{t.account()}/change", None, {"data": {"role": "leader", "area": t.community}})),
    "POST /accounts/<account_id>/password": Row(ADMIN, "things", "never", lambda t, p: Ask(f"/accounts/{t.account()}/password")),
    "POST /accounts/<account_id>/state": Row(
        ADMIN, "things", "never", lambda t, p: Ask(f"/accounts/{t.account()}/state", None, {"data": {"active": "0"}})),
    "POST /signout": Row(SEE, "anybody", "own", page("/signout")),
    "POST /language/<chosen>": Row(EVERYBODY, "public", "own", page("/language/zh")),
    "GET /catalogue/<chosen>.json": Row(EVERYBODY, "public", "own", page("/catalogue/zh.json")),
    "GET /sw.js": Row(EVERYBODY, "public", "own", page("/sw.js")),
    "GET /manifest.webmanifest": Row(EVERYBODY, "public", "own", page("/manifest.webmanifest")),
    "GET /api/v1/openapi.json": Row(EVERYBODY, "public", "own", page("/api/v1/openapi.json")),
    "GET /api/<path:rest>": Row(SEE, "anybody", "own", page("/api/v2/tickets"), ("not_found",)),
    "POST /api/<path:rest>": Row(SEE, "anybody", "own", page("/api/v2/tickets"), ("not_found",)),
    "GET /assets/<path:filename>": Row(EVERYBODY, "public", "own", page("/assets/css/tokens.css")),
    "GET /_favicon.ico": Row(EVERYBODY, "public", "own", page("/_favicon.ico")),
    "GET /_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": Row(
        EVERYBODY, "public", "own", page("/_dash-component-suites/dash/deps/none.js"), ("not_found",)
    ),
    "GET /_dash-layout": Row(SEE, "own", "own", page("/_dash-layout")),
    "GET /_dash-dependencies": Row(SEE, "anybody", "own", page("/_dash-dependencies")),
    "GET /_reload-hash": Row(SEE, "anybody", "own", page("/_reload-hash")),
    "GET /tiles/areas/<version>/<scope>/<z>/<x>/<y>.<kind>": Row(SEE, "things", "never", lambda t, p: Ask(t.ids["tile"])),
}  # fmt: skip


def callback(outputs: list[tuple[str, str]], inputs: list[tuple[str, str, Any]], state: list[tuple[str, str, Any]] = []) -> dict[str, Any]:  # noqa: B006
    """The body with which a browser asks Dash for one callback."""
    names = [f"{one}.{part}" for one, part in outputs]
    return {
        "output": names[0] if len(names) == 1 else f"..{'...'.join(names)}..",
        "outputs": [{"id": one, "property": part} for one, part in outputs]
        if len(names) > 1
        else {"id": outputs[0][0], "property": outputs[0][1]},
        "inputs": [{"id": one, "property": part, "value": value} for one, part, value in inputs],
        "changedPropIds": [f"{inputs[0][0]}.{inputs[0][1]}"],
        "state": [{"id": one, "property": part, "value": value} for one, part, value in state],
    }


TARGET = ("dispatch-target", "data")
DASH: dict[str, Row] = {
    "..search-results.children...search-results.hidden..": Row(
        SEE, "own", "never", lambda t, p: Ask(body=callback(
            [("search-results", "children"), ("search-results", "hidden")], [("search-text", "value", t.unit["name"])]))
    ),
    "..dispatch-count.children...dispatch-send.children...dispatch-send.disabled...dispatch-preview.data...dispatch-area.children..": Row(
        ORDER, "things", "never", lambda t, p: Ask(body=callback(
            [("dispatch-count", "children"), ("dispatch-send", "children"), ("dispatch-send", "disabled"), ("dispatch-preview", "data"), ("dispatch-area", "children")],
            [(*TARGET, {"area": t.community}), ("dispatch-roles", "value", []), ("dispatch-skills", "value", []), ("dispatch-off-duty", "value", []), ("dispatch-shape", "data", None)]))
    ),
    "..dispatch-confirm.hidden...dispatch-confirm-text.children...dispatch-key.data...dispatch-problem.children..": Row(
        ORDER, "anybody", "never", lambda t, p: Ask(body=callback(
            [("dispatch-confirm", "hidden"), ("dispatch-confirm-text", "children"), ("dispatch-key", "data"), ("dispatch-problem", "children")],
            [("dispatch-send", "n_clicks", 1), ("dispatch-confirm-cancel", "n_clicks", 0), ("dispatch-sent", "data", None)],
            [("dispatch-preview", "data", {"criteria": criteria(t), "count": 1}), (*TARGET, {"area": t.community}), ("dispatch-title", "value", "t"), ("dispatch-text", "value", "t"), ("dispatch-priority", "value", "normal"), ("dispatch-deadline", "value", "30")]))
    ),
    "dispatch-sent.data": Row(
        ORDER, "things", "never", lambda t, p: Ask(body=callback(
            [("dispatch-sent", "data")], [("dispatch-confirm-send", "n_clicks", 1)],
            [("dispatch-key", "data", key()), ("dispatch-preview", "data", {"criteria": {"area": t.community, "units": [t.unit["id"]]}, "count": 1}),
             (*TARGET, {"area": t.community}), ("dispatch-title", "value", "t"), ("dispatch-text", "value", "t"), ("dispatch-priority", "value", "normal"),
             ("dispatch-deadline", "value", "0"), ("dispatch-kind", "data", "task"), ("dispatch-done-when", "value", "each"), ("dispatch-needed", "value", None)]))
    ),
}  # fmt: skip


SOCKET_EVENTS: dict[str, Row] = {
    "connect": Row(SEE, "anybody", "own", lambda t, p: Ask()),
    "open": Row(SEE, "things", "never", lambda t, p: Ask(body={"area": t.community})),
    "open_order": Row(SEE, "things", "never", lambda t, p: Ask(body={"order": t.ids["order"]})),
    "colours": Row(SEE, "own", "never", lambda t, p: Ask(body={"theme": "tickets"})),
    "screen": Row(SEE, "anybody", "never", lambda t, p: Ask(body={"width": 1920, "height": 1080, "ratio": 1, "webgl": True})),
    "positions": Row(WARN, "things", "things", lambda t, p: Ask(body=report(t, t.unit["id"]))),
    "work": Row(NONE, "own", "own", lambda t, p: Ask()),
    "received": Row(NONE, "things", "things", lambda t, p: Ask(body={"deliveries": [t.ids["delivery"]]}), nothing={"noted": 0}),
    "answer": Row(NONE, "things", "things", lambda t, p: Ask(body={"delivery": t.order()["delivery"], **answered(t, p)})),
    "desk": Row(SEE, "own", "never", lambda t, p: Ask()),
    "echo": Row(SEE, "anybody", "never", lambda t, p: Ask(body="x")),
    "link": Row(ORDER, "things", "never", lambda t, p: Ask(body={"kind": "ring", "unit": t.unit["id"]}), ("not_allowed_now",)),
}
