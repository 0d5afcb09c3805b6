"""What a password must be like."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from dashboard.errors import Refused
from dashboard.passwords import Passwords, new_password


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords(lambda function: function(), PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("short", "characters"),
        ("eleven sign", "characters"),
        ("x" * 201, "characters"),
        ("passwordpassword", "guessed"),
        ("qwertyuiop[]", "guessed"),
        ("123456789012", "guessed"),
        ("wangfang1990", "guessed"),
        ("aaaaaaaaaaaaaaaa", "guessed"),
    ],
)
def test_what_is_easily_guessed_is_refused(passwords: Passwords, password: str, problem: str) -> None:
    with pytest.raises(Refused, match=problem):
        passwords.hashed(password, ("wangfang", "王芳"))


@pytest.mark.parametrize("password", ["correct horse battery staple", "锦江区防汛值班室门前的老槐树", "x7!pQ-3kd_9Lw"])
def test_what_is_not_is_taken_and_recognised(passwords: Passwords, password: str) -> None:
    digest = passwords.hashed(password)
    assert passwords.is_right(digest, password)
    assert not passwords.is_right(digest, password + "x")


def test_one_that_is_made_here_would_be_taken(passwords: Passwords) -> None:
    assert passwords.hashed(new_password())


def test_nobodys_password_is_never_right(passwords: Passwords) -> None:
    assert not passwords.is_right(None, "")
    assert not passwords.is_right("no hash at all", "x")
