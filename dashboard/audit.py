"""The audit trail: the change log as evidence. Its chain is verified, and parts of it leave the house as signed JSON lines."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.orm import Session

from dashboard.clock import Clock
from dashboard.keys import follow_seal, was_sealed
from dashboard.troubles import Troubles
from datasources import chain, sealing
from datasources.database import Database
from datasources.keyring import Keyring, WrongKey
from datasources.queries import changes
from datasources.serialising import dumps

AT_ONCE = 2000
MOST_PROBLEMS = 20
COLUMNS = ("seq", "at", "actor", "topic", "kind", "area_code", "entity_id", "payload", "hash")
FORM = "yiping audit 1"
SUFFIX = ".audit.jsonl"

Progress = Callable[[str, int, int], None]
Row = dict[str, Any]


@dataclass
class Verdict:
    """What was found: changes looked at, those from before the chain, and what is wrong (`seq`, what)."""

    checked: int = 0
    before_chain: int = 0
    last: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def wrong(self, seq: int, what: str) -> None:
        """Note a problem."""
        self.problems.append((seq, what))


def verify(database: Database, progress: Progress = lambda what, done, total: None) -> Verdict:
    """Walk through the whole log: every change that was altered, taken out or put in is named by its number.

    After one that is wrong the walk goes on from what is stored, so that each is told once. A log without a key is not sound: whoever can
    write the whole table could have made it. Raises `WrongKey`.
    """
    verdict, before = Verdict(), chain.FIRST
    with database.read() as session:
        counter = changes.counter(session)
        key = sealing.key_of(counter, _keyring(database))
        if not key and was_sealed(database):
            verdict.wrong(counter.seq, "the chain had its key, and somebody has taken it away")
        elif not key:
            verdict.wrong(counter.seq, "the chain has no key yet: `yiping keys renew`")
        elif not sealing.is_intact(counter, key):
            since = counter.seal.removeprefix(sealing.BROKEN).strip() if counter.seal.startswith(sealing.BROKEN) else counter.seq
            verdict.wrong(counter.seq, f"the counter was altered by something else than this program, at change {since}")
        for row in _rows(session, 0):
            seq = row["seq"]
            if seq != verdict.last + 1:
                verdict.wrong(verdict.last + 1, f"missing: the next is {seq}")
            if seq <= counter.chained_after:
                verdict.before_chain += 1
            elif row["hash"] is None:
                verdict.wrong(seq, "has no hash: put in by something else than this program")
            else:
                if chain.link(before, row, key if seq > counter.keyed_after else b"") != row["hash"]:
                    verdict.wrong(seq, "altered, or something was put in or taken out before it")
                before = row["hash"]
            verdict.checked, verdict.last = verdict.checked + 1, seq
            if verdict.checked % AT_ONCE == 0:
                progress("audit", verdict.checked, counter.seq)
            if len(verdict.problems) >= MOST_PROBLEMS:
                return verdict
        if verdict.last != counter.seq:
            verdict.wrong(verdict.last + 1, f"missing: {counter.seq - verdict.last} changes at the end")
        if before != counter.hash:
            verdict.wrong(verdict.last, "the last hash is not the one that was kept")
    return verdict


def is_whole(database: Database) -> bool:
    """Whether the counter is as this program has left it: a look of a moment, while `verify` walks through all."""
    with database.read() as session:
        counter = changes.counter(session)
    if not counter.sealed_key:
        return not was_sealed(database)
    try:
        return sealing.is_intact(counter, sealing.key_of(counter, _keyring(database)))
    except WrongKey:
        return False


def watch_seal(database: Database, troubles: Troubles) -> None:
    """Tell administrators when the counter is not as this program has left it."""
    if not is_whole(database):
        troubles.note("audit")
        return
    troubles.over("audit")
    if follow_seal(database):
        troubles.over("unsealed")
    else:
        troubles.note("unsealed")


def _keyring(database: Database) -> Keyring:
    if database.keyring is None:
        raise RuntimeError("the database was opened without a keyring")
    return database.keyring


def export_next(database: Database, clock: Clock, folder: Path) -> tuple[Path, int]:
    """Write what came after the newest export of `folder` into a file of its own; returns it and how many changes it holds.

    Raises `ValueError` when the log no longer says what that export says: somebody has altered it since.
    """
    folder.mkdir(parents=True, exist_ok=True)
    newest, since = max(folder.glob(f"*{SUFFIX}"), key=_until, default=None), 0
    if newest is not None:
        since, hash_ = _end_of(newest)
        if since and _stored(database, since).get(since, "") != hash_:
            raise ValueError(f"{newest}: 日志与此前导出不符 / the log says something else now than this export, at change {since}")
    fresh = folder / f"{since:012d}.part"
    count = export(database, clock, fresh, since)
    if newest is not None and not count:
        fresh.unlink()
        return newest, 0
    file = folder / f"{since + 1:012d}-{since + count:012d}{SUFFIX}"
    fresh.replace(file)
    return file, count


def _until(file: Path) -> int:
    last = file.name.removesuffix(SUFFIX).rpartition("-")[2]
    if not last.isdigit():
        raise ValueError(f"{file}: no name of an export, wanted <first>-<last>{SUFFIX}")
    return int(last)


def _end_of(file: Path) -> tuple[int, str | None]:
    """Number and hash of the last change of an export."""
    head, tail = None, None
    with file.open("rb") as lines:
        for text in lines:
            head, tail = tail, text
    if head is None or tail is None:
        raise ValueError(f"{file}: no export of the audit trail")
    end, last = _parsed(file, tail), _parsed(file, head)
    return int(end["until"]), last.get("hash")


def export(database: Database, clock: Clock, file: Path, since: int = 0) -> int:
    """Write the changes behind `since` as JSON lines: a head, the changes, and a tail with the signature (Ed25519). Returns how many."""
    signer = _keyring(database).signer
    digest, count, last = hashlib.sha256(), 0, since
    fresh = file.with_name(f"{file.name}.new")
    with fresh.open("wb") as out, database.read() as session:

        def put(line: Row) -> None:
            text = _line(line)
            digest.update(text)
            out.write(text)

        key = base64.b64encode(signer.public_key().public_bytes_raw()).decode()
        keyed_after = changes.counter(session).keyed_after if sealing.is_sealed(session) else None
        put({"form": FORM, "since": since, "made_at": clock().isoformat(), "public_key": key, "keyed_after": keyed_after})
        for row in _rows(session, since):
            put({**row, "at": row["at"].isoformat()})
            count, last = count + 1, row["seq"]
        out.write(_line({"until": last, "count": count, "signature": base64.b64encode(signer.sign(digest.digest())).decode()}))
    fresh.replace(file)
    return count


def check(file: Path, public_key: str | None = None, database: Database | None = None) -> Verdict:
    """Check an export: its signature and, with a database, its chain, and that the log still says the same.

    `public_key` (base64) is the one that one trusts; without it only the key inside is checked, which whoever forges writes too. The chain
    behind `keyed_after` can be followed only with the key, which the database has.
    Raises `ValueError` for a file that is no export.
    """
    verdict, digest, before = Verdict(), hashlib.sha256(), None
    stored: dict[int, str | None] = {}
    key = b""
    if database is not None:
        with database.read() as session:
            key = sealing.key_of(changes.counter(session), _keyring(database))
    with file.open("rb") as lines:
        first = lines.readline()
        head = _parsed(file, first)
        if head.get("form") != FORM:
            raise ValueError(f"{file}: no export of the audit trail")
        digest.update(first)
        if public_key is not None and head["public_key"] != public_key:
            verdict.wrong(0, f"signed with another key: {head['public_key']}")
        verdict.last = int(head["since"])
        keyed_after = head.get("keyed_after")
        for text in lines:
            row = _parsed(file, text)
            if "signature" in row:
                _check_tail(verdict, row, head, digest.digest())
                return verdict
            digest.update(text)
            row["at"] = datetime.fromisoformat(row["at"])
            if row["seq"] != verdict.last + 1:
                verdict.wrong(verdict.last + 1, f"missing: the next is {row['seq']}")
            # the first has nothing before it here: it is held by the signature, and by the log itself
            keyed = keyed_after is not None and row["seq"] > keyed_after
            followed = before is not None and row["hash"] is not None and (key or not keyed)
            if followed and chain.link(str(before), row, key if keyed else b"") != row["hash"]:
                verdict.wrong(row["seq"], "altered")
            if database is not None:
                if row["seq"] not in stored:
                    stored = _stored(database, row["seq"])
                if stored.get(row["seq"], "") != row["hash"]:
                    verdict.wrong(row["seq"], "the log says something else now")
            before = row["hash"]
            verdict.checked, verdict.last = verdict.checked + 1, row["seq"]
            if len(verdict.problems) >= MOST_PROBLEMS:
                return verdict
    verdict.wrong(verdict.last + 1, "cut off: there is no signature")
    return verdict


def _check_tail(verdict: Verdict, tail: Row, head: Row, digest: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(head["public_key"])).verify(base64.b64decode(tail["signature"]), digest)
    except (InvalidSignature, ValueError):
        verdict.wrong(verdict.last, "the signature does not fit")
    if tail["until"] != verdict.last or tail["count"] != verdict.checked:
        verdict.wrong(verdict.last, f"{tail['count']} changes until {tail['until']} were signed")


def _stored(database: Database, first: int) -> dict[int, str | None]:
    with database.read() as session:
        return {change.seq: change.hash for change in changes.after(session, first - 1, AT_ONCE)}


def _line(row: Row) -> bytes:
    return (dumps(row) + "\n").encode()


def _parsed(file: Path, text: bytes) -> Row:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError(f"{file}: a line is no object")
    return value


def _rows(session: Session, since: int) -> Iterator[Row]:
    while found := [{name: getattr(change, name) for name in COLUMNS} for change in changes.after(session, since, AT_ONCE)]:
        yield from found
        since = found[-1]["seq"]
        session.expunge_all()
