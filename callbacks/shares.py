"""Who uses the event loop how much: whoever has had more than their share waits until nobody else needs it.

Counting requests does not do: one costs a hundred times what another does. So the processor time itself is counted, at each switch from one
greenlet to another, on the account of who is served. As long as somebody is within their share nothing changes. Beyond it they are late:
their next request is begun when the loop is idle, the others' first, and all who are late together have a small part of the loop. Nothing
of theirs is lost, and nobody else waits for it. Tiles and positions are not counted: they are cheap, and have bounds of their own.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent
import greenlet
from engineio.async_drivers.gevent import Thread
from gevent.event import Event
from gevent.lock import BoundedSemaphore

from dashboard.addresses import place_of
from dashboard.errors import Refused
from dashboard.identity import Principal

DEBT_S = 1.0
"""Nobody owes more: one great order is wanted, and its sender must not be kept waiting for it long."""
LATE_DEBT_S = 0.15
"""With the least part of the processor it is paid back within the patience of a request."""
PATIENCE_S = 10.0
"""So long may a request be late. A message on a socket waits as long as it must: its sender's connection waits with it."""
IDLE_PATIENCE_S = 0.1
"""A loop that is never idle lets one who is late in that often."""
MOST_KEPT = 60_000


@dataclass(frozen=True)
class Share:
    """`part`: of the processor, all the time; `burst_s`: seconds of it that are saved up meanwhile; `at_once`: requests that are worked on
    side by side; `waiting`: requests that wait for that, or are late.
    """

    part: float
    burst_s: float
    at_once: int = 1
    waiting: int = 1


UNIT = Share(0.005, 2.0, 4, 150)
"""An answer or a report takes some five milliseconds: one each second, four hundred at once; opening the page takes a hundred."""
PERSON = Share(0.01, 2.0, 6, 600)
"""A tap on the wall takes some twenty: a hundred at once, and one every other second all day.
A browser asks for a hundred things at once (HTTP/2), and a duty room may share an account."""
CLIENT = Share(0.1, 4.0, 16, 600)
"""A hotline that brings ten tickets each second."""
FILES = Share(0.05, 10.0, 64, 1000)
"""Scripts and pictures of the pages, for one person: opening a page must not use up what they do on it."""
STRANGERS = Share(0.02, 5.0, 64, 1000)
"""All at one address who do not say who they are: sign-ins, the page's files, connections that end as they came. A hall is one address."""
LATE_BURST_S = 0.05
LATE_LEAST, LATE_MOST = 0.05, 0.5
"""What all who are late have together, of the processor: the most when nobody else is there, the least from `BUSY` on."""
BUSY = 0.2
LOOK_S = 0.5


class Account:
    """What one person, device or client has left; below nothing it is late."""

    __slots__ = ("_at", "_clock", "_most_debt", "asking", "in_line", "left", "room", "share", "waiting")

    def __init__(self, share: Share, clock: Callable[[], float], most_debt: float = DEBT_S) -> None:
        self.share = share
        self.left = share.burst_s
        self.waiting: deque[Event] = deque()
        self.in_line = False
        self.asking = 0
        """Requests that have not been let in yet."""
        self.room = BoundedSemaphore(share.at_once)
        self._clock = clock
        self._most_debt = most_debt
        self._at = clock()

    def spend(self, seconds: float) -> None:
        """It was served for so long."""
        self.left = max(self.left - seconds, -self._most_debt)

    def settled(self) -> float:
        """What is left now."""
        now = self._clock()
        self.left = min(self.share.burst_s, self.left + (now - self._at) * self.share.part)
        self._at = now
        return self.left

    def due_in(self) -> float:
        """Seconds until it is not late any more."""
        return max(0.0, -self.settled()) / self.share.part


class _Stay:
    """Marks a greenlet that serves somebody; `account` is None as long as they have not said who they are."""

    __slots__ = ("account", "address", "late", "room", "spent")

    def __init__(self, address: str | None = None) -> None:
        self.address = address
        self.account: Account | None = None
        self.late = False
        self.spent = 0.0
        self.room: BoundedSemaphore | None = None
        """In which it has a place, until it gives that back."""

    def give_back(self) -> None:
        """Its place among those of the account that are worked on, if it has one."""
        if self.room is not None:
            self.room.release()
            self.room = None


