"""Keys of an installation: encrypting what is personal, finding it again, signing what leaves the house.

All are derived (HKDF, RFC 5869) from secrets of 32 bytes. The first secret is used for whatever is written, every one for reading: to
change it, put a new one in front, write everything anew (`yiping keys renew`) and take the old one away.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SIZE = 32
PREFIX = "yp2"
"""What an encrypted text begins with."""
UNBOUND = "yp1"
"""The same of versions that did not bind a text to its row; what begins with neither is a text of before encryption."""
NONCE = 12


class WrongKey(Exception):
    """An encrypted text was made with a secret that this keyring has not, for another row, or was altered."""


class Keyring:
    """Secrets in use, newest first. While `lenient`, texts of before encryption and those that are bound to no row are read too."""

    def __init__(self, held: list[bytes]) -> None:
        """Raises `ValueError` for a secret that is not 32 bytes long, or for none."""
        if not held or any(len(secret) != SIZE for secret in held):
            raise ValueError(f"each secret must have {SIZE} bytes")
        self._ciphers = {_name(secret): AESGCM(_derived(secret, b"encrypt")) for secret in held}
        self._first = self.name = _name(held[0])
        self._secret = held[0]
        self._indexes = [_derived(secret, b"index") for secret in held]
        self.lenient = False
        self._signers = {_name(secret): Ed25519PrivateKey.from_private_bytes(_derived(secret, b"sign")) for secret in held}
        self.signer = self._signers[self.name]

    def knows(self, name: str) -> bool:
        """Whether the secret of this name is among those in use."""
        return name in self._ciphers

    def signer_of(self, name: str) -> Ed25519PrivateKey:
        """What the secret of this name signs with. Raises `KeyError` for one that is not in use."""
        return self._signers[name]

    def secret_for(self, purpose: str) -> bytes:
        """A secret of its own for something else that must be signed, the same on every worker."""
        return _derived(self._secret, purpose.encode())

    def encrypt(self, text: str, place: str, row: str) -> str:
        """`text` so that it can be read only with the secret, and only as what stands at `place` (table and column) in that row."""
        nonce = os.urandom(NONCE)
        sealed = self._ciphers[self._first].encrypt(nonce, text.encode(), _bound(place, row))
        return f"{PREFIX}:{self._first}:{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def decrypt(self, text: str, place: str, row: str) -> str:
        """The text again. Raises `WrongKey`, and unless `lenient` also for one that was never encrypted, or is bound to no row."""
        prefix, _, rest = text.partition(":")
        ours = prefix in (PREFIX, UNBOUND) and ":" in rest
        if prefix != PREFIX and not self.lenient:
            raise WrongKey(f"{place}: row {row} was written by something else than this program, or by an old version: `yiping keys renew`")
        if not ours:
            return text
        name, _, body = rest.partition(":")
        try:
            sealed = base64.urlsafe_b64decode(body)
            belongs = _bound(place, row) if prefix == PREFIX else place.encode()
            return self._ciphers[name].decrypt(sealed[:NONCE], sealed[NONCE:], belongs).decode()
        except (KeyError, InvalidTag, ValueError):
            raise WrongKey(
                f"{place}: row {row} is encrypted with the secret {name[:8]}, which is not among YIPING_DATA_KEYS, or was altered"
            ) from None

    def is_current(self, text: str) -> bool:
        """Whether a stored text was encrypted with the newest secret."""
        return text.startswith(f"{PREFIX}:{self._first}:")

    def indexed(self, text: str) -> list[str]:
        """What to look `text` up by without reading what is stored: one for each secret, the newest first."""
        return [hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32] for key in self._indexes]


def _bound(place: str, row: str) -> bytes:
    return f"{place}\0{row}".encode()


def new_secret() -> str:
    """A secret as a setting holds it."""
    return base64.urlsafe_b64encode(secrets.token_bytes(SIZE)).decode()


def parsed(text: str) -> list[bytes]:
    """Secrets of a setting: base64, with commas between. Raises `ValueError`."""
    held = [base64.urlsafe_b64decode(part.strip() + "=" * (-len(part.strip()) % 4)) for part in text.split(",")]
    Keyring(held)
    return held


def kept_in(file: Path) -> Keyring:
    """The keyring of a file that only we may read; made when it is not there. Raises `OSError`, or `ValueError` for a damaged one."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(new_secret())
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(fresh, file)  # of two that start at once, one makes it
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return Keyring(parsed(file.read_text("ascii").strip()))


def _name(secret: bytes) -> str:
    return hashlib.sha256(b"yiping name" + secret).hexdigest()[:8]


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), SIZE, None, b"yiping " + purpose).derive(secret)
