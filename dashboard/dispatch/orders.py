"""Orders 指令: previewed, sent, repeated, widened, called off, closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from dashboard.areas import Areas, scope_range
from dashboard.buckets import Buckets
from dashboard.clock import new_id
from dashboard.codes import end_of, staff_above
from dashboard.command import Commands, Work
from dashboard.desk import Desk
from dashboard.dispatch.ending import UPDATE, end
from dashboard.dispatch.moves import escalate
from dashboard.dispatch.policies import Policies, Priority
from dashboard.dispatch.recipients import Criteria, select
from dashboard.dispatch.sending import deliver
from dashboard.dispatch.states import UNANSWERED
from dashboard.errors import Refused
from dashboard.idempotency import ClientKey
from dashboard.identity import SYSTEM, Principal
from dashboard.positions import Positions
from dashboard.rows import Row, delivery_row, order_row
from dashboard.words import Line, Text
from datasources.models import Delivery, Order
from datasources.queries import dispatch as queries
from datasources.queries.units import Chosen

QUIET_BEFORE_CLOSING = timedelta(minutes=10)

MANY = 1000
"""An order to more people calls all of them by telephone when they are silent: few of those in some time."""


class NewOrder(BaseModel):
    """A new order. `expect` is the number of recipients that the sender confirmed."""

    model_config = ConfigDict(extra="forbid")

    key: ClientKey
    title: Line
    text: Text
    priority: Priority = "normal"
    deadline: AwareDatetime | None = None
    to: Criteria
    expect: int | None = Field(default=None, ge=1)
    kind: Literal["task", "check_in"] = "task"
    done_when: Literal["each", "any", "all", "n"] = Field(
        default="each", description="each for itself, or the whole order when any, all or `needed` of its recipients have done it"
    )
    needed: int | None = Field(default=None, ge=1, le=50_000)

    @model_validator(mode="after")
    def _rule(self) -> NewOrder:
        if (self.done_when == "n") != (self.needed is not None):
            raise ValueError("needed 只与 done_when n 同用 / needed goes with done_when n, and only with it")
        return self


class Orders:
    """Sends and steers orders."""

    def __init__(self, commands: Commands, areas: Areas, positions: Positions, policies: Policies, desk: Desk, buckets: Buckets) -> None:
        self._commands = commands
        self._buckets = buckets
        self._desk = desk
        self._policies = policies
        self._database = commands.database
        self._areas = areas
        self._positions = positions

    def preview(self, principal: Principal, criteria: Criteria, order_id: str | None = None) -> Row:
        """How many would get an order, and how many are left out because they are off duty. Who has the order `order_id` already does not
        count: it is about adding people to that one.
        """
        with self._database.read() as session:
            selection = select(session, principal, self._areas, self._positions, criteria)
            if order_id is not None:
                selection = replace(selection, chosen=_without_it(session, order_id, selection.chosen))
        return {
            "count": len(selection.chosen),
            "off_duty_left_out": selection.off_duty_left_out,
            "names": [one.name for one in selection.chosen[:8]],
        }

    def send(self, principal: Principal, new: NewOrder) -> Row:
        """Send an order; the same key again returns the order that it sent.

        Raises `no_recipients`, `recipients_changed` when not as many as expected are left, `invalid` for a
        deadline in the past, and what `select` raises.
        """
        self._buckets.take(principal, "order")
        with self._commands.transaction(principal) as work:
            work.claim(new.key)
            known = queries.order_by_key(work.session, new.key)
            if known is not None:
                principal.require("order", known.area_code)
                return order_row(known)
            if new.deadline is not None and new.deadline <= work.now:
                raise Refused("invalid", field="deadline", problem="必须晚于现在 / must be in the future")
            selection = select(work.session, principal, self._areas, self._positions, new.to)
            if not selection.chosen:
                raise Refused("no_recipients", field="to", off_duty=selection.off_duty_left_out)
            if len(selection.chosen) > MANY:
                self._buckets.take(principal, "order_to_many")
            if new.expect is not None and new.expect != len(selection.chosen):
                raise Refused("recipients_changed", field="expect", expected=new.expect, count=len(selection.chosen))
            if new.needed is not None and new.needed > len(selection.chosen):
                few = len(selection.chosen)
                problem = f"要求 {new.needed} 人完成，只有 {few} 人接收 / {new.needed} are to do it, {few} get it"
                raise Refused("invalid", field="needed", problem=problem)
            order = Order(
                id=new_id(),
                key=new.key,
                title=new.title,
                text=new.text,
                priority=new.priority,
                kind=new.kind,
                done_when=new.done_when,
                needed=new.needed,
                area_code=new.to.area,
                scope=principal.area_code or new.to.area,
                state="running",
                sender=principal.name,
                criteria=new.to.model_dump(mode="json"),
                sent_at=work.now,
                deadline=new.deadline,
                ended_at=None,
            )
            work.session.add(order)
            work.session.flush()
            payload = {"row": order_row(order), "place": self._areas.short_name(order.area_code), "count": len(selection.chosen)}
            work.record("order.send", order.area_code, order.id, payload)
            self._deliver(work, order, selection.chosen)
            return order_row(order)

    def _deliver(self, work: Work, order: Order, chosen: list[Chosen]) -> None:
        deliver(work, order, chosen, self._policies.book(work.session, order.priority))

    def add_recipients(self, principal: Principal, order_id: str, criteria: Criteria) -> int:
        """Send a running order to more units; those who have it already are left alone. Returns how many are new."""
        with self._commands.transaction(principal) as work:
            order = self._steered(work, order_id)
            selection = select(work.session, principal, self._areas, self._positions, criteria)
            fresh = _without_it(work.session, order.id, selection.chosen)
            if not fresh:
                raise Refused("no_recipients", field="to", off_duty=selection.off_duty_left_out)
            self._deliver(work, order, fresh)
            return len(fresh)

    def resend(self, principal: Principal, order_id: str) -> int:
        """Push a running order again to all who have not answered; returns how many."""
        with self._commands.transaction(principal) as work:
            order = self._steered(work, order_id)
            low, high = scope_range(principal.area_code)
            silent = queries.deliveries(work.session, [order.id], low, high, states=UNANSWERED, lock=True)
            if not silent:
                raise Refused("no_recipients", off_duty=0)
            for delivery in silent:
                delivery.sends += 1
            payload = {"order_id": order.id, "deliveries": [[d.id, d.unit_id] for d in silent], "row": order_row(order)}
            work.record("delivery.resend", order.area_code, order.id, payload)
            return len(silent)

    def call_off(self, principal: Principal, order_id: str) -> Row:
        """Take a running order back: deliveries that are not finished expire."""
        return self._end(principal, order_id, "called_off")

    def close(self, principal: Principal, order_id: str) -> Row:
        """End a running order whose purpose is reached: deliveries that are not finished expire."""
        return self._end(principal, order_id, "closed")

    def _end(self, principal: Principal, order_id: str, state: str) -> Row:
        with self._commands.transaction(principal) as work:
            order = self._steered(work, order_id)
            if not order.scope.startswith(principal.area_code):
                raise Refused("sent_from_above", title=order.title)
            end(work, self._areas, order, state)
            self._desk.clear(work, "escalation", order.id)
            return order_row(order)

    def _steered(self, work: Work, order_id: str) -> Order:
        order = work.session.get(Order, order_id, with_for_update=UPDATE)
        if order is None or not order.area_code.startswith(work.principal.area_code):
            raise Refused("not_found", what=order_id)
        work.principal.require("order", order.area_code)
        if order.state != "running":
            raise Refused("order_ended", state=order.state)
        return order

    def mark_late(self) -> int:
        """Mark deliveries without answer behind their order's deadline as escalated; returns how many."""
        marked = 0
        with self._database.read() as session:
            late = [o.id for o in queries.past_deadline(session, self._commands.clock())]
            if not self._silent(session, late):
                return 0
        with self._commands.transaction(SYSTEM) as work:
            for order_id in late:
                silent = self._silent(work.session, [order_id], lock=True)
                if silent:
                    order = work.session.get_one(Order, order_id)
                    escalate(work, self._desk, order.area_code, order, silent, self._areas.short_name(order.area_code))
                marked += len(silent)
        return marked

    def _silent(self, session: Session, order_ids: list[str], lock: bool = False) -> list[Delivery]:
        low, high = scope_range("")
        found = queries.deliveries(session, order_ids, low, high, states=UNANSWERED, lock=lock) if order_ids else []
        return [d for d in found if not d.escalated]

    def close_finished(self) -> int:
        """Close orders of which nothing is under way and nothing has come in for a while; returns how many."""
        with self._database.read() as session:
            before = self._commands.clock() - QUIET_BEFORE_CLOSING
            finished = [order.id for order in queries.finished_before(session, before)]
        for order_id in finished:
            self.close(SYSTEM, order_id)
        return len(finished)

    def get(self, principal: Principal, order_id: str) -> Row:
        """An order with its counts by state as the principal's area sees them. Raises `not_found`."""
        principal.require("see")
        low, high = scope_range(principal.area_code)
        with self._database.read() as session:
            order = session.get(Order, order_id)
            counts = queries.counts(session, [order_id], low, high).get(order_id)
            if order is None or (counts is None and not order.area_code.startswith(principal.area_code)):
                raise Refused("not_found", what=order_id)
            return {**order_row(order), "counts": counts or {}}

    def listed(self, principal: Principal, most: int, after: str) -> list[Row]:
        """A page of orders sent within the scope, newest first."""
        principal.require("see")
        low, high = scope_range(principal.area_code)
        with self._database.read() as session:
            found = queries.listed(session, low, high, most, after)
            counts = queries.counts(session, [o.id for o in found], low, high)
            return [{**order_row(order), "counts": counts.get(order.id, {})} for order in found]

    def deliveries(self, principal: Principal, order_id: str, area_code: str | None = None) -> list[Row]:
        """Deliveries of an order in scope."""
        self.get(principal, order_id)
        code = area_code or principal.area_code
        principal.require("see", code)
        low, high = scope_range(code)
        with self._database.read() as session:
            return [delivery_row(d) for d in queries.deliveries(session, [order_id], low, high, staff_above(code) if code else ())]

    def underway(self, principal: Principal, area_code: str, most: int, after: str) -> list[Row]:
        """A page of the deliveries that are under way in an area, by id: for gateways."""
        principal.require("relay", area_code)
        with self._database.read() as session:
            found = queries.underway_page(session, area_code, end_of(area_code), after, most)
            return [{**delivery_row(delivery), "kind": kind} for delivery, kind in found]


def _without_it(session: Session, order_id: str, chosen: list[Chosen]) -> list[Chosen]:
    """Those who do not have the order yet."""
    have = queries.holders(session, order_id)
    return [one for one in chosen if one.id not in have]
