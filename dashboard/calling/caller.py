"""The caller: plans calls to those who do not answer when they are due, makes them, and keeps how each ended.

All timers are moments in the database: they survive a restart. A call is claimed in one transaction, made outside of any, and its
end stored in another; when the process dies in between, the call becomes due again under the same id.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from dashboard.areas import Areas
from dashboard.calling.breaker import Breaker
from dashboard.clock import new_id
from dashboard.codes import LEVELS, end_of
from dashboard.command import Commands, Work
from dashboard.desk import Desk
from dashboard.dispatch.answers import Answer, Answers
from dashboard.dispatch.moves import escalate
from dashboard.dispatch.policies import INSIDE, OUTSIDE, Policies, Step, Steps
from dashboard.dispatch.sending import deliver
from dashboard.dispatch.states import waits
from dashboard.errors import Refused
from dashboard.gathering import all_or_each
from dashboard.identity import SYSTEM, Principal
from dashboard.rows import Row
from datasources.channels.channel import Channel, Message, Outcome
from datasources.channels.outgoing import printable
from datasources.database import turn
from datasources.models import Call, Delivery, Order, Unit
from datasources.queries import calling as queries
from datasources.queries.units import Chosen
from datasources.serialising import iso, iso_or_none

log = logging.getLogger(__name__)

AT_ONCE = 300
"""Deliveries planned in one transaction."""
MADE_AT_ONCE = 64
THREADS = 16
CLAIM = timedelta(seconds=60)
"""A call without an end after this long has lost its maker."""
MOST_TRIES = 5
COMMUNITY = LEVELS["community"]
CITY = LEVELS["city"]


class Report(BaseModel):
    """What a gateway says later of a call: the message reached the phone, the person answered (pressed a key), or it came to nothing."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["delivered", "answered", "failed"]
    detail: str = Field(default="", max_length=160)


