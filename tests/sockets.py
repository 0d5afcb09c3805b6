"""The Socket.IO client of the tests: messages one after the other, and patient when it comes back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import engineio
import socketio


class _InOrder(engineio.Client):
    """The library gives each message a thread of its own: on a busy machine they overtake each other, and a binary frame's header may be
    torn from its attachment."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self._hands = ThreadPoolExecutor(1)

    def _trigger_event(self, event: str, *args: Any, run_async: bool = False, **how: Any) -> Any:
        if run_async:
            return self._hands.submit(self.handlers[event], *args)
        return super()._trigger_event(event, *args, **how)


class Client(socketio.Client):
    """`wait_timeout` is a minute: the library's own tries to come back wait one second, which is none for a server that starts again."""

    def connect(self, *args: Any, **how: Any) -> Any:
        """See socketio."""
        return super().connect(*args, **{"wait_timeout": 60, **how})

    def _engineio_client_class(self) -> type:
        return _InOrder
