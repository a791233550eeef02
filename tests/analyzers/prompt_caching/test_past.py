"""What a deploy has mended, or nobody sends any more, is no finding; what may come again is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest

from analyzers.core import Call
from analyzers.prompt_caching.analyse import Template
from tests.fixtures.heads import NONE, RULES, START, Ask, asks, call, look

HOUR = 3_600.0


def calls(broken: Callable[[float], bool]) -> list[Call]:
    """Some 53 hours, with a clock above the rules in those (since the start) that are `broken`."""

    def system(ask: Ask) -> tuple[str, ...]:
        clock = f"{datetime.fromtimestamp(ask.at, UTC):%Y-%m-%d %H:%M:%S}\n"
        return ((clock if broken((ask.at - START) / HOUR) else "") + RULES,)

    return [call(ask, system, NONE) for ask in asks(talks=160, turns=3, between=1_200.0)]


def of(made: list[Call]) -> Template:
    (found,) = look(made).templates
    return found


def test_what_was_mended_a_day_ago_is_over_and_said_to_be() -> None:
    found = of(calls(lambda hours: hours < 20))
    assert found.outcome.faults == ()
    (past,) = found.outcome.past
    assert past.ended == pytest.approx(START + 20 * HOUR, abs=0.5 * HOUR)
    assert found.outcome.after.usd == found.outcome.before.usd
    assert found.restraint is not None and found.restraint.verdict == "no"
    assert f"the {past.since} calls since 2026-" in found.restraint.why and "was mended" in found.restraint.why


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda hours: hours < 40, id="mended half a day ago"),
        pytest.param(lambda hours: hours > 20, id="broken a day ago"),
        pytest.param(lambda hours: hours % 24 < 4 and hours < 28, id="at night, and the third is still to come"),
        pytest.param(lambda hours: True, id="always"),
    ],
)
def test_what_may_come_again_is_a_fault(broken: Callable[[float], bool]) -> None:
    found = of(calls(broken))
    assert len(found.outcome.faults) == 1
    assert found.outcome.past == ()
    assert found.outcome.faults[0].saving > 0


def test_a_prompt_that_nobody_sends_any_more_has_nothing_to_mend_and_one_that_pauses_has() -> None:
    broken = calls(lambda hours: True)
    kept = calls(lambda hours: False)
    others = [
        msgspec.structs.replace(one, id=f"o{one.id}", app="other", conversation=f"o{one.conversation}") for one in kept
    ]

    def both(sent: Callable[[float], bool]) -> dict[str | None, Template]:
        own = [one for one in broken if sent((one.started_at - START) / HOUR)]
        return {one.app: one for one in look(sorted([*own, *others], key=lambda one: one.started_at)).templates}

    gone = both(lambda hours: hours < 20)["concierge"]
    assert gone.outcome.faults == () and len(gone.outcome.past) == 1
    assert gone.restraint is not None and gone.restraint.why.startswith("nobody has sent it since 2026-")
    paused = both(lambda hours: hours < 8 or 16 < hours < 28)["concierge"]
    assert len(paused.outcome.faults) == 1 and paused.outcome.past == ()
