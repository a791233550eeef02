"""The digest as a mail, drawn by a real browser: light and dark, narrow and wide."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.digest.html import html
from agent.digest.make import digest
from tests.agent.digests import HOSTILE, NOW, full, quiet
from tests.fixtures.browser import Browser

PAGES = {
    "full": html(digest(full(), NOW)),
    "quiet": html(digest(quiet(), NOW)),
    "hostile": html(digest(full(HOSTILE), NOW)),
    "long": html(digest(full("x" * 500), NOW)),
}


@pytest.mark.parametrize("name", sorted(PAGES))
def test_it_asks_for_nothing_complains_of_nothing_and_keeps_its_width(
    browser: Browser, name: str, tmp_path: Path
) -> None:
    page = tmp_path / f"{name}.html"
    page.write_text(PAGES[name], encoding="utf-8")
    for width in (400, 1_000):
        seen = browser.see(page.as_uri(), width=width)
        assert seen.requests == (page.as_uri(),)
        assert seen.complaints == ()
        assert seen.width <= width


def test_dark_is_dark(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGES["full"], encoding="utf-8")
    light, dark = (
        browser.see(page.as_uri(), width=400, media={"prefers-color-scheme": scheme}).picture
        for scheme in ("light", "dark")
    )
    assert light != dark
