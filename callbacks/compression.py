"""Compressed answers: the wall's scripts are two megabytes, a tablet's network is slow."""

from __future__ import annotations

from collections import OrderedDict

from dash.fingerprint import check_fingerprint
from flask import Flask, Response, g, request
from flask_compress import Compress

STATIC = ("/assets/", "/_dash-component-suites/")
KEPT = 300
KEPT_BYTES = 32 * 1024 * 1024


class _Kept:
    """Compressed files, kept by their validator; answers without one are compressed each time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    def get(self, key: str) -> bytes | None:
        return self._kept.get(key)

    def set(self, key: str, value: bytes) -> None:
        if key.endswith(";"):
            return
        self._bytes += len(value) - len(self._kept.pop(key, b""))
        self._kept[key] = value
        while len(self._kept) > KEPT or self._bytes > KEPT_BYTES:
            self._bytes -= len(self._kept.popitem(last=False)[1])


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
            # Neither the query nor the fingerprint in the path changes what the file is: a stranger may write any.
            path, _ = check_fingerprint(request.path)
            g.kept_as = f"{path} {validator or response.headers.get('Last-Modified', '')}"
        return response
