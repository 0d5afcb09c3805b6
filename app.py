"""Builds the server: settings in, WSGI app out. The only place where all parts meet."""

from __future__ import annotations

import gc
import os
import socket
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ in ("__main__", "app") and sys.argv[1:2] == ["serve"]:
    # Before anything else is imported: modules that were loaded with the blocking sockets keep them.
    from gevent import monkey

    monkey.patch_all()

from dashboard import quickstart

if TYPE_CHECKING:
    from dashboard.settings import Settings

MOST_CONNECTIONS = 20_000
TURN_OUT_S = 1.2
"""How often tokens of open connections are looked at: within `TRUST_S` of dashboard/accounts.py, so that no event has to do it."""
PING_S = 10
PING_TIMEOUT_S = 20
"""So late may the answer to a ping be. It waits in the queue of this worker too: a short time would cut everybody off when it is busy."""
ASSETS = Path(__file__).parent / "assets"


def build(settings: Settings) -> Any:
    """The WSGI app of one worker, its hub and chores running. Call it in a process that gevent has patched."""
    from dash import Dash
    from flask import Flask
    from flask_socketio import SocketIO
    from werkzeug.middleware.proxy_fix import ProxyFix

    from callbacks import (
        account_pages,
        compression,
        dash_door,
        health,
        malformed,
        members,
        metrics,
        packets,
        pages,
        pinger,
        requests_log,
        screens,
        security,
        shares,
        signing_in,
        sockets,
        threads,
        tiles,
        wall,
        web,
        wire,
    )
    from callbacks.api import accounts, areas, calling, desk, fences, messages, orders, routing, tickets, units, warnings
    from callbacks.position_door import PositionDoor
    from callbacks.watchdog import Watchdog
    from dashboard import spans
    from dashboard.accounts import USED_EVERY_S
    from dashboard.audit import watch_seal
    from dashboard.calling.channels import open_channels
    from dashboard.chores import Chores
    from dashboard.city import build_city
    from dashboard.clock_watch import ClockWatch
    from dashboard.dispatch.policies import OUTSIDE
    from dashboard.live.hub import Hub
    from dashboard.memory import give_back
    from dashboard.opening import open_database
    from dashboard.tile_keeper import TileKeeper
    from datasources import serialising
    from layouts.imports import INDEX

    fair = shares.Shares()
    offload, aside = threads.offload(threads.COMMON, fair), threads.offload(threads.ASIDE, fair)
    city = build_city(settings, offload=offload, database=open_database(settings, offload, aside))
    hub = Hub(city.database, city.bus, city.positions.hot, city.positions.number_of, city.commands.clock)
    hub.on_import(city.refresh)
    if settings.traces_url:
        spans.watch_statements(city.database.engine)

    server = Flask("yiping", static_folder=None)
    requests_log.install(server)
    web.install_gate(server, city.accounts, city.buckets, fair)
    compression.install(server, offload)
    parts = (accounts, areas, units, tickets, warnings, orders, calling, messages, fences, desk)
    routing.install(server, [route for part in parts for route in part.routes(city)], city.buckets)
    registry = metrics.Metrics(server)
    pages.install(server, city, registry.registry, ASSETS)
    signing_in.install(server, city)
    account_pages.install(server, city)
    tiles.install(server, city)
    server.extensions |= {"position_door": PositionDoor(city), "shares": fair, "accounts": city.accounts}  # for callbacks/worker.py

    dash = Dash(
        "yiping",
        server=server,
        assets_folder=str(ASSETS),
        assets_ignore=r".*\.(mjs|ts)$|sw\.js|account\.css|signin\.css|status\.css|unit\.css",
        index_string=INDEX,
        title="微网实格 · 一屏统览",
        update_title="",
        serve_locally=True,
        suppress_callback_exceptions=False,
    )
    wall.register(dash, city)
    dash_door.install(server, dash)
    security.install(server, settings, dash.csp_hashes())

    socketio = SocketIO(
        server,
        async_mode="gevent",
        json=serialising,
        max_http_buffer_size=wire.MOST_MESSAGE,
        ping_interval=PING_S,
        ping_timeout=PING_TIMEOUT_S,
        client_manager=members.members(settings.redis_url, f"{settings.redis_prefix}:sockets"),
        serializer=packets.ClientPacket,
        async_handlers=False,
        transports=["websocket"],
    )
    # Engine.IO has no door for another websocket than its own two.
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    malformed.install(socketio, fair)
    pinger.install(socketio, PING_S)
    socketio.server.eio._async = {**socketio.server.eio._async, **wire.parts(settings.events_a_second)}
    everybody = screens.Screens(socketio, hub)
    sockets.install(server, socketio, city, hub, everybody, offload, fair)
    watchdog = Watchdog()
    registry.watch(hub, everybody, city.leadership.leads, city.buckets, watchdog, fair)
    clock_watch = ClockWatch(city.database, city.troubles, city.commands.clock, city.leadership.leads)
    health.install(server, city, hub, everybody, clock_watch)

    # What has been built stays: the collector need not walk through a whole city again and again (a tenth of a second each time).
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 80, 50)

    city.caller.use(open_channels(settings, city.caller.played, offload))
    hub.start(everybody)
    city.positions.follow_others()
    city.leadership.start(city.watcher.begin)
    watchdog.start()
    fair.watch()
    # What is true of the city is done by one worker, what is about this process by each.
    Chores(
        [
            ("positions", 60.0, city.positions.fold),
            ("overdue", 1.0, city.tickets.mark_overdue),
            ("expired", 1.0, city.warnings.expire),
            ("late", 1.0, city.orders.mark_late),
            ("calls", 1.0, city.caller.plan_all),
            *((f"calls by {channel}", 1.0, partial(city.caller.make_all, channel)) for channel in OUTSIDE),
            ("fences", 2.0, city.watcher.look),
            ("finished", 30.0, city.orders.close_finished),
            ("tracks", 600.0, city.positions.forget_old),
            ("photos", 3600.0, city.photos.tidy),
            ("clips", 3600.0, city.clips.tidy),
        ],
        due=city.leadership.leads,
    ).start()
    Chores(
        [
            ("tokens", TURN_OUT_S, lambda: everybody.turn_out(city.accounts.still_valid)),
            ("used", USED_EVERY_S, lambda: city.accounts.keep_used({one.token_id for one in list(everybody.principals.values())})),
            ("memory", 60.0, give_back),
            ("clock", 1.0, clock_watch.look),
            ("storage", 5.0, city.storage.look),
            ("seal", 60.0, partial(watch_seal, city.database, city.troubles)),
            ("tiles", 3.0, TileKeeper(city.tiling, city.troubles, lambda: everybody.send("screens", "tiles", {})).look),
        ]
    ).start()
    return server


