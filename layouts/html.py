"""Plain HTML pages that must open without Dash: escaped text in a small frame."""

from __future__ import annotations

import html
from collections.abc import Callable
from string import Template
from typing import Any

Say = Callable[[str], str]
"""Catalogue key → sentence in the reader's language."""

_FRAME = Template("""<!DOCTYPE html>
<html lang="$language"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>$title</title><link rel="icon" href="/assets/icon.svg">$head</head><body class="$kind">$body</body></html>""")


def page(language: str, title: str, kind: str, head: str, body: str) -> str:
    """A whole page; `head` and `body` are markup, the rest is text."""
    lang = "zh-CN" if language == "zh" else "en"
    return _FRAME.substitute(language=lang, title=html.escape(title), kind=kind, head=head, body=body)


def escape(text: object) -> str:
    """Text made safe for markup and attributes."""
    return html.escape(str(text), quote=True)


def marks(**names: str) -> dict[str, Any]:
    """`data-…` and `aria-…` attributes for a Dash component: `marks(data_step="1")` is `data-step="1"`."""
    return {name.replace("_", "-"): value for name, value in names.items()}
