"""What every answer tells browsers about itself: what may run in our pages, and who may put them into others."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence

from flask import Flask, Response

from dashboard.settings import Basemap, Settings
from layouts.imports import IMPORTS

HTTPS_S = 365 * 86_400
MAPS = {"amap": "https://*.is.autonavi.com", "tianditu": "https://*.tianditu.gov.cn"}


def content_policy(basemap: Basemap, hashes: Sequence[str]) -> str:
    """The Content-Security-Policy (CSP 3) of every answer.

    Scripts: our own files, and the inline scripts whose hash we know (Dash's start, the import map): no `unsafe-inline`, no `unsafe-eval`.
    Styles stay `unsafe-inline`: Leaflet, MapLibre and Dash place things by style attributes. Workers from `blob:` are MapLibre's.
    """
    digest = base64.b64encode(hashlib.sha256(IMPORTS.encode()).digest()).decode()
    pictures = " ".join(filter(None, ("'self' data: blob:", _maps(basemap))))
    rules = {
        "default-src": "'self'",
        "script-src": " ".join(("'self'", *hashes, f"'sha256-{digest}'")),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": pictures,
        "media-src": "'self' blob:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _maps(basemap: Basemap) -> str:
    if basemap.kind == "xyz":
        host = re.match(r"https?://[^/]+", basemap.value)
        # a number or letter for each of several servers stands in braces
        return re.sub(r"\{\w+\}", "*", host[0]) if host else ""
    return MAPS.get(basemap.kind, "")


def install(server: Flask, settings: Settings, hashes: Sequence[str]) -> None:
    """Add the headers to every answer."""
    headers = {
        "Content-Security-Policy": content_policy(settings.basemap, hashes),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if settings.secure_cookies:
        headers["Strict-Transport-Security"] = f"max-age={HTTPS_S}"

    @server.after_request
    def add(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response
