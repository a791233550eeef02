"""One model under the names of logs: whose rules hold for it, and that every spelling costs the same."""

from __future__ import annotations

import pytest
from genai_prices.data_snapshot import get_snapshot
from hypothesis import given
from hypothesis import strategies as st

from analyzers.names import Aliases, family, host_of, maker, placed, spellings, stem
from analyzers.price_list import find

SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
PROFILE = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/"

FAMILIES = [
    # Anthropic: snapshots, aliases and older orders of words
    ("anthropic", "claude-sonnet-4-5-20250929", "anthropic", "claude-sonnet-4-5"),
    ("Anthropic", "claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-opus-4-0", "anthropic", "claude-opus-4"),
    ("anthropic", "claude-opus-4-20250514", "anthropic", "claude-opus-4"),
    ("anthropic", "claude-opus-4-1-20250805", "anthropic", "claude-opus-4-1"),
    ("anthropic", "claude-3-5-haiku-latest", "anthropic", "claude-3-5-haiku"),
    ("anthropic.messages", "claude-opus-5", "anthropic", "claude-opus-5"),
    (None, "anthropic/claude-opus-4.6-fast", "anthropic", "claude-opus-4-6"),
    (None, "claude-4-sonnet", "anthropic", "claude-sonnet-4"),
    ("openai", "claude-sonnet-5", "anthropic", "claude-sonnet-5"),
    ("azure", "claude-opus-4-5", "anthropic", "claude-opus-4-5"),
    ("anthropic", "our-own-thing", "anthropic", "our-own-thing"),
    # Amazon Bedrock: regions, ARNs, versions
    ("aws.bedrock", SONNET, "bedrock", "anthropic.claude-sonnet-4-5"),
    ("AWS", "global.anthropic.claude-opus-5-5", "bedrock", "anthropic.claude-opus-5-5"),
    ("bedrock", PROFILE + SONNET, "bedrock", "anthropic.claude-sonnet-4-5"),
    ("bedrock", "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/anthropic.claude-3-5-sonnet-20241022-v2:0",
     "bedrock", "anthropic.claude-3-5-sonnet"),
    ("bedrock", "bedrock/us-east-1/anthropic.claude-opus-4-20250514-v1:0", "bedrock", "anthropic.claude-opus-4"),
    ("litellm", "bedrock/converse/us.amazon.nova-pro-v1:0", "bedrock", "amazon.nova-pro"),
    ("bedrock_converse", "amazon.nova-pro-v1:0:300k", "bedrock", "amazon.nova-pro"),
    ("amazon-bedrock", "claude-sonnet-4-5", "bedrock", "anthropic.claude-sonnet-4-5"),
    ("anthropic", "anthropic.claude-haiku-4-5-20251001-v1:0", "bedrock", "anthropic.claude-haiku-4-5"),
    (None, "eu.openai.gpt-5.6-sol", "bedrock", "openai.gpt-5.6-sol"),
    ("bedrock", "openai.gpt-oss-120b-1:0", "bedrock", "openai.gpt-oss-120b"),
    ("bedrock", "deepseek.r1-v1:0", "bedrock", "deepseek.r1"),
    # Google
    ("gcp.gemini", "gemini-2.5-flash", "google", "gemini-2.5-flash"),
    ("google-gla", "gemini-2.5-flash-preview-09-2025", "google", "gemini-2.5-flash-preview"),
    ("google.generative-ai", "models/gemini-2.0-flash-001", "google", "gemini-2.0-flash"),
    ("gcp.vertex_ai", "publishers/google/models/gemini-3.5-flash", "google", "gemini-3.5-flash"),
    (None, "projects/p/locations/global/publishers/anthropic/models/claude-opus-4-5", "vertex_anthropic", "claude-opus-4-5"),
    ("vertex_ai", "claude-sonnet-4-5@20250929", "vertex_anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-sonnet-4-5@20250929", "vertex_anthropic", "claude-sonnet-4-5"),
    ("google.vertex.chat", "gemini-3.5-flash", "google", "gemini-3.5-flash"),
    ("vertex_ai", "vertex_ai/gemini-2.5-pro", "google", "gemini-2.5-pro"),
    ("vertex_ai", "vertex_ai/meta/llama-4-scout", "vertex", "llama-4-scout"),
    # OpenAI, and what only speaks its dialect
    ("openai", "gpt-4o-2024-08-06", "openai", "gpt-4o"),
    ("OpenAI", "openai/gpt-5.4", "openai", "gpt-5.4"),
    ("openai.responses", "gpt-6.1-sol-2026-10-01", "openai", "gpt-6.1-sol"),
    ("openai", "gpt-5-chat-latest", "openai", "gpt-5-chat"),
    ("openai", "chat-latest", "openai", "chat-latest"),
    ("openai", "o3-mini-2025-01-31", "openai", "o3-mini"),
    ("openai", "ft:gpt-4o-mini-2024-07-18:acme::9x", "openai", "gpt-4o-mini"),
    ("openai", "ft:gpt-4o-mini:acme:v2:9x:ckpt-step-100", "openai", "gpt-4o-mini"),
    ("openai", "our-deployment", "openai", "our-deployment"),
    ("openai", "Qwen/Qwen3-8B", "", "qwen3-8b"),
    ("openai", "openai/gpt-oss-120b", "", "gpt-oss-120b"),
    ("openai", "deepseek-chat", "deepseek", "deepseek-chat"),
    (None, "gpt-4o-mini", "openai", "gpt-4o-mini"),
    ("some-gateway", "gpt-4.1-2025-04-14", "openai", "gpt-4.1"),
    (None, "acme-1", "", "acme-1"),
    (None, None, "", ""),
    # Azure
    ("az.ai.openai", "gpt-4o-2024-08-06", "azure_openai", "gpt-4o"),
    ("azure", "azure/eu/gpt-5.4-2026-03-05", "azure_openai", "gpt-5.4"),
    ("azure", "gpt-35-turbo", "azure_openai", "gpt-3.5-turbo"),
    ("azure", "our-deployment", "azure_openai", "our-deployment"),
    ("azure", "gpt-4o-mini-2024-07-18.ft-0123456789abcdef", "azure_openai", "gpt-4o-mini"),
    ("azure_ai", "azure_ai/deepseek-r1", "azure_ai", "deepseek-r1"),
    ("openai", "azure/gpt-4o", "azure_openai", "gpt-4o"),
    # Everyone else
    ("openrouter", "anthropic/claude-sonnet-4.5", "openrouter", "anthropic/claude-sonnet-4-5"),
    ("openai", "openrouter/openai/gpt-5.4:nitro", "openrouter", "openai/gpt-5.4"),
    ("groq", "openai/gpt-oss-120b", "groq", "gpt-oss-120b"),
    (None, "groq/llama-3.3-70b-versatile", "groq", "llama-3.3-70b-versatile"),
    ("together_ai", "moonshotai/Kimi-K3", "together_ai", "Kimi-K3"),
    ("fireworks_ai", "accounts/fireworks/models/kimi-k3", "fireworks", "kimi-k3"),
    (None, "fireworks_ai/accounts/fireworks/models/kimi-k3", "fireworks", "kimi-k3"),
    ("moonshot_ai", "kimi-k3", "moonshot", "kimi-k3"),
    ("dashscope", "qwen-plus", "alibaba", "qwen-plus"),
    ("zhipuai", "GLM-5.2", "zai", "glm-5.2"),
    ("minimax", "minimax-m2.5", "minimax", "MiniMax-M2.5"),
    ("x_ai", "xai/grok-4.6", "xai", "grok-4.6"),
    ("xai", "grok-build-latest", "xai", "grok-build-latest"),
    ("mistral_ai", "mistral-large-latest", "mistral", "mistral-large"),
    ("deepseek", "deepseek-v4-flash", "deepseek", "deepseek-v4-flash"),
    ("hosted_vllm", "hosted_vllm/Qwen/Qwen3-8B", "vllm", "qwen3-8b"),
    ("openai", "ollama/llama3", "ollama", "llama3"),
    ("sglang", "meta-llama/Llama-3.3-70B-Instruct", "sglang", "llama-3.3-70b-instruct"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "model", "whose", "bare"), FAMILIES, ids=lambda x: str(x)[:40])
