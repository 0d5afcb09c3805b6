"""Accounts and tokens: signing in, who a secret belongs to, taking a secret back."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from dashboard import second_factor
from dashboard.addresses import address_of
from dashboard.attempts import Attempts
from dashboard.clock import new_id
from dashboard.codes import is_code
from dashboard.command import Commands, Work
from dashboard.errors import Refused
from dashboard.identity import CLIENT_ROLES, ROLES, SYSTEM, Principal
from dashboard.offload import Offload
from dashboard.passwords import Passwords, new_password
from datasources.models import Account, Token, Unit
from datasources.queries import accounts as queries
from datasources.queries import areas as area_queries
from datasources.queries import changes
from datasources.serialising import iso
from datasources.types import Secret

SESSION_LIFE = timedelta(hours=14)  # a twelve-hour shift with its handover
DEVICE_LIFE = timedelta(days=400)
IDLE = timedelta(hours=4)
"""A session that nobody uses ends; a screen that is open uses it. A field unit's does not: a phone sleeps through the night."""
USED_EVERY_S = 300.0
AT_ONCE = 500
MOST_NETWORKS = 200
GUESSED_SHOWN = 5
TRUST_S = 1.5
KNOWN_MOST = 20_000

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Issued:
    """A new token; `secret` is shown once and stored nowhere. `guessed`: who has the password has tried codes since the sign-in before."""

    id: str
    secret: str
    expires_at: datetime
    guessed: bool = False


@dataclass(frozen=True)
class _Made:
    """A token before it is stored, and its secret."""

    token: Token
    secret: str

    def issued(self) -> Issued:
        return Issued(self.token.id, self.secret, self.token.expires_at)


