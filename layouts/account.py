"""One's own account, and for administrators the accounts of their area: plain pages with plain forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import segno

from layouts.html import Say, escape, page

CHINA = timezone(timedelta(hours=8))
"""All of China has one time."""
QR_DOT = 5
PERSONS = ("commander", "officer", "leader", "admin")
"""Roles that an administrator may give on the page."""
SEEN = ("city", "district", "street", "community", "grid", "micro_grid", "units", "video", "tickets")
"""What lies in an area, in this order."""
BROWSERS = ("MicroMessenger", "Edg", "Firefox", "Chrome", "Safari")
SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS", "HarmonyOS", "Linux")
"""Words of a User-Agent, the telling ones first: Edge calls itself Chrome too, and Android Linux."""
NAMES = {"MicroMessenger": "微信", "Edg": "Edge", "Mac OS": "macOS"}


@dataclass(frozen=True)
class Factor:
    """The second factor: whether it is on, or the fresh secret that may be turned on, with its address for the QR code."""

    on: bool
    secret: str = ""
    uri: str = ""


@dataclass(frozen=True)
class Own:
    """What one's own page shows. `factor` is None for who has no account (tokens)."""

    access: dict[str, Any]
    sessions: Sequence[dict[str, Any]]
    factor: Factor | None
    guessed: Sequence[dict[str, Any]]
    """When somebody with the password has tried codes, newest first: `{at, peer}`."""
    has_password: bool
    problem: str
    done: str
    administers: bool


@dataclass(frozen=True)
class Other:
    """What the page of somebody else shows; `password` is the one that was just made for them."""

    id: str
    access: dict[str, Any]
    sessions: Sequence[dict[str, Any]]
    problem: str
    password: str = ""


def account_page(say: Say, language: str, view: Own) -> str:
    """Who I am and what I may, where I am signed in, my password and my second factor."""
    more = f'<a class="button" href="/accounts">{escape(say("account.others"))}</a>' if view.administers else ""
    done = f'<p class="done" role="status">{escape(view.done)}</p>' if view.done else ""
    body = f"""<main class="account"><h1>{escape(say("account.title"))}</h1>{_problem(view.problem)}{done}
{_guessed(say, view.guessed)}
{_access(say, view.access)}
{_sessions(say, view.sessions, "/account/sessions") if view.factor is not None else ""}
{_password(say) if view.has_password else ""}
{_factor(say, view.factor) if view.factor is not None else ""}
<nav><a class="button" href="/">{escape(say("action.back"))}</a>{more}</nav></main>"""
    return _whole(say, language, body)


def accounts_page(say: Say, language: str, accounts: Sequence[dict[str, Any]]) -> str:
    """The accounts of an administrator's area; each name leads to its page."""
    head = _head(say, ("name", "login", "role", "place", "factor", "state"))
    rows = "".join(
        f'<tr><td><a href="/accounts/{escape(one["id"])}">{escape(one["name"])}</a></td><td>{escape(one["login"])}</td>'
        f"<td>{escape(_role(say, one))}</td><td>{escape(one['place'])}</td>"
        f"<td>{escape(say('account.on' if one['second_factor'] else 'account.off'))}</td>{_state(say, one['active'])}</tr>"
        for one in accounts
    )
    body = f"""<main class="account"><h1>{escape(say("account.others"))}</h1>
<div class="wide"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>
<nav><a class="button" href="/account">{escape(say("action.back"))}</a></nav></main>"""
    return _whole(say, language, body)


