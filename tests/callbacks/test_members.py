"""Rooms found by connection: the same answers as the library's own manager, whatever happens in whatever order."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as some
from socketio import Manager, Server

from callbacks.members import Members

CONNECTIONS = tuple("abcde")
ROOMS = ("area:51", "order:1", "unit:7")
MOVES = some.lists(
    some.tuples(
        some.sampled_from(("connect", "enter", "leave", "close", "disconnect")), some.sampled_from(CONNECTIONS), some.sampled_from(ROOMS)
    ),
    max_size=60,
)


class _Alike:
    """One manager, driven by the names of its connections."""

    def __init__(self, manager: Any) -> None:
        self.manager = manager
        self.sids: dict[str, str] = {}
        manager.set_server(Server(async_mode="threading", client_manager=manager))

    def move(self, move: str, who: str, room: str) -> None:
        sid = self.sids.get(who)
        if move == "connect" and sid is None:
            self.sids[who] = self.manager.connect(who, "/")
        elif move == "close":
            self.manager.basic_close_room(room, "/")
        elif sid is not None and move == "enter":
            self.manager.basic_enter_room(sid, "/", room)
        elif sid is not None and move == "leave":
            self.manager.basic_leave_room(sid, "/", room)
        elif sid is not None and move == "disconnect":
            self.manager.pre_disconnect(sid, "/")
            self.manager.disconnect(sid, "/")
            del self.sids[who]

    def told(self) -> tuple[Any, ...]:
        names = {sid: who for who, sid in self.sids.items()}
        members = {room: sorted(eio for _, eio in self.manager.get_participants("/", room)) for room in (None, *ROOMS)}
        entered = {who: sorted(names.get(room, room) for room in self.manager.get_rooms(sid, "/")) for who, sid in self.sids.items()}
        connected = sorted(who for who, sid in self.sids.items() if self.manager.is_connected(sid, "/"))
        left = (self.manager.pending_connect, self.manager.pending_disconnect)
        return members, entered, connected, left, len(self.manager.rooms.get("/", {}))


@given(MOVES)
def test_it_tells_the_same_as_the_librarys_own(moves: list[tuple[str, str, str]]) -> None:
    ours, theirs = _Alike(Members()), _Alike(Manager())
    for move in moves:
        ours.move(*move)
        theirs.move(*move)
        assert ours.told() == theirs.told()


def test_nothing_stays_of_who_is_gone() -> None:
    one = _Alike(Members())
    for who in CONNECTIONS:
        one.move("connect", who, "")
        one.move("enter", who, "area:51")
    for who in CONNECTIONS:
        one.move("disconnect", who, "")
    assert one.manager._entered == {}
    assert one.manager.rooms == {}
