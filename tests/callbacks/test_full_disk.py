"""A disk that is full: nothing torn, every request answered, and it is said; with room again all goes on by itself."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from tests.conftest import Running, _serve
from tests.waiting import wait_for

SIZE = "160m"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.getuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], check=False).returncode != 0:
        pytest.skip("a disk can be mounted by root only")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def on_it(small_disk: Path, sqlite_template: Path) -> Iterator[Running]:
    shutil.copy(sqlite_template, small_disk / "yiping.db")
    shutil.copytree(sqlite_template.parent / "tiles", small_disk / "tiles")
    yield from _serve(small_disk, {})


def fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return filler


def test_a_full_disk_is_said_and_keeps_no_request_from_its_answer(on_it: Running, small_disk: Path, place_in: dict[str, float]) -> None:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {on_it.token('officer')}"
    base = on_it.server.address

    def report() -> int:
        body: dict[str, Any] = {"key": str(uuid.uuid4()), "kind": "fire", "level": "blue", "text": "有烟", **place_in}
        return session.post(f"{base}/api/v1/tickets", json=body, timeout=60).status_code

    def photo() -> int:
        out = io.BytesIO()
        Image.effect_noise((600, 600), 90).convert("RGB").save(out, "PNG")
        options: dict[str, Any] = {"params": {"key": str(uuid.uuid4())}, "headers": {"Content-Type": "image/png"}}
        return session.post(f"{base}/api/v1/photos", data=out.getvalue(), timeout=60, **options).status_code

    assert report() == 201
    filler = fill(small_disk)  # the server's log lies on the same disk
    ready = session.get(f"{base}/readyz", timeout=60)
    assert (ready.status_code, ready.json()["checks"]["disk"]) == (503, "full")
    for _ in range(3):
        assert report() == 503
        assert photo() == 507
    assert session.get(f"{base}/api/v1/areas/5101", timeout=60).ok, "what is known is still told"
    assert [path for path in (small_disk / "photos").rglob("*") if path.is_file()] == [], "half a photo is none"
    filler.unlink()
    wait_for(lambda: report() == 201)
    assert photo() == 201
    assert session.get(f"{base}/readyz", timeout=60).ok


@pytest.fixture
def place_in(on_it: Running) -> dict[str, float]:
    from dashboard.city import build_city

    city = build_city(on_it.settings)
    lon, lat = city.areas.middle("510104017001")
    city.close()
    return {"lon": lon, "lat": lat}
