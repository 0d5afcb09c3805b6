"""`/call-policies`, calls of a delivery, what gateways report, push subscriptions."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from callbacks.api.queries import AreaQuery
from callbacks.api.routing import Route
from dashboard.calling.caller import Report
from dashboard.calling.channels import push_key
from dashboard.calling.subscriptions import NewSubscription
from dashboard.city import City
from dashboard.dispatch.policies import NewPolicy, PolicyPlace
from dashboard.idempotency import ClientKey
from dashboard.identity import Principal


class PhoneMark(BaseModel):
    """The idempotency key of "reached by telephone"."""

    model_config = ConfigDict(extra="forbid")

    key: ClientKey


class Endpoint(BaseModel):
    """A push subscription's address."""

    model_config = ConfigDict(extra="forbid")

    endpoint: str = Field(max_length=500)


def routes(city: City) -> list[Route]:
    """The routes of this subject."""

    def subscribe(principal: Principal, body: NewSubscription) -> dict[str, Any]:
        city.subscriptions.add(principal, body)
        return {"subscribed": True}

    def unsubscribe(principal: Principal, body: Endpoint) -> dict[str, Any]:
        city.subscriptions.remove(principal, body.endpoint)
        return {"subscribed": False}

    return [
        Route(
            "GET",
            "/call-policies",
            "How people of an area are called who do not answer",
            ("see",),
            lambda principal, query: {"policies": city.policies.listed(principal, query.area or city.areas.start_of(principal))},
            query=AreaQuery,
        ),
        Route(
            "POST",
            "/call-policies",
            "Set the call policy of an area for one priority",
            ("administer",),
            lambda principal, body: city.policies.set(principal, body),
            body=NewPolicy,
        ),
        Route(
            "POST",
            "/call-policies/remove",
            "Let the call policy of the area above hold again",
            ("administer",),
            lambda principal, body: city.policies.remove(principal, body),
            body=PolicyPlace,
        ),
        Route(
            "GET",
            "/deliveries/{id}/calls",
            "Each call to one recipient",
            ("see",),
            lambda principal, id: {"calls": city.caller.calls(principal, id)},
        ),
        Route(
            "POST",
            "/deliveries/{id}/by-phone",
            "Mark somebody as reached by telephone",
            ("order",),
            lambda principal, id, body: city.answers.by_phone(principal, id, body.key),
            body=PhoneMark,
        ),
        Route(
            "POST",
            "/calls/{id}/report",
            "A gateway tells how a call went on",
            ("relay",),
            lambda principal, id, body: city.caller.report(principal, id, body),
            body=Report,
        ),
        Route("GET", "/my/push-key", "What a browser subscribes with", ("answer",), lambda _principal: {"key": push_key(city.settings)}),
        Route("POST", "/my/push-subscription", "Take push messages in this browser", ("answer",), subscribe, body=NewSubscription),
        Route("POST", "/my/push-subscription/remove", "Take none any more", ("answer",), unsubscribe, body=Endpoint),
    ]
