"""The demo's stream, whose truth is known: what repeats there, and what hides that it does."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import numpy as np
import pytest

from agent.demo import traffic
from agent.demo.ledger import Truth
from analyzers.core import Call
from analyzers.response_caching.exact import FOREVER, UNLIMITED, exact
from analyzers.response_caching.requests import Streams, streams, together
from analyzers.response_caching.spoilers import spoilers
from collectors.parse import Parser
from collectors.source import Record

START = 1_795_392_000.0


@pytest.fixture(scope="module")
def demo() -> tuple[Streams, list[Call], Truth]:
    truth, parser = Truth(), Parser()
    found: dict[str, Call] = {}
    for number, sent in enumerate(traffic(7, start=START, calls=6_000, protobuf=False, mishaps=False, truth=truth)):
        for call in parser.parse(Record(number, sent.value, sent.at), sent.topic, 0).calls:
            found.setdefault(call.id, call)
    calls = sorted(found.values(), key=lambda call: call.started_at)
    return streams(calls, lambda call: Decimal("0.001")), calls, truth


def test_repeated_questions_are_hits(demo: tuple[Streams, list[Call], Truth]) -> None:
    found, calls, truth = demo
    mine = together([one for one in found if one.app == "faq-bot"]).merged
    repeats = truth.as_dict()["apps"]["faq-bot"]["waste"]["exact_repeats"]
    left_out = [
        call for i, call in enumerate(calls) if call.app == "faq-bot" and call.status == "ok" and i not in mine.call
    ]
    hits = exact(mine, (FOREVER,)).by_lifetime[0]
    assert hits.entries == UNLIMITED
    assert hits.in_flight == 0
    assert repeats - len(left_out) <= hits.hits <= repeats
    assert len(left_out) < 0.04 * len(mine)
    assert hits.hits == len(mine) - len(np.unique(mine.key))


def test_the_clock_and_the_session_of_the_support_bot_spoil_its_keys(demo: tuple[Streams, list[Call], Truth]) -> None:
    found, _, truth = demo
    named = spoilers(found)
    assert {(one.app, one.kind, one.segment) for one in named} == {
        ("support-bot", "timestamp", "system"),
        ("support-bot", "random_id", "system"),
    }
    assert all(one.hits_before == 0 and one.alone == 0 for one in named)
    first = truth.as_dict()["apps"]["support-bot"]["waste"]["repeated_first_questions"]
    assert 0.85 * first <= named[0].hits_after
    assert {one.label.rsplit("\n", 1)[-1] for one in named} == {"Current time:", "Session:"}


def test_what_no_cache_may_serve(demo: tuple[Streams, list[Call], Truth]) -> None:
    found, calls, truth = demo
    assert found.eligible + sum(found.ineligible.values()) == len(calls)
    errors = sum(app["errors"] for app in truth.as_dict()["apps"].values())
    assert found.ineligible["failed"] == errors
    assert not any(scope.app == "agent-coder" for scope in found.scopes)
    mine = {int(i) for one in found for i in one.call}
    talks: defaultdict[tuple[str, ...], list[str | None]] = defaultdict(list)
    for call in calls:
        if call.status == "ok":
            talks[earlier(call)].append(call.conversation)
    followed = [call for i, call in enumerate(calls) if i in mine and any(m.role == "assistant" for m in call.messages)]
    support = [call for call in followed if call.app == "support-bot"]
    assert len(support) > 50
    assert all(len(set(talks[earlier(call)])) > 1 for call in support)


def earlier(call: Call) -> tuple[str, ...]:
    return tuple(part.text for message in call.messages[:-1] for part in message.parts)
