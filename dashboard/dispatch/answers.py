"""Answers: what a unit says to an order, at least once on the wire, exactly once in effect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from dashboard.areas import Areas
from dashboard.command import Commands, Work
from dashboard.dispatch.access import is_own, is_within
from dashboard.dispatch.ending import end_when_enough
from dashboard.dispatch.moves import Move, record_moves
from dashboard.dispatch.states import HELP, STATES, allowed, reached, waits
from dashboard.errors import Refused
from dashboard.gathering import Gatherer, all_or_each
from dashboard.idempotency import ClientKey, own_key
from dashboard.identity import DEVICES, Principal
from dashboard.photos import Photos
from dashboard.rows import Row, delivery_row, order_row
from datasources.models import Delivery, DeliveryStep, Order
from datasources.queries import desk, messages
from datasources.queries import dispatch as queries
from datasources.serialising import iso

OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No clock of a phone is older than that."""
BY_PHONE = "电话叫应"
"""The note of a step that the desk marked after a telephone call."""


class Answer(BaseModel):
    """One answer. `at` is the time of the tap on the unit's own clock; the time of arrival is kept beside it."""

    model_config = ConfigDict(extra="forbid")

    key: ClientKey
    state: Literal["delivered", "acknowledged", "en_route", "arrived", "done", "declined", "help"]
    at: AwareDatetime | None = Field(default=None, ge=OLDEST)
    lon: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)
    note: str = Field(default="", max_length=1000)
    photo_id: str | None = Field(default=None, max_length=36, description="what was photographed at the end")


Listener = Callable[[Work, Delivery, Answer], None]
"""Hears of each answer inside its transaction, after the delivery has moved."""


