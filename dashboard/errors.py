"""One shape for every refusal: a machine-readable code and a sentence in Chinese and English."""

from __future__ import annotations

from typing import Any

from dashboard.catalogue import LANGUAGES, text

STATUS = {
    "malformed": 400,
    "invalid": 422,
    "unauthenticated": 401,
    "wrong_password": 401,
    "token_expired": 401,
    "token_revoked": 401,
    "too_many_attempts": 429,
    "wrong_network": 403,
    "too_many": 429,
    "too_many_connections": 429,
    "code_needed": 401,
    "wrong_code": 401,
    "factor_missing": 403,
    "unknown_person": 403,
    "provider_away": 503,
    "provider_refused": 401,
    "forbidden": 403,
    "outside_scope": 403,
    "sent_from_above": 403,
    "foreign_origin": 403,
    "not_found": 404,
    "unknown_area": 404,
    "unknown_unit": 422,
    "method_not_allowed": 405,
    "too_large": 413,
    "no_room": 507,
    "not_an_image": 415,
    "not_a_sound": 415,
    "outside_city": 422,
    "future": 422,
    "too_old": 422,
    "no_place": 422,
    "no_recipients": 422,
    "recipients_changed": 409,
    "not_allowed_now": 409,
    "already_so": 409,
    "taken": 409,
    "assigned": 409,
    "order_ended": 409,
    "unavailable": 503,
}
"""Every code with the HTTP status that carries it."""

BETWEEN = " / "
"""Stands between the Chinese and the English of what was found, where that is a sentence of its own."""


def _in(language: str, found: dict[str, Any]) -> dict[str, Any]:
    """What was found, of two languages the one that is wanted."""
    place = LANGUAGES.index(language)
    parts = {name: str(value).split(BETWEEN) for name, value in found.items()}
    return {name: parts[name][place] if len(parts[name]) == len(LANGUAGES) else value for name, value in found.items()}


class Refused(Exception):
    """A request that is not carried out. Nothing was changed."""

    def __init__(self, code: str, field: str | None = None, **found: Any) -> None:
        """`code` is a key of `STATUS`; `found` fills the sentence `error.<code>` of the catalogue."""
        self.code = code
        self.field = field
        self.status = STATUS[code]
        self.zh, self.en = (text(f"error.{code}", language, **_in(language, found)) for language in LANGUAGES)
        self.retry_after: int | None = found["seconds"] if code in ("too_many", "too_many_attempts") else None
        super().__init__(self.en)

    def as_dict(self) -> dict[str, Any]:
        """The body of the answer: `{"error": {"code", "field", "zh", "en"}}`."""
        return {"error": {"code": self.code, "field": self.field, "zh": self.zh, "en": self.en}}
