"""Traces (OpenTelemetry) of requests, socket events and statements, sent to a collector when `YIPING_TRACES_URL` names one.

Without it the API's own tracer does nothing. Single positions and map tiles take a shorter way (callbacks/worker.py) and are not traced:
thousands a second would say nothing that the metrics do not.
"""

from __future__ import annotations

import logging
from typing import Any

from opentelemetry import trace
from sqlalchemy import Engine, event

TRACER = trace.get_tracer("yiping")
SPAN = "yiping_span"
MOST_STATEMENT = 500
TIMEOUT_S = 5


def set_up(url: str, instance: str) -> None:
    """Send spans to this OTLP/HTTP address from now on; `instance` tells the workers apart. An empty address: nothing is sent."""
    if not url:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "yiping", "service.instance.id": instance}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=TIMEOUT_S)))
    trace.set_tracer_provider(provider)
    # a collector that is away is no reason to fill the log: it says so once each time that it comes to it
    logging.getLogger("opentelemetry").setLevel(logging.WARNING)


def watch_statements(engine: Engine) -> None:
    """A span for each statement, under the one of what it is done for. The values stay out: they may be personal."""

    @event.listens_for(engine, "before_cursor_execute")
    def begin(connection: Any, _cursor: Any, statement: str, _values: Any, context: Any, many: bool) -> None:
        if context is not None and trace.get_current_span().is_recording():
            words = statement.split(None, 1)
            facts = {"db.system.name": connection.dialect.name, "db.query.text": statement[:MOST_STATEMENT], "db.operation.batch": many}
            setattr(context, SPAN, TRACER.start_span(words[0] if words else "SQL", kind=trace.SpanKind.CLIENT, attributes=facts))

    @event.listens_for(engine, "after_cursor_execute")
    def end(_connection: Any, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool) -> None:
        span = getattr(context, SPAN, None)
        if span is not None:
            span.end()

    @event.listens_for(engine, "handle_error")
    def fail(context: Any) -> None:
        span = getattr(context.execution_context, SPAN, None)
        if span is not None:
            # its kind only: the words of a database hold the values of the row
            span.set_status(trace.StatusCode.ERROR, type(context.original_exception).__name__)
            span.end()
