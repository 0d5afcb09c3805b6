"""The small interface of all channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True)
class Message:
    """What is to be said to one recipient (a loudspeaker: to everybody in an area).

    `id` is the idempotency key: the same message may be handed over twice after a crash, and a gateway that
    knows the id says it once.
    """

    id: str
    title: str
    text: str
    priority: str
    area_code: str
    phone: str = ""
    subscriptions: Sequence[Mapping[str, str]] = ()
    data: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended. `later`: try again, after `wait_s` when the other side named a time; it holds for the whole channel then.
    `silent`: the other side did not answer at all."""

    state: Literal["sent", "failed", "later"]
    detail: str = ""
    wait_s: float | None = None
    gone: Sequence[str] = ()
    silent: bool = False


class Channel(Protocol):
    """One way to reach people."""

    def send(self, message: Message) -> Outcome:
        """Hand a message over; returns within some seconds and never raises for what the other side does."""
