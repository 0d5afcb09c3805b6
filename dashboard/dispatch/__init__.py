"""Dispatch: choosing recipients, sending and steering orders, taking answers."""
