"""Calls as they may come, hostile text included."""

from __future__ import annotations

from hypothesis import strategies as st

from analyzers.core import Call, Message, Part, Usage

HOSTILE = st.one_of(
    st.text(st.characters(codec=None), max_size=30),
    st.sampled_from(
        ["", "[/foo]", "\x1b[31mred\x1b[0m", "a\x00b", "\ud800", "\u202eabc", "<script>", "ظ" * 5, "|" * 9, "=1+1"]
    ),
)
NAMES = st.one_of(
    st.none(),
    st.sampled_from(["support-bot", "faq-bot", "search", "\u202eabc", "<script>", "a|b", "=1+1"]),
    st.text(max_size=30),
)
MODELS = st.sampled_from(
    [
        ("openai", "gpt-4o-mini"),
        ("openai", "gpt-5.4"),
        ("anthropic", "claude-sonnet-4-5"),
        ("vllm", "Qwen/Qwen3-8B"),
        ("acme", "acme-large-1"),
        (None, None),
    ]
)
COUNTS = st.integers(0, 300_000)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Known in full, in part, in contradiction to itself, without its split, or not reported."""
    kind = draw(st.sampled_from(["full", "full", "split unknown", "reads unknown", "at odds", "none", "no output"]))
    if kind == "none":
        return Usage()
    output = None if kind == "no output" else draw(st.integers(0, 5_000))
    reasoning = None if output is None else draw(st.one_of(st.none(), st.integers(0, output)))
    if kind == "split unknown":
        return Usage(output=output, reasoning=reasoning, input_total=draw(COUNTS))
    uncached, read, short, long = (draw(COUNTS) for _ in range(4))
    if kind == "reads unknown":
        return Usage(None, None, short, None, output, reasoning, uncached + read + short)
    if kind == "at odds":
        return Usage(uncached, None, short, None, output, reasoning, draw(COUNTS))
    return Usage(uncached, read, short, long, output, reasoning, uncached + read + short + long)


@st.composite
def parts(draw: st.DrawFn) -> Part:
    """A part with any text."""
    kind = draw(st.sampled_from(["text", "tool_call", "tool_result", "reasoning", "image"]))
    return Part(kind, draw(HOSTILE), draw(st.sampled_from([None, "5m", "1h"])))  # type: ignore[arg-type]


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """A valid call within five hours; equal to itself, so without NaN."""
    provider, model = draw(MODELS)
    status = draw(st.sampled_from(["ok", "ok", "ok", "error"]))
    return Call(
        id=draw(st.text(min_size=1, max_size=12)),
        started_at=1_795_000_000.0 + draw(st.integers(0, 5 * 3_600 * 4)) / 4,
        format="hone",
        observer=draw(st.sampled_from(["", "gateway"])),
        duration=draw(st.sampled_from([None, 0.0, 0.25, 1.5, 60.0, -3.0])),
        time_to_first_token=draw(st.sampled_from([None, 0.125, 0.5])),
        provider=provider,
        request_model=model,
        response_model=draw(st.sampled_from([None, model])),
        app=draw(NAMES),
        environment=draw(st.sampled_from([None, "prod", "staging"])),
        team=draw(NAMES),
        conversation=draw(st.sampled_from([None, "c1", "c2"])),
        tags=tuple(draw(st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f"]), max_size=3, unique=True))),
        system=tuple(draw(st.lists(parts(), max_size=2))),
        messages=tuple(
            Message(role, tuple(draw(st.lists(parts(), max_size=2))))  # type: ignore[arg-type]  # drawn from its values
            for role in draw(st.lists(st.sampled_from(["user", "assistant", "tool"]), max_size=3))
        ),
        output=tuple(draw(st.lists(parts(), max_size=2))),
        parameters=draw(st.sampled_from([{}, {"temperature": 0.5}, {"batch": True}])),
        usage=draw(usages()),
        status=status,  # type: ignore[arg-type]  # drawn from its values
        error_type=draw(st.sampled_from(["429", "timeout"])) if status == "error" else None,
        service_tier=draw(st.sampled_from([None, "default", "flex", "priority"])),
        logged_cost=draw(st.sampled_from([None, 0.0, 0.0125])),
        response_cache_hit=draw(st.booleans()),
        embedding=draw(st.sampled_from([None, b"\0\0\x80\x3f" * 3])),
        embedding_model=draw(st.sampled_from([None, "mine-v1"])),
    )
