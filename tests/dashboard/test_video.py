"""Video points for the map: everything of a place, in as few bytes as can be, and nothing beyond the scope."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from dashboard.city import City
from dashboard.errors import Refused
from dashboard.video import KINDS
from tests.conftest import LEADER, OFFICER


@pytest.mark.parametrize("area", ["5101", "510104", "510104017001"])
def test_the_packed_points_are_the_rows(city: City, area: str) -> None:
    data = city.video.packed(OFFICER, area)
    (n,) = struct.unpack_from("<I", data)
    assert len(data) == 4 + 9 * n
    lon, lat = np.frombuffer(data, "<i4", n, 4) / 1e6, np.frombuffer(data, "<i4", n, 4 + 4 * n) / 1e6
    flags = data[4 + 8 * n :]
    packed = sorted((round(a, 6), round(b, 6), KINDS[f & 127], f >= 128) for a, b, f in zip(lon, lat, flags, strict=True))
    assert packed == sorted((round(r["lon"], 6), round(r["lat"], 6), r["kind"], r["online"]) for r in city.video.within(OFFICER, area))


def test_a_place_without_video_points_is_four_bytes(city: City) -> None:
    assert city.video.packed(OFFICER, "510104999") == b"\0\0\0\0"


def test_nobody_gets_points_of_others(city: City) -> None:
    with pytest.raises(Refused) as caught:
        city.video.packed(LEADER, "510182")
    assert caught.value.code == "outside_scope"
