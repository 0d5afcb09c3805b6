"""The one catalogue of everything that people read, in Chinese and English."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("zh", "en")


@cache
def entries() -> dict[str, tuple[str, str]]:
    """Key → (Chinese, English)."""
    raw = json.loads((Path(__file__).parent / "catalogue.json").read_text("utf-8"))
    return {key: (zh, en) for key, (zh, en) in raw.items()}


def text(key: str, language: str = "zh", **values: Any) -> str:
    """The sentence for `key`, with `{names}` filled in if any are given. An unknown key is an error of ours: `KeyError`."""
    sentence = entries()[key][LANGUAGES.index(language)]
    return sentence.format(**values) if values else sentence


def both(key: str, **values: Any) -> tuple[str, str]:
    """The sentence in Chinese and in English."""
    return text(key, "zh", **values), text(key, "en", **values)


def for_browser(language: str) -> dict[str, str]:
    """Key → sentence in one language, as the browser's modules load it."""
    index = LANGUAGES.index(language)
    return {key: pair[index] for key, pair in entries().items()}
