"""Passwords: what one must be like, and its hash (argon2id)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dashboard.errors import Refused
from dashboard.offload import Offload

SHORTEST = 12
"""Characters (OWASP ASVS 2.1.1)."""
LONGEST = 200
LOOKED_AT = 72
"""So much of a password is looked at for what is easily guessed: the library's time grows faster than the length."""
WEAKEST = 2
"""Of zxcvbn's five grades, 0 to 4; below it is what falls to a list of known passwords, names, dates or keys in a row (ASVS 2.1.7)."""
ROOM = 12
"""Bytes of a password that is made here: sixteen signs."""


class Passwords:
    """Hashes passwords and compares them. Both take some 50 ms: `offload` runs them away from the event loop."""

    def __init__(self, offload: Offload, hasher: PasswordHasher | None = None) -> None:
        self._offload = offload
        self._hasher = hasher or PasswordHasher()
        self._decoy = self._hasher.hash(secrets.token_hex(8))

    def hashed(self, password: str, about: Sequence[str] = ()) -> str:
        """What is stored of a new password. `about`: names of its owner, which it must not be made of. Raises `invalid`."""
        if not SHORTEST <= len(password) <= LONGEST:
            wanted = f"须为 {SHORTEST} 至 {LONGEST} 个字符 / {SHORTEST} to {LONGEST} characters are wanted"
            raise Refused("invalid", field="password", problem=wanted)
        if self._offload(lambda: _grade(password, about)) < WEAKEST:
            raise Refused("invalid", field="password", problem="太常见或太容易猜到 / it is too common or too easily guessed")
        return self.known_to_all(password)

    def known_to_all(self, password: str) -> str:
        """The hash of a password that is no secret: the demo city's stands in the README."""
        return str(self._offload(lambda: self._hasher.hash(password)))

    def is_right(self, digest: str | None, password: str) -> bool:
        """Whether it is the password of this hash. None takes as long, and is never right: nobody learns by it who has an account."""
        right = self._offload(lambda: self._verified(digest or self._decoy, password[:LONGEST]))
        return bool(right) and digest is not None

    def _verified(self, digest: str, password: str) -> bool:
        try:
            return bool(self._hasher.verify(digest, password))
        except (VerificationError, InvalidHashError):
            return False


def _grade(password: str, about: Sequence[str]) -> int:
    from zxcvbn import zxcvbn  # its lists take a while to load, and are seldom wanted

    return int(zxcvbn(password[:LOOKED_AT], user_inputs=[word for word in about if word])["score"])


def new_password() -> str:
    """One that nobody knows yet."""
    return secrets.token_urlsafe(ROOM)
