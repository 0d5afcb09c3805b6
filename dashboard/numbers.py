"""Telephone numbers as people and spreadsheets write them, made plain."""

from __future__ import annotations

import re
import unicodedata

SHORTEST_NUMBER, LONGEST_NUMBER = 3, 24
NUMBER = re.compile(rf"\+?[0-9]{{{SHORTEST_NUMBER},{LONGEST_NUMBER - 1}}}")
CHINA = re.compile(r"^(?:\+|00)?86(?=1[3-9]\d{9}$)")
"""Before a mobile number it says nothing."""
BETWEEN = re.compile(r"[\s()\-‐‑–—.·]")


def plain_number(written: str) -> str:
    """Digits, with a leading + at most: full-width signs, blanks, brackets and hyphens are made plain. Empty stays empty.

    Raises `ValueError` (in both languages) for what is no number then: words, or what a spreadsheet has made of it (`1.38E+10`).
    """
    plain = unicodedata.normalize("NFKC", written).strip()
    if re.search(r"\d\.\d", plain):
        raise ValueError(f"{written!r} 不是电话号码 / {written!r} is no telephone number")
    plain = CHINA.sub("", BETWEEN.sub("", plain))
    if plain and not NUMBER.fullmatch(plain):
        raise ValueError(f"{written!r} 不是电话号码 / {written!r} is no telephone number")
    return plain
