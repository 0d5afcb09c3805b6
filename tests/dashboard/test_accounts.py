"""Signing in, tokens, taking them back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import text

from dashboard import second_factor
from dashboard.accounts import Accounts
from dashboard.addresses import place_of
from dashboard.attempts import FOR_A_NAME, FROM_ONE_PLACE, OF_A_PLACE, OF_ANY_PLACE
from dashboard.city import City, build_city
from dashboard.demo.accounts import PASSWORD
from dashboard.errors import Refused
from dashboard.identity import ALL_PERMISSIONS
from dashboard.invitations import Invitations
from dashboard.known_browsers import KnownBrowsers
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
    assert city.accounts.still_valid([issued.id]) == {issued.id: ("officer", "5101")}
    city.accounts.revoke(issued.id)
    assert city.accounts.still_valid([issued.id]) == {}
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
        (lambda: make.create("officer", "x", "officer", "5101", "long enough for that"), "already_so"),
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
    elsewhere = city.accounts.sign_in_elsewhere
    wang = city.accounts.create("wang", "王", "officer", "5101", "")
    assert refusal(lambda: city.accounts.sign_in("wang", "", "peer")) == "wrong_password"
    assert refusal(lambda: elsewhere("sub-1", "peer")) == "unknown_person", "nobody was invited"
    officer = city.accounts.id_of("officer")
    assert refusal(lambda: elsewhere("sub-1", "peer", invited=officer)) == "unknown_person", "it has a password"
    assert refusal(lambda: elsewhere("sub-1", "peer", invited="nobody")) == "unknown_person"
    assert city.accounts.principal(elsewhere("sub-1", "peer", invited=wang).secret).name == "王"
    assert refusal(lambda: elsewhere("sub-2", "peer", invited=wang)) == "unknown_person", "the invitation was used"
    li = city.accounts.create("li", "李", "officer", "5101", "", subject="sub-3")
    assert city.accounts.principal(elsewhere("sub-3", "peer").secret).account_id == li, "bound when it was made"
    city.accounts.set_active(ADMIN, wang, False)
    assert refusal(lambda: elsewhere("sub-1", "peer")) == "unknown_person"


def test_a_role_that_needs_more_than_a_password_needs_it_from_the_provider_too(sqlite_city: City) -> None:
    strict = Accounts(sqlite_city.commands, need_factor=frozenset({"admin"}))
    strict.create("lin", "林", "admin", "5101", "", subject="sub-1")
    assert refusal(lambda: strict.sign_in_elsewhere("sub-1", "peer")) == "factor_missing"
    assert strict.sign_in_elsewhere("sub-1", "peer", strong=True)


@pytest.mark.parametrize(
    ("methods", "grade", "strong"),
    [
        (["pwd"], None, False),
        (["pwd", "otp"], None, True),
        (["mfa"], None, True),
        (None, "gold", True),
        ("mfa", "tin", False),
        (3, 4, False),
    ],
)
def test_what_a_provider_says_of_its_sign_in(methods: object, grade: object, strong: bool) -> None:
    assert second_factor.is_strong(methods, grade, frozenset({"gold"})) == strong


def test_an_invitation_is_for_one_account_and_a_week(monkeypatch: pytest.MonkeyPatch) -> None:
    invitations = Invitations(b"secret")
    path = invitations.path("account-1")
    text_ = path.partition("=")[2]
    assert invitations.account(text_) == "account-1"
    assert invitations.account("") == ""
    assert refusal(lambda: invitations.account(text_[:-2] + "xx")) == "token_expired"
    assert refusal(lambda: Invitations(b"another").account(text_)) == "token_expired"
    later = time.time() + 8 * 86_400
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: later)
    assert refusal(lambda: invitations.account(text_)) == "token_expired"


def test_strangers_who_guess_cannot_keep_the_owner_out(sqlite_city: City, clock: TurnedClock) -> None:
    sign_in = sqlite_city.accounts.sign_in
    for i in range(FOR_A_NAME + 3):
        while refusal(lambda i=i: sign_in("commander", "guess", f"10.{i}.0.1")) == "too_many_attempts":  # type: ignore[misc]
            clock.turn(seconds=1)
    assert refusal(lambda: sign_in("commander", PASSWORD, "10.9.9.9")) == "too_many_attempts"
    assert sign_in("commander", PASSWORD, "10.9.9.9", browser="known before"), "a browser that is known is none of the strangers"
    for _ in range(FROM_ONE_PLACE):
        assert refusal(lambda: sign_in("commander", "guess", "10.9.9.9", browser="known before")) == "wrong_password"
    assert refusal(lambda: sign_in("commander", PASSWORD, "10.9.9.9", browser="known before")) == "too_many_attempts"
    clock.turn(minutes=6)
    assert sign_in("commander", PASSWORD, "10.9.9.9")


def test_each_guess_beyond_ten_waits_longer_and_never_longer_than_a_minute(sqlite_city: City, clock: TurnedClock) -> None:
    attempts, waits, tried = sqlite_city.accounts._attempts, [], 0
    began = clock()
    while clock() - began < timedelta(minutes=4):
        try:
            attempts.fail(attempts.begin("leader", f"10.0.{tried // 200}.{tried % 200}"))
            tried += 1
        except Refused as refused:
            waits.append(refused.retry_after or 0)
            clock.turn(seconds=waits[-1])
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert max(waits) <= 60
    assert tried < FOR_A_NAME + 10


def test_a_household_of_ipv6_is_one_place(sqlite_city: City) -> None:
    attempts = sqlite_city.accounts._attempts
    for i in range(FROM_ONE_PLACE):
        attempts.fail(attempts.begin("leader", f"2001:db8:1:2::{i:x}"))
    assert refusal(lambda: attempts.begin("leader", "2001:db8:1:2:ffff::1")) == "too_many_attempts"
    assert attempts.begin("leader", "2001:db8:1:3::1")
    assert [place_of(peer) for peer in ("::ffff:10.0.0.1", "10.0.0.1", "unix:")] == ["10.0.0.1", "10.0.0.1", "unix:"]


def test_ten_wrong_codes_ask_for_the_password_again_and_its_owner_is_told(sqlite_city: City, clock: TurnedClock) -> None:
    accounts = sqlite_city.accounts
    secret, _ = accounts.give_factor("admin")
    assert refusal(lambda: accounts.sign_in("admin", PASSWORD, "10.6.6.6")) == "code_needed"
    first = accounts.codes_round("admin")
    for _ in range(10):
        assert accounts.codes_round("admin") == first
        assert refusal(lambda: accounts.sign_in_with_code("admin", "000000", "10.6.6.6")) == "wrong_code"
    assert accounts.codes_round("admin") != first, "what was begun before does not go on"
    assert refusal(lambda: accounts.sign_in("admin", PASSWORD, "10.6.6.6", "000000")) == "too_many_attempts"
    clock.turn(seconds=61)
    issued = accounts.sign_in("admin", PASSWORD, "10.1.1.1", pyotp.TOTP(secret).at(clock()))
    assert issued.guessed
    who = accounts.principal(issued.secret)
    assert [one["peer"] for one in accounts.guessed(who.account_id or "")] == ["10.6.6.6"]
    clock.turn(seconds=30)
    assert not accounts.sign_in("admin", PASSWORD, "10.1.1.1", pyotp.TOTP(secret).at(clock())).guessed, "it was said once"


def test_codes_that_are_tried_at_once_count_as_many(sqlite_city: City) -> None:
    accounts = sqlite_city.accounts
    accounts.give_factor("admin")

    def tried(_: int) -> str:
        return refusal(lambda: accounts.sign_in_with_code("admin", "000000", "10.6.6.6"))

    with ThreadPoolExecutor(20) as hands:
        codes = Counter(hands.map(tried, range(60)))
    assert codes == {"wrong_code": 10, "too_many_attempts": 50}


def test_who_holds_a_stolen_session_cannot_guess_the_factor_away(sqlite_city: City, clock: TurnedClock) -> None:
    accounts = sqlite_city.accounts
    secret, _ = accounts.give_factor("leader")
    who = accounts.principal(accounts.sign_in("leader", PASSWORD, "peer", pyotp.TOTP(secret).at(clock())).secret)
    clock.turn(seconds=60)
    for _ in range(10):
        assert refusal(lambda: accounts.drop_factor(who, "000000")) == "wrong_code"
    assert refusal(lambda: accounts.drop_factor(who, pyotp.TOTP(secret).at(clock()))) == "too_many_attempts"
    assert accounts.guessed(who.account_id or "")


def test_what_was_changed_while_a_password_was_looked_at_holds(city: City) -> None:
    leader = city.accounts.id_of("leader")
    right = city.accounts.passwords.is_right

    def during(change: Callable[[], object]) -> Callable[[str | None, str], bool]:
        def is_right(digest: str | None, password: str) -> bool:
            found = right(digest, password)
            change()
            return found

        return is_right

    city.accounts.passwords.is_right = during(lambda: city.accounts.change(ADMIN, leader, "leader", "510182"))  # type: ignore[method-assign]
    who = city.accounts.principal(city.accounts.sign_in("leader", PASSWORD, "peer").secret)
    assert who.area_code == "510182"
    for change in (lambda: city.accounts.set_active(ADMIN, leader, False), lambda: city.accounts.reset_password(ADMIN, leader)):
        city.accounts.set_active(ADMIN, leader, True)
        city.accounts.passwords.is_right = during(change)  # type: ignore[method-assign]
        assert refusal(lambda: city.accounts.sign_in("leader", PASSWORD, "peer")) == "wrong_password"


def test_a_day_of_guessing_codes_is_a_few_hundred(sqlite_city: City, clock: TurnedClock) -> None:
    accounts = sqlite_city.accounts
    accounts.give_factor("admin")
    began, tried = clock(), 0
    while clock() - began < timedelta(hours=12):
        try:
            accounts.sign_in_with_code("admin", "000000", "10.6.6.6")
        except Refused as refused:
            if refused.code == "wrong_code":
                tried += 1
            else:
                clock.turn(seconds=refused.retry_after or 0)
    assert tried <= 200


def test_another_role_or_area_ends_every_session(city: City) -> None:
    before = city.accounts.sign_in("leader", PASSWORD, "10.0.0.1")
    leader = city.accounts.principal(before.secret).account_id or ""
    change = city.accounts.change
    assert refusal(lambda: change(OFFICER, leader, "officer", "5101")) == "forbidden"
    assert refusal(lambda: change(principal("admin", "510182"), leader, "officer", "510182")) == "not_found"
    assert refusal(lambda: change(ADMIN, leader, "king", "5101")) == "invalid"
    assert refusal(lambda: change(ADMIN, leader, "officer", "999999")) == "unknown_area"
    assert refusal(lambda: change(ADMIN, leader, "unit", "5101")) == "unknown_unit"
    assert city.accounts.principal(before.secret)
    change(ADMIN, leader, "officer", "5101")
    assert refusal(lambda: city.accounts.principal(before.secret)) == "token_revoked"
    again = city.accounts.principal(city.accounts.sign_in("leader", PASSWORD, "10.0.0.1").secret)
    assert (again.role, again.area_code) == ("officer", "5101")
    assert "account.change" in kinds(city)
    admin = city.accounts.principal(city.accounts.sign_in("admin", PASSWORD, "peer").secret)
    assert refusal(lambda: change(admin, admin.account_id or "", "officer", "5101")) == "not_allowed_now"


def test_nobody_gives_more_than_they_have(city: City) -> None:
    district = principal("admin", "510104")
    leader = next(one for one in city.accounts.listed(ADMIN) if one.login == "leader")
    city.accounts.change(ADMIN, leader.id, "leader", "510104")
    assert refusal(lambda: city.accounts.change(district, leader.id, "leader", "5101")) == "outside_scope"
    city.accounts.change(district, leader.id, "officer", "510104")


def test_one_changes_ones_own_password_and_stays(city: City) -> None:
    here, there = (city.accounts.sign_in("officer", PASSWORD, "10.0.0.1") for _ in range(2))
    who = city.accounts.principal(here.secret)
    assert refusal(lambda: city.accounts.change_password(who, "wrong", "another long password", "10.0.0.1")) == "wrong_password"
    assert refusal(lambda: city.accounts.change_password(who, PASSWORD, "short", "10.0.0.1")) == "invalid"
    city.accounts.change_password(who, PASSWORD, "another long password", "10.0.0.1")
    assert city.accounts.principal(here.secret)
    assert refusal(lambda: city.accounts.principal(there.secret)) == "token_revoked"
    assert city.accounts.sign_in("officer", "another long password", "10.0.0.1")
    assert refusal(lambda: city.accounts.change_password(OFFICER, PASSWORD, "another long password", "x")) == "forbidden"


def test_who_stands_at_an_open_screen_cannot_guess_its_password_there(sqlite_city: City) -> None:
    who = sqlite_city.accounts.principal(sqlite_city.accounts.sign_in("officer", PASSWORD, "10.0.0.1").secret)
    for _ in range(FROM_ONE_PLACE):
        assert refusal(lambda: sqlite_city.accounts.change_password(who, "guess", "another long password", "10.0.0.1")) == "wrong_password"
    assert refusal(lambda: sqlite_city.accounts.change_password(who, PASSWORD, "another long password", "10.0.0.1")) == "too_many_attempts"


def test_a_password_that_was_made_for_somebody_lets_them_in(city: City) -> None:
    leader = next(one for one in city.accounts.listed(ADMIN) if one.login == "leader")
    assert refusal(lambda: city.accounts.reset_password(OFFICER, leader.id)) == "forbidden"
    assert refusal(lambda: city.accounts.reset_password(principal("admin", "510182"), leader.id)) == "not_found"
    password = city.accounts.reset_password(ADMIN, leader.id)
    assert len(password) == 16
    assert city.accounts.sign_in("leader", password, "10.0.0.1")


def test_clients_have_roles_that_may_less_than_a_person(city: City) -> None:
    def may(role: str) -> set[str]:
        who = city.accounts.principal(city.accounts.create_token("api", "x", role, "5101").secret)
        return {permission for permission in ALL_PERMISSIONS if who.may(permission)}

    assert [may(role) for role in ("gateway", "reader", "metrics")] == [{"relay"}, {"see"}, {"metrics"}]
    assert refusal(lambda: city.accounts.create("x", "x", "gateway", "5101", "a long password")) == "invalid", "no person has one"
    assert refusal(lambda: city.accounts.create_token("device", "x", "reader", "5101")) == "invalid"


def test_a_token_may_be_kept_to_networks(city: City) -> None:
    issued = city.accounts.create_token("api", "x", "gateway", "5101", networks="10.1.0.0/16, 2001:db8::/32")
    for peer in ("10.1.2.3", "::ffff:10.1.2.3", "2001:db8:5::1"):
        assert city.accounts.principal(issued.secret, peer)
    for peer in ("10.2.0.1", "", "unix:", "2001:db9::1"):
        assert refusal(lambda peer=peer: city.accounts.principal(issued.secret, peer)) == "wrong_network"  # type: ignore[misc]
    assert refusal(lambda: city.accounts.create_token("api", "x", "gateway", "5101", networks="10.1.0.1/16")) == "invalid"


def test_when_and_from_where_a_token_was_used_is_kept(city: City, clock: TurnedClock) -> None:
    issued = city.accounts.create_token("api", "x", "reader", "5101")
    shown = lambda: next((token.used_at, token.used_from) for token in city.accounts.tokens() if token.id == issued.id)  # noqa: E731
    assert shown() == (None, "")
    city.accounts.principal(issued.secret, "10.1.2.3")
    city.accounts.keep_used()
    assert shown() == (clock(), "10.1.2.3")
    clock.turn(minutes=5)
    city.accounts.keep_used([issued.id])
    assert shown() == (clock(), "10.1.2.3"), "a connection that is open uses its token"


def test_a_session_that_nobody_uses_ends_and_a_phones_does_not(city: City, clock: TurnedClock) -> None:
    desk, phone = (city.accounts.sign_in(login, PASSWORD, "peer") for login in ("officer", "unit"))
    for _ in range(3):
        clock.turn(hours=3)
        city.accounts._forget()  # what was looked up is good for two seconds, of another clock
        assert city.accounts.principal(desk.secret)
        city.accounts.keep_used()
    clock.turn(hours=4, seconds=1)
    city.accounts._forget()
    assert refusal(lambda: city.accounts.principal(desk.secret)) == "token_expired"
    assert city.accounts.principal(phone.secret)


def test_a_browser_is_known_for_the_names_that_got_in_with_it() -> None:
    known = KnownBrowsers(b"secret")
    cookie = known.remembering("", "officer")
    assert known.of(cookie, "officer")
    assert known.of(cookie, "leader") == ""
    for i in range(5):
        cookie = known.remembering(cookie, f"person-{i}")
    assert known.of(cookie, "officer") == "", "of many the latest"
    assert known.of(known.remembering(cookie, "person-3"), "person-3") == known.of(cookie, "person-3")
    for forged in ("", "nonsense", KnownBrowsers(b"another").remembering("", "officer")):
        assert known.of(forged, "officer") == ""


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
