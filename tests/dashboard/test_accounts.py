"""Signing in, tokens, taking them back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard.city import City
from dashboard.demo.accounts import PASSWORD
from dashboard.errors import Refused
from tests.conftest import TurnedClock


def test_a_session_lasts_a_shift(city: City, clock: TurnedClock) -> None:
    secret = city.accounts.sign_in("leader", PASSWORD, "peer").secret
    who = city.accounts.principal(secret)
    assert (who.role, len(who.area_code), who.kind) == ("leader", 9, "session")
    clock.turn(hours=15)
    with pytest.raises(Refused) as caught:
        city.accounts.principal(secret)
    assert caught.value.code == "token_expired"


def test_wrong_passwords_and_unknown_people_look_the_same(city: City) -> None:
    for login, password in (("leader", "wrong"), ("nobody", PASSWORD), ("", "")):
        with pytest.raises(Refused) as caught:
            city.accounts.sign_in(login, password, "peer")
        assert caught.value.code == "wrong_password"


def test_guessing_is_slowed_down_for_a_while(sqlite_city: City, clock: TurnedClock) -> None:
    for _ in range(8):
        with pytest.raises(Refused, match="wrong"):
            sqlite_city.accounts.sign_in("leader", "guess", "peer")
    with pytest.raises(Refused) as caught:
        sqlite_city.accounts.sign_in("leader", PASSWORD, "peer")
    assert caught.value.code == "too_many_attempts"
    assert sqlite_city.accounts.sign_in("leader", PASSWORD, "another peer")
    clock.turn(minutes=6)
    assert sqlite_city.accounts.sign_in("leader", PASSWORD, "peer")


def test_tokens_are_revoked_at_once_and_never_stored(city: City) -> None:
    issued = city.accounts.create_token("device", "大屏", "officer", "5101")
    who = city.accounts.principal(issued.secret)
    assert who.may("see")
    assert not who.may("order"), "a wall screen only looks"
    assert city.accounts.still_valid([issued.id]) == {issued.id}
    city.accounts.revoke(issued.id)
    assert city.accounts.still_valid([issued.id]) == set()
    with pytest.raises(Refused) as caught:
        city.accounts.principal(issued.secret)
    assert caught.value.code == "token_revoked"
    assert issued.secret not in str([vars(token) for token in city.accounts.tokens()])


@pytest.mark.parametrize("secret", ["", "yp_api_guess", "x" * 5000])
def test_a_secret_that_nobody_has(sqlite_city: City, secret: str) -> None:
    with pytest.raises(Refused) as caught:
        sqlite_city.accounts.principal(secret)
    assert caught.value.code == "unauthenticated"


def test_accounts_and_tokens_that_cannot_be(sqlite_city: City) -> None:
    make = sqlite_city.accounts
    wrong = [
        (lambda: make.create("x", "x", "king", "5101", "long enough"), "invalid"),
        (lambda: make.create("x", "x", "officer", "999999", "long enough"), "unknown_area"),
        (lambda: make.create("x", "x", "officer", "5101", "short"), "invalid"),
        (lambda: make.create("officer", "x", "officer", "5101", "long enough"), "already_so"),
        (lambda: make.create("x", "x", "unit", "5101", "long enough"), "unknown_unit"),
        (lambda: make.create_token("session", "x", "officer", "5101"), "invalid"),
        (lambda: make.create_token("api", "x", "unit", "5101", timedelta(days=1)), "unknown_unit"),
        (lambda: make.revoke("nothing"), "not_found"),
    ]
    for attempt, code in wrong:
        with pytest.raises(Refused) as caught:
            attempt()
        assert caught.value.code == code
