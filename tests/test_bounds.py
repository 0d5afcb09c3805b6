"""docs/bounds.md says what the code does: each row of it stands here with the figures from where they are, and each figure in its row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import app
from callbacks import inlet, packets, provider, screens, shares, threads, watchdog, wire, worker
from callbacks.compression import LARGE
from dashboard import (
    accounts,
    addresses,
    areas,
    attachments,
    attempts,
    buckets,
    clips,
    clock_watch,
    invitations,
    links,
    passwords,
    photos,
    redraw,
    rings,
    settings,
    storage,
)
from dashboard.buckets import RATES
from dashboard.calling import breaker, caller, subscriptions
from dashboard.fences import fences
from datasources import database
from datasources.channels import loudspeaker, outgoing, web_push
from tests.servers import ROOT

PAGE = (ROOT / "docs/bounds.md").read_text("utf-8")
KB, MB = 1024, 1024 * 1024


def rows(section: str) -> list[list[str]]:
    """The cells of each row of a section's table."""
    text = PAGE.partition(section)[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


FIGURES: dict[str, list[object]] = {
    "one websocket message": [f"{wire.MOST_MESSAGE // KB} kB"],
    "names of socket events": [{11: "eleven"}[len(packets.EVENTS)]],
    "events of one connection under way": [inlet.UNDER_WAY],
    "messages of one connection": [settings.DOCUMENTED["YIPING_EVENTS_A_SECOND"], 3 * int(settings.DOCUMENTED["YIPING_EVENTS_A_SECOND"])],
    "messages read ahead of their turn": [wire.MOST_UNREAD],
    "what waits for a client that reads slowly": [f"{wire.MOST_WAITING_BYTES // MB} MB", wire.MOST_WAITING],
    "connections of a unit's token": [screens.MOST_OF_UNIT],
    "connections of another token": [screens.MOST_OF_TOKEN],
    "time to say who one is": [f"{screens.SAY_WHO_S:.0f} s"],
    "time until a revoked token is silent": ["3 s", f"{app.TURN_OUT_S} s", f"{accounts.TRUST_S} s"],
    "a photo": [
        f"{photos.MOST_BYTES // MB} MB",
        f"{redraw.MOST_PIXELS // 10**6} MP",
        f"{photos.MOST_SCANS} scans",
        f"{photos.PATIENCE_S:.0f} s",
    ],
    "a voice clip": [f"{clips.MOST_BYTES // MB} MB"],
    "an answer to a request of ours (gateways, push)": [
        f"{web_push.PATIENCE_S:.0f} s",
        f"{outgoing.MOST_READ // KB} kB",
        outgoing.MOST_SAID,
    ],
    "what the loudspeakers' broker sends": [
        f"{loudspeaker.MOST_MESSAGE // KB} kB",
        f"{loudspeaker.AT_ONCE:,}",
        f"{loudspeaker.A_SECOND:.0f}",
    ],
    "an answer of the OpenID Connect provider": [f"{provider.TOTAL_S:.0f} s", f"{provider.MOST_BYTES // KB} kB"],
    "where a push message goes": ["YIPING_PUSH_SERVICES"],
    "browsers of a person": [subscriptions.MOST_OF_UNIT],
    "a channel on which nobody answers": [
        f"{breaker.SILENCES} calls",
        f"{breaker.REST.seconds} s",
        f"{breaker.LONGEST_REST.seconds // 60} min",
    ],
    "tries of one call": [caller.MOST_TRIES],
    "a ring drawn on the map": [f"{rings.MOST_POINTS} points"],
    "fences": [f"{fences.MOST:,}", fences.MOST_OF_MAKER, fences.LISTED],
    "what a search may mean": [f"{areas.MOST_READINGS} readings"],
    "searches through a whole city beside the loop": [f"{threads.ASIDE} threads", f"{database.MOST_ASIDE} that"],
    "a body of JSON": ["256 kB"],
    "the body of a request": [f"{worker.BODY_S:.0f} s"],
    "tiles asked for at once on one connection": [worker.MOST_HELD, f"{worker.MOST_HELD_BYTES // MB} MB"],
    "live links": [links.MOST, links.MOST_OF_TOKEN],
    "photos and clips that nothing names": [f"{attachments.UNNAMED.days} days"],
    "room on the disk for photos and clips": [f"{storage.LOW * 100:.0f} %"],
    "the event loop": [f"{watchdog.HELD_S * 1000:.0f} ms"],
    "an answer of more than 64 kB": [f"{LARGE // KB} kB"],
    "waiting for the turn to write": [f"{database.WRITE_PATIENCE_S:.0f} s"],
    "the clock": [f"{clock_watch.STEP_S:.0f} s"],
    "a password": [passwords.SHORTEST, passwords.LONGEST, f"grade {passwords.WEAKEST}"],
    "wrong passwords for a name from an address, or from a browser it has got in with": [attempts.FROM_ONE_PLACE, "5 min"],
    "the same from anywhere, browsers that are known not counted": [attempts.FOR_A_NAME, f"{attempts.LONGEST_WAIT_S} s"],
    "the same from an address (IPv6: its /64), for whatever name": [
        f"/{addresses.NETWORK}",
        attempts.OF_A_PLACE,
        f"{attempts.OF_ANY_PLACE:,}",
    ],
    "wrong codes of a second factor": [
        attempts.CODES,
        f"{attempts.CODES_WAIT_S / 60:.0f} min",
        f"{attempts.CODES_LONGEST_WAIT_S / 3600:.0f} h",
    ],
    "a session": [f"{accounts.SESSION_LIFE.total_seconds() / 3600:.0f} h", f"{accounts.IDLE.total_seconds() / 3600:.0f} h"],
    "an invitation": [f"{invitations.LIFE_S // 86_400} days"],
    "from where a token may be used": ["networks"],
}
"""What each row must say, from where it is held."""

HELD = [*rows("# Bounds"), *rows("## Signing in")]


def test_every_row_has_its_figures_here() -> None:
    assert {cells[0] for cells in HELD} == set(FIGURES)


@pytest.mark.parametrize("cells", HELD, ids=lambda cells: cells[0])
def test_each_figure_stands_in_its_row(cells: list[str]) -> None:
    said = " ".join(cells)
    for figure in FIGURES[cells[0]]:
        assert re.search(rf"(?<![\d,]){re.escape(str(figure))}(?!\d)", said), figure


@pytest.mark.parametrize("cells", HELD, ids=lambda cells: cells[0])
def test_each_row_names_a_module_that_there_is(cells: list[str]) -> None:
    for name in re.findall(r"`([\w/]+\.py)`", cells[-1]):
        assert Path(ROOT / name).is_file(), name
    assert "`" in cells[-1] or cells[-1] == "the same"


def test_how_much_stands_on_the_page_as_it_is_held() -> None:
    told = {cells[0]: cells[1:5] for cells in rows("## How much")}

    def said(share: shares.Share) -> list[str]:
        return [f"{100 * share.part:g} %", f"{share.burst_s:g} s", str(share.at_once), str(share.waiting)]

    kept = {
        "a field unit": shares.UNIT,
        "a person with a session, a wall": shares.PERSON,
        "another client": shares.CLIENT,
        "the files of the pages, for one of them": shares.FILES,
        "an address that does not say who it is": shares.STRANGERS,
    }
    for whose, share in kept.items():
        assert told.pop(whose) == said(share)
    least, need, most = (f"{100 * part:g} %" for part in (shares.LATE_LEAST, shares.BUSY, shares.LATE_MOST))
    assert told == {
        "all together who are late": [
            f"{least} when the others need {need}, {most} when there are none",
            f"{shares.LATE_BURST_S:g} s",
            "–",
            "–",
        ]
    }
    words = PAGE.partition("## How much")[2].partition("## How often")[0]
    assert f"waited {shares.PATIENCE_S:g} s" in words
    assert f"owes more than {shares.DEBT_S:g} s" in words


def test_how_often_stands_on_the_page_as_it_is_held() -> None:
    told = {}
    for _, kind, *numbers, within in rows("## How often"):
        count, unit = within.split()
        unit_, person, client = (0 if one == "–" else int(one.replace(",", "")) for one in numbers)
        told[kind.strip("`")] = buckets.Rate(unit_, person, client, int(count) * {"min": 60, "h": 3600}[unit])
    assert told == RATES
