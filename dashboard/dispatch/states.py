"""The states of a delivery and the only moves between them. Pure: no database, no clock."""

from __future__ import annotations

STATES = ("queued", "delivered", "acknowledged", "en_route", "arrived", "done", "declined", "help", "expired")
UNANSWERED = ("queued", "delivered")
FINAL = ("done", "declined", "expired")
HELP = "help"
"""求助: who has the order is in need themselves. No order's end takes that back; it ends when they say that they are safe (`done`)."""

_NEXT = {
    "queued": ("delivered", "acknowledged", "declined", "help", "expired"),
    "delivered": ("acknowledged", "declined", "help", "expired"),
    "acknowledged": ("en_route", "declined", "help", "expired"),
    "en_route": ("arrived", "declined", "help", "expired"),
    "arrived": ("done", "declined", "help", "expired"),
    "help": ("done",),
    "done": (),
    "declined": (),
    "expired": (),
}
_RANK = {state: i for i, state in enumerate(STATES[:6])}


def allowed(state: str, to: str, kind: str = "task") -> bool:
    """Whether a delivery of an order of this kind may go from `state` to `to`.

    `queued → acknowledged` is allowed although the arrow runs through `delivered`: an answer proves
    that the order was delivered, and the receipt may have been lost on the way. A check-in is done with its acknowledgement.
    """
    return to in _NEXT[state] or (kind == "check_in" and (state, to) == ("acknowledged", "done"))


def reached(state: str, to: str) -> bool:
    """Whether a delivery in `state` has already been at `to`: a repeated answer, not a wrong one."""
    return state == to or (state in _RANK and to in _RANK and _RANK[to] <= _RANK[state])


def waits(state: str) -> bool:
    """Whether the desk still waits for an answer (未应答)."""
    return state in UNANSWERED


def unanswered_difference(was: str | None, to: str) -> int:
    """By how much a move changes the count of unanswered deliveries."""
    return int(waits(to)) - int(was is not None and waits(was))
