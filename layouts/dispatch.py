"""The dispatch panel: who gets the order, what it says, how many that are, and the question before it goes out."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from layouts.html import Say, marks

PANEL = "dispatch"
AREA = "dispatch-area"
ROLES = "dispatch-roles"
SKILLS = "dispatch-skills"
OFF_DUTY = "dispatch-off-duty"
RADIUS = "dispatch-radius"
SHAPE = "dispatch-shape"
TARGET = "dispatch-target"
COUNT = "dispatch-count"
TEMPLATES = "dispatch-templates"
TITLE = "dispatch-title"
TEXT = "dispatch-text"
PRIORITY = "dispatch-priority"
DEADLINE = "dispatch-deadline"
SEND = "dispatch-send"
CONFIRM = "dispatch-confirm"
CONFIRM_TEXT = "dispatch-confirm-text"
CONFIRM_SEND = "dispatch-confirm-send"
CONFIRM_CANCEL = "dispatch-confirm-cancel"
PROBLEM = "dispatch-problem"
PREVIEW = "dispatch-preview"
SENT = "dispatch-sent"
KEY = "dispatch-key"
TOLD = "dispatch-told"
KIND = "dispatch-kind"
DONE_WHEN = "dispatch-done-when"
NEEDED = "dispatch-needed"

TEMPLATE_NAMES = ("patrol", "evacuate", "report", "standby", "rescue", "check_in")
RULES = ("each", "any", "all", "n")
DEADLINES = (15, 30, 60, 120)


def panel(say: Say) -> html.Section:
    """The form. `SHAPE` holds the circle or ring drawn on the map, `TARGET` the area or the order to widen."""
    return html.Section(
        id=PANEL,
        className="panel dispatch",
        hidden=True,
        children=[
            dcc.Store(id=SHAPE),
            dcc.Store(id=TARGET),
            dcc.Store(id=PREVIEW),
            dcc.Store(id=SENT),
            dcc.Store(id=KEY),
            dcc.Store(id=TOLD),
            dcc.Store(id=KIND, data="task"),
            html.Header(
                [html.H2(say("dispatch.title")), html.Button("×", id="dispatch-close", className="close", title=say("action.close"))]
            ),
            html.Div(
                className="dispatch-who",
                children=[
                    html.Div(
                        className="field",
                        children=[
                            html.Label(say("dispatch.area")),
                            html.Span(id=AREA, className="chip"),
                            html.Button(say("dispatch.use_here"), id="dispatch-here", type="button", hidden=True),
                        ],
                    ),
                    _choices(
                        say,
                        ROLES,
                        "dispatch.roles",
                        "role",
                        ("grid_officer", "micro_grid_leader", "disaster_informant", "forest_ranger", "firefighter", "medic", "volunteer"),
                    ),
                    html.Details(
                        className="more",
                        children=[
                            html.Summary(say("dispatch.more")),
                            _choices(
                                say,
                                SKILLS,
                                "dispatch.skills",
                                "skill",
                                ("first_aid", "boat", "chainsaw", "drone", "pump", "swimming", "electrician"),
                            ),
                        ],
                    ),
                    html.Div(
                        className="field line",
                        children=[
                            html.Button(say("dispatch.lasso"), id="dispatch-lasso", type="button"),
                            html.Button(say("dispatch.circle"), id="dispatch-circle", type="button"),
                            dcc.Input(id=RADIUS, type="number", value=1000, min=50, max=50000, step=50, debounce=True, className="radius"),
                            html.Span(say("unit.metres"), className="hint"),
                            html.Button(say("dispatch.clear_shape"), id="dispatch-clear", type="button", className="quiet", hidden=True),
                        ],
                    ),
                    dcc.Checklist(
                        id=OFF_DUTY, options=[{"label": say("dispatch.off_duty_too"), "value": "yes"}], value=[], className="check"
                    ),
                ],
            ),
            html.P(id=COUNT, className="dispatch-count", role="status"),
            html.Div(
                className="dispatch-what",
                children=[
                    html.Div(
                        id=TEMPLATES,
                        className="templates",
                        children=[
                            html.Button(
                                say(f"template.{name}.title"),
                                type="button",
                                className="chip",
                                **marks(
                                    data_title=say(f"template.{name}.title"),
                                    data_text=say(f"template.{name}.text"),
                                    data_kind="check_in" if name == "check_in" else "task",
                                ),
                            )
                            for name in TEMPLATE_NAMES
                        ],
                    ),
                    dcc.Input(
                        id=TITLE,
                        type="text",
                        placeholder=say("dispatch.subject"),
                        maxLength=40,
                        persistence=True,
                        persistence_type="session",
                    ),
                    dcc.Textarea(id=TEXT, placeholder=say("dispatch.text"), maxLength=2000, persistence=True, persistence_type="session"),
                    html.Div(
                        className="field line",
                        children=[
                            dcc.RadioItems(
                                id=PRIORITY,
                                value="normal",
                                className="segments",
                                options=[{"label": say(f"priority.{name}"), "value": name} for name in ("normal", "urgent", "critical")],
                            ),
                            dcc.RadioItems(
                                id=DEADLINE,
                                value="30",
                                className="segments",
                                options=[{"label": say("dispatch.minutes").format(n=n), "value": str(n)} for n in DEADLINES]
                                + [{"label": say("dispatch.no_deadline"), "value": "0"}],
                            ),
                        ],
                    ),
                ],
            ),
            html.Details(
                className="more",
                children=[
                    html.Summary(say("dispatch.rule")),
                    html.Div(
                        className="field line",
                        children=[
                            dcc.RadioItems(
                                id=DONE_WHEN,
                                value="each",
                                className="segments",
                                options=[{"label": say(f"dispatch.rule.{rule}"), "value": rule} for rule in RULES],
                            ),
                            dcc.Input(id=NEEDED, type="number", value=2, min=1, max=50000, step=1, className="radius"),
                        ],
                    ),
                ],
            ),
            html.Footer(
                className="sticky",
                children=[
                    html.P(say("dispatch.offline"), id="dispatch-offline", className="problem", role="alert", hidden=True),
                    html.P(id=PROBLEM, className="problem", role="alert"),
                    html.Button(say("dispatch.send"), id=SEND, className="primary", disabled=True),
                ],
            ),
            html.Div(
                id=CONFIRM,
                className="confirm",
                role="alertdialog",
                hidden=True,
                children=[
                    html.Div(id=CONFIRM_TEXT),
                    html.Div(
                        className="field line",
                        children=[
                            html.Button(say("action.back"), id=CONFIRM_CANCEL),
                            html.Button(say("dispatch.confirm"), id=CONFIRM_SEND, className="primary"),
                        ],
                    ),
                ],
            ),
        ],
    )


def _choices(say: Say, id_: str, label: str, prefix: str, words: tuple[str, ...]) -> html.Div:
    options = [{"label": say(f"{prefix}.{word}"), "value": word} for word in words]
    return html.Div(
        className="field", children=[html.Label(say(label)), dcc.Checklist(id=id_, options=options, value=[], className="chips")]
    )


def count(say: Say, preview: dict[str, Any]) -> list[Any]:
    """How many will get it, and how many are left out."""
    left_out = preview["off_duty_left_out"]
    parts: list[Any] = [say("dispatch.goes_to"), " ", html.B(f"{preview['count']:,}"), " ", say("dispatch.people")]
    if left_out:
        parts.append(html.Span(say("dispatch.left_out").format(n=left_out), className="hint"))
    if preview["names"]:
        more = "…" if preview["count"] > len(preview["names"]) else ""
        parts.append(html.Span("、".join(preview["names"]) + more, className="names hint"))
    return parts


def confirm_text(say: Say, number: int, order: dict[str, str]) -> list[Any]:
    """The question before the order goes out: to how many, where, which of them, by when, and its words.

    `order`: title, text, priority, and, as words, place, chosen (empty: everybody) and deadline.
    """
    question = html.P([say("dispatch.question.before"), " ", html.B(f"{number:,}"), " ", say("dispatch.question.after")])
    about = [order["place"], order["chosen"] or say("dispatch.everybody"), order["deadline"]]
    lines = html.Ul([html.Li(line) for line in about if line], className="confirm-about")
    priority = say(f"priority.{order['priority']}")
    return [question, lines, html.Blockquote([html.B(f"{priority}　{order['title']}"), html.P(order["text"])])]
