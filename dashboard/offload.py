"""Running something slow away from the event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Offload = Callable[[Callable[[], Any]], Any]
"""Runs a function in a real thread while the loop goes on; gives its result, or raises what it raised."""
