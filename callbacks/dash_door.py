"""Questions to Dash's single callback endpoint are checked here first: Dash believes what a browser says of our callbacks."""

from __future__ import annotations

from typing import Any

from dash import Dash
from flask import Flask, request
from pydantic import BaseModel, Field

from callbacks.web import json_body, parsed
from dashboard.errors import Refused

PATH = "/_dash-update-component"
MOST_BYTES = 256 * 1024


class Property(BaseModel):
    """A property of a component, and its value where there is one."""

    id: str = Field(max_length=100)
    property: str = Field(max_length=100)
    value: Any = None


class Question(BaseModel):
    """What a browser asks Dash."""

    output: str = Field(max_length=1000)
    outputs: Property | list[Property]
    inputs: list[Property]
    state: list[Property] = []
    changedPropIds: list[str] = []


def install(server: Flask, dash: Dash) -> None:
    """Refuse what no page of ours would ask. Raises `malformed`, `invalid`, `not_found`, `too_large`."""

    @server.before_request
    def look() -> None:
        if request.path == PATH and request.method == "POST":
            check(dash, parsed(Question, json_body(MOST_BYTES)))


def check(dash: Dash, asked: Question) -> None:
    """Whether there is this callback, and whether it takes and gives just these properties."""
    known = dash.callback_map.get(asked.output)
    if known is None or "callback" not in known:
        raise Refused("not_found", what=asked.output)
    outputs = asked.outputs if isinstance(asked.outputs, list) else [asked.outputs]
    is_many = asked.output.startswith("..")
    wanted = asked.output[2:-2].split("...") if is_many else [asked.output]
    inputs = _names(asked.inputs)
    same = (
        _names(outputs) == wanted
        and isinstance(asked.outputs, list) == is_many
        and inputs == [f"{part['id']}.{part['property']}" for part in known["inputs"]]
        and _names(asked.state) == [f"{part['id']}.{part['property']}" for part in known["state"]]
        and set(asked.changedPropIds) <= set(inputs)
    )
    if not same:
        raise Refused("invalid", field="inputs", problem=f"与 {asked.output} 的输入输出不符 / not what {asked.output} takes and gives")


def _names(parts: list[Property]) -> list[str]:
    return [f"{part.id}.{part.property}" for part in parts]