def other_page(say: Say, language: str, view: Other) -> str:
    """What somebody else can see and do, where they are signed in, and the ways to change, to reset the password of, and to close it."""
    access, account_id = view.access, view.id
    close = access["active"]
    word = "account.close" if close else "account.open"
    body = f"""<main class="account"><h1>{escape(access["name"])} <small>{escape(access["login"])}</small></h1>{_problem(view.problem)}
{_new_password(say, view.password)}
{_access(say, access)}
{_sessions(say, view.sessions, f"/accounts/{escape(account_id)}/sessions")}
{_change(say, view)}
<section><h2>{escape(say("account.password"))}</h2><form method="post" action="/accounts/{escape(account_id)}/password">
<details><summary>{escape(say("account.password_reset"))}</summary><p>{escape(say("account.password_reset_means"))}</p>
<button type="submit" class="bad">{escape(say("action.confirm"))}</button></details></form></section>
<section><h2>{escape(say("account.state"))}</h2>
<form method="post" action="/accounts/{escape(account_id)}/state"><input type="hidden" name="active" value="{0 if close else 1}">
<p>{escape(say("account.active" if close else "account.closed"))}</p>
<details><summary>{escape(say(word))}</summary><p>{escape(say(f"{word}_means"))}</p>
<button type="submit" class="{"bad" if close else ""}">{escape(say("action.confirm"))}</button></details></form></section>
<nav><a class="button" href="/accounts">{escape(say("action.back"))}</a></nav></main>"""
    return _whole(say, language, body)


def _whole(say: Say, language: str, body: str) -> str:
    head = '<link rel="stylesheet" href="/assets/css/tokens.css"><link rel="stylesheet" href="/assets/plain/account.css">'
    return page(language, say("account.title"), "plain", head, body)


def _problem(sentence: str) -> str:
    return f'<p class="problem" role="alert">{escape(sentence)}</p>' if sentence else ""


def _head(say: Say, columns: Sequence[str]) -> str:
    return "<tr>" + "".join(f'<th scope="col">{escape(say(f"account.{name}"))}</th>' for name in columns) + "</tr>"


def _state(say: Say, active: bool) -> str:
    return (
        f'<td class="fine">● {escape(say("account.active"))}</td>' if active else f'<td class="bad">▲ {escape(say("account.closed"))}</td>'
    )


def _role(say: Say, one: dict[str, Any]) -> str:
    return say(f"role.{one['role']}")


def _access(say: Say, access: dict[str, Any]) -> str:
    may = "".join(
        f'<li class="{"fine" if granted else "no"}">{"✓" if granted else "–"} {escape(say(f"permission.{name}"))}</li>'
        for name, granted in access["permissions"].items()
    )
    sees = " · ".join(f"{escape(say(f'account.sees.{name}'))} {access['sees'][name]:,}" for name in SEEN if access["sees"].get(name))
    who = " · ".join(filter(None, (access["name"], _role(say, access), access["place"])))
    return f"""<section><h2>{escape(say("account.may"))}</h2><p>{escape(who)}</p><ul class="may">{may}</ul>
<p class="second">{escape(say("account.sees")) + " " + sees if sees else escape(say("account.sees_nothing"))}</p></section>"""


def _sessions(say: Say, sessions: Sequence[dict[str, Any]], action: str) -> str:
    if not sessions:
        return f'<section><h2>{escape(say("account.sessions"))}</h2><p class="second">{escape(say("account.no_sessions"))}</p></section>'
    end = f'<button type="submit">{escape(say("account.end"))}</button>'
    rows = "".join(
        f"<tr><td>{_time(one['since'])}</td><td>{escape(one['peer'] or '–')}</td>"
        f'<td title="{escape(one["agent"])}">{escape(_browser(one["agent"]))}</td><td>'
        + (
            f'<span class="fine">● {escape(say("account.present"))}</span>'
            if one["present"]
            else f'<form method="post" action="{action}/{escape(one["id"])}/revoke">{end}</form>'
        )
        + "</td></tr>"
        for one in sessions
    )
    head = _head(say, ("since", "peer", "agent", "session"))
    return f"""<section><h2>{escape(say("account.sessions"))}</h2>
<div class="wide"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div></section>"""


