"""A small real city for every test: generated once, imported once for each database, copied for each test."""

from __future__ import annotations

import base64
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from argon2 import PasswordHasher

from dashboard.city import City, build_city
from dashboard.demo import load as demo
from dashboard.identity import Principal
from dashboard.opening import open_database
from dashboard.passwords import Passwords
from dashboard.settings import Settings, from_environment
from datasources.migrations import upgrade
from tests.servers import Server, free_port, postgres, redis_server

# an example may take long when both cores are busy: that is no fault of what is tried
hypothesis.settings.register_profile("yiping", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("yiping")
KEYS = base64.urlsafe_b64encode(b"the same key for all test cities").decode()
START = datetime(2026, 7, 26, 5, 0, tzinfo=UTC)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A module whose tests share a server goes to one worker: started twice, it costs more than running its tests side by side saves."""
    for item in items:
        shared = {"running", "things"} & set(getattr(item, "fixturenames", ()))
        if shared and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


def pytest_collection_finish(session: pytest.Session) -> None:
    """pytest-xdist groups by a suffix of the test's id; where another pytest drops it, every server would be started by every worker."""
    if session.config.getoption("loadgroup", False):
        lost = [item.nodeid for item in session.items if item.get_closest_marker("xdist_group") and "@" not in item.nodeid]
        if lost:
            raise pytest.UsageError(f"--dist loadgroup does not group {len(lost)} tests, the first is {lost[0]}")


class TurnedClock:
    """A clock that stands still until a test turns it."""

    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment

    def turn(self, **by: float) -> None:
        self.moment += timedelta(**by)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


def _settings(data: Path, **environment: str) -> Settings:
    return from_environment({"YIPING_DATA": str(data), "SCALE": "small", "YIPING_DATA_KEYS": KEYS, **environment})


def quick_passwords(city: City) -> City:
    """Hashing takes 50 ms of a core, on purpose; a test that signs in two hundred times does not measure that."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    city.accounts.passwords = Passwords(lambda function: function(), quick)
    return city


def _loaded(settings: Settings) -> None:
    database = open_database(settings)
    upgrade(database)
    city = quick_passwords(build_city(settings, database=database))
    demo.load(city, "small", settings.data / "demo")
    city.tiling.build()
    city.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    _loaded(_settings(folder))
    return folder / "yiping.db"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    # Not in pytest's folder: another run that begins beside this one takes the rights from it, and PostgreSQL is another user's.
    with tempfile.TemporaryDirectory(prefix="yiping-postgres-") as folder, postgres(Path(folder)) as address:
        yield address


def _run(address: str, statement: str, database: str = "postgres") -> None:
    with psycopg.connect(f"{address}/{database}", autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    _run(postgres_server, "CREATE DATABASE template_city")
    _loaded(_settings(tmp_path_factory.mktemp("template-pg"), YIPING_DATABASE_URL=f"{postgres_server}/template_city"))
    return postgres_server


@pytest.fixture(scope="session")
def redis_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as address:
        yield address


@contextmanager
def empty_postgres(server: str) -> Iterator[str]:
    """A database of that server in which nothing is but PostGIS, for an owner who is nobody's superuser: as docs/operations.md makes it."""
    name = f"empty_{free_port()}"
    _run(server, f"CREATE ROLE {name} LOGIN")
    _run(server, f"CREATE DATABASE {name} OWNER {name}")
    _run(server, "CREATE EXTENSION postgis", name)
    yield f"{server.replace('//yiping@', f'//{name}@')}/{name}"
    _run(server, f"DROP DATABASE {name} WITH (FORCE)")
    _run(server, f"DROP ROLE {name}")


@pytest.fixture
def postgres_url(postgres_template: str) -> Iterator[str]:
    name = f"city_{free_port()}"
    _run(postgres_template, f"CREATE DATABASE {name} TEMPLATE template_city")
    yield f"{postgres_template}/{name}"
    _run(postgres_template, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a city of its own: the same test runs on both databases."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "yiping.db")
        return _settings(tmp_path)
    return _settings(tmp_path, YIPING_DATABASE_URL=request.getfixturevalue("postgres_url"))


@pytest.fixture
def sqlite_settings(sqlite_template: Path, tmp_path: Path) -> Settings:
    shutil.copy(sqlite_template, tmp_path / "yiping.db")
    return _settings(tmp_path)


@pytest.fixture
def city(settings: Settings, clock: TurnedClock) -> Iterator[City]:
    built = quick_passwords(build_city(settings, clock))
    yield built
    built.close()


@pytest.fixture
def sqlite_city(sqlite_settings: Settings, clock: TurnedClock) -> Iterator[City]:
    built = quick_passwords(build_city(sqlite_settings, clock))
    yield built
    built.close()


def principal(role: str, area: str = "5101", unit: str | None = None, kind: str = "session") -> Principal:
    """Somebody of a role and an area."""
    return Principal(f"token-{role}-{area}", kind, f"测试 {role}", role, area, account_id=f"{role}-{area}", unit_id=unit)


OFFICER = principal("officer")
LEADER = principal("leader", "510104017")
ADMIN = principal("admin")


def on_duty(city: City) -> list[dict[str, Any]]:
    """Units on duty in the whole city, by area."""
    found = city.units.covering(ADMIN, "5101", 2000)
    return sorted((unit for unit in found if unit["duty"] == "on_duty"), key=lambda unit: (unit["area_code"], unit["id"]))


@pytest.fixture
def people(city: City) -> list[dict[str, Any]]:
    """See `on_duty`."""
    return on_duty(city)


@dataclass
class Running:
    """A running server over a small city, and tokens for it."""

    server: Server
    settings: Settings
    token: Callable[..., str]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Running]:
    """`yiping serve` on SQLite for the tests of one module."""
    folder = tmp_path_factory.mktemp("running")
    shutil.copy(sqlite_template, folder / "yiping.db")
    shutil.copytree(sqlite_template.parent / "tiles", folder / "tiles")  # or every server would build them first
    yield from _serve(folder, {})


def _serve(folder: Path, extra: dict[str, str]) -> Iterator[Running]:
    settings = _settings(folder, **extra)
    server = Server(folder, free_port(), YIPING_DATA_KEYS=KEYS, **extra)
    server.start()
    city = build_city(settings)

    def token(role: str, area: str = "5101", unit: str | None = None, kind: str = "api", days: float = 1) -> str:
        return city.accounts.create_token(kind, f"{kind} {role}", role, area, timedelta(days=days), unit).secret

    try:
        yield Running(server, settings, token)
    finally:  # also when a test that drives this by hand fails
        city.close()
        server.stop()
