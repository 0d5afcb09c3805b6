"""Attempts to sign in: counted in the database, so that guessing is slowed down on all workers together."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from dashboard.addresses import place_of
from dashboard.clock import new_id
from dashboard.command import Commands, Work
from dashboard.errors import Refused
from dashboard.identity import SYSTEM
from datasources.models import Account, SignInFailure

WINDOW = timedelta(minutes=5)
FROM_ONE_PLACE = 8
"""For one name from one address, or from one browser that it has got in with before."""
FOR_A_NAME = 10
"""For one name from anywhere, browsers that are known not counted: beyond it each attempt waits longer than the one before. It is no wall:
who knows a name could keep its owner out with one."""
LONGEST_WAIT_S = 60
OF_A_PLACE = 100
"""Failures from one address, for a name that has failed from there too: a whole hall, or a carrier, may stand behind one address, and who
has the right password at once is none of those who guess."""
OF_ANY_PLACE = 1000
"""Failures from one address, for whatever name: nobody may try one word with every name there is."""
CODES = 10
"""Wrong codes of a second factor after the right password: then the password is asked for again, and the next ten wait."""
CODES_WAIT_S = 60.0
CODES_LONGEST_WAIT_S = 3600.0
KEPT = timedelta(days=1)
CODE = "code"
"""Stands for the address of a wrong code."""
BROWSER = "browser:"


class Attempts:
    """Counts what fails. For its name an attempt counts from its beginning, so that many at once count as many; for its address only
    when it has failed, so that a shift that comes in together is not taken for somebody who guesses.

    A `browser` is one that this name has got in with before: strangers cannot keep it out.
    """

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    def begin(self, login: str, peer: str, browser: str = "") -> str:
        """Somebody tries; returns what `fail` is to be told. Raises `too_many_attempts`, which is recorded the first time."""
        login, place = login[:40], _place(peer, browser)
        attempt = new_id()
        with self._commands.transaction(SYSTEM) as work:
            work.claim(f"sign in {login}")
            wait = self._known(work, login, place) if browser else self._strange(work, login, place)
            if not wait:
                work.session.execute(delete(SignInFailure).where(SignInFailure.at < work.now - KEPT))
                work.session.add(SignInFailure(attempt=attempt, login=login, peer=place, at=work.now, failed=False))
        if wait:
            raise Refused("too_many_attempts", seconds=math.ceil(wait))
        return attempt

    def _known(self, work: Work, login: str, place: str) -> float:
        """Seconds for which a browser that is known has to wait."""
        return WINDOW.total_seconds() if _count(work, login, place) >= FROM_ONE_PLACE else 0.0

    def _strange(self, work: Work, login: str, place: str) -> float:
        here = _count(work, login, place)
        of_name = (SignInFailure.login == login, SignInFailure.peer != CODE, SignInFailure.peer.not_like(f"{BROWSER}%"))
        recent = SignInFailure.at > work.now - WINDOW
        name, latest = work.session.execute(select(func.count(), func.max(SignInFailure.at)).where(recent, *of_name)).one()
        query = select(func.count()).select_from(SignInFailure).where(recent, SignInFailure.peer == place, SignInFailure.failed)
        failed_here = work.session.scalar(query) or 0
        if here >= FROM_ONE_PLACE or failed_here >= (OF_A_PLACE if here else OF_ANY_PLACE):
            return WINDOW.total_seconds()
        if name >= FOR_A_NAME:
            return _left(work.now, latest, min(LONGEST_WAIT_S, 2.0 ** (name - FOR_A_NAME)))
        if here + 1 == FROM_ONE_PLACE or name + 1 == FOR_A_NAME or failed_here + 1 == OF_A_PLACE:
            work.record("account.lock", "", login, {"login": login, "peer": place})
        return 0.0

    def fail(self, attempt: str) -> None:
        """It was not the right person."""
        with self._commands.database.write() as session:
            session.execute(update(SignInFailure).where(SignInFailure.attempt == attempt).values(failed=True))

    def succeeded(self, login: str, peer: str, browser: str = "") -> None:
        """It was the right person: what failed before from here is forgotten."""
        mine = SignInFailure.peer.in_((_place(peer, browser), place_of(peer)))
        with self._commands.database.write() as session:
            session.execute(delete(SignInFailure).where(SignInFailure.login == login[:40], mine))

    # --- codes of the second factor ------------------------------------------------------------------

    def round_of(self, login: str) -> int:
        """How many times ten codes were wrong since somebody got in: the password is asked for again after each."""
        with self._commands.database.read() as session:
            return _codes(session, login) // CODES

    def begin_code(self, account: Account) -> int:
        """Somebody who has the password tries a code: counted before it is looked at, so that many at once count as many.

        Returns how many have not been right since somebody got in. Raises `too_many_attempts`: after each ten the next ones wait longer.
        """
        wait = 0.0
        with self._commands.transaction(SYSTEM) as work:
            work.claim(f"sign in {account.login}")
            query = select(SignInFailure.at).where(SignInFailure.login == account.login[:40], SignInFailure.peer == CODE)
            moments = list(work.session.scalars(query.order_by(SignInFailure.id)))
            rounds = len(moments) // CODES
            if rounds:
                most = min(CODES_LONGEST_WAIT_S, CODES_WAIT_S * 2.0 ** (rounds - 1))
                wait = _left(work.now, moments[rounds * CODES - 1], most)
            if not wait:
                failed = SignInFailure(attempt=new_id(), login=account.login[:40], peer=CODE, at=work.now, failed=True)
                work.session.add(failed)
        if wait:
            raise Refused("too_many_attempts", seconds=math.ceil(wait))
        return len(moments) + 1

    def wrong_code(self, account: Account, peer: str, count: int) -> None:
        """It was wrong: the owner is told of each ten."""
        if count % CODES == 0:
            with self._commands.transaction(SYSTEM) as work:
                work.record("account.guessed", account.area_code, account.id, {"login": account.login, "peer": place_of(peer)})

    def right_code(self, account: Account) -> None:
        """It was right: those before are forgotten."""
        with self._commands.database.write() as session:
            session.execute(delete(SignInFailure).where(SignInFailure.login == account.login[:40], SignInFailure.peer == CODE))


def _place(peer: str, browser: str) -> str:
    return f"{BROWSER}{browser}"[:45] if browser else place_of(peer)


def _count(work: Work, login: str, place: str) -> int:
    query = select(func.count()).select_from(SignInFailure).where(SignInFailure.at > work.now - WINDOW)
    return work.session.scalar(query.where(SignInFailure.login == login, SignInFailure.peer == place)) or 0


def _codes(session: Session, login: str) -> int:
    query = select(func.count()).select_from(SignInFailure)
    return session.scalar(query.where(SignInFailure.login == login[:40], SignInFailure.peer == CODE)) or 0


def _left(now: datetime, latest: datetime, wait_s: float) -> float:
    return max(0.0, wait_s - (now - latest).total_seconds())
