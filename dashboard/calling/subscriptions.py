"""Browsers of field units that take push messages."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from dashboard.command import Commands
from dashboard.errors import Refused
from dashboard.identity import Principal
from datasources.models import PushSubscription


class NewSubscription(BaseModel):
    """A browser's subscription as its PushManager gives it. Only public HTTPS addresses: the server will send there."""

    model_config = ConfigDict(extra="forbid")

    endpoint: str = Field(max_length=500)
    p256dh: str = Field(pattern=r"^[A-Za-z0-9_-]{80,100}$")
    auth: str = Field(pattern=r"^[A-Za-z0-9_-]{16,32}$")

    @field_validator("endpoint")
    @classmethod
    def _public(cls, text: str) -> str:
        parts = urlsplit(text)
        host = parts.hostname or ""
        try:
            ipaddress.ip_address(host)
            named = False
        except ValueError:
            named = "." in host and not host.endswith((".local", ".internal", ".localhost"))
        if parts.scheme != "https" or not named or parts.username:
            raise ValueError("须为推送服务的 https 地址 / must be an https address of a push service")
        return text


class Subscriptions:
    """Keeps and forgets subscriptions. One browser belongs to the unit that subscribed last."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    def add(self, principal: Principal, new: NewSubscription) -> None:
        """Keep a browser of the asking unit."""
        principal.require("answer")
        if principal.unit_id is None:
            raise Refused("forbidden", permission="answer")
        with self._commands.transaction(principal) as work:
            known = work.session.get(PushSubscription, new.endpoint)
            if known is None:
                known = PushSubscription(endpoint=new.endpoint)
                work.session.add(known)
            known.unit_id, known.p256dh, known.auth, known.made_at = principal.unit_id, new.p256dh, new.auth, work.now

    def remove(self, principal: Principal, endpoint: str) -> None:
        """Forget a browser of the asking unit."""
        principal.require("answer")
        with self._commands.transaction(principal) as work:
            known = work.session.get(PushSubscription, endpoint)
            if known is not None and known.unit_id == principal.unit_id:
                work.session.delete(known)
