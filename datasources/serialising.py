"""JSON as the whole system writes it: fast, UTF-8, moments as ISO 8601 in UTC with milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson


def iso(moment: datetime) -> str:
    """`2026-07-26T05:09:27.123Z` for an aware moment."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_or_none(moment: datetime | None) -> str | None:
    """As `iso`; None stays None."""
    return None if moment is None else iso(moment)


def dumps(value: Any, **_stdlib_options: Any) -> str:
    """JSON text of `value`, always compact. Socket.IO calls it with the standard library's options: they are not needed."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY).decode()


def loads(text: str | bytes, **_stdlib_options: Any) -> Any:
    """The value of a JSON text; raises `ValueError` when it is none."""
    return orjson.loads(text)
