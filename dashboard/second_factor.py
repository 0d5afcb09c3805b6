"""A second factor: codes of an authenticator app (TOTP, RFC 6238). Pure."""

from __future__ import annotations

import re
from datetime import datetime

import pyotp

ISSUER = "一屏 Yiping"
STEP_S = 30
MULTI_FACTOR = frozenset({"mfa", "otp", "hwk", "swk", "sc", "fpt", "face", "iris", "sms", "tel"})
"""Of RFC 8176, what a provider says of a sign-in that was more than a password."""
BESIDE = 1
"""Half minutes that a clock may be off."""


def new_secret() -> str:
    """A secret in base32, as authenticator apps take it."""
    return pyotp.random_base32()


def is_secret(text: str) -> bool:
    """Whether that is one of ours."""
    return re.fullmatch(r"[A-Z2-7]{32}", text) is not None


def uri(secret: str, login: str) -> str:
    """What an app reads from a QR code."""
    return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=login, issuer_name=ISSUER)


def is_strong(methods: object, grade: object, accepted: frozenset[str]) -> bool:
    """Whether a provider's sign-in was more than a password: by its claims `amr` (RFC 8176) or `acr`, of which `accepted` ones count."""
    named = {str(one) for one in methods} if isinstance(methods, list) else set()
    return bool(named & MULTI_FACTOR) or (isinstance(grade, str) and grade in accepted)


def used_step(secret: str, code: str, used: int, now: datetime) -> int | None:
    """Number of the half minute whose code this is; None when it is none, or not later than `used`: no code is taken twice.

    A `used` that is still to come is of before the clock was set back: with it nobody could get in until then.
    """
    present = int(now.timestamp()) // STEP_S
    if used > present + BESIDE:
        used = 0
    code = re.sub(r"\s", "", code)
    otp = pyotp.TOTP(secret, interval=STEP_S)
    for step in range(present - BESIDE, present + BESIDE + 1):
        if step > used and pyotp.utils.strings_equal(otp.generate_otp(step), code):
            return step
    return None
