"""Which request a line of the log belongs to, through HTTP, callbacks and sockets; the log as text or as JSON lines."""

from __future__ import annotations

import contextvars
import logging
import re
import uuid
from datetime import UTC, datetime
from typing import TextIO

from datasources.serialising import dumps

NONE = "-"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default=NONE)
"""Of what is being done now; each greenlet has its own."""


def begin(given: str | None = None) -> str:
    """A new request, under the id that a proxy has given it or under one of ours."""
    chosen = given if given and _WELL_FORMED.fullmatch(given) else uuid.uuid4().hex
    request_id.set(chosen)
    return chosen


class _Named(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request = request_id.get()
        return True


class _Patient(logging.StreamHandler[TextIO]):
    """A line that cannot be written (a full disk) is lost; the request that it belongs to goes on."""

    def handleError(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`: printing a traceback to the same full disk would fail again."""


class PlainLines(logging.Formatter):
    """One line for each record, and the traceback of an error behind it: what a stranger sends cannot begin a line of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        record.message = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", record.message)
        return super().formatMessage(record)


class JsonLines(logging.Formatter):
    """One JSON object for each line: at, level, logger, request, text, and the traceback of an error."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "request": getattr(record, "request", NONE),
            "text": record.getMessage(),
        }
        line |= getattr(record, "more", {})
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return dumps(line)


def set_up(form: str, quiet: bool = False) -> None:
    """Log to standard error, as `text` or `json`; `quiet`: only warnings and errors."""
    handler = _Patient()
    handler.addFilter(_Named())
    plain = PlainLines("%(asctime)s %(levelname)s %(name)s [%(request)s] %(message)s")
    handler.setFormatter(JsonLines() if form == "json" else plain)
    logging.basicConfig(level=logging.WARNING if quiet else logging.INFO, handlers=[handler], force=True)
