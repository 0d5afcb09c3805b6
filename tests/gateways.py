"""A real HTTP server that plays a message gateway or a push service: it answers as a test tells it, and keeps what came."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ACCEPTED = (200, {}, b'{"id": "gw-1", "status": "accepted"}')


@dataclass
class Gateway:
    """`answers`: what to say next, (status, headers, body) or seconds of silence; then every request is accepted."""

    address: str = ""
    answers: deque[Any] = field(default_factory=deque)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.requests]


@contextmanager
def gateway() -> Iterator[Gateway]:
    """On a free port, until the block ends."""
    state = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.requests.append((dict(self.headers), body))
            answer = state.answers.popleft() if state.answers else ACCEPTED
            if isinstance(answer, (int, float)):
                time.sleep(answer)
                answer = ACCEPTED
            status, headers, said = answer
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(said))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
