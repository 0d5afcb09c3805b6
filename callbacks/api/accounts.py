"""`/accounts`, `/sessions`, `/my/…`: who may come in, from where they are signed in, and what they can see."""

from __future__ import annotations

from typing import Any

from flask import request
from pydantic import BaseModel, ConfigDict, Field

from callbacks.api.routing import Route
from dashboard import second_factor
from dashboard.city import City
from dashboard.errors import Refused
from dashboard.identity import Principal
from datasources.models import Account, Token
from datasources.serialising import iso

ANYBODY = ("see", "answer")


class Factor(BaseModel):
    """A second factor that an authenticator app has: its secret, and a code that shows so."""

    model_config = ConfigDict(extra="forbid")

    secret: str = Field(max_length=64)
    code: str = Field(max_length=12)


class Code(BaseModel):
    """A code of the authenticator app."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=12)


class State(BaseModel):
    """Whether an account may sign in."""

    model_config = ConfigDict(extra="forbid")

    active: bool


class Post(BaseModel):
    """A person's role and area. A field unit's account is changed by the command line."""

    model_config = ConfigDict(extra="forbid")

    role: str = Field(max_length=12)
    area: str = Field(max_length=18)


class NewPassword(BaseModel):
    """One's own password: the present one and the next."""

    model_config = ConfigDict(extra="forbid")

    present: str = Field(max_length=200)
    new: str = Field(max_length=200)


def session_row(token: Token, present: str) -> dict[str, Any]:
    """A session as people see it; the present one is marked."""
    return {
        "id": token.id,
        "since": iso(token.created_at),
        "until": iso(token.expires_at),
        "peer": token.peer,
        "agent": token.agent,
        "present": token.id == present,
    }


def session_rows(city: City, principal: Principal, account_id: str) -> list[dict[str, Any]]:
    """Where an account is signed in, as `principal` may see it."""
    return [session_row(token, principal.token_id) for token in city.accounts.sessions(principal, account_id)]


def own_account(principal: Principal) -> str:
    """The account of who asks. Raises `forbidden` for tokens, which have none."""
    if principal.account_id is None:
        raise Refused("forbidden", permission="session")
    return principal.account_id


def account_row(account: Account) -> dict[str, Any]:
    """An account without anything secret."""
    return {
        "id": account.id,
        "login": account.login,
        "name": account.name,
        "role": account.role,
        "area_code": account.area_code,
        "active": account.active,
        "second_factor": bool(account.totp_secret),
        "elsewhere": account.subject is not None,
        "created_at": iso(account.created_at),
    }


def routes(city: City) -> list[Route]:
    """The routes of this subject."""

    def sessions(principal: Principal, id: str) -> dict[str, Any]:
        return {"sessions": session_rows(city, principal, id)}

    def revoke(principal: Principal, id: str) -> dict[str, Any]:
        city.accounts.revoke_session(principal, id)
        return {"revoked": id}

    def set_state(principal: Principal, id: str, body: State) -> dict[str, Any]:
        city.accounts.set_active(principal, id, body.active)
        return {"id": id, "active": body.active}

    def change(principal: Principal, id: str, body: Post) -> dict[str, Any]:
        city.accounts.change(principal, id, body.role, body.area)
        return {"id": id, "role": body.role, "area_code": body.area}

    def reset(principal: Principal, id: str) -> dict[str, Any]:
        return {"id": id, "password": city.accounts.reset_password(principal, id)}

    def change_password(principal: Principal, body: NewPassword) -> dict[str, Any]:
        city.accounts.change_password(principal, body.present, body.new, request.remote_addr or "")
        return {"changed": True}

    def fresh(principal: Principal) -> dict[str, Any]:
        own_account(principal)
        secret = second_factor.new_secret()
        return {"secret": secret, "uri": second_factor.uri(secret, principal.name)}

    def factor_on(principal: Principal, body: Factor) -> dict[str, Any]:
        city.accounts.set_factor(principal, body.secret, body.code)
        return {"second_factor": True}

    def factor_off(principal: Principal, body: Code) -> dict[str, Any]:
        city.accounts.drop_factor(principal, body.code)
        return {"second_factor": False}

    return [
        Route(
            "GET",
            "/accounts",
            "Accounts of the area",
            ("administer",),
            lambda principal: {"accounts": [account_row(one) for one in city.accounts.listed(principal)]},
        ),
        Route(
            "GET",
            "/accounts/{id}/access",
            "What this person can see and do",
            ("administer",),
            lambda principal, id: city.access.of_account(principal, id),
        ),
        Route("GET", "/accounts/{id}/sessions", "Where this person is signed in", ("administer",), sessions),
        Route(
            "POST", "/accounts/{id}/state", "Close an account, or open it again", ("administer",), set_state, body=State, bucket="account"
        ),
        Route("POST", "/accounts/{id}/change", "Give somebody another role or area", ("administer",), change, body=Post, bucket="account"),
        Route("POST", "/accounts/{id}/password", "Make a new password for somebody", ("administer",), reset, bucket="account"),
        Route("POST", "/my/password", "Change one's own password", ANYBODY, change_password, body=NewPassword, bucket="account"),
        Route("POST", "/sessions/{id}/revoke", "End a session: one's own, or one of the area", ANYBODY, revoke),
        Route("GET", "/my/access", "What I can see and do", ANYBODY, city.access.of),
        Route("GET", "/my/sessions", "Where I am signed in", ANYBODY, lambda principal: sessions(principal, own_account(principal))),
        Route("GET", "/my/second-factor", "A fresh secret for an authenticator app", ANYBODY, fresh),
        Route("POST", "/my/second-factor", "Turn the second factor on", ANYBODY, factor_on, body=Factor),
        Route("POST", "/my/second-factor/remove", "Turn the second factor off", ANYBODY, factor_off, body=Code, bucket="account"),
    ]
