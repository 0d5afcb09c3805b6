"""Handling 处置: a ticket reaches its handler as an order, and what the handler answers moves the ticket; a call for help opens one.

Tickets and orders know nothing of each other: they meet here, inside the transaction of whichever moved.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.areas import Areas
from dashboard.clock import new_id
from dashboard.codes import same_city
from dashboard.command import Work
from dashboard.desk import Desk
from dashboard.dispatch.answers import Answer, Answers
from dashboard.dispatch.ending import end
from dashboard.dispatch.policies import Policies
from dashboard.dispatch.sending import deliver
from dashboard.dispatch.states import HELP
from dashboard.errors import Refused
from dashboard.idempotency import own_key
from dashboard.positions import Positions
from dashboard.rows import order_row
from dashboard.tickets import MOVES, Tickets
from datasources.models import Delivery, Order, Ticket, Unit
from datasources.queries import dispatch as queries
from datasources.queries.units import Chosen

PRIORITY = {"red": "critical", "orange": "urgent", "yellow": "normal", "blue": "normal"}
"""How urgently a handler is called, by the level of the ticket."""
STEP = {"acknowledged": "start", "en_route": "en_route", "arrived": "arrive", "done": "finish", "declined": "decline"}
"""What an answer does to the ticket."""
ENDS = ("finish", "close", "decline")
"""Steps after which nobody has the ticket as an order any more."""
LONGEST_TITLE = 40


class Handling:
    """Joins tickets to orders. Made once for a city; it listens to both."""

    def __init__(
        self, areas: Areas, positions: Positions, policies: Policies, tickets: Tickets, answers: Answers, desk: Desk, titles: dict[str, str]
    ) -> None:
        """`titles`: kind of ticket → the words that stand above the order."""
        self._areas = areas
        self._positions = positions
        self._policies = policies
        self._tickets = tickets
        self._desk = desk
        self._titles = titles
        tickets.listen(self._ticket_moved)
        answers.listen(self._answered)

    # --- from the ticket to the handler ---------------------------------------------------------------

    def _ticket_moved(self, work: Work, ticket: Ticket, action: str) -> None:
        if action == "assign":
            self._end_order(work, ticket, "called_off")
            self._hand_out(work, ticket)
            self._desk.take_about(work, "ticket", ticket.id)
        if action in ENDS:
            self._end_order(work, ticket, "closed")
        if action == "reject" and ticket.handler_unit_id is not None:
            self._hand_out(work, ticket)
        if action in ("report", "decline") and ticket.level == "red":
            self._desk.put(work, "ticket", ticket.id, "red", ticket.area_code, self._title(ticket), {"ticket": ticket.id})
        if action == "close":
            self._desk.clear(work, "ticket", ticket.id)

    def _title(self, ticket: Ticket) -> str:
        return self._titles[ticket.kind][:LONGEST_TITLE]

    def _hand_out(self, work: Work, ticket: Ticket) -> None:
        unit = work.session.get_one(Unit, ticket.handler_unit_id)
        place = ticket.address or self._areas.full_name(ticket.area_code)
        order = Order(
            id=new_id(),
            key=own_key(new_id(), "ticket"),
            title=self._title(ticket),
            text=f"{place}：{ticket.text}"[:2000],
            priority=PRIORITY[ticket.level],
            kind="ticket",
            done_when="each",
            needed=None,
            area_code=ticket.area_code,
            scope=work.principal.area_code or ticket.area_code,
            state="running",
            sender=work.principal.name,
            criteria={"area": ticket.area_code, "units": [unit.id]},
            sent_at=work.now,
            deadline=ticket.due_at if ticket.due_at > work.now else None,
            ended_at=None,
            ticket_id=ticket.id,
        )
        work.session.add(order)
        work.session.flush()
        payload = {"row": order_row(order), "place": self._areas.short_name(order.area_code), "count": 1}
        work.record("order.send", order.area_code, order.id, payload)
        chosen = Chosen(unit.id, unit.number, unit.name, unit.area_code, unit.duty)
        deliver(work, order, [chosen], self._policies.book(work.session, order.priority))

    def _end_order(self, work: Work, ticket: Ticket, state: str) -> None:
        order = queries.order_of_ticket(work.session, ticket.id)
        if order is not None:
            end(work, self._areas, order, state)

    # --- from the handler to the ticket ---------------------------------------------------------------

    def _answered(self, work: Work, delivery: Delivery, answer: Answer) -> None:
        if answer.state == HELP:
            self._call_for_help(work, delivery, answer)
        elif HELP in delivery.times and answer.state == "done":
            self._desk.clear(work, "help", delivery.id)
        order = work.session.get_one(Order, delivery.order_id)
        if order.ticket_id is None or answer.state not in STEP:
            return
        ticket = work.session.get_one(Ticket, order.ticket_id, with_for_update=True)
        action = STEP[answer.state]
        if answer.state == "acknowledged" and ticket.handler_unit_id != delivery.unit_id and ticket.state == "assigned":
            # a deputy, or a colleague to whom it was handed over, is the first to take it
            ticket.handler_unit_id, ticket.handler = delivery.unit_id, delivery.unit_name
        if ticket.state not in MOVES[action][0]:
            return  # the desk was quicker: the step stands with the order
        if action == "decline":
            other = next(iter(_others(work, delivery)), None)
            if other is not None and ticket.handler_unit_id == delivery.unit_id:
                ticket.handler_unit_id, ticket.handler = other.unit_id, other.unit_name
                action = "hand_over"
            elif ticket.handler_unit_id != delivery.unit_id:
                return  # somebody else has it
        self._tickets.move_in(work, ticket, action, answer.note, answer.photo_id, actor=delivery.unit_name)

    def _call_for_help(self, work: Work, delivery: Delivery, answer: Answer) -> None:
        area_code, lon, lat = self._where(work, delivery, answer)
        ticket = self._tickets.open_in(
            work,
            own_key(delivery.id, "help"),
            "person_in_need",
            "red",
            f"{delivery.unit_name} 求助{'：' + answer.note if answer.note else ''}",
            area_code,
            lon,
            lat,
            delivery.unit_name,
            min(answer.at, work.now) if answer.at else None,
        )
        ticket.reporter_unit_id, ticket.photo_id = delivery.unit_id, answer.photo_id
        about = {"ticket": ticket.id, "order": delivery.order_id, "delivery": delivery.id, "unit": delivery.unit_id, "lon": lon, "lat": lat}
        self._desk.put(work, "help", delivery.id, "red", area_code, ticket.text, about)
        self._tickets.step(work, ticket, "help", ticket.text, [[area_code, {"tickets": 1}]], answer.photo_id, delivery.unit_name)

    def _where(self, work: Work, delivery: Delivery, answer: Answer) -> tuple[str, float, float]:
        """The best that is known: the place of the tap, the last position, the middle of where the unit belongs."""
        unit = work.session.get_one(Unit, delivery.unit_id)
        known = self._positions.of_unit(unit.number)
        points: Sequence[tuple[float, float] | None] = (
            (answer.lon, answer.lat) if answer.lon is not None and answer.lat is not None else None,
            (float(str(known["lon"])), float(str(known["lat"]))) if known else None,
        )
        for point in points:
            if point is not None:
                try:
                    area_code = self._areas.locate(*point)
                except Refused:
                    continue
                if same_city(area_code, delivery.area_code):
                    return area_code, *point
        lon, lat = self._areas.middle(delivery.area_code)
        return delivery.area_code, lon, lat


def _others(work: Work, delivery: Delivery) -> list[Delivery]:
    """The same order as others still have it."""
    held = queries.deliveries(work.session, [delivery.order_id], "", ":", states=queries.UNDERWAY)
    return [other for other in held if other.id != delivery.id]
