"""A webhook of one's own: the JSON form, posted and signed.

Headers are those of standardwebhooks.com: `webhook-id` (the same over tries), `webhook-timestamp` (unix seconds of this try) and
`webhook-signature`: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. The key is the secret: the bytes behind `whsec_`
in base64, or the text itself. A receiver compares in constant time and refuses old timestamps. Any answer of 2xx is "taken".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message as Headers
from http.client import HTTPException
from typing import IO
from urllib.parse import urlsplit

from agent.deliver.message import Message, Refused

_MOST_WAIT_S = 3_600.0
_PREFIX = "whsec_"


class Webhook:
    """Posts to `url`. Redirects are not followed: the signature is for this address."""

    def __init__(self, url: str, secret: str, timeout_s: float, clock: Callable[[], float] = time.time) -> None:
        self._url = url
        self._key = key_of(secret)
        self._timeout_s = timeout_s
        self._clock = clock
        self._opener = urllib.request.build_opener(_NoRedirect)

    def send(self, message: Message) -> None:
        """See `Channel`."""
        body = message.json.encode()
        now = int(self._clock())
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "hone",
            "webhook-id": message.id,
            "webhook-timestamp": str(now),
            "webhook-signature": signature(self._key, message.id, now, body),
        }
        # Of the two schemes that the configuration lets through.
        request = urllib.request.Request(self._url, body, headers, method="POST")  # noqa: S310
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                answer.read(1)
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(f"HTTP {error.code}", _wait(error.headers.get("Retry-After"))) from None
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, TimeoutError):
                raise Refused("no answer in time") from None
            raise Refused(f"not reachable ({getattr(reason, 'strerror', None) or type(reason).__name__})") from None

    def describe(self) -> str:
        """See `Channel`."""
        return f"webhook at {urlsplit(self._url).hostname}"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Headers, newurl: str
    ) -> None:
        """Follow nothing: the answer itself is the failure."""


def signature(key: bytes, name: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over `name.timestamp.body`."""
    signed = hmac.new(key, f"{name}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


def key_of(secret: str) -> bytes:
    """The bytes that `whsec_...` stands for, or those of the text."""
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def _wait(asked: str | None) -> float | None:
    return min(float(asked), _MOST_WAIT_S) if asked is not None and asked.isdecimal() else None
