"""The simulated desk: warnings follow the storm, orders go to where they are, tickets are reported, handed out, checked and closed.

What a person at a real desk does first stays theirs: the simulated one takes what waits only after some minutes.
"""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta
from typing import Any

from dashboard.simulator import storm
from dashboard.simulator.agenda import Agenda
from dashboard.simulator.client import Client
from dashboard.simulator.people import People
from dashboard.simulator.words import COLOUR, EVENT, ORDERS, RED, STORM, TICKETS, WARNINGS

MILD = 5
"""Other warnings that are in force beside the storm's."""
HAND_OUT_AFTER_S = (25, 120)
CHECK_AFTER_S = (40, 150)
AGAIN_AFTER_S = 600
"""Whose handler has not begun by then gets another."""
TAKE_AFTER_S = 180
LEFT_LYING = 9
"""One in so many orange tickets is left lying until it is overdue."""
RED_LEFT_LYING = 3
"""Of the red ones, which are few and due in half an hour."""
OVERDUE_BY_S = (240, 900)
CLOSE_AFTER_S = 300
"""An order is ended so long after its deadline."""
SEND_BACK_SHARE = 0.04


class SimulatedDesk:
    """What a duty shift does."""

    def __init__(self, client: Client, agenda: Agenda, chance: random.Random, city: dict[str, Any], people: People) -> None:
        """`city`: code, and its districts, each with its streets."""
        self._client = client
        self._agenda = agenda
        self._chance = chance
        self._city = city
        self._people = people
        self._storm = -1
        self._level: str | None = None
        self._warnings: list[str] = []
        self._times: dict[str, tuple[str, float]] = {}
        """Ticket → the state that it is in, and when the desk turns to it."""
        self._graves: dict[str, int] = {}
        """Level → how many such tickets were reported."""
        self._sent: dict[str, float] = {}
        """Own orders → when they are ended."""

    @property
    def district(self) -> dict[str, Any]:
        """Where the storm is."""
        return self._city["districts"][self._storm * 7 % len(self._city["districts"])]  # type: ignore[no-any-return]

    # --- the storm --------------------------------------------------------------------------------------

    def follow_the_storm(self) -> None:
        """Issue and lift warnings as its phase wants."""
        number, phase = storm.at(self._agenda.elapsed())
        if (number, phase.level) == (self._storm, self._level):
            return
        for warning in self._warnings:
            self._client.post(f"/warnings/{warning}/cancel")
        self._warnings, self._storm, self._level = [], number, phase.level
        if phase.level is not None:
            for event in STORM[phase.level]:
                self._issue(event, phase.level, self.district, storm.ROUND_S)

    def mild_weather(self) -> None:
        """A few other warnings come and go."""
        page = self._client.get("/warnings", area=self._city["code"])
        if page is None:
            return
        others = [one for one in page["warnings"] if one["id"] not in self._warnings]
        if len(others) >= MILD:
            self._client.post(f"/warnings/{self._chance.choice(others)['id']}/cancel")
            return
        taken = {one["area_code"] for one in page["warnings"]}
        free = [one for one in self._city["districts"] if one["code"] not in taken]
        if free:
            event, level = self._chance.choice(WARNINGS)
            self._issue(event, level, self._chance.choice(free), self._chance.uniform(3600, 10800))

    def _issue(self, event: str, level: str, area: dict[str, Any], lasts_s: float) -> None:
        headline, description, instruction = self._words(event, level)
        issued = self._client.post(
            "/warnings",
            {
                "key": str(uuid.UUID(int=self._chance.getrandbits(128))),
                "event": event,
                "level": level,
                "area": area["code"],
                "headline": f"{area['name']}{headline}",
                "description": description,
                "instruction": instruction,
                "urgency": "Immediate",
                "certainty": "Likely",
                "expires": self._in(lasts_s),
            },
        )
        if issued is not None and area is self.district and level == self._level:
            self._warnings.append(issued["id"])

    @staticmethod
    def _words(event: str, level: str) -> tuple[str, str, str]:
        name, description, instruction = EVENT[event]
        return f"{name}{COLOUR[level]}色预警", description, instruction

    def _in(self, seconds: float) -> str:
        return (self._agenda.clock.now() + timedelta(seconds=seconds / self._agenda.pace)).isoformat()

    # --- tickets ----------------------------------------------------------------------------------------

    def report(self) -> None:
        """A hazard is found; how often depends on the storm."""
        _, phase = storm.at(self._agenda.elapsed())
        self._agenda.later(self._chance.expovariate(1 / phase.ticket_every_s), self.report)
        self.report_once()

    def report_once(self) -> None:
        """One hazard, more likely where the storm is."""
        _, phase = storm.at(self._agenda.elapsed())
        kinds = RED if self._chance.random() < phase.red else TICKETS
        kind, text, level = self._chance.choice(kinds)
        inside = [u for u in self._people.units.values() if u["area_code"].startswith(self.district["code"])]
        near = inside if inside and self._chance.random() < phase.inside else list(self._people.units.values())
        lon, lat = self._people.walkers[self._chance.choice(near)["id"]].at
        key = str(uuid.UUID(int=self._chance.getrandbits(128)))
        self._client.post(
            "/tickets", {"key": key, "kind": kind, "level": level, "text": text, "lon": lon, "lat": lat}, foreseen=("outside_city",)
        )

    def work_on_tickets(self) -> None:
        """Each open ticket whose time has come gets its next step."""
        page = self._client.get("/tickets", limit=1000)
        if page is None:
            return
        elapsed = self._agenda.elapsed()
        known = self._times
        self._times = {}
        for ticket in page["tickets"]:
            was = known.get(ticket["id"])
            if was is None or was[0] != ticket["state"]:
                was = ticket["state"], elapsed + self._patience(ticket)
            self._times[ticket["id"]] = was
            if elapsed >= was[1]:
                self._move_on(ticket)

    def _patience(self, ticket: dict[str, Any]) -> float:
        """Seconds until the desk turns to a ticket that has just come into its state."""
        if ticket["state"] == "reported":
            grave = ticket["level"] in ("red", "orange") and ticket["kind"] != "person_in_need"
            if grave and self._left_lying(ticket):
                due = datetime.fromisoformat(ticket["due_at"]) - self._agenda.clock.now()
                return due.total_seconds() * self._agenda.pace + self._chance.uniform(*OVERDUE_BY_S)
            return self._chance.uniform(*HAND_OUT_AFTER_S)
        return self._chance.uniform(*CHECK_AFTER_S) if ticket["state"] == "handled" else AGAIN_AFTER_S

    def _left_lying(self, ticket: dict[str, Any]) -> bool:
        """Counted, not drawn: an evening without an overdue ticket would teach nobody what one looks like."""
        self._graves[ticket["level"]] = nth = self._graves.get(ticket["level"], 0) + 1
        return nth % (LEFT_LYING if ticket["level"] == "orange" else RED_LEFT_LYING) == 1

    def _move_on(self, ticket: dict[str, Any]) -> None:
        state = ticket["state"]
        if state in ("reported", "assigned"):
            unit = self._nearest(ticket)
            move = {"action": "assign", "unit": unit, "was": ticket["handler_unit_id"]} if unit else None
        elif state == "handled":
            move = {"action": "close", "rating": self._chance.choice((3, 4, 5, 5))}
            if self._chance.random() < SEND_BACK_SHARE:
                move = {"action": "reject", "note": "现场仍有隐患，请再处置"}
        else:
            move = {"action": "finish", "note": "电话核实已处置"}  # somebody forgot to say so
        if move is not None:
            self._client.post(f"/tickets/{ticket['id']}/moves", move)
            self._times.pop(ticket["id"], None)

    def _nearest(self, ticket: dict[str, Any]) -> str | None:
        """Somebody of the same community, else street, district, city, and not who had it before."""
        for digits in (12, 9, 6, 4):
            code = ticket["area_code"][:digits]
            there = [unit["id"] for unit in self._people.units.values() if unit["area_code"].startswith(code)]
            free = [unit_id for unit_id in there if unit_id != ticket["handler_unit_id"]]
            if free:
                return str(self._chance.choice(free))
        return None

    # --- the queue --------------------------------------------------------------------------------------

    def take_what_waits(self) -> None:
        """What no person has taken for some minutes."""
        queue = self._client.get("/desk")
        before = self._agenda.clock.now() - timedelta(seconds=TAKE_AFTER_S / self._agenda.pace)
        for item in queue["waiting"] if queue else []:
            if datetime.fromisoformat(item["last_at"]) < before:
                self._client.post(f"/desk/{item['id']}/take")

    # --- orders -----------------------------------------------------------------------------------------

    def order(self) -> None:
        """An order to where it is worst: a street under the storm, or somewhere when all is calm."""
        _, phase = storm.at(self._agenda.elapsed())
        self._agenda.later(phase.order_every_s * self._chance.uniform(0.7, 1.3), self.order)
        district = self.district if phase.level else self._chance.choice(self._city["districts"])
        kind, title, priority, text = self._chance.choice(ORDERS[phase.level or "blue"])
        street = self._chance.choice(district["streets"] or [district])
        deadline_s = self._chance.choice((1200, 1800, 2400))
        sent = self._client.post(
            "/orders",
            {
                "key": str(uuid.UUID(int=self._chance.getrandbits(128))),
                "kind": kind,
                "title": title,
                "priority": priority,
                "text": text,
                "deadline": self._in(deadline_s),
                "to": {"area": street["code"]},
            },
            foreseen=("no_recipients",),
        )
        if sent is not None:
            self._sent[sent["id"]] = self._agenda.elapsed() + deadline_s + CLOSE_AFTER_S

    def end_orders(self) -> None:
        """End those whose time is over; one that everybody has finished ends at once."""
        page = self._client.get("/orders", limit=60)
        for order in page["orders"] if page else []:
            if order["id"] not in self._sent:
                continue
            if order["state"] != "running":
                del self._sent[order["id"]]
            elif self._agenda.elapsed() >= self._sent[order["id"]] or not _under_way(order["counts"]):
                self._client.post(f"/orders/{order['id']}/close")


def _under_way(counts: dict[str, int]) -> bool:
    return any(counts.get(state) for state in ("queued", "delivered", "acknowledged", "en_route", "arrived"))
