"""Who has to do with a delivery: the unit itself, a desk that may order in its area, somebody who may see its area."""

from __future__ import annotations

from dashboard.identity import Principal
from datasources.models import Delivery


def is_own(principal: Principal, delivery: Delivery) -> bool:
    """The unit that the delivery is for."""
    return principal.may("answer") and principal.unit_id is not None and delivery.unit_id == principal.unit_id


def is_within(principal: Principal, permission: str, delivery: Delivery) -> bool:
    """Somebody with this permission whose area holds the delivery."""
    return principal.may(permission) and delivery.area_code.startswith(principal.area_code)
