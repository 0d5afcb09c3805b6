"""With a collector in the settings, each request, socket event and statement is one span, under the one that caused it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.callbacks.test_sockets import Screen
from tests.conftest import _serve
from tests.gateways import Gateway, gateway

TRACE = "0af7651916cd43dd8448eb211c80319c"


def spans_of(collector: Gateway) -> list[Any]:
    found = []
    for _, body in list(collector.requests):
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            found += [span for scope in resource.scope_spans for span in scope.spans]
    return found


def wait_for(collector: Gateway, fits: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        for span in spans_of(collector):
            if fits(span):
                return span
        time.sleep(0.1)
    raise AssertionError(sorted({span.name for span in spans_of(collector)}))


def test_what_is_asked_is_traced_down_to_its_statements(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "yiping.db")
    shutil.copytree(sqlite_template.parent / "tiles", tmp_path / "tiles")
    with gateway() as collector:
        for running in _serve(tmp_path, {"YIPING_TRACES_URL": f"{collector.address}/v1/traces"}):
            session = requests.Session()
            session.trust_env = False
            session.headers.update(
                {"Authorization": f"Bearer {running.token('officer')}", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
            )
            answer = session.get(f"{running.server.address}/api/v1/areas/5101", timeout=60)
            screen = Screen(running, running.token("officer"))
            screen.call("open", {"area": "5101"})
            asked = wait_for(collector, lambda span: span.name == "GET /api/v1/areas/<code>")
            facts = {one.key: one.value for one in asked.attributes}
            assert asked.trace_id.hex() == TRACE  # the caller's own trace goes on
            assert facts["http.response.status_code"].int_value == 200
            assert facts["yiping.request_id"].string_value == answer.headers["X-Request-ID"]
            wait_for(collector, lambda span: span.name == "SELECT" and span.trace_id.hex() == TRACE)
            wait_for(collector, lambda span: span.name == "socket open")
            screen.socket.disconnect()
            text = b"".join(body for _, body in collector.requests)
            assert session.headers["Authorization"].removeprefix("Bearer ").encode() not in text


def test_a_collector_that_is_away_disturbs_nobody(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "yiping.db")
    shutil.copytree(sqlite_template.parent / "tiles", tmp_path / "tiles")
    for running in _serve(tmp_path, {"YIPING_TRACES_URL": "http://127.0.0.1:9/v1/traces"}):
        session = requests.Session()
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {running.token('officer')}"
        began = time.monotonic()
        for _ in range(20):
            assert session.get(f"{running.server.address}/api/v1/areas/5101", timeout=60).ok
        assert time.monotonic() - began < 5
