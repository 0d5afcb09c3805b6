"""Browsers of field units that take push messages."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from dashboard.command import Commands
from dashboard.errors import Refused
from dashboard.identity import Principal
from datasources.channels.push_services import PushServices
from datasources.models import PushSubscription


class NewSubscription(BaseModel):
    """A browser's subscription as its PushManager gives it."""

    model_config = ConfigDict(extra="forbid")

    endpoint: str = Field(max_length=500)
    p256dh: str = Field(pattern=r"^[A-Za-z0-9_-]{80,100}$")
    auth: str = Field(pattern=r"^[A-Za-z0-9_-]{16,32}$")


NO_SERVICE_ZH = "须为推送服务的 https 地址（其他服务见设置 YIPING_PUSH_SERVICES）"
NO_SERVICE_EN = "must be an https address of a push service (others: setting YIPING_PUSH_SERVICES)"
MOST_OF_UNIT = 5
"""Browsers of one person: each is called one after the other, within the same seconds. The one that was added first gives way."""


class Subscriptions:
    """Keeps and forgets subscriptions. One browser belongs to the unit that subscribed last."""

    def __init__(self, commands: Commands, services: PushServices) -> None:
        self._commands = commands
        self._services = services

    def add(self, principal: Principal, new: NewSubscription) -> None:
        """Keep a browser of the asking unit."""
        principal.require("answer")
        if principal.unit_id is None:
            raise Refused("forbidden", permission="answer")
        if not self._services.takes(new.endpoint):
            raise Refused("invalid", field="endpoint", problem=f"{NO_SERVICE_ZH} / {NO_SERVICE_EN}")
        with self._commands.transaction(principal) as work:
            known = work.session.get(PushSubscription, new.endpoint)
            if known is None:
                known = PushSubscription(endpoint=new.endpoint)
                work.session.add(known)
            known.unit_id, known.p256dh, known.auth, known.made_at = principal.unit_id, new.p256dh, new.auth, work.now
            work.session.flush()
            held = select(PushSubscription).where(PushSubscription.unit_id == principal.unit_id)
            for old in work.session.scalars(held.order_by(PushSubscription.made_at.desc(), PushSubscription.endpoint).offset(MOST_OF_UNIT)):
                work.session.delete(old)
            work.record("push.subscribe", principal.area_code, principal.unit_id, {"service": urlsplit(new.endpoint).hostname})

    def remove(self, principal: Principal, endpoint: str) -> None:
        """Forget a browser of the asking unit."""
        principal.require("answer")
        with self._commands.transaction(principal) as work:
            known = work.session.get(PushSubscription, endpoint)
            if known is not None and known.unit_id == principal.unit_id:
                work.session.delete(known)
