"""What happens in the simulated city: people walk, hazards appear and are handled, warnings come and go, orders are answered."""

from __future__ import annotations

import heapq
import logging
import math
import random
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.simulator.client import Client
from dashboard.simulator.paths import METRES_PER_DEGREE, Roads, Walker

log = logging.getLogger("simulator")

REPORT_EVERY_S = 10.0  # a position of each unit
STEPS = ("delivered", "acknowledged", "en_route", "arrived", "done")
DELAYS_S = {"delivered": (1, 4), "acknowledged": (4, 60), "en_route": (10, 90), "arrived": (60, 400), "done": (120, 900)}
SILENT_SHARE = 0.06
DECLINE_SHARE = 0.03
TICKETS = (
    ("drain_blocked", "排水沟被落叶和泥沙堵塞，积水漫上人行道", "yellow"),
    ("waterlogging", "低洼院落积水约 20 厘米，水还在涨", "orange"),
    ("fallen_tree", "行道树倒伏，占住半幅路面", "blue"),
    ("road_damage", "路面塌陷，已放置警示锥", "yellow"),
    ("landslide", "坡面有落石和新裂缝，下方有住户", "red"),
    ("power_failure", "整栋楼停电，有居家吸氧老人", "orange"),
    ("gas_leak", "楼道有燃气味，已通知关阀", "red"),
    ("person_in_need", "独居老人联系不上，需要上门查看", "yellow"),
    ("dangerous_building", "老屋山墙开裂，建议先转移", "orange"),
    ("other", "广告牌松动，风大时摇晃", "blue"),
)
WARNINGS = (
    ("rainstorm", "red", "暴雨红色预警", "过去 3 小时降雨已超过 100 毫米，预计还将持续。", "停止户外作业，转移低洼地带和山洪沟口人员。"),
    ("landslide", "orange", "地质灾害橙色预警", "山区发生地质灾害的风险高。", "加密巡查隐患点，做好转移准备。"),
    ("flood", "orange", "洪水橙色预警", "河道水位接近警戒水位。", "沿河人员撤离，关闭下河通道。"),
    ("rainstorm", "yellow", "暴雨黄色预警", "未来 6 小时将有 50 毫米以上降雨。", "检查排水设施，注意城市内涝。"),
    ("gale", "blue", "大风蓝色预警", "阵风可达 7 级。", "加固广告牌和临时搭建物。"),
    ("thunderstorm", "yellow", "雷电黄色预警", "有雷电活动，局地伴短时强降水。", "减少户外活动，远离树木和高耸物。"),
)
DECLINE_WORDS = ("道路不通，过不去", "正在处置另一处险情", "离得太远，请换近处的人")


