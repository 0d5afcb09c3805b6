"""The simulator: a program of its own that lives in the city through its public interfaces only.

It imports nothing of the rest of the project (held by a test), so that whatever it does, a stranger's
client can do too.
"""
