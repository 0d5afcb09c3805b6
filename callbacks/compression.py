"""Compressed answers: the wall's scripts are two megabytes, a tablet's network is slow."""

from __future__ import annotations

from collections import OrderedDict

from flask import Flask, Response, g, request
from flask_compress import Compress

STATIC = ("/assets/", "/_dash-component-suites/")
KEPT = 300


class _Kept:
    """Compressed files, kept by their validator; answers without one are compressed each time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def get(self, key: str) -> bytes | None:
        return self._kept.get(key)

    def set(self, key: str, value: bytes) -> None:
        if key.endswith(";"):
            return
        self._kept[key] = value
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)


def install(server: Flask) -> None:
    """Compress texts with gzip, which browsers accept without TLS as well."""
    server.config |= {
        "COMPRESS_ALGORITHM": ["gzip"],
        "COMPRESS_LEVEL": 6,
        "COMPRESS_MIN_SIZE": 1400,
        "COMPRESS_STREAMS": False,
        "COMPRESS_CACHE_BACKEND": _Kept,
        "COMPRESS_CACHE_KEY": lambda _request: g.get("kept_as", ""),
    }
    Compress(server)

    # Runs before the compression: a file is otherwise streamed, and streams are left as they are.
    @server.after_request
    def read_files(response: Response) -> Response:
        validator = response.get_etag()[0]
        if request.path.startswith(STATIC) and response.status_code == 200 and "gzip" in request.headers.get("Accept-Encoding", ""):
            response.direct_passthrough = False
            response.get_data()
            g.kept_as = f"{request.path}?{request.query_string.decode()} {validator or response.headers.get('Last-Modified', '')}"
        return response
