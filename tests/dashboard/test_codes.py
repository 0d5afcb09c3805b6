"""Area codes: the prefix is the ancestry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import codes

lengths = st.sampled_from(list(codes.LEVELS.values()))
area_codes = lengths.flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n))


@given(area_codes, area_codes)
def test_the_range_of_a_code_is_exactly_what_begins_with_it(outer: str, inner: str) -> None:
    assert (outer <= inner < codes.end_of(outer)) == codes.contains(outer, inner)


@given(area_codes)
def test_parents_lead_to_the_city(code: str) -> None:
    path = codes.ancestors(code)
    assert path == ([] if len(code) == 4 else [*codes.ancestors(codes.parent_of(code) or ""), codes.parent_of(code)])


def test_levels() -> None:
    assert [codes.level_of("510104017001001001"[:n]) for n in (4, 6, 9, 12, 15, 18)] == list(codes.LEVELS)
    with pytest.raises(ValueError, match="51010"):
        codes.level_of("51010")


def test_staff_of_a_community_look_after_its_micro_grids() -> None:
    micro_grid = "510104017001001001"
    assert codes.looks_after("510104017001001", micro_grid)
    assert codes.looks_after("510104017001", micro_grid)
    assert not codes.looks_after("510104017", micro_grid), "a street's people are not listed in each micro-grid"
    assert not codes.looks_after("510104017001002", micro_grid)


def test_the_common_area() -> None:
    assert codes.common(["510104017001", "510104017002001"]) == "510104017"
    assert codes.common(["510104", "510182"]) == "5101"
    with pytest.raises(ValueError, match="no city"):
        codes.common(["5101", "3302"])
