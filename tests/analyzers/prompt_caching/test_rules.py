"""The rules: every one can be used, the particular stands before the general, one's own go first."""

from __future__ import annotations

import pytest

from analyzers.errors import HoneError
from analyzers.prompt_caching.rules import Rule, load

RULES = load()


@pytest.mark.parametrize("rule", list(RULES), ids=lambda rule: rule.id)
def test_a_rule_is_whole(rule: Rule) -> None:
    assert rule.source and rule.date and rule.confidence
    assert rule.lifetime > 0
    assert 0 <= rule.read < 1 <= min(rule.write)
    assert not rule.lifetimes_s or len(rule.write) == len(rule.lifetimes_s)
    assert rule.match != "breakpoint" or (rule.breakpoints > 0 and rule.lookback > 0)


@pytest.mark.parametrize(
    ("provider", "model", "minimum", "read", "write"),
    [
        ("anthropic", "claude-sonnet-4-5", 1_024, 0.10, (1.25, 2.0)),
        ("anthropic", "claude-haiku-4-5", 4_096, 0.10, (1.25, 2.0)),
        ("anthropic", "claude-opus-4-7", 2_048, 0.10, (1.25, 2.0)),
        ("anthropic", "claude-opus-5-5", 512, 0.05, (1.25, 2.0)),
        ("anthropic", "claude-fable-5-1", 512, 0.025, (1.25, 2.0)),
        ("bedrock", "anthropic.claude-opus-4-7", 4_096, 0.10, (1.25, 2.0)),
        ("openai", "gpt-5.6", 1_024, 0.10, (1.25, 2.5)),
        ("openai", "gpt-6.1-sol", 1_024, 0.05, (1.25, 2.5)),
        ("openai", "gpt-5.4", 1_024, 0.10, (1.0, 1.0)),
        ("openai", "gpt-4.1", 1_024, 0.25, (1.0, 1.0)),
        ("openai", "gpt-4o-mini", 1_024, 0.50, (1.0, 1.0)),
        ("google", "gemini-2.5-pro", 2_048, 0.10, (1.0,)),
        ("deepseek", "deepseek-v4-pro", 64, 0.0333, (1.0,)),
        ("groq", "llama-4", 128, 0.50, (1.0,)),
        ("vllm", "Qwen/Qwen3-8B", 16, 0.0, (1.0,)),
    ],
)
def test_known_models_have_their_rule(
    provider: str, model: str, minimum: int, read: float, write: tuple[float, ...]
) -> None:
    rule = RULES.find(provider, model)
    assert rule is not None
    assert (rule.minimum, rule.read, rule.write) == (minimum, read, write)


def test_a_model_without_a_rule_is_said_to_have_none() -> None:
    assert RULES.find("acme", "acme-large") is None
    assert RULES.find("openai", "gpt-3.5-turbo") is None
    assert RULES.find(None, None) is None


@pytest.mark.parametrize(
    ("write", "read", "share"), [(1.25, 0.10, 0.217), (1.25, 0.05, 0.208), (1.25, 0.025, 0.204), (2.0, 0.10, 0.526)]
)
def test_break_even_shares_are_the_published_ones(write: float, read: float, share: float) -> None:
    own = load([{"id": "x", "like": "anthropic-1024", "provider": "x", "model": ".", "write": [write], "read": read}])
    rule = own.find("x", "y")
    assert rule is not None
    assert rule.break_even == pytest.approx(share, abs=0.001)


def test_own_rules_go_first_and_take_over_what_they_do_not_say() -> None:
    own = load([{"id": "mine", "like": "openai-5", "provider": "openai", "model": "^gpt-5", "minimum": 2_048}])
    rule = own.find("openai", "gpt-5.4")
    assert rule is not None
    assert (rule.id, rule.minimum, rule.increment, rule.read) == ("mine", 2_048, 128, 0.10)
    assert own.find("openai", "gpt-4o") == RULES.find("openai", "gpt-4o")


@pytest.mark.parametrize(
    "table",
    [
        {"id": "x", "like": "nobody", "provider": "a", "model": "."},
        {"id": "x", "like": "openai-5", "provider": "a", "model": "("},
        {"id": "x", "like": "openai-5", "provider": "a", "model": ".", "minimun": 3},
        {"id": "x", "like": "openai-5", "provider": "a", "model": ".", "minimum": "many"},
        {"id": "x", "provider": "a", "model": "."},
    ],
)
def test_a_wrong_rule_is_named(table: dict[str, object]) -> None:
    with pytest.raises(HoneError, match="'x'"):
        load([table])


@pytest.mark.parametrize("mark", [["1h"], {"ttl": "1h"}, 3600, True, None, "1 hour", ""])
def test_what_is_no_lifetime_is_the_usual_one_whatever_a_log_holds_there(mark: object) -> None:
    rule = RULES.find("openai", "gpt-5.6")
    assert rule is not None
    assert rule.lifetime_of(mark) == rule.lifetime
    assert rule.lifetime_of("12h") == 43_200
