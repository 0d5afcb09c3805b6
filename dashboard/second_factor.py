"""A second factor: codes of an authenticator app (TOTP, RFC 6238). Pure."""

from __future__ import annotations

import re
from datetime import datetime

import pyotp

ISSUER = "一屏 Yiping"
STEP_S = 30
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


def used_step(secret: str, code: str, used: int, now: datetime) -> int | None:
    """Number of the half minute whose code this is; None when it is none, or not later than `used`: no code is taken twice."""
    present = int(now.timestamp()) // STEP_S
    code = re.sub(r"\s", "", code)
    otp = pyotp.TOTP(secret, interval=STEP_S)
    for step in range(present - BESIDE, present + BESIDE + 1):
        if step > used and pyotp.utils.strings_equal(otp.generate_otp(step), code):
            return step
    return None
