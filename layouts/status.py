"""The status page for administrators: one line for each part, what is wrong in words and colour."""

from __future__ import annotations

from collections.abc import Sequence

from layouts.html import Say, escape, page


def status_page(say: Say, language: str, rows: Sequence[tuple[str, str, bool]]) -> str:
    """`rows` are (what, how it is, whether that is good)."""
    head = (
        '<link rel="stylesheet" href="/assets/css/tokens.css"><link rel="stylesheet" href="/assets/plain/status.css">'
        '<meta http-equiv="refresh" content="5">'
    )
    lines = "".join(
        f'<tr class="{"fine" if good else "bad"}"><th scope="row">{escape(what)}</th><td>{"●" if good else "▲"} {escape(how)}</td></tr>'
        for what, how, good in rows
    )
    body = f"""<main class="status"><h1>{escape(say("status.title"))}</h1>
<table><tbody>{lines}</tbody></table><p><a href="/">{escape(say("action.back"))}</a></p></main>"""
    return page(language, say("status.title"), "plain", head, body)
