"""GCJ-02 and distances."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dashboard.geo import distance_m, gcj02_to_wgs84, wgs84_to_gcj02

LON, LAT = st.floats(75, 134), st.floats(19, 53)


@given(LON, LAT)
def test_there_and_back_is_the_same_place(lon: float, lat: float) -> None:
    back = gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat))
    assert distance_m(lon, lat, *back) < 0.05


@given(LON, LAT)
def test_the_shift_is_some_hundred_metres(lon: float, lat: float) -> None:
    assert 20 < distance_m(lon, lat, *wgs84_to_gcj02(lon, lat)) < 1200


def test_chengdu_lies_about_a_quarter_of_a_hundredth_degree_off() -> None:
    lon, lat = wgs84_to_gcj02(104.0657, 30.6595)
    assert 0.002 < lon - 104.0657 < 0.003
    assert -0.003 < lat - 30.6595 < -0.002


def test_a_degree_of_latitude() -> None:
    assert np.isclose(distance_m(104, 30, 104, 31), 111_195, rtol=1e-3)
