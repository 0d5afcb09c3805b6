"""Random histories of a city: any service command, in any order, by anybody who may."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from dashboard.city import City
from dashboard.dispatch.answers import Answer
from dashboard.dispatch.handing import HandOver
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.recipients import Criteria
from dashboard.errors import Refused
from dashboard.fences.fences import NewFence
from dashboard.messages import NewMessage
from dashboard.positions import PositionReport
from dashboard.tickets import TicketMove, TicketReport
from dashboard.warnings import WarningIssue
from tests.conftest import ADMIN, OFFICER, TurnedClock, principal

AREAS = ["5101", "510104", "510104017", "510104017001", "510104017001001", "510104017001001001", "510182", "510182100"]


class History:
    """Applies commands that are picked by a random generator; refusals are part of life and change nothing."""

    def __init__(self, city: City, clock: TurnedClock, seed: int) -> None:
        self.city = city
        self.clock = clock
        self.chance = random.Random(seed)
        self.units = city.units.covering(ADMIN, "5101", 2000)
        self.tickets: list[str] = []
        self.warnings: list[str] = []
        self.orders: list[str] = []
        self.refused = 0
        self._keys = 0

    COMMANDS = (
        "report",
        "move",
        "issue",
        "cancel",
        "duty",
        "send",
        "widen",
        "answer",
        "answer",
        "answer",
        "received",
        "resend",
        "end",
        "time",
        "write",
        "hand_over",
        "walk",
        "take",
    )

    def step(self) -> str:
        """One command; returns its name."""
        name = self.chance.choice(self.COMMANDS)
        action: Callable[[], Any] = getattr(self, f"_{name}")
        try:
            action()
        except Refused:
            self.refused += 1
        return name

    def _key(self) -> str:
        self._keys += 1
        return f"history-{self._keys:06d}"

    def _area(self) -> dict[str, Any]:
        code = self.chance.choice(self.units)["area_code"]
        return self.city.areas.place(ADMIN, code).area

    def _report(self) -> None:
        area = self._area()
        level = self.chance.choice(("red", "orange", "yellow", "blue"))
        report = TicketReport(key=self._key(), kind="fire", level=level, text="有烟", lon=area["lon"], lat=area["lat"])
        self.tickets.append(self.city.tickets.report(OFFICER, report)["id"])

    def _move(self) -> None:
        if self.tickets:
            action = self.chance.choice(("assign", "assign", "start", "finish", "reject", "decline", "close"))
            unit, ticket = self.chance.choice(self.units)["id"], self.chance.choice(self.tickets)
            was = self.city.tickets.get(OFFICER, ticket)["handler_unit_id"]
            self.city.tickets.move(OFFICER, ticket, TicketMove(action=action, unit=unit, was=was))

    def _issue(self) -> None:
        area = self._area()["code"]
        area = area[: self.chance.choice((4, 6, 9, 12, len(area)))]
        expires = self.clock() + timedelta(minutes=self.chance.randint(1, 90))
        issue = WarningIssue(
            key=self._key(),
            event="flood",
            level=self.chance.choice(("red", "blue")),
            area=area,
            headline="涨水",
            expires=expires,
        )
        self.warnings.append(self.city.warnings.issue(OFFICER, issue)["id"])

    def _cancel(self) -> None:
        if self.warnings:
            self.city.warnings.cancel(OFFICER, self.chance.choice(self.warnings))

    def _duty(self) -> None:
        self.city.units.set_duty(OFFICER, self.chance.choice(self.units)["id"], self.chance.choice(("on_duty", "off_duty")))

    def _criteria(self) -> Criteria:
        return Criteria(area=self.chance.choice(AREAS), off_duty_too=self.chance.random() < 0.3)

    def _send(self) -> None:
        deadline = self.clock() + timedelta(minutes=self.chance.randint(5, 60))
        rule: Any = self.chance.choice(("each", "each", "any", "all"))
        new = NewOrder(key=self._key(), title="巡查", text="请巡查", deadline=deadline, to=self._criteria(), done_when=rule)
        self.orders.append(self.city.orders.send(OFFICER, new)["id"])

    def _widen(self) -> None:
        if self.orders:
            self.city.orders.add_recipients(OFFICER, self.chance.choice(self.orders), self._criteria())

    def _delivery(self) -> dict[str, Any] | None:
        found = self.city.orders.underway(ADMIN, "5101", 500, "")
        return self.chance.choice(found) if found else None

    def _answer(self) -> None:
        delivery = self._delivery()
        if delivery is not None:
            steps = ("delivered", "acknowledged", "en_route", "arrived", "done", "declined", "help")
            following = dict(zip(("queued", *steps), steps[:5], strict=False))
            likely = following.get(delivery["state"], "done")
            state = likely if self.chance.random() < 0.8 else self.chance.choice(steps)
            self.city.answers.answer(
                ADMIN, delivery["id"], Answer(key=self._key(), state=state, note="说明" if state == "declined" else "")
            )

    def _received(self) -> None:
        delivery = self._delivery()
        if delivery is not None:
            unit = principal("unit", delivery["area_code"], delivery["unit_id"])
            self.city.answers.received(unit, [delivery["id"]])

    def _resend(self) -> None:
        if self.orders:
            self.city.orders.resend(OFFICER, self.chance.choice(self.orders))

    def _end(self) -> None:
        if self.orders and self.chance.random() < 0.4:
            order = self.chance.choice(self.orders)
            (self.city.orders.call_off if self.chance.random() < 0.5 else self.city.orders.close)(OFFICER, order)

    def _write(self) -> None:
        delivery = self._delivery()
        if delivery is not None:
            unit = principal("unit", delivery["area_code"], delivery["unit_id"])
            writer = unit if self.chance.random() < 0.7 else OFFICER
            self.city.messages.send(writer, delivery["id"], NewMessage(key=self._key(), text="水位上涨"))

    def _hand_over(self) -> None:
        delivery = self._delivery()
        if delivery is not None:
            self.city.handing.hand_over(OFFICER, delivery["id"], HandOver(key=self._key(), to=self.chance.choice(self.units)["id"]))

    def _take(self) -> None:
        waiting = self.city.desk.listed(OFFICER)["waiting"]
        if waiting:
            self.city.desk.take(OFFICER, self.chance.choice(waiting)["id"])

    def _walk(self) -> None:
        """Somebody goes somewhere; a fence may be in the way."""
        area = self._area()
        if self.chance.random() < 0.3:
            rule = self.chance.choice(("enter", "leave"))
            effect = self.chance.choice(("event", "ticket"))
            self.city.fences.make(OFFICER, NewFence(key=self._key(), name="围栏", area=area["code"][:12], rule=rule, effect=effect))
        unit = self.chance.choice(self.units)["id"]
        self.city.positions.report(ADMIN, [PositionReport(unit=unit, lon=area["lon"], lat=area["lat"], at=self.clock())])
        self.city.watcher.look()

    def _time(self) -> None:
        self.clock.turn(minutes=self.chance.choice((1, 5, 20)))
        self.city.tickets.mark_overdue()
        self.city.warnings.expire()
        self.city.orders.mark_late()
        self.city.orders.close_finished()
