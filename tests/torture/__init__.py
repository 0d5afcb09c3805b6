"""Deliveries under fire: real processes, real sockets, kill -9, a network that is cut, and an auditor who reads everything afterwards."""
