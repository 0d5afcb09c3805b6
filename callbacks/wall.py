"""The wall's first page: what the layout and the browser's modules need to begin."""

from __future__ import annotations

from typing import Any

from dash import Dash
from dash.exceptions import DependencyException, InvalidResourceError
from flask import g, has_request_context, redirect, request
from werkzeug.wrappers import Response

from callbacks import dispatch, search
from callbacks.web import language, principal, refused_answer, say
from dashboard.catalogue import text
from dashboard.city import City
from dashboard.errors import Refused
from dashboard.settings import Basemap
from layouts import wall as layout


def tiles_of(basemap: Basemap) -> dict[str, str] | None:
    """What dash-leaflet draws as tiles; Amap is GCJ-02 and drawn by our own module instead."""
    if basemap.kind == "tianditu":
        url = f"https://t0.tianditu.gov.cn/DataServer?T=vec_w&x={{x}}&y={{y}}&l={{z}}&tk={basemap.value}"
        return {"url": url, "attribution": "天地图"}
    if basemap.kind == "xyz":
        return {"url": basemap.value, "attribution": ""}
    if basemap.kind == "mbtiles":
        return {"url": "/tiles/basemap/{z}/{x}/{y}", "attribution": ""}
    return None


def register(app: Dash, city: City) -> None:
    """Set the layout and add all callbacks of the wall."""

    def serve() -> Any:
        if not has_request_context() or "principal" not in g:
            # Dash looks at the layout while it starts, to know the ids that callbacks may name.
            empty = {"boot": {}, "center": [0, 0], "zoom": 9, "tiles": None, "person": "", "language": "zh", "administers": False}
            return layout.wall(text, empty)
        asking = principal()
        start = city.areas.start_of(asking)
        try:
            root = city.areas.place(asking, start).area if start and asking.may("see") else None
        except Refused:  # the area was merged into another, or taken back
            return layout.no_area(say, start)
        boot = {
            "start": start,
            "name": asking.name,
            "role": asking.role,
            "device": asking.kind == "device",
            "language": language(),
            "permissions": [p for p in ("see", "order", "ticket", "warn", "report", "relay", "contact", "administer") if asking.may(p)],
            "basemap": city.settings.basemap.kind,
            "bounds": root["bounds"] if root else None,
        }
        view = {
            "boot": boot,
            "center": [root["lat"], root["lon"]] if root else [30.66, 104.06],
            "zoom": 9,
            "tiles": tiles_of(city.settings.basemap),
            "person": f"{text(f'role.{asking.role}', language())} {asking.name}" if asking.kind != "device" else asking.name,
            "language": language(),
            "administers": asking.may("administer"),
        }
        return layout.wall(say, view)

    app.layout = serve
    for part in (search, dispatch):
        part.register(app, city)

    @app.server.errorhandler(DependencyException)
    @app.server.errorhandler(InvalidResourceError)
    def no_such_file(_error: Exception) -> Response:
        return refused_answer(Refused("not_found", what=request.path))

    @app.server.before_request
    def field_units_go_to_their_page() -> Response | None:
        if request.path == "/" and not principal().may("see"):
            return redirect("/unit")
        return None
