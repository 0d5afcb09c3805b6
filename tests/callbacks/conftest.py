"""A browser without a screen, and two workers of one city."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from dashboard.demo.accounts import PASSWORD
from tests.conftest import KEYS, Running, _serve
from tests.servers import Server, free_port, redis_server


@pytest.fixture
def browser(running: Running) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["Origin"] = running.server.address
    return session


def sign_in(running: Running, browser: requests.Session, login: str = "officer", target: str = "/") -> requests.Response:
    form = {"login": login, "password": PASSWORD, "next": target}
    return browser.post(f"{running.server.address}/signin", data=form, allow_redirects=False, timeout=60)


class Pair:
    """Two workers of one city."""

    def __init__(self, first: Running, second: Server, redis_port: int, folder: Path) -> None:
        self.first = first
        self.second = replace(first, server=second)
        self.redis_port = redis_port
        self.folder = folder

    def post(self, running: Running, path: str, body: Any, token: str | None = None) -> requests.Response:
        session = requests.Session()
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {token or running.token('admin')}"
        return session.post(f"{running.server.address}/api/v1{path}", json=body, timeout=60)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[tuple[Any, int]]:
    """A Redis that the test may stop and start: (context manager to stop it, its port)."""
    port = free_port()
    server = redis_server(tmp_path, port)
    server.__enter__()
    yield server, port
    server.__exit__(None, None, None)


@pytest.fixture
def pair(tmp_path: Path, postgres_url: str, own_redis: tuple[Any, int]) -> Iterator[Pair]:
    yield from two_workers(tmp_path, own_redis, {"YIPING_DATABASE_URL": postgres_url})


def two_workers(tmp_path: Path, own_redis: tuple[Any, int], settings: dict[str, str]) -> Iterator[Pair]:
    """On one database, whose address is among the settings, and this Redis."""
    extra = {**settings, "YIPING_REDIS_URL": f"redis://127.0.0.1:{own_redis[1]}/0"}
    with_keys = {**extra, "YIPING_DATA_KEYS": KEYS}
    for running in _serve(tmp_path, extra):
        second = Server(tmp_path, free_port(), **with_keys)
        second.start()
        try:
            yield Pair(running, second, own_redis[1], tmp_path)
        finally:
            second.stop()
