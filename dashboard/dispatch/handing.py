"""Handing an order over to a colleague 转交."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from dashboard.areas import Areas
from dashboard.codes import LEVELS, end_of
from dashboard.command import Commands
from dashboard.dispatch.access import is_own, is_within
from dashboard.dispatch.answers import Answer, Answers
from dashboard.dispatch.ending import hold_order
from dashboard.dispatch.policies import Policies
from dashboard.dispatch.sending import deliver
from dashboard.dispatch.states import FINAL
from dashboard.errors import Refused
from dashboard.idempotency import ClientKey
from dashboard.identity import Principal
from dashboard.rows import Row, delivery_row
from datasources.models import Delivery, Order, Unit
from datasources.queries import dispatch as queries
from datasources.queries import units as unit_queries
from datasources.queries.units import Chosen

MOST_COLLEAGUES = 60


class HandOver(BaseModel):
    """To whom, and under which idempotency key."""

    model_config = ConfigDict(extra="forbid")

    key: ClientKey
    to: str = Field(min_length=1, max_length=36, description="id of the unit that takes over")


class Handing:
    """Hands deliveries over. The giver's ends as declined with a note that says to whom; the taker gets one of their own."""

    def __init__(self, commands: Commands, areas: Areas, answers: Answers, policies: Policies) -> None:
        self._commands = commands
        self._database = commands.database
        self._areas = areas
        self._answers = answers
        self._policies = policies

    def colleagues(self, principal: Principal, delivery_id: str) -> list[Row]:
        """Who could take over: on duty in the same community and without this order; id, name and roles only. Raises `not_found`."""
        with self._database.read() as session:
            delivery = session.get(Delivery, delivery_id)
            if delivery is None or not _may_hand_over(principal, delivery):
                raise Refused("not_found", what=delivery_id)
            have = {d.unit_id for d in queries.deliveries(session, [delivery.order_id], *_community(delivery))}
            found = unit_queries.covering(session, *_community(delivery), (), 2000)
            free = [unit for unit in found if unit.duty == "on_duty" and unit.id not in have]
            free.sort(key=lambda unit: (not unit.area_code.startswith(delivery.area_code), unit.number))
            shown = free[:MOST_COLLEAGUES]
            roles = unit_queries.roles_of(session, [unit.id for unit in shown])
            return [{"id": unit.id, "name": unit.name, "roles": roles.get(unit.id, [])} for unit in shown]

    def hand_over(self, principal: Principal, delivery_id: str, wanted: HandOver) -> Row:
        """The taker's delivery; the same key again returns it. Raises `not_found`, `unknown_unit`, `already_so`, `order_ended`.

        A unit gives to colleagues of its community, a desk to anybody of its area who is on duty.
        """
        with self._commands.transaction(principal) as work:
            work.claim(wanted.key)
            queries.hold_tickets(work.session, [delivery_id])
            hold_order(work, delivery_id)
            delivery = work.session.get(Delivery, delivery_id, with_for_update=True)
            if delivery is None or not _may_hand_over(principal, delivery):
                raise Refused("not_found", what=delivery_id)
            taken = queries.delivery_of(work.session, delivery.order_id, wanted.to)
            known = queries.step_by_key(work.session, wanted.key)
            if known is not None:
                if known.delivery_id != delivery.id or taken is None:
                    raise Refused("already_so", field="key", state=wanted.key)
                return delivery_row(taken)
            order = work.session.get_one(Order, delivery.order_id)
            if order.state != "running" or delivery.state in FINAL:
                raise Refused("order_ended", state=delivery.state if order.state == "running" else order.state)
            unit = work.session.get(Unit, wanted.to)
            if unit is None or unit.duty != "on_duty" or not unit.area_code.startswith(_reach(principal, delivery)):
                raise Refused("unknown_unit", field="to", unit=wanted.to)
            if taken is not None:
                raise Refused("already_so", field="to", state=taken.state)
            # The taker's comes first: an order of a team must not find itself finished in between.
            chosen = Chosen(unit.id, unit.number, unit.name, unit.area_code, unit.duty)
            deliver(
                work, order, [chosen], self._policies.book(work.session, order.priority), notes={chosen.id: f"{delivery.unit_name} 转交"}
            )
            work.session.flush()
            self._answers.move(work, delivery, Answer(key=wanted.key, state="declined", note=f"转交 {unit.name}"))
            made = queries.delivery_of(work.session, order.id, unit.id)
            assert made is not None
            return delivery_row(made)


def _community(delivery: Delivery) -> tuple[str, str]:
    code = delivery.area_code[: LEVELS["community"]]
    return code, end_of(code)


def _reach(principal: Principal, delivery: Delivery) -> str:
    return _community(delivery)[0] if is_own(principal, delivery) else principal.area_code


def _may_hand_over(principal: Principal, delivery: Delivery) -> bool:
    return is_own(principal, delivery) or is_within(principal, "order", delivery)
