"""The rule that keeps the wall honest: snapshot before + changes = snapshot after, on the server and in the browser."""

from __future__ import annotations

import json
import random
import subprocess
import threading
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.city import City
from dashboard.live.events import as_mapping
from dashboard.live.hub import Hub
from dashboard.live.picture import Picture
from dashboard.live.rooms import AreaRoom
from dashboard.live.snapshot import take
from datasources.queries import changes
from tests.conftest import TurnedClock
from tests.dashboard.histories import AREAS, History

ROOT = Path(__file__).parents[3]


def layers_of(picture: Picture) -> dict[str, Any]:
    """All layers, figures without areas in which all is zero."""
    layers = {name: dict(rows) for name, rows in picture.layers().items()}
    layers["figures"] = {code: row for code, row in layers["figures"].items() if any(row.values())}
    return layers


def snapshot(city: City, area: str) -> Picture:
    with city.database.read() as session:
        return take(session, area)


def changes_after(city: City, seq: int) -> list[dict[str, Any]]:
    with city.database.read() as session:
        return [as_mapping(change) for change in changes.after(session, seq, 100_000)]


@given(seed=st.integers(0, 2**32), before=st.integers(0, 25), steps=st.integers(1, 30))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_snapshot_before_plus_changes_is_snapshot_after(city: City, clock: TurnedClock, seed: int, before: int, steps: int) -> None:
    history = History(city, clock, seed)
    for _ in range(before):
        history.step()
    pictures = [snapshot(city, area) for area in AREAS]
    for _ in range(steps):
        history.step()
    for picture in pictures:
        for change in changes_after(city, picture.seq):
            picture.apply(change)
        assert layers_of(picture) == layers_of(snapshot(city, picture.area)), picture.area


def test_every_command_of_a_long_history_is_told(city: City, clock: TurnedClock) -> None:
    """One long history, compared after each single command: a failure names the command."""
    history = History(city, clock, 7)
    pictures = [snapshot(city, area) for area in AREAS]
    seen = set()
    for i in range(160):
        name = history.step()
        seen.add(name)
        for picture in pictures:
            for change in changes_after(city, picture.seq):
                picture.apply(change)
        if i % 4 == 0:
            for picture in pictures:
                assert layers_of(picture) == layers_of(snapshot(city, picture.area)), (name, picture.area)
    assert seen == set(History.COMMANDS)
    assert history.refused < 120


def test_changes_that_race_with_each_other_and_with_the_snapshot(city: City, clock: TurnedClock) -> None:
    """Four writers at once; a reader takes its snapshot in the middle and follows from there."""
    histories = [History(city, clock, seed) for seed in range(4)]
    for number, history in enumerate(histories):
        history._keys = number * 100_000

    def write(history: History) -> None:
        for _ in range(25):
            history.step()

    threads = [threading.Thread(target=write, args=(history,)) for history in histories]
    for thread in threads:
        thread.start()
    pictures = [snapshot(city, random.Random(i).choice(AREAS)) for i in range(12)]
    for thread in threads:
        thread.join()
    for picture in pictures:
        for change in changes_after(city, picture.seq):
            picture.apply(change)
        assert layers_of(picture) == layers_of(snapshot(city, picture.area)), picture.area


def test_the_browsers_store_comes_to_the_same_picture(sqlite_city: City, clock: TurnedClock, tmp_path: Path) -> None:
    """What the server's rooms send, applied by the browser's own module, is the snapshot after; so is a catch-up."""
    city, cases = sqlite_city, []
    for seed in range(6):
        history = History(city, clock, seed)
        history._keys = seed * 100_000
        for _ in range(20):
            history.step()
        with city.database.read() as session:
            rooms = [AreaRoom(session, area) for area in AREAS]
        firsts = [json.loads(json.dumps(room.snapshot())) for room in rooms]
        sent: list[list[dict[str, Any]]] = [[] for _ in rooms]
        for _ in range(12):
            for _ in range(3):
                history.step()
            for room, messages in zip(rooms, sent, strict=True):
                for change in changes_after(city, room.picture.seq):
                    room.apply(change)
                patch = room.take_patch(room.picture.seq)
                if patch is not None:
                    messages.append(patch)
        for room, first, messages in zip(rooms, firsts, sent, strict=True):
            with city.database.read() as session:
                after = AreaRoom(session, room.area).snapshot()
            missed = changes_after(city, first["seq"])
            cases.append({"first": first, "patches": messages, "catch_up": room.catch_up(missed, first["seq"]), "after": after})
    path = tmp_path / "cases.json"
    path.write_text(json.dumps(cases), "utf-8")
    verify = ROOT / "tests" / "assets" / "verify-picture.mjs"
    done = subprocess.run(["node", str(verify), str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(cases)} cases" in done.stdout


def test_a_screen_that_was_cut_gets_what_it_missed_or_a_new_snapshot(sqlite_city: City, clock: TurnedClock) -> None:
    city = sqlite_city
    hub = Hub(city.database, city.bus, city.positions.hot, city.positions.number_of, clock)
    kind, first = hub.open_area("510104", None)
    assert kind == "snapshot"
    history = History(city, clock, 3)
    for _ in range(30):
        history.step()
    hub.pump()
    kind, patch = hub.open_area("510104", first["seq"])
    assert kind == "patch"
    assert patch["seq"] == hub.seq
    # a number from the future (another database) cannot be continued
    assert hub.open_area("510104", hub.seq + 50)[0] == "snapshot"
