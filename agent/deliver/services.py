"""Mail, Slack, Teams, Discord and a hundred more, through Apprise."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from agent.deliver.message import Message, Refused
from analyzers.errors import HoneError

if TYPE_CHECKING:
    from apprise import Apprise

_LOGGER = "apprise"
_CODE = re.compile(r"error\s*=\s*(\d{3})\b")


class Service:
    """One URL of Apprise. Each service gets the form it prefers: HTML in mails, Markdown or text in chats."""

    def __init__(self, url: str, timeout_s: float) -> None:
        """Raises HoneError for a URL that Apprise cannot use; the URL itself, which holds secrets, is never shown."""
        # What it logs may quote addresses and answers: only codes are taken out of it, at whatever level Hone's own log is.
        narrator = logging.getLogger(_LOGGER)
        narrator.propagate = False
        narrator.setLevel(logging.WARNING)
        import apprise

        asset = apprise.AppriseAsset(
            app_id="Hone",
            app_desc="Hone",
            app_url="",
            image_url_mask="",
            image_url_logo="",
            async_mode=False,
            storage_mode="memory",
        )
        self._apprise: Apprise = apprise.Apprise(asset=asset)
        if not self._apprise.add(url) or len(self._apprise) != 1:
            raise HoneError(
                "is no URL that Apprise can use", "one URL, as in mailtos://user:password@example.com or slack://..."
            )
        self._service: Any = self._apprise[0]
        self._name = str(getattr(self._service, "service_name", None) or "service")
        if "cto=" not in url:
            self._service.socket_connect_timeout = timeout_s
        if "rto=" not in url:
            self._service.socket_read_timeout = timeout_s
        if "overflow=" not in url:
            # What is longer than a chat takes comes in parts, in place of an error.
            self._service.overflow_mode = apprise.OverflowMode.SPLIT

    def send(self, message: Message) -> None:
        """See `Channel`."""
        form = str(getattr(self._service.resolve_format(None), "value", "text"))
        body = {"html": message.html, "markdown": message.markdown}.get(form, message.text)
        if hasattr(self._service, "headers"):
            self._service.headers["X-Hone-Message-Id"] = message.id
        try:
            outcome = self._apprise.notify(title=message.title, body=body, body_format=form)
        except Exception as error:
            raise Refused(f"{type(error).__name__} in the service's client") from None
        if not outcome:
            raise Refused(_reason([str(line.message) for one in outcome.results for line in one.logs()]))

    def describe(self) -> str:
        """See `Channel`."""
        return f"{self._name}, by Apprise"


def _reason(lines: list[str]) -> str:
    """Why nothing was sent, from what Apprise said of it, as far as it can be told without quoting."""
    for line in lines:
        if code := _CODE.search(line):
            return f"refused with {code[1]}"
    if any("onnection" in line for line in lines):
        return "not reachable, or the connection broke"
    return "not taken"
