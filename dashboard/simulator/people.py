"""The people of the simulated city: they walk, answer orders, some late, some never, and now and then one needs help."""

from __future__ import annotations

import math
import random
from collections import deque
from typing import Any

from dashboard.simulator.agenda import Agenda
from dashboard.simulator.client import Client
from dashboard.simulator.paths import Walker

REPORT_EVERY_S = 10.0
"""A position of each unit."""
STEPS = ("delivered", "acknowledged", "en_route", "arrived", "done")
DELAYS_S = {"delivered": (1, 4), "acknowledged": (4, 60), "en_route": (10, 90), "arrived": (60, 400), "done": (120, 900)}
LATE_SHARE, LATE_S = 0.06, (300, 1500)
"""Who does not hear the first call, and when they answer after all."""
NEVER_SHARE = 0.015
DECLINE_SHARE = 0.03
HELP_SHARE = 0.02
"""Of those who are asked whether they are safe."""
SAFE_AFTER_S = (600, 1200)
DECLINE_WORDS = ("道路不通，过不去", "正在处置另一处险情", "离得太远，请换近处的人")
HELP_WORDS = ("被水困在屋顶，还有两位老人", "腿部受伤，无法行走", "车辆熄火，水位还在上涨")
DONE_WORDS = ("已处置，现场安全", "已转移 {n} 人，无人受伤", "已设警戒，等专业队伍", "已清理，恢复通行")


class People:
    """Those who have no device of their own in the city."""

    def __init__(self, client: Client, agenda: Agenda, chance: random.Random, city: str, units: dict[str, dict[str, Any]]) -> None:
        self.units = units
        self.walkers: dict[str, Walker] = {}
        self.centres: dict[str, tuple[float, float]] = {}
        self._client = client
        self._agenda = agenda
        self._chance = chance
        self._city = city
        self._queue: deque[str] = deque()
        self._planned: dict[str, str] = {}
        """Delivery → the state from which its next answer is planned."""
        self._open: set[str] = set()

    def begin(self) -> None:
        """Everybody is somewhere, and goes on from there."""
        ids = sorted(self.walkers)
        self._queue.extend(self._chance.sample(ids, len(ids)))
        for start in range(0, len(ids), 1000):
            self._send_positions(ids[start : start + 1000])

    # --- walking ----------------------------------------------------------------------------------------

    def walk(self) -> None:
        """A tenth of all goes on: each of them every ten seconds."""
        moved = []
        for _ in range(math.ceil(len(self.walkers) / REPORT_EVERY_S)):
            unit_id = self._queue.popleft()
            self._queue.append(unit_id)
            if self.walkers[unit_id].step(REPORT_EVERY_S):
                moved.append(unit_id)
        if moved:
            self._send_positions(moved)

    def _send_positions(self, ids: list[str]) -> None:
        at = self._agenda.clock.now().isoformat(timespec="milliseconds")
        left = list(ids)
        for _ in range(60):
            body = [self._position(unit_id, at) for unit_id in left]
            if not left or self._client.post("/positions", body, ("outside_city",)) is not None:
                return
            field = str(self._client.refusal.get("field") or "")
            if self._client.refusal.get("code") != "outside_city" or not field.startswith("positions["):
                return
            # A circle around a place near the border can reach beyond it: that one starts again from the middle of its community.
            astray = left.pop(int(field[len("positions[") : -1]))
            self.walkers[astray].settle(self.centres[astray])

    def _position(self, unit_id: str, at: str) -> dict[str, Any]:
        walker = self.walkers[unit_id]
        return {
            "unit": unit_id,
            "lon": round(walker.at[0], 6),
            "lat": round(walker.at[1], 6),
            "at": at,
            "accuracy_m": 8,
            "heading": round(walker.heading),
        }

    # --- answering --------------------------------------------------------------------------------------

    def look_for_orders(self) -> None:
        """Plan an answer to each delivery that has none planned; those that ended are forgotten."""
        page = self._client.get("/deliveries", area=self._city, limit=5000)
        if page is None:
            return
        found = page["deliveries"]
        self._open = {delivery["id"] for delivery in found}
        self._planned = {key: state for key, state in self._planned.items() if key in self._open}
        for delivery in found:
            if delivery["unit_id"] in self.walkers and delivery["id"] not in self._planned:
                self._plan(delivery["id"], delivery["unit_id"], delivery["state"], delivery.get("kind", "task"))

    def _plan(self, delivery_id: str, unit_id: str, state: str, kind: str) -> None:
        if state not in STEPS[:-1] and state != "queued":
            return
        step = STEPS[STEPS.index(state) + 1] if state in STEPS else STEPS[0]
        low, high = DELAYS_S[step]
        delay = self._chance.uniform(low, high)
        luck = self._chance.random()
        self._planned[delivery_id] = state
        if step == "acknowledged":
            if luck < NEVER_SHARE:
                return  # this one will never answer
            if luck < NEVER_SHARE + LATE_SHARE:
                delay = self._chance.uniform(*LATE_S)
            elif kind == "check_in" and luck > 1 - HELP_SHARE:
                step = "help"
        if step == "en_route" and luck < DECLINE_SHARE:
            step = "declined"
        self._agenda.later(delay, lambda: self._answer(delivery_id, unit_id, step, kind))

    def _answer(self, delivery_id: str, unit_id: str, step: str, kind: str, in_need: bool = False) -> None:
        if delivery_id not in self._open and not in_need:
            return  # it was ended meanwhile
        lon, lat = self.walkers[unit_id].at
        words = {"declined": DECLINE_WORDS, "help": HELP_WORDS, "done": DONE_WORDS}.get(step, ("",))
        answer = {
            "key": f"{delivery_id}:{step}",
            "state": step,
            "at": self._agenda.clock.now().isoformat(),
            "lon": lon,
            "lat": lat,
            "note": self._chance.choice(words).format(n=self._chance.randint(3, 40)),
        }
        done = self._client.post(f"/deliveries/{delivery_id}/answers", answer)
        if done is None:
            return  # said by the client; what the server holds now is planned from at the next look
        if done["state"] == "help":
            self._agenda.later(self._chance.uniform(*SAFE_AFTER_S), lambda: self._answer(delivery_id, unit_id, "done", kind, True))
        else:
            self._plan(delivery_id, unit_id, done["state"], kind)
