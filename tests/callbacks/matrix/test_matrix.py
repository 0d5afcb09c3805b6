"""Each way into the server × each role × each place: every cell has an answer that is known before. See `table.py`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import socketio
from sqlalchemy import func, select

from callbacks.tiles import AREAS
from dashboard.codes import contains
from datasources.models import Change
from tests.callbacks.matrix.people import Person
from tests.callbacks.matrix.table import API, API_ROWS, DASH, PAGES, SEE, SOCKET_EVENTS, Row
from tests.callbacks.matrix.things import CANARY, OTHER_CITY, Things, add_other_city, gather
from tests.conftest import KEYS, _serve, _settings
from tests.servers import ROOT
from tests.sockets import Client

pytestmark = pytest.mark.xdist_group("matrix")

FINE, UNKNOWN, FORBIDDEN, OUTSIDE = "fine", "unauthenticated", "forbidden", "outside"
OUTSIDE_CODES = {"outside_scope", "not_found", "unknown_unit", "unknown_area", "outside_city"}
HTTP = {**{f"{name.split()[0]} {API}{name.split()[1]}": row for name, row in API_ROWS.items()}, **PAGES}
LIST = """
from gevent import monkey; monkey.patch_all()
import json, os, re, app
from dashboard.settings import from_environment
server = app.build(from_environment(os.environ))
def shown(rule):
    return re.sub(r"<(?:int[^:]*:)?(code|id|number)>", r"{\\1}", rule) if rule.startswith("/api/v1") else rule
rules = [method + " " + shown(rule.rule)
         for rule in server.url_map.iter_rules() if rule.endpoint != "socket" for method in rule.methods - {"HEAD", "OPTIONS"}]
