"""Suggestions while somebody types."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output

from callbacks.web import principal, say, sentence
from dashboard.city import City
from dashboard.codes import ancestors
from dashboard.errors import Refused
from layouts import search as layout

MOST = 8


def register(app: Dash, city: City) -> None:
    """Add the callbacks of this subject."""

    @app.callback(Output(layout.RESULTS, "children"), Output(layout.RESULTS, "hidden"), Input(layout.TEXT, "value"))
    def suggest(typed: Any) -> tuple[list[Any], bool]:
        words = typed.strip()[:40] if isinstance(typed, str) else ""
        if not words:
            return [], True
        asking = principal()
        areas = city.areas.search(asking, words, MOST)
        for area in areas:
            above = [code for code in ancestors(area["code"]) if code.startswith(asking.area_code)]
            area["path"] = " ".join(city.areas.names(above).values())
        try:
            units = city.units.search(asking, words, MOST)
        except Refused as refused:
            return layout.refused(sentence(refused)), False
        for unit in units:
            unit["place"] = city.areas.full_name(unit["area_code"])
        tickets = city.tickets.search(asking, words, MOST)
        for ticket in tickets:
            ticket["place"] = city.areas.short_name(ticket["area_code"])
        return layout.results(say, typed.strip(), areas, units, tickets), False
