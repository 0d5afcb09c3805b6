"""The things of the matrix: one of each kind in one community, each with a word that nobody outside may ever read."""

from __future__ import annotations

import csv
import itertools
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from dashboard.city import City, build_city
from dashboard.identity import SYSTEM
from dashboard.importing.areas import import_areas
from dashboard.importing.units import import_units
from dashboard.settings import Settings
from datasources.models import Call
from tests.callbacks.matrix.people import RELATIONS, ROLES, STAFF, Person
from tests.conftest import Running, quick_passwords

CANARY = "金丝雀7241"
OTHER_CITY = "3302"
OTHER = {"3302": "宁波市", "330212": "鄞州区", "330212001": "下应街道", "330212001001": "江六社区"}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
WAV = b"RIFF\x64\x06\x00\x00WAVEfmt " + bytes.fromhex("1000000001000100401f0000803e000002001000") + b"data\x40\x06\x00\x00" + bytes(1600)


def key() -> str:
    """A fresh idempotency key."""
    return str(uuid.uuid4())


def add_other_city(settings: Settings, folder: Path) -> None:
    """A second, small city in the same database, with one unit."""
    table, shapes, units = folder / "areas.csv", folder / "shapes.geojson", folder / "units.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("code", "name"), *OTHER.items()])
    ring = [[121.5, 29.8], [121.6, 29.8], [121.6, 29.9], [121.5, 29.9], [121.5, 29.8]]
    square = {"type": "Polygon", "coordinates": [ring]}
    features = [{"type": "Feature", "properties": {"adcode": code}, "geometry": square} for code in list(OTHER)[1:]]
    shapes.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    units.write_text("code,name,phone,area_code,roles,duty\nNB1,外市人,10012345678,330212001001,medic,on_duty\n", "utf-8")
    city = build_city(settings)
    import_areas(city.commands, SYSTEM, table, shapes)
    import_units(city.commands, SYSTEM, units)
    city.close()


@dataclass
class Things:
    """The server, the people, and the ids of the things."""

    running: Running
    city: City
    community: str
    micro_grid: dict[str, Any]
    unit: dict[str, Any]
    people: list[Person]
    ids: dict[str, str] = field(default_factory=dict)
    counter: itertools.count[int] = field(default_factory=itertools.count)

    def send(self, method: str, path: str, token: str, **options: Any) -> requests.Response:
        """One request. `path` without a host."""
        session = requests.Session()
        session.trust_env = False
        if token:
            session.headers["Authorization"] = f"Bearer {token}"
        return session.request(method, self.running.server.address + path, timeout=60, allow_redirects=False, **options)

    def make(self, path: str, body: Any = None, token: str = "", **options: Any) -> Any:
        """Something new, made by the city's administrator unless a token is given."""
        answer = self.send("POST", "/api/v1" + path, token or self.ids["admin"], json=body, **options)
        assert answer.ok, (path, answer.text)
        return answer.json()

    def person(self, role: str, relation: str) -> Person:
        """Of the people."""
        return next(one for one in self.people if (one.role, one.relation) == (role, relation))

    def order(self) -> dict[str, str]:
        """A fresh order to the unit from its community, which everybody above may end: `order`, `delivery`."""
        to = {"area": self.community, "units": [self.unit["id"]]}
        made = self.make("/orders", {"key": key(), "title": CANARY, "text": CANARY, "to": to, "priority": "urgent"}, self.ids["maker"])
        listed = self.make_get(f"/orders/{made['id']}/deliveries")["deliveries"]
        return {"order": made["id"], "delivery": listed[0]["id"]}

    def make_get(self, path: str) -> Any:
        """What the administrator reads."""
        answer = self.send("GET", "/api/v1" + path, self.ids["admin"])
        assert answer.ok, (path, answer.text)
        return answer.json()

    def ticket(self) -> str:
        """A fresh ticket."""
        return str(self.make("/tickets", self.ticket_body())["id"])

    def called_in(self) -> str:
        """A fresh ticket of somebody who rang up."""
        return str(self.make("/tickets", self.ticket_body() | {"caller": "028-1234 5678"})["id"])

    def own_ticket(self) -> str:
        """A fresh ticket that the unit has reported."""
        one = self.person("unit", "own")  # a fresh token: somebody who reports without end would be told to wait
        return str(self.make("/tickets", self.ticket_body(), self.running.token("unit", one.area, one.unit))["id"])

    def desk_item(self) -> str:
        """What waits at the desk because of a fresh red ticket."""
        ticket = self.make("/tickets", self.ticket_body() | {"level": "red"})["id"]
        return next(str(item["id"]) for item in self.make_get("/desk")["waiting"] if item["about"].get("ticket") == ticket)

    def ticket_body(self) -> dict[str, Any]:
        """A report inside the micro-grid."""
        place = {"lon": self.micro_grid["lon"], "lat": self.micro_grid["lat"]}
        return {"key": key(), "kind": "fire", "level": "blue", "text": CANARY, **place}

    def photo(self) -> str:
        """A fresh photo of the unit."""
        return str(self._upload("/photos", PNG, "image/png"))

    def clip(self) -> str:
        """A fresh voice clip of the unit, in its talk."""
        clip = self._upload("/clips", WAV, "audio/wav")
        body = {"key": key(), "text": CANARY, "clip_id": clip}
        self.make(f"/deliveries/{self.ids['delivery']}/messages", body, self.person("unit", "own").token)
        return str(clip)

    def _upload(self, path: str, data: bytes, kind: str) -> Any:
        options = {"data": data, "params": {"key": key()}, "headers": {"Content-Type": kind}}
        answer = self.send("POST", "/api/v1" + path, self.person("unit", "own").token, **options)
        assert answer.ok, answer.text
        return answer.json()["id"]

    def fence(self) -> str:
        """A fresh geofence around the community."""
        return str(self.make("/fences", self.fence_body(), self.ids["maker"])["id"])

    def fence_body(self) -> dict[str, Any]:
        """A geofence."""
        return {"key": key(), "name": CANARY, "area": self.community, "rule": "leave"}

    def warning(self) -> str:
        """A fresh warning for the community."""
        return str(self.make("/warnings", self.warning_body())["id"])

    def warning_body(self) -> dict[str, Any]:
        """A warning."""
        expires = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        return {"key": key(), "event": "flood", "level": "blue", "area": self.community, "headline": CANARY, "expires": expires}

    def account(self) -> str:
        """A fresh account in the community."""
        return self.city.accounts.create(f"matrix-{next(self.counter)}", CANARY, "leader", self.community, "a long password")

    def session(self) -> str:
        """A fresh session of a fresh account."""
        login = f"matrix-{next(self.counter)}"
        self.city.accounts.create(login, CANARY, "leader", self.community, "a long password")
        return self.city.accounts.principal(self.city.accounts.sign_in(login, "a long password", "").secret).token_id

    def call(self) -> str:
        """A fresh call to the unit about a fresh order, as the caller keeps it."""
        about, call_id = self.order(), key()
        with self.city.database.write() as session:
            call = {"channel": "sms", "state": "sent", "step": 7, "result": CANARY, "made_at": datetime.now(UTC)}
            session.add(Call(id=call_id, delivery_id=about["delivery"], order_id=about["order"], area_code=self.unit["area_code"], **call))
        return call_id


def gather(running: Running) -> Things:
    """Make the people and the things."""
    city = quick_passwords(build_city(running.settings))
    admin = running.token("admin")
    units = city.units.covering(city.accounts.principal(admin), "5101", 2000)
    deep = [unit for unit in units if len(unit["area_code"]) == 18 and unit["duty"] == "on_duty"]
    unit = min(deep, key=lambda one: str(one["id"]))
    community, grid = unit["area_code"][:12], unit["area_code"][:15]
    street = community[:9]
    grids = [row["code"] for row in _children(city, admin, community)]
    communities = [row["code"] for row in _children(city, admin, street)]
    areas = {
        "own": community,
        "parent": street,
        "below": next(code for code in grids if code != grid),
        "sibling": next(code for code in communities if code != community),
        "other city": OTHER_CITY,
    }
    foreign = {
        "own": unit["id"],
        "parent": next(one["id"] for one in units if len(one["area_code"]) <= 12 and community.startswith(one["area_code"])),
        "below": next(one["id"] for one in units if one["area_code"].startswith(areas["below"])),
        "sibling": next(one["id"] for one in units if one["area_code"].startswith(areas["sibling"])),
        "other city": city.units.covering(city.accounts.principal(running.token("admin", OTHER_CITY)), OTHER_CITY, 9)[0]["id"],
    }
    people = [Person("nobody", "own", "", "")]
    for relation in RELATIONS:
        area = areas[relation]
        people += [Person(role, relation, area, running.token(role, area)) for role in STAFF]
        people.append(Person("device", relation, area, running.token("officer", area, kind="device")))
        own = city.units.get(SYSTEM, foreign[relation])
        people.append(Person("unit", relation, own["area_code"], running.token("unit", own["area_code"], own["id"]), own["id"]))
    assert {one.role for one in people} == set(ROLES)
    micro_grid = city.areas.place(city.accounts.principal(admin), unit["area_code"]).area
    things = Things(running, city, community, micro_grid, unit, people, {"admin": admin, "maker": running.token("officer", community)})
    things.ids |= things.order()
    things.ids["number"] = str(unit["number"])
    things.ids["micro_grid"] = str(city.tiling.codes().index(unit["area_code"]) + 1)
    things.ids["tile"] = f"/tiles/areas/0000000000000000/{community}/14/1/1.pbf"
    things.ids["photo"] = things.photo()
    body = things.ticket_body() | {"photo_id": things.ids["photo"]}
    things.ids["ticket"] = things.make("/tickets", body, things.person("unit", "own").token)["id"]
    for name in ("clip", "fence", "warning", "account", "session", "call"):
        things.ids[name] = getattr(things, name)()
    return things


def _children(city: City, admin: str, code: str) -> list[dict[str, Any]]:
    return city.areas.place(city.accounts.principal(admin), code).children