print("LIST", json.dumps({"rules": rules, "events": list(server.extensions["socketio"].server.handlers["/"])}), flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    made = tmp_path_factory.mktemp("matrix")
    shutil.copy(sqlite_template, made / "yiping.db")
    shutil.copytree(sqlite_template.parent / "tiles", made / "tiles")
    add_other_city(_settings(made), made)
    return made


@pytest.fixture(scope="module")
def things(folder: Path) -> Iterator[Things]:
    for running in _serve(folder, {}):
        found = gather(running)
        yield found
        found.city.close()


def expected(row: Row, person: Person) -> str:
    """What the table says of one cell."""
    if row.where == "public":
        return FINE
    if person.role == "nobody":
        return UNKNOWN
    if person.role == "unit":
        away = (row.units == "city" and person.relation == "other city") or (row.units == "things" and not person.inside)
        return FORBIDDEN if row.units == "never" else OUTSIDE if away else FINE
    if person.role not in row.staff:
        return FORBIDDEN
    return OUTSIDE if row.where == "things" and not person.inside else FINE


def judge(row: Row, code: str) -> str:
    """A refusal's code as one of the four."""
    if not code or code in row.fine:
        return FINE
    return OUTSIDE if code in OUTSIDE_CODES else code


def check(row: Row, things: Things, tries: Any) -> None:
    """Try the refused first: none of them may have altered anything. `tries`: person → (judgement, what was told)."""
    refused = [one for one in things.people if expected(row, one) != FINE]
    wrong: list[str] = []
    actors = [
        f"{'device' if one.role == 'device' else 'api'}:{things.city.accounts.principal(one.token).token_id}"
        for one in refused
        if one.token
    ]
    before = altered(things, actors)
    for person in [*refused, *(one for one in things.people if one not in refused)]:
        found, told = tries(person)
        wanted = expected(row, person)
        if row.hidden and {found, wanted} <= {OUTSIDE, FORBIDDEN}:
            found = wanted
        if found != wanted and not (wanted == OUTSIDE and row.nothing is not None and json.loads(told) == row.nothing):
            wrong.append(f"{person}: {wanted} expected, {found} found: {told[:160]}")
        if person.role == "nobody" or (row.where != "public" and not person.inside):
            if CANARY in told and not (person.role == "unit" and row.where == "own"):  # it may have taken an order over meanwhile
                wrong.append(f"{person}: reads what lies outside: {told[:160]}")
            if not (person.role == "unit" and (row.units == "city" or row.elsewhere)):
                wrong += [f"{person}: is told of {code}" for code in sorted(foreign(told, person.area))][:3]
        if person == (refused or [None])[-1] and altered(things, actors) != before:
            with things.city.database.read() as session:
                latest = session.scalars(select(Change).where(Change.actor.in_(actors)).order_by(Change.seq.desc()).limit(3))
                wrong.append(f"a refused request has altered something: {[(one.kind, one.actor, one.payload) for one in latest]}")
    assert not wrong, "\n".join(wrong)


def altered(things: Things, actors: list[str]) -> int:
    """How many changes these have made."""
    with things.city.database.read() as session:
        return session.scalar(select(func.count()).select_from(Change).where(Change.actor.in_(actors))) or 0


def foreign(told: str, area: str) -> set[str]:
    """Area codes in an answer that lie neither in an area nor on the way to it."""
    try:
        value = json.loads(told)
    except ValueError:
        return set()
    found: set[str] = set()

    def walk(inner: Any, name: str = "") -> None:
        if isinstance(inner, dict):
            for key, one in inner.items():
                walk(one, key)
        elif isinstance(inner, list):
            for one in inner:
                walk(one, name)
        elif name in ("area_code", "area", "code") and isinstance(inner, str) and inner.isdigit():
            found.add(inner)

    walk(value)
    return {code for code in found if not contains(area, code) and not contains(code, area)}


@pytest.mark.parametrize("name", HTTP)
def test_http(things: Things, name: str) -> None:
    row, method = HTTP[name], name.split()[0]

    def tries(person: Person) -> tuple[str, str]:
        ask = row.ask(things, person)
        options = dict(ask.options) if "data" in ask.options else {**ask.options, "json": ask.body}
        answer = things.send(method, ask.path, person.token, **options)
        return judge(row, code_of(answer)), answer.text

    check(row, things, tries)


def code_of(answer: requests.Response) -> str:
    """The refusal of an answer, or nothing."""
    if answer.status_code == 302 and answer.headers["Location"].startswith("/signin?next="):
        return UNKNOWN
    if answer.status_code < 400:
        return ""
    assert answer.status_code < 500, answer.text[:300]
    return str(answer.json()["error"]["code"]) if "json" in answer.headers["Content-Type"] else f"status {answer.status_code}"


@pytest.mark.parametrize("name", DASH)
def test_dash_callbacks(things: Things, name: str) -> None:
    row = DASH[name]

    def tries(person: Person) -> tuple[str, str]:
        answer = things.send("POST", "/_dash-update-component", person.token, json=row.ask(things, person).body)
        code = code_of(answer)
        if not code and (said := refusal_in(answer.json()["response"])):
            code = next((one for one in ("forbidden", "outside_scope") if sentence_of(one) in said), said)
        return judge(row, code), answer.text

    check(row, things, tries)


def sentence_of(code: str) -> str:
    """The beginning of the sentence of a refusal."""
    words: dict[str, list[str]] = json.loads((ROOT / "dashboard" / "catalogue.json").read_text("utf-8"))
    return words[f"error.{code}"][0].partition("{")[0]


def refusal_in(response: dict[str, Any]) -> str:
    """The sentence that a callback shows instead of what was asked for."""
    if "dispatch-preview" in response and response["dispatch-preview"]["data"] is None:
        return str(response["dispatch-count"]["children"])
    return str(response.get("dispatch-sent", {}).get("data", {}).get("problem", ""))


@pytest.mark.parametrize("name", SOCKET_EVENTS)
def test_socket_events(things: Things, name: str) -> None:
    row = SOCKET_EVENTS[name]

    def tries(person: Person) -> tuple[str, str]:
        session = requests.Session()
        session.trust_env = False
        socket = Client(reconnection=False, http_session=session)
        try:
            socket.connect(things.running.server.address, auth={"token": person.token}, transports=["websocket"], wait_timeout=60)
        except socketio.exceptions.ConnectionError:
            return UNKNOWN, ""
        try:
            told = {} if name == "connect" else socket.call(name, row.ask(things, person).body, timeout=60)
        finally:
            socket.disconnect()
        refused = isinstance(told, dict) and told.get("error")
        return judge(row, refused["code"] if refused else ""), json.dumps(told, ensure_ascii=False, default=repr)

    check(row, things, tries)


CLIENTS = {
    "gateway": {
        "POST /api/v1/positions",
        "GET /api/v1/deliveries",
        "GET /api/v1/units/with-device",
        "POST /api/v1/units/{id}/duty",
        "POST /api/v1/calls/{id}/report",
        "POST /api/v1/deliveries/{id}/answers",
    },
    "reader": {name for name, row in HTTP.items() if name.startswith("GET ") and row.staff >= SEE and row.where != "public"},
    "metrics": {"GET /metrics"},
}
"""What an API client of each narrow role may do, beyond what everybody who is signed in may."""


@pytest.mark.parametrize("role", CLIENTS)
def test_clients_of_a_narrow_role_get_in_where_they_must_and_nowhere_else(things: Things, role: str) -> None:
    person = Person(role, "own", things.community, things.city.accounts.create_token("api", role, role, things.community).secret)
    got_in = set()
    for name, row in HTTP.items():
        ask = row.ask(things, person)
        options = dict(ask.options) if "data" in ask.options else {**ask.options, "json": ask.body}
        if row.where == "public":
            continue
        code = code_of(things.send(name.split()[0], ask.path, person.token, **options))
        if code != "forbidden" and not (row.hidden and code == "not_found"):
            got_in.add(name)
    everybody = {name for name, row in HTTP.items() if row.staff >= SEE and row.units == "own" and not name.startswith("GET /api/v1")}
    assert got_in - everybody == CLIENTS[role] - everybody


def test_every_way_in_has_a_row(folder: Path, things: Things) -> None:
    environment = {"YIPING_DATA": str(folder), "YIPING_DATA_KEYS": KEYS, "PATH": "/usr/bin:/bin"}
    made = subprocess.run([sys.executable, "-c", LIST], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=True)
    line = next(line for line in made.stdout.splitlines() if line.startswith("LIST "))
    listed = json.loads(line[5:])
    tiles = next(name for name in PAGES if AREAS in name)  # answered in front of Flask: callbacks/tiles.py
    not_a_row = {"POST /_dash-update-component"}  # has a table of its own
    assert set(listed["rules"]) - not_a_row == set(HTTP) - {tiles}
    assert set(listed["events"]) - {"disconnect"} == set(SOCKET_EVENTS)
    dependencies = things.send("GET", "/_dash-dependencies", things.ids["admin"]).json()
    assert {one["output"] for one in dependencies if one["clientside_function"] is None} == set(DASH)


def test_the_other_city_is_there(things: Things) -> None:
    """Or what it cannot do would say nothing."""
    person = things.person("officer", "other city")
    assert things.send("GET", f"{API}/areas/{OTHER_CITY}", person.token).status_code == 200
    assert things.send("GET", f"{API}/units?area={OTHER_CITY}", person.token).json()["units"][0]["name"] == "外市人"
