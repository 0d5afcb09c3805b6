"""Basemap tiles from an MBTiles file, for places without the internet."""

from __future__ import annotations

import sqlite3

from flask import Flask, Response

from callbacks.web import principal
from dashboard.city import City
from dashboard.errors import Refused
from datasources.mbtiles import MbTiles


def install(server: Flask, city: City) -> None:
    """Add the tile route when the basemap is an MBTiles file."""
    if city.settings.basemap.kind != "mbtiles":
        return
    tiles = MbTiles(city.settings.basemap.value)

    @server.get("/tiles/basemap/<int:z>/<int:x>/<int:y>")
    def tile(z: int, x: int, y: int) -> Response:
        if not (principal().may("see") or principal().may("answer")):
            raise Refused("forbidden", permission="see")
        try:
            data = tiles.tile(z, x, y)
        except sqlite3.DatabaseError:
            raise Refused("unavailable") from None
        if data is None:
            return Response(status=204)
        headers = {"Cache-Control": "private, max-age=86400"}
        if data[:2] == b"\x1f\x8b":
            headers["Content-Encoding"] = "gzip"
        return Response(data, mimetype=tiles.mimetype, headers=headers)
