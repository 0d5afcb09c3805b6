"""A real TCP server that answers HTTP as nobody should."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def server(answer: Callable[[socket.socket, threading.Event], None], tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """`answer` has the connection after the request's head; the event says that the test is over. Gives the address."""
    listener, over = socket.create_server(("127.0.0.1", 0), backlog=128), threading.Event()

    def serve(one: socket.socket) -> None:
        with one, suppress(OSError):
            one = tls.wrap_socket(one, server_side=True) if tls else one
            read = b""
            while b"\r\n\r\n" not in read:
                read += one.recv(65536)
            answer(one, over)

    def accept() -> None:
        with suppress(OSError):
            while True:
                one, _ = listener.accept()
                threading.Thread(target=serve, args=(one,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"{'https://localhost' if tls else 'http://127.0.0.1'}:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.close()
