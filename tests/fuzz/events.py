"""Every socket event with what fits it, what nearly fits and anything else; and frames that no client of ours would write."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import socketio
import websocket
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.drawing import anything, often
from tests.fuzz.report import PATIENCE_S, Report
from tests.sockets import Client

Messages = dict[str, list[Any]]
"""For each event messages that fit it."""

FRAMES = st.one_of(
    st.text(max_size=60),
    st.builds(
        lambda kind, rest: f"{kind}{rest}",
        st.sampled_from(["0", "1", "2", "3", "4", "40", "41", "42", "43", "44", "45", "46"]),
        st.text(max_size=40),
    ),
    st.builds(lambda number, body: f"42{number}{json.dumps(body)}", st.integers(0, 10**12), st.lists(st.text(max_size=8), max_size=4)),
    st.builds(
        lambda count, body: f"45{count}-{json.dumps(body)}",
        st.integers(0, 10**6),
        st.lists(st.just({"_placeholder": True, "num": 7}), max_size=3),
    ),
    st.binary(max_size=60),
)


def mutated(fitting: Any) -> st.SearchStrategy[Any]:
    """Messages near `fitting`: fields left out, added, or with anything in them."""
    if not isinstance(fitting, dict):
        return anything
    changed = st.fixed_dictionaries(
        {}, optional={key: st.one_of(st.just(value), mutated(value), anything) for key, value in fitting.items()}
    )
    more = st.dictionaries(st.text(max_size=8), anything, max_size=1)
    return st.one_of(st.just(fitting), changed, st.builds(lambda left, right: {**right, **left}, changed, more), anything)


def try_events(address: str, token: Callable[[str], str], report: Report, events: Messages, each: int, number: int) -> None:
    """`each` messages for each event, from an officer and from a unit."""
    for role in ("officer", "unit"):
        client = Client(reconnection=False)
        _connect(client, address, token(role))
        for event, fitting in events.items():
            chosen = st.one_of(*map(mutated, fitting), anything)
            often(each, number)(
                given(message=chosen)(_teller(client, event, role, partial(_connect, client, address, token(role)), report))
            )()
        client.disconnect()


def _connect(client: Client, address: str, token: str) -> None:
    client.connect(address, auth={"token": token}, transports=["websocket"], wait_timeout=60)


def _teller(client: Client, event: str, role: str, again: Callable[[], None], report: Report) -> Callable[..., None]:
    def tell(message: Any) -> None:
        try:
            answer = client.call(event, message, timeout=PATIENCE_S)
        except socketio.exceptions.SocketIOError as error:
            report.answers["no answer"] += 1
            report.wrong.append(f"{event} as {role}: {error!r} for {str(message)[:300]}")
            if not client.connected:
                again()
            return
        code = answer["error"]["code"] if isinstance(answer, dict) and "error" in answer else "answered"
        report.answers[code] += 1
        if code == "unavailable":
            report.wrong.append(f"{event} as {role}: the server failed on {str(message)[:300]}")

    return tell


def try_frames(address: str, token: Callable[[str], str], report: Report, many: int, number: int) -> None:
    """Frames that are no Socket.IO, or hardly: the connection may be closed, everybody else's goes on."""
    onlooker = Client()
    onlooker.connect(address, auth={"token": token("officer")}, transports=["websocket"], wait_timeout=60)
    secret = token("officer")

    def one(frames: list[str | bytes], known: bool) -> None:
        plain = websocket.create_connection(address.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket", timeout=PATIENCE_S)
        try:
            if known:
                plain.send("40" + json.dumps({"token": secret}))
            for frame in frames:
                plain.send(frame, websocket.ABNF.OPCODE_BINARY if isinstance(frame, bytes) else websocket.ABNF.OPCODE_TEXT)
        except (OSError, websocket.WebSocketException):
            report.answers["closed"] += 1
        else:
            report.answers["borne"] += 1
        finally:
            plain.close(timeout=0)
        if onlooker.call("echo", 1, timeout=PATIENCE_S) != {"echo": 1}:
            report.wrong.append(f"nobody else was answered after {frames!r}"[:500])

    often(many, number)(given(frames=st.lists(FRAMES, max_size=6), known=st.booleans())(one))()
    onlooker.disconnect()
