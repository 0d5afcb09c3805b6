"""The people of the matrix: each role in each relation to the place where the things lie."""

from __future__ import annotations

from dataclasses import dataclass

STAFF = ("commander", "officer", "leader", "admin")
ROLES = (*STAFF, "unit", "device", "nobody")
"""`device` is a wall's screen with an officer's role; `nobody` has no token."""

RELATIONS = ("own", "parent", "below", "sibling", "other city")
"""Where the person's area lies, seen from the things' community: the same, the street above, a grid inside it that does not hold
the things, a neighbouring community, another city."""

INSIDE = ("own", "parent")
"""Whose area holds the things."""


@dataclass(frozen=True)
class Person:
    """Somebody who tries. `unit` is their own field unit, or empty."""

    role: str
    relation: str
    area: str
    token: str
    unit: str = ""

    @property
    def inside(self) -> bool:
        """Whether the things lie in this person's scope: for a unit, whether they are its own."""
        return self.relation == "own" if self.role == "unit" else self.relation in INSIDE

    def __str__(self) -> str:
        return f"{self.role}, {self.relation}"
