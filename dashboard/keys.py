"""What is encrypted in the database: writing it anew with the newest key, sealing it, and what encrypted numbers are looked up by."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import column as sql_column
from sqlalchemy import select, table

from datasources import sealing
from datasources.database import Database
from datasources.keyring import Keyring, WrongKey
from datasources.models import Account, Ticket, Unit
from datasources.queries import changes
from datasources.types import Secret

log = logging.getLogger(__name__)

AT_ONCE = 500
SEALED = ((Unit, "phone"), (Account, "totp_secret"), (Ticket, "caller"))
"""Each column that is encrypted (held by a test)."""


def index_of(keyring: Keyring | None, phone: str) -> str:
    """What a telephone number is looked up by. Raises `RuntimeError` without a keyring: such a number would never be found."""
    if keyring is None:
        raise RuntimeError("the database was opened without a keyring")
    return keyring.indexed(phone)[0] if phone else ""


def follow_seal(database: Database) -> bool:
    """Once the log is sealed, read nothing that is not bound to its row, and remember it outside the database. Whether it is.

    Raises `WrongKey` for the keys of another city.
    """
    if database.keyring is None:
        return False
    with database.read() as session:
        sealed = bool(sealing.key_of(changes.counter(session), database.keyring))
    if sealed and database.seal_file is not None:
        database.seal_file.parent.mkdir(parents=True, exist_ok=True)
        database.seal_file.touch()
    database.keyring.lenient = not sealed and not was_sealed(database)
    return sealed


def was_sealed(database: Database) -> bool:
    """Whether the log has been sealed once, by what lies outside the database."""
    return database.seal_file is not None and database.seal_file.exists()


def renew(database: Database, progress: Callable[[str, int, int], None] = lambda what, done, total: None) -> int:
    """Encrypt with the newest key whatever is not: numbers of before encryption, and all after a new key. Returns how many rows.

    In short transactions, while the city goes on; it can be repeated after an interruption. At the end the log is sealed, if it was not:
    from then on nothing is read that is not bound to its row. Versions before can not go on with it.
    """
    keyring = database.keyring
    if keyring is None:
        raise RuntimeError("the database was opened without a keyring")
    with database.read() as session:
        sealed_before = sealing.is_sealed(session)
    if not sealed_before and was_sealed(database):
        raise WrongKey(
            "日志曾加密钥，密钥已被删除：请勿继续，用备份和此前的导出核对 / the log had its key and has none: somebody has taken it away; "
            "compare with the backup and the last export, and do not go on with this database"
        )
    keyring.lenient = not sealed_before
    count = 0
    for model, column in SEALED:
        count += _renewed(database, keyring, model, column, progress)
    with database.write() as session:
        sealing.renew(session, keyring)
        sealing.seal(session, keyring)
    follow_seal(database)
    return count


def _renewed(database: Database, keyring: Keyring, model: Any, column: str, progress: Callable[[str, int, int], None]) -> int:
    stored = table(model.__tablename__, sql_column("id"), sql_column(column))  # as it stands, not decrypted
    with database.read() as session:
        rows = session.execute(select(stored.c.id, stored.c[column]))
        old = [key for key, text in rows if text and not keyring.is_current(text)]
    for start in range(0, len(old), AT_ONCE):
        with database.write() as session:
            found = session.scalars(select(model).where(model.id.in_(old[start : start + AT_ONCE])).with_for_update()).all()
            for one in found:
                try:
                    text = getattr(one, column).of(one.id)
                except WrongKey as error:
                    log.error("left as it is: %s", error)  # one row must not keep all others from their new key
                    continue
                setattr(one, column, Secret(one.id, text))
                if model is Unit:
                    one.phone_index = index_of(keyring, text)
        progress("keys", min(start + AT_ONCE, len(old)), len(old))
    return len(old)
