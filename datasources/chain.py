"""The chain of the change log: each change carries a keyed hash over itself and the one before, so that none can be altered, taken out or
put in by who can write the whole database but has not the key. The counter carries a seal of its own: the end cannot be cut off.

Pure: what is hashed is the same whether a change has just been made or was read back from either database.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from datasources.serialising import dumps

FIRST = "0" * 64
"""What the first change of a chain follows."""
_STRANGE = re.compile(rb"\d[eE][+-]?\d|-0(?:\.0)?\b")
WITH_EXPONENT = 1e16
"""From here on a float is written with an exponent, which PostgreSQL does not keep: it comes back as an integer, if one can hold it."""


def link(before: str, change: Mapping[str, Any], key: bytes) -> str:
    """Hash of a change (its columns by name) that follows one with the hash `before`: HMAC-SHA-256, 64 hexadecimal digits.

    An empty `key` gives the plain SHA-256 of changes of before the chain was keyed.
    """
    moment: datetime = change["at"]
    parts = [
        before,
        change["seq"],
        moment.astimezone(UTC).isoformat(timespec="microseconds"),
        change["actor"],
        change["topic"],
        change["kind"],
        change["area_code"],
        change["entity_id"],
        _plain(change["payload"]),
    ]
    data = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
    return hmac.digest(key, data, "sha256").hex() if key else hashlib.sha256(data).hexdigest()


def seal(key: bytes, seq: int, hash_: str, chained_after: int, keyed_after: int) -> str:
    """What shows that the counter was written by who has the key: HMAC-SHA-256, 64 hexadecimal digits."""
    return hmac.digest(key, orjson.dumps(["counter", seq, hash_, chained_after, keyed_after]), "sha256").hex()


def _plain(payload: Any) -> Any:
    """A payload as it will be when it has been stored and read: PostgreSQL keeps numbers by value, not by how they were written."""
    text = dumps(payload).encode()
    value = orjson.loads(text)
    return _numbers(value) if _STRANGE.search(text) else value


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_numbers(inner) for inner in value]
    if isinstance(value, float):
        if value == 0:
            return 0.0
        if value.is_integer() and abs(value) >= WITH_EXPONENT and -(2**63) <= value < 2**64:
            return int(Decimal(repr(value)))  # the digits as they are written, not the float's exact value
    return value