class Companion(Thread):  # type: ignore[misc]
    """A greenlet that works for whom its maker serves, as Engine.IO begins them."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.stay = _stay()


class Shares:
    """The accounts of this worker. `watch` begins to count, in the thread of the loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, used: Callable[[], float] = time.thread_time) -> None:
        """`clock` gives seconds that only ever grow; `used` the processor time of the loop's thread."""
        self._clock = clock
        self._used = used
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        self._late = Account(Share(LATE_MOST, LATE_BURST_S), clock, LATE_DEBT_S)
        self._late_used = 0.0
        self._looked = (clock(), used())
        self._line: deque[Account] = deque()
        self._somebody = Event()
        self._greenlet: Any = None
        self._since = used()
        self.made_to_wait = 0
        """How many requests and messages were late."""
        self.failed = 0
        """Switches that could not be counted."""

    def watch(self) -> None:
        """Count from now on."""
        greenlet.settrace(self._switched)

    # --- who is served --------------------------------------------------------------------------------

    def begin(self, address: str) -> None:
        """The current greenlet serves somebody at this address; who it is will be said, or it is a stranger who pays in the end."""
        stay = _stay()
        if stay is None or stay.account is not None:
            self._set(_Stay(address))
        else:
            stay.address = address

    def enter(self, principal: Principal, patience_s: float | None = None) -> bool:
        """The current greenlet serves this principal from here on. Waits its turn when they have had more than their share, or have much
        under way. True when it had to wait: meanwhile their token may have been taken back.

        With a patience, raises `too_many` when the turn does not come within it, or too many wait already.
        """
        return self._enter(principal.actor, share_of(principal), patience_s)

    def enter_for_files(self, principal: Principal) -> None:
        """The same for the files of a page."""
        self._enter(f"{principal.actor} files", FILES, PATIENCE_S)

    def enter_connection(self, principal: Principal) -> None:
        """The same for a greenlet that reads a connection as long as it lasts."""
        self._enter(principal.actor, share_of(principal), PATIENCE_S, lasting=True)

    def _enter(self, whose: str, share: Share | None, patience_s: float | None, lasting: bool = False) -> bool:
        stay = _stay()
        if share is None:
            if stay is not None:
                self._set(None)
            return False
        if stay is None or stay.account is not None:
            stay = self._set(_Stay())
        account = self._account(whose, share)
        waited = self._let_in(stay, account, patience_s, lasting)
        account.spend(stay.spent)  # what it has cost to find out who it is
        stay.account = account
        if lasting:
            stay.late = False
        return waited

    def enter_unknown(self, address: str, patience_s: float = PATIENCE_S, lasting: bool = False) -> None:
        """The same for who does not say who they are, by where they are. They pay at the end, when it has not come out by then."""
        stay = _stay() or self._set(_Stay(address))
        self._let_in(stay, self._account(place_of(address), STRANGERS), patience_s, lasting)

    def blame(self, address: str, seconds: float) -> bool:
        """So much was used for somebody at this address who was refused. True when they have had more than their share."""
        account = self._account(place_of(address), STRANGERS)
        account.spend(seconds)
        return account.settled() < 0

    def hold_up(self) -> None:
        """Waits as long as whom the current greenlet serves is late: a connection is not read on."""
        stay = _stay()
        if stay is not None and stay.account is not None and stay.account.settled() < 0:
            self._wait(stay.account, None)

    def leave(self) -> None:
        """The current greenlet serves nobody in particular any more."""
        stay = _stay()
        if stay is None:
            return
        self._charge(stay)
        if stay.account is None and stay.address is not None:
            self._account(place_of(stay.address), STRANGERS).spend(stay.spent)
        self._set(None)

    def served(self) -> Any:
        """Whom the current greenlet serves, for another one to `serve`."""
        return _stay()

    def serve(self, served: Any) -> None:
        """The current greenlet works for whom another one serves."""
        self._set(served)

    def spend(self, seconds: float) -> None:
        """So much was used elsewhere for whom the current greenlet serves: in a thread."""
        stay = _stay()
        if stay is not None:
            self._spend(stay, seconds)

    def _set(self, stay: _Stay | None) -> Any:
        before = _stay()
        if before is not None:
            before.give_back()
        self._since = self._used()  # what was before is not theirs
        gevent.getcurrent().stay = stay
        return stay

    def _account(self, key: str, share: Share) -> Account:
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = Account(share, self._clock)
            while len(self._accounts) > MOST_KEPT:
                self._accounts.popitem(last=False)
        return account

    # --- counting -------------------------------------------------------------------------------------

    def _switched(self, _event: str, greenlets: tuple[Any, Any]) -> None:
        """Called by greenlet at each switch, from the first of the two to the second."""
        try:
            stay = getattr(greenlets[0], "stay", None)
            if stay is not None:
                self._charge(stay)
            elif getattr(greenlets[1], "stay", None) is not None:
                self._since = self._used()
        except Exception:  # noqa: BLE001 - it would end the counting for good, and be raised in whoever comes next
            self.failed += 1

    def _charge(self, stay: _Stay) -> None:
        used = self._used()
        seconds, self._since = used - self._since, used
        self._spend(stay, seconds)

    def _spend(self, stay: _Stay, seconds: float) -> None:
        stay.spent += seconds
        if stay.account is not None:
            stay.account.spend(seconds)
        if stay.late:
            self._late.spend(seconds)
            self._late_used += seconds

    # --- who is late ----------------------------------------------------------------------------------

    def _let_in(self, stay: _Stay, account: Account, patience_s: float | None, lasting: bool) -> bool:
        """True when it had to wait."""
        if patience_s is not None and account.asking >= account.share.waiting:
            raise _refusal(account)
        account.asking += 1
        try:
            began = self._clock()
            held_up = not lasting and stay.room is None and not account.room.acquire(blocking=False)
            if held_up and not account.room.acquire(timeout=patience_s):
                raise _refusal(account)
            if not lasting and stay.room is None:
                stay.room = account.room
            stay.late = account.settled() < 0
            if stay.late:
                self._wait(account, None if patience_s is None else max(0.001, patience_s - (self._clock() - began)))
            return held_up or stay.late
        except BaseException:
            stay.give_back()
            raise
        finally:
            account.asking -= 1

    def _wait(self, account: Account, patience_s: float | None) -> None:
        self.made_to_wait += 1
        if self._greenlet is None or self._greenlet.dead:
            self._greenlet = gevent.spawn(self._open)
        turn = Event()
        account.waiting.append(turn)
        if not account.in_line:
            account.in_line = True
            self._line.append(account)
        self._somebody.set()
        try:
            if not turn.wait(patience_s):
                raise _refusal(account)
        finally:
            if turn in account.waiting:
                account.waiting.remove(turn)

    def _open(self) -> None:
        """Let one after the other in, each account in turn."""
        while True:
            self._somebody.wait()
            with gevent.Timeout(IDLE_PATIENCE_S, False):
                gevent.idle()
            self._look()
            wait_s = self._late.due_in()
            if wait_s > 0:
                gevent.sleep(wait_s)
                continue
            account = self._line.popleft()
            if account.waiting:
                account.waiting.popleft().set()
            account.in_line = bool(account.waiting)
            if account.in_line:
                self._line.append(account)
            if not self._line:
                self._somebody.clear()

    def _look(self) -> None:
        """How much the others need, and what is left for those who are late."""
        (before, used), now = self._looked, self._clock()
        if now - before < LOOK_S:
            return
        self._looked = now, self._used()
        busy = (self._looked[1] - used - self._late_used) / (now - before)
        self._late_used = 0.0
        self._late.settled()
        self._late.share = Share(LATE_LEAST + (LATE_MOST - LATE_LEAST) * min(1.0, max(0.0, 1 - busy / BUSY)), LATE_BURST_S)


def share_of(principal: Principal) -> Share | None:
    """None: not counted. A gateway speaks for all phones of an area, and a client that administers could stop the city in other ways."""
    if principal.kind == "system" or principal.role == "gateway" or (principal.kind == "api" and principal.may("administer")):
        return None
    if principal.unit_id is not None:
        return UNIT
    return CLIENT if principal.kind == "api" else PERSON


def _stay() -> _Stay | None:
    stay: _Stay | None = getattr(gevent.getcurrent(), "stay", None)
    return stay


def _refusal(account: Account) -> Refused:
    return Refused("too_many", seconds=max(1, math.ceil(account.due_in())))
