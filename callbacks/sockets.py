"""The Socket.IO side of the spine: screens open areas and orders, units receive and answer. See docs/protocol.md."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable
from typing import Any, Literal

from flask import Flask, abort, request
from flask_socketio import SocketIO, join_room, leave_room
from flask_socketio import rooms as rooms_of
from opentelemetry.trace import SpanKind
from pydantic import BaseModel, ConfigDict, Field
from socketio.exceptions import ConnectionRefusedError as NotLetIn

from callbacks import links
from callbacks.packets import EVENTS
from callbacks.screens import Screens
from callbacks.shares import Shares
from callbacks.web import parsed, secret_of
from dashboard import tracing
from dashboard.areas import check_known
from dashboard.city import City
from dashboard.codes import LEVELS
from dashboard.dispatch.answers import Answer
from dashboard.errors import Refused
from dashboard.identity import Principal
from dashboard.live.hub import Hub
from dashboard.offload import Offload
from dashboard.positions import PositionReports
from dashboard.spans import TRACER
from datasources.serialising import dumps

log = logging.getLogger(__name__)
PACKED_FROM = 64 * 1024
MOST_SEQ = 2**53
SPEAKING = ("see", "answer", "relay")
"""Who may none of these has nothing to say on a socket."""
DOOR = "socket"
"""Endpoint of the websocket's address."""


class OpenArea(BaseModel):
    """Show me this area; `since` is the last change that this screen has of the same area."""

    model_config = ConfigDict(extra="forbid")

    area: str = Field(max_length=18)
    since: int | None = Field(default=None, ge=0, le=MOST_SEQ)


class OpenOrder(BaseModel):
    """List the deliveries of this order to me; null: no order any more."""

    model_config = ConfigDict(extra="forbid")

    order: str | None = Field(max_length=36)


class Colours(BaseModel):
    """Colour the micro-grids of the open area by this theme; null: no colours any more."""

    model_config = ConfigDict(extra="forbid")

    theme: Literal["tickets", "on_duty", "unanswered", "warnings"] | None


class ScreenReport(BaseModel):
    """What this screen is: size in CSS pixels, device pixels per CSS pixel, whether it has WebGL, and what it could not read."""

    model_config = ConfigDict(extra="forbid")

    width: int = Field(ge=200, le=32_000)
    height: int = Field(ge=200, le=32_000)
    ratio: float = Field(gt=0.1, le=10)
    webgl: bool
    unread: str = Field(default="", max_length=200)


class Received(BaseModel):
    """My device holds these deliveries."""

    model_config = ConfigDict(extra="forbid")

    deliveries: list[str] = Field(max_length=200)


class AnswerDelivery(Answer):
    """An answer with the delivery that it is for."""

    delivery: str = Field(max_length=36)


def packed(answer: dict[str, Any], offload: Offload) -> dict[str, Any]:
    """A large answer as `{"packed": bytes}`: its JSON in zlib's format. A whole city is a megabyte less on a tablet's network."""
    text = dumps(answer)
    return answer if len(text) < PACKED_FROM else {"packed": offload(lambda: zlib.compress(text.encode(), 1))}


