"""What somebody can see and do: the role's permissions and the size of the area, as the services apply them."""

from __future__ import annotations

from typing import Any

from dashboard.areas import Areas, scope_range
from dashboard.errors import Refused
from dashboard.identity import ALL_PERMISSIONS, Principal
from datasources.database import Database
from datasources.models import Account
from datasources.queries import areas as area_queries
from datasources.queries import tickets, units, video


class Access:
    """Answers "what can this person see?"."""

    def __init__(self, database: Database, areas: Areas) -> None:
        self._database = database
        self._areas = areas

    def of_account(self, principal: Principal, account_id: str) -> dict[str, Any]:
        """For an administrator: the access of an account within their area. Raises `forbidden`, `not_found`."""
        principal.require("administer")
        with self._database.read() as session:
            account = session.get(Account, account_id)
        if account is None or not account.area_code.startswith(principal.area_code):
            raise Refused("not_found", what=account_id)
        holder = Principal("", "session", account.name, account.role, account.area_code, account.id, account.unit_id)
        return {"login": account.login, "active": account.active, **self.of(holder)}

    def of(self, principal: Principal) -> dict[str, Any]:
        """Role, area, each permission with yes or no, and how much lies in the area that is seen."""
        sees = principal.may("see")
        counts: dict[str, int] = {}
        if sees:
            low, high = scope_range(principal.area_code)
            with self._database.read() as session:
                counts = dict(area_queries.count_by_level(session, low, high))
                counts["units"] = sum(count for _, count, _ in units.count_by_area(session, low, high))
                counts["video"] = sum(count for _, count, _ in video.count_by_area(session, low, high))
                counts["tickets"] = sum(count for _, count, _ in tickets.count_by_area(session, low, high))
        return {
            "name": principal.name,
            "kind": principal.kind,
            "role": principal.role,
            "area": principal.area_code,
            "place": self._areas.full_name(principal.area_code) if principal.area_code else "",
            "permissions": {permission: principal.may(permission) for permission in ALL_PERMISSIONS},
            "sees": counts,
        }
