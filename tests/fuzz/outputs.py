"""What leaves Hone is words: laws for every form, whatever is in the database."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from html.parser import HTMLParser

import markdown as markdown_reader

from tests.agent.test_report_html import read
from tests.fuzz.parse import Broken

_FORBIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_DIGEST_TAGS = frozenset(
    (
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "header",
        "section",
        "h1",
        "h2",
        "h3",
        "p",
        "div",
        "span",
        "table",
        "tbody",
        "thead",
        "tr",
        "td",
        "th",
        "ol",
        "ul",
        "li",
        "b",
        "strong",
        "code",
        "br",
        "hr",
        "bdi",
        "small",
        "svg",
        "rect",
    )
)
_MARKDOWN_TAGS = frozenset(
    (
        "h1",
        "h2",
        "h3",
        "h4",
        "p",
        "br",
        "strong",
        "em",
        "ol",
        "ul",
        "li",
        "code",
        "pre",
        "hr",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    )
)
_DANGEROUS = frozenset(("href", "src", "action", "formaction", "srcdoc"))


def words(what: str, drawn: str) -> None:
    """Lines for a terminal or a mail."""
    for char in drawn:
        if char != "\n" and unicodedata.category(char) in _FORBIDDEN:
            at = drawn.index(char)
            raise Broken(f"{what}: U+{ord(char):04X} in {drawn[max(0, at - 60) : at + 20]!r}")


def marked(what: str, drawn: str) -> None:
    """Markdown: words, and nothing but Hone's own marks when a reader makes a page of it."""
    words(what, drawn)
    tags = _Tags()
    tags.feed(markdown_reader.markdown(drawn, extensions=["tables", "fenced_code"]))
    tags.only(what, _MARKDOWN_TAGS)
    for block in drawn.split("\n\n"):
        rows = [line for line in block.splitlines() if line.startswith("|")]
        if len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) > 1:
            raise Broken(f"{what}: a table of several widths: {block[:400]!r}")


def page(what: str, drawn: str) -> None:
    """The report's page."""
    words(what, drawn)
    try:
        read(drawn)
    except (AssertionError, KeyError, IndexError) as error:
        raise Broken(f"{what}: {type(error).__name__} {error}") from error


def mail(what: str, drawn: str) -> None:
    """The page of a digest or of events."""
    words(what, drawn)
    tags = _Tags()
    tags.feed(drawn)
    tags.only(what, _DIGEST_TAGS)


def data(what: str, drawn: str | bytes) -> object:
    """JSON without a control character in it; what it says."""
    text = drawn.decode() if isinstance(drawn, bytes) else drawn
    if any(unicodedata.category(char) == "Cc" and char != "\n" for char in text):
        raise Broken(f"{what}: a control character as it is")
    return json.loads(text)


def silent(what: str, drawn: Iterable[str], secret: str) -> None:
    """Nothing of the texts is in it."""
    for one in drawn:
        if secret in one:
            at = one.index(secret)
            raise Broken(f"{what}: text of a prompt in {one[max(0, at - 100) : at + 40]!r}")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}

    def handle_comment(self, data: str) -> None:
        self.tags.add("<!--")

    def only(self, what: str, known: frozenset[str]) -> None:
        """Raises Broken for every other tag, and for attributes that do something."""
        if self.tags - known:
            raise Broken(f"{what}: tags {sorted(self.tags - known)}")
        bad = [f"{tag} {name}" for tag, name in self.attributes if name.startswith("on") or name in _DANGEROUS]
        if bad:
            raise Broken(f"{what}: attributes {bad}")
