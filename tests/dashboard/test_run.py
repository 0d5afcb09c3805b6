"""`yiping run` and the command line as an operator types them: real processes, nothing in between."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from dashboard.opening import KEY_FILE
from datasources.keyring import new_secret
from tests.conftest import KEYS
from tests.servers import ROOT, free_port

YIPING = ROOT / ".venv" / "bin" / "yiping"


def environment(data: Path, **settings: str) -> dict[str, str]:
    return {**{k: v for k, v in os.environ.items() if not k.startswith("YIPING_")}, "YIPING_DATA": str(data), "SCALE": "small", **settings}


def yiping(data: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([YIPING, *words], env=environment(data, **settings), capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture
def data(sqlite_template: Path, tmp_path: Path) -> Path:
    (tmp_path / "yiping.db").write_bytes(sqlite_template.read_bytes())
    (tmp_path / KEY_FILE).write_text(KEYS)
    return tmp_path


class City:
    """A running `yiping run`."""

    def __init__(self, data: Path) -> None:
        self.port = free_port()
        data.mkdir(exist_ok=True)
        self.log = data / "run.log"
        began = time.monotonic()
        with self.log.open("wb") as out:
            self.program = subprocess.Popen(
                [YIPING, "run"], env=environment(data, YIPING_PORT=str(self.port)), stdout=out, stderr=out, start_new_session=True
            )
        while "Yiping is up" not in self.log.read_text("utf-8"):
            assert self.program.poll() is None, self.log.read_text("utf-8")
            assert time.monotonic() - began < 300
            time.sleep(0.05)
        self.seconds = time.monotonic() - began

    def stop(self) -> int:
        self.program.send_signal(signal.SIGTERM)
        return self.program.wait(timeout=60)


@pytest.fixture
def first(tmp_path: Path) -> Iterator[City]:
    city = City(tmp_path / "data")
    yield city
    if city.program.poll() is None:
        city.stop()


def test_the_first_start_makes_a_living_city_and_the_second_is_quick(first: City, tmp_path: Path) -> None:
    said = first.log.read_text("utf-8")
    for words in (f"http://127.0.0.1:{first.port}", "commander", "officer", "leader", "unit", "admin", "yiping-demo", "importing areas"):
        assert words in said
    token = yiping(tmp_path / "data", "token", "create", "--role", "metrics", "--area", "5101").stdout.split()[-1]

    def changes() -> int:
        asked = requests.get(f"http://127.0.0.1:{first.port}/metrics", headers={"Authorization": f"Bearer {token}"}, timeout=60)
        return next(int(float(line.split()[1])) for line in asked.text.splitlines() if line.startswith("yiping_change_seq "))

    seq = [changes()]
    deadline = time.monotonic() + 180
    while seq[-1] < seq[0] + 10 and time.monotonic() < deadline:
        time.sleep(0.5)
        seq.append(changes())
    assert seq[-1] >= seq[0] + 10, "the simulator does not live"
    assert "POST /" not in first.log.read_text("utf-8"), "requests would push the address and the accounts out of sight"
    assert first.stop() == 0
    again = City(tmp_path / "data")
    assert "importing" not in again.log.read_text("utf-8")
    assert again.stop() == 0


def test_other_keys_than_those_of_the_city_are_refused_with_a_sentence(data: Path) -> None:
    for command in (("token", "list"), ("serve",), ("audit", "verify")):
        refused = yiping(data, *command, YIPING_DATA_KEYS=new_secret())
        assert (refused.returncode in (2, 4), "Traceback" in refused.stderr) == (True, False), refused.stderr
        assert "YIPING_DATA_KEYS" in refused.stderr


def test_a_token_is_on_the_last_line_and_opens_the_door(data: Path) -> None:
    made = yiping(data, "token", "create", "--role", "officer", "--area", "510104")
    assert made.returncode == 0, made.stderr
    secret = made.stdout.strip().splitlines()[-1]
    assert re.fullmatch(r"yp_api_[\w-]{40,}", secret)
    listed = yiping(data, "token", "list").stdout
    assert "510104" in listed
    assert secret not in listed
    token_id = listed.split()[0]
    assert yiping(data, "token", "revoke", token_id).returncode == 0
    assert "revoked" in yiping(data, "token", "list").stdout


def test_the_tiles_of_one_city_are_exported_and_those_of_several_are_not(data: Path) -> None:
    assert yiping(data, "tiles", "export", str(data / "out")).returncode == 0
    with sqlite3.connect(data / "yiping.db") as database:
        names = [row[1] for row in database.execute("PRAGMA table_info(areas)")]
        values = ", ".join("'5102'" if name == "code" else name for name in names)
        database.execute(f"INSERT INTO areas ({', '.join(names)}) SELECT {values} FROM areas WHERE code = '5101'")
    refused = yiping(data, "tiles", "export", str(data / "both"))
    assert refused.returncode == 2
    assert "5101, 5102" in refused.stderr
    assert not (data / "both").exists()


def test_a_real_city_starts_with_a_user(data: Path) -> None:
    password = data / "password"
    password.write_text("a long enough secret\n", "utf-8")
    made = yiping(
        data, "user", "create", "wang", "--name", "王芳", "--role", "leader", "--area", "510104017", "--password-file", str(password)
    )
    assert made.returncode == 0, made.stderr
    again = yiping(
        data, "user", "create", "wang", "--name", "王芳", "--role", "leader", "--area", "510104017", "--password-file", str(password)
    )
    assert again.returncode == 2
    assert "没有改变" in again.stderr


@pytest.mark.parametrize(
    ("words", "settings", "said"),
    [
        (("run",), {"YIPING_PORT": "abc"}, "YIPING_PORT"),
        (("run",), {"SCALE": "galaxy"}, "SCALE"),
        (("serve",), {"YIPING_REDIS_URL": "here"}, "YIPING_REDIS_URL"),
        (("token", "create", "--role", "officer", "--area", "999999"), {}, "999999"),
        (("import", "units", "/no/such.csv"), {}, "no such file"),
    ],
)
def test_what_is_wrong_stops_with_a_sentence(data: Path, words: tuple[str, ...], settings: dict[str, str], said: str) -> None:
    done = yiping(data, *words, **settings)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_named(data: Path, first: City) -> None:
    done = yiping(data, "run", YIPING_PORT=str(first.port))
    assert done.returncode == 2
    assert str(first.port) in done.stderr


def test_the_accounts_exist_only_in_the_demo_city(tmp_path: Path) -> None:
    assert yiping(tmp_path, "migrate").returncode == 0
    done = subprocess.run(
        [ROOT / ".venv" / "bin" / "python", "-c",
         "import json, sqlite3, sys; print(json.dumps(sqlite3.connect(sys.argv[1]).execute('select login from accounts').fetchall()))",
         str(tmp_path / "yiping.db")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == []
