"""Messages 消息 between the desk and one unit inside an order: text, a photo, a voice clip. At least once on the wire, once in effect."""

from __future__ import annotations

from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from dashboard.areas import Areas
from dashboard.clips import Clips
from dashboard.clock import new_id
from dashboard.command import Commands
from dashboard.desk import Desk
from dashboard.dispatch.access import is_own, is_within
from dashboard.dispatch.moves import LEVEL
from dashboard.errors import Refused
from dashboard.idempotency import ClientKey
from dashboard.identity import Principal
from dashboard.photos import Photos
from dashboard.rows import Row, message_row
from datasources.models import Delivery, Message, Order
from datasources.queries import messages as queries

MOST = 500
"""Messages in one delivery: more is no talk but a fault."""


class NewMessage(BaseModel):
    """A message. `at` is when it was written on the writer's own clock; the time of arrival is kept beside it."""

    model_config = ConfigDict(extra="forbid")

    key: ClientKey
    text: str = Field(default="", max_length=1000)
    photo_id: str | None = Field(default=None, max_length=36)
    clip_id: str | None = Field(default=None, max_length=36)
    at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _something(self) -> NewMessage:
        if not (self.text.strip() or self.photo_id or self.clip_id):
            raise ValueError("消息须有文字、照片或语音 / a message needs a text, a photo or a clip")
        return self


class Messages:
    """Takes messages and shows them to those whom they concern: the unit itself, and desks whose area holds it."""

    def __init__(self, commands: Commands, areas: Areas, photos: Photos, clips: Clips, desk: Desk) -> None:
        self._desk = desk
        self._commands = commands
        self._database = commands.database
        self._areas = areas
        self._photos = photos
        self._clips = clips

    def send(self, principal: Principal, delivery_id: str, new: NewMessage) -> Row:
        """Keep a message and tell the other side; the same key again changes nothing and returns the message.

        An order that has ended still takes messages: whoever wrote before the end must not lose them.
        Raises `not_found` for what is not one's own or outside the scope, attachments included, and `invalid`.
        """
        for attachment, owned in ((new.photo_id, self._photos.owned_by), (new.clip_id, self._clips.owned_by)):
            if attachment is not None and not owned(principal, attachment):
                raise Refused("not_found", what=attachment)
        with self._commands.transaction(principal) as work:
            work.claim(new.key)
            delivery = work.session.get(Delivery, delivery_id, with_for_update=True)
            if delivery is None or not (is_own(principal, delivery) or is_within(principal, "order", delivery)):
                raise Refused("not_found", what=delivery_id)
            known = queries.by_key(work.session, new.key)
            if known is not None:
                if known.delivery_id != delivery.id or known.actor != principal.actor:
                    raise Refused("already_so", field="key", state=new.key)
                return message_row(known)
            if queries.count(work.session, delivery_id) >= MOST:
                raise Refused("invalid", field="text", problem=f"最多 {MOST} 条消息 / {MOST} messages at most")
            from_unit = is_own(principal, delivery)
            message = Message(
                id=new_id(),
                key=new.key,
                delivery_id=delivery.id,
                order_id=delivery.order_id,
                area_code=delivery.area_code,
                from_unit=from_unit,
                actor=principal.actor,
                name=delivery.unit_name if from_unit else principal.name,
                text=new.text.strip(),
                photo_id=new.photo_id,
                clip_id=new.clip_id,
                written_at=min(new.at or work.now, work.now),
                arrived_at=work.now,
            )
            work.session.add(message)
            order = work.session.get_one(Order, delivery.order_id)
            if from_unit:
                delivery.said += 1
                about = {"order": order.id, "delivery": delivery.id, "unit": delivery.unit_id, "ticket": order.ticket_id}
                told = f"{delivery.unit_name}：{new.text.strip() or ('［照片］' if new.photo_id else '［语音］')}"
                self._desk.put(work, "message", delivery.id, LEVEL[order.priority], delivery.area_code, told, about)
            else:
                self._desk.take_about(work, "message", delivery.id)
            row = message_row(message)
            payload = {
                "row": row,
                "delivery_id": delivery.id,
                "unit_id": delivery.unit_id,
                "unit": delivery.unit_name,
                "said": delivery.said,
                "title": order.title,
                "place": self._areas.short_name(delivery.area_code),
            }
            work.record("message.send", delivery.area_code, delivery.order_id, payload)
            return row

    def of(self, principal: Principal, delivery_id: str) -> list[Row]:
        """The talk of one delivery, oldest first. Raises `not_found`."""
        with self._database.read() as session:
            delivery = session.get(Delivery, delivery_id)
            if delivery is None or not (is_own(principal, delivery) or is_within(principal, "see", delivery)):
                raise Refused("not_found", what=delivery_id)
            return [message_row(one) for one in queries.of_delivery(session, delivery_id)]

    def clip(self, principal: Principal, clip_id: str) -> tuple[Path, str]:
        """File and mimetype of a voice clip. Raises `not_found`."""
        return self._clips.path(principal, clip_id, self._addressed(principal, clip_id))

    def photo(self, principal: Principal, photo_id: str) -> Path:
        """The file of a photo: of a report in scope, or of a message in sight. Raises `not_found`."""
        return self._photos.path(principal, photo_id, self._addressed(principal, photo_id))

    def _addressed(self, principal: Principal, attachment: str) -> bool:
        if principal.unit_id is None or not principal.may("answer"):
            return False
        with self._database.read() as session:
            return queries.addressed_to(session, principal.unit_id, attachment)