@dataclass(frozen=True)
class _Known:
    """Whom a secret stands for, until when (of the monotonic clock) that need not be looked up again, and from where it may be used."""

    principal: Principal
    until: float
    expires_at: datetime
    networks: tuple[Network, ...]


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
        self._need_factor = need_factor
        self._attempts = Attempts(commands)
        self.passwords = Passwords(offload)
        self._used: dict[str, tuple[datetime, str]] = {}
        self._known: dict[str, _Known] = {}
        self._valid_until: dict[str, float] = {}

    # --- accounts -------------------------------------------------------------------------------------

    def create(
        self,
        login: str,
        name: str,
        role: str,
        area_code: str,
        password: str,
        unit_id: str | None = None,
        by: Principal = SYSTEM,
        subject: str | None = None,
        known_to_all: bool = False,
    ) -> str:
        """Make an account; returns its id. An empty password is for who signs in elsewhere (OIDC) only, as `subject` or by invitation.

        `known_to_all`: the password is no secret, as in the demo city. Raises `Refused` for a role, area, unit or password that cannot be.
        """
        self._check(role, area_code, unit_id)
        digest = (
            ""
            if not password
            else self.passwords.known_to_all(password)
            if known_to_all
            else self.passwords.hashed(password, (login, name))
        )
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
                subject=subject,
                active=True,
                created_at=work.now,
                totp_used=0,
            )
            work.session.add(account)
            self._record(work, "create", account, {})
            return account.id

    def _record(self, work: Work, verb: str, account: Account, more: dict[str, Any]) -> None:
        payload = {"login": account.login, "name": account.name, "role": account.role, **more}
        work.record(f"account.{verb}", account.area_code, account.id, payload)

    def _check(self, role: str, area_code: str, unit_id: str | None, roles: tuple[str, ...] = ROLES) -> None:
        if role not in roles:
            raise Refused("invalid", field="role", problem=f"{role!r}，可用 {', '.join(roles)} / {role!r}: one of {', '.join(roles)}")
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

    def change(self, principal: Principal, account_id: str, role: str, area_code: str, unit_id: str | None = None) -> None:
        """Give somebody another role or area; all their sessions end at once. Only a field unit has a `unit_id`.

        Raises `not_found`, `outside_scope`, `invalid`, `unknown_area`, `unknown_unit`, and `not_allowed_now` for one's own.
        """
        if account_id == principal.account_id:
            raise Refused("not_allowed_now", field="id", action="change", state="own")
        self._check(role, area_code, unit_id)
        with self._commands.transaction(principal) as work:
            account = self._administered(work, account_id)
            principal.require("administer", area_code)
            account.role, account.area_code, account.unit_id = role, area_code, unit_id if role == "unit" else None
            self._end_sessions(work, account)
            self._record(work, "change", account, {})
        self._forget()

    def id_of(self, login: str) -> str:
        """The account with a sign-in name. Raises `not_found`."""
        return self._named(login).id

    def invitable(self, login: str) -> str:
        """The account of somebody who may be invited: without a password, and bound to nobody. Raises `not_found`, `already_so`."""
        account = self._named(login)
        if account.password_hash or account.subject is not None:
            raise Refused("already_so", field="login", state=login)
        return account.id

    def _named(self, login: str) -> Account:
        with self._database.read() as session:
            account = queries.by_login(session, login)
        if account is None:
            raise Refused("not_found", what=login)
        return account

    @staticmethod
    def _end_sessions(work: Work, account: Account, but: str = "") -> None:
        of_account = (Token.account_id == account.id, Token.revoked_at.is_(None), Token.id != but)
        work.session.execute(update(Token).where(*of_account).values(revoked_at=work.now))

    # --- signing in -----------------------------------------------------------------------------------

    def sign_in(self, login: str, password: str, peer: str, code: str = "", agent: str = "", browser: str = "") -> Issued:
        """A session for the right password and, where there is one, the right code of the second factor.

        `browser` is one in which this name has got in before. Raises `wrong_password`, `code_needed`, `wrong_code`, `factor_missing`, or
        `too_many_attempts` by name and address.
        """
        attempt = self._attempts.begin(login, peer, browser)
        with self._database.read() as session:
            account = queries.by_login(session, login)
        usable = account is not None and account.active and account.password_hash
        if not self.passwords.is_right(account.password_hash if account is not None and usable else None, password) or account is None:
            self._attempts.fail(attempt)
            raise Refused("wrong_password")
        self._check_factor(account, code, peer)
        self._attempts.succeeded(login, peer, browser)
        return self._session_for(account, peer, agent, "password")

    def sign_in_with_code(self, login: str, code: str, peer: str, agent: str = "", browser: str = "") -> Issued:
        """The second step, for whom `sign_in` has refused with `code_needed`. Raises `wrong_code`, `too_many_attempts`."""
        with self._database.read() as session:
            account = queries.by_login(session, login)
        if account is None or not account.active:
            raise Refused("wrong_password")
        self._check_factor(account, code, peer)
        self._attempts.succeeded(login, peer, browser)
        return self._session_for(account, peer, agent, "password")

    def codes_round(self, login: str) -> int:
        """What the second step must be begun with: another number after ten wrong codes, when the password is asked for again."""
        return self._attempts.round_of(login)

    def set_password(self, principal: Principal, login: str, password: str) -> None:
        """Give an account another password; all its sessions end. Raises `not_found`, `invalid` for one that is too easily guessed."""
        digest = self.passwords.hashed(password, (login,))
        with self._commands.transaction(principal) as work:
            account = queries.by_login(work.session, login)
            if account is None or not account.area_code.startswith(principal.area_code):
                raise Refused("not_found", what=login)
            principal.require("administer", account.area_code)
            self._take_password(work, account, digest)
        self._forget()

    def reset_password(self, principal: Principal, account_id: str) -> str:
        """Make a new password for somebody of an administrator's area, to be told to them; all their sessions end. Raises `not_found`."""
        password = new_password()
        digest = self.passwords.known_to_all(password)
        with self._commands.transaction(principal) as work:
            self._take_password(work, self._administered(work, account_id), digest)
        self._forget()
        return password

    def change_password(self, principal: Principal, present: str, password: str, peer: str) -> None:
        """Give oneself another password; all other sessions end. Raises `wrong_password`, `too_many_attempts`, `invalid`, `forbidden`."""
        own = self._seen(principal)
        if principal.kind != "session" or own is None or not own.password_hash:
            raise Refused("forbidden", permission="session")
        attempt = self._attempts.begin(own.login, peer, principal.token_id)
        if not self.passwords.is_right(own.password_hash, present):
            self._attempts.fail(attempt)
            raise Refused("wrong_password")
        digest = self.passwords.hashed(password, (own.login, own.name))
        with self._commands.transaction(principal) as work:
            self._take_password(work, self._own(work), digest, but=principal.token_id)
        self._attempts.succeeded(own.login, peer, principal.token_id)
        self._forget()

    def _take_password(self, work: Work, account: Account, digest: str, but: str = "") -> None:
        account.password_hash = digest
        self._end_sessions(work, account, but)
        self._record(work, "password", account, {})

    def has_password(self, principal: Principal) -> bool:
        """Whether one signs in with a password here."""
        own = self._seen(principal)
        return own is not None and bool(own.password_hash)

    def guessed(self, account_id: str) -> list[dict[str, Any]]:
        """When somebody who had the password tried many codes, and from where, newest first: `{at, peer}`."""
        with self._database.read() as session:
            found = changes.newest_of(session, account_id, ("account.guessed",), GUESSED_SHOWN)
        return [{"at": iso(change.at), "peer": change.payload["peer"]} for change in found]

    def sign_in_elsewhere(self, subject: str, peer: str, agent: str = "", invited: str = "", strong: bool = False) -> Issued:
        """A session for whom the OIDC provider has vouched for by its `sub`: the name that it knows somebody by may be of their own choice.

        An account without a password is bound to the subject when it is made, or when who was `invited` to it comes. Roles that need a
        second factor do not get in unless the provider's sign-in was a `strong` one. Raises `unknown_person`, `factor_missing`.
        """
        with self._commands.transaction(SYSTEM) as work:
            account = queries.by_subject(work.session, subject)
            if account is None and invited:
                account = work.session.get(Account, invited, with_for_update=True)
                if account is None or account.password_hash or account.subject is not None:
                    raise Refused("unknown_person", login=subject[:40])
                account.subject = subject[:255]
                self._record(work, "bind", account, {"subject": subject[:255]})
            if account is None or not account.active:
                raise Refused("unknown_person", login=subject[:40])
            if account.role in self._need_factor and not strong:
                raise Refused("factor_missing")
        return self._session_for(account, peer, agent, "oidc")

    def _session_for(self, account: Account, peer: str, agent: str, way: str) -> Issued:
        looked_at = account
        with self._commands.transaction(SYSTEM) as started:
            # A password takes a while to look at: what was changed or closed meanwhile holds.
            account = started.session.get_one(Account, looked_at.id, with_for_update=True, populate_existing=True)
            same = (account.password_hash, account.subject) == (looked_at.password_hash, looked_at.subject)
            if not account.active or not same:
                raise Refused("wrong_password")
            made = self._token("session", account.name, account.role, account.area_code, SESSION_LIFE, account.unit_id)
            made.token.account_id, made.token.peer, made.token.agent = account.id, peer[:45], agent[:200]
            holder = Principal(made.token.id, "session", account.name, account.role, account.area_code, account.id, account.unit_id)
            work = started.by(holder)
            latest = changes.newest_of(work.session, account.id, ("account.guessed", "account.sign_in"), 1)
            work.session.add(made.token)
            self._record(work, "sign_in", account, {"peer": peer[:45], "way": way})
        return replace(made.issued(), guessed=[change.kind for change in latest] == ["account.guessed"])

    def _check_factor(self, account: Account, code: str, peer: str) -> None:
        """Raises `factor_missing`, `code_needed`, `wrong_code`, `too_many_attempts`."""
        if not account.totp_secret:
            if account.role in self._need_factor:
                raise Refused("factor_missing")
            return
        if not code:
            raise Refused("code_needed", field="code")
        count = self._attempts.begin_code(account)
        with self._database.write() as session:
            # read again under its lock: of two with the same code, one gets in
            held = session.get_one(Account, account.id, with_for_update=True)
            step = second_factor.used_step(_opened(held), code, held.totp_used, self._clock())
            if step is not None:
                held.totp_used = step
        if step is None:
            self._attempts.wrong_code(account, peer, count)
            raise Refused("wrong_code", field="code")
        self._attempts.right_code(account)

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
        """Take one's own second factor away. Raises `wrong_code`, `too_many_attempts`, and `factor_missing` for a role that needs one."""
        own = self._seen(principal)
        count = self._attempts.begin_code(own) if own is not None and own.totp_secret else 0
        try:
            self._drop_factor(principal, code)
        except Refused as refused:
            if refused.code == "wrong_code" and own is not None and count:
                self._attempts.wrong_code(own, "", count)
            raise
        if own is not None and count:
            self._attempts.right_code(own)

    def _drop_factor(self, principal: Principal, code: str) -> None:
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
        own = self._seen(principal)
        return own is not None and bool(own.totp_secret)

    def _seen(self, principal: Principal) -> Account | None:
        """One's own account as it stands; None for tokens, which have none."""
        with self._database.read() as session:
            return session.get(Account, principal.account_id) if principal.account_id else None

    def _own(self, work: Work) -> Account:
        if work.principal.kind != "session" or work.principal.account_id is None:
            raise Refused("forbidden", permission="session")
        return work.session.get_one(Account, work.principal.account_id, with_for_update=True)

    # --- tokens ---------------------------------------------------------------------------------------

    def create_token(
        self,
        kind: str,
        name: str,
        role: str,
        area_code: str,
        life: timedelta = DEVICE_LIFE,
        unit_id: str | None = None,
        networks: str = "",
    ) -> Issued:
        """A token for a wall screen (`device`) or an API client (`api`), which may be kept to `networks` with commas between."""
        if kind not in ("device", "api"):
            raise Refused("invalid", field="kind", problem=f"{kind!r}，可用 device, api / {kind!r}: device or api")
        self._check(role, area_code, unit_id, (*ROLES, *CLIENT_ROLES) if kind == "api" else ROLES)
        made = self._token(kind, name, role, area_code, life, unit_id)
        if len(networks) > MOST_NETWORKS:
            raise Refused("invalid", field="networks", problem=f"最多 {MOST_NETWORKS} 个字符 / at most {MOST_NETWORKS} characters")
        made.token.networks = ",".join(str(network) for network in _networks(networks))
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
            used_at=None,
            used_from="",
            networks="",
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

    def principal(self, secret: str, peer: str = "") -> Principal:
        """Whom a secret stands for, brought by `peer`. Raises `unauthenticated`, `token_revoked`, `token_expired` or `wrong_network`.

        What was looked up stays good for `TRUST_S`: a token that another process takes back is refused that much later.
        """
        digest = _digest(secret)
        known = self._known.get(digest)
        if known is None or time.monotonic() >= known.until or self._clock() >= known.expires_at:
            known = self._looked_up(digest if secret else "")
            if len(self._known) >= KNOWN_MOST:
                self._known.clear()
                self._valid_until.clear()
            self._valid_until[known.principal.token_id] = known.until  # who has just been let in need not be looked up again
            self._known[digest] = known
            self._used[known.principal.token_id] = self._clock(), peer[:45]
        if known.networks and not _is_within(peer, known.networks):
            raise Refused("wrong_network")
        return known.principal

    def keep_used(self, open_tokens: Iterable[str] = ()) -> None:
        """Store which tokens were used, `open_tokens` among them, which a connection uses without asking anew."""
        used, self._used = self._used, {}
        now = self._clock()
        for token_id in open_tokens:
            used.setdefault(token_id, (now, ""))
        rows = [{"token": token_id, "used": at, "place": peer} for token_id, (at, peer) in sorted(used.items())]
        for start in range(0, len(rows), AT_ONCE):  # short: ten thousand phones at once would hold up who writes
            with self._database.write() as session:
                queries.keep_used(session, rows[start : start + AT_ONCE])

    def _looked_up(self, digest: str) -> _Known:
        with self._database.read() as session:
            token = queries.token_by_hash(session, digest) if digest else None
            if token is None:
                raise Refused("unauthenticated")
            if token.revoked_at is not None:
                raise Refused("token_revoked")
            now = self._clock()
            idle = token.kind == "session" and token.role != "unit" and (token.used_at or token.created_at) < now - IDLE
            if token.expires_at <= now or idle:
                raise Refused("token_expired")
            if token.account_id is not None and not token.account_active:
                raise Refused("token_revoked")
            found = Principal(token.id, token.kind, token.name, token.role, token.area_code, token.account_id, token.unit_id)
            networks = tuple(ipaddress.ip_network(one) for one in token.networks.split(",") if one)
            return _Known(found, time.monotonic() + TRUST_S, token.expires_at, networks)

    def is_valid(self, token_id: str) -> bool:
        """Whether a token still opens the door; looked up at most once in `TRUST_S`."""
        if time.monotonic() < self._valid_until.get(token_id, 0.0):
            return True
        return bool(self.still_valid([token_id]))

    def still_valid(self, token_ids: list[str]) -> dict[str, tuple[str, str]]:
        """Role and area of those of these tokens that still open the door; for `TRUST_S` they need not be looked up again."""
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


def _networks(text: str) -> list[Network]:
    """Networks with commas between. Raises `invalid`."""
    try:
        return [ipaddress.ip_network(one.strip()) for one in text.split(",") if one.strip()]
    except ValueError as error:
        raise Refused("invalid", field="networks", problem=f"须如 10.1.0.0/16 / wanted as 10.1.0.0/16: {error}") from None


def _is_within(peer: str, networks: tuple[Network, ...]) -> bool:
    address = address_of(peer)
    return address is not None and any(address in network for network in networks)


def _opened(account: Account) -> str:
    """The secret of an account's second factor; empty when it has none."""
    return account.totp_secret.of(account.id) if account.totp_secret else ""


def _digest(secret: str) -> str:
    # The secret has 256 random bits: a fast hash is enough, nothing can be guessed.
    return hashlib.sha256(secret.encode()).hexdigest()
