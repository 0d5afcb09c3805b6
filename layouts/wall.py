"""The wall: bar, map, two columns of panels, and the bar of layers below."""

from __future__ import annotations

import json
from typing import Any

import dash_leaflet as dl
from dash import html

from layouts import dispatch, search
from layouts.html import Say, marks

BREADCRUMB = "breadcrumb"
PLACE = "place"
NEAREST_VIDEO = "nearest-video"
MAP = "map"


def wall(say: Say, view: dict[str, Any]) -> html.Div:
    """`view`: boot (what the browser's modules start with), center, zoom, tiles (None: none), person, language."""
    return html.Div(
        id="wall",
        **marks(data_boot=json.dumps(view["boot"], ensure_ascii=False)),
        children=[
            _bar(say, view),
            html.Div(className="map-ground", children=_map(say, view)),
            html.Aside(
                className="column column-left",
                children=[
                    html.Section(id="figures", className="panel"),
                    html.Section(id=PLACE, className="panel", hidden=True),
                    html.Section(id="people", className="panel", hidden=True),
                    html.Section(id="attention", className="panel panel-fill"),
                    html.Section(id=NEAREST_VIDEO, className="panel", hidden=True),
                ],
            ),
            html.Aside(
                className="column column-right",
                children=[
                    html.Section(id="link", className="panel", hidden=True),
                    html.Section(id="card", className="panel", hidden=True, tabIndex=-1),
                    html.Section(id="desk", className="panel", hidden=True),
                    html.Section(id="intake", className="panel", hidden=True),
                    html.Section(id="warnings", className="panel", hidden=True),
                    html.Section(id="tickets", className="panel", hidden=True),
                    html.Section(id="todo", className="panel"),
                    dispatch.panel(say),
                    html.Section(id="order", className="panel", hidden=True, tabIndex=-1),
                    html.Section(id="fences", className="panel", hidden=True),
                    html.Section(id="policies", className="panel", hidden=True),
                    html.Section(id="orders", className="panel"),
                    html.Section(id="events", className="panel panel-fill"),
                ],
            ),
            html.Div(id="filters", className="filters", hidden=True),
            html.Div(id="layers", className="layers"),
            html.Nav(id="tabs", className="tabs"),
            html.Div(id="notice", className="notice", role="status", hidden=True),
        ],
    )


def no_area(say: Say, code: str) -> html.Div:
    """For somebody whose area is none any more: who can help, and the way out."""
    return html.Div(
        className="no-area",
        children=[
            html.H1(say("product.short")),
            html.P(say("wall.no_area").format(area=code), role="alert"),
            html.Form(method="POST", action="/signout", children=html.Button(say("bar.signout"), type="submit")),
        ],
    )


def _bar(say: Say, view: dict[str, Any]) -> html.Header:
    other = "en" if view["language"] == "zh" else "zh"
    return html.Header(
        className="bar",
        children=[
            html.H1([say("product.short"), html.Span(f" · {say('product.view')}", className="wide-only")]),
            html.Nav(id=BREADCRUMB, className="breadcrumb", **marks(aria_label=say("bar.path"))),
            search.box(say),
            html.Div(id="waiting", className="waiting", hidden=True, role="status"),
            html.Div(id="troubles", className="troubles", hidden=True),
            html.Div(id="clock", className="clock"),
            html.Div(id="age", className="age", role="status"),
            html.Details(
                className="person",
                children=[
                    html.Summary(view["person"], title=view["person"]),
                    html.Div(
                        className="person-menu",
                        children=[
                            html.Button(say("policy.title"), id="policies-open", type="button"),
                            html.A(say("account.title"), href="/account"),
                            *([html.A(say("status.title"), href="/status")] if view["administers"] else []),
                            html.Form(
                                method="POST", action=f"/language/{other}", children=html.Button(say("language.other"), type="submit")
                            ),
                            html.Form(method="POST", action="/signout", children=html.Button(say("bar.signout"), type="submit")),
                        ],
                    ),
                ],
            ),
        ],
    )


def _map(say: Say, view: dict[str, Any]) -> dl.Map:
    layers: list[Any] = [dl.ScaleControl(position="bottomleft", imperial=False, maxWidth=220)]
    if view["tiles"] is not None:
        layers.insert(0, dl.TileLayer(url=view["tiles"]["url"], attribution=view["tiles"]["attribution"], maxZoom=18))
    return dl.Map(
        id=MAP,
        center=view["center"],
        zoom=view["zoom"],
        zoomControl=False,
        attributionControl=True,
        preferCanvas=True,
        zoomSnap=0.1,
        zoomDelta=1,
        maxZoom=18,
        minZoom=6,
        style={"height": "100%"},
        children=layers,
    )
