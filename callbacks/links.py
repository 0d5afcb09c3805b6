"""The socket's side of live links: signals come in, and go on to the one whom they concern."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import request
from flask_socketio import SocketIO

from callbacks.web import parsed
from dashboard.identity import Principal
from dashboard.links import Links, Signal, Told

Guarded = Callable[[str, str | None], Callable[[Callable[[Principal, Any], Any]], None]]


def register(socketio: SocketIO, links: Links, guarded: Guarded) -> Callable[[str], None]:
    """Add the event `link`; returns what to call when a connection is gone."""

    def tell(told: Iterable[Told]) -> None:
        for one in told:
            to, skip = (one.side, None) if one.side else (f"unit:{one.unit_id}", one.not_side or None)
            socketio.emit("link", one.signal, to=to, skip_sid=skip)

    @guarded("link", None)
    def link(principal: Principal, message: Any) -> Any:
        link_id, told = links.take(principal, request.sid, parsed(Signal, message))  # type: ignore[attr-defined]
        tell(told)
        return {"link": link_id}

    return lambda sid: tell(links.gone(sid))
