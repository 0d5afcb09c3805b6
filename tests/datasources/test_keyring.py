"""What is personal cannot be read, moved or altered in the database, and keys can be changed."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.keyring import Keyring, WrongKey, kept_in, new_secret, parsed

OLD, NEW = b"o" * 32, b"n" * 32
UNBOUND_ONE = "yp1:2b30ac65:MDAwMDAwMDAwMDAwIHFwUZkCYKiN8fd2DcUeHASoZeX28oV3PTdd"
"""13800000000 of units.phone, as a version before has written it with the secret NEW."""


@given(st.text(st.characters(blacklist_categories=("Cs",)), max_size=60), st.text(max_size=20))
def test_what_goes_in_comes_out_and_does_not_look_like_it(text: str, place: str) -> None:
    ring = Keyring([NEW])
    sealed = ring.encrypt(text, place, "1")
    assert ring.decrypt(sealed, place, "1") == text
    assert sealed != ring.encrypt(text, place, "1"), "the same text looks different each time"
    assert len(text) < 8 or text not in sealed


def test_it_can_be_read_only_where_it_stands_and_as_it_was() -> None:
    ring = Keyring([NEW])
    sealed = ring.encrypt("13800000000", "units.phone", "one")
    with pytest.raises(WrongKey, match="accounts"):
        ring.decrypt(sealed, "accounts.totp_secret", "one")
    with pytest.raises(WrongKey, match="row other"):
        ring.decrypt(sealed, "units.phone", "other")
    body = bytearray(base64.urlsafe_b64decode(sealed.rpartition(":")[2]))
    body[-1] ^= 1
    with pytest.raises(WrongKey):
        ring.decrypt(sealed.rpartition(":")[0] + ":" + base64.urlsafe_b64encode(body).decode(), "units.phone", "one")
    with pytest.raises(WrongKey, match="YIPING_DATA_KEYS"):
        Keyring([OLD]).decrypt(sealed, "units.phone", "one")


def test_a_new_key_in_front_reads_what_the_old_has_written() -> None:
    sealed = Keyring([OLD]).encrypt("x", "a.b", "1")
    both = Keyring([NEW, OLD])
    assert both.decrypt(sealed, "a.b", "1") == "x"
    assert not both.is_current(sealed)
    assert both.is_current(both.encrypt("x", "a.b", "1"))
    assert Keyring([OLD]).indexed("1")[0] in both.indexed("1")
    assert both.indexed("1")[0] == Keyring([NEW]).indexed("1")[0] != Keyring([NEW]).indexed("2")[0]


@pytest.mark.parametrize("before", ["13800000000", UNBOUND_ONE])
def test_text_of_before_encryption_and_of_no_row_is_read_only_by_who_is_lenient(before: str) -> None:
    ring = Keyring([NEW])
    with pytest.raises(WrongKey, match="keys renew"):
        ring.decrypt(before, "units.phone", "one")
    ring.lenient = True
    assert ring.decrypt(before, "units.phone", "one") == "13800000000"
    assert not ring.is_current(before)


@pytest.mark.parametrize("text", ["", "short", "!", "A" * 20, "A" * 43 + "=,x"])
def test_a_setting_that_is_no_secret(text: str) -> None:
    with pytest.raises(ValueError):
        parsed(text)


def test_the_file_is_made_once_and_only_we_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "data.key"
    first, again = kept_in(file), kept_in(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert again.decrypt(first.encrypt("x", "a", "1"), "a", "1") == "x"
    assert [path.name for path in file.parent.iterdir()] == ["data.key"]
    file.write_text("damaged")
    with pytest.raises(ValueError):
        kept_in(file)


def test_a_new_secret_is_one() -> None:
    assert Keyring(parsed(new_secret()))
    assert new_secret() != new_secret()
