"""The dispatch panel: the count before sending, the question, the order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, no_update
from pydantic import BaseModel, Field

from callbacks.web import parsed, principal, say, sentence
from dashboard.city import City
from dashboard.clock import new_id
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.policies import Priority
from dashboard.dispatch.recipients import Criteria
from dashboard.errors import Refused
from dashboard.units import ROLES, SKILLS
from layouts import dispatch as layout

MOST_MINUTES = 30 * 24 * 60


class Target(BaseModel):
    """Where and to whom the panel is turned, as the browser's modules set it; with `order`, people are added to that one."""

    area: str
    units: list[str] | None = None
    names: list[str] | None = None
    order: str | None = None
    title: str = ""


class Choice(BaseModel):
    """What is chosen in the panel."""

    roles: list[str] | None
    skills: list[str] | None
    off: list[str] | None
    shape: dict[str, Any] | None


class Counted(BaseModel):
    """What `preview` has said: for whom, and how many they are."""

    criteria: dict[str, Any]
    count: int


class Words(BaseModel):
    """What is written in the panel, still as it was typed."""

    title: str | None
    text: str | None
    priority: Priority


class Fate(BaseModel):
    """How the sending ended: what `send` gives."""

    problem: str = ""


class Minutes(BaseModel):
    """The deadline: so many minutes from now, 0 for none."""

    deadline: int = Field(ge=0, le=MOST_MINUTES)


def register(app: Dash, city: City) -> None:
    """Add the callbacks of this subject."""

    def criteria(target: Target, chosen: Choice) -> dict[str, Any]:
        return {
            "area": target.area,
            "roles": chosen.roles or [],
            "skills": chosen.skills or [],
            "off_duty_too": bool(chosen.off),
            **(chosen.shape or {}),
            "units": target.units or [],
        }

    def where(wanted: dict[str, Any]) -> str:
        """The place in words, and the shape that was drawn."""
        chosen = parsed(Criteria, wanted)
        name = city.areas.full_name(chosen.area)
        if chosen.near is not None:
            return f"{name} · {say('dispatch.within').format(m=round(chosen.near.radius_m))}"
        return f"{name} · {say('dispatch.inside_ring')}" if chosen.lasso else name

    def whom(target: Target | None, wanted: dict[str, Any]) -> str:
        """Roles, skills and names in words; empty: everybody."""
        criteria = parsed(Criteria, wanted)
        known = [f"role.{role}" for role in criteria.roles if role in ROLES] + [f"skill.{one}" for one in criteria.skills if one in SKILLS]
        chosen = [say(key) for key in known]
        if target is not None and target.names and criteria.units:
            more = "…" if len(criteria.units) > len(target.names) else ""
            chosen.append("、".join(target.names) + more)
        return " · ".join(chosen)

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
    def preview(turned: Any, roles: Any, skills: Any, off: Any, shape: Any) -> tuple[Any, ...]:
        if not turned:
            return "", say("dispatch.send"), True, None, ""
        target = parsed(Target, turned)
        wanted = criteria(target, parsed(Choice, {"roles": roles, "skills": skills, "off": off, "shape": shape}))
        try:
            found = city.orders.preview(principal(), parsed(Criteria, wanted), target.order)
        except Refused as refused:
            return sentence(refused), say("dispatch.send"), True, None, target.area
        button = say("dispatch.add_n" if target.order else "dispatch.send_n").format(n=f"{found['count']:,}")
        name = city.areas.full_name(target.area) + ("" if not target.names else " · " + "、".join(target.names))
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
        State(layout.DEADLINE, "value"),
        prevent_initial_call=True,
    )
    def ask(
        _send: Any, _cancel: Any, sent: Any, counted: Any, turned: Any, title: Any, written: Any, priority: Any, minutes: Any
    ) -> tuple[Any, ...]:
        principal().require("order")
        if ctx.triggered_id == layout.SENT:
            return True, no_update, no_update, parsed(Fate, sent or {}).problem
        if ctx.triggered_id == layout.CONFIRM_CANCEL or not counted:
            return True, no_update, no_update, ""
        found = parsed(Counted, counted)
        target = parsed(Target, turned) if turned else None
        words = parsed(Words, {"title": title, "text": written, "priority": priority})
        adding = target is not None and target.order is not None
        if not adding and not ((words.title or "").strip() and (words.text or "").strip()):
            return True, no_update, no_update, say("dispatch.needs_text")
        within = parsed(Minutes, {"deadline": minutes or 0}).deadline
        order = {
            "title": words.title or "",
            "text": words.text or "",
            "priority": words.priority,
            "place": where(found.criteria),
            "chosen": whom(target, found.criteria),
            "deadline": say("dispatch.deadline_in").format(n=within) if within else say("dispatch.no_deadline"),
        }
        if target is not None and target.order is not None:
            try:
                running = city.orders.get(principal(), target.order)
            except Refused as refused:
                return True, no_update, no_update, sentence(refused)
            order |= {"title": running["title"], "text": running["text"], "priority": running["priority"], "deadline": ""}
        return False, layout.confirm_text(say, found.count, order), new_id(), ""

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
        key: Any,
        counted: Any,
        turned: Any,
        title: Any,
        words: Any,
        priority: Any,
        minutes: Any,
        kind: Any,
        done_when: Any,
        needed: Any,
    ) -> dict[str, Any]:
        target, found = parsed(Target, turned), parsed(Counted, counted)
        try:
            if target.order is not None:
                added = city.orders.add_recipients(principal(), target.order, parsed(Criteria, found.criteria))
                return {"order": target.order, "key": key, "added": added}
            within = parsed(Minutes, {"deadline": minutes or 0}).deadline
            deadline = city.commands.clock() + timedelta(minutes=within) if within else None
            new = parsed(
                NewOrder,
                {
                    "key": key,
                    "title": title,
                    "text": words,
                    "priority": priority,
                    "deadline": deadline,
                    "to": found.criteria,
                    "expect": found.count,
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
