"""Map tiles: the micro-grids' vector tiles, and a basemap from an MBTiles file for places without the internet.

A wall asks for hundreds of tiles at once, so the vector tiles are answered in front of Flask: one look at the
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
from werkzeug.datastructures import Headers

from callbacks.web import HEADERS, principal, secret_of
from dashboard.city import City
from dashboard.codes import is_code
from dashboard.errors import Refused
from dashboard.identity import Principal
from datasources.mbtiles import GZIP, MbTiles
from datasources.serialising import dumps

AREAS = "/tiles/areas/"
KEPT_BYTES = 96 * 1024 * 1024
DEEPEST = 24
IMMUTABLE = "private, max-age=31536000, immutable"
"""The address names the shapes and the scope: what it answers never changes."""

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Answer = tuple[str, list[tuple[str, str]], list[bytes]]
_PLAIN = list(HEADERS.items())


def install(server: Flask, city: City) -> None:
    """Put the vector tiles in front of the server, and add the basemap's route when it is an MBTiles file."""
    server.wsgi_app = TileDoor(server.wsgi_app, city)  # type: ignore[method-assign]
    if city.settings.basemap.kind != "mbtiles":
        return
    tiles = MbTiles(city.settings.basemap.value)

    @server.get("/tiles/basemap/<int:z>/<int:x>/<int:y>")
    def tile(z: int, x: int, y: int) -> Response:
        if not (principal().may("see") or principal().may("answer")):
            raise Refused("forbidden", permission="see")
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
    """Answers `/tiles/areas/<version>/<scope>/<z>/<x>/<y>.pbf`, passes everything else on."""

    def __init__(self, app: Callable[..., Iterable[bytes]], city: City) -> None:
        self._app = app
        self._city = city
        self._kept: OrderedDict[str, Answer] = OrderedDict()
        self._kept_bytes = 0
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        path: str = environ["PATH_INFO"]
        if not path.startswith(AREAS):
            return self._app(environ, start_response)
        try:
            status, headers, body = self._answer(environ, path)
        except Refused as refused:
            status, body = f"{refused.status} Refused", [dumps(refused.as_dict()).encode()]
            headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body[0]))), ("Cache-Control", "no-store"), *_PLAIN]
        start_response(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else body

    def _answer(self, environ: dict[str, Any], path: str) -> Answer:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            raise Refused("method_not_allowed", method=environ["REQUEST_METHOD"])
        asker = self._asker(environ)
        version, scope, place = _parts(path)
        asker.require("see", scope)
        tag = f'"{path[len(AREAS) :]}"'
        if tag in environ.get("HTTP_IF_NONE_MATCH", ""):
            return "304 Not Modified", [("ETag", tag), ("Cache-Control", IMMUTABLE)], []
        kept = self._kept.get(path)
        if kept is None:
            kept = self._made(version, scope, place, tag)
            self._keep(path, kept)
        return kept

    def _made(self, version: str, scope: str, place: tuple[int, int, int], tag: str) -> Answer:
        data = self._city.tiling.tile(version, scope, *place)
        headers = [("Cache-Control", IMMUTABLE), ("ETag", tag), *_PLAIN]
        if data is None:
            return "204 No Content", headers, []
        headers += [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "gzip"), ("Content-Length", str(len(data)))]
        return "200 OK", headers, [data]

    def _keep(self, path: str, answer: Answer) -> None:
        with self._lock:
            self._kept[path] = answer
            self._kept_bytes += sum(map(len, answer[2])) + 500
            while self._kept_bytes > KEPT_BYTES:
                _, (_, _, body) = self._kept.popitem(last=False)
                self._kept_bytes -= sum(map(len, body)) + 500

    def _asker(self, environ: dict[str, Any]) -> Principal:
        return self._city.accounts.principal(_secret(environ))


def _secret(environ: dict[str, Any]) -> str:
    headers = Headers()
    if "HTTP_AUTHORIZATION" in environ:
        headers["Authorization"] = environ["HTTP_AUTHORIZATION"]
    try:
        cookies = {name: morsel.value for name, morsel in SimpleCookie(environ.get("HTTP_COOKIE", "")).items()}
    except CookieError:
        cookies = {}
    return secret_of(headers, cookies)


def _parts(path: str) -> tuple[str, str, tuple[int, int, int]]:
    parts = path[len(AREAS) :].removesuffix(".pbf").split("/")
    if len(parts) != 5 or not is_code(parts[1]) or not all(part.isascii() and part.isdigit() for part in parts[2:]):
        raise Refused("not_found", what=path)
    z, x, y = (int(part[:10]) for part in parts[2:])
    if z > DEEPEST or x >= 1 << z or y >= 1 << z:
        raise Refused("not_found", what=path)
    return parts[0], parts[1], (z, x, y)
