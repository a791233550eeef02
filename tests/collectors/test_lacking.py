"""What calls do not say is counted exactly, whoever's they are and however they were cut."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.core import Call, Usage
from collectors.formats import NAMES
from collectors.lacking import added, lacking, lacks, setting
from tests.strategies import calls

KNOWN = Usage(80, 20, 0, 0, 5, None, 100)
SPLIT_UNKNOWN = Usage(output=5, input_total=100)
V2 = "opentelemetry.instrumentation.openai_v2"


def call(form: str = "openai", **more: object) -> Call:
    return Call(**{"id": "x", "started_at": 1.0, "format": form, "usage": KNOWN, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (call(), ()),
        (call(text_state="absent"), ("text:absent",)),
        (call(text_state="absent", text_key="trace:span"), ("text:apart",)),
        (call(text_state="full", text_key="trace:span"), ()),
        (call(text_state="redacted", usage=SPLIT_UNKNOWN), ("text:redacted", "cache_split")),
        (call(text_state="hashes"), ()),
        (call(usage=Usage()), ("usage",)),
        (call(usage=Usage(input_total=3)), ("usage",)),
        (call(usage=Usage(), status="error"), ()),
        (call(usage=Usage(input_total=3), status="error"), ("usage",)),
        (call(usage=SPLIT_UNKNOWN, response_cache_hit=True), ()),
        (call(time_source="broker"), ("time",)),
        (call(time_source="unknown", text_state="offloaded"), ("text:offloaded", "time")),
    ],
)
def test_what_a_call_does_not_say(one: Call, found: tuple[str, ...]) -> None:
    assert lacks(one) == found


@given(st.lists(calls(), max_size=20), st.integers(0, 20))
def test_counts_are_those_of_the_calls_and_add_up(found: list[Call], cut: int) -> None:
    whole = lacking(found)
    one_by_one = Counter(lack for one in found for lack in lacks(one))
    total: Counter[str] = Counter()
    for table in whole.values():
        total.update(table)
    assert total == one_by_one
    assert added(lacking(found[:cut]), lacking(found[cut:])) == whole
    assert added({}, whole) == whole == added(whole, {})


def test_each_producer_has_its_own_setting() -> None:
    found = lacking(
        [
            call("otel", observer=V2, text_state="absent"),
            call("otel", observer="my.own.scope", text_state="absent"),
            call("litellm", observer="whoever", text_state="redacted"),
            call("litellm", observer="else", text_state="redacted"),
        ]
    )
    assert found == {
        f"otel {V2}": {"text:absent": 1},
        "otel": {"text:absent": 1},
        "litellm": {"text:redacted": 2},
    }
    settings = {producer: setting(producer, lack) for producer, table in found.items() for lack in table}
    assert "otlp_logs" in (settings[f"otel {V2}"] or "")
    assert "SPAN_ONLY" in (settings["otel"] or "")
    assert "turn_off_message_logging" in (settings["litellm"] or "")
    assert "[formats.mine]" in (setting("mine", "usage") or "")
    assert setting("mooncake", "text:absent") is None


def test_any_number_of_scopes_is_few_producers() -> None:
    found = lacking([call("otel", observer=f"scope-{n}", text_state="absent") for n in range(1_000)])
    assert found == {"otel": {"text:absent": 1_000}}


def test_every_format_has_its_settings() -> None:
    for form in NAMES - {"otlp"}:
        assert "[formats." not in (setting(form, "usage") or ""), form
