"""The documents name what there is: every socket event, every kind of change, every command."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROTOCOL = (ROOT / "docs/protocol.md").read_text("utf-8")


def sources(*patterns: str) -> str:
    return "\n".join(path.read_text("utf-8") for pattern in patterns for path in ROOT.glob(pattern))


def test_every_event_that_a_client_may_send_is_documented() -> None:
    events = set(re.findall(r'@guarded\("(\w+)"', sources("callbacks/sockets.py")))
    assert len(events) >= 6
    assert {event for event in events if f"`{event}`" not in PROTOCOL} == set()


def test_every_event_that_the_server_sends_is_documented() -> None:
    code = sources("callbacks/sockets.py", "callbacks/screens.py", "dashboard/live/hub.py")
    events = set(re.findall(r'(?:emit\(|_send\([^,]+, |send_to\([^,]+, |_write\(|send_units\()"(\w+)"', code))
    assert {"patch", "frame", "beat", "delivery", "deliveries", "reopen", "refused"} <= events
    assert {event for event in events if f"`{event}`" not in PROTOCOL} == set()


def test_every_kind_of_change_is_documented() -> None:
    code = sources("dashboard/**/*.py")
    kinds = set(re.findall(r'record\(\s*f?"([a-z_]+\.[a-z_]+)"', code)) | set(re.findall(r'"((?:warning|order)\.[a-z_]+)"\)?', code))
    from dashboard.tickets import MOVES

    kinds |= {f"ticket.{action}" for action in MOVES} | {"ticket.report"}
    assert len(kinds) >= 17
    assert {kind for kind in kinds if f"`{kind}`" not in PROTOCOL} == set()


def test_the_readmes_are_twins() -> None:
    english, chinese = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh.md"))

    def commands(text: str) -> list[str]:
        blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        return [line.split("#")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]

    assert commands(english) == commands(chinese)
    assert re.findall(r"^## ", english, re.MULTILINE) == re.findall(r"^## ", chinese, re.MULTILINE)


def test_nothing_of_the_project_needs_what_lies_outside_it() -> None:
    for path in (*ROOT.glob("**/*.py"), *ROOT.glob("tools/*"), ROOT / "Makefile"):
        if ".venv" not in path.parts and "node_modules" not in path.parts and path.name != "test_docs.py":
            assert "shared/" not in path.read_text("utf-8"), path
