"""A deploy that leaves little of a prompt: the new template is linked to the old one, and what it broke is told by both."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec
import pytest

from analyzers.core import Call
from analyzers.names import family
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import Analysis, analyse
from analyzers.prompt_caching.watch import watch
from tests.analyzers.prompt_caching.deploys import POLICY, START, bot, claude, reported
from tests.analyzers.prompt_caching.prompts import RULES, text

DEPLOY = 120
NEW = "\n".join(f"Guideline {n}: {text(8, f'guide{n}.')}." for n in range(180))
MIXED = "\n".join((*POLICY.split("\n")[:40], *NEW.split("\n")[:140]))
TOOLS = tuple(json.dumps({"name": name, "description": text(20, name)}) for name in ("find", "book", "cancel"))


def look(calls: Sequence[Call]) -> Analysis:
    return analyse(list(calls), Prices(), RULES, family)


def clocked(n: int, prompt: str) -> str:
    return f"Now: {datetime.fromtimestamp(START + 20 * n, UTC):%Y-%m-%d %H:%M:%S}\n{prompt}"


WAYS: dict[str, Callable[[int, Random], dict[str, Any]]] = {
    "a fifth is left": lambda n, rng: {"system": POLICY if n < DEPLOY else clocked(n, MIXED)},
    "the tools are left": lambda n, rng: {"system": POLICY if n < DEPLOY else clocked(n, NEW), "tools": TOOLS},
    "nothing is left": lambda n, rng: {"system": POLICY if n < DEPLOY else clocked(n, NEW)},
    "rolled out over ten calls": lambda n, rng: {
        "system": POLICY if n < DEPLOY or (n < DEPLOY + 10 and n % 2) else clocked(n, MIXED)
    },
}


@pytest.mark.parametrize("way", WAYS)
def test_the_new_template_follows_the_old_one(way: str) -> None:
    calls = reported(bot(DEPLOY + 60, change=WAYS[way]))
    old, new = sorted(look(calls).templates, key=lambda one: one.start)
    assert (old.follows, new.follows) == (None, old.id)
    (drift, *rest) = new.drifts
    assert rest == []
    assert drift.at == new.start == calls[DEPLOY].started_at
    assert (drift.place.segment, drift.place.position, drift.place.start) == ("system", 0, 0)
    assert drift.was.startswith("Rule 0") or "Rule" in drift.was
    assert drift.now.startswith("Now")
    assert old.regression is None


@pytest.mark.parametrize("way", [way for way in WAYS if "rolled" not in way])
@pytest.mark.parametrize("after", [12, 60])
def test_hits_that_fall_with_it_are_told_with_moment_span_and_money(way: str, after: int) -> None:
    calls = reported(bot(DEPLOY + after, change=WAYS[way]))
    (one,) = watch(calls, Prices(), RULES, family)
    fall = one.regression
    assert fall is not None
    assert fall.fault is not None
    assert (fall.cause, fall.fault.kind) == ("prompt", "timestamp_before_static")
    assert fall.at == calls[DEPLOY].started_at
    assert (fall.calls_before, fall.calls_after) == (DEPLOY, after)
    place = fall.fault.place
    first = calls[-1].system[0].text.split("\n")[0]
    assert (place.segment, place.position) == ("system", 0)
    assert 0 <= place.start < place.end <= len(first) + 1
    assert fall.usd_day is not None
    assert fall.usd_day > 0
    assert {template.id for template in look(calls).templates} <= one.ids


def test_a_new_prompt_that_is_cached_as_well_is_a_deploy_and_no_fall() -> None:
    calls = reported(bot(DEPLOY + 60, change=lambda n, rng: {"system": POLICY if n < DEPLOY else NEW}))
    found = look(calls)
    assert [one.follows is not None for one in found.templates] == [False, True]
    assert [one.regression for one in found.templates] == [None, None]
    assert [one.regression for one in watch(calls, Prices(), RULES, family)] == [None]


def test_a_new_prompt_without_its_breakpoint_is_a_fall() -> None:
    calls = reported(bot(DEPLOY + 60, change=lambda n, rng: claude("5m") if n < DEPLOY else claude(None, NEW)))
    (one,) = watch(calls, Prices(), RULES, family)
    assert one.regression is not None
    assert one.regression.fault is not None
    assert one.regression.fault.kind == "caching_not_enabled"


def after_it(other: Callable[[Call, int], Call], count: int = 100, **fields: Any) -> list[Call]:
    """A template, and when it has ended another one."""
    one = bot(count, change=lambda n, rng: {"system": POLICY, **fields})
    two = bot(count, change=lambda n, rng: {"system": NEW, **fields}, seed=2)
    shift = one[-1].started_at - two[0].started_at + 20.0
    moved = [msgspec.structs.replace(call, started_at=call.started_at + shift) for call in two]
    return [*one, *(other(call, n) for n, call in enumerate(moved))]


UNLINKED: dict[str, list[Call]] = {
    "steps of one work": after_it(
        lambda call, n: msgspec.structs.replace(call, messages=bot(100)[n].messages),
    ),
    "another application": after_it(lambda call, n: msgspec.structs.replace(call, app="other")),
    "another model": after_it(lambda call, n: msgspec.structs.replace(call, request_model="gpt-4.1")),
    "no application, nothing in common": [msgspec.structs.replace(c, app=None) for c in after_it(lambda call, n: call)],
    "another pace": after_it(
        lambda call, n: msgspec.structs.replace(call, started_at=call.started_at + 200.0 * n),
    ),
    "much later": after_it(lambda call, n: msgspec.structs.replace(call, started_at=call.started_at + 7_200.0)),
    "beside each other": sorted(
        [*bot(100), *bot(100, change=lambda n, rng: {"system": NEW}, seed=2)], key=lambda call: call.started_at
    ),
}


@pytest.mark.parametrize("calls", UNLINKED.values(), ids=UNLINKED)
def test_templates_that_only_come_one_after_the_other_are_not_linked(calls: list[Call]) -> None:
    found = look(calls)
    assert len(found.templates) == 2
    assert [one.follows for one in found.templates] == [None, None]
    assert all(one.drifts == () for one in found.templates)
