"""Keys under which steps, tickets and orders are stored: those of others, and our own."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

OWN = "yiping/"
"""Begins the key of each step that nobody sent but that follows from another. Under such a key an answer of somebody else could keep
that step from being stored, so theirs may not begin so; any other key is theirs to choose."""


def _of_others(key: str) -> str:
    if key.startswith(OWN):
        raise ValueError(f"以 {OWN} 开头的键由系统保留 / keys that begin with {OWN} are reserved")
    return key


ClientKey = Annotated[str, Field(min_length=8, max_length=80, description="idempotency key made by the sender"), AfterValidator(_of_others)]


def own_key(subject: str, what: str) -> str:
    """The key of a step, a ticket or an order that we store ourselves."""
    return f"{OWN}{subject}/{what}"
