"""Column types that mean the same on SQLite and on PostgreSQL/PostGIS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import shapely
from sqlalchemy import JSON, DateTime, Dialect, LargeBinary, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, UserDefinedType

from datasources.keyring import Keyring, WrongKey

KEYRING = "yiping_keyring"
"""Where `Database` leaves its keyring for the columns."""

# An area code is compared by range (`code >= '510104' AND code < '510105'`); only the byte order of
# the "C" collation makes that an index range scan on PostgreSQL, whatever the database's language.
AreaCode = String(18).with_variant(String(18, collation="C"), "postgresql")

Json = JSON().with_variant(JSONB(), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: takes and gives aware datetimes, refuses naive ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a time zone was given: {value!r}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class _PostgisGeometry(UserDefinedType[Any]):
    """PostGIS `geometry(Geometry, 4326)`; text in and out is its hexadecimal EWKB."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "geometry(Geometry,4326)"


class Geometry(TypeDecorator[Any]):
    """A shapely geometry in WGS-84 degrees: a PostGIS geometry, or well-known binary on SQLite."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(_PostgisGeometry() if dialect.name == "postgresql" else LargeBinary())

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | bytes | None:
        if value is None:
            return None
        if dialect.name == "postgresql":
            return str(shapely.to_wkb(shapely.set_srid(value, 4326), hex=True, include_srid=True))
        return bytes(shapely.to_wkb(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else shapely.from_wkb(value)


@dataclass(frozen=True)
class Secret:
    """What is to be written into an encrypted column: a text, and the row to which it belongs."""

    row: str
    text: str

    def of(self, row: str) -> str:
        """The text, for who names its row."""
        if row != self.row:
            raise WrongKey(f"a text of the row {self.row} was asked for as one of {row}")
        return self.text


@dataclass(frozen=True)
class Sealed:
    """What was read from an encrypted column: nobody has opened it yet."""

    keyring: Keyring
    place: str
    text: str

    def of(self, row: str) -> str:
        """The text, when it was written for this row. Raises `WrongKey`."""
        return self.keyring.decrypt(self.text, self.place, row) if self.text else ""


class Encrypted(TypeDecorator[Any]):
    """Text that is personal: encrypted in the database with the keyring that the database was opened with, and bound to its row.

    Takes a `Secret`, gives a `Sealed`: to copy what stands in one row into another is of no use. Empty stays empty.
    """

    impl = Text
    cache_ok = True

    def __init__(self, place: str) -> None:
        """`place` is table and column: what is stored there can be read nowhere else."""
        super().__init__()
        self.place = place

    def process_bind_param(self, value: Secret | Sealed | None, dialect: Dialect) -> str | None:
        if value is None or isinstance(value, Sealed):
            return None if value is None else value.text  # as it was read
        return keyring_of(dialect).encrypt(value.text, self.place, value.row) if value.text else ""

    def process_result_value(self, value: str | None, dialect: Dialect) -> Sealed | None:
        return None if value is None else Sealed(keyring_of(dialect), self.place, value)


def keyring_of(dialect: Dialect) -> Keyring:
    """The keyring that a database was opened with. Raises `RuntimeError` when it was opened without."""
    held: Keyring | None = getattr(dialect, KEYRING, None)
    if held is None:
        raise RuntimeError("this database was opened without a keyring: what is encrypted can neither be read nor written")
    return held
