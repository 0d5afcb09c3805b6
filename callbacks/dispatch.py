"""The dispatch panel: the count before sending, the question, the order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, no_update

from callbacks.web import language, parsed, principal
from dashboard.catalogue import text
from dashboard.city import City
from dashboard.clock import new_id
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.recipients import Criteria
from dashboard.errors import Refused
from layouts import dispatch as layout


def register(app: Dash, city: City) -> None:
    """Add the callbacks of this subject."""

    def say(key: str) -> str:
        return text(key, language())

    def sentence(refused: Refused) -> str:
        return refused.zh if language() == "zh" else refused.en

    def criteria(
        target: dict[str, Any], roles: list[str], skills: list[str], off: list[str], shape: dict[str, Any] | None
    ) -> dict[str, Any]:
        return {
            "area": target["area"],
            "roles": roles or [],
            "skills": skills or [],
            "off_duty_too": bool(off),
            **(shape or {}),
            "units": target.get("units") or [],
        }

    @app.callback(
        Output(layout.COUNT, "children"),
        Output(layout.SEND, "children"),
        Output(layout.SEND, "disabled"),
        Output(layout.PREVIEW, "data"),
        Output(layout.AREA, "children"),
        Input(layout.TARGET, "data"),
        Input(layout.ROLES, "value"),
        Input(layout.SKILLS, "value"),
        Input(layout.OFF_DUTY, "value"),
        Input(layout.SHAPE, "data"),
    )
    def preview(target: Any, roles: list[str], skills: list[str], off: list[str], shape: Any) -> tuple[Any, ...]:
        if not target:
            return "", say("dispatch.send"), True, None, ""
        wanted = criteria(target, roles, skills, off, shape)
        try:
            found = city.orders.preview(principal(), parsed(Criteria, wanted))
        except Refused as refused:
            return sentence(refused), say("dispatch.send"), True, None, target["area"]
        button = say("dispatch.add_n" if target.get("order") else "dispatch.send_n").format(n=found["count"])
        name = city.areas.full_name(target["area"]) + ("" if not target.get("names") else " · " + "、".join(target["names"]))
        return layout.count(say, found), button, not found["count"], {"criteria": wanted, "count": found["count"]}, name

    @app.callback(
        Output(layout.CONFIRM, "hidden"),
        Output(layout.CONFIRM_TEXT, "children"),
        Output(layout.KEY, "data"),
        Output(layout.PROBLEM, "children"),
        Input(layout.SEND, "n_clicks"),
        Input(layout.CONFIRM_CANCEL, "n_clicks"),
        Input(layout.SENT, "data"),
        State(layout.PREVIEW, "data"),
        State(layout.TARGET, "data"),
        State(layout.TITLE, "value"),
        State(layout.TEXT, "value"),
        State(layout.PRIORITY, "value"),
        prevent_initial_call=True,
    )
    def ask(_send: int, _cancel: int, sent: Any, found: Any, target: Any, title: str, words: str, priority: str) -> tuple[Any, ...]:
        principal().require("order")
        if ctx.triggered_id == layout.SENT:
            return True, no_update, no_update, (sent or {}).get("problem", "")
        if ctx.triggered_id == layout.CONFIRM_CANCEL or not found:
            return True, no_update, no_update, ""
        adding = bool(target and target.get("order"))
        if not adding and not ((title or "").strip() and (words or "").strip()):
            return True, no_update, no_update, say("dispatch.needs_text")
        subject, body = (target["title"], "") if adding else (title, words)
        return False, layout.confirm_text(say, found["count"], subject, body, priority), new_id(), ""

    @app.callback(
        Output(layout.SENT, "data"),
        Input(layout.CONFIRM_SEND, "n_clicks"),
        State(layout.KEY, "data"),
        State(layout.PREVIEW, "data"),
        State(layout.TARGET, "data"),
        State(layout.TITLE, "value"),
        State(layout.TEXT, "value"),
        State(layout.PRIORITY, "value"),
        State(layout.DEADLINE, "value"),
        State(layout.KIND, "data"),
        State(layout.DONE_WHEN, "value"),
        State(layout.NEEDED, "value"),
        prevent_initial_call=True,
    )
    def send(
        _clicks: int,
        key: str,
        found: Any,
        target: Any,
        title: str,
        words: str,
        priority: str,
        minutes: str,
        kind: str,
        done_when: str,
        needed: int | None,
    ) -> dict[str, Any]:
        try:
            if target.get("order"):
                added = city.orders.add_recipients(principal(), target["order"], parsed(Criteria, found["criteria"]))
                return {"order": target["order"], "key": key, "added": added}
            deadline = city.commands.clock() + timedelta(minutes=int(minutes)) if int(minutes or 0) else None
            new = parsed(
                NewOrder,
                {
                    "key": key,
                    "title": title,
                    "text": words,
                    "priority": priority,
                    "deadline": deadline,
                    "to": found["criteria"],
                    "expect": found["count"],
                    "kind": kind or "task",
                    "done_when": done_when or "each",
                    "needed": needed if done_when == "n" else None,
                },
            )
            return {"order": city.orders.send(principal(), new)["id"], "key": key}
        except Refused as refused:
            return {"problem": sentence(refused), "key": key}

    # the browser's modules open the order that went out: assets/bridge.js
    told = ClientsideFunction(namespace="yiping", function_name="sent")
    app.clientside_callback(told, Output(layout.TOLD, "data"), Input(layout.SENT, "data"), prevent_initial_call=True)
