"""Invitations to an account without a password: who follows one binds it to whom the OpenID Connect provider says they are."""

from __future__ import annotations

from itsdangerous import BadData, URLSafeTimedSerializer

from dashboard.errors import Refused

LIFE_S = 7 * 86_400
MOST = 500
PATH = "/signin/elsewhere"
FIELD = "invitation"


class Invitations:
    """Makes and reads them: signed, good for a week, and for as long as nobody is bound."""

    def __init__(self, secret: bytes) -> None:
        self._serializer = URLSafeTimedSerializer(secret)

    def path(self, account_id: str) -> str:
        """What the person opens in the browser, behind the address of the wall."""
        return f"{PATH}?{FIELD}={self._serializer.dumps(account_id)!s}"

    def account(self, text: str) -> str:
        """The account that is meant; empty when there is no invitation. Raises `token_expired` for one that does not hold."""
        if not text:
            return ""
        try:
            return str(self._serializer.loads(text[:MOST], max_age=LIFE_S))
        except BadData:
            raise Refused("token_expired") from None