def _factor(say: Say, factor: Factor) -> str:
    field = '<input name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="8" required>'
    code = f"<label>{escape(say('signin.code'))}{field}</label>"
    if factor.on:
        inside = f"""<p class="fine">● {escape(say("account.factor_on"))}</p>
<details><summary>{escape(say("account.factor_remove"))}</summary><form method="post" action="/account/factor/remove">{code}
<button type="submit" class="bad">{escape(say("account.factor_remove"))}</button></form></details>"""
    else:
        picture = segno.make(factor.uri, error="m").svg_data_uri(scale=QR_DOT, border=3, dark="#06121c", light="#ffffff")
        shown = f'<img src="{escape(picture)}" alt="{escape(say("account.factor_picture"))}" width="245" height="245">'
        inside = f"""<details><summary>{escape(say("account.factor_add"))}</summary><p>{escape(say("account.factor_scan"))}</p>
{shown}<p class="secret">{escape(factor.secret)}</p>
<form method="post" action="/account/factor"><input type="hidden" name="secret" value="{escape(factor.secret)}">{code}
<button type="submit">{escape(say("account.factor_add"))}</button></form></details>"""
    return f"<section><h2>{escape(say('account.factor'))}</h2>{inside}</section>"


def _guessed(say: Say, guessed: Sequence[dict[str, Any]]) -> str:
    if not guessed:
        return ""
    at = say("account.guessed_at").replace("{at}", "\0")
    rows = "".join(f"<li>{escape(at).replace(chr(0), _time(one['at'])).replace('{peer}', escape(one['peer']))}</li>" for one in guessed)
    return f"""<section class="warned"><h2>▲ {escape(say("account.guessed"))}</h2>
<p class="bad">{escape(say("account.guessed_means"))}</p><ul>{rows}</ul></section>"""


def _password(say: Say) -> str:
    def field(word: str, name: str, complete: str) -> str:
        return (
            f"<label>{escape(say(f'account.{word}'))}"
            f'<input name="{name}" type="password" autocomplete="{complete}" maxlength="200" required></label>'
        )

    fields = field("password_old", "present", "current-password") + field("password_new", "new", "new-password")
    fields += field("password_again", "again", "new-password")
    return f"""<section><h2>{escape(say("account.password"))}</h2><details><summary>{escape(say("account.password_change"))}</summary>
<form method="post" action="/account/password">{fields}<button type="submit">{escape(say("account.password_change"))}</button></form>
</details></section>"""


def _new_password(say: Say, password: str) -> str:
    if not password:
        return ""
    title = escape(say("account.password_is"))
    return f'<section class="done" role="status"><h2>{title}</h2><p class="secret">{escape(password)}</p></section>'


def _change(say: Say, view: Other) -> str:
    """Another role or area; a field unit's account belongs to its unit, and is changed by the command line."""
    present = view.access["role"]
    if present not in PERSONS:
        return ""
    roles = "".join(
        f'<option value="{role}"{" selected" if role == present else ""}>{escape(say(f"role.{role}"))}</option>' for role in PERSONS
    )
    area = f'<input name="area" inputmode="numeric" maxlength="18" value="{escape(view.access["area"])}" required>'
    title = escape(say("account.change"))
    return f"""<section><h2>{title}</h2><details><summary>{title}</summary>
<form method="post" action="/accounts/{escape(view.id)}/change">
<label>{escape(say("account.change_role"))}<select name="role">{roles}</select></label>
<label>{escape(say("account.change_area"))}{area}</label>
<p>{escape(say("account.change_means"))}</p>
<button type="submit">{escape(say("account.change_save"))}</button></form></details></section>"""


def _browser(agent: str) -> str:
    """Browser and system of a User-Agent, or its first words."""
    words = [next((word for word in known if word in agent), "") for known in (BROWSERS, SYSTEMS)]
    return " · ".join(NAMES.get(word, word) for word in words if word) or agent[:40] or "–"


def _time(moment: str) -> str:
    return f'<time datetime="{escape(moment)}">{datetime.fromisoformat(moment).astimezone(CHINA):%Y-%m-%d %H:%M}</time>'
