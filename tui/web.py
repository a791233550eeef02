"""The dashboard in a browser: one process of `hone watch` a visitor, on the loopback unless told otherwise.

textual-serve checks neither who asks nor from where. Nobody is asked for a password here either; but a page of another origin gets no
connection, and on the loopback no other name than the loopback's is answered, so that no web page can reach it through the browser.
"""

from __future__ import annotations

import ipaddress
import re
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from textual_serve.server import Server

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_ICON = '<head><link rel="icon" href="data:,">'
_FOREIGN = re.compile(r"<link\b[^>]*https?://[^>]*>", re.S)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(command: str, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve until interrupted. `command` starts one dashboard; settings are handed to it in the environment."""
    with tempfile.TemporaryDirectory(prefix="hone-web-") as folder:
        server = _Server(command, host=host, port=port, title="hone", templates_path=_templates(Path(folder)))
        server.say = say
        server.serve()


def _templates(folder: Path) -> Path:
    """The page of textual-serve without what it would fetch from elsewhere, and with an icon, which browsers ask for."""
    import textual_serve

    found = Path(textual_serve.__file__).parent / "templates"
    for page in found.glob("*.html"):
        own = _FOREIGN.sub("", page.read_text(encoding="utf-8")).replace("<head>", _ICON, 1)
        (folder / page.name).write_text(own, encoding="utf-8")
    return folder


class _Server(Server):
    say: Callable[[str], None]

    def initialize_logging(self) -> None:
        """Hone's own words are enough."""

    async def on_startup(self, app: web.Application) -> None:
        """Where it is, and what it does not do."""
        self.say(f"dashboard on {self.public_url} (Ctrl-C ends it)")
        self.say("there is no authentication: whoever reaches this address sees it all and may decide")
        if not is_loopback(self.host):
            self.say("it is open to the network: put a reverse proxy with a password in front of it")

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        loopback = is_loopback(self.host)

        @web.middleware
        async def own_pages_only(request: web.Request, handler: Handler) -> web.StreamResponse:
            name = urlsplit(f"//{request.host}").hostname or ""
            origin = request.headers.get("Origin")
            foreign = origin is not None and urlsplit(origin).netloc != request.host
            if foreign or (loopback and not is_loopback(name)):
                raise web.HTTPForbidden(text="not from here")
            return await handler(request)

        app.middlewares.append(own_pages_only)
        return app

    async def handle_index(self, request: web.Request) -> Any:
        """The page, under the name that the browser used."""
        self.public_url = f"{request.scheme}://{request.host}"
        return await super().handle_index(request)
