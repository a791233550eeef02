"""Streams of one task whose right verdict is known, because it was put in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from analyzers.core import Call, Message, Part, Usage
from analyzers.fine_tuning.facts import Cheaper, Facts
from analyzers.fine_tuning.measure import Caching, TaskCalls, facts_of, is_tuned, look
from analyzers.model_choice import model_choice
from analyzers.prices import Prices

START = 1_793_000_000.0
DAY = 86_400.0

STRICT = {
    "type": "json_schema",
    "json_schema": {"name": "x", "strict": True, "schema": {"type": "object", "required": ["label"]}},
}
LOOSE = {
    "type": "json_schema",
    "json_schema": {"name": "x", "strict": False, "schema": {"type": "object", "required": ["label"]}},
}

TOPICS = ("card", "refund", "parcel", "invoice", "password", "booking", "warranty", "delivery", "account", "voucher")


class Draft(NamedTuple):
    """One call to be: what the injected fault may change."""

    question: str
    answer: str
    fields: dict[str, Any]
    follow: tuple[str, str] | None = None
    """A further turn of the same conversation: asked, answered."""
    follow_model: str | None = None


Injector = Callable[[Draft, Random, int], Draft]


class Stream(NamedTuple):
    """A task to be judged."""

    calls: list[Call]
    calls_month: Decimal
    caching: Caching | None


def stream(
    *,
    days: float = 28,
    calls: int = 2_000,
    month: int = 1_000_000,
    model: str = "gpt-4o-2024-08-06",
    provider: str = "openai",
    static: int = 3_000,
    dynamic: int = 500,
    output: int = 150,
    cached: float = 0.9,
    achievable: float | None = None,
    faults: tuple[tuple[float, Injector], ...] = (),
    burst: float = 0.0,
    mix: tuple[tuple[str, float, float], ...] = (),
    tools: bool = False,
    seed: int = 1,
) -> Stream:
    """`cached` is the share of static tokens read today, `achievable` what better caching would read.

    `faults`: (share of calls, what is done to them). `burst`: share of all calls in the first week. `mix`: other models that
    answer (share) of the calls, failing (share).
    """
    rng = Random(seed)
    made: list[Call] = []
    for number, at in enumerate(_times(rng, calls, days, burst)):
        topic = TOPICS[number % len(TOPICS)]
        draft = Draft(f"Sort this message number {number}: my {topic} is not right", json.dumps({"label": topic}), {})
        for share, inject in faults:
            if rng.random() < share:
                draft = inject(draft, rng, number)
        by, bad = _answered_by(rng, model, mix)
        if bad:
            draft = draft._replace(fields={**draft.fields, "status": "error", "error_type": "timeout"})
        made.extend(_calls(draft, number, at, by, provider, _usage(static, dynamic, output, cached), tools))
    made.sort(key=lambda call: call.started_at)
    rate = Decimal("1.25") / 1_000_000
    better = Decimal(str((cached if achievable is None else achievable) - cached))
    caching = Caching(Decimal(static), static * better * rate, Decimal(str(cached)) + better)
    return Stream(made, Decimal(month), caching)


def _times(rng: Random, calls: int, days: float, burst: float) -> list[float]:
    early = [rng.random() * min(7.0, days) for _ in range(int(calls * burst))]
    return sorted(START + DAY * t for t in (*early, *(rng.random() * days for _ in range(calls - len(early)))))


def _answered_by(rng: Random, model: str, mix: tuple[tuple[str, float, float], ...]) -> tuple[str, bool]:
    drawn = rng.random()
    for other, share, failing in mix:
        if drawn < share:
            return other, rng.random() < failing
        drawn -= share
    return model, False


def _usage(static: int, dynamic: int, output: int, cached: float) -> Usage:
    read = round(static * cached)
    return Usage(uncached_input=static - read + dynamic, cache_read=read, output=output, input_total=static + dynamic)


def _calls(
    draft: Draft, number: int, at: float, model: str, provider: str, usage: Usage, tools: bool
) -> Iterator[Call]:
    asked: tuple[Message, ...] = (Message("user", (Part("text", draft.question),)),)
    fields: dict[str, Any] = {"parameters": {"temperature": 0}, **draft.fields}
    context = fields.pop("context", None)
    if context is not None:
        asked += (Message("tool", (Part("tool_result", context),)),)
    if tools:
        fields["tools"] = (Part("tool_definition", json.dumps({"name": "find", "parameters": {"type": "object"}})),)
    common: dict[str, Any] = {
        "format": "openai",
        "provider": provider,
        "app": "sorter",
        "conversation": f"c{number}",
        "system": (Part("text", "Sort messages of customers by what they are about. Answer with a label as JSON."),),
        "usage": usage,
    }
    yield Call(
        id=f"a{number}",
        started_at=at,
        request_model=model,
        messages=asked,
        output=fields.pop("output", (Part("text", draft.answer),) if draft.answer else ()),
        **common,
        **fields,
    )
    if draft.follow is not None:
        said, then = draft.follow
        messages = (*asked, Message("assistant", (Part("text", draft.answer),)), Message("user", (Part("text", said),)))
        yield Call(
            id=f"b{number}",
            started_at=at + 20,
            request_model=draft.follow_model or model,
            messages=messages,
            output=(Part("text", then),),
            **common,
            parameters={"temperature": 0},
        )


# What can be wrong with an answer.


def unknown(draft: Draft, rng: Random, number: int) -> Draft:
    return draft._replace(
        answer=rng.choice(
            [
                "I don't have any information about that.",
                "I could not find this in the document.",
                "Dazu liegen mir keine Informationen vor.",
            ]
        )
    )


def empty_context(draft: Draft, rng: Random, number: int) -> Draft:
    return draft._replace(
        fields={**draft.fields, "context": rng.choice(["[]", "", "no results found: could not find"])}
    )


def good_context(draft: Draft, rng: Random, number: int) -> Draft:
    return draft._replace(
        fields={**draft.fields, "context": f"Policy about this message: {draft.question} is handled so"}
    )


def fact_corrected(draft: Draft, rng: Random, number: int) -> Draft:
    return draft._replace(follow=(f"No, that is wrong, the number is {number}", "I am sorry."))


def style_corrected(draft: Draft, rng: Random, number: int) -> Draft:
    return draft._replace(follow=("No, I asked for a shorter answer, in a friendly tone", draft.answer))


def format_retried(draft: Draft, rng: Random, number: int) -> Draft:
    return draft._replace(answer=f"Sure! The label is {draft.answer}", follow=("Return only valid JSON", draft.answer))


def loose(draft: Draft, rng: Random, number: int) -> Draft:
    return draft._replace(fields={**draft.fields, "parameters": {"temperature": 0, "response_format": LOOSE}})


def strict(draft: Draft, rng: Random, number: int) -> Draft:
    return draft._replace(fields={**draft.fields, "parameters": {"temperature": 0, "response_format": STRICT}})


def not_json(draft: Draft, rng: Random, number: int) -> Draft:
    return draft._replace(answer="The label would be " + draft.answer[11:-2])


def escalated(draft: Draft, rng: Random, number: int) -> Draft:
    return draft._replace(follow=(draft.question, draft.answer), follow_model="gpt-4")


def tool_misused(draft: Draft, rng: Random, number: int) -> Draft:
    call = Part("tool_call", json.dumps({"name": "serach", "arguments": "{"}))
    return draft._replace(answer="", fields={**draft.fields, "output": (call,)})


def errored(draft: Draft, rng: Random, number: int) -> Draft:
    return draft._replace(answer="", fields={**draft.fields, "status": "error", "error_type": "server_error"})


def few_questions(draft: Draft, rng: Random, number: int) -> Draft:
    return draft._replace(
        question=f"Sort: my {TOPICS[number % 10]} is broken, case {number % 60}",
        answer=json.dumps({"label": TOPICS[number % 10]}),
    )


def facts(made: Stream, prices: Prices) -> Facts:
    """The whole way from calls to what the ladder asks for."""
    looked = look(TaskCalls("t", "sorting", "sorter", made.calls, made.calls_month, made.caching))
    bases = [n for n, call in enumerate(made.calls) if not is_tuned(call.model)]
    calls, failing = [made.calls[n] for n in bases], [looked.failing[n] for n in bases]
    chosen = model_choice(calls, failing, prices, made.calls[-1].started_at)
    proven = next((one for one in chosen.choices if one.answers_as_well), None)
    cheaper = None
    if proven is not None and chosen.priced:
        cheaper = Cheaper(proven.model, proven.usd / chosen.priced, True, proven.answered)
    return facts_of(looked, prices, cheaper)
