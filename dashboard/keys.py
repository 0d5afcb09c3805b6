"""What is encrypted in the database: writing it anew with the newest key, and what encrypted numbers are looked up by."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import bindparam, column, select, table, update

from datasources.database import Database
from datasources.keyring import Keyring
from datasources.models import Account, Unit

AT_ONCE = 500


def index_of(keyring: Keyring | None, phone: str) -> str:
    """What a telephone number is looked up by. Raises `RuntimeError` without a keyring: such a number would never be found."""
    if keyring is None:
        raise RuntimeError("the database was opened without a keyring")
    return keyring.indexed(phone)[0] if phone else ""


def renew(database: Database, progress: Callable[[str, int, int], None] = lambda what, done, total: None) -> int:
    """Encrypt with the newest key whatever is not: numbers of before encryption, and all after a new key. Returns how many rows.

    In short transactions, while the city goes on; it can be repeated after an interruption.
    """
    keyring = database.keyring
    if keyring is None:
        raise RuntimeError("the database was opened without a keyring")

    def old_ones(name: str, sealed: str) -> list[str]:
        stored = table(name, column("id"), column(sealed))  # as it stands, not decrypted
        with database.read() as session:
            rows = session.execute(select(stored.c.id, stored.c[sealed]))
            return [key for key, text in rows if text and not keyring.is_current(text)]

    old, factors = old_ones("units", "phone"), old_ones("accounts", "totp_secret")
    for start in range(0, len(old), AT_ONCE):
        with database.write() as session:
            found = session.execute(select(Unit.id, Unit.phone).where(Unit.id.in_(old[start : start + AT_ONCE])).with_for_update()).all()
            rows = [{"of_unit": unit_id, "new_phone": phone, "new_index": index_of(keyring, phone)} for unit_id, phone in found]
            renewed = update(Unit.__table__).where(Unit.__table__.c.id == bindparam("of_unit"))  # type: ignore[arg-type]
            session.execute(renewed.values(phone=bindparam("new_phone"), phone_index=bindparam("new_index")), rows)
        progress("keys", min(start + AT_ONCE, len(old)), len(old))
    for account_id in factors:
        with database.write() as session:
            secret = session.scalar(select(Account.totp_secret).where(Account.id == account_id))
            session.execute(update(Account).where(Account.id == account_id).values(totp_secret=secret))
    return len(old) + len(factors)
