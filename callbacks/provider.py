"""The door to the OpenID Connect provider: whatever the other side does, a request of ours ends in time and is small."""

from __future__ import annotations

from typing import Any

import gevent
import requests
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from authlib.integrations.requests_client import OAuth2Session
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

TOTAL_S = 15.0
READ_S = 10.0
MOST_BYTES = 256 * 1024
"""A provider's keys and what it tells of itself are some kilobytes."""


class Bounded(HTTPAdapter):
    """Reads so many bytes in so much time, and unpacks nothing."""

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        """See `HTTPAdapter`. Raises `requests.RequestException`."""
        request.headers["Accept-Encoding"] = "identity"
        try:
            with gevent.Timeout(TOTAL_S) as timer:
                answer = super().send(request, *args, **{**more, "stream": True, "timeout": READ_S})
                data = answer.raw.read(MOST_BYTES + 1, decode_content=False)
        except gevent.Timeout as timeout:
            if timeout is not timer:
                raise
            raise requests.Timeout(f"{request.url}: no whole answer within {TOTAL_S:.0f} s") from None
        except HTTPError as error:
            raise requests.ConnectionError(f"{request.url}: {error}") from None
        if len(data) > MOST_BYTES:
            raise requests.ConnectionError(f"{request.url}: the answer is longer than {MOST_BYTES} bytes")
        answer._content, answer._content_consumed = data, True  # type: ignore[attr-defined]
        return answer


class _Session(OAuth2Session):  # type: ignore[misc]
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.trust_env = False
        self.max_redirects = 0
        for scheme in ("https://", "http://"):
            self.mount(scheme, Bounded())


class _App(FlaskOAuth2App):  # type: ignore[misc]
    client_cls = _Session


class Registry(OAuth):  # type: ignore[misc]
    """Authlib's, with sessions that are bounded."""

    oauth2_client_cls = _App
