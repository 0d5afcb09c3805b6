"""The field page: a frame that the browser's modules fill, so that it opens without a network."""

from __future__ import annotations

import json
from typing import Any

from layouts.html import Say, escape, page
from layouts.imports import IMPORT_MAP


def unit_page(say: Say, language: str, unit: dict[str, Any]) -> str:
    """`unit` holds id, name, duty, place and the account that is signed in."""
    head = f"""<link rel="manifest" href="/manifest.webmanifest"><meta name="theme-color" content="#0A1420">
<link rel="stylesheet" href="/assets/css/tokens.css"><link rel="stylesheet" href="/assets/plain/unit.css">
{IMPORT_MAP}<script type="module" src="/assets/js/unit/main.mjs"></script>"""
    boot = escape(json.dumps({"unit": unit, "language": language}, ensure_ascii=False))
    loading = f'<p class="unit-loading">{escape(say("state.loading"))}</p>'
    body = f'<main id="unit" data-boot="{boot}">{loading}</main><section id="link" class="unit-link" hidden></section>'
    return page(language, say("unit.app"), "unit", head, body)
