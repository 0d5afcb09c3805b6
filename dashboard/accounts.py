"""Accounts and tokens: signing in, who a secret belongs to, taking a secret back."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import select

from dashboard import second_factor
from dashboard.attempts import Attempts
from dashboard.clock import new_id
from dashboard.codes import is_code
from dashboard.command import Commands, Work
from dashboard.errors import Refused
from dashboard.identity import ROLES, SYSTEM, Principal
from datasources.models import Account, Token, Unit
from datasources.queries import accounts as queries
from datasources.queries import areas as area_queries
from datasources.types import Secret

SESSION_LIFE = timedelta(hours=14)  # a twelve-hour shift with its handover
DEVICE_LIFE = timedelta(days=400)
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


@dataclass(frozen=True)
class _Made:
    """A token before it is stored, and its secret."""

    token: Token
    secret: str

    def issued(self) -> Issued:
        return Issued(self.token.id, self.secret, self.token.expires_at)


class Accounts:
    """Signs people in and tells whom a secret stands for. Who was let in, and what was given or taken back, stands in the change log.

    `offload` runs a slow function (hashing a password takes some 50 ms) away from the event loop. Roles in `need_factor` do not get in
    without a second factor.
    """

    def __init__(
        self, commands: Commands, offload: Offload = lambda function: function(), need_factor: frozenset[str] = frozenset()
    ) -> None:
        self._commands = commands
        self._database = commands.database
        self._clock = commands.clock
        self._offload = offload
        self._need_factor = need_factor
        self._attempts = Attempts(commands)
        self._hasher = PasswordHasher()
        self._decoy = self._hasher.hash(secrets.token_hex(8))
        self._known: dict[str, tuple[Principal, float, datetime]] = {}
        self._valid_until: dict[str, float] = {}

    # --- accounts -------------------------------------------------------------------------------------

    def create(
        self, login: str, name: str, role: str, area_code: str, password: str, unit_id: str | None = None, by: Principal = SYSTEM
    ) -> str:
        """Make an account; returns its id. An empty password is for who signs in elsewhere (OIDC) only.

        Raises `Refused` for a role, area, unit or password that cannot be.
        """
        self._check(role, area_code, unit_id)
        digest = self._hashed(password) if password else ""
        with self._commands.transaction(by) as work:
            if queries.by_login(work.session, login) is not None:
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
                created_at=work.now,
                totp_used=0,
            )
            work.session.add(account)
            self._record(work, "create", account, {})
            return account.id

    def _hashed(self, password: str) -> str:
        """What is stored of a password. Raises `invalid` for one that is too short."""
        if len(password) < PASSWORD_LENGTH:
            raise Refused("invalid", field="password", problem=f"至少 {PASSWORD_LENGTH} 个字符 / at least {PASSWORD_LENGTH} characters")
        return str(self._offload(lambda: self._hasher.hash(password)))

    def _record(self, work: Work, verb: str, account: Account, more: dict[str, Any]) -> None:
        payload = {"login": account.login, "name": account.name, "role": account.role, **more}
        work.record(f"account.{verb}", account.area_code, account.id, payload)

    def _check(self, role: str, area_code: str, unit_id: str | None) -> None:
        if role not in ROLES:
            raise Refused("invalid", field="role", problem=f"{role!r}，可用 {', '.join(ROLES)} / {role!r}: one of {', '.join(ROLES)}")
        with self._database.read() as session:
            if not is_code(area_code) or area_queries.get(session, area_code) is None:
                raise Refused("unknown_area", field="area", area=area_code)
            if role == "unit" and (unit_id is None or session.get(Unit, unit_id) is None):
                raise Refused("unknown_unit", field="unit", unit=unit_id)

    def listed(self, principal: Principal) -> list[Account]:
        """Accounts within an administrator's area, by sign-in name."""
        principal.require("administer")
        with self._database.read() as session:
            return [one for one in queries.accounts(session) if one.area_code.startswith(principal.area_code)]

    def _administered(self, work: Work, account_id: str) -> Account:
        work.principal.require("administer")
        account = work.session.get(Account, account_id, with_for_update=True)
        if account is None or not account.area_code.startswith(work.principal.area_code):
            raise Refused("not_found", what=account_id)
        return account

    def set_active(self, principal: Principal, account_id: str, active: bool) -> None:
        """Close an account, with all its sessions at once, or open it again. Raises `not_found`, `not_allowed_now` for one's own."""
        if account_id == principal.account_id:
            raise Refused("not_allowed_now", field="id", action="close", state="own")
        with self._commands.transaction(principal) as work:
            account = self._administered(work, account_id)
            if account.active != active:
                account.active = active
                self._record(work, "open" if active else "close", account, {})
        self._forget()

    # --- signing in -----------------------------------------------------------------------------------

    def sign_in(self, login: str, password: str, peer: str, code: str = "", agent: str = "") -> Issued:
        """A session for the right password and, where there is one, the right code of the second factor.

        Raises `wrong_password`, `code_needed`, `wrong_code`, `factor_missing`, or `too_many_attempts` by name and address.
        """
        attempt = self._attempts.begin(login, peer)
        with self._database.read() as session:
            account = queries.by_login(session, login)
        usable = account is not None and account.active and account.password_hash
        digest = account.password_hash if account is not None and usable else self._decoy
        if not self._offload(lambda: self._is_right(digest, password)) or account is None or not usable:
            self._attempts.fail(attempt)
            raise Refused("wrong_password")
        self._check_factor_of(attempt, account, code)
        self._attempts.succeeded(login, peer)
        return self._session_for(account, peer, agent, "password")

    def _is_right(self, digest: str, password: str) -> bool:
        """What the library says by raising."""
        try:
            return bool(self._hasher.verify(digest, password))
        except VerificationError:
            return False

    def _check_factor_of(self, attempt: str, account: Account, code: str) -> None:
        try:
            self._check_factor(account, code)
        except Refused as refused:
            if refused.code != "code_needed":
                self._attempts.fail(attempt)
            raise

    def set_password(self, principal: Principal, login: str, password: str) -> None:
        """Give an account another password; all its sessions end. Raises `not_found`, `invalid` for one that is too short."""
        digest = self._hashed(password)
        with self._commands.transaction(principal) as work:
            account = queries.by_login(work.session, login)
            if account is None or not account.area_code.startswith(principal.area_code):
                raise Refused("not_found", what=login)
            principal.require("administer", account.area_code)
            account.password_hash = digest
            for token in work.session.scalars(select(Token).where(Token.account_id == account.id, Token.revoked_at.is_(None))):
                token.revoked_at = work.now
            self._record(work, "password", account, {})
        self._forget()

    def sign_in_with_code(self, login: str, code: str, peer: str, agent: str = "") -> Issued:
        """The second step, for whom `sign_in` has refused with `code_needed`. Raises `wrong_code`, `too_many_attempts`."""
        attempt = self._attempts.begin(login, peer)
        with self._database.read() as session:
            account = queries.by_login(session, login)
        if account is None or not account.active:
            self._attempts.fail(attempt)
            raise Refused("wrong_password")
        self._check_factor_of(attempt, account, code)
        self._attempts.succeeded(login, peer)
        return self._session_for(account, peer, agent, "password")

    def sign_in_elsewhere(self, subject: str, login: str, peer: str, agent: str = "") -> Issued:
        """A session for whom the OIDC provider has vouched for: its `sub`, and the name under which it knows the person.

        An account without a password is bound to the subject when it is used first. The provider asks for its own second factor.
        Raises `unknown_person`.
        """
        with self._commands.transaction(SYSTEM) as work:
            account = queries.by_subject(work.session, subject)
            if account is None:
                account = queries.by_login(work.session, login)
                if account is None or account.password_hash or account.subject is not None:
                    raise Refused("unknown_person", login=login)
                account.subject = subject
                self._record(work, "bind", account, {"subject": subject})
            if not account.active:
                raise Refused("unknown_person", login=login)
        return self._session_for(account, peer, agent, "oidc")

    def _session_for(self, account: Account, peer: str, agent: str, way: str) -> Issued:
        made = self._token("session", account.name, account.role, account.area_code, SESSION_LIFE, account.unit_id)
        made.token.account_id, made.token.peer, made.token.agent = account.id, peer[:45], agent[:200]
        holder = Principal(made.token.id, "session", account.name, account.role, account.area_code, account.id, account.unit_id)
        with self._commands.transaction(holder) as work:
            work.session.add(made.token)
            self._record(work, "sign_in", account, {"peer": peer[:45], "way": way})
        return made.issued()

    def _check_factor(self, account: Account, code: str) -> None:
        """Raises `factor_missing`, `code_needed`, `wrong_code`."""
        if not account.totp_secret:
            if account.role in self._need_factor:
                raise Refused("factor_missing")
            return
        if not code:
            raise Refused("code_needed", field="code")
        with self._database.write() as session:
            # read again under its lock: of two with the same code, one gets in
            held = session.get_one(Account, account.id, with_for_update=True)
            step = second_factor.used_step(_opened(held), code, held.totp_used, self._clock())
            if step is not None:
                held.totp_used = step
        if step is None:
            raise Refused("wrong_code", field="code")

    def set_factor(self, principal: Principal, secret: str, code: str) -> None:
        """Give one's own account a second factor; `code` shows that the app has it. Raises `wrong_code`, `already_so`, `invalid`."""
        if not second_factor.is_secret(secret):
            raise Refused("invalid", field="secret", problem="须为 base32 / base32 is wanted")
        with self._commands.transaction(principal) as work:
            account = self._own(work)
            if account.totp_secret:
                raise Refused("already_so", field="secret", state="on")
            step = second_factor.used_step(secret, code, account.totp_used, work.now)
            if step is None:
                raise Refused("wrong_code", field="code")
            account.totp_secret, account.totp_used = Secret(account.id, secret), step
            self._record(work, "factor_on", account, {})

    def drop_factor(self, principal: Principal, code: str) -> None:
        """Take one's own second factor away. Raises `wrong_code`, and `factor_missing` for a role that needs one."""
        with self._commands.transaction(principal) as work:
            account = self._own(work)
            if account.role in self._need_factor:
                raise Refused("factor_missing")
            step = second_factor.used_step(_opened(account), code, account.totp_used, work.now) if account.totp_secret else None
            if step is None:
                raise Refused("wrong_code", field="code")
            account.totp_secret, account.totp_used = None, step
            self._record(work, "factor_off", account, {})

    def give_factor(self, login: str) -> tuple[str, str]:
        """A new second factor for somebody, from the command line: the secret, and the address for the app. Raises `not_found`."""
        secret = second_factor.new_secret()
        with self._commands.transaction(SYSTEM) as work:
            account = queries.by_login(work.session, login)
            if account is None:
                raise Refused("not_found", what=login)
            account.totp_secret = Secret(account.id, secret)
            self._record(work, "factor_on", account, {})
        return secret, second_factor.uri(secret, login)

    def has_factor(self, principal: Principal) -> bool:
        """Whether one's own account has a second factor."""
        with self._database.read() as session:
            account = session.get(Account, principal.account_id) if principal.account_id else None
            return account is not None and bool(account.totp_secret)

    def _own(self, work: Work) -> Account:
        if work.principal.kind != "session" or work.principal.account_id is None:
            raise Refused("forbidden", permission="session")
        return work.session.get_one(Account, work.principal.account_id, with_for_update=True)

    # --- tokens ---------------------------------------------------------------------------------------

    def create_token(
        self, kind: str, name: str, role: str, area_code: str, life: timedelta = DEVICE_LIFE, unit_id: str | None = None
    ) -> Issued:
        """A token for a wall screen (`device`) or an API client (`api`)."""
        if kind not in ("device", "api"):
            raise Refused("invalid", field="kind", problem=f"{kind!r}，可用 device, api / {kind!r}: device or api")
        self._check(role, area_code, unit_id)
        made = self._token(kind, name, role, area_code, life, unit_id)
        with self._commands.transaction(SYSTEM) as work:
            work.session.add(made.token)
            work.record("token.create", area_code, made.token.id, {"kind": kind, "name": name, "role": role})
        return made.issued()

    def _token(self, kind: str, name: str, role: str, area_code: str, life: timedelta, unit_id: str | None) -> _Made:
        secret, now = f"yp_{kind}_{secrets.token_urlsafe(32)}", self._clock()
        token = Token(
            id=new_id(),
            secret_hash=_digest(secret),
            kind=kind,
            name=name,
            role=role,
            area_code=area_code,
            account_id=None,
            unit_id=unit_id,
            created_at=now,
            expires_at=now + life,
            revoked_at=None,
            peer="",
            agent="",
        )
        return _Made(token, secret)

    def sessions(self, principal: Principal, account_id: str) -> list[Token]:
        """Sessions of an account that are open, newest first: one's own, or within an administrator's area. Raises `not_found`."""
        if account_id != principal.account_id:
            principal.require("administer")
        with self._database.read() as session:
            account = session.get(Account, account_id)
            if account is None or (account_id != principal.account_id and not account.area_code.startswith(principal.area_code)):
                raise Refused("not_found", what=account_id)
            return queries.sessions(session, account_id, self._clock())

    def revoke_session(self, principal: Principal, token_id: str) -> None:
        """End a session: one's own, or within an administrator's area. Raises `not_found`."""
        with self._commands.transaction(principal) as work:
            token = work.session.get(Token, token_id)
            own = token is not None and token.account_id is not None and token.account_id == principal.account_id
            other = token is not None and principal.may("administer") and token.area_code.startswith(principal.area_code)
            if token is None or not (own or other):
                raise Refused("not_found", what=token_id)
            self._revoke(work, token)
        self._forget()

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
            if token.account_id is not None and not token.account_active:
                raise Refused("token_revoked")
            found = Principal(token.id, token.kind, token.name, token.role, token.area_code, token.account_id, token.unit_id)
            return found, token.expires_at

    def is_valid(self, token_id: str) -> bool:
        """Whether a token still opens the door; looked up at most once in `TRUST_S`."""
        if time.monotonic() < self._valid_until.get(token_id, 0.0):
            return True
        return bool(self.still_valid([token_id]))

    def still_valid(self, token_ids: list[str]) -> set[str]:
        """Those of these tokens that still open the door; for `TRUST_S` they need not be looked up again."""
        with self._database.read() as session:
            valid = queries.still_valid(session, token_ids, self._clock())
        if len(self._valid_until) + len(valid) > KNOWN_MOST:
            self._valid_until.clear()
        self._valid_until |= dict.fromkeys(valid, time.monotonic() + TRUST_S)
        return valid

    def revoke(self, token_id: str, by: Principal = SYSTEM) -> None:
        """Take a token back. Raises `not_found`."""
        with self._commands.transaction(by) as work:
            token = work.session.get(Token, token_id)
            if token is None:
                raise Refused("not_found", what=token_id)
            self._revoke(work, token)
        self._forget()

    def _revoke(self, work: Work, token: Token) -> None:
        if token.revoked_at is None:
            token.revoked_at = work.now
            work.record("token.revoke", token.area_code, token.id, {"kind": token.kind, "name": token.name, "role": token.role})

    def _forget(self) -> None:
        """Look everybody up anew."""
        self._known.clear()
        self._valid_until.clear()

    def tokens(self) -> list[Token]:
        """Device and API tokens, newest first."""
        with self._database.read() as session:
            return queries.tokens(session, ("device", "api"))


def _opened(account: Account) -> str:
    """The secret of an account's second factor; empty when it has none."""
    return account.totp_secret.of(account.id) if account.totp_secret else ""


def _digest(secret: str) -> str:
    # The secret has 256 random bits: a fast hash is enough, nothing can be guessed.
    return hashlib.sha256(secret.encode()).hexdigest()
