"""Signing in, tokens, taking them back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import text

from dashboard import second_factor
from dashboard.accounts import Accounts
from dashboard.attempts import FOR_A_NAME, FROM_ONE_PLACE, OF_A_PLACE, OF_ANY_PLACE
from dashboard.city import City, build_city
from dashboard.demo.accounts import PASSWORD
from dashboard.errors import Refused
from dashboard.settings import Settings
from datasources.queries import changes
from tests.conftest import ADMIN, OFFICER, TurnedClock, principal


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


def refusal(action: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        action()
    return caught.value.code


def kinds(city: City) -> list[str]:
    with city.database.read() as session:
        return [change.kind for change in changes.after(session, 0, 10_000) if change.topic in ("account", "token")]


def test_guessing_from_many_places_locks_the_name_and_one_place_cannot_try_every_name(sqlite_city: City, clock: TurnedClock) -> None:
    sign_in = sqlite_city.accounts.sign_in
    for i in range(FOR_A_NAME):
        assert refusal(lambda i=i: sign_in("leader", "guess", f"10.0.0.{i}")) == "wrong_password"  # type: ignore[misc]
    assert refusal(lambda: sign_in("leader", PASSWORD, "10.0.1.1")) == "too_many_attempts"
    for i in range(OF_A_PLACE):
        assert refusal(lambda i=i: sign_in(f"name-{i}", "guess", "10.0.2.1")) == "wrong_password"  # type: ignore[misc]
    assert sign_in("officer", PASSWORD, "10.0.2.1"), "who is right at once is none of those who guess"
    assert refusal(lambda: sign_in("commander", "typed wrongly", "10.0.3.1")) == "wrong_password"
    for i in range(OF_ANY_PLACE - OF_A_PLACE):
        sqlite_city.accounts._attempts.fail(sqlite_city.accounts._attempts.begin(f"more-{i}", "10.0.2.1"))
    assert refusal(lambda: sign_in("officer", PASSWORD, "10.0.2.1")) == "too_many_attempts", "nobody tries one word with every name"
    assert kinds(sqlite_city).count("account.lock") == 2
    clock.turn(minutes=6)
    assert sign_in("leader", PASSWORD, "10.0.1.1")
    assert sign_in("officer", PASSWORD, "10.0.2.1")


def test_a_shift_that_comes_in_together_is_not_taken_for_somebody_who_guesses(sqlite_city: City) -> None:
    begun = [(f"person-{i}", sqlite_city.accounts._attempts.begin(f"person-{i}", "10.0.4.1")) for i in range(OF_A_PLACE + 50)]
    for login, _ in begun:
        sqlite_city.accounts._attempts.succeeded(login, "10.0.4.1")
    assert sqlite_city.accounts.sign_in("officer", PASSWORD, "10.0.4.1")


def test_another_password_ends_every_session_of_before(city: City) -> None:
    before = city.accounts.sign_in("officer", PASSWORD, "10.0.0.1")
    city.accounts.set_password(ADMIN, "officer", "another long password")
    assert refusal(lambda: city.accounts.principal(before.secret)) == "token_revoked"
    assert refusal(lambda: city.accounts.sign_in("officer", PASSWORD, "10.0.0.1")) == "wrong_password"
    assert city.accounts.sign_in("officer", "another long password", "10.0.0.1")
    assert refusal(lambda: city.accounts.set_password(ADMIN, "officer", "short")) == "invalid"
    assert refusal(lambda: city.accounts.set_password(principal("leader", "510104017"), "officer", "another long password")) != ""
    assert "account.password" in kinds(city)


def test_who_guesses_is_slowed_down_on_every_worker(settings: Settings, clock: TurnedClock) -> None:
    first, second = (build_city(settings, clock) for _ in range(2))
    for i in range(FROM_ONE_PLACE):
        refusal(lambda i=i: (first, second)[i % 2].accounts.sign_in("leader", "guess", "peer"))  # type: ignore[misc]
    for one in (first, second):
        assert refusal(lambda one=one: one.accounts.sign_in("leader", PASSWORD, "peer")) == "too_many_attempts"  # type: ignore[misc]
        one.close()


def test_sessions_are_listed_and_ended_by_their_owner_and_by_administrators_of_the_area(city: City) -> None:
    here, there = (city.accounts.principal(city.accounts.sign_in("leader", PASSWORD, peer, agent="Firefox").secret) for peer in ("1", "2"))
    own = city.accounts.sessions(here, here.account_id or "")
    assert sorted((one.peer, one.agent) for one in own) == [("1", "Firefox"), ("2", "Firefox")]
    officer = city.accounts.principal(city.accounts.sign_in("officer", PASSWORD, "3").secret)
    assert refusal(lambda: city.accounts.sessions(officer, here.account_id or "")) == "forbidden"
    assert refusal(lambda: city.accounts.revoke_session(officer, there.token_id)) == "not_found"
    elsewhere = principal("admin", "510182")
    assert refusal(lambda: city.accounts.sessions(elsewhere, here.account_id or "")) == "not_found"
    assert refusal(lambda: city.accounts.revoke_session(elsewhere, there.token_id)) == "not_found"
    city.accounts.revoke_session(here, there.token_id)
    assert not city.accounts.is_valid(there.token_id)
    assert [one.id for one in city.accounts.sessions(ADMIN, here.account_id or "")] == [here.token_id]
    city.accounts.revoke_session(ADMIN, here.token_id)
    assert city.accounts.sessions(ADMIN, here.account_id or "") == []


def test_a_closed_account_is_out_at_once_and_may_come_back(city: City) -> None:
    secret = city.accounts.sign_in("leader", PASSWORD, "peer").secret
    leader = city.accounts.principal(secret)
    assert refusal(lambda: city.accounts.set_active(OFFICER, leader.account_id or "", False)) == "forbidden"
    assert refusal(lambda: city.accounts.set_active(principal("admin", "510182"), leader.account_id or "", False)) == "not_found"
    city.accounts.set_active(ADMIN, leader.account_id or "", False)
    assert refusal(lambda: city.accounts.principal(secret)) == "token_revoked"
    assert refusal(lambda: city.accounts.sign_in("leader", PASSWORD, "peer")) == "wrong_password"
    city.accounts.set_active(ADMIN, leader.account_id or "", True)
    assert city.accounts.sign_in("leader", PASSWORD, "peer")
    admin = city.accounts.principal(city.accounts.sign_in("admin", PASSWORD, "peer").secret)
    assert refusal(lambda: city.accounts.set_active(admin, admin.account_id or "", False)) == "not_allowed_now"


def test_a_second_factor_is_asked_for_and_no_code_is_taken_twice(city: City, clock: TurnedClock) -> None:
    admin = city.accounts.principal(city.accounts.sign_in("admin", PASSWORD, "peer").secret)
    secret = second_factor.new_secret()
    code = pyotp.TOTP(secret)
    assert refusal(lambda: city.accounts.set_factor(admin, secret, "000000")) == "wrong_code"
    city.accounts.set_factor(admin, secret, code.at(clock()))
    assert city.accounts.has_factor(admin)
    assert refusal(lambda: city.accounts.set_factor(admin, secret, code.at(clock()))) == "already_so"
    assert refusal(lambda: city.accounts.sign_in("admin", PASSWORD, "peer")) == "code_needed"
    assert refusal(lambda: city.accounts.sign_in("admin", PASSWORD, "peer", code.at(clock()))) == "wrong_code", "it was used already"
    clock.turn(seconds=30)
    assert city.accounts.sign_in("admin", PASSWORD, "peer", code.at(clock()))
    assert refusal(lambda: city.accounts.sign_in_with_code("admin", code.at(clock()), "peer")) == "wrong_code"
    clock.turn(seconds=90)
    assert refusal(lambda: city.accounts.sign_in_with_code("admin", code.at(clock() - timedelta(seconds=90)), "peer")) == "wrong_code", (
        "too old"
    )
    assert city.accounts.sign_in_with_code("admin", code.at(clock() - timedelta(seconds=30)), "peer"), "a clock may be half a minute off"
    with city.database.engine.connect() as connection:
        assert secret not in str(connection.execute(text("SELECT totp_secret FROM accounts")).all())
    clock.turn(seconds=60)
    city.accounts.drop_factor(admin, code.at(clock()))
    assert city.accounts.sign_in("admin", PASSWORD, "peer")
    assert {"account.factor_on", "account.factor_off", "account.sign_in"} <= set(kinds(city))


def test_a_role_that_needs_a_second_factor_does_not_get_in_without(sqlite_city: City, clock: TurnedClock) -> None:
    strict = Accounts(sqlite_city.commands, need_factor=frozenset({"admin"}))
    assert refusal(lambda: strict.sign_in("admin", PASSWORD, "peer")) == "factor_missing"
    assert strict.sign_in("officer", PASSWORD, "peer")
    secret, address = strict.give_factor("admin")
    assert address.startswith("otpauth://totp/")
    admin = strict.principal(strict.sign_in("admin", PASSWORD, "peer", pyotp.TOTP(secret).at(clock())).secret)
    clock.turn(seconds=30)
    assert refusal(lambda: strict.drop_factor(admin, pyotp.TOTP(secret).at(clock()))) == "factor_missing"


def test_who_signs_in_elsewhere_is_bound_once_and_only_if_the_account_is_meant_for_it(city: City) -> None:
    city.accounts.create("wang", "王", "officer", "5101", "")
    assert refusal(lambda: city.accounts.sign_in("wang", "", "peer")) == "wrong_password"
    assert refusal(lambda: city.accounts.sign_in_elsewhere("sub-1", "officer", "peer")) == "unknown_person", "it has a password"
    assert refusal(lambda: city.accounts.sign_in_elsewhere("sub-1", "nobody", "peer")) == "unknown_person"
    assert city.accounts.principal(city.accounts.sign_in_elsewhere("sub-1", "wang", "peer").secret).name == "王"
    assert refusal(lambda: city.accounts.sign_in_elsewhere("sub-2", "wang", "peer")) == "unknown_person", "somebody else of that name"
    renamed = city.accounts.principal(city.accounts.sign_in_elsewhere("sub-1", "another name", "peer").secret)
    city.accounts.set_active(ADMIN, renamed.account_id or "", False)
    assert refusal(lambda: city.accounts.sign_in_elsewhere("sub-1", "wang", "peer")) == "unknown_person"


def test_what_a_person_can_see(city: City) -> None:
    leader = next(one for one in city.accounts.listed(ADMIN) if one.login == "leader")
    view = city.access.of_account(ADMIN, leader.id)
    assert (view["role"], view["area"], view["sees"]["street"]) == ("leader", leader.area_code, 1)
    assert view["permissions"] | {"see": True, "warn": False, "administer": False} == view["permissions"]
    assert view["sees"]["units"] == len(city.units.covering(ADMIN, leader.area_code, 5000)) - len(
        [unit for unit in city.units.covering(ADMIN, leader.area_code, 5000) if not unit["area_code"].startswith(leader.area_code)]
    )
    assert city.access.of(replace(OFFICER, kind="device"))["permissions"]["order"] is False
    assert refusal(lambda: city.access.of_account(OFFICER, leader.id)) == "forbidden"
    assert refusal(lambda: city.access.of_account(principal("admin", "510182"), leader.id)) == "not_found"
