"""`/orders`, `/deliveries`, `/my/work`."""

from __future__ import annotations

from typing import Any

from callbacks.api.queries import AreaQuery, PageQuery
from callbacks.api.routing import Route
from dashboard.city import City
from dashboard.dispatch.answers import Answer
from dashboard.dispatch.handing import HandOver
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.recipients import Criteria
from dashboard.identity import Principal

MOST_HISTORY = 30
MOST_BYTES = 4 * 1024 * 1024  # an order to 44,000 named units


def routes(city: City) -> list[Route]:
    """The routes of this subject."""

    def listed(principal: Principal, query: PageQuery) -> dict[str, Any]:
        return {"orders": city.orders.listed(principal, min(query.limit, 200), query.after)}

    def deliveries(principal: Principal, id: str, query: AreaQuery) -> dict[str, Any]:
        return {"deliveries": city.orders.deliveries(principal, id, query.area or None)}

    def underway(principal: Principal, query: PageQuery) -> dict[str, Any]:
        found = city.orders.underway(principal, query.area or principal.area_code, query.limit, query.after)
        return {"deliveries": found, "next": found[-1]["id"] if len(found) == query.limit else None}

    return [
        Route(
            "POST",
            "/orders/preview",
            "How many units an order would go to",
            ("order",),
            lambda principal, body: city.orders.preview(principal, body),
            body=Criteria,
            most_bytes=MOST_BYTES,
        ),
        Route(
            "POST",
            "/orders",
            "Send an order",
            ("order",),
            lambda principal, body: city.orders.send(principal, body),
            body=NewOrder,
            status=201,
            most_bytes=MOST_BYTES,
        ),
        Route("GET", "/orders", "Orders of the scope, newest first", ("see",), listed, query=PageQuery),
        Route("GET", "/orders/{id}", "An order with its counts", ("see",), lambda principal, id: city.orders.get(principal, id)),
        Route("GET", "/orders/{id}/deliveries", "Deliveries of an order", ("see",), deliveries, query=AreaQuery),
        Route(
            "GET",
            "/orders/{id}/reach",
            "How far an order has come, by area, how long it took, and who is silent",
            ("see",),
            lambda principal, id, query: city.reach.board(principal, id, query.area),
            query=AreaQuery,
        ),
        Route(
            "POST",
            "/orders/{id}/recipients",
            "Send a running order to more units",
            ("order",),
            lambda principal, id, body: {"added": city.orders.add_recipients(principal, id, body)},
            body=Criteria,
            most_bytes=MOST_BYTES,
        ),
        Route(
            "POST",
            "/orders/{id}/resend",
            "Push a running order again to all who have not answered",
            ("order",),
            lambda principal, id: {"resent": city.orders.resend(principal, id)},
        ),
        Route(
            "POST",
            "/orders/{id}/call-off",
            "Call a running order off",
            ("order",),
            lambda principal, id: city.orders.call_off(principal, id),
        ),
        Route("POST", "/orders/{id}/close", "Close a running order", ("order",), lambda principal, id: city.orders.close(principal, id)),
        Route("GET", "/deliveries", "Deliveries under way in an area, by id: for gateways", ("relay",), underway, query=PageQuery),
        Route(
            "POST",
            "/deliveries/{id}/answers",
            "Answer an order",
            ("answer", "relay"),
            lambda principal, id, body: city.answers.answer(principal, id, body),
            body=Answer,
        ),
        Route(
            "GET",
            "/deliveries/{id}/answers",
            "Each answer of a delivery",
            ("see", "answer"),
            lambda principal, id: {"answers": city.answers.steps(principal, id)},
        ),
        Route(
            "GET",
            "/deliveries/{id}/colleagues",
            "Who could take an order over",
            ("answer", "order"),
            lambda principal, id: {"units": city.handing.colleagues(principal, id)},
        ),
        Route(
            "POST",
            "/deliveries/{id}/hand-over",
            "Hand an order over to a colleague",
            ("answer", "order"),
            lambda principal, id, body: city.handing.hand_over(principal, id, body),
            body=HandOver,
        ),
        Route(
            "GET",
            "/my/work",
            "What the asking unit has to do",
            ("answer",),
            lambda principal: {"deliveries": city.answers.work_of(principal)},
        ),
        Route(
            "GET",
            "/my/history",
            "The last orders of the asking unit, whatever has become of them",
            ("answer",),
            lambda principal: {"deliveries": city.answers.history_of(principal, MOST_HISTORY)},
        ),
    ]
