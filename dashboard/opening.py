"""Opening the database of an installation, with the keys for what is encrypted in it."""

from __future__ import annotations

from dashboard.offload import Offload
from dashboard.settings import BadSetting, Settings
from datasources.database import Database
from datasources.keyring import Keyring, kept_in, parsed

KEY_FILE = "data.key"
SEAL_FILE = "sealed"


def open_keyring(settings: Settings) -> Keyring:
    """The keys of the settings or, when there are none, of a file in the data folder that is made at the first start."""
    if settings.data_keys:
        return Keyring(parsed(settings.data_keys))
    try:
        return kept_in(settings.data / KEY_FILE)
    except (ValueError, UnicodeDecodeError):
        raise BadSetting("YIPING_DATA", str(settings.data / KEY_FILE), "the key file as it was made: restore it from the backup") from None


def open_database(settings: Settings, offload: Offload | None = None, aside: Offload | None = None) -> Database:
    """The database of these settings, see there. Raises `BadSetting`."""
    database = Database(settings.database_url, offload=offload, keyring=open_keyring(settings), aside=aside)
    database.seal_file = settings.data / SEAL_FILE
    return database
