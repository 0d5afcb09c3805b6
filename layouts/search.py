"""The search box and its suggestions."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from layouts.html import Say, marks

TEXT = "search-text"
RESULTS = "search-results"
Rows = list[dict[str, Any]]


def box(say: Say) -> html.Div:
    """A field that suggests while one types; `/` jumps into it."""
    field = dcc.Input(id=TEXT, type="search", placeholder=say("search.placeholder"), autoComplete="off", debounce=False, maxLength=40)
    return html.Div(className="search", role="search", children=[field, html.Div(id=RESULTS, className="search-results", hidden=True)])


def refused(sentence: str) -> list[Any]:
    """Why nothing was searched for."""
    return [html.P(sentence, className="empty")]


def results(say: Say, words: str, areas: Rows, units: Rows, tickets: Rows) -> list[Any]:
    """Links to places, to people's places and to open tickets; each area with the names above it (`path`), the others with a `place`."""
    mark = html.Span(hidden=True, **marks(data_for=words))  # what Enter opens must be what was found for these words
    if not areas and not units and not tickets:
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
    found += [
        dcc.Link(
            [
                html.B([html.Span(say(f"level.{ticket['level']}"), className=f"badge {ticket['level']}"), say(f"ticket.{ticket['kind']}")]),
                html.Span(f"{ticket['place']} {ticket['text']}"),
                html.Code(say(f"ticket.state.{ticket['state']}")),
            ],
            href=f"/?area={ticket['area_code']}&ticket={ticket['id']}",
        )
        for ticket in tickets
    ]
    return found
