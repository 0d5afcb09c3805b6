"""A shorter way for single positions: phones and gateways that send one at a time make thousands of requests a second.

Read by `callbacks/worker.py` before gunicorn parses anything; the same checks, the same service and the same answers as
`POST /api/v1/positions` has everywhere else. Requests with a cookie go the long way, where their origin is checked.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from pydantic import TypeAdapter, ValidationError

from callbacks.api.routing import PREFIX
from callbacks.finished import Answer
from callbacks.web import refusal_of
from dashboard.city import City
from dashboard.errors import Refused
from dashboard.positions import PositionReport, Single

log = logging.getLogger(__name__)

PATH = f"{PREFIX}/positions"
MOST_BYTES = 4096
_ONE: TypeAdapter[PositionReport] = TypeAdapter(PositionReport)


ACCEPTED = Answer.json("202 Accepted", b'{"accepted":1}').message


class PositionDoor:
    """Answers single positions that come with a bearer token."""

    def __init__(self, city: City) -> None:
        self._city = city
        self.trusted_proxies = city.settings.trusted_proxies

    def reply(self, requests: Sequence[tuple[str, bytes, str]]) -> Iterator[bytes]:
        """A finished HTTP/1.1 message for each secret, body and peer, in their order: each is accepted or refused by itself."""
        checked = [self._checked(*one) for one in requests]
        results = iter(self._stored([one for one in checked if not isinstance(one, Refused)]))
        for one in checked:
            result = one if isinstance(one, Refused) else next(results)
            yield Answer.refused(result).message if isinstance(result, Refused) else ACCEPTED

    def _checked(self, secret: str, body: bytes, peer: str) -> Single | Refused:
        try:
            asking = self._city.accounts.principal(secret, peer)
            if not (asking.may("relay") or asking.may("answer")):
                raise Refused("forbidden", permission="relay | answer")
            self._city.buckets.take(asking, "position")
            return self._city.positions.single(asking, _parsed(body))
        except Refused as refused:
            return refused
        except Exception:
            log.exception("a single position failed")
            return Refused("unavailable")

    def _stored(self, singles: list[Single]) -> Sequence[int | Refused]:
        try:
            return self._city.positions.take(singles)
        except Exception:
            log.exception("%d single positions failed", len(singles))
            return [Refused("unavailable")] * len(singles)


def _parsed(body: bytes) -> PositionReport:
    try:
        return _ONE.validate_json(body)
    except ValidationError as error:
        raise refusal_of(error) from None
