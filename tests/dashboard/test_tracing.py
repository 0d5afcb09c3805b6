"""Lines of the log belong to requests."""

from __future__ import annotations

import json
import logging
import re

from dashboard import tracing


def _line(record: logging.LogRecord) -> dict[str, object]:
    found: dict[str, object] = json.loads(tracing.JsonLines().format(record))
    return found


def test_a_given_id_is_kept_and_a_strange_one_is_not() -> None:
    assert tracing.begin("abcdef-12345678") == "abcdef-12345678"
    for strange in (None, "", "short", "a" * 65, "line\nbreak-and-more", "空白空白空白空白"):
        assert re.fullmatch(r"[0-9a-f]{32}", tracing.begin(strange))


def test_a_json_line_has_what_is_asked_for() -> None:
    record = logging.LogRecord("yiping.requests", logging.WARNING, __file__, 1, "took %d ms", (12,), None)
    record.request = "abc"
    record.more = {"status": 503}
    line = _line(record)
    assert {k: line[k] for k in ("level", "logger", "request", "text", "status")} == {
        "level": "warning",
        "logger": "yiping.requests",
        "request": "abc",
        "text": "took 12 ms",
        "status": 503,
    }


def test_an_error_has_its_traceback_in_one_line() -> None:
    try:
        raise ValueError("a\nb")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "broken", (), (ValueError, error, error.__traceback__))
    text = tracing.JsonLines().format(record)
    assert "\n" not in text
    assert "ValueError: a" in str(json.loads(text)["error"])


def test_what_a_stranger_sends_begins_no_line_of_its_own() -> None:
    said = "/x\n2026-11-28 INFO POST /signin 302 by commander\x1b[2J\u2028"
    record = logging.LogRecord("yiping", logging.INFO, "", 0, "%s failed", (said,), None)
    line = tracing.PlainLines("%(asctime)s %(levelname)s %(message)s").format(record)
    assert len(line.splitlines()) == 1
    assert "\\x0a2026" in line
    assert "\x1b" not in line
