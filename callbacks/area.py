"""The place in the address: breadcrumb, panel of the place, nearest cameras."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from dash import Dash, Input, Output, html

from callbacks.web import language, principal
from dashboard.catalogue import text
from dashboard.city import City
from dashboard.codes import is_detail
from dashboard.errors import Refused
from layouts import area as layout
from layouts import wall


def area_in(search: str | None) -> str:
    """The area code in an address such as `?area=510104`; empty when there is none."""
    return parse_qs((search or "").lstrip("?")).get("area", [""])[0]


def register(app: Dash, city: City) -> None:
    """Add the callbacks of this subject."""

    @app.callback(
        Output(wall.BREADCRUMB, "children"),
        Output(wall.PLACE, "children"),
        Output(wall.PLACE, "hidden"),
        Output(wall.NEAREST_VIDEO, "children"),
        Output(wall.NEAREST_VIDEO, "hidden"),
        Input(wall.LOCATION, "search"),
    )
    def show_place(search: str | None) -> tuple[Any, ...]:
        def say(key: str) -> str:
            return text(key, language())

        asking = principal()
        code = area_in(search) or city.areas.start_of(asking)
        try:
            place = city.areas.place(asking, code)
        except Refused as refused:
            sentence = refused.zh if language() == "zh" else refused.en
            return html.Span(sentence, className="problem"), [], True, [], True
        detail = is_detail(code)
        near = city.video.nearest(asking, place.area["lon"], place.area["lat"]) if detail else []
        return (
            layout.breadcrumb(place.path, place.area),
            layout.place(say, place.area),
            not detail,
            layout.nearest_video(say, near) if detail else [],
            not detail,
        )
