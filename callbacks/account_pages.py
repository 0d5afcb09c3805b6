"""`/account` for everybody, `/accounts` for administrators: sessions, second factor, and what one can see, without the wall's scripts."""

from __future__ import annotations

from typing import Any, cast

from flask import Flask, Response, redirect, request

from callbacks.api.accounts import account_row, own_account, session_rows
from callbacks.web import language, page, principal, say, sentence
from dashboard import second_factor
from dashboard.city import City
from dashboard.errors import Refused
from datasources.models import Account
from layouts.account import Factor, Other, Own, account_page, accounts_page, other_page


def install(server: Flask, city: City) -> None:
    """Add the pages and their forms. The gate has looked at who asks, and at the origin of every form."""

    def own(refused: Refused | None = None, secret: str = "", problem: str = "", done: str = "") -> Response:
        asking = principal()
        factor, sessions, guessed = None, [], []
        if asking.account_id is not None:
            sessions = session_rows(city, asking, asking.account_id)
            guessed = city.accounts.guessed(asking.account_id)
            on = city.accounts.has_factor(asking)
            secret = "" if on else (secret or second_factor.new_secret())
            factor = Factor(on, secret, "" if on else second_factor.uri(secret, asking.name))
        view = Own(
            city.access.of(asking),
            sessions,
            factor,
            guessed,
            asking.kind == "session" and city.accounts.has_password(asking),
            problem or sentence(refused),
            done,
            asking.may("administer"),
        )
        return page(account_page(say, language(), view), 422 if problem else 200 if refused is None else refused.status)

    def other(account_id: str, refused: Refused | None = None, password: str = "") -> Response:
        access = city.access.of_account(principal(), account_id)
        sessions = session_rows(city, principal(), account_id)
        shown = other_page(say, language(), Other(account_id, access, sessions, sentence(refused), password))
        return page(shown, 200 if refused is None else refused.status)

    def back(to: str) -> Response:
        return cast(Response, redirect(to, 303))

    @server.get("/account")
    def my_account() -> Response:
        return own()

    @server.post("/account/sessions/<session_id>/revoke")
    def end_my_session(session_id: str) -> Response:
        city.accounts.revoke_session(principal(), session_id)
        return back("/account")

    @server.post("/account/factor")
    def turn_factor_on() -> Response:
        own_account(principal())
        secret = request.form.get("secret", "")
        try:
            city.accounts.set_factor(principal(), secret, request.form.get("code", "").strip())
        except Refused as refused:
            return own(refused, secret if second_factor.is_secret(secret) else "")
        return back("/account")

    @server.post("/account/factor/remove")
    def turn_factor_off() -> Response:
        own_account(principal())
        try:
            city.accounts.drop_factor(principal(), request.form.get("code", "").strip())
        except Refused as refused:
            return own(refused)
        return back("/account")

    @server.post("/account/password")
    def change_password() -> Response:
        own_account(principal())
        present, new, again = (request.form.get(name, "") for name in ("present", "new", "again"))
        if new != again:
            return own(problem=say("account.password_differs"))
        try:
            city.accounts.change_password(principal(), present, new, request.remote_addr or "")
        except Refused as refused:
            return own(refused)
        return own(done=say("account.password_changed"))

    @server.get("/accounts")
    def all_accounts() -> Response:
        def shown(account: Account) -> dict[str, Any]:
            return {**account_row(account), "place": city.areas.full_name(account.area_code)}

        return page(accounts_page(say, language(), [shown(one) for one in city.accounts.listed(principal())]))

    @server.get("/accounts/<account_id>")
    def one_account(account_id: str) -> Response:
        return other(account_id)

    @server.post("/accounts/<account_id>/sessions/<session_id>/revoke")
    def end_session_of(account_id: str, session_id: str) -> Response:
        principal().require("administer")
        city.accounts.revoke_session(principal(), session_id)
        return back(f"/accounts/{account_id}")

    @server.post("/accounts/<account_id>/password")
    def reset_password(account_id: str) -> Response:
        principal().require("administer")
        return other(account_id, password=city.accounts.reset_password(principal(), account_id))

    @server.post("/accounts/<account_id>/change")
    def change(account_id: str) -> Response:
        principal().require("administer")
        role, area = (request.form.get(name, "").strip() for name in ("role", "area"))
        try:
            city.accounts.change(principal(), account_id, role, area)
        except Refused as refused:
            return other(account_id, refused)
        return back(f"/accounts/{account_id}")

    @server.post("/accounts/<account_id>/state")
    def set_state(account_id: str) -> Response:
        principal().require("administer")
        try:
            city.accounts.set_active(principal(), account_id, request.form.get("active") == "1")
        except Refused as refused:
            return other(account_id, refused)
        return back(f"/accounts/{account_id}")
