"""Attempts to sign in: counted in the database, so that guessing is slowed down on all workers together."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select, update

from dashboard.clock import new_id
from dashboard.command import Commands
from dashboard.errors import Refused
from dashboard.identity import SYSTEM
from datasources.models import SignInFailure

WINDOW = timedelta(minutes=5)
FROM_ONE_PLACE = 8
"""For one name from one address."""
FOR_A_NAME = 40
"""For one name from anywhere: a list of addresses does not help, and who knows the name cannot lock its owner out with a few."""
OF_A_PLACE = 100
"""Failures from one address, for a name that has failed from there too: a whole hall, or a carrier, may stand behind one address, and who
has the right password at once is none of those who guess."""
OF_ANY_PLACE = 1000
"""Failures from one address, for whatever name: nobody may try one word with every name there is."""
KEPT = timedelta(days=1)


class Attempts:
    """Counts what fails. For its name an attempt counts from its beginning, so that many at once count as many; for its address only
    when it has failed, so that a shift that comes in together is not taken for somebody who guesses.
    """

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    def begin(self, login: str, peer: str) -> str:
        """Somebody tries; returns what `fail` is to be told. Raises `too_many_attempts`, which is recorded the first time."""
        login, peer = login[:40], peer[:45]
        locked, attempt = False, new_id()
        with self._commands.transaction(SYSTEM) as work:
            recent = work.now - WINDOW
            work.claim(f"sign in {login}")
            since = select(func.count()).select_from(SignInFailure).where(SignInFailure.at > recent)
            here = work.session.scalar(since.where(SignInFailure.login == login, SignInFailure.peer == peer)) or 0
            name = work.session.scalar(since.where(SignInFailure.login == login)) or 0
            place = work.session.scalar(since.where(SignInFailure.peer == peer, SignInFailure.failed)) or 0
            locked = here >= FROM_ONE_PLACE or name >= FOR_A_NAME or place >= (OF_A_PLACE if here else OF_ANY_PLACE)
            if not locked:
                work.session.execute(delete(SignInFailure).where(SignInFailure.at < work.now - KEPT))
                work.session.add(SignInFailure(attempt=attempt, login=login, peer=peer, at=work.now, failed=False))
                if here + 1 == FROM_ONE_PLACE or name + 1 == FOR_A_NAME or place + 1 == OF_A_PLACE:
                    work.record("account.lock", "", login[:40], {"login": login, "peer": peer})
        if locked:
            raise Refused("too_many_attempts", minutes=int(WINDOW.total_seconds() // 60))
        return attempt

    def fail(self, attempt: str) -> None:
        """It was not the right person."""
        with self._commands.database.write() as session:
            session.execute(update(SignInFailure).where(SignInFailure.attempt == attempt).values(failed=True))

    def succeeded(self, login: str, peer: str) -> None:
        """It was the right person: what failed before from here is forgotten."""
        with self._commands.database.write() as session:
            session.execute(delete(SignInFailure).where(SignInFailure.login == login[:40], SignInFailure.peer == peer[:45]))
