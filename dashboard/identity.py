"""Who is asking, what their role lets them do, and where.

A principal has one role and one area; everything inside the area and nothing outside it. What a role
may do is the one table below; every route, callback and socket event names the permission it needs.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.codes import contains
from dashboard.errors import Refused

ROLES = ("commander", "officer", "leader", "unit", "admin")
"""Of people."""
CLIENT_ROLES = ("gateway", "reader", "metrics")
"""Of API clients that need less than a person: who brings positions and answers, who only looks, who asks how the program does."""

PERMISSIONS: dict[str, frozenset[str]] = {
    # see: the picture of the area; order: send and steer orders; ticket: assign, check and rate tickets;
    # warn: issue and cancel warnings; report: open a ticket; answer: own deliveries; relay: positions, answers
    # and duty of other units of the area (gateways, and officers by telephone); contact: read a telephone number (each
    # look is recorded); administer: accounts, imports; metrics: how the program does
    "commander": frozenset({"see", "order", "ticket", "warn", "report", "relay", "contact"}),
    "officer": frozenset({"see", "order", "ticket", "warn", "report", "relay", "contact"}),
    "leader": frozenset({"see", "order", "ticket", "report", "contact"}),
    "unit": frozenset({"report", "answer"}),
    "admin": frozenset({"see", "order", "ticket", "warn", "report", "relay", "contact", "administer", "metrics"}),
    "gateway": frozenset({"relay"}),
    "reader": frozenset({"see"}),
    "metrics": frozenset({"metrics"}),
}
ALL_PERMISSIONS = ("see", "contact", "report", "answer", "order", "ticket", "warn", "relay", "administer", "metrics")
"""Every permission, from looking to administering."""
DEVICE_PERMISSIONS = frozenset({"see"})


@dataclass(frozen=True)
class Principal:
    """Somebody or something that may ask: a person's session, a wall's device, or an API client."""

    token_id: str
    kind: str
    name: str
    role: str
    area_code: str
    account_id: str | None = None
    unit_id: str | None = None

    @property
    def actor(self) -> str:
        """How the change log names this principal."""
        return f"{self.kind}:{self.account_id or self.token_id}"

    def may(self, permission: str) -> bool:
        """Whether the role has a permission (a wall screen only ever looks)."""
        return permission in (DEVICE_PERMISSIONS if self.kind == "device" else PERMISSIONS[self.role])

    def require(self, permission: str, area_code: str | None = None) -> None:
        """Raise `Refused` unless the role has the permission and the area lies in the scope."""
        if not self.may(permission):
            raise Refused("forbidden", permission=permission)
        if area_code is not None and not contains(self.area_code, area_code):
            raise Refused("outside_scope", area=area_code)


SYSTEM = Principal(token_id="system", kind="system", name="system", role="admin", area_code="")
"""The clock and the command line: every area, and the log says that it was them."""

DEVICES = Principal(token_id="devices", kind="system", name="devices", role="admin", area_code="")
"""The units' devices, when many confirm at one moment that they hold an order; each step names its own device."""
