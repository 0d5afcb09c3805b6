"""What is no Socket.IO ends its connection at once, and leaves nothing behind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask_socketio import SocketIO

from callbacks import malformed
from callbacks.inlet import Inlet
from callbacks.members import Members
from callbacks.packets import ClientPacket
from callbacks.shares import Shares
from tests.waiting import wait_for


class Connection:
    """An Engine.IO socket that notes how it is closed."""

    def __init__(self) -> None:
        self.wire = SimpleNamespace(inlet=Inlet(20))
        self.closed: list[dict[str, bool]] = []

    def close(self, **how: bool) -> None:
        self.closed.append(how)

    def send(self, _packet: Any) -> None:
        return


@pytest.fixture
def socketio() -> SocketIO:
    made = SocketIO(Flask("malformed"), async_mode="threading", client_manager=Members(), async_handlers=False, serializer=ClientPacket)
    malformed.install(made, Shares())

    @made.on("connect")
    def connect(auth: Any = None) -> None:
        if auth is not None:
            auth["token"]  # as a handler may fail on what it did not expect

    made.server.eio.sockets["one"] = Connection()
    made.server.environ["one"] = {
        "wsgi.input": None,
        "REQUEST_METHOD": "GET",
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
    }
    return made


@pytest.mark.parametrize("data", [b"bytes", "51-[]", "6", "x", "2[]", '2{"a":1}', "2null", {"a": 1}, None, '2["disconnect"]'], ids=repr)
def test_the_connection_is_closed_without_waiting(socketio: SocketIO, data: Any) -> None:
    socketio.server.eio.handlers["message"]("one", data)
    wait_for(lambda: socketio.server.eio.sockets["one"].closed)
    assert socketio.server.eio.sockets["one"].closed == [{"wait": False, "abort": True}]


def test_a_handshake_that_breaks_off_leaves_no_member(socketio: SocketIO) -> None:
    socketio.server.eio.handlers["message"]("one", '0["strange"]')
    assert socketio.server.eio.sockets["one"].closed
    assert socketio.server.manager.rooms == {}
    assert list(socketio.server.manager.get_namespaces()) == []


def test_a_connection_that_is_gone_already_disturbs_nobody(socketio: SocketIO) -> None:
    socketio.server.eio.handlers["message"]("another", "x")
    assert not socketio.server.eio.sockets["one"].closed
