"""What is said of a place: the way to it, what is known of it, the nearest cameras."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from layouts.html import Say, marks


def breadcrumb(path: list[dict[str, Any]], area: dict[str, Any]) -> list[Any]:
    """Links from the city down to the place."""
    parts: list[Any] = []
    for step in path:
        parts += [dcc.Link(step["name"], href=f"/?area={step['code']}"), html.Span("▸", className="sep")]
    return [*parts, html.Span(area["name"], className="here", **marks(aria_current="page"))]


def place(say: Say, area: dict[str, Any]) -> list[Any]:
    """Head of the panel of a place: name, code, households, people, vulnerable people."""
    figures = [("area.households", area["households"]), ("area.population", area["population"]), ("area.vulnerable", area["vulnerable"])]
    source = say(f"boundary.{area['boundary_source']}") if area["boundary_source"] in ("official", "generated") else area["boundary_source"]
    return [
        html.Header([html.H2(area["name"]), html.Code(area["code"])]),
        html.Div(
            className="numbers",
            children=[html.Div([html.Span(say(key)), html.B(f"{value:,}", className="number")]) for key, value in figures],
        ),
        html.P(
            [
                html.Span(say(f"level.{area['level']}")),
                " · ",
                html.Span(source, className="source"),
                *([" · ", say("area.dedicated")] if area["dedicated"] else []),
            ],
            className="hint",
        ),
    ]


def nearest_video(say: Say, points: list[dict[str, Any]]) -> list[Any]:
    """The nearest cameras with their distance and whether they are online."""
    online = sum(1 for point in points if point["online"])
    head = html.Header(
        [html.H2(say("video.nearest")), html.Span(say("video.of").format(online=online, total=len(points)), className="hint")]
    )
    if not points:
        return [head, html.P(say("video.none"), className="empty")]
    tiles = [
        html.Div(
            className=f"camera {'online' if point['online'] else 'offline'}",
            title=point["name"],
            children=[
                html.Span(say("video.online" if point["online"] else "video.offline"), className="camera-state"),
                html.Span(point["name"], className="camera-name", title=point["name"]),
                html.Span(f"{point['distance_m']} m", className="camera-distance"),
            ],
        )
        for point in points
    ]
    return [head, html.Div(tiles, className="cameras")]
