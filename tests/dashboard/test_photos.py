"""Pictures that were made to keep a machine busy: refused, soon, and in a process that is not the server."""

from __future__ import annotations

import io
import threading
import time
import uuid
from collections.abc import Callable

import pytest
import requests
from PIL import Image

from dashboard import photos
from dashboard.city import City
from dashboard.errors import Refused
from tests.conftest import OFFICER, Running


def noisy(size: tuple[int, int]) -> Image.Image:
    return Image.effect_noise(size, 80).convert("RGB")


def with_scans(more: int, size: tuple[int, int] = (2000, 2000)) -> bytes:
    """A progressive JPEG whose last scan is repeated: few bytes each, the work of a whole picture."""
    out = io.BytesIO()
    Image.new("RGB", size, "navy").save(out, "JPEG", progressive=True)
    data = out.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * more + data[-2:]


def large(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(lambda: with_scans(16_000), "not_an_image", id="sixteen thousand scans"),
        pytest.param(lambda: large((7_000, 7_000)), "too_large", id="49 megapixels in few bytes"),
    ],
)
def test_what_takes_long_is_refused(sqlite_city: City, data: Callable[[], bytes], code: str) -> None:
    made = data()
    assert len(made) < 1_000_000
    with pytest.raises(Refused) as refused:
        sqlite_city.photos.store(OFFICER, uuid.uuid4().hex, made)
    assert refused.value.code == code


def test_what_takes_longer_than_anybody_waits_is_stopped(sqlite_city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "PATIENCE_S", 0.3)
    with pytest.raises(Refused, match=r"."):
        sqlite_city.photos.store(OFFICER, uuid.uuid4().hex, with_scans(85, (5_600, 4_200)))


def test_a_large_photo_of_a_phone_is_taken(sqlite_city: City) -> None:
    out = io.BytesIO()
    noisy((4_000, 3_000)).save(out, "JPEG", quality=60)
    stored = sqlite_city.photos.store(OFFICER, "a large one", out.getvalue())
    assert max(Image.open(sqlite_city.photos.path(OFFICER, stored)).size) == 2048


def test_the_server_answers_while_a_picture_keeps_a_process_busy(running: Running) -> None:
    headers = {"Authorization": f"Bearer {running.token('officer')}"}
    slow = with_scans(85, (5_600, 4_200))
    answers: list[int] = []

    def send() -> None:
        address = f"{running.server.address}/api/v1/photos?key={uuid.uuid4().hex}"
        answers.append(requests.post(address, slow, headers=headers, timeout=60).status_code)

    senders = [threading.Thread(target=send) for _ in range(2)]
    for one in senders:
        one.start()
    waits = []
    while any(one.is_alive() for one in senders):
        began = time.monotonic()
        assert requests.get(f"{running.server.address}/healthz", timeout=60).ok
        waits.append(time.monotonic() - began)
        time.sleep(0.05)
    assert len(answers) == 2
    assert len(waits) > 10, "it was asked all the while, and answered"
