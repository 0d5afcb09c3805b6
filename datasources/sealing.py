"""The key of the change log's chain: made once, kept encrypted beside the counter, and with it the counter's seal."""

from __future__ import annotations

import base64
import hmac
import secrets

from sqlalchemy import Connection, select, update
from sqlalchemy.orm import Session

from datasources import chain
from datasources.keyring import SIZE, Keyring
from datasources.models import ChangeCounter
from datasources.types import keyring_of

PLACE = "change_counter.sealed_key"
ROW = "1"
BROKEN = "broken"


def key_of(counter: ChangeCounter, keyring: Keyring) -> bytes:
    """The key of the chain; empty before it is sealed. Raises `WrongKey`."""
    return opened(counter.sealed_key, keyring)


def opened(sealed_key: str, keyring: Keyring) -> bytes:
    """The same of what is stored."""
    return base64.b64decode(keyring.decrypt(sealed_key, PLACE, ROW)) if sealed_key else b""


def is_intact(counter: ChangeCounter, key: bytes) -> bool:
    """Whether the counter is as this program has written it."""
    wanted = chain.seal(key, counter.seq, counter.hash, counter.chained_after, counter.keyed_after)
    return hmac.compare_digest(counter.seal.encode(), wanted.encode())


def is_sealed(session: Session) -> bool:
    """Whether the chain has its key: then whatever is encrypted is bound to its row, too."""
    return bool(session.scalar(select(ChangeCounter.sealed_key).where(ChangeCounter.id == 1)))


def begin_sealed(connection: Connection) -> None:
    """Seal a log in which nothing stands yet, where there is a keyring."""
    table = ChangeCounter.__table__
    seq = connection.scalar(select(table.c.seq))
    if seq == 0:
        key, sealed_key = _made(keyring_of(connection.dialect))
        seal = chain.seal(key, 0, chain.FIRST, 0, 0)
        connection.execute(update(ChangeCounter).values(keyed_after=0, sealed_key=sealed_key, seal=seal))


def seal(session: Session, keyring: Keyring) -> None:
    """Give the chain its key, if it has none: changes from now on carry it."""
    counter = session.get_one(ChangeCounter, 1, with_for_update=True)
    if counter.sealed_key:
        return  # somebody else was quicker: a second key would make what was written meanwhile look altered
    key, sealed_key = _made(keyring)
    session.execute(
        update(ChangeCounter)
        .where(ChangeCounter.id == 1)
        .values(
            keyed_after=counter.seq,
            sealed_key=sealed_key,
            seal=chain.seal(key, counter.seq, counter.hash, counter.chained_after, counter.seq),
        )
    )


def renew(session: Session, keyring: Keyring) -> None:
    """Encrypt the key of the chain with the newest secret."""
    counter = session.get_one(ChangeCounter, 1, with_for_update=True)
    if counter.sealed_key and not keyring.is_current(counter.sealed_key):
        again = keyring.encrypt(keyring.decrypt(counter.sealed_key, PLACE, ROW), PLACE, ROW)
        session.execute(update(ChangeCounter).where(ChangeCounter.id == 1).values(sealed_key=again))


def _made(keyring: Keyring) -> tuple[bytes, str]:
    key = secrets.token_bytes(SIZE)
    return key, keyring.encrypt(base64.b64encode(key).decode(), PLACE, ROW)
