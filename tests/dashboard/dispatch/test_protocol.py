"""The protocol of a delivery as a model: any answers, in any order, repeated, under old and new keys, by anybody, while orders end.

The model below knows nothing of the service. After every step the tables, the steps and the change log must say what it says.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from dashboard.city import City
from dashboard.clock import new_id
from dashboard.dispatch.answers import Answer
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.recipients import Criteria
from dashboard.errors import Refused
from datasources.models import Change, DeliveryStep
from tests.conftest import OFFICER, TurnedClock, principal

LADDER = ["queued", "delivered", "acknowledged", "en_route", "arrived", "done"]
FINAL = ("done", "declined", "expired")
SAYABLE = st.sampled_from([*LADDER[1:], "declined"])
WHO = st.integers(0, 2)


class Model(RuleBasedStateMachine):
    """Three units and one order."""

    city: City
    clock: TurnedClock
    units: list[dict[str, Any]]

    @initialize()
    def send(self) -> None:
        to = Criteria(area="5101", units=[unit["id"] for unit in self.units])
        self.order = self.city.orders.send(OFFICER, NewOrder(key=new_id(), title="巡查", text="请巡查", to=to))["id"]
        rows = {row["unit_id"]: row["id"] for row in self.city.orders.deliveries(OFFICER, self.order)}
        self.deliveries = [rows[unit["id"]] for unit in self.units]
        self.people = [principal("unit", unit["area_code"], unit["id"]) for unit in self.units]
        self.states = ["queued"] * 3
        self.keys: dict[str, tuple[int, str]] = {}
        self.running = True

    def _moved(self, who: int, state: str) -> None:
        self.states[who] = state

    def _code(self, action: Any) -> str:
        try:
            action()
        except Refused as refused:
            return refused.code
        return ""

    def _expected(self, who: int, state: str) -> str:
        at = self.states[who]
        if at == "expired":
            return "order_ended"
        if at == state or (at in LADDER and state in LADDER and LADDER.index(state) <= LADDER.index(at)):
            return "already_so"
        if at in FINAL:
            return "not_allowed_now"
        if state == "declined" or LADDER.index(state) == LADDER.index(at) + 1 or (at, state) == ("queued", "acknowledged"):
            return ""
        return "not_allowed_now"

    @rule(who=WHO, state=SAYABLE, seconds=st.integers(0, 40))
    def answer(self, who: int, state: str, seconds: int) -> None:
        self.clock.turn(seconds=seconds)
        key, wanted = new_id(), self._expected(who, state)
        answer = Answer(key=key, state=state)  # type: ignore[arg-type]
        assert self._code(lambda: self.city.answers.answer(self.people[who], self.deliveries[who], answer)) == wanted
        if not wanted:
            self.keys[key] = who, state
            self._moved(who, state)

    @precondition(lambda self: self.keys)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """The confirmation was lost: the same answer under the same key changes nothing, whatever has happened since."""
        key = data.draw(st.sampled_from(sorted(self.keys)))
        who, state = self.keys[key]
        row = self.city.answers.answer(self.people[who], self.deliveries[who], Answer(key=key, state=state))  # type: ignore[arg-type]
        assert row["state"] == self.states[who]

    @precondition(lambda self: self.keys)
    @rule(data=st.data(), who=WHO, state=SAYABLE)
    def misuse(self, data: st.DataObject, who: int, state: str) -> None:
        """An old key for something else is refused."""
        key = data.draw(st.sampled_from(sorted(self.keys)))
        if self.keys[key] != (who, state):
            answer = Answer(key=key, state=state)  # type: ignore[arg-type]
            assert self._code(lambda: self.city.answers.answer(self.people[who], self.deliveries[who], answer)) == "already_so"

    @rule(who=WHO)
    def receive(self, who: int) -> None:
        assert self.city.answers.received(self.people[who], [self.deliveries[who]]) == int(self.states[who] == "queued")
        if self.states[who] == "queued":
            self._moved(who, "delivered")

    @rule(who=WHO, other=WHO, state=SAYABLE)
    def foreign(self, who: int, other: int, state: str) -> None:
        if who != other:
            answer = Answer(key=new_id(), state=state)  # type: ignore[arg-type]
            assert self._code(lambda: self.city.answers.answer(self.people[who], self.deliveries[other], answer)) == "not_found"

    @rule(who=WHO)
    def telephone(self, who: int) -> None:
        wanted = {"queued": "", "delivered": "", "expired": "order_ended"}.get(self.states[who], "already_so")
        assert self._code(lambda: self.city.answers.by_phone(OFFICER, self.deliveries[who], new_id())) == wanted
        if not wanted:
            self._moved(who, "acknowledged")

    @rule()
    def resend(self) -> None:
        silent = [state for state in self.states if state in ("queued", "delivered")]
        wanted = "order_ended" if not self.running else "" if silent else "no_recipients"
        assert self._code(lambda: self.city.orders.resend(OFFICER, self.order)) == wanted

    @rule(dice=st.integers(0, 9))
    def call_off(self, dice: int) -> None:
        if dice:
            return  # or nothing would ever be answered
        assert self._code(lambda: self.city.orders.call_off(OFFICER, self.order)) == ("" if self.running else "order_ended")
        self.running = False
        self.states = [state if state in FINAL else "expired" for state in self.states]

    @invariant()
    def tables_and_log_agree(self) -> None:
        if not hasattr(self, "order"):
            return
        rows = {row["id"]: row["state"] for row in self.city.orders.deliveries(OFFICER, self.order)}
        assert [rows[delivery] for delivery in self.deliveries] == self.states
        with self.city.database.read() as session:
            steps = session.execute(
                select(DeliveryStep.delivery_id, DeliveryStep.state).where(DeliveryStep.delivery_id.in_(self.deliveries))
            ).all()
            log = session.scalars(
                select(Change.payload).where(Change.entity_id == self.order, Change.kind == "delivery.move").order_by(Change.seq)
            ).all()
        assert len(set(steps)) == len(steps)  # no state was reached twice
        told: dict[str, str | None] = {}
        for payload in log:
            for delivery, _, _, _, was in payload["deliveries"]:
                assert told.get(delivery) == was
                told[delivery] = payload["to"]
        assert [told[delivery] for delivery in self.deliveries] == self.states


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_the_protocol_is_the_model(database: str, request: pytest.FixtureRequest, clock: TurnedClock) -> None:
    city: City = request.getfixturevalue("sqlite_city") if database == "sqlite" else _on_postgres(request, clock)
    units = [one for one in city.units.covering(OFFICER, "5101", 200) if one["duty"] == "on_duty"][:3]
    machine = type("Protocol", (Model,), {"city": city, "clock": clock, "units": units})
    health = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    wanted = settings(max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=health)
    run_state_machine_as_test(machine, settings=wanted)


def _on_postgres(request: pytest.FixtureRequest, clock: TurnedClock) -> City:
    from dashboard.city import build_city
    from tests.conftest import _settings

    folder = request.getfixturevalue("tmp_path")
    city = build_city(_settings(folder, YIPING_DATABASE_URL=request.getfixturevalue("postgres_url")), clock)
    request.addfinalizer(city.close)
    return city
