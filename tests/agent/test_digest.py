"""What a digest says, in each of its forms, and what no name in it can do."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import jsonschema
import markdown as markdown_reader
import pytest

from agent.digest.facts import Facts
from agent.digest.forms import Form, drawn
from agent.digest.make import digest
from agent.digest.text import text
from agent.digest.value import Digest, json_schema
from agent.report_plan import Interval
from tests.agent.digests import HOSTILE, NOW, WEEK, event, full, proof, quiet, recommendation, report, spend

FORMS: tuple[Form, ...] = ("text", "markdown", "html", "json")


def made(facts: Facts, **options: Any) -> Digest:
    return digest(facts, NOW, **options)


def section(shown: str, title: str) -> list[str]:
    block = next(block for block in shown.split("\n\n") if block.startswith(title))
    return block.splitlines()[1:]


def test_a_full_week_fits_one_screen() -> None:
    shown = text(made(full(), due=NOW - 7_200))
    assert len(shown.splitlines()) <= 44
    assert max(map(len, shown.splitlines())) <= 110


def test_money_has_its_bounds_its_count_and_what_it_is_alone() -> None:
    first = "\n".join(section(text(made(full())), "Worth doing"))
    assert "1. shop: Move shop behind the rules" in first
    assert (
        "Saves 120.50 USD a month (90.00 to 150.00), alone 140.00; measured on 14,210 calls in 7 days; 0.5 days"
        in first
    )
    assert "First: Put shop last. hone explain 3f2a0000" in first
    assert "No figure yet: too few calls: by Thu 26 Nov" in first


def test_what_changed_is_told_by_what_it_means() -> None:
    found = {(one.what, one.id): one for one in made(full()).changes}
    every = made(full()).more_changes + len(found)
    assert every == 10  # four gone or decided, one moved, six new less one that was there
    facts = full()
    assert facts.analysis is not None
    assert facts.earlier is not None
    now = [
        recommendation(1, saving_usd_month=Interval(low=Decimal(190), likely=Decimal(220), high=Decimal(250))),
        recommendation(2, saving_usd_month=Interval(low=Decimal(80), likely=Decimal(100), high=Decimal(130))),
        recommendation(3, status="accepted"),
        recommendation(5),
        recommendation(6, status="dismissed"),
        recommendation(7),
    ]
    was = [recommendation(n) for n in (1, 2, 3, 4)] + [recommendation(7, status="dismissed")]
    told = made(
        facts._replace(
            analysis=facts.analysis._replace(report=report(now)), earlier=facts.earlier._replace(report=report(was))
        )
    )
    # 2 moved within its interval, 6 was never open: neither is news.
    assert told.more_changes == 2
    assert {one.id[-1]: one.what for one in told.changes} == {"4": "gone", "5": "new", "1": "more"}


def test_the_same_numbers_are_no_news_and_a_quiet_week_says_so() -> None:
    told = made(quiet())
    assert told.quiet
    shown = text(told)
    assert "A quiet week: nothing changed that needs you." in shown
    assert "41.20 USD for 9,800 calls, as in the week before (41.25 USD for 9,790 calls)." in shown
    assert "no change would pay for the people who make it. Nearest: exact cache of faq" in shown.replace("\n", " ")
    assert not made(quiet()._replace(events=(event(1, "a cache got worse"),))).quiet


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"known_from": WEEK.start + 7_200}, "nothing is known of the period before"),
        ({"known_from": WEEK.start - 86_400}, "the period before is known in part only"),
        ({"read_until": WEEK.end - 60}, "nothing was read since it ended, so it may not be whole"),
        ({"spend": spend(None)}, "is not known: no call has a price"),
        ({"spend_before": spend(None)}, "spend of the period before is not known"),
    ],
)
def test_a_whole_period_is_never_held_against_a_part(changed: dict[str, Any], said: str) -> None:
    told = made(full()._replace(**changed))
    assert told.spend.change is None
    assert said in text(told, width=1_000)


def test_without_an_analysis_silence_is_no_good_news() -> None:
    told = made(full()._replace(analysis=None, earlier=None))
    assert not told.quiet
    shown = text(told)
    assert "Not known: nothing was analysed yet" in shown
    assert "there are no recommendations, and that says nothing" in shown
    facts = full()
    assert facts.analysis is not None
    old = facts.analysis.report.model_copy(
        update={
            "period": facts.analysis.report.period.model_copy(
                update={"end": datetime.fromtimestamp(facts.days[2].day.end, UTC)}
            )
        }
    )
    stale = made(facts._replace(analysis=facts.analysis._replace(report=old)))
    assert any("the newest analysis knows calls up to Thu 19 Nov 00:00 only" in one.what for one in stale.unchecked)


def test_gaps_come_with_their_size_and_their_switch() -> None:
    facts = full()._replace(received=full().received.model_copy(update={"incidents": [], "rejected": 0}))
    shown = "\n".join(section(text(made(facts)), "Could not be checked"))
    assert "1,230 of 120,345 calls have no price and are in no sum (shop: not in the price list)" in shown
    assert "10,345 of 120,345 calls came without their whole text" in shown
    assert "openai: log the whole request_body" in shown.replace("\n  ", " ")


def test_proofs_are_held_against_what_was_promised() -> None:
    shown = "\n".join(section(text(made(full())), "Proof"))
    assert "Confirmed: app-3 on gpt-4o saves 110.00 USD a month (95.00 to 130.00), promised 120.50" in shown
    said = " ".join(shown.split())
    assert (
        "Track record, the last 9: 6 confirmed, 1 not, 2 cannot be told; 7 of 7 within 20 % of the forecast, the furthest 12 % away."
        in said
    )
    facts = full()
    assert facts.earlier is not None
    known = [recommendation(3, status="accepted", realised=proof()), recommendation(8, realised=proof("confirmed"))]
    told = made(facts._replace(earlier=facts.earlier._replace(report=report(known))))
    assert [(one.id[-1], one.new) for one in told.proofs] == [("8", True), ("3", False)]


def test_late_is_said() -> None:
    assert "Late: it was due on Mon 23 Nov 08:00" in text(digest(full(), WEEK.due + 7_200, due=WEEK.due))
    assert not digest(full(), WEEK.due + 30, due=WEEK.due).late


def test_json_is_what_its_schema_says() -> None:
    for facts in (full(), quiet(), full(HOSTILE)):
        written = json.loads(made(facts).to_json())
        jsonschema.validate(written, json_schema(), cls=jsonschema.Draft202012Validator)
        assert written["schema"] == "hone.digest/1"
        assert Digest.model_validate(written).to_json() == made(facts).to_json()


@pytest.mark.parametrize("form", FORMS)
def test_no_name_brings_control_or_direction_characters(form: Form) -> None:
    shown = drawn(made(full(HOSTILE)), form)
    words = json.dumps(json.loads(shown), ensure_ascii=False) if form == "json" else shown
    assert [c for c in words.replace("\n", "") if unicodedata.category(c) in ("Cc", "Cf")] == []


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_no_name_is_a_link_a_mention_or_a_tag_in_words(form: Form) -> None:
    shown = drawn(made(full(HOSTILE)), form)
    assert "evil.example" in shown
    assert not re.search(r"://|www\.|[<>@]", shown)
    assert not any(re.match(r"[=+@]", line) for line in shown.splitlines())


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def tags(document: str) -> _Tags:
    reader = _Tags()
    reader.feed(document)
    return reader


def test_markdown_stays_words_when_a_reader_makes_html_of_it() -> None:
    shown = drawn(made(full(HOSTILE)), "markdown")
    read = tags(markdown_reader.markdown(shown))
    assert read.tags <= {"h2", "p", "br", "strong", "ol", "ul", "li", "code"}
    # Bold is what headings of sections are, and nothing else.
    assert re.findall(r"(?<!\\)\*\*", shown) == ["**"] * (2 * len(re.findall(r"^\*\*", shown, re.MULTILINE)))


def test_html_has_the_same_tags_whatever_the_names_are() -> None:
    plain, hostile = tags(drawn(made(full()), "html")), tags(drawn(made(full(HOSTILE)), "html"))
    assert (plain.tags, plain.attributes) == (hostile.tags, hostile.attributes)
    assert plain.tags.isdisjoint({"a", "img", "script", "link", "iframe", "form"})
    assert plain.attributes.isdisjoint({"href", "src", "onerror", "onclick"})