def test_whose_rules_hold(provider: str | None, model: str | None, whose: str, bare: str) -> None:
    assert family(provider, model) == (whose, bare)


@pytest.mark.parametrize(("provider", "model", "whose", "bare"), FAMILIES, ids=lambda x: str(x)[:40])
def test_a_family_is_its_own(provider: str | None, model: str | None, whose: str, bare: str) -> None:
    if whose not in ("", "vertex_anthropic", "ollama"):
        assert family(whose, bare) == (whose, bare)


@pytest.mark.parametrize(
    ("names", "provider"),
    [
        (("claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4.5"), "anthropic"),
        (("gemini-2.5-flash", "models/gemini-2.5-flash", "publishers/google/models/gemini-2.5-flash-001",
          "gemini/gemini-2.5-flash"), "google"),
        ((SONNET, PROFILE + SONNET, "bedrock/" + SONNET, "anthropic.claude-sonnet-4-5-20250929-v1:0",
          "claude-sonnet-4-5", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"), "bedrock"),
        (("gpt-4o-mini", "azure/gpt-4o-mini", "gpt-4o-mini-2024-07-18"), "azure"),
        (("ft:gpt-4o-mini:acme::9x", "ft:gpt-4o-mini-2024-07-18:acme::9x"), "openai"),
        (("claude-sonnet-4-5@20250929", "vertex_ai/claude-sonnet-4-5"), "vertex_ai"),
    ],
)  # fmt: skip
def test_every_spelling_has_the_same_row_of_the_price_list(names: tuple[str, ...], provider: str) -> None:
    rows = [find(provider, name) for name in names]
    assert rows[0] is not None
    assert all(row is not None and row.model is rows[0].model for row in rows), [row and row.model.id for row in rows]


def test_region_groups_of_bedrock_keep_their_own_price() -> None:
    near, everywhere = find("bedrock", SONNET), find("bedrock", "global" + SONNET.removeprefix("us"))
    assert near and everywhere
    assert near.model is not everywhere.model


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "ft:gpt-9:acme::9x"),  # a tuned model never costs what its base costs
        ("watsonx", "kimi-k3"),  # open weights cost at each host what that host asks
        ("together_ai", "acme/kimi-k3-of-ours"),
        ("bedrock", "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc123"),
        ("bedrock", "anthropic.claude-not-yet"),
        ("openai", "our-claude-fork"),
    ],
)
def test_no_price_is_better_than_another_models(provider: str, model: str) -> None:
    assert find(provider, model) is None


