"""The simulated life of one city: who lives there, what a day is made of."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Iterator
from typing import Any

from dashboard.simulator.agenda import Agenda
from dashboard.simulator.client import Client
from dashboard.simulator.desk import SimulatedDesk
from dashboard.simulator.paths import METRES_PER_DEGREE, Roads, Walker
from dashboard.simulator.people import People

log = logging.getLogger("simulator")

FIRST_TICKETS = 24


class World:
    """The simulated life of one city."""

    def __init__(self, client: Client, seed: int, agenda: Agenda, walking: bool = True) -> None:
        """Without `walking` everybody stays where they are: what a trial of a whole week wants."""
        self._client = client
        self._chance = random.Random(seed)
        self._agenda = agenda
        self._walking = walking

    def prepare(self) -> bool:
        """Learn who lives here; False when the server cannot be asked."""
        city = self._city()
        if city is None:
            return False
        own = set((self._client.get("/units/with-device") or {"units": []})["units"])
        places = self._places(city)
        units = {unit["id"]: unit for unit in self._all_units(city) if unit["duty"] == "on_duty" and unit["id"] not in own}
        self._people = People(self._client, self._agenda, self._chance, city, units)
        roads = Roads()
        for unit in units.values():
            lon, lat, radius = self._home(unit["area_code"], places)
            centre = self._place_of(unit["area_code"], places)
            self._people.centres[unit["id"]] = (centre["lon"], centre["lat"])
            self._people.walkers[unit["id"]] = Walker((lon, lat), radius, roads, self._chance)
        districts = [
            {**place, "streets": [p for p in places.values() if len(p["code"]) == 9 and p["code"].startswith(code)]}
            for code, place in sorted(places.items())
            if len(code) == 6 and any(unit["area_code"].startswith(code) for unit in units.values())
        ]
        if not districts:
            return False
        self._desk = SimulatedDesk(self._client, self._agenda, self._chance, {"code": city, "districts": districts}, self._people)
        log.info("simulating %d units", len(units))
        return True

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

    def begin(self) -> None:
        """Set everything going."""
        agenda, people, desk = self._agenda, self._people, self._desk
        people.begin()
        desk.follow_the_storm()
        for i in range(3):
            agenda.later(1 + i, desk.mild_weather)
        for i in range(FIRST_TICKETS):
            agenda.later(2 + i * 0.2, desk.report_once)
        agenda.later(4, desk.report)
        agenda.later(6, desk.order)
        agenda.every(5.0, desk.follow_the_storm)
        # what asks and walks keeps the pace of the real clock: a story that runs faster must not ask more often
        real = agenda.pace
        agenda.every(real * (2.0 if self._walking else 15.0), people.look_for_orders)
        agenda.every(real * (10.0 if self._walking else 20.0), desk.work_on_tickets)
        agenda.every(real * 20.0, desk.take_what_waits)
        agenda.every(real * 20.0, desk.end_orders)
        agenda.every(300.0, desk.mild_weather)
        if self._walking:
            agenda.every(real * 1.0, people.walk)

    def run(self) -> None:
        """Live, for ever."""
        self.begin()
        self._agenda.run()
