"""`/areas`, `/search`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from callbacks.api.routing import Route
from callbacks.web import json_response
from dashboard.areas import Place
from dashboard.city import City
from dashboard.codes import is_detail
from dashboard.identity import Principal
from dashboard.tiling import PICTURES, SHAPES
from datasources.serialising import dumps

TILE_COOKIES = ("yiping_tiles", "yiping_tiles_until")


class SearchQuery(BaseModel):
    """What somebody typed: part of a name, the beginning of a code, pinyin initials or a whole telephone number."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(min_length=1, max_length=40)


class NearQuery(BaseModel):
    """A place and how far around it to look."""

    model_config = ConfigDict(extra="forbid")

    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    radius_m: float = Field(default=3000, gt=0, le=20_000)
    limit: int = Field(default=6, ge=1, le=50)


def routes(city: City) -> list[Route]:
    """The routes of this subject."""

    def area(principal: Principal, code: str) -> dict[str, Any]:
        place: Place = city.areas.place(principal, code)
        return {"area": place.area, "path": place.path, "children": place.children}

    def tiles(principal: Principal) -> Response:
        answer = json_response(where(principal))
        pass_ = city.tiling.pass_for(principal, city.settings.tile_secret)
        for name in TILE_COOKIES if pass_ is None else ():
            answer.delete_cookie(name, path="/tiles/")  # of somebody who sat here before
        for name, value in zip(TILE_COOKIES, pass_ or (), strict=False):
            answer.set_cookie(name, value, path="/tiles/", httponly=True, samesite="Lax", secure=city.settings.secure_cookies)
        return answer

    def where(principal: Principal) -> dict[str, Any]:
        present, scope = city.tiling.present(), city.areas.start_of(principal)
        if present is None or not scope or not city.tiling.is_complete(present.version):
            return {"tiles": None, "stale": city.tiling.is_stale()}
        place = f"/tiles/areas/{present.version}/{scope}/{{z}}/{{x}}/{{y}}"
        first, last = city.tiling.span(scope)
        urls = {"url": f"{place}.{SHAPES}", "picture_url": f"{place}.{PICTURES}"}
        return {"tiles": {**asdict(present), **urls, "scope": scope, "first": first, "last": last}, "stale": city.tiling.is_stale()}

    def micro_grid(principal: Principal, number: int) -> dict[str, Any]:
        code = city.tiling.code_of(principal, number)
        return {"area": city.areas.place(principal, code).area, "place": city.areas.full_name(code)}

    def view(principal: Principal, code: str) -> Response:
        area, found = city.areas.view(principal, code)
        near = city.video.nearest(principal, area["lon"], area["lat"]) if is_detail(code) else []
        return Response(b'{"near":' + dumps(near).encode() + b"," + found[1:], mimetype="application/json")

    def packed(principal: Principal, code: str) -> Response:
        return Response(city.video.packed(principal, code), mimetype="application/octet-stream")

    def nearest(principal: Principal, query: NearQuery) -> dict[str, Any]:
        return {"video": city.video.nearest(principal, query.lon, query.lat, query.limit, query.radius_m)}

    def search(principal: Principal, query: SearchQuery) -> dict[str, Any]:
        text = query.q.strip()
        return {"areas": city.areas.search(principal, text), "units": city.units.search(principal, text)}

    return [
        Route("GET", "/areas/{code}", "An area with its path and its children", ("see",), area),
        Route(
            "GET",
            "/areas/{code}/shapes",
            "GeoJSON (WGS-84) of an area's children and, last, its own shape",
            ("see",),
            lambda principal, code: Response(city.areas.shapes(principal, code), mimetype="application/json"),
        ),
        Route(
            "GET",
            "/areas/{code}/view",
            "What a screen needs to open an area: path, shapes, nearest video",
            ("see",),
            view,
        ),
        Route("GET", "/tiles", "Where the vector tiles of the micro-grids are", ("see",), tiles),
        Route("GET", "/micro-grids/{number}", "A micro-grid by its number in the tiles", ("see",), micro_grid),
        Route(
            "GET", "/areas/{code}/video", "Video points of an area", ("see",), lambda principal, code: city.video.within(principal, code)
        ),
        Route("GET", "/areas/{code}/video/packed", "The same, packed for a map (docs/protocol.md)", ("see",), packed),
        Route("GET", "/video/nearest", "The video points nearest to a place", ("see",), nearest, query=NearQuery),
        Route(
            "GET",
            "/search",
            "Areas and field units by name, code, pinyin initials or whole telephone number",
            ("see",),
            search,
            query=SearchQuery,
        ),
    ]
