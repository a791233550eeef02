"""The report as a page: whole, self-contained, and inert whatever the logs hold."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

import pytest

from agent.report import Report
from agent.report_html import html
from agent.report_lines import lines
from tests.agent.reports import NAMES, empty, hostile
from tests.agent.reports_full import full
from tests.fixtures.browser import Browser

GOLDEN = Path(__file__).parent / "golden"
VOID = frozenset(("meta",))
TAGS = {
    **dict.fromkeys(("head", "title", "style", "header", "h1", "dt", "dd", "div", "p", "nav", "main", "h2", "h3"), ""),
    **dict.fromkeys(("figure", "figcaption", "pre", "span", "bdi", "ul", "ol", "li", "dl", "thead", "tbody"), ""),
    "html": "lang",
    "body": "",
    "meta": "charset http-equiv content name",
    "a": "href",
    "section": "aria-labelledby",
    "nav": "aria-label",
    "div": "role aria-labelledby tabindex",
    "table": "role",
    "thead": "role",
    "tbody": "role",
    "caption": "",
    "tr": "role",
    "th": "role scope",
    "td": "role data-column",
    "svg": "role width height x y viewbox preserveaspectratio",
    "text": "x y text-anchor",
    "rect": "x y width height",
    "line": "x1 x2 y1 y2",
    "circle": "cx cy r",
    "polyline": "points vector-effect",
    "polygon": "points",
    "details": "open",
    "summary": "",
}
"""What the page consists of, and the attributes there may be beside class and id."""


class Known(HTMLParser):
    """Reads a page that holds nothing but what is known, well nested."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.pointers: set[str] = set()
        self.words: list[str] = []
        self.captions = self.tables = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        allowed = {"class", "id", *TAGS[tag].split()}
        for name, value in attrs:
            assert name in allowed, f"<{tag} {name}>"
            assert ":" not in (value or "") or name == "content", f"{tag} {name}={value}"
            if name == "href":
                assert value is not None
                assert value.startswith("#")
                self.pointers.add(value[1:])
            elif name == "aria-labelledby":
                assert value is not None
                self.pointers.add(value)
            elif name == "id":
                self.ids.append(value or "")
        self.tables += tag == "table"
        self.captions += tag == "caption"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def read(page: str) -> Known:
    known = Known()
    known.feed(page)
    known.close()
    assert known.open == []
    return known


@pytest.mark.parametrize("report", [full(), hostile(), empty()], ids=["full", "hostile", "empty"])
def test_the_page_holds_nothing_but_what_is_known(report: Report) -> None:
    known = read(html(report))
    assert len(set(known.ids)) == len(known.ids)
    assert known.pointers <= set(known.ids)
    assert known.captions == known.tables


def test_names_are_words_and_nothing_else() -> None:
    page = html(full())
    for char in page:
        assert char == "\n" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co")
    for hostile_part in ("<script", 'onload="', "<b>"):
        assert hostile_part not in page
    shown = "".join(read(page).words)
    assert NAMES["html"] in shown
    assert "客服机器人" in shown


def test_the_policy_allows_only_the_style_of_the_page() -> None:
    page = html(full())
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_the_page_says_what_the_text_says() -> None:
    report = full()
    shown = " ".join("".join(read(html(report)).words).split())
    said = lines(report.model_copy(update={"restraint": [], "events": []}))
    for sentence in (*said.summary, *said.remarks):
        assert " ".join(sentence.split()) in shown
    for section in said.sections:
        # The plan and what to do have a form of their own, with more in it.
        for table in section.tables if section.name != "plan" else ():
            assert table.title in shown
            for row in table.rows:
                for cell in row:
                    assert cell.is_name or cell.text in shown
    for one in report.recommendations:
        assert one.action in shown
    for cell in (
        cell
        for section in said.sections
        if section.name == "plan"
        for row in section.tables[0].rows
        for cell in row[1:]
    ):
        assert cell.text in shown
    for word in (
        "Take the line with the time out",
        "the volume is too small",
        "877,074 calls a month",
        "the hit ratio rose",
    ):
        assert word in shown
    assert "hits of <script>alert(1)</script> fell" in shown


def test_a_task_is_told_in_full_with_its_curve() -> None:
    report = full()
    assert report.fine_tuning is not None
    task = report.fine_tuning.tasks[0]
    part = html(report).split("<details open>")[1].split("</details>")[0]
    shown = " ".join("".join(read(part).words).split())
    assert "It pays from 877,074 calls a month and there are 1,302,880. Turns with: fewer than 877,074" in shown
    for words in (
        "schema missed",
        "first token, 95 % are faster than",
        "1.84 s",
        "share of the application's spend",
        "62 %",
    ):
        assert words in shown
    for kind in task.kinds:
        assert kind.deciding in shown
        assert f"{kind.calls_month:,}" in shown
    for route in task.options:
        assert f"{route.fixed_usd_month:,.2f}" in shown
    # Only routes that pay at some volume have a line, the one that pays first before the others.
    assert re.findall('class="line ([a-z]+)"', part) == ["first", "second"]
    assert "1,302,880 now" in shown


def test_unknown_money_is_said_and_not_drawn() -> None:
    page = html(full())
    steps = re.search(r"<svg[^>]*><title>What the plan leaves.*?</svg>", page, re.DOTALL)
    assert steps is not None
    last = steps[0].split("Fine-tuning")[1]
    assert "not known" in last
    assert 'class="bar"' not in last
    assert 'class="saved"' not in last
    # What costs more than it saves is drawn beyond what was left.
    assert steps[0].count('class="added"') == 1


@pytest.mark.parametrize(("name", "report"), [("report.html", full()), ("empty.html", empty())])
def test_the_pages_are_as_they_were(name: str, report: Report) -> None:
    # The style sheet is a file of its own; here it is only in its place.
    drawn = re.sub("(?s)(?<=<style>).*(?=</style>)", "", html(report))
    drawn = re.sub("(?<=sha256-)[^']+", "", drawn)
    assert drawn == (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("width", "media"),
    [
        (400, {"prefers-color-scheme": "light"}),
        (1200, {"prefers-color-scheme": "dark"}),
        (800, {"type": "print", "prefers-color-scheme": "dark"}),
    ],
)
def test_a_browser_draws_it_and_asks_for_nothing(
    browser: Browser, tmp_path: Path, width: int, media: Mapping[str, str]
) -> None:
    path = tmp_path / "report.html"
    path.write_text(html(full()), encoding="utf-8")
    seen = browser.see(path.as_uri(), width, media=media)
    assert seen.complaints == ()
    assert seen.requests == (path.as_uri(),)
    assert seen.width == width
    # A blank page of that size is a few thousand bytes.
    assert len(seen.picture) > 50_000
