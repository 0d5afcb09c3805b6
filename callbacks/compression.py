"""Compressed answers: the wall's scripts are two megabytes, a tablet's network is slow."""

from __future__ import annotations

import gzip
from collections import OrderedDict
from threading import Lock

from dash.fingerprint import check_fingerprint
from flask import Flask, Response, g, request
from flask_compress import Compress

from dashboard.offload import Offload

STATIC = ("/assets/", "/_dash-component-suites/")
LEVEL = 6
LARGE = 64 * 1024
"""Bytes that take longer than the loop should be held."""
TEXTS = ("application/json", "text/html")
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


def install(server: Flask, offload: Offload) -> None:
    """Compress texts with gzip, which browsers accept without TLS as well; large ones with `offload`, away from the event loop."""
    kept, one_at_a_time = _Kept(), Lock()
    server.config |= {
        "COMPRESS_ALGORITHM": ["gzip"],
        "COMPRESS_LEVEL": LEVEL,
        "COMPRESS_MIN_SIZE": 1400,
        "COMPRESS_STREAMS": False,
        "COMPRESS_CACHE_BACKEND": lambda: kept,
        "COMPRESS_CACHE_KEY": lambda _request: g.get("kept_as", ""),
    }
    Compress(server)

    def compressed(data: bytes) -> bytes:
        return bytes(offload(lambda: gzip.compress(data, LEVEL)))

    # Runs before the compression: a file is otherwise streamed, and streams are left as they are.
    @server.after_request
    def read_files(response: Response) -> Response:
        validator = response.get_etag()[0]
        if response.status_code != 200 or "gzip" not in request.headers.get("Accept-Encoding", ""):
            return response
        if request.path.startswith(STATIC):
            response.direct_passthrough = False
            data = response.get_data()
            # Neither the query nor the fingerprint in the path changes what the file is: a stranger may write any.
            path, _ = check_fingerprint(request.path)
            g.kept_as = f"{path} {validator or response.headers.get('Last-Modified', '')}"
            key = f"gzip;{g.kept_as}"
            if len(data) > LARGE:
                with one_at_a_time:  # of many who come for it at once, one has it compressed
                    if kept.get(key) is None:
                        kept.set(key, compressed(data))
        elif response.mimetype in TEXTS and not response.is_streamed and "Content-Encoding" not in response.headers:
            data = response.get_data()
            if len(data) > LARGE:
                response.set_data(compressed(data))
                response.headers["Content-Encoding"] = "gzip"
        return response