def _allow_connections() -> None:
    """Let this process hold as many connections as the machine permits, at most what one worker serves."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + 1000 if hard == resource.RLIM_INFINITY else min(hard, MOST_CONNECTIONS + 1000)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def serve(settings: Settings, quiet: bool = False) -> None:
    """Run one gevent worker under gunicorn until it is told to stop. `quiet`: only what goes wrong is logged."""
    from gunicorn.app.base import BaseApplication
    from gunicorn.arbiter import Arbiter

    from callbacks.worker import Worker
    from dashboard import spans, tracing
    from datasources.keyring import WrongKey

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            values = {
                "bind": f"{settings.host}:{settings.port}",
                "worker_class": Worker,
                "workers": 1,
                "timeout": 60,
                "worker_connections": MOST_CONNECTIONS,
                "backlog": 4096,
                "graceful_timeout": 3,
                "loglevel": "warning",
                "proc_name": "yiping",
            }
            for name, value in values.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            tracing.set_up(settings.log, quiet)
            spans.set_up(settings.traces_url, f"{socket.gethostname()}:{settings.port}")
            try:
                return build(settings)
            except WrongKey as error:
                print(error, file=sys.stderr)
                raise SystemExit(Arbiter.APP_LOAD_ERROR) from None

    _allow_connections()
    Server().run()


def main() -> int:
    """The command `yiping`."""
    if sys.argv[1:] in (["serve"], ["serve", "--quiet"]):
        # The server needs nothing of the command line, and starts the quicker without it.
        from dashboard.settings import BadSetting, from_environment

        try:
            serve(from_environment(os.environ), "--quiet" in sys.argv)
        except BadSetting as error:
            print(error, file=sys.stderr)
            return 2
        return 0
    early = quickstart.begin(os.environ) if sys.argv[1:] == ["run"] else None
    from dashboard import cli

    return cli.main(serve, early)


if __name__ == "__main__":
    sys.exit(main())