class Answers:
    """Takes answers and tells a unit what it has to do."""

    def __init__(self, commands: Commands, areas: Areas, photos: Photos) -> None:
        self._commands = commands
        self._photos = photos
        self._listeners: list[Listener] = []
        self._database = commands.database
        self._areas = areas
        self._answers: Gatherer[tuple[Principal, str, Answer], Row] = Gatherer(self._take_all)
        self._receipts: Gatherer[tuple[Principal, list[str]], int] = Gatherer(self._note)

    def answer(self, principal: Principal, delivery_id: str, answer: Answer) -> Row:
        """Move a delivery. The same key again changes nothing and returns the delivery as it is now.

        Raises `not_found` (foreign deliveries included), `order_ended`, `already_so` for a repeated answer
        under another key, `not_allowed_now` for one out of order.
        """
        if answer.photo_id is not None and not self._photos.owned_by(principal, answer.photo_id):
            raise Refused("not_found", field="photo_id", what=answer.photo_id)
        return self._answers.submit((principal, delivery_id, answer))

    def listen(self, listener: Listener) -> None:
        """Hear of each answer."""
        self._listeners.append(listener)

    def _take_all(self, given: list[tuple[Principal, str, Answer]]) -> Sequence[Row | Exception]:
        return all_or_each(self._take, given)

    def _take(self, given: Sequence[tuple[Principal, str, Answer]]) -> Sequence[Row | Exception]:
        """Answers that came at the same moment, in one transaction: after a cut thousands of phones send what they kept."""
        with self._commands.transaction(DEVICES) as work:
            for key in sorted({answer.key for _, _, answer in given}):  # in one order, or two workers would wait for each other
                work.claim(key)
            deliveries, _orders = queries.hold_for_answers(work.session, sorted({delivery_id for _, delivery_id, _ in given}))
            stored = queries.steps_by_key(work.session, [answer.key for _, _, answer in given])
            results: list[Row | Exception] = []
            for principal, delivery_id, answer in given:
                try:
                    delivery = deliveries.get(delivery_id)
                    if delivery is None or not _may_answer(principal, delivery):
                        raise Refused("not_found", what=delivery_id)
                    if self._is_new(work, delivery, answer, stored):
                        self.move(work.by(principal), delivery, answer)
                        stored[answer.key] = delivery_id, answer.state
                        self._see_end(work, delivery, deliveries.values())
                    results.append(delivery_row(delivery))
                except Refused as refused:
                    results.append(refused)
            return results

    def _see_end(self, work: Work, last: Delivery, held: Iterable[Delivery]) -> None:
        """When this answer has ended the order of a team, what was held of the rest has expired."""
        if last.state in ("done", "declined", HELP) and work.session.get_one(Order, last.order_id).state != "running":
            for delivery in held:
                if delivery.order_id == last.order_id:
                    work.session.refresh(delivery)

    def _is_new(self, work: Work, delivery: Delivery, answer: Answer, stored: dict[str, tuple[str, str]]) -> bool:
        """Whether it is still to be taken; False for the same answer once more. Raises as `answer` says."""
        if answer.key in stored:
            if stored[answer.key] != (delivery.id, answer.state):
                raise Refused("already_so", field="key", state=answer.key)
            return False
        if delivery.state == "expired":
            raise Refused("order_ended", state=work.session.get_one(Order, delivery.order_id).state)
        if reached(delivery.state, answer.state):
            raise Refused("already_so", field="state", state=delivery.state)
        if not allowed(delivery.state, answer.state, work.session.get_one(Order, delivery.order_id).kind):
            raise Refused("not_allowed_now", field="state", action=answer.state, state=delivery.state)
        return True

    def by_phone(self, principal: Principal, delivery_id: str, key: str) -> Row:
        """Mark that the desk has reached somebody by telephone: counts as acknowledged, and the step says by whom.

        Raises `not_found`, `order_ended`, `already_so` for somebody who has answered meanwhile.
        """
        with self._commands.transaction(principal) as work:
            work.claim(key)
            deliveries, _orders = queries.hold_for_answers(work.session, [delivery_id])
            delivery = deliveries.get(delivery_id)
            if delivery is None or not is_within(principal, "order", delivery):
                raise Refused("not_found", what=delivery_id)
            known = queries.step_by_key(work.session, key)
            if known is not None:
                if (known.delivery_id, known.actor) != (delivery_id, principal.actor):
                    raise Refused("already_so", field="key", state=key)
                return delivery_row(delivery)
            if delivery.state == "expired":
                raise Refused("order_ended", state=work.session.get_one(Order, delivery.order_id).state)
            if not waits(delivery.state):
                raise Refused("already_so", field="state", state=delivery.state)
            self.move(work, delivery, Answer(key=key, state="acknowledged", note=BY_PHONE))
            return delivery_row(delivery)

    def move(self, work: Work, delivery: Delivery, answer: Answer) -> None:
        """Take an answer that is allowed, in a transaction that holds the delivery."""
        tapped = min(answer.at or work.now, work.now)  # a clock that runs ahead must not date an answer into the future
        place = {"lon": answer.lon, "lat": answer.lat}
        if delivery.state == "queued" and answer.state != "delivered":
            self._store(work, delivery, "delivered", own_key(delivery.id, "delivered"), tapped, place, "")
        self._store(work, delivery, answer.state, answer.key, tapped, place, answer.note, answer.photo_id)
        if answer.state == "acknowledged" and work.session.get_one(Order, delivery.order_id).kind == "check_in":
            self._store(work, delivery, "done", own_key(delivery.id, "done"), tapped, place, "")  # one tap is all that was asked
        for listener in self._listeners:
            listener(work, delivery, answer)

    def _store(
        self,
        work: Work,
        delivery: Delivery,
        state: str,
        key: str,
        tapped: datetime,
        place: dict[str, float | None],
        note: str,
        photo_id: str | None = None,
    ) -> None:
        was, delivery.state = delivery.state, state
        if not waits(state):
            delivery.call_at = None
        delivery.times = {**delivery.times, state: iso(tapped)}
        if note:
            delivery.note = note
        work.session.add(
            DeliveryStep(
                key=key,
                delivery_id=delivery.id,
                state=state,
                actor=work.principal.actor,
                tapped_at=tapped,
                arrived_at=work.now,
                lon=place["lon"],
                lat=place["lat"],
                note=note,
                photo_id=photo_id,
            )
        )
        move = Move(delivery.id, delivery.unit_id, delivery.unit_name, delivery.area_code, was)
        extra = {"note": note, "place": self._areas.short_name(delivery.area_code)}
        record_moves(work, delivery.order_id, state, [move], tapped, extra)
        if state in ("done", "declined", HELP):
            end_when_enough(work, self._areas, delivery.order_id)

    def received(self, principal: Principal, delivery_ids: list[str]) -> int:
        """Note that the unit's device holds these deliveries; returns how many were new. Foreign ones are refused.

        When thousands of devices receive an order at the same moment, they are noted together.
        """
        return self._receipts.submit((principal, delivery_ids))

    def _note(self, receipts: list[tuple[Principal, list[str]]]) -> Sequence[int | Exception]:
        wanted = sorted({delivery_id for _, ids in receipts for delivery_id in ids})
        results: list[int | Exception] = []
        moves: dict[str, list[Move]] = defaultdict(list)
        steps: list[dict[str, object]] = []
        with self._commands.transaction(DEVICES) as work:
            known = queries.deliveries_by_id(work.session, wanted)
            for principal, ids in receipts:
                foreign = next((i for i in ids if i not in known or not _may_answer(principal, known[i])), None)
                if foreign is not None:
                    results.append(Refused("not_found", what=foreign))
                    continue
                fresh = [known[i] for i in dict.fromkeys(ids) if known[i].state == "queued"]
                for delivery in fresh:
                    delivery.state = "delivered"
                    moves[delivery.order_id].append(Move(delivery.id, delivery.unit_id, delivery.unit_name, delivery.area_code, "queued"))
                    steps.append(
                        {
                            "key": own_key(delivery.id, "delivered"),
                            "delivery_id": delivery.id,
                            "state": "delivered",
                            "actor": principal.actor,
                            "tapped_at": work.now,
                            "arrived_at": work.now,
                            "note": "",
                        }
                    )
                results.append(len(fresh))
            for order_id, moved in moves.items():
                queries.set_delivered(work.session, [m.delivery_id for m in moved], iso(work.now))
                extra = {"note": "", "place": self._areas.short_name(moved[0].area_code)} if len(moved) == 1 else None
                record_moves(work, order_id, "delivered", moved, work.now, extra)
            queries.add_steps(work.session, steps)
        return results

    def work_of(self, principal: Principal) -> list[Row]:
        """What the asking unit has to do, oldest first: deliveries under way, each with its order and how many messages the desk wrote."""
        principal.require("answer")
        if principal.unit_id is None:
            raise Refused("forbidden", permission="answer")
        with self._database.read() as session:
            found = queries.underway_of_unit(session, principal.unit_id)
            written = messages.from_desk(session, [delivery.id for delivery, _ in found])
            calls = desk.latest_about(session, "help", [delivery.id for delivery, _ in found if delivery.state == HELP])
            return [
                {
                    **delivery_row(delivery),
                    "order": order_row(order),
                    "messages": written.get(delivery.id, 0),
                    **({"taken_by": calls[delivery.id].taken_by} if delivery.id in calls else {}),
                }
                for delivery, order in found
            ]

    def history_of(self, principal: Principal, most: int) -> list[Row]:
        """The last orders of the asking unit, whatever has become of them, newest first."""
        principal.require("answer")
        if principal.unit_id is None:
            raise Refused("forbidden", permission="answer")
        with self._database.read() as session:
            return [
                {**delivery_row(delivery), "order": order_row(order)}
                for delivery, order in queries.recent_of_unit(session, principal.unit_id, most)
            ]

    def steps(self, principal: Principal, delivery_id: str) -> list[Row]:
        """Each answer of a delivery: state, who, when tapped, when arrived, where."""
        with self._database.read() as session:
            delivery = session.get(Delivery, delivery_id)
            if delivery is None or not (is_within(principal, "see", delivery) or _may_answer(principal, delivery)):
                raise Refused("not_found", what=delivery_id)
            return [
                {
                    "state": step.state,
                    "actor": step.actor,
                    "tapped_at": iso(step.tapped_at),
                    "arrived_at": iso(step.arrived_at),
                    "lon": step.lon,
                    "lat": step.lat,
                    "note": step.note,
                    "photo_id": step.photo_id,
                }
                # two that were stored at one moment: the one that the other proves comes first
                for step in sorted(queries.steps(session, delivery_id), key=lambda step: (step.arrived_at, STATES.index(step.state)))
            ]


def _may_answer(principal: Principal, delivery: Delivery) -> bool:
    return is_own(principal, delivery) if principal.unit_id is not None else is_within(principal, "relay", delivery)
