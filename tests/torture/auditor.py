"""Reads the database and the phones' journals after a run, and counts what must not be."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.dispatch.states import STATES, allowed
from datasources.database import Database
from datasources.models import Change, Delivery, DeliveryStep, Order
from tests.torture.phone import Journal


@dataclass
class Audit:
    """Counts. The last four must be 0."""

    orders: int = 0
    deliveries: int = 0
    seen: int = 0
    """By a phone; the others were to people without one, or called off while theirs was away."""
    answers: int = 0
    lost: int = 0
    doubled: int = 0
    illegal: int = 0
    leaked: int = 0
    examples: list[str] = field(default_factory=list)

    def note(self, kind: str, example: str) -> None:
        """One more of a kind."""
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.examples) < 12:
            self.examples.append(f"{kind}: {example}")

    @property
    def clean(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.lost or self.doubled or self.illegal or self.leaked)

    def __str__(self) -> str:
        counts = f"{self.orders} orders, {self.deliveries} deliveries, {self.seen} seen by a phone, {self.answers} answers confirmed"
        faults = f"{self.lost} lost, {self.doubled} doubled, {self.illegal} illegal, {self.leaked} leaked"
        return "\n".join([f"{counts}: {faults}", *self.examples])


def audit(database: Database, order_keys: Sequence[str], called_off: Sequence[str], journals: Sequence[Journal], until: int) -> Audit:
    """`until`: the change up to which every phone was to have everything. `order_keys`: those whose sending was confirmed to the desk, or
    repeated until it was. `called_off`: ids whose end was confirmed.
    """
    found = Audit()
    with database.read() as session:
        orders = {order.id: order for order in session.scalars(select(Order))}
        deliveries = {d.id: d for d in session.scalars(select(Delivery))}
        steps: dict[str, list[DeliveryStep]] = defaultdict(list)
        for step in session.scalars(select(DeliveryStep)):
            steps[step.delivery_id].append(step)
        log = session.execute(select(Change.kind, Change.payload).where(Change.kind == "delivery.move").order_by(Change.seq)).all()
        seqs = list(session.scalars(select(Change.seq).order_by(Change.seq)))
    found.orders, found.deliveries = len(orders), len(deliveries)
    _orders(found, orders, order_keys)
    for order_id in called_off:
        if orders[order_id].state != "called_off":
            found.note("lost", f"order {order_id} was called off and is {orders[order_id].state}")
    if seqs != list(range(seqs[0], seqs[0] + len(seqs))):
        found.note("lost", "the change log has a gap")
    stored = {step.key: step for one in steps.values() for step in one}
    for journal in journals:
        _journal(found, journal, deliveries, stored)
    _reached(found, database, journals, until)
    _states(found, deliveries, steps)
    _log(found, deliveries, [payload for _, payload in log])
    return found


def _orders(found: Audit, orders: dict[str, Order], keys: Sequence[str]) -> None:
    times = Counter(order.key for order in orders.values())
    for key in keys:
        if times[key] == 0:
            found.note("lost", f"order {key}")
    for key, count in times.items():
        if count > 1:
            found.note("doubled", f"order {key}")


def _journal(found: Audit, journal: Journal, deliveries: dict[str, Delivery], stored: dict[str, DeliveryStep]) -> None:
    found.seen += len(journal.seen)
    for delivery_id in journal.seen:
        delivery = deliveries.get(delivery_id)
        if delivery is None:
            found.note("lost", f"{delivery_id} was seen by a phone and is not stored")
        elif delivery.unit_id != journal.unit_id:
            found.note("leaked", f"{delivery_id} to {journal.unit_id}")
    for delivery_id in journal.foreign:
        found.note("leaked", f"{delivery_id} to {journal.unit_id}")
    for key, (delivery_id, state) in journal.confirmed.items():
        found.answers += 1
        step = stored.get(key)
        if step is None:
            found.note("lost", f"answer {key} was confirmed and is not stored")
        elif (step.delivery_id, step.state) != (delivery_id, state):
            found.note("illegal", f"answer {key} is stored as {step.delivery_id} {step.state}")


def unseen(session: Session, journals: Sequence[Journal], until: int) -> list[Delivery]:
    """Sent up to this change, not called off, and not seen by any phone of its unit. What chores send after it may be on its way."""
    seen: dict[str, set[str]] = defaultdict(set)
    for journal in journals:
        seen[journal.unit_id] |= set(journal.seen)
    moves = session.scalars(select(Change.payload).where(Change.kind == "delivery.move", Change.seq <= until))
    sent = {line[0] for move in moves for line in move["deliveries"] if line[4] is None}
    held = session.scalars(select(Delivery).where(Delivery.state != "expired"))
    return [d for d in held if d.id in sent and d.unit_id in seen and d.id not in seen[d.unit_id]]


def _reached(found: Audit, database: Database, journals: Sequence[Journal], until: int) -> None:
    """Every order that was not called off reached every recipient that was online at the end, on one phone or another."""
    with database.read() as session:
        for delivery in unseen(session, journals, until):
            found.note("lost", f"{delivery.id} ({delivery.state}) never reached {delivery.unit_id}")


def _states(found: Audit, deliveries: dict[str, Delivery], steps: dict[str, list[DeliveryStep]]) -> None:
    """Each state was reached once, along allowed moves, and the delivery stands where its last step left it."""
    for delivery in deliveries.values():
        way = sorted(steps[delivery.id], key=lambda step: STATES.index(step.state))
        if len({step.state for step in way}) != len(way):
            found.note("doubled", f"{delivery.id}: {[step.state for step in way]}")
        at = "queued"
        for step in way:
            if not allowed(at, step.state):
                found.note("illegal", f"{delivery.id}: {at} → {step.state}")
            at = step.state
        if delivery.state not in (at, "expired"):
            found.note("illegal", f"{delivery.id} is {delivery.state}, its steps say {at}")


def _log(found: Audit, deliveries: dict[str, Delivery], moves: Sequence[dict[str, object]]) -> None:
    """The change log, read from the start, leads to the same states: what screens were told is what is stored."""
    at: dict[str, str | None] = {}
    for move in moves:
        for delivery_id, _, _, _, was in move["deliveries"]:  # type: ignore[attr-defined]
            if at.get(delivery_id) != was:
                found.note(
                    "doubled" if at.get(delivery_id) == move["to"] else "illegal", f"log: {delivery_id} {at.get(delivery_id)} ≠ {was}"
                )
            at[delivery_id] = str(move["to"])
    for delivery in deliveries.values():
        if at.get(delivery.id) != delivery.state:
            found.note("lost", f"log: {delivery.id} is {delivery.state}, told as {at.get(delivery.id)}")
