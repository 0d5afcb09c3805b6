"""Figures of the running server, for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from callbacks.screens import Screens
from callbacks.shares import Shares
from callbacks.watchdog import Watchdog
from dashboard.buckets import Buckets
from dashboard.live.hub import Hub

METHODS = ("GET", "HEAD", "POST", "OPTIONS")


class Metrics:
    """One registry of one server."""

    def __init__(self, server: Flask) -> None:
        self.registry = CollectorRegistry()
        requests = Counter("yiping_requests", "HTTP requests", ["method", "endpoint", "status"], registry=self.registry)
        seconds = Histogram("yiping_request_seconds", "Time of HTTP requests", ["endpoint"], registry=self.registry)

        @server.before_request
        def begin() -> None:
            g.began = time.perf_counter()

        @server.after_request
        def end(response: Response) -> Response:
            endpoint = request.endpoint or "—"
            # a stranger may invent any number of methods, and each label is kept for ever
            requests.labels(request.method if request.method in METHODS else "OTHER", endpoint, response.status_code).inc()
            if "began" in g:
                seconds.labels(endpoint).observe(time.perf_counter() - g.began)
            return response

    def watch(self, hub: Hub, screens: Screens, leads: Callable[[], bool], buckets: Buckets, watchdog: Watchdog, shares: Shares) -> None:
        """Read these at each scrape, and what the process itself takes."""
        ProcessCollector(registry=self.registry)
        gauges: dict[str, tuple[str, Any]] = {
            "yiping_change_seq": ("Last change that was pushed", lambda: hub.seq),
            "yiping_picture_age_seconds": ("Time since the newest look at the changes", hub.age),
            "yiping_leads": ("1 for the worker that has the duties of the whole city", leads),
            "yiping_connections": ("Open Socket.IO connections", lambda: len(screens.principals)),
            "yiping_connections_cut": ("Connections that were ended: revoked, expired, or silent about who they are", lambda: screens.cut),
            "yiping_too_often": ("Requests that were refused because their sender has made too many", lambda: buckets.refused),
            "yiping_made_to_wait": ("Requests and messages of who has had more than their share", lambda: shares.made_to_wait),
            "yiping_loop_held": ("Times that something held the loop for more than 50 ms", lambda: watchdog.held),
            "yiping_loop_held_longest_seconds": ("The longest of these, in processor time", lambda: watchdog.longest_s),
            "yiping_frames_skipped": ("Position frames that slow screens skipped", lambda: screens.frames_skipped),
        }
        for name, (words, read) in gauges.items():
            Gauge(name, words, registry=self.registry).set_function(read)
        self.registry.register(_Pushed(hub, screens))


class _Pushed(Collector):
    """Processor time and messages by kind of event: what pushing costs."""

    def __init__(self, hub: Hub, screens: Screens) -> None:
        self._hub = hub
        self._screens = screens

    def collect(self) -> Iterator[CounterMetricFamily]:
        """For each scrape."""
        seconds = CounterMetricFamily("yiping_push_seconds", "Processor time spent on pushing", labels=["event"])
        messages = CounterMetricFamily("yiping_push_messages", "Messages written to sockets", labels=["event"])
        for event, spent in list(self._screens.seconds.items()):
            seconds.add_metric([event], spent + (self._hub.encoding_seconds if event == "frame" else 0))
            messages.add_metric([event], self._screens.written[event])
        yield seconds
        yield messages
