"""Positions coming in: how many a second one worker accepts, stores and shows, in batches and one by one; and what the real load costs."""

from __future__ import annotations

import http.client
import itertools
import json
import sqlite3
import subprocess
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from bench.city import Running, running
from bench.common import Figure, cpu_seconds, median
from bench.peers import flask_echo
from datasources.models import Area, Unit

BATCH = 500
THREADS = 4
AHEAD = 16
"""A gateway may send the next before the last was answered."""
CONNECTIONS = 256
"""Phones and gateways that send one at a time: each waits for its answer before it sends the next."""
SECONDS = 6.0
REAL_LOAD = 4400
GOAL = 10_000


def measure(scale: str = "full", rounds: int = 3) -> list[Figure]:
    """Both databases."""
    figures = []
    for database in ("sqlite", "postgresql"):
        with running(scale, database) as city:
            figures += _measure(city, database, rounds)
    return figures


def _measure(city: Running, database: str, rounds: int) -> list[Figure]:
    token, known = city.token("admin"), known_places(city)
    batch = median([batches(city, token, known) for _ in range(rounds)])
    share = median([_real_load(city, token, known) for _ in range(rounds)])
    (waiting, ahead), bare = _singles(city, token, known[0])
    rows = median([_plain_rows() for _ in range(rounds)])
    _check_stored(city)
    return [
        Figure(
            f"positions in, batches, {database}",
            f"{batch:,.0f}/s",
            f"a bare script that inserts a row each into SQLite: {rows:,.0f}/s",
            batch / rows,
            "≥ 10,000/s accepted, stored and visible",
            batch >= GOAL,
        ),
        Figure(
            f"positions in, one by one over HTTP, {database}",
            f"{ahead:,.0f}/s",
            f"bare Flask route on the same worker kind: {bare:,.0f}/s",
            ahead / bare,
            "≥ 10,000/s",
            ahead >= GOAL,
            f"each is a request of its own, answered when it is on the disk; {AHEAD} under way on a connection",
        ),
        Figure(
            f"positions in, one by one, each waits for its answer, {database}",
            f"{waiting:,.0f}/s",
            f"bare Flask route on the same worker kind: {bare:,.0f}/s",
            waiting / bare,
            "",
            None,
            f"{CONNECTIONS} connections",
        ),
        Figure(
            f"the real load, {REAL_LOAD}/s, {database}",
            f"{100 * share:.0f} % of one core",
            "one core",
            share,
            "< 35 % of one core",
            share < 0.35,
        ),
    ]


def _post(connection: http.client.HTTPConnection, token: str, body: bytes) -> None:
    connection.request("POST", "/api/v1/positions", body, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != 202:
        raise RuntimeError(f"{answer.status}: {said[:300]!r}")


def _body(known: list[Any], start: int, count: int, at: datetime) -> bytes:
    some = itertools.islice(itertools.cycle(known), start % len(known), start % len(known) + count)
    shift = (start % 97) * 1e-5
    return orjson.dumps([{"unit": u, "lon": lon + shift, "lat": lat, "at": at, "heading": start % 360} for u, lon, lat in some])


def known_places(city: Running) -> list[tuple[str, float, float]]:
    """(unit, lon, lat): where people could be."""
    with city.city.database.read() as session:
        units = [(u, a) for u, a in session.execute(select(Unit.id, Unit.area_code).limit(44_000))]
        places = {c: (lon, lat) for c, lon, lat in session.execute(select(Area.code, Area.lon, Area.lat).where(Area.level != "micro_grid"))}
    return [(u, *places.get(a[:12], places[a[:6]])) for u, a in units]


def batches(city: Running, token: str, known: list[Any]) -> float:
    """Positions accepted each second while several senders press as hard as they can."""
    counter, accepted = itertools.count(), [0] * THREADS
    until = time.monotonic() + SECONDS

    def send(me: int) -> None:
        connection = http.client.HTTPConnection(city.server.address.removeprefix("http://"))
        while time.monotonic() < until:
            body = _body(known, next(counter) * BATCH, BATCH, datetime.now(UTC))
            _post(connection, token, body)
            accepted[me] += BATCH

    threads = [threading.Thread(target=send, args=(i,)) for i in range(THREADS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(accepted) / (time.monotonic() - began)


def _real_load(city: Running, token: str, known: list[Any]) -> float:
    """Share of one core that 4,400 positions a second take: ten batches a second."""
    connection = http.client.HTTPConnection(city.server.address.removeprefix("http://"))
    seconds, each = 10, REAL_LOAD // 10
    time.sleep(1)
    before, began = cpu_seconds(city.server.pid), time.monotonic()
    for i in range(seconds * 10):
        _post(connection, token, _body(known, i * each, each, datetime.now(UTC)))
        time.sleep(max(0.0, began + (i + 1) / 10 - time.monotonic()))
    return (cpu_seconds(city.server.pid) - before) / (time.monotonic() - began)


def _wrk(address: str, path: str, body: bytes, token: str, ahead: int) -> float:
    """Requests a second; `ahead` is how many are under way on each connection."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"wrk.method='POST'\nwrk.body={json.dumps(body.decode())}\nwrk.headers['Authorization']='Bearer {token}'\n")
        script.write(f"local some\nfunction init() some = string.rep(wrk.format(nil), {ahead}) end\nfunction request() return some end\n")
        script.flush()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{int(SECONDS)}", "-s", script.name, address + path]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said:
        raise RuntimeError(said)
    return float(next(line.split()[1] for line in said.splitlines() if line.startswith("Requests/sec")))


def _singles(city: Running, token: str, one: Any) -> tuple[tuple[float, float], float]:
    """Requests a second of senders that wait for each answer, of senders that do not, and of the bare route."""
    body = orjson.dumps({"unit": one[0], "lon": one[1], "lat": one[2], "at": datetime.now(UTC) - timedelta(seconds=1)})
    waiting, ahead = (_wrk(city.server.address, "/api/v1/positions", body, token, many) for many in (1, AHEAD))
    with flask_echo() as address:
        return (waiting, ahead), _wrk(address, "/", body, token, 1)


def _plain_rows() -> float:
    """What a plain script reaches that inserts a row for each position, 500 in a transaction."""
    with tempfile.TemporaryDirectory() as folder, sqlite3.connect(Path(folder) / "plain.db", isolation_level=None) as plain:
        plain.execute("PRAGMA journal_mode=WAL")
        plain.execute("CREATE TABLE tracks (id INTEGER PRIMARY KEY, unit INT, at INT, lon INT, lat INT)")
        plain.execute("CREATE INDEX by_unit ON tracks (unit, at)")
        began = time.monotonic()
        for start in range(0, 100 * BATCH, BATCH):
            plain.execute("BEGIN")
            rows = [((start + i) * 7919 % 44_000, start, 104_000_000, 30_000_000) for i in range(BATCH)]
            plain.executemany("INSERT INTO tracks (unit, at, lon, lat) VALUES (?, ?, ?, ?)", rows)
            plain.execute("COMMIT")
        return 100 * BATCH / (time.monotonic() - began)


def _check_stored(city: Running) -> None:
    """What was accepted is on the disk: a second process reads as many positions as the server says."""
    from datasources.queries import positions

    with city.city.database.read() as session:
        if positions.latest(session).size < 1000:
            raise RuntimeError("accepted positions are not in the database")
