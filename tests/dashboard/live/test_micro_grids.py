"""Values of micro-grids: values before + changes = values after; frames carry exactly what changed."""

from __future__ import annotations

import struct

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.city import City
from dashboard.live.micro_grids import HEADER, LEVEL_OF, THEMES, MicroGrids
from dashboard.warnings import WarningIssue
from tests.conftest import ADMIN, TurnedClock
from tests.dashboard.histories import AREAS, History
from tests.dashboard.live.test_picture import changes_after


def fresh(city: City) -> MicroGrids:
    with city.database.read() as session:
        return MicroGrids(session)


@given(seed=st.integers(0, 2**32), before=st.integers(0, 20), steps=st.integers(1, 30))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_values_before_plus_changes_are_values_after(city: City, clock: TurnedClock, seed: int, before: int, steps: int) -> None:
    history = History(city, clock, seed)
    for _ in range(before):
        history.step()
    followed = fresh(city)
    screens = {(theme, area): followed.values(theme, area) for theme in THEMES for area in AREAS}
    for _ in range(steps):
        history.step()
        for change in changes_after(city, followed.seq):
            followed.apply(change)
        for (theme, area), frame in followed.changed_frames(list(screens)).items():
            first = followed._span(area)[0] + 1
            *_, count = HEADER.unpack_from(frame)
            numbers = struct.unpack_from(f"<{count}I", frame, HEADER.size)
            values = frame[HEADER.size + 4 * count :]
            for number, value in zip(numbers, values, strict=True):
                screens[theme, area][number - first] = value
    truth = fresh(city)
    assert any(truth.values(theme, "5101").any() for theme in THEMES)
    for (theme, area), values in screens.items():
        assert np.array_equal(values, truth.values(theme, area)), (theme, area)


def test_the_worst_of_the_warnings_above_and_on_it_counts(city: City, clock: TurnedClock) -> None:
    def issue(level: str, area: str) -> str:
        warning = WarningIssue(
            key=f"warn-{level}-{area}",
            event="rainstorm",
            level=level,  # type: ignore[arg-type]
            headline="暴雨",
            description="暴雨",
            instruction="注意",
            area=area,
            expires=clock().replace(hour=23),
        )
        return str(city.warnings.issue(ADMIN, warning)["id"])

    followed = fresh(city)

    def levels(area: str) -> set[int]:
        for change in changes_after(city, followed.seq):
            followed.apply(change)
        return set(followed.values("warnings", area).tolist())

    issue("blue", "5101")
    red = issue("red", "510104017")
    assert levels("510104017") == {LEVEL_OF["red"]}
    assert levels("510182") == {LEVEL_OF["blue"]}
    city.warnings.cancel(ADMIN, red)
    assert levels("510104017") == {LEVEL_OF["blue"]}
