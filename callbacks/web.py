"""What every request passes: who is asking, where the request comes from, one shape for every error."""

from __future__ import annotations

from typing import Any, TypeVar, cast
from urllib.parse import quote, urlsplit

from flask import Flask, Response, g, redirect, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from callbacks import problems
from callbacks.shares import PATIENCE_S, Shares
from dashboard.accounts import Accounts
from dashboard.buckets import Buckets
from dashboard.catalogue import LANGUAGES, text
from dashboard.errors import BETWEEN, Refused
from dashboard.identity import Principal
from datasources.serialising import dumps, loads

M = TypeVar("M", bound=BaseModel)

COOKIE = "yiping_session"
LANGUAGE_COOKIE = "yiping_language"
ESCAPED_NUL = rb"\u0000"
"""JSON has no other way to write it; it may also be the end of an escaped backslash."""
MOST_BYTES = 12 * 1024 * 1024
PREFERENCE_LIFE_S = 400 * 86_400
PUBLIC = (
    "/signin",
    "/readyz",
    "/healthz",
    "/assets/",
    "/catalogue/",
    "/language/",
    "/_dash-component-suites/",
    "/_favicon.ico",
    "/api/v1/openapi.json",
    "/sw.js",
    "/manifest.webmanifest",
)
SIGNS_OF_LIFE = ("/readyz", "/healthz")
"""Whoever asks for them takes silence for death."""
PAGES = ("/", "/unit")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(self)",
}


def json_response(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(dumps(value), status, mimetype="application/json")


def refused_answer(error: Refused) -> Response:
    """A refusal as an answer."""
    answer = json_response(error.as_dict(), error.status)
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def page(html: str, status: int = 200) -> Response:
    """A plain page that nobody keeps."""
    return Response(html, status, mimetype="text/html", headers={"Cache-Control": "no-store"})


def privately(answer: Response) -> Response:
    """An answer that only the asker's own browser may keep, no cache in between."""
    answer.cache_control.public = False
    answer.cache_control.private = True
    return answer


def principal() -> Principal:
    """Who asks; only inside a request that has passed the gate."""
    return cast(Principal, g.principal)


def language() -> str:
    """The language of this browser: zh unless the person chose otherwise."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, LANGUAGES[0])
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


def say(key: str) -> str:
    """A sentence of the catalogue in the language of this browser."""
    return text(key, language())


def sentence(refused: Refused | None) -> str:
    """What is said of a refusal in that language; nothing when there is none."""
    return "" if refused is None else (refused.zh if language() == "zh" else refused.en)


def secret_of(headers: Any, cookies: Any) -> str:
    """The bearer secret of a request, or else the one in its cookie; empty when there is none."""
    scheme, _, value = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return str(value.strip())
    return str(cookies.get(COOKIE, ""))


def known_to(accounts: Accounts, headers: Any, cookies: Any, peer: str) -> Principal | None:
    """Who asks, where they need not say so; None for a stranger."""
    secret = secret_of(headers, cookies)
    try:
        return accounts.principal(secret, peer) if secret else None
    except Refused:
        return None


def install_gate(server: Flask, accounts: Accounts, buckets: Buckets, shares: Shares) -> None:
    """Let nobody pass who is not known, and answer every refusal in the same form."""
    server.config["MAX_CONTENT_LENGTH"] = MOST_BYTES

    def asking() -> Principal:
        return accounts.principal(secret_of(request.headers, request.cookies), request.remote_addr or "")

    @server.before_request
    def gate() -> Response | None:
        if "\0" in request.path or "%00" in request.query_string.decode("latin-1"):
            raise Refused("malformed", problem="U+0000")
        if request.path.startswith(PUBLIC):
            if request.path not in SIGNS_OF_LIFE:
                known = known_to(accounts, request.headers, request.cookies, request.remote_addr or "")
                if known is None:
                    shares.enter_unknown(request.remote_addr or "")
                else:
                    shares.enter_for_files(known)
            return None
        try:
            g.principal = asking()
        except Refused as refused:
            shares.enter_unknown(request.remote_addr or "")
            if request.path in PAGES and request.method == "GET":
                why = "" if refused.code == "unauthenticated" else f"&why={refused.code}"
                return cast(Response, redirect(f"/signin?next={quote(request.full_path.rstrip('?'), safe='')}{why}"))
            raise refused
        check_origin()
        if shares.enter(g.principal, PATIENCE_S):
            g.principal = asking()  # their token may have been taken back meanwhile
        if not request.path.startswith("/api/"):  # routes of the interface say for themselves what they are
            buckets.take(g.principal, "read" if request.method == "GET" or request.path.startswith("/_dash") else "change")
        return None

    @server.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.path.startswith("/api/") or request.path in PAGES:
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    server.register_error_handler(Refused, refused_answer)

    @server.errorhandler(RequestEntityTooLarge)
    def too_large(_error: RequestEntityTooLarge) -> Response:
        return refused_answer(Refused("too_large", limit=f"{MOST_BYTES // 1024 // 1024} MB"))

    @server.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        known = {404: Refused("not_found", what=request.path), 405: Refused("method_not_allowed", method=request.method)}
        broken = Refused("unavailable") if (error.code or 500) >= 500 else Refused("malformed", problem=error.name)
        return refused_answer(known.get(error.code or 0) or broken)


def check_origin() -> None:
    """Refuse changes that another site makes with this browser's cookie (CSRF). Bearer clients are not browsers."""
    if request.method in ("GET", "HEAD", "OPTIONS") or request.headers.get("Authorization", "").lower().startswith("bearer "):
        return
    if urlsplit(request.headers.get("Origin", "")).netloc != request.host:
        raise Refused("foreign_origin", origin=request.headers.get("Origin", "—"))


def parsed(model: type[M], value: Any) -> M:
    """`value` as a model; raises `Refused("invalid")` that names the first field that is not as wanted."""
    _refuse_nul(value)
    return validated(model, value)


def validated(model: type[M], value: Any) -> M:
    """The same for the JSON of a request, in which `json_body` has already looked for U+0000."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise refusal_of(error) from None


def _refuse_nul(value: Any) -> None:
    """PostgreSQL cannot store U+0000, and nobody means it."""
    try:
        found = _has_nul(value)
    except RecursionError:
        raise Refused("malformed", problem="JSON") from None
    if found:
        raise Refused("malformed", problem="U+0000")


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_has_nul, value))


def refusal_of(error: ValidationError) -> Refused:
    """What is said of the first field that is not as wanted; JSON that cannot be read is `malformed`."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "json_invalid":
        return Refused("malformed", problem="JSON")
    field = ".".join(str(part) for part in first["loc"]) or "body"
    zh, _, en = problems.sentence(dict(first)).partition(BETWEEN)
    return Refused("invalid", field=field, problem=f"{field}：{zh}{BETWEEN}{field}: {en or zh}")


def json_body(most_bytes: int) -> Any:
    """The JSON of the request. Raises `too_large`, `malformed`."""
    if (request.content_length or 0) > most_bytes:
        raise Refused("too_large", limit=f"{most_bytes // 1024} kB")
    request.max_content_length = most_bytes + 1  # a body in chunks does not say beforehand how long it is: no more is read
    data = request.get_data()
    if len(data) > most_bytes:
        raise Refused("too_large", limit=f"{most_bytes // 1024} kB")
    try:
        value = loads(data)
    except (ValueError, RecursionError):
        raise Refused("malformed", problem="JSON") from None
    if ESCAPED_NUL in data:
        _refuse_nul(value)  # rare: a list of two thousand positions is not walked through for nothing
    return value
