"""The search box and its suggestions."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from layouts.html import Say, marks

TEXT = "search-text"
RESULTS = "search-results"


def box(say: Say) -> html.Div:
    """A field that suggests while one types; `/` jumps into it."""
    field = dcc.Input(id=TEXT, type="search", placeholder=say("search.placeholder"), autoComplete="off", debounce=False, maxLength=40)
    return html.Div(className="search", role="search", children=[field, html.Div(id=RESULTS, className="search-results", hidden=True)])


def results(say: Say, words: str, areas: list[dict[str, Any]], units: list[dict[str, Any]]) -> list[Any]:
    """Links to places and to people's places; each area with the names above it (`path`)."""
    mark = html.Span(hidden=True, **marks(data_for=words))  # what Enter opens must be what was found for these words
    if not areas and not units:
        return [mark, html.P(say("search.nothing"), className="empty")]
    found: list[Any] = [
        mark,
        *(
            dcc.Link([html.B(area["name"]), html.Span(area["path"]), html.Code(area["code"])], href=f"/?area={area['code']}")
            for area in areas
        ),
    ]
    found += [
        dcc.Link(
            [html.B(unit["name"]), html.Span(unit["place"]), html.Code(unit["phone"])], href=f"/?area={unit['area_code']}&unit={unit['id']}"
        )
        for unit in units
    ]
    return found
