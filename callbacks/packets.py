"""What a client of ours may say: one table of socket events, and packets that are checked against it before Socket.IO sees them.

The library runs the handler of whatever name a client sends, its own `connect` and `disconnect` included: with those somebody whose
token was taken back could step out of the list of those who are looked at, and stay in every room.
"""

from __future__ import annotations

from socketio.packet import CONNECT, DISCONNECT, EVENT, Packet

EVENTS = frozenset(
    {"answer", "colours", "desk", "echo", "link", "open", "open_order", "positions", "received", "screen", "work"},
)
"""Each event that a client may send, with one message or none. docs/protocol.md says what they are for."""
KINDS = (CONNECT, DISCONNECT, EVENT)
"""Packets that a client of ours sends: it acknowledges nothing and attaches nothing."""
NAMESPACE = "/"


class ClientPacket(Packet):  # type: ignore[misc]
    """A packet whose decoding raises `ValueError` for what no client of ours sends."""

    def decode(self, encoded_packet: str) -> int:
        """Returns the number of attachments: there are none."""
        count: int = super().decode(encoded_packet)
        if self.packet_type not in KINDS or count or self.namespace not in (None, NAMESPACE):
            raise ValueError(f"a packet of kind {self.packet_type} in {self.namespace or NAMESPACE}"[:80])
        if self.packet_type == EVENT:
            _check(self.data)
        return count


def _check(event: object) -> None:
    if not isinstance(event, list) or not 1 <= len(event) <= 2 or not isinstance(event[0], str) or event[0] not in EVENTS:
        raise ValueError(f"no event of ours: {event!r:.60}")
