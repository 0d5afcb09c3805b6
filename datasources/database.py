"""The database: SQLite in WAL mode, or PostgreSQL with PostGIS, behind the same two doors: read and write."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from datasources.keyring import Keyring
from datasources.serialising import dumps, loads
from datasources.types import KEYRING

WRITE_PATIENCE_S = 15.0
_ASIDE = "yiping_aside"
ASIDE = {_ASIDE: True}
"""Execution options of a query that walks through a whole city: SQLite does that in a thread, a few at a time, and the loop goes on."""
MOST_ASIDE = 12
"""That wait for a thread, each with a connection."""
KEEPALIVES = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 11_000}
"""Both ends of a connection to PostgreSQL notice within eleven seconds that the other has vanished: a query must not wait for a host that
is cut off, and the locks of a worker that is cut off must not stop the others."""
SERVER_KEEPALIVES = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c tcp_user_timeout=11000"


def turn() -> None:
    """Between the parts of something long: lets the event loop serve others.

    A pause of nothing would let it look at its sockets once, and an answer takes several such looks.
    """
    time.sleep(0.002)


class Database:
    """Sessions for reading and for writing.

    On SQLite one lock of this process orders the writers, because SQLite's own waiting would stop the
    whole event loop; writers of other processes are waited for in small sleeps. On PostgreSQL the
    database orders them.
    """

    def __init__(
        self,
        url: str,
        pool_size: int = 8,
        offload: Callable[[Callable[[], Any]], Any] | None = None,
        keyring: Keyring | None = None,
        aside: Callable[[Callable[[], Any]], Any] | None = None,
    ) -> None:
        """Open `url` (SQLAlchemy form). Raises `ValueError` for a database other than the two.

        Without a `keyring` what is encrypted can neither be read nor written.

        `offload` runs a function in a real thread while the event loop goes on: SQLite's commits wait for the disk.
        `aside` does the same for what is marked `ASIDE`.
        """
        parsed = make_url(url)
        self.dialect = parsed.get_backend_name()
        if self.dialect == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
            reach = {**KEEPALIVES, "connect_timeout": 4, "options": SERVER_KEEPALIVES}
            options: dict[str, Any] = {"pool_pre_ping": True, "pool_size": pool_size, "max_overflow": pool_size, "connect_args": reach}
        elif self.dialect == "sqlite":
            if not parsed.database or parsed.database == ":memory:":
                raise ValueError("SQLite needs a file: several connections read and write the same city")
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            options = {"connect_args": {"check_same_thread": False, "timeout": 0.0}, "pool_size": pool_size, "max_overflow": 32}
        else:
            raise ValueError(f"a database of the kind {self.dialect!r} is not supported; use sqlite or postgresql")
        self.url = parsed
        self.engine: Engine = create_engine(parsed, json_serializer=dumps, json_deserializer=loads, **options)
        setattr(self.engine.dialect, KEYRING, keyring)
        self.keyring = keyring
        self.seal_file: Path | None = None
        """Is there once the log was sealed: whoever can write the whole database cannot take that back."""
        self._lock = threading.Lock()
        self._open = threading.local()
        if self.dialect == "sqlite":
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
            if offload is not None:
                self.engine.dialect.do_commit = lambda connection: offload(connection.commit)  # type: ignore[method-assign, assignment]
            if aside is not None:
                self.engine.dialect.do_execute = _executing(aside)  # type: ignore[method-assign]

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session on one consistent picture of the database; nothing that it changes is kept.

        Inside another session of the same thread it is that session: whoever held one connection and waited for a second would, with
        enough others doing the same, wait for ever.
        """
        outer: Session | None = getattr(self._open, "session", None)
        if outer is not None:
            yield outer
            return
        options: dict[str, Any] = {} if self.dialect == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        with self.engine.connect().execution_options(**options) as connection, Session(connection, autoflush=False) as session:
            with self._as_outer(session):
                yield session
            # Rows that were read stay usable: a rollback through the session would expire them.
            session.expunge_all()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in one transaction: committed at the end, rolled back on any exception. Never inside another session."""
        if getattr(self._open, "session", None) is not None:
            raise RuntimeError("a transaction was begun inside another session of the same thread")
        if self.dialect != "sqlite":
            with Session(self.engine, expire_on_commit=False) as session, session.begin(), self._as_outer(session):
                yield session
            return
        deadline = time.monotonic() + WRITE_PATIENCE_S  # from the arrival: who waits behind others does not wait as long again
        with self._turn(), self.engine.connect() as plain:
            connection = plain.execution_options(yiping_write=True)
            with Session(connection, expire_on_commit=False) as session:
                _begin_patiently(session, deadline)
                with session.begin() if not session.in_transaction() else _ending(session), self._as_outer(session):
                    yield session

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """This process's turn to write. Raises `OperationalError` when it does not come."""
        if not self._lock.acquire(timeout=WRITE_PATIENCE_S):
            raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def _as_outer(self, session: Session) -> Iterator[None]:
        self._open.session = session
        try:
            yield
        finally:
            self._open.session = None

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=0", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")


def _executing(aside: Callable[[Callable[[], Any]], Any]) -> Callable[..., None]:
    """SQLite finds the first row of a sorted answer when it has found all.

    Not aside: whatever is done in the turn to write, for which all others wait, and what comes while many wait already: each of these holds
    a connection.
    """
    under_way = 0

    def execute(cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        nonlocal under_way
        wanted = context is not None and context.execution_options.get(_ASIDE)
        if not wanted or under_way >= MOST_ASIDE or context.root_connection.get_execution_options().get("yiping_write"):
            cursor.execute(statement, parameters)
            return
        under_way += 1
        try:
            aside(lambda: cursor.execute(statement, parameters))
        finally:
            under_way -= 1

    return execute


def _begin_sqlite(connection: Any) -> None:
    write = connection.get_execution_options().get("yiping_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _begin_patiently(session: Session, deadline: float) -> None:
    """Take SQLite's write lock, waiting for other processes without blocking the event loop."""
    while True:
        try:
            session.connection()
        except OperationalError as error:
            session.rollback()
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


@contextmanager
def _ending(session: Session) -> Iterator[None]:
    try:
        yield
    except BaseException:
        session.rollback()
        raise
    session.commit()