def install(server: Flask, socketio: SocketIO, city: City, hub: Hub, screens: Screens, offload: Offload, shares: Shares) -> None:
    """Register the events."""
    # Each event has Flask's request context. Where no route fits, that keeps an exception, its traceback and with it every frame and
    # buffer of the connection, in a circle that only the collector takes apart. Nobody gets as far as this route.
    server.add_url_rule("/socket.io/", DOOR, lambda: abort(404), websocket=True)
    city.troubles.listen(lambda: screens.send("administrators", "troubles", city.troubles.listed()))

    @socketio.on("connect")
    def connect(auth: Any = None) -> None:
        given = auth.get("token") if isinstance(auth, dict) else None
        try:
            secret = given if isinstance(given, str) else secret_of(request.headers, request.cookies)
            principal = city.accounts.principal(secret, request.remote_addr or "")
            if not any(principal.may(permission) for permission in SPEAKING):
                raise Refused("forbidden", permission=SPEAKING[0])
            shares.enter_connection(principal)
            if screens.is_over(request.sid):  # type: ignore[attr-defined]
                raise NotLetIn("over")
            principal = city.accounts.principal(secret, request.remote_addr or "")  # it may have had to wait
            screens.welcome(request.sid, principal)  # type: ignore[attr-defined]
        except Refused as refused:
            error = refused.as_dict()["error"]
            raise NotLetIn(error["en"], error) from None
        if principal.unit_id is not None:
            join_room(f"unit:{principal.unit_id}")
        if principal.may("see"):
            join_room("screens")
        if principal.may("administer"):
            join_room("administrators")
            screens.send_to(request.sid, "troubles", city.troubles.listed())  # type: ignore[attr-defined]

    def guarded(event: str, permission: str | None) -> Callable[[Callable[[Principal, Any], Any]], None]:
        """Register an event whose answer is `{…}` or `{"error": …}`; the token is looked at again each time. None: the service checks."""

        assert event in EVENTS, f"{event!r} is not in callbacks/packets.py"

        def register(handler: Callable[[Principal, Any], Any]) -> None:
            @socketio.on(event)
            def on_event(message: Any = None) -> Any:
                identity = tracing.begin()
                with TRACER.start_as_current_span(f"socket {event}", kind=SpanKind.SERVER, attributes={"yiping.request_id": identity}):
                    return answered(message)

            def answered(message: Any) -> Any:
                try:
                    principal = screens.principals[request.sid]  # type: ignore[attr-defined]
                    shares.enter(principal)
                    if screens.is_over(request.sid):  # type: ignore[attr-defined]
                        return None  # it had to wait, and has not
                    if not city.accounts.is_valid(principal.token_id):
                        raise Refused("token_revoked")
                    if permission is not None:
                        principal.require(permission)
                    return handler(principal, message)
                except Refused as refused:
                    return refused.as_dict()
                except Exception:
                    log.exception("the socket event %r failed", event)
                    return Refused("unavailable").as_dict()
                finally:
                    shares.leave()

        return register

    link_gone = links.register(socketio, city.links, guarded)

    def gone(sid: str) -> None:
        screens.forget(sid)
        link_gone(sid)

    socketio.server.manager.gone = gone

    def leave(kinds: tuple[str, ...]) -> None:
        for room in rooms_of():
            if room.startswith(kinds):
                leave_room(room)

    @guarded("open", "see")
    def open_area(principal: Principal, message: Any) -> Any:
        wanted = parsed(OpenArea, message)
        area_code = check_known(city.areas, principal, wanted.area, "see")
        leave(("area:", "frames:", "colours:"))
        join_room(f"area:{area_code}")
        kind, picture = hub.open_area(area_code, wanted.since)
        # In a small place one also sees those who look after it: the whole community, as far as the scope goes.
        moving = max(area_code[: LEVELS["community"]], principal.area_code, key=len)
        screens.send_to(request.sid, "frame", moving, hub.full_frame(moving))  # type: ignore[attr-defined]
        join_room(f"frames:{moving}")
        return packed({"kind": kind, **picture}, offload)

    @guarded("open_order", "see")
    def open_order(principal: Principal, message: Any) -> Any:
        wanted = parsed(OpenOrder, message)
        leave(("order:",))
        if wanted.order is None:
            return {"order": None}
        city.orders.get(principal, wanted.order)
        area_code = city.areas.start_of(principal)
        join_room(f"order:{wanted.order}:{area_code}")
        _, listed = hub.open_order(wanted.order, area_code)
        return listed

    @guarded("desk", "see")
    def desk(principal: Principal, _message: Any) -> Any:
        join_room(f"desk:{principal.area_code}")  # before reading: what comes in between is told twice, not never
        return city.desk.listed(principal)

    @guarded("colours", "see")
    def colours(principal: Principal, message: Any) -> Any:
        wanted = parsed(Colours, message)
        leave(("colours:",))
        area_code = next((room.partition(":")[2] for room in rooms_of() if room.startswith("area:")), None)
        if wanted.theme is None or area_code is None:
            return {"theme": None}
        join_room(f"colours:{wanted.theme}:{area_code}")
        numbering, frame = hub.open_colours(wanted.theme, area_code)
        screens.send_to(request.sid, "colours", area_code, numbering, frame)  # type: ignore[attr-defined]
        return {"theme": wanted.theme}

    @guarded("screen", "see")
    def screen(principal: Principal, message: Any) -> Any:
        try:
            report = parsed(ScreenReport, message)
        except Refused as refused:
            city.troubles.note("bad_viewport", principal.name, problem=refused.en)
            raise
        if report.unread:
            city.troubles.note("bad_frame", principal.name, problem=report.unread)
        if not report.webgl:
            city.troubles.note("no_webgl", principal.name)
        return {"noted": True}

    @guarded("positions", None)
    def positions(principal: Principal, message: Any) -> Any:
        return {"accepted": city.positions.report(principal, parsed(PositionReports, message).all())}

    @guarded("work", "answer")
    def work(principal: Principal, _message: Any) -> Any:
        return {"deliveries": city.answers.work_of(principal)}

    @guarded("received", "answer")
    def received(principal: Principal, message: Any) -> Any:
        return {"noted": city.answers.received(principal, parsed(Received, message).deliveries)}

    @guarded("answer", "answer")
    def answer(principal: Principal, message: Any) -> Any:
        wanted = parsed(AnswerDelivery, message)
        plain = Answer(**wanted.model_dump(exclude={"delivery"}))
        return city.answers.answer(principal, wanted.delivery, plain)

    @guarded("echo", "see")
    def echo(_principal: Principal, message: Any) -> Any:
        """The bare round trip: what the bench measures the rest against."""
        return {"echo": message}
