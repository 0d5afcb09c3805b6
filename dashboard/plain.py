"""What people type and Excel writes, made plain: full-width letters and digits, odd blanks, signs without a shape."""

from __future__ import annotations

import unicodedata

_LETTERS = {code: code - 0xFEE0 for first, last in (("０", "９"), ("Ａ", "Ｚ"), ("ａ", "ｚ")) for code in range(ord(first), ord(last) + 1)}
_SIGNS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(map(ord, "‐‑‒–—―−"), "-") | {ord("、"): ";"}


def words(text: str) -> str:
    """A name or what somebody searches for: letters and digits half-width, blanks single, signs without a shape left out."""
    shown = text.translate(_LETTERS)
    if not shown.isprintable():  # signs without a shape are not, but nearly every text is
        shown = "".join(sign for sign in shown if unicodedata.category(sign) != "Cf")
    return " ".join(shown.split())


def signs(text: str) -> str:
    """A code, a number or a word of ours: all signs half-width."""
    return words(text.translate(_SIGNS))
