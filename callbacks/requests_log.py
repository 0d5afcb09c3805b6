"""Each request has an id, in its answer and in every line of the log that it causes; what changes something or fails is logged."""

from __future__ import annotations

import logging
import time

from flask import Flask, Response, g, request
from opentelemetry.propagate import extract
from opentelemetry.trace import SpanKind, get_current_span

from dashboard import tracing
from dashboard.spans import TRACER

log = logging.getLogger("yiping.requests")
HEADER = "X-Request-ID"
SLOW_S = 1.0


def install(server: Flask) -> None:
    """Add the id and the log."""

    @server.before_request
    def begin() -> None:
        g.request_id = tracing.begin(request.headers.get(HEADER))
        g.asked_at = time.perf_counter()
        name = f"{request.method} {request.url_rule.rule if request.url_rule else '—'}"
        g.span = TRACER.start_as_current_span(name, extract(request.headers), kind=SpanKind.SERVER)
        span = g.span.__enter__()
        if span.is_recording():
            span.set_attributes({"http.request.method": request.method, "url.path": request.path, "yiping.request_id": g.request_id})

    @server.teardown_request
    def leave(_error: BaseException | None) -> None:
        span = g.pop("span", None)
        if span is not None:
            span.__exit__(None, None, None)

    @server.after_request
    def end(response: Response) -> Response:
        get_current_span().set_attribute("http.response.status_code", response.status_code)
        response.headers[HEADER] = g.get("request_id", tracing.NONE)
        took = time.perf_counter() - g.get("asked_at", time.perf_counter())
        quiet = request.method in ("GET", "HEAD", "OPTIONS") and response.status_code < 400 and took < SLOW_S
        if not quiet:
            # the path without its query: a query may hold what is nobody's business
            more = {"method": request.method, "path": request.path, "status": response.status_code, "ms": round(took * 1000)}
            who = g.get("principal")
            if who is not None:
                more["actor"] = who.actor
            log.info("%s %s %d in %d ms", *(more[name] for name in ("method", "path", "status", "ms")), extra={"more": more})
        return response
