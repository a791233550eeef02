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
from collections.abc import Callable
from urllib.parse import urlsplit

import requests

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
        try:
            # What the receiver says besides its status is of no use, so it is not read.
            with requests.post(
                self._url, body, headers=headers, timeout=self._timeout_s, allow_redirects=False, stream=True
            ) as answer:
                status, asked = answer.status_code, answer.headers.get("Retry-After")
        except requests.Timeout:
            raise Refused("no answer in time") from None
        except (requests.RequestException, OSError) as error:
            raise Refused(f"not reachable ({type(error).__name__})") from None
        if not 200 <= status < 300:
            raise Refused(f"HTTP {status}", _wait(asked))

    def describe(self) -> str:
        """See `Channel`."""
        return f"webhook at {urlsplit(self._url).hostname}"


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
