"""Map tiles: the micro-grids' vector tiles and pictures, and a basemap from an MBTiles file for places without the internet.

A wall asks for hundreds of tiles at once, so the micro-grids' tiles are answered in front of Flask: one look at the
path, the asker (kept for a moment) and the tile (kept in memory), and out. The same checks hold as everywhere.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Any

from flask import Flask, Response

from callbacks.finished import PLAIN, Answer
from callbacks.web import principal, secret_of
from dashboard.city import City
from dashboard.codes import is_code
from dashboard.errors import Refused
from dashboard.tiling import KINDS
from datasources.mbtiles import GZIP, MIMETYPES, MbTiles

AREAS = "/tiles/areas/"
KEPT_BYTES = 96 * 1024 * 1024
DEEPEST = 24
SECRETS_KEPT = 2000
IMMUTABLE = "private, max-age=31536000, immutable"
"""The address names the shapes and the scope: what it answers never changes."""

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
DEEPEST = 24
"""Zoom level: half a metre on the screen's edge."""


def install(server: Flask, city: City) -> None:
    """Put the vector tiles in front of the server, and add the basemap's route when it is an MBTiles file."""
    door = TileDoor(server.wsgi_app, city)
    server.wsgi_app = door  # type: ignore[method-assign]
    server.extensions["tile_door"] = door  # for callbacks/worker.py
    if city.settings.basemap.kind != "mbtiles":
        return
    tiles = MbTiles(city.settings.basemap.value)

    @server.get("/tiles/basemap/<int:z>/<int:x>/<int:y>")
    def tile(z: int, x: int, y: int) -> Response:
        if not (principal().may("see") or principal().may("answer")):
            raise Refused("forbidden", permission="see")
        if z > DEEPEST or max(x, y) >= 1 << z:
            raise Refused("not_found", what=f"{z}/{x}/{y}")  # `1 << z` of any number is as large as the memory
        try:
            data = tiles.tile(z, x, y)
        except sqlite3.DatabaseError as error:
            city.troubles.note("tiles_damaged", city.settings.basemap.value, problem=str(error))
            raise Refused("unavailable") from None
        if data is None:
            return Response(status=204)
        headers = {"Cache-Control": "private, max-age=86400"}
        if data[:2] == GZIP:
            headers["Content-Encoding"] = "gzip"
        return Response(data, mimetype=tiles.mimetype, headers=headers)


class TileDoor:
    """Answers `/tiles/areas/<version>/<scope>/<z>/<x>/<y>.<kind>`, passes everything else on."""

    def __init__(self, app: Callable[..., Iterable[bytes]], city: City) -> None:
        self._app = app
        self._city = city
        self._kept: OrderedDict[str, Answer] = OrderedDict()
        self._kept_bytes = 0
        self._secrets: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        path: str = environ["PATH_INFO"]
        if not path.startswith(AREAS):
            return self._app(environ, start_response)
        answer = self._answer_or_refuse(environ, path)
        start_response(answer.status, answer.headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def reply(self, environ: dict[str, str]) -> bytes:
        """The same as one finished HTTP/1.1 message, for callbacks/worker.py."""
        return self._answer_or_refuse(environ, environ["PATH_INFO"]).message

    def _answer_or_refuse(self, environ: dict[str, Any], path: str) -> Answer:
        try:
            return self._answer(environ, path)
        except Refused as refused:
            return Answer.refused(refused)

    def _answer(self, environ: dict[str, Any], path: str) -> Answer:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            raise Refused("method_not_allowed", method=environ["REQUEST_METHOD"])
        asker = self._city.accounts.principal(self._secret(environ), environ.get("REMOTE_ADDR", ""))
        kept = self._kept.get(path)
        if kept is None:
            version, scope, place, kind = _parts(path)
            asker.require("see", scope)
            kept = self._made(version, scope, place, kind, path)
            self._keep(path, kept)
        else:
            asker.require("see", path.split("/", 5)[4])
        if kept.tag in environ.get("HTTP_IF_NONE_MATCH", ""):
            return Answer.made("304 Not Modified", [("ETag", kept.tag), ("Cache-Control", IMMUTABLE)], b"")
        return kept

    def _made(self, version: str, scope: str, place: tuple[int, int, int], kind: str, path: str) -> Answer:
        data = self._city.tiling.tile(version, scope, *place, kind)
        tag = f'"{path[len(AREAS) :]}"'
        headers = [("Cache-Control", IMMUTABLE), ("ETag", tag), *PLAIN]
        if data is None:
            return Answer.made("204 No Content", headers, b"", tag)
        headers += [("Content-Type", MIMETYPES[kind]), ("Content-Encoding", "gzip")]
        return Answer.made("200 OK", headers, data, tag)

    def _keep(self, path: str, answer: Answer) -> None:
        with self._lock:
            self._kept[path] = answer
            self._kept_bytes += len(answer.body) + len(answer.message)
            while self._kept_bytes > KEPT_BYTES:
                _, old = self._kept.popitem(last=False)
                self._kept_bytes -= len(old.body) + len(old.message)

    def _secret(self, environ: dict[str, Any]) -> str:
        key = environ.get("HTTP_AUTHORIZATION", ""), environ.get("HTTP_COOKIE", "")
        known = self._secrets.get(key)
        if known is None:
            if len(self._secrets) >= SECRETS_KEPT:
                self._secrets.clear()
            known = self._secrets[key] = _read_secret(*key)
        return known


def _read_secret(authorization: str, cookie: str) -> str:
    try:
        cookies = {name: morsel.value for name, morsel in SimpleCookie(cookie).items()}
    except CookieError:
        cookies = {}
    return secret_of({"Authorization": authorization}, cookies)


def _parts(path: str) -> tuple[str, str, tuple[int, int, int], str]:
    place, _, kind = path[len(AREAS) :].rpartition(".")
    parts = place.split("/")
    if len(parts) != 5 or kind not in KINDS or not is_code(parts[1]) or not all(part.isascii() and part.isdigit() for part in parts[2:]):
        raise Refused("not_found", what=path)
    z, x, y = (int(part[:10]) for part in parts[2:])
    if z > DEEPEST or x >= 1 << z or y >= 1 << z:
        raise Refused("not_found", what=path)
    return parts[0], parts[1], (z, x, y), kind
