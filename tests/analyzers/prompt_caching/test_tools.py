"""Tools: their order, which there are, how they are written, what they say."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.core import Call
from analyzers.prompt_caching.tools import key_order, sorted_keys
from tests.fixtures.heads import RULES, Ask, Render, asks, call, faults, fixed, look, only, priced, spot
from tests.fixtures.talks import prose

NAMES = ("buche_zimmer", "storniere", "zeige_plan", "rufe_taxi", "wecke_gast", "lies_post", "zahle", "frage_chef")


def tool(name: str, said: str = "") -> dict[str, Any]:
    return {
        "name": name,
        "description": f"{prose(Random(name), 40)}{said}",
        "input_schema": {
            "type": "object",
            "properties": {
                key: {"type": "string", "description": prose(Random(key + name), 9)} for key in ("wann", "wer", "wo")
            },
            "required": ["wer"],
        },
    }


def written(*tools: dict[str, Any]) -> tuple[str, ...]:
    return tuple(json.dumps(some, ensure_ascii=False) for some in tools)


ALL = written(*map(tool, NAMES))


def calls(tools: Render, **how: Any) -> list[Call]:
    return [call(ask, fixed(RULES), tools) for ask in asks(**how)]


def test_tools_in_another_order() -> None:
    stream = calls(lambda ask: tuple(ask.chance.sample(ALL, len(ALL))))
    found = only(stream)
    assert (found.kind, found.place.segment) == ("tool_order", "tools")
    assert found.stranded > 2_000
    assert set(found.was.split(", ")) == set(NAMES)


def test_an_order_of_each_process() -> None:
    orders = [Random(i).sample(ALL, len(ALL)) for i in range(3)]
    assert only(calls(lambda ask: tuple(ask.own.choice(orders)), talks=40, turns=3)).kind == "tool_order"


def test_an_order_that_a_deploy_changed_is_no_fault() -> None:
    assert faults(calls(lambda ask: ALL if ask.number < 40 else ALL[::-1])) == []


def test_tools_by_turns_are_no_deploy_and_those_of_a_deploy_are_one() -> None:
    orders = [Random(i).sample(ALL, len(ALL)) for i in range(5)]
    mixed = calls(lambda ask: tuple(ask.chance.choice(orders)))
    assert [one.drifts for one in look(mixed).templates] == [()]
    (deployed,) = look(calls(lambda ask: ALL if ask.number < 40 else ALL[::-1])).templates
    assert {drift.place.segment for drift in deployed.drifts} == {"tools"}


def test_tools_that_come_and_go() -> None:
    stream = calls(lambda ask: tuple(t for i, t in enumerate(ALL) if i < 4 or ask.chance.random() < 0.5))
    found = only(stream)
    assert (found.kind, found.place.segment) == ("tool_set_varies", "tools")
    assert f"all {len(ALL)} tools" in found.fix


@pytest.mark.parametrize("other", [ALL[:4], written(*(tool(name, " Nur nach Anmeldung.") for name in NAMES))])
def test_tools_of_two_kinds_of_users_are_no_fault(other: tuple[str, ...]) -> None:
    assert faults(calls(lambda ask: other if ask.own.random() < 0.5 else ALL, talks=24)) == []


def test_all_tools_always_cost_their_tokens() -> None:
    stream = calls(lambda ask: tuple(t for i, t in enumerate(ALL) if i < 4 or ask.chance.random() < 0.5))
    (template,) = look(stream).templates
    for before, after in zip(template.outcome.repaired.origin.prompts, template.outcome.repaired.prompts, strict=True):
        missing = len(ALL) - len([s for s in before.segments if s.level == "tools"])
        assert before.total is not None
        assert after.total is not None
        assert (after.total > before.total) == (missing > 0)
    assert (
        len({tuple(s.text for s in p.segments if s.level == "tools") for p in template.outcome.repaired.prompts}) == 1
    )


def test_tools_that_come_and_go_in_any_order_are_two_faults() -> None:
    def tools(ask: Ask) -> tuple[str, ...]:
        some = [t for i, t in enumerate(ALL) if i < 5 or ask.chance.random() < 0.6]
        return tuple(ask.chance.sample(some, len(some)))

    found = priced(calls(tools))
    assert {one.fault.kind for one in found} == {"tool_order", "tool_set_varies"}


def shuffled(value: Any, chance: Random) -> Any:
    if isinstance(value, dict):
        return {key: shuffled(value[key], chance) for key in chance.sample(list(value), len(value))}
    return [shuffled(inner, chance) for inner in value] if isinstance(value, list) else value


def test_keys_in_another_order() -> None:
    found = only(calls(lambda ask: written(*(shuffled(tool(name), ask.chance) for name in NAMES))))
    assert (found.kind, found.place.segment, found.place.position) == ("key_order", "tools", 0)


def test_keys_in_an_order_of_each_process() -> None:
    def tools(ask: Ask) -> tuple[str, ...]:
        return written(*(shuffled(tool(name), Random(ask.own.randrange(3))) for name in NAMES))

    assert only(calls(tools, talks=40, turns=3)).kind == "key_order"


def test_a_description_that_tells_the_day() -> None:
    stream = calls(
        lambda ask: written(tool("a"), tool("b", f" Frei sind {ask.chance.randrange(900, 4_000)} Betten."), tool("c"))
    )
    found = only(stream)
    assert (found.kind, found.place.segment, found.place.position) == ("tool_text_varies", "tools", 1)
    value = spot(stream, found)
    assert value.isdigit()
    assert f"Frei sind {value} Betten" in stream[-1].tools[1].text


def test_a_description_that_varies_and_keys_in_another_order_are_two_faults() -> None:
    def tools(ask: Ask) -> tuple[str, ...]:
        said = f" Stand {ask.chance.getrandbits(40):010x}."
        return written(*(shuffled(tool(name, said if name == "zahle" else ""), ask.chance) for name in NAMES))

    assert {fault.kind for fault in faults(calls(tools))} == {"key_order", "tool_text_varies"}


@pytest.mark.parametrize("separators", [(",", ":"), (" , ", " : ")])
def test_definitions_written_with_other_spaces(separators: tuple[str, str]) -> None:
    def tools(ask: Ask) -> tuple[str, ...]:
        odd = ask.chance.random() < 0.5
        return tuple(json.dumps(tool(n), ensure_ascii=False, separators=separators if odd else None) for n in NAMES)

    found = only(calls(tools))
    assert (found.kind, found.place.segment) == ("whitespace_drift", "tools")


def test_tools_that_never_change_are_no_fault() -> None:
    assert faults(calls(fixed(*ALL))) == []


json_values = st.recursive(
    st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=5), st.randoms(use_true_random=False))
def test_sorted_keys_are_one_text_for_every_order(value: dict[str, Any], chance: Random) -> None:
    one, two = json.dumps(value), json.dumps(shuffled(value, chance))
    assert sorted_keys(one) == sorted_keys(two)
    assert json.loads(sorted_keys(one)) == value
    assert sorted_keys(sorted_keys(one)) == sorted_keys(one)
    assert key_order(one)[1] == key_order(two)[1]
