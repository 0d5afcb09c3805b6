"""Words that people must be able to read: a text of blanks or of signs without a shape is no text."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def _readable(text: str) -> str:
    if not any(sign.isprintable() and not sign.isspace() for sign in text):
        raise ValueError("不能为空 / must not be blank")
    return text


Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40), AfterValidator(_readable)]
"""A title or a name: 1 to 40 characters, blanks around them taken away."""
Headline = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(_readable)]
"""The same with up to 200."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_readable)]
"""The same with up to 2,000, lines included."""
