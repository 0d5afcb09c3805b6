"""The one catalogue: every key that is used exists, in both languages, with the same names to fill in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboard.catalogue import entries, for_browser, text
from dashboard.dispatch.states import STATES
from dashboard.errors import STATUS
from dashboard.identity import ROLES
from dashboard.live.events import KINDS, TOLD_STATES
from dashboard.tickets import KINDS as TICKET_KINDS
from dashboard.tickets import MOVES
from dashboard.units import ROLES as UNIT_ROLES
from dashboard.units import SKILLS
from dashboard.warnings import EVENTS, LEVELS

ROOT = Path(__file__).parents[2]
SOURCES = [*ROOT.glob("layouts/**/*.py"), *ROOT.glob("callbacks/**/*.py"), *ROOT.glob("assets/js/**/*.mjs")]


def test_both_languages_have_the_same_names_to_fill_in() -> None:
    for key, (zh, en) in entries().items():
        assert zh, key
        assert en, key
        assert set(re.findall(r"{(\w+)}", zh)) == set(re.findall(r"{(\w+)}", en)), key


def test_chinese_is_chinese() -> None:
    only_filled_in = {"event.ticket.report", "event.ticket.help", "card.on_day", "order.ended_by", "language.other"}
    assert {key for key, (zh, _) in entries().items() if not re.search(r"[\u4e00-\u9fff—]", zh)} == only_filled_in


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_sentence_that_is_said_exists(path: Path) -> None:
    used = set(re.findall(r"""\bsay\(["']([a-z_.]+)["']""", path.read_text("utf-8")))
    assert used - set(entries()) == set()


def test_every_word_of_the_rules_has_a_sentence() -> None:
    wanted = {f"error.{code}" for code in STATUS}
    wanted |= {f"role.{word}" for word in (*ROLES, *UNIT_ROLES)} | {f"skill.{word}" for word in SKILLS}
    wanted |= {f"ticket.{word}" for word in TICKET_KINDS} | {f"ticket.action.{word}" for word in MOVES}
    wanted |= {f"warning.{word}" for word in EVENTS} | {f"level.{word}" for word in LEVELS} | {f"delivery.{word}" for word in STATES}
    wanted |= {f"event.{kind}" for kind in KINDS if kind != "delivery.move"} | {f"event.delivery.{state}" for state in TOLD_STATES}
    assert wanted - set(entries()) == set()


def test_an_unknown_key_is_an_error_of_ours() -> None:
    with pytest.raises(KeyError):
        text("no.such.key")
    assert for_browser("en")["signin.enter"] == "Sign in"
