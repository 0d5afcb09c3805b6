"""deploy/yiping.nginx.conf in front of two workers, as it is but for its places and ports."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import socketio

from dashboard.demo.accounts import PASSWORD
from tests.callbacks.conftest import Pair, own_redis, two_workers
from tests.servers import ROOT, certificate, free_port, nginx, nginx_site
from tests.sockets import Client
from tests.waiting import wait_for

pytestmark = [pytest.mark.postgres, pytest.mark.redis]

SECRET = "a-secret-of-the-tiles-0123456789"
__all__ = ["own_redis"]


@dataclass
class Front:
    """What people see of the two workers."""

    address: str
    pair: Pair
    log: Path

    def session(self, token: str = "") -> requests.Session:
        made = requests.Session()
        made.trust_env = False
        made.verify = False
        if token:
            made.headers["Authorization"] = f"Bearer {token}"
        return made

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session().get(self.address + path, timeout=60, **options)

    def workers(self, uri: str) -> list[str]:
        """Which worker answered each request for this address, by nginx's log."""
        return re.findall(rf'"GET {re.escape(uri)}" 200 \S+ \S+ (\S+)', self.log.read_text())


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a certificate."""
    folder = tmp_path_factory.mktemp("tls")
    certificate(folder)
    return folder


@pytest.fixture
def front(tmp_path: Path, tls: Path, postgres_url: str, own_redis: tuple[Any, int]) -> Iterator[Front]:
    settings = {
        "YIPING_DATABASE_URL": postgres_url,
        "YIPING_TRUSTED_PROXIES": "1",
        "YIPING_SECURE_COOKIES": "1",
        "YIPING_TILE_SECRET": SECRET,
    }
    for pair in two_workers(tmp_path, own_redis, settings):
        port, plain = free_port(), free_port()
        workers = [one.server.address.removeprefix("http://") for one in (pair.first, pair.second)]
        tiles = (ROOT / "deploy/tiles.nginx.conf").read_text().replace("@SECRET@", SECRET).replace("@TILES@", str(tmp_path / "tiles"))
        (tmp_path / "yiping-tiles.conf").write_text(tiles)
        sites = nginx_site(tmp_path, workers, tls, "127.0.0.1")
        for here, there in {
            "listen [::]:80;": "",
            "listen [::]:80 default_server;": "",
            "listen [::]:443 ssl http2;": "",
            "listen [::]:443 ssl http2 default_server;": "",
            "listen 80": f"listen {plain}",
            "listen 443 ": f"listen {port} ",
        }.items():
            assert here in sites, here
            sites = sites.replace(here, there)
        with nginx(tmp_path, sites, port):
            yield Front(f"https://127.0.0.1:{port}", pair, tmp_path / "yiping.log")


def test_people_sign_in_and_work_through_nginx(front: Front) -> None:
    browser = front.session()
    browser.headers["Origin"] = front.address
    form = {"login": "officer", "password": PASSWORD, "next": "/"}
    answer = browser.post(f"{front.address}/signin", data=form, allow_redirects=False, timeout=60)
    assert answer.status_code == 302
    assert "Secure" in answer.headers["Set-Cookie"]
    assert browser.get(f"{front.address}/api/v1/areas/5101", timeout=60).ok
    browser.headers["Origin"] = "https://elsewhere.example"
    assert browser.post(f"{front.address}/signout", timeout=60).status_code == 403


def test_files_come_from_nginx_compressed_and_with_the_same_rules(front: Front) -> None:
    theirs, ours = (
        front.get("/assets/js/wall.mjs"),
        front.session().get(front.pair.first.server.address + "/assets/js/wall.mjs", timeout=60),
    )
    assert theirs.content == ours.content
    assert theirs.headers["Content-Encoding"] == "gzip"
    for name in (
        "X-Content-Type-Options",
        "X-Frame-Options",
        "Referrer-Policy",
        "Cross-Origin-Resource-Policy",
        "Strict-Transport-Security",
    ):
        assert theirs.headers[name] == ours.headers[name], name
    assert front.get("/assets/js/unit/main.mjs").headers["Content-Type"].startswith("text/javascript")
    again = front.get("/assets/js/wall.mjs", headers={"If-None-Match": theirs.headers["ETag"]})
    assert again.status_code == 304


def test_what_is_not_for_the_public_is_not_there(front: Front) -> None:
    assert front.get("/metrics").status_code == 404
    assert front.session().post(f"{front.address}/api/v1/photos", data=b"x" * 13_000_000, timeout=60).status_code == 413
    assert front.get("/api/v1/areas/5101").status_code == 401


def test_another_name_than_ours_gets_nothing(front: Front) -> None:
    for name in ("evil.example", "yiping.example"):
        with pytest.raises(requests.ConnectionError):
            front.get("/signin", headers={"Host": name})


def test_only_websockets_become_websockets(front: Front) -> None:
    asked = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    assert front.get("/healthz", headers=asked).status_code == 200
    assert front.get("/socket.io/?EIO=4&transport=websocket", headers=asked).status_code == 101


def test_strangers_are_held_to_some_questions_a_second_and_nobody_else(front: Front) -> None:
    def codes(session: requests.Session, count: int) -> set[int]:
        with ThreadPoolExecutor(8) as hands:
            asked = hands.map(lambda _: session.post(f"{front.address}/signin", data={"device": "x"}, timeout=60).status_code, range(count))
            return set(asked)

    assert codes(front.session(), 400) == {429, 403}, "no origin: refused by the app, and by nginx when there are many"
    assert front.session(front.pair.first.token("officer")).get(f"{front.address}/api/v1/areas/5101", timeout=60).ok


def hanging_on_both(front: Front, each: int) -> list[str]:
    """Tokens of people of whom so many stay with each worker."""
    uri = "/api/v1/areas/5101"
    found: dict[str, list[str]] = defaultdict(list)
    while len(found) < 2 or min(map(len, found.values())) < each:
        token, before = front.pair.first.token("officer"), len(front.workers(uri))
        for _ in range(3):
            assert front.session(token).get(front.address + uri, timeout=60).ok
        wait_for(lambda before=before: len(front.workers(uri)) >= before + 3)  # type: ignore[misc]
        (worker,) = set(front.workers(uri)[before:])
        found[worker].append(token)
    return [token for tokens in found.values() for token in tokens[:each]]


def test_each_person_stays_with_one_worker_until_that_is_gone(front: Front) -> None:
    tokens = hanging_on_both(front, 2)
    front.pair.second.server.kill()
    for token in tokens:
        assert front.session(token).get(front.address + "/api/v1/areas/5101", timeout=60).ok


def asked(screen: Client, event: str, what: Any) -> Any:
    """The answer; None when the connection was cut meanwhile, as the library then waits in vain."""
    try:
        return screen.call(event, what, timeout=5)
    except socketio.exceptions.SocketIOError:
        return None


def answered(screen: Client) -> bool:
    return bool(asked(screen, "echo", "still here") == {"echo": "still here"})


def test_screens_hang_on_their_worker_by_websocket_and_come_to_the_other_when_it_dies(front: Front) -> None:
    screens: list[Client] = []
    dropped: set[int] = set()
    for number, token in enumerate(hanging_on_both(front, 3)):
        screen = Client(ssl_verify=False, http_session=front.session(), reconnection_delay=0.1, reconnection_delay_max=0.5)
        screen.on("disconnect", lambda *_, number=number: dropped.add(number))
        screen.connect(front.address, headers={"Authorization": f"Bearer {token}"}, transports=["websocket"])
        wait_for(lambda screen=screen: asked(screen, "open", {"area": "5101"}), 120)  # type: ignore[misc]
        screens.append(screen)
    front.pair.second.server.kill()
    wait_for(lambda: len(dropped) >= 3)
    for screen in screens:
        wait_for(lambda screen=screen: answered(screen), 120)  # type: ignore[misc]
        screen.disconnect()