def test_whoever_the_list_knows_is_found_under_its_own_names() -> None:
    snapshot, found = get_snapshot(), 0
    for seller in snapshot.providers:
        for model in seller.models:
            try:
                itself = snapshot.find_provider_model(model.id, None, seller.id, None) == (seller, model)
            except LookupError:
                continue
            if itself:
                row = find(seller.id, model.id)
                assert row is not None and row.model is model, (seller.id, model.id)
                found += 1
    assert found > 2_000


def test_what_stands_behind_a_name() -> None:
    aliases = Aliases({"Our-Deployment": "gpt-4o", "azure/fast": "gpt-4o-mini", "abc123": SONNET})
    assert aliases.of("azure", "our-deployment") == "gpt-4o"
    assert aliases.of("azure", "fast") == "gpt-4o-mini"
    assert aliases.of("openai", "fast") == "fast"
    arn = "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc123"
    assert aliases.family("bedrock", arn) == ("bedrock", "anthropic.claude-sonnet-4-5")
    assert aliases.of("azure", None) == ""


@pytest.mark.parametrize(
    "names",
    [
        ("gpt-4o-mini", "openai/gpt-4o-mini", "gpt-4o-mini-2024-07-18", "azure/gpt-4o-mini"),
        ("claude-sonnet-4-5", SONNET, PROFILE + SONNET, "claude-sonnet-4-5@20250929", "openrouter/anthropic/claude-sonnet-4.5"),
        ("eu.openai.gpt-5.6-sol", "gpt-5.6-sol"),
    ],
)  # fmt: skip
def test_one_model_has_one_stem(names: tuple[str, ...]) -> None:
    assert len({stem(name) for name in names}) == 1


def test_different_models_do_not() -> None:
    models = (
        "gpt-4o",
        "gpt-4o-mini",
        "gpt-4.1",
        "gpt-5.6",
        "gpt-5.6-sol",
        "claude-opus-4-1",
        "claude-opus-4",
        "o1",
        "o3",
    )
    assert len({stem(name) for name in models}) == len(models)


@given(st.one_of(st.none(), st.text(max_size=60)), st.one_of(st.none(), st.text(max_size=200)))
def test_any_text_is_read(provider: str | None, model: str | None) -> None:
    family(provider, model)
    placed(provider, model)
    assert spellings(provider, model or "")
    assert isinstance(host_of(provider or "") + maker(model or "") + stem(model or ""), str)


def test_long_dotted_names_are_read() -> None:
    assert family("." * 200, "/" * 200 + ":" * 200) == family("x.y" * 66, "/" * 200 + ":" * 200)
