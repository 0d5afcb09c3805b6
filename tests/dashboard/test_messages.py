"""Talk inside an order: each message once, to those whom it concerns and to nobody else."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError

from dashboard.city import City
from dashboard.clips import MOST_BYTES
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.recipients import Criteria
from dashboard.errors import Refused
from dashboard.identity import Principal
from dashboard.messages import NewMessage
from datasources.queries import changes
from tests.conftest import LEADER, OFFICER, TurnedClock, principal

STREET = "510104017"
WEBM = b"\x1a\x45\xdf\xa3" + b"\0" * 200


@pytest.fixture
def talk(city: City, people: list[dict[str, Any]]) -> tuple[dict[str, Any], Principal]:
    """A delivery in the leader's street, and its unit."""
    unit = next(one for one in people if one["area_code"].startswith(STREET))
    new = NewOrder(key="order-for-talk", title="巡查", text="请巡查", to=Criteria(area=STREET, units=[unit["id"]]))
    order = city.orders.send(OFFICER, new)
    delivery = city.orders.deliveries(OFFICER, order["id"])[0]
    return delivery, principal("unit", unit["area_code"], unit["id"])


def code_of(action: Any) -> str:
    with pytest.raises(Refused) as caught:
        action()
    return caught.value.code


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(out, "JPEG")
    return out.getvalue()


def test_both_sides_write_and_both_read(city: City, talk: tuple[dict[str, Any], Principal], clock: TurnedClock) -> None:
    delivery, unit = talk
    city.messages.send(OFFICER, delivery["id"], NewMessage(key="desk-0001", text="现场情况如何？"))
    clock.turn(seconds=40)
    written = clock() - timedelta(minutes=10)  # without a network for ten minutes
    city.messages.send(unit, delivery["id"], NewMessage(key="unit-0001", text=" 水位上涨 ", at=written))
    for reader in (OFFICER, LEADER, unit):
        found = city.messages.of(reader, delivery["id"])
        assert [(one["from_unit"], one["text"]) for one in found] == [(False, "现场情况如何？"), (True, "水位上涨")]
    assert found[1]["written_at"] < found[0]["arrived_at"] < found[1]["arrived_at"]
    assert city.orders.deliveries(OFFICER, delivery["order_id"])[0]["said"] == 1


def test_the_field_page_learns_how_many_messages_the_desk_wrote(city: City, talk: tuple[dict[str, Any], Principal]) -> None:
    delivery, person = talk
    for number, who in enumerate((OFFICER, person, OFFICER)):
        city.messages.send(who, delivery["id"], NewMessage(key=f"counted-{number}", text="请回话"))
    assert [one["messages"] for one in city.answers.work_of(person) if one["id"] == delivery["id"]] == [2]


def test_the_same_key_sends_once(city: City, talk: tuple[dict[str, Any], Principal]) -> None:
    delivery, unit = talk
    first = city.messages.send(unit, delivery["id"], NewMessage(key="unit-0002", text="到了"))
    assert city.messages.send(unit, delivery["id"], NewMessage(key="unit-0002", text="到了")) == first
    assert len(city.messages.of(unit, delivery["id"])) == 1
    assert code_of(lambda: city.messages.send(OFFICER, delivery["id"], NewMessage(key="unit-0002", text="x"))) == "already_so"
    with city.database.read() as session:
        kinds = [change.kind for change in changes.after(session, 0, 10_000)]
    assert kinds.count("message.send") == 1


def test_an_order_that_has_ended_still_takes_what_was_written(city: City, talk: tuple[dict[str, Any], Principal]) -> None:
    delivery, unit = talk
    city.orders.call_off(OFFICER, delivery["order_id"])
    assert city.messages.send(unit, delivery["id"], NewMessage(key="unit-0003", text="已撤离"))["text"] == "已撤离"


def test_photos_and_clips_are_seen_by_both_sides_and_nobody_else(
    city: City, talk: tuple[dict[str, Any], Principal], people: list[dict[str, Any]]
) -> None:
    delivery, unit = talk
    photo, clip = city.photos.store(OFFICER, "photo-00001", jpeg()), city.clips.store(OFFICER, "clip-000001", WEBM)
    city.messages.send(OFFICER, delivery["id"], NewMessage(key="desk-0002", photo_id=photo, clip_id=clip))
    assert city.messages.photo(unit, photo).read_bytes()[:2] == b"\xff\xd8"
    path, mimetype = city.messages.clip(unit, clip)
    assert (path.read_bytes(), mimetype) == (WEBM, "audio/webm")
    assert city.messages.clip(LEADER, clip)[1] == "audio/webm"
    other = next(one for one in people if one["id"] != unit.unit_id)
    stranger, elsewhere = principal("unit", other["area_code"], other["id"]), principal("leader", "510182100")
    for nobody in (stranger, elsewhere):
        assert code_of(lambda who=nobody: city.messages.of(who, delivery["id"])) == "not_found"
        assert code_of(lambda who=nobody: city.messages.clip(who, clip)) == "not_found"
        assert code_of(lambda who=nobody: city.messages.photo(who, photo)) == "not_found"
        assert code_of(lambda who=nobody: city.messages.send(who, delivery["id"], NewMessage(key="foreign-01", text="x"))) == "not_found"


def test_what_one_did_not_send_cannot_be_attached(city: City, talk: tuple[dict[str, Any], Principal]) -> None:
    delivery, unit = talk
    clip = city.clips.store(OFFICER, "clip-000002", WEBM)
    assert code_of(lambda: city.messages.send(unit, delivery["id"], NewMessage(key="unit-0004", clip_id=clip))) == "not_found"
    assert code_of(lambda: city.messages.send(unit, delivery["id"], NewMessage(key="unit-0005", photo_id="no-such"))) == "not_found"


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "not_a_sound"), (b"<script>", "not_a_sound"), (jpeg(), "not_a_sound"), (WEBM + b"\0" * MOST_BYTES, "too_large")],
)
def test_clips_that_are_none_or_too_long_are_refused(city: City, data: bytes, said: str) -> None:
    assert code_of(lambda: city.clips.store(OFFICER, "clip-bad-01", data)) == said


@pytest.mark.parametrize("head", [b"OggS", b"\0\0\0\x18ftypM4A ", b"RIFF\0\0\0\0WAVE", WEBM[:4]])
def test_each_kind_of_recording_is_taken_once(city: City, head: bytes) -> None:
    first = city.clips.store(OFFICER, "clip-kinds-1", head + b"\0" * 50)
    assert city.clips.store(OFFICER, "clip-kinds-1", head + b"\0" * 50) == first
    assert code_of(lambda: city.clips.store(LEADER, "clip-kinds-1", head)) == "forbidden"


def test_a_message_says_something() -> None:
    with pytest.raises(ValidationError):
        NewMessage(key="empty-0001", text="   ")
