"""Accounts and tokens: signing in, who a secret belongs to, taking a secret back."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from dashboard.clock import Clock, new_id
from dashboard.codes import is_code
from dashboard.errors import Refused
from dashboard.identity import ROLES, Principal
from datasources.database import Database
from datasources.models import Account, Token, Unit
from datasources.queries import accounts as queries
from datasources.queries import areas as area_queries

SESSION_LIFE = timedelta(hours=14)  # a twelve-hour shift with its handover
DEVICE_LIFE = timedelta(days=400)
ATTEMPTS = 8
ATTEMPT_WINDOW = timedelta(minutes=5)
PASSWORD_LENGTH = 8
TRUST_S = 2.0
KNOWN_MOST = 20_000

Offload = Callable[[Callable[[], Any]], Any]


@dataclass(frozen=True)
class Issued:
    """A new token; `secret` is shown once and stored nowhere."""

    id: str
    secret: str
    expires_at: datetime


class Accounts:
    """Signs people in and tells whom a secret stands for.

    `offload` runs a slow function (hashing a password takes some 50 ms) away from the event loop.
    """

    def __init__(self, database: Database, clock: Clock, offload: Offload = lambda function: function()) -> None:
        self._database = database
        self._clock = clock
        self._offload = offload
        self._hasher = PasswordHasher()
        self._decoy = self._hasher.hash(secrets.token_hex(8))
        self._attempts: dict[str, deque[datetime]] = defaultdict(deque)
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Principal, float, datetime]] = {}
        self._valid_until: dict[str, float] = {}

    def create(self, login: str, name: str, role: str, area_code: str, password: str, unit_id: str | None = None) -> str:
        """Make an account; returns its id. Raises `Refused` for a role, area, unit or password that cannot be."""
        self._check(role, area_code, unit_id)
        if len(password) < PASSWORD_LENGTH:
            raise Refused("invalid", field="password", problem=f"at least {PASSWORD_LENGTH} characters / 至少 {PASSWORD_LENGTH} 个字符")
        digest = self._offload(lambda: self._hasher.hash(password))
        with self._database.write() as session:
            if queries.by_login(session, login) is not None:
                raise Refused("already_so", field="login", state=login)
            account = Account(
                id=new_id(),
                login=login,
                name=name,
                role=role,
                area_code=area_code,
                unit_id=unit_id,
                password_hash=digest,
                active=True,
                created_at=self._clock(),
            )
            session.add(account)
            return account.id

    def _check(self, role: str, area_code: str, unit_id: str | None) -> None:
        if role not in ROLES:
            raise Refused("invalid", field="role", problem=f"{role!r}: {', '.join(ROLES)}")
        with self._database.read() as session:
            if not is_code(area_code) or area_queries.get(session, area_code) is None:
                raise Refused("unknown_area", field="area", area=area_code)
            if role == "unit" and (unit_id is None or session.get(Unit, unit_id) is None):
                raise Refused("unknown_unit", field="unit", unit=unit_id)

    def sign_in(self, login: str, password: str, peer: str) -> Issued:
        """A session for the right password. Raises `wrong_password`, or `too_many_attempts` per login and peer."""
        now = self._clock()
        self._count_attempt(f"{login}\n{peer}", now)
        with self._database.read() as session:
            account = queries.by_login(session, login)
        digest = account.password_hash if account is not None and account.active else self._decoy
        try:
            self._offload(lambda: self._hasher.verify(digest, password))
        except VerificationError:
            raise Refused("wrong_password") from None
        if account is None or not account.active:
            raise Refused("wrong_password")
        self._attempts.pop(f"{login}\n{peer}", None)
        return self._issue("session", account.name, account.role, account.area_code, now + SESSION_LIFE, account.id, account.unit_id)

    def _count_attempt(self, key: str, now: datetime) -> None:
        with self._lock:
            if len(self._attempts) > 10_000:
                self._attempts.clear()
            recent = self._attempts[key]
            while recent and recent[0] < now - ATTEMPT_WINDOW:
                recent.popleft()
            if len(recent) >= ATTEMPTS:
                raise Refused("too_many_attempts", minutes=int(ATTEMPT_WINDOW.total_seconds() // 60))
            recent.append(now)

    def create_token(
        self, kind: str, name: str, role: str, area_code: str, life: timedelta = DEVICE_LIFE, unit_id: str | None = None
    ) -> Issued:
        """A token for a wall screen (`device`) or an API client (`api`)."""
        if kind not in ("device", "api"):
            raise Refused("invalid", field="kind", problem=f"{kind!r}: device, api")
        self._check(role, area_code, unit_id)
        return self._issue(kind, name, role, area_code, self._clock() + life, None, unit_id)

    def _issue(
        self, kind: str, name: str, role: str, area_code: str, expires_at: datetime, account_id: str | None, unit_id: str | None
    ) -> Issued:
        secret = f"yp_{kind}_{secrets.token_urlsafe(32)}"
        token = Token(
            id=new_id(),
            secret_hash=_digest(secret),
            kind=kind,
            name=name,
            role=role,
            area_code=area_code,
            account_id=account_id,
            unit_id=unit_id,
            created_at=self._clock(),
            expires_at=expires_at,
            revoked_at=None,
        )
        with self._database.write() as session:
            session.add(token)
        return Issued(token.id, secret, expires_at)

    def principal(self, secret: str) -> Principal:
        """Whom a secret stands for. Raises `unauthenticated`, `token_revoked` or `token_expired`.

        What was looked up stays good for `TRUST_S`: a token that another process takes back is refused that much later.
        """
        digest = _digest(secret)
        known = self._known.get(digest)
        if known is not None and time.monotonic() < known[1] and self._clock() < known[2]:
            return known[0]
        found, expires_at = self._looked_up(digest if secret else "")
        if len(self._known) >= KNOWN_MOST:
            self._known.clear()
            self._valid_until.clear()
        self._valid_until[found.token_id] = time.monotonic() + TRUST_S  # who has just been let in need not be looked up again
        self._known[digest] = found, time.monotonic() + TRUST_S, expires_at
        return found

    def _looked_up(self, digest: str) -> tuple[Principal, datetime]:
        with self._database.read() as session:
            token = queries.token_by_hash(session, digest) if digest else None
            if token is None:
                raise Refused("unauthenticated")
            if token.revoked_at is not None:
                raise Refused("token_revoked")
            if token.expires_at <= self._clock():
                raise Refused("token_expired")
            if token.account_id is not None:
                account = session.get(Account, token.account_id)
                if account is None or not account.active:
                    raise Refused("token_revoked")
            found = Principal(token.id, token.kind, token.name, token.role, token.area_code, token.account_id, token.unit_id)
            return found, token.expires_at

    def is_valid(self, token_id: str) -> bool:
        """Whether a token still opens the door; looked up at most once in `TRUST_S`."""
        if time.monotonic() < self._valid_until.get(token_id, 0.0):
            return True
        if not self.still_valid([token_id]):
            return False
        if len(self._valid_until) >= KNOWN_MOST:
            self._valid_until.clear()
        self._valid_until[token_id] = time.monotonic() + TRUST_S
        return True

    def still_valid(self, token_ids: list[str]) -> set[str]:
        """Those of these tokens that still open the door."""
        with self._database.read() as session:
            return queries.still_valid(session, token_ids, self._clock())

    def revoke(self, token_id: str) -> None:
        """Take a token back. Raises `not_found`."""
        with self._database.write() as session:
            token = session.get(Token, token_id)
            if token is None:
                raise Refused("not_found", what=token_id)
            if token.revoked_at is None:
                token.revoked_at = self._clock()
        self._known.clear()
        self._valid_until.clear()

    def tokens(self) -> list[Token]:
        """Device and API tokens, newest first."""
        with self._database.read() as session:
            return queries.tokens(session, ("device", "api"))


def _digest(secret: str) -> str:
    # The secret has 256 random bits: a fast hash is enough, nothing can be guessed.
    return hashlib.sha256(secret.encode()).hexdigest()
