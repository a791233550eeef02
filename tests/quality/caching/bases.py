"""Clean traffic of several kinds, some of it looking suspicious, with breakpoints where a careful client sets them."""

from __future__ import annotations

from random import Random

from tests.quality.caching import shapes
from tests.quality.caching.edits import in_time, put, said_once
from tests.quality.caching.provider import is_breakpoint_model
from tests.quality.caching.trajectories import Mark, Pace, Turn, questions, traffic


def _marked(turns: list[Turn], *, history: bool = True) -> list[Turn]:
    """OpenAI marks the newest message by itself, from GPT-5.6 on; before that there are no marks."""
    marks: tuple[Mark, ...] = ()
    if turns[0].model.startswith("claude"):
        marks = (Mark("system"), Mark("messages")) if history else (Mark("system"),)
    elif is_breakpoint_model(turns[0].model):
        marks = (Mark("system", ttl="30m"),)
    return [turn._replace(marks=marks) for turn in turns]


def conversations(rng: Random, model: str, pace: Pace) -> list[Turn]:
    """The agent's conversations."""
    return _marked(traffic(rng, model, pace))


def patient(rng: Random, model: str, pace: Pace) -> list[Turn]:
    """The same with pauses longer than entries live in memory: they ask for the longer life, which costs nothing."""
    return _patient(conversations(rng, model, pace))


def _patient(turns: list[Turn]) -> list[Turn]:
    return [turn._replace(settings={**turn.settings, "prompt_cache_retention": "24h"}) for turn in turns]


def single(rng: Random, model: str, pace: Pace) -> list[Turn]:
    """Questions without a conversation: the static part is all there is to reuse, so only it is marked."""
    return _marked(questions(rng, model, pace), history=False)


def transcripts(rng: Random, model: str, pace: Pace) -> list[Turn]:
    """Conversations of which a later question will be asked: the mark is on the message before it."""
    turns = conversations(rng, model, pace)
    return [
        turn._replace(marks=tuple(mark._replace(at=-2) if mark.level == "messages" else mark for mark in turn.marks))
        for turn in turns
    ]


def short(rng: Random, model: str, pace: Pace) -> list[Turn]:
    """Questions to a prompt below the model's minimum."""
    claude = model.startswith("claude")
    size, tools = (6_200, 7) if claude else (2_600, 0)
    turns = single(rng, model, pace)
    return [turn._replace(system=(turn.system[0][:size],), tools=turn.tools[:tools]) for turn in turns]


def suspicious(rng: Random, model: str, pace: Pace) -> list[Turn]:
    """User messages with the time they were sent and an id, a static date in the policy, a version that never changes."""
    turns = conversations(rng, model, pace)
    clock = shapes.clock(rng, "second")
    line, made = shapes.request_id(rng)
    turns = [put(turn, f"Policy version 2026-11-02, build {made(Random(1))}", "top") for turn in turns]
    return said_once(turns, lambda turn: f"(sent {clock(turn.at)}, {line.format(made(Random(turn.at)))})")


def two_apps(rng: Random, model: str, pace: Pace) -> list[Turn]:
    """Another application with its own instructions and fewer tools, at the same time and with the same model."""
    rules = "You search flights for the sales desk. Answer with a table and nothing else. " + "Check every date. " * 400
    others = [
        turn._replace(app="fare-desk", system=(rules,), tools=turn.tools[2:5])
        for turn in single(rng, model, pace._replace(conversations=90))
    ]
    return _patient(in_time([conversations(rng, model, pace._replace(conversations=14)), others]))


def deployed(rng: Random, model: str, pace: Pace) -> list[Turn]:
    """The policy is replaced by a newer version once, for conversations that begin after it."""
    turns = conversations(rng, model, pace)
    since = turns[0].at + (turns[-1].at - turns[0].at) / 2
    begun: dict[str, float] = {}
    for turn in turns:
        begun.setdefault(turn.conversation, turn.at)
    return [
        put(turn, "Since today, bags of up to 25 kg are accepted.", "middle")
        if begun[turn.conversation] > since
        else turn
        for turn in turns
    ]


def two_variants(rng: Random, model: str, pace: Pace) -> list[Turn]:
    """Half of the conversations run with another tone of the policy; the tools in front of it, the same in all, have a mark too."""
    turns = [turn._replace(marks=(Mark("tools"), *turn.marks)) for turn in conversations(rng, model, pace)]
    other = {turn.conversation for turn in turns if int(turn.conversation, 16) % 2}
    tone = "You are friendly and brief. Use the customer's words."
    return [put(turn, tone, "top") if turn.conversation in other else turn for turn in turns]