class Caller:
    """Calls people over the channels that it was given with `use`. A process that only reads is given none."""

    def __init__(self, commands: Commands, areas: Areas, policies: Policies, answers: Answers, desk: Desk) -> None:
        self._commands = commands
        self._areas = areas
        self._desk = desk
        self._database = commands.database
        self._policies = policies
        self._answers = answers
        self._channels: Mapping[str, Channel] = {}
        self._breakers = {channel: Breaker() for channel in OUTSIDE}
        self._pools = {channel: ThreadPoolExecutor(THREADS, thread_name_prefix=f"call-{channel}") for channel in OUTSIDE}

    def use(self, channels: Mapping[str, Channel]) -> None:
        """Make calls over these channels from now on."""
        self._channels = channels

    def look(self) -> int:
        """Plan what is due and make what is planned, channel after channel; returns how many calls were made."""
        self.plan_all()
        return sum(self.make_all(channel) for channel in OUTSIDE)

    def plan_all(self) -> None:
        """Plan what is due."""
        while self.plan() == AT_ONCE:
            turn()  # who waits to write an answer goes first

    def make_all(self, channel: str) -> int:
        """Make what is planned for one channel; returns how many calls were made. Channels are worked on side by side, each for itself."""
        made = 0
        while (count := self.make(channel)) > 0:
            made += count
            turn()
        return made

    # --- planning -------------------------------------------------------------------------------------

    def plan(self) -> int:
        """Take the next step of the policy for deliveries that are due; returns how many were looked at."""
        with self._database.read() as session:
            ids = queries.due_deliveries(session, self._commands.clock(), AT_ONCE)
        if not ids:
            return 0
        with self._commands.transaction(SYSTEM) as work:
            # An order that is called off meanwhile must not get a deputy behind its back.
            queries.hold_orders(work.session, sorted({order_id for _, order_id in ids}))
            due = queries.hold_deliveries(work.session, [delivery_id for delivery_id, _ in ids], work.now)
            books = {priority: self._policies.book(work.session, priority) for priority in {order.priority for _, order in due}}
            push = queries.subscriptions(work.session, [delivery.unit_id for delivery, _ in due])
            made: dict[tuple[str, str, str], list[Delivery]] = defaultdict(list)
            inside: dict[tuple[Order, str], list[tuple[Delivery, Call]]] = defaultdict(list)
            for delivery, order in due:
                if not _wanted(delivery, order):
                    delivery.call_at = None  # or it would stand at the head of what is due for ever
                    continue
                steps = books[order.priority](delivery.area_code)
                step = self._next(delivery, steps, bool(push.get(delivery.unit_id)))
                call = self._call(work, delivery, step) if step is not None else None
                if call is not None:
                    made[order.id, delivery.area_code[:COMMUNITY], call.channel].append(delivery)
                    if call.channel in INSIDE:
                        inside[order, call.channel].append((delivery, call))
                wait = timedelta(seconds=steps[delivery.calls].after_s) if delivery.calls < len(steps) else None
                if wait is not None and call is not None and call.channel in OUTSIDE and self._breakers[call.channel].left(work.now):
                    wait = timedelta(0)  # that channel rests: the next one is tried at once
                delivery.call_at = None if wait is None else work.now + wait
            for (order, channel), pairs in inside.items():
                (self._escalate if channel == "duty_desk" else self._deputise)(work, order, pairs)
            for (order_id, area_code, channel), group in made.items():
                called = [[d.id, d.unit_id, d.unit_name, d.area_code] for d in group]
                work.record("call.make", area_code, order_id, {"order_id": order_id, "channel": channel, "deliveries": called})
            return len(ids)

    def _next(self, delivery: Delivery, steps: Steps, has_browser: bool) -> Step | None:
        """The step to take now; None when its time has come and it does not apply. `delivery.calls` is brought forward."""
        if delivery.calls >= len(steps):
            return None
        step = steps[delivery.calls]
        delivery.calls += 1
        if (step.until == "delivered" and delivery.state == "delivered") or (step.channel == "web_push" and not has_browser):
            return None
        return step

    def _call(self, work: Work, delivery: Delivery, step: Step) -> Call | None:
        """Store a call that is to be made; None when there is nothing to do."""
        area_code = delivery.area_code[:COMMUNITY] if step.channel == "loudspeaker" else delivery.area_code
        if step.channel == "loudspeaker" and queries.announced(work.session, delivery.order_id, area_code):
            return None
        call = Call(
            id=new_id(),
            delivery_id=delivery.id,
            order_id=delivery.order_id,
            step=delivery.calls - 1,
            channel=step.channel,
            area_code=area_code,
            state="waiting",
            result="",
            tries=0,
            made_at=work.now,
            due_at=work.now,
            ended_at=None,
        )
        work.session.add(call)
        if step.channel == "loudspeaker":
            work.session.flush()  # the next recipient of the same place must find it
        return call

    def _escalate(self, work: Work, order: Order, pairs: Sequence[tuple[Delivery, Call]]) -> None:
        """Tell the duty desks of those who are silent."""
        fresh: dict[str, list[Delivery]] = defaultdict(list)
        for delivery, call in pairs:
            call.state, call.due_at, call.ended_at = "sent", None, work.now
            if not delivery.escalated:
                fresh[delivery.area_code[:COMMUNITY]].append(delivery)
        for area_code, deliveries in fresh.items():
            escalate(work, self._desk, area_code, order, deliveries, self._areas.short_name(area_code))

    def _deputise(self, work: Work, order: Order, pairs: Sequence[tuple[Delivery, Call]]) -> None:
        """Give the order to the nearest who has not got it, for each who is silent: same micro-grid, then grid, then community."""
        communities = sorted({d.area_code[:COMMUNITY] for d, _ in pairs if len(d.area_code) >= COMMUNITY})
        free: dict[str, list[Chosen]] = defaultdict(list)
        for unit in queries.stand_ins(work.session, order.id, [(code, end_of(code)) for code in communities]):
            free[unit.area_code[:COMMUNITY]].append(unit)
        chosen: list[Chosen] = []
        notes: dict[str, str] = {}
        for delivery, call in pairs:
            call.due_at, call.ended_at = None, work.now
            near = free[delivery.area_code[:COMMUNITY]]
            deputy = min(near, key=lambda unit: _distance(delivery.area_code, unit.area_code), default=None)
            if deputy is None:
                call.state, call.result = "failed", "nobody on duty stands in"
                continue
            near.remove(deputy)
            call.state, call.result = "sent", deputy.name
            chosen.append(deputy)
            notes[deputy.id] = f"代 {delivery.unit_name}"
        if chosen:
            deliver(work, order, chosen, self._policies.book(work.session, order.priority), notes)

    # --- making ---------------------------------------------------------------------------------------

    def make(self, channel: str) -> int:
        """Make calls of this channel that are due, side by side; returns how many were tried."""
        now, breaker = self._commands.clock(), self._breakers[channel]
        most = breaker.most(now, MADE_AT_ONCE)
        if most == 0:
            return 0
        with self._database.read() as session:
            if not queries.due_calls(session, now, 1, channel):
                return 0
        with self._commands.transaction(SYSTEM) as work:
            calls = queries.due_calls(work.session, work.now, most, channel, lock=True)
            found = queries.context(work.session, calls)
            messages = self._messages(work.session, calls, found)
            claimed = []
            for call in calls:
                delivery, order, _ = found[call.id]
                if not _wanted(delivery, order):
                    call.state, call.result, call.due_at, call.ended_at = "failed", "no longer needed", None, work.now
                    continue
                if call.tries >= MOST_TRIES:
                    # Claimed that often, and never has anybody come back to say how it ended.
                    call.state, call.result, call.due_at, call.ended_at = "failed", "how it ended is not known", None, work.now
                    self._hurry(work, call)
                    continue
                call.state, call.due_at, call.tries = "sending", work.now + CLAIM, call.tries + 1
                claimed.append(messages[call.id])
        made = list(self._pools[channel].map(lambda message: (message.id, self._send(channel, message)), claimed))
        if made:
            self._end(channel, made)
        return len(calls)

    def _messages(self, session: Session, calls: Sequence[Call], found: Mapping[str, tuple[Delivery, Order, Unit]]) -> dict[str, Message]:
        push = queries.subscriptions(session, [found[call.id][2].id for call in calls if call.channel == "web_push"])
        messages = {}
        for call in calls:
            delivery, order, unit = found[call.id]
            messages[call.id] = Message(
                id=call.id,
                title=order.title,
                text=order.text,
                priority=order.priority,
                area_code=call.area_code,
                phone=unit.phone.of(unit.id),
                subscriptions=[{"endpoint": s.endpoint, "p256dh": s.p256dh, "auth": s.auth} for s in push.get(unit.id, ())],
                data={"delivery": delivery.id, "order": order.id},
            )
        return messages

    def _send(self, channel: str, message: Message) -> Outcome:
        adapter, breaker = self._channels.get(channel), self._breakers[channel]
        if adapter is None:
            return Outcome("failed", "this channel is no longer set up")
        if rest := breaker.left(self._commands.clock()):
            return Outcome("later", "the channel rests", wait_s=rest.total_seconds())
        try:
            outcome = adapter.send(message)
        except Exception as error:
            # An adapter must not raise; one that does may not stop the calls to everybody else.
            log.exception("the channel %r failed", channel)
            return Outcome("later", type(error).__name__)
        if not outcome.silent:
            breaker.answered()
        elif breaker.silent(self._commands.clock()):
            log.warning("nobody answers on the channel %r: it rests", channel)
            self._pass_over(channel)
        return outcome

    def _pass_over(self, channel: str) -> None:
        """Take the policy's next step at once for those who wait for a channel that rests, and tell the desk."""
        with self._commands.transaction(SYSTEM) as work:
            count, one = queries.pass_over(work.session, channel, work.now)
            if one is not None:
                about = {"channel": channel, "order": one.order_id, "rests": True}
                self._desk.put(work, "channel", channel, "orange", one.area_code[:CITY], "nobody answers", about, max(1, count))

    def _end(self, channel: str, made: Sequence[tuple[str, Outcome]]) -> None:
        """Store how calls ended; one whose end cannot be stored does not keep those of the others from being."""
        results = all_or_each(lambda some: self._end_all(channel, some), made)
        for (call_id, _), result in zip(made, results, strict=True):
            if isinstance(result, Exception):
                log.error("the end of the call %s cannot be stored: %r", call_id, result)

    def _end_all(self, channel: str, made: Sequence[tuple[str, Outcome]]) -> Sequence[None]:
        with self._commands.transaction(SYSTEM) as work:
            ended: dict[tuple[str, str, str], list[list[Any]]] = defaultdict(list)
            failed: list[Call] = []
            for call_id, outcome in made:
                call = work.session.get_one(Call, call_id, with_for_update=True)
                queries.forget_subscriptions(work.session, outcome.gone)
                if outcome.wait_s is not None:
                    self._breakers[channel].pause(work.now + timedelta(seconds=outcome.wait_s))
                if call.state != "sending":
                    continue  # the other side has reported meanwhile
                self._note(work, call, outcome)
                delivery = work.session.get_one(Delivery, call.delivery_id)
                line = [delivery.id, delivery.unit_id, delivery.unit_name, delivery.area_code]
                ended[call.order_id, call.area_code[:COMMUNITY], call.state].append(line)
                if call.state == "failed":
                    failed.append(call)
            for (order_id, area_code, state), lines in ended.items():
                payload = {"order_id": order_id, "channel": channel, "state": state, "deliveries": lines}
                work.record("call.end", area_code, order_id, payload)
            if failed:
                # One item for a channel, however many calls it fails: the desk must know that it cannot rely on it.
                about = {"channel": channel, "order": failed[-1].order_id}
                self._desk.put(work, "channel", channel, "orange", failed[-1].area_code[:CITY], failed[-1].result, about, len(failed))
        return [None] * len(made)

    def _note(self, work: Work, call: Call, outcome: Outcome) -> None:
        call.result = printable(outcome.detail)
        if outcome.state == "later" and (call.tries < MOST_TRIES or outcome.wait_s is not None):
            pause = outcome.wait_s if outcome.wait_s is not None else 2.0**call.tries
            call.state, call.due_at = "waiting", work.now + timedelta(seconds=pause)
            return
        call.state, call.due_at, call.ended_at = ("sent" if outcome.state == "sent" else "failed"), None, work.now
        if call.state == "failed":
            self._hurry(work, call)

    def _hurry(self, work: Work, call: Call) -> None:
        """A channel that failed is no reason to wait for the next one."""
        delivery = work.session.get_one(Delivery, call.delivery_id, with_for_update=True)
        if waits(delivery.state) and delivery.calls == call.step + 1 and delivery.call_at is not None:
            delivery.call_at = work.now

    # --- what the other side says ---------------------------------------------------------------------

    def report(self, principal: Principal, call_id: str, report: Report) -> Row:
        """A gateway tells how a call went on. Repeated reports change nothing. Raises `not_found`."""
        with self._commands.transaction(principal) as work:
            call = work.session.get(Call, call_id, with_for_update=True)
            if call is None or not (principal.may("relay") and call.area_code.startswith(principal.area_code)):
                raise Refused("not_found", what=call_id)
            delivery = work.session.get_one(Delivery, call.delivery_id)
            if report.state == "failed":
                if call.state in ("sending", "sent", "waiting"):
                    call.state, call.result, call.due_at, call.ended_at = "failed", report.detail, None, work.now
                    self._hurry(work, call)
            elif call.state != "confirmed":
                call.state, call.due_at, call.ended_at = "confirmed", None, work.now
                call.result = report.detail or call.result
            state, row = delivery.state, call_row(call)
        if report.state == "answered" and waits(state):
            self._answers.answer(principal, call.delivery_id, Answer(key=f"{call_id}:answered", state="acknowledged", note="语音叫应"))
        return row

    def played(self, call_id: str) -> None:
        """A loudspeaker has played this call, or somebody at the broker says so: nothing is written for what nobody waits for."""
        with self._database.read() as session:
            known = session.get(Call, call_id)
        if known is None or known.channel != "loudspeaker" or known.state not in ("sending", "sent"):
            return
        with self._commands.transaction(SYSTEM) as work:
            call = work.session.get(Call, call_id, with_for_update=True)
            if call is not None and call.channel == "loudspeaker" and call.state in ("sending", "sent"):
                call.state, call.due_at, call.ended_at = "confirmed", None, work.now

    def calls(self, principal: Principal, delivery_id: str) -> list[Row]:
        """Each call to one recipient. Raises `not_found`."""
        principal.require("see")
        with self._database.read() as session:
            delivery = session.get(Delivery, delivery_id)
            if delivery is None or not delivery.area_code.startswith(principal.area_code):
                raise Refused("not_found", what=delivery_id)
            return [call_row(call) for call in queries.of_delivery(session, delivery_id)]

    def close(self) -> None:
        """End the threads."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)


def call_row(call: Call) -> Row:
    """One call as the desk sees it."""
    return {
        "id": call.id,
        "channel": call.channel,
        "state": call.state,
        "result": call.result,
        "tries": call.tries,
        "made_at": iso(call.made_at),
        "ended_at": iso_or_none(call.ended_at),
    }


def _wanted(delivery: Delivery, order: Order) -> bool:
    """Whether anybody still waits for this answer."""
    return waits(delivery.state) and order.state == "running"


def _distance(code: str, other: str) -> int:
    """0 in the same micro-grid; the fewer digits are the same, the farther."""
    same = next((i for i, (a, b) in enumerate(zip(code, other, strict=False)) if a != b), min(len(code), len(other)))
    return len(code) - same
