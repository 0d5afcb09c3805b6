"""Whole databases as one file: SQLite's own copy, or PostgreSQL's `pg_dump`, of one consistent picture while writers go on."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect, text

from datasources.database import Database
from datasources.queries import changes


class DumpFailed(Exception):
    """The database could not be written out or read in; the text says what the database's own program said."""


@dataclass(frozen=True)
class Dumped:
    """What picture it is: the last change in it, its place in the chain, and the form of the tables."""

    seq: int
    hash: str | None
    form: str


def dump(database: Database, file: Path) -> Dumped:
    """Write the database into `file`, which must not exist. Raises `DumpFailed`; then nothing that could be taken for a dump is left."""
    try:
        return _dump_sqlite(database, file) if database.dialect == "sqlite" else _dump_postgres(database, file)
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def restore(database: Database, file: Path) -> None:
    """Read `file` into a database in which nothing is. Raises `DumpFailed`; then still nothing is in it."""
    if database.dialect == "sqlite":
        target = Path(str(database.url.database))
        database.close()
        fresh = target.with_name(f"{target.name}.restored")
        shutil.copyfile(file, fresh)
        _sync(fresh)
        for suffix in ("", "-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        fresh.replace(target)
        return
    # Who owns the database need not own PostGIS: comments and owners are left as the new place has them.
    plain = ["--no-owner", "--no-privileges", "--no-comments", "--single-transaction", "--exit-on-error"]
    _program(database, ["pg_restore", *plain, "--dbname", str(database.url.database), str(file)])


def is_empty(database: Database) -> bool:
    """Whether there are no tables of ours yet."""
    return not inspect(database.engine).has_table("changes")


def _dump_sqlite(database: Database, file: Path) -> Dumped:
    try:
        with closing(sqlite3.connect(str(database.url.database), timeout=15)) as plain:
            plain.execute("VACUUM INTO ?", (str(file),))
    except sqlite3.Error as error:
        raise DumpFailed(str(error)) from None
    _sync(file)
    copy = Database(f"sqlite:///{file}")
    try:
        return _seen(copy)
    finally:
        copy.close()
        for suffix in ("-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)


def _dump_postgres(database: Database, file: Path) -> Dumped:
    with database.read() as session:
        # pg_dump sees what this transaction sees, so what is told of the dump is true to the change.
        snapshot = session.scalar(text("SELECT pg_export_snapshot()"))
        command = [
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            "--exclude-table=public.spatial_ref_sys",  # belongs to PostGIS, and to the superuser who made it
            f"--snapshot={snapshot}",
            f"--file={file}",
        ]
        _program(database, [*command, str(database.url.database)])
        seen = _seen(database)
    _sync(file)
    return seen


def _seen(database: Database) -> Dumped:
    with database.read() as session:
        counter = changes.counter(session)
        form = session.scalar(text("SELECT version_num FROM alembic_version"))
        return Dumped(counter.seq, counter.hash, str(form))


def _program(database: Database, command: list[str]) -> None:
    """Run one of PostgreSQL's programs; the password goes along unseen by who lists the processes."""
    url = database.url
    reach = {"PGHOST": url.host or url.query.get("host"), "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password}
    environment = {**os.environ, **{name: str(value) for name, value in reach.items() if value}}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise DumpFailed(f"{command[0]} is not installed (Debian: postgresql-client)") from None
    if done.returncode:
        raise DumpFailed(f"{command[0]}: {done.stderr.strip()[-600:]}")


def _sync(file: Path) -> None:
    with file.open("rb") as written:
        os.fsync(written.fileno())
