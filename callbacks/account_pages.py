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
from layouts.account import Factor, account_page, accounts_page, other_page


def install(server: Flask, city: City) -> None:
    """Add the pages and their forms. The gate has looked at who asks, and at the origin of every form."""

    def own(refused: Refused | None = None, secret: str = "") -> Response:
        asking = principal()
        factor, sessions = None, []
        if asking.account_id is not None:
            sessions = session_rows(city, asking, asking.account_id)
            on = city.accounts.has_factor(asking)
            secret = "" if on else (secret or second_factor.new_secret())
            factor = Factor(on, secret, "" if on else second_factor.uri(secret, asking.name))
        shown = account_page(say, language(), city.access.of(asking), sessions, factor, sentence(refused), asking.may("administer"))
        return page(shown, 200 if refused is None else refused.status)

    def other(account_id: str, refused: Refused | None = None) -> Response:
        access = city.access.of_account(principal(), account_id)
        shown = other_page(say, language(), account_id, access, session_rows(city, principal(), account_id), sentence(refused))
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

    @server.post("/accounts/<account_id>/state")
    def set_state(account_id: str) -> Response:
        principal().require("administer")
        try:
            city.accounts.set_active(principal(), account_id, request.form.get("active") == "1")
        except Refused as refused:
            return other(account_id, refused)
        return back(f"/accounts/{account_id}")
