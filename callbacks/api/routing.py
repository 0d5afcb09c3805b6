"""A route as data: path, permission, models. From the same data come the checks and the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, request
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from callbacks.web import json_body, json_response, parsed, principal, validated
from dashboard.buckets import Buckets
from dashboard.errors import STATUS, Refused

PREFIX = "/api/v1"
DEFAULT_BYTES = 256 * 1024
MOST_NUMBER = 2**31 - 1
PARAMETERS = {
    "code": ("area code: 4, 6, 9, 12, 15 or 18 digits", {"type": "string", "pattern": r"^\d{4,18}$"}),
    "id": ("id", {"type": "string", "maxLength": 64}),
    "number": (
        "number of a unit as position frames carry it, or of a micro-grid as tiles carry it",
        {"type": "integer", "minimum": 0, "maximum": MOST_NUMBER},
    ),
}


@dataclass(frozen=True)
class Route:
    """One route. The handler is called with the principal, the parts of the path, and `body` and `query` if there are such."""

    method: str
    path: str
    summary: str
    permissions: tuple[str, ...]
    handler: Callable[..., Any]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    status: int = 200
    most_bytes: int = DEFAULT_BYTES
    raw_body: str | None = None
    bucket: str | None = None
    """The kind of `dashboard/buckets.py` that bounds how often one may, when it is not that of all that reads or changes."""

    @property
    def rate(self) -> str:
        """Every route has one."""
        return self.bucket or ("read" if self.method == "GET" else "change")

    @property
    def endpoint(self) -> str:
        """Name of the route inside Flask."""
        return f"api {self.method} {self.path}"


def install(server: Flask, routes: Sequence[Route], buckets: Buckets) -> None:
    """Add the routes and the document that describes them."""
    for route in routes:
        path = re.sub(r"{(\w+)}", lambda m: f"<int(max={MOST_NUMBER}):number>" if m[1] == "number" else f"<{m[1]}>", route.path)
        server.add_url_rule(PREFIX + path, route.endpoint, _view(route, buckets), methods=[route.method])
    # Dash answers every other address with the wall's page: an unknown one of the interface must say so itself.
    server.add_url_rule("/api/<path:rest>", "api unknown", _unknown, methods=["GET", "POST"])
    document = openapi(routes)
    server.add_url_rule(f"{PREFIX}/openapi.json", "api openapi", lambda: json_response(document))


def _unknown(rest: str) -> Response:
    raise Refused("not_found", what=f"/api/{rest}")


def _view(route: Route, buckets: Buckets) -> Callable[..., Response]:
    def view(**parts: Any) -> Response:
        asking = principal()
        if asking.kind == "device" and route.method != "GET":
            raise Refused("forbidden", permission="device")  # a wall only looks, whatever its role
        if not any(asking.may(permission) for permission in route.permissions):
            raise Refused("forbidden", permission=" | ".join(route.permissions))
        buckets.take(asking, route.rate)
        if route.query is not None:
            parts["query"] = parsed(route.query, request.args.to_dict())
        if route.body is not None:
            parts["body"] = validated(route.body, json_body(route.most_bytes))
        answer = route.handler(asking, **parts)
        return answer if isinstance(answer, Response) else json_response(answer, route.status)

    return view


def openapi(routes: Sequence[Route]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these routes."""
    models = sorted({model for route in routes for model in (route.body, route.query) if model}, key=lambda m: m.__name__)
    _, schemas = models_json_schema([(m, "validation") for m in models], ref_template="#/components/schemas/{model}")
    components: dict[str, Any] = dict(schemas.get("$defs", {}))
    components["Error"] = {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "zh", "en"],
                "properties": {
                    "code": {"type": "string", "enum": sorted(STATUS)},
                    "field": {"type": ["string", "null"]},
                    "zh": {"type": "string"},
                    "en": {"type": "string"},
                },
            }
        },
    }
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(PREFIX + route.path, {})[route.method.lower()] = _operation(route, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Yiping 一屏", "version": "1", "description": "Positions, tickets, warnings, orders and areas. WGS-84, UTC."},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
        "security": [{"bearer": []}],
    }


def _operation(route: Route, components: dict[str, Any]) -> dict[str, Any]:
    error = {"description": "refused; nothing was changed", "content": _json({"$ref": "#/components/schemas/Error"})}
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{route.path}").strip("_"),
        "description": f"Needs one of the permissions: {', '.join(route.permissions)}.",
        "responses": {str(route.status): {"description": "done", "content": _json({})}, "4XX": error},
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "description": PARAMETERS[name][0], "schema": PARAMETERS[name][1]}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    if route.query is not None:
        schema = components[route.query.__name__]
        required = schema.get("required", [])
        parameters += [
            {"name": name, "in": "query", "required": name in required, "schema": value} for name, value in schema["properties"].items()
        ]
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": _json({"$ref": f"#/components/schemas/{route.body.__name__}"})}
    elif route.raw_body is not None:
        operation["requestBody"] = {"required": True, "content": {route.raw_body: {"schema": {"type": "string", "format": "binary"}}}}
    return operation


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