class World:
    """The simulated life of one city."""

    def __init__(self, client: Client, seed: int) -> None:
        self._client = client
        self._chance = random.Random(seed)
        self._walkers: dict[str, Walker] = {}
        self._units: dict[str, dict[str, Any]] = {}
        self._centres: dict[str, tuple[float, float]] = {}
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._taken: set[str] = set()
        self._queue: deque[str] = deque()

    def prepare(self) -> bool:
        """Learn who lives here; False when the server cannot be asked."""
        city = self._city()
        if city is None:
            return False
        own = set((self._client.get("/units/with-device") or {"units": []})["units"])
        places = self._places(city)
        roads = Roads()
        for unit in self._all_units(city):
            if unit["duty"] != "on_duty" or unit["id"] in own:
                continue
            lon, lat, radius = self._home(unit["area_code"], places)
            centre = self._place_of(unit["area_code"], places)
            self._centres[unit["id"]] = (centre["lon"], centre["lat"])
            self._walkers[unit["id"]] = Walker((lon, lat), radius, roads, self._chance)
            self._units[unit["id"]] = unit
        self._queue.extend(self._chance.sample(sorted(self._walkers), len(self._walkers)))
        log.info("simulating %d units", len(self._walkers))
        return bool(self._walkers)

    def _city(self) -> str | None:
        found = self._client.get("/search", q="5101")
        return found["areas"][0]["code"] if found and found["areas"] else None

    def _places(self, city: str) -> dict[str, dict[str, Any]]:
        """Areas down to the community, by code."""
        places: dict[str, dict[str, Any]] = {}
        level = [city]
        for _ in range(3):
            below = []
            for code in level:
                answer = self._client.get(f"/areas/{code}") or {"children": []}
                for child in answer["children"]:
                    places[child["code"]] = child
                    below.append(child["code"])
            level = below
        return places

    def _all_units(self, city: str) -> Iterator[dict[str, Any]]:
        after = ""
        while True:
            page = self._client.get("/units", area=city, limit=2000, after=after)
            if page is None:
                return
            yield from page["units"]
            if page["next"] is None:
                return
            after = page["next"]

    def _place_of(self, area_code: str, places: dict[str, dict[str, Any]]) -> dict[str, Any]:
        return places.get(area_code[:12]) or places.get(area_code[:9]) or places[area_code[:6]]

    def _home(self, area_code: str, places: dict[str, dict[str, Any]]) -> tuple[float, float, float]:
        """A place inside the unit's community, and how far it goes from there."""
        place = self._place_of(area_code, places)
        west, south, east, north = place["bounds"]
        width = (east - west) * METRES_PER_DEGREE * math.cos(math.radians(place["lat"]))
        reach = max(60.0, min(width, (north - south) * METRES_PER_DEGREE) * 0.22)
        angle, far = self._chance.uniform(0, 2 * math.pi), reach * math.sqrt(self._chance.random())
        lat = place["lat"] + far * math.cos(angle) / METRES_PER_DEGREE
        lon = place["lon"] + far * math.sin(angle) / METRES_PER_DEGREE / math.cos(math.radians(lat))
        return lon, lat, reach

    # --- the clock of the world ------------------------------------------------------------------------

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._agenda, (time.monotonic() + seconds, self._count, what))

    def run(self) -> None:
        """Live, for ever."""
        self._place_everybody()
        for level in range(4):
            self._later(1 + level, self._issue_warning)
        for i in range(24):
            self._later(2 + i * 0.2, self._open_ticket)
        self._later(6, self._order_patrol)
        self._every(1.0, self._walk)
        self._every(2.0, self._look_for_orders)
        self._every(12.0, self._open_ticket)
        self._every(10.0, self._work_on_tickets)
        self._every(240.0, self._issue_warning)
        self._every(420.0, self._order_patrol)
        while True:
            due, _, what = heapq.heappop(self._agenda)
            time.sleep(max(0.0, due - time.monotonic()))
            what()

    def _every(self, seconds: float, what: Callable[[], None]) -> None:
        def again() -> None:
            what()
            self._later(seconds, again)

        self._later(seconds, again)

    # --- positions -------------------------------------------------------------------------------------

    def _place_everybody(self) -> None:
        ids = sorted(self._walkers)
        for start in range(0, len(ids), 1000):
            self._send_positions(ids[start : start + 1000])

    def _walk(self) -> None:
        share = math.ceil(len(self._walkers) / REPORT_EVERY_S)
        moved = []
        for _ in range(share):
            unit_id = self._queue.popleft()
            self._queue.append(unit_id)
            if self._walkers[unit_id].step(REPORT_EVERY_S):
                moved.append(unit_id)
        if moved:
            self._send_positions(moved)

    def _send_positions(self, ids: list[str]) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        left = list(ids)
        for _ in range(60):
            if not left or self._client.post("/positions", [self._position(unit_id, at) for unit_id in left]) is not None:
                return
            field = str(self._client.refusal.get("field") or "")
            if self._client.refusal.get("code") != "outside_city" or not field.startswith("positions["):
                return
            # A circle around a place near the border can reach beyond it: that one starts again from the middle of its community.
            astray = left.pop(int(field[len("positions[") : -1]))
            self._walkers[astray].settle(self._centres[astray])

    def _position(self, unit_id: str, at: str) -> dict[str, Any]:
        walker = self._walkers[unit_id]
        return {
            "unit": unit_id,
            "lon": round(walker.at[0], 6),
            "lat": round(walker.at[1], 6),
            "at": at,
            "accuracy_m": 8,
            "heading": round(walker.heading),
        }

    # --- tickets ---------------------------------------------------------------------------------------

    def _open_ticket(self) -> None:
        kind, text, level = self._chance.choice(TICKETS)
        lon, lat = self._walkers[self._chance.choice(sorted(self._walkers))].at
        self._client.post("/tickets", {"key": str(uuid.uuid4()), "kind": kind, "level": level, "text": text, "lon": lon, "lat": lat})

    def _work_on_tickets(self) -> None:
        page = self._client.get("/tickets", limit=1000)
        tickets = page["tickets"] if page else []
        for ticket in self._chance.sample(tickets, min(len(tickets), 2 + len(tickets) // 40)):
            move = self._next_move(ticket)
            if move is not None:
                self._client.post(f"/tickets/{ticket['id']}/moves", move)

    def _next_move(self, ticket: dict[str, Any]) -> dict[str, Any] | None:
        if ticket["state"] == "reported":
            near = [u for u in self._units.values() if u["area_code"].startswith(ticket["area_code"][:9])]
            return {"action": "assign", "unit": self._chance.choice(near)["id"]} if near else None
        if ticket["state"] in ("assigned", "handling"):
            return {"action": "start" if ticket["state"] == "assigned" and self._chance.random() < 0.6 else "finish"}
        return {"action": "close", "rating": self._chance.choice((3, 4, 5, 5))}

    # --- warnings --------------------------------------------------------------------------------------

    def _issue_warning(self) -> None:
        city = self._city()
        answer = self._client.get(f"/areas/{city}") if city else None
        if not answer:
            return
        in_force = (self._client.get("/warnings", area=city) or {"warnings": []})["warnings"]
        if len(in_force) >= 9:
            self._client.post(f"/warnings/{self._chance.choice(in_force)['id']}/cancel")
            return
        event, level, headline, description, instruction = self._chance.choice(WARNINGS[2:] if in_force else WARNINGS[:2])
        taken = {warning["area_code"] for warning in in_force}
        free = [child for child in answer["children"] if child["code"] not in taken]
        if free:
            area = self._chance.choice(free)
            self._client.post(
                "/warnings",
                {
                    "key": str(uuid.uuid4()),
                    "event": event,
                    "level": level,
                    "area": area["code"],
                    "headline": f"{area['name']}{headline}",
                    "description": description,
                    "instruction": instruction,
                    "urgency": "Immediate",
                    "certainty": "Likely",
                    "expires": (datetime.now(UTC) + timedelta(minutes=self._chance.randint(20, 300))).isoformat(),
                },
            )

    # --- orders ----------------------------------------------------------------------------------------

    def _order_patrol(self) -> None:
        unit = self._chance.choice(sorted(self._units.values(), key=lambda u: str(u["id"])))
        self._client.post(
            "/orders",
            {
                "key": str(uuid.uuid4()),
                "title": "巡查低洼院落",
                "priority": "urgent",
                "text": "请立即巡查本微网格排水沟、低洼院落和独居老人家，发现险情先转移人员再上报。",
                "deadline": (datetime.now(UTC) + timedelta(minutes=30)).isoformat(),
                "to": {"area": unit["area_code"][:9]},
            },
        )

    def _look_for_orders(self) -> None:
        city = self._city()
        page = self._client.get("/deliveries", area=city, limit=5000) if city else None
        for delivery in page["deliveries"] if page else []:
            if delivery["id"] not in self._taken and delivery["unit_id"] in self._walkers:
                self._taken.add(delivery["id"])
                self._plan_answer(delivery["id"], delivery["unit_id"], delivery["state"])

    def _plan_answer(self, delivery_id: str, unit_id: str, state: str) -> None:
        step = STEPS[STEPS.index(state) + 1] if state in STEPS else STEPS[0]
        if step == "acknowledged" and self._chance.random() < SILENT_SHARE:
            return
        if step == "en_route" and self._chance.random() < DECLINE_SHARE:
            step = "declined"
        low, high = DELAYS_S.get(step, (5, 60))
        self._later(self._chance.uniform(low, high), lambda: self._answer(delivery_id, unit_id, step))

    def _answer(self, delivery_id: str, unit_id: str, step: str) -> None:
        lon, lat = self._walkers[unit_id].at
        note = self._chance.choice(DECLINE_WORDS) if step == "declined" else ""
        answer = {"key": f"{delivery_id}:{step}", "state": step, "at": datetime.now(UTC).isoformat(), "lon": lon, "lat": lat, "note": note}
        done = self._client.post(f"/deliveries/{delivery_id}/answers", answer)
        if done is not None and done["state"] in STEPS[:-1]:
            self._plan_answer(delivery_id, unit_id, done["state"])
