"""Signing in and out: by password and second factor, with a wall's device token, or at an OpenID Connect provider."""

from __future__ import annotations

import logging
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client.errors import OAuthError
from flask import Flask, Response, redirect, request
from flask import session as flask_session
from itsdangerous import BadData, URLSafeTimedSerializer
from joserfc.errors import JoseError

from callbacks.provider import Registry
from callbacks.web import COOKIE, PREFERENCE_LIFE_S, check_origin, language, page, principal, say, sentence
from dashboard import second_factor
from dashboard.accounts import DEVICE_LIFE, SESSION_LIFE, Issued
from dashboard.city import City
from dashboard.errors import Refused
from dashboard.invitations import FIELD, MOST, Invitations
from dashboard.known_browsers import KnownBrowsers
from layouts.signin import SignIn, signin_page

log = logging.getLogger(__name__)

ENDED = ("token_revoked", "token_expired")
"""How a session may have ended: whoever comes from it is told."""
HALF_LIFE_S = 300
"""So long the code may come after the password."""
KNOWN = "yiping_known"


def install(server: Flask, city: City) -> None:
    """Add the routes."""
    halves = URLSafeTimedSerializer(city.secret_for("second step"))
    known = KnownBrowsers(city.secret_for("known browser"))
    invitations = Invitations(city.secret_for("invitation"))
    oidc = city.settings.oidc

    def shown(target: str, refused: Refused | None = None, login: str = "", half: str = "") -> Response:
        view = SignIn(target, sentence(refused), login, half, oidc.name if oidc else "")
        return page(signin_page(say, language(), view), 200 if refused is None else refused.status)

    def entered(secret: str, life_s: float, target: str) -> Response:
        if city.accounts.principal(secret, request.remote_addr or "").role == "unit" and target == "/":
            target = "/unit"
        answer = cast(Response, redirect(target))
        answer.set_cookie(COOKIE, secret, max_age=int(life_s), httponly=True, samesite="Lax", secure=city.settings.secure_cookies)
        return answer

    def session(issued: Issued, target: str, login: str = "") -> Response:
        # somebody who has the password has tried codes: its owner must see that before anything else
        answer = entered(issued.secret, SESSION_LIFE.total_seconds(), "/account" if issued.guessed else target)
        if login:
            cookie = known.remembering(request.cookies.get(KNOWN, ""), login)
            secure = city.settings.secure_cookies
            answer.set_cookie(KNOWN, cookie, max_age=PREFERENCE_LIFE_S, httponly=True, samesite="Lax", secure=secure, path="/signin")
        return answer

    @server.get("/signin")
    def signin() -> Response:
        why = request.args.get("why")
        answer = shown(local(request.args.get("next")), Refused(why) if why in ENDED else None)
        answer.status_code = 200  # nothing was asked that could be refused: it only says how the session before has ended
        return answer

    @server.post("/signin")
    def sign_in() -> Response:
        check_origin()
        if any("\0" in value for value in request.form.values()):
            raise Refused("malformed", problem="U+0000")
        target, peer, agent = local(request.form.get("next")), request.remote_addr or "", request.headers.get("User-Agent", "")
        device, half = request.form.get("device", "").strip(), request.form.get("half", "")
        login, code = (request.form.get(name, "").strip() for name in ("login", "code"))
        try:
            if device:
                if city.accounts.principal(device, peer).kind != "device":
                    raise Refused("unauthenticated")
                return entered(device, DEVICE_LIFE.total_seconds(), target)
            if half:
                login = half_login(half)
                return session(city.accounts.sign_in_with_code(login, code, peer, agent, browser_of(login)), target, login)
            password = request.form.get("password", "")
            return session(city.accounts.sign_in(login, password, peer, code, agent, browser_of(login)), target, login)
        except Refused as refused:
            if refused.code == "code_needed":
                half = halves.dumps([login, city.accounts.codes_round(login)])
            answer = shown(target, refused, login, half if refused.code in ("code_needed", "wrong_code") else "")
            if refused.retry_after is not None:
                answer.headers["Retry-After"] = str(refused.retry_after)
            return answer

    def browser_of(login: str) -> str:
        return known.of(request.cookies.get(KNOWN, ""), login)

    def half_login(half: str) -> str:
        try:
            login, codes_round = halves.loads(half, max_age=HALF_LIFE_S)
        except (BadData, TypeError, ValueError):
            raise Refused("token_expired") from None
        if city.accounts.codes_round(login) != codes_round:
            raise Refused("token_expired")  # ten codes were wrong: the password is asked for again
        return str(login)

    @server.post("/signout")
    def sign_out() -> Response:
        if principal().kind == "session":
            city.accounts.revoke(principal().token_id, principal())
        answer = cast(Response, redirect("/signin"))
        answer.delete_cookie(COOKIE)
        return answer

    if oidc is None:
        return
    server.secret_key = city.secret_for("oidc state")
    server.config.update(SESSION_COOKIE_NAME="yiping_oidc", SESSION_COOKIE_SAMESITE="Lax")
    server.config["SESSION_COOKIE_SECURE"] = city.settings.secure_cookies
    registry = Registry(server)
    provider: Any = registry.register(
        "provider",
        client_id=oidc.client_id,
        client_secret=oidc.client_secret,
        server_metadata_url=f"{oidc.issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"},
    )

    @server.get("/signin/elsewhere")
    def elsewhere() -> Response:
        flask_session[FIELD] = request.args.get(FIELD, "")[:MOST]
        try:
            return cast(Response, provider.authorize_redirect(f"{request.url_root.rstrip('/')}/signin/returned"))
        except (requests.RequestException, OAuthError, ValueError) as error:
            log.warning("the OIDC provider cannot be reached: %s", error)
            return shown("/", Refused("provider_away"))

    @server.get("/signin/returned")
    def returned() -> Response:
        try:
            token = provider.authorize_access_token()
            person = token["userinfo"]
            agent, invited = request.headers.get("User-Agent", ""), invitations.account(flask_session.pop(FIELD, ""))
            strong = second_factor.is_strong(person.get("amr"), person.get("acr"), oidc.strong)
            issued = city.accounts.sign_in_elsewhere(str(person["sub"]), request.remote_addr or "", agent, invited, strong)
        except Refused as refused:
            return shown("/", refused)
        except (OAuthError, JoseError, requests.RequestException, KeyError, ValueError) as error:
            log.warning("signing in at the OIDC provider failed: %s", error)
            return shown("/", Refused("provider_refused"))
        return session(issued, "/")


def local(target: str | None) -> str:
    """A path of this site, never another site: `/` for anything else."""
    parts = urlsplit(target or "/")
    bad = parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith(("//", "/\\"))
    return "/" if bad else parts.path + (f"?{parts.query}" if parts.query else "")
