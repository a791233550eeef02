"""The caches against slow ones that anybody can check, and against what the providers' documents say."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.core import Call, Part
from analyzers.prompt_caching.chain import Chain, Chains
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.simulate import Best, Caches
from analyzers.prompt_caching.sizes import Sizes
from analyzers.prompt_caching.templates import told_apart
from analyzers.prompt_caching.unit_cache import FOREVER, UnitCache
from analyzers.prompt_caching.whole_cache import WholeCache
from tests.analyzers.prompt_caching.prompts import call, message, prompts, text

LIVES = (300.0, 3_600.0, FOREVER)


def chain(keys: list[int], unit: int = 100) -> Chain:
    """A chain whose keys hold everything before them."""
    folded = []
    key = 0
    for one in keys:
        key = hash((key, one))
        folded.append(key)
    return Chain(unit, folded, [], [], unit * len(keys))


requests = st.lists(
    st.tuples(st.lists(st.integers(0, 2), min_size=1, max_size=6), st.floats(0, 1_000), st.floats(0, 400)), max_size=25
)


@given(requests)
def test_units_live_as_a_plain_list_of_them_says(sent: list[tuple[list[int], float, float]]) -> None:
    cache = UnitCache(LIVES, [300.0])
    used: dict[int, float] = {}
    ready: dict[int, float] = {}
    at = 0.0
    paid = written = 0
    unread: set[int] = set()
    for keys, gap, wait in sent:
        at += gap
        one = chain(keys)
        found = cache.serve(one, at, at + wait)
        expected = []
        for life in LIVES:
            depth = 0
            for key in one.units:
                if key not in used or at - used[key] > life or ready[key] > at:
                    break
                depth += 1
            expected.append(100 * depth)
        assert found.read == tuple(expected)
        short = expected[0] // 100
        paid += found.paid[0]
        for key in one.units[:short]:
            written += 100 if key in unread else 0
            unread.discard(key)
        unread.update(one.units[short:])
        for depth, key in enumerate(one.units):
            if key not in used or (depth >= expected[-1] // 100 and at - used[key] > LIVES[-1]):
                ready[key] = at + wait
            used[key] = at
    assert paid == written


def test_what_is_alive_under_the_longest_lifetime_is_all_that_is_kept() -> None:
    cache = UnitCache((300.0,))
    for number in range(200_000):
        cache.serve(chain([number]), float(number), float(number))
    assert len(cache) < 110_000


def test_whole_units_are_read_once_they_were_seen_to_be_shared() -> None:
    cache = WholeCache(3_600.0)
    a, b, c, d = [1, 2], [3], [4], [5]
    assert cache.serve(chain(a + b), 0.0, 0.0) == 0
    assert cache.serve(chain(a + c), 10.0, 10.0) == 0
    assert cache.serve(chain(a + d), 20.0, 20.0) == 200
    assert cache.serve(chain(a + b + [6]), 30.0, 30.0) == 300


def test_a_unit_ends_behind_an_answer_once_it_is_there() -> None:
    cache = WholeCache(3_600.0)
    asked, answer, more = [1, 2], [3, 4], [5]
    whole = chain(asked + answer)
    assert cache.serve(chain(asked), 0.0, 6.0, whole.units, 16.0) == 0
    assert cache.serve(chain(asked + answer + more), 10.0, 16.0) == 200
    assert cache.serve(chain(asked + answer + more), 20.0, 26.0) == 500
    late = WholeCache(3_600.0)
    late.serve(chain(asked), 0.0, 6.0, whole.units, 16.0)
    assert late.serve(chain(asked + answer + more), 20.0, 26.0) == 400


def test_deepseek_reads_the_answer_that_the_next_request_brings_along() -> None:
    question, answer = message("user", text(600, "q")), text(700, "a")

    def of(sent: str) -> list[tuple[int, int, int]]:
        first = call(
            0, [question], model="deepseek-v4-pro", provider="deepseek", total=1_500, output=(Part("text", answer),)
        )
        history = [question, message("assistant", sent), message("user", "and then?")]
        second = call(60, history, model="deepseek-v4-pro", provider="deepseek", total=3_200)
        return served(prompts([msgspec.structs.replace(first, duration=9.0), second]))

    assert of(answer)[1][0] > 2_900
    assert 1_200 < of("shortened: " + answer[:900])[1][0] <= 1_600


def served(found: list[Prompt]) -> list[tuple[int, int, int]]:
    sizes = Sizes()
    sizes.learn(found)
    caches = Caches(Chains(sizes))
    out = []
    for prompt in found:
        tokens = caches.serve(prompt)
        assert tokens is not None
        assert tokens.total == prompt.total
        assert min(tokens) >= 0
        out.append((tokens.read, tokens.write_short, tokens.write_long))
    return out


RULES_OF_TEXT = text(1_200)


def claude(
    at: float,
    words: str,
    *,
    mark: str = "5m",
    model: str = "claude-sonnet-4-5",
    system: str = RULES_OF_TEXT,
    first_token: float = 0.5,
) -> Call:
    return call(
        at,
        [message("user", words)],
        system=[Part("text", system, mark)],
        model=model,
        provider="anthropic",
        total=len(system) // 4 + len(words) // 4,
        first_token=first_token,
    )


def test_an_entry_is_written_once_and_read_until_its_lifetime_after_the_last_use_has_passed() -> None:
    found = served(prompts([claude(t, f"question {t}") for t in (0, 200, 400, 701)]))
    size = found[0][1]
    assert size > 1_024
    assert found == [(0, size, 0), (size, 0, 0), (size, 0, 0), (0, size, 0)]


def test_an_hour_is_written_at_its_own_price_and_lives_an_hour() -> None:
    found = served(prompts([claude(t, f"question {t}", mark="1h") for t in (0, 3_500, 7_101)]))
    size = found[0][2]
    assert found == [(0, 0, size), (size, 0, 0), (0, 0, size)]


def test_an_entry_can_be_read_when_its_writer_begins_to_answer() -> None:
    found = served(prompts([claude(t, f"question {t}", first_token=2.0) for t in (0, 1, 3)]))
    size = found[0][1]
    assert found == [(0, size, 0), (0, size, 0), (size, 0, 0)]


def test_below_the_minimum_nothing_is_cached_and_nothing_said() -> None:
    short = text(100)
    assert served(prompts([claude(t, "q", system=short) for t in (0, 10)])) == [(0, 0, 0), (0, 0, 0)]


def test_one_model_caches_what_is_too_short_for_another() -> None:
    assert served(prompts([claude(t, "q") for t in (0, 10)]))[1][0] > 1_024
    assert served(prompts([claude(t, "q", model="claude-haiku-4-5") for t in (0, 10)])) == [(0, 0, 0), (0, 0, 0)]


def test_nothing_is_cached_without_a_breakpoint() -> None:
    plain = [
        call(
            t,
            [message("user", "q")],
            system=RULES_OF_TEXT,
            model="claude-sonnet-4-5",
            provider="anthropic",
            total=5_000,
        )
        for t in (0, 10)
    ]
    assert served(prompts(plain)) == [(0, 0, 0), (0, 0, 0)]


def test_blocks_are_read_in_whole_steps_and_cost_nothing_to_write() -> None:
    same = [call(t, [message("user", f"question {t}")], system=RULES_OF_TEXT, total=1_800) for t in (0, 60, 800)]
    found = served(prompts(same))
    assert found[0] == (0, 0, 0)
    assert found[1][0] > 1_024
    assert found[1][0] % 128 == 0
    assert found[2] == (0, 0, 0)


def turns(count: int, blocks: int) -> list[Prompt]:
    calls = []
    history = [message("user", text(1_500, "first"))]
    for number in range(count):
        marked = [
            *history[:-1],
            message("user", [*history[-1].parts[:-1], Part("text", history[-1].parts[-1].text, "5m")]),
        ]
        calls.append(
            call(60.0 * number, marked, system="rules", model="claude-sonnet-4-5", provider="anthropic", total=9_000)
        )
        history = [
            *history,
            message("assistant", [Part("text", f"answer {number}.{k}") for k in range(blocks)]),
            message("user", f"next {number}"),
        ]
    return prompts(calls)


@pytest.mark.parametrize(("blocks", "found"), [(10, True), (30, False)])
def test_the_look_back_ends_after_twenty_positions(blocks: int, found: bool) -> None:
    assert (served(turns(2, blocks))[1][0] > 0) is found


def test_a_run_of_tool_results_is_one_position() -> None:
    first = [message("user", text(1_500, "first"))]
    results = message("user", [Part("tool_result", f"result {k}") for k in range(30)])
    last = message("user", [Part("text", "go on", "5m")])
    opening = message("user", [Part("text", text(1_500, "first"), "5m")])
    found = prompts(
        [
            call(0, [opening], model="claude-sonnet-4-5", provider="anthropic", total=9_000),
            call(9, [*first, results, last], model="claude-sonnet-4-5", provider="anthropic", total=9_000),
        ]
    )
    assert served(found)[1][0] > 1_024


def test_settings_that_are_part_of_the_prefix_keep_requests_apart() -> None:
    def sent(effort: str) -> list[tuple[int, int, int]]:
        return served(
            prompts(
                [
                    call(
                        t, [message("user", "q")], system=RULES_OF_TEXT, total=1_800, parameters={"reasoning_effort": e}
                    )
                    for t, e in ((0, "low"), (9, effort))
                ]
            )
        )

    assert sent("low")[1][0] > 1_024
    assert sent("high")[1][0] == 0


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 900), st.integers(100, 9_000)),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=30)
def test_parts_add_up_to_the_logged_total_whatever_was_logged(sent: list[tuple[int, int, int, int]]) -> None:
    found = prompts(
        call(
            float(at * 60),
            [message("user", text(300, f"m{question}"))],
            system=text(900, f"s{head}"),
            total=total,
            id=str(at),
        )
        for at, (head, question, _, total) in enumerate(sent)
    )
    sizes = Sizes()
    sizes.learn(found)
    chains = Chains(sizes)
    caches, best = Caches(chains), Best(chains)
    for prompt in found:
        assert prompt.total is not None
        tokens, ceilings = caches.serve(prompt), best.ceilings(prompt)
        assert tokens is not None and ceilings is not None
        for one in (tokens, ceilings.infinite, ceilings.best, *ceilings.by_lifetime):
            assert one.total == prompt.total
            assert min(one) >= 0
        assert tokens.read <= ceilings.infinite.read


def test_two_prompts_share_keys_exactly_as_far_as_they_share_text() -> None:
    a, b = prompts(
        [
            call(0, [message("user", text(500, "same") + " one")], system=RULES_OF_TEXT),
            call(1, [message("user", text(500, "same") + " two and more")], system=RULES_OF_TEXT),
        ]
    )
    chains = Chains(Sizes())
    one, two = chains.chain(a), chains.chain(b)
    shared = sum(x == y for x, y in zip(one.units, two.units, strict=False))
    assert one.units[:shared] == two.units[:shared]
    assert shared >= len(one.units) - 2
    assert one.ends[0] == two.ends[0]
    assert one.ends[1] != two.ends[1]


def test_prompts_of_an_application_in_several_languages_have_sizes_of_their_own() -> None:
    """One has a token for each word of five letters, the other three for each."""
    calls = [
        call(
            20.0 * n,
            [message("user", "hello?")],
            system=text(1_500, "abc" if n % 2 else "xyz"),
            total=(n % 2 * 2 + 1) * 1_500,
        )
        for n in range(80)
    ]
    found = told_apart(prompts(calls))
    sizes = Sizes()
    sizes.learn(found)
    heads = [Chains(sizes).chain(prompt).head for prompt in found[:2]]
    assert heads == pytest.approx([1_500, 4_500], rel=0.01)
