"""Faults in the system prompt: what varies stands before what does not."""

from __future__ import annotations

import json
from random import Random

from tests.quality.caching import shapes
from tests.quality.caching.edits import by_conversation, in_time, put, said_once
from tests.quality.caching.log import varying
from tests.quality.caching.stream import Fault, Inject
from tests.quality.caching.trajectories import Mark, Turn

_CLOCK_LINES = (
    "Current time: {}",
    "The current date and time is {}.",
    "<now>{}</now>",
    "Heute: {}",
    "# Session\n\nnow = {}",
    "It is {} where the customer is.",
)


def clock(resolution: str, place: str) -> Inject:
    """The time in the system prompt; mended, every user message carries the time at which it was sent."""

    def inject(rng: Random, turns: list[Turn]) -> Fault:
        written, line = shapes.clock(rng, resolution), rng.choice(_CLOCK_LINES)
        broken = [put(turn, line.format(varying(written(turn.at))), place) for turn in turns]
        fixed = said_once(turns, lambda turn: line.format(written(turn.at)))
        return Fault(broken, fixed, "timestamp_before_static", "system", f"{resolution}, {place}")

    return inject


def request_id(place: str, style: int | None = None) -> Inject:
    """An id of the request in the system prompt; mended, it is not in the prompt. "block": a block of its own."""

    def inject(rng: Random, turns: list[Turn]) -> Fault:
        line, made = shapes.request_id(rng, style)
        broken = []
        for turn in turns:
            shown = line.format(varying(made(rng)))
            if place == "block":
                broken.append(turn._replace(system=(f"{shown}\n", *turn.system)))
            else:
                broken.append(put(turn, shown, place))
        return Fault(broken, turns, "random_id_before_static", "system", place)

    return inject


def user_data(people: int | None = None) -> Inject:
    """Who the customer is, one of so many or everybody another, ahead of the policy; mended, behind it and its mark."""

    def inject(rng: Random, turns: list[Turn]) -> Fault:
        block = shapes.person_block(rng)
        known = [shapes.person(rng) for _ in range(people or 0)]
        broken, fixed = [], []
        for conversation in by_conversation(turns):
            who = rng.choice(known) if known else shapes.person(rng)
            marked = block({name: varying(value) for name, value in who.items()})
            for turn in conversation:
                broken.append(put(turn, marked, "top"))
                plain = (*turn.system, f"\n\n{block(who)}")
                fixed.append(turn._replace(system=plain, marks=_on_first(turn.marks)))
        detail = f"{people} people" if people else "everybody"
        return Fault(in_time([broken]), in_time([fixed]), "user_data_before_static", "system", detail)

    return inject


def json_keys(rng: Random, turns: list[Turn]) -> Fault:
    """A configuration as JSON ahead of the policy, its keys in another order every time; mended, in one order."""
    settings = shapes.person(rng) | {
        "locale": "en-GB",
        "currency": "USD",
        "channel": "chat",
        "tier": "2",
        "tone": "calm",
    }
    broken, fixed = [], []
    for turn in turns:
        names = rng.sample(list(settings), len(settings))
        fixed.append(put(turn, f"```json\n{json.dumps(settings, ensure_ascii=False)}\n```", "top"))
        mixed = json.dumps({name: settings[name] for name in names}, ensure_ascii=False)
        broken.append(put(turn, f"```json\n{varying(mixed)}\n```", "top"))
    return Fault(broken, fixed, "key_order", "system", "JSON in the prompt")


def memory(place: str) -> Inject:
    """What a memory service found for this turn, in the system prompt; mended, with the user message it was found for."""

    def inject(rng: Random, turns: list[Turn]) -> Fault:
        block = shapes.memory_block(rng)
        found = {(turn.conversation, turn.at): rng.sample(shapes.MEMORIES, rng.randint(3, 6)) for turn in turns}

        def of(turn: Turn) -> list[str]:
            return found[turn.conversation, turn.at]

        broken = [put(turn, block([varying(line) for line in of(turn)]), place) for turn in turns]
        fixed = said_once(turns, lambda turn: block(of(turn)))
        return Fault(broken, fixed, "memory_before_static", "system", place)

    return inject


def chunk_order(rng: Random, turns: list[Turn]) -> Fault:
    """The sections of the policy as documents in the order in which a search returned them; mended, in a fixed order."""
    wrapped = rng.choice(("<doc>\n{}\n</doc>", "### Document\n\n{}", "---\n{}"))
    broken, fixed = [], []
    for turn in turns:
        head, *sections = "".join(turn.system).split("\n## ")
        chunks = [wrapped.format(section.strip()) for section in sections]
        fixed.append(turn._replace(system=(f"{head}\n\n" + "\n\n".join(chunks),)))
        rng.shuffle(chunks)
        broken.append(turn._replace(system=(f"{head}\n\n" + varying("\n\n".join(chunks)),)))
    return Fault(broken, fixed, "chunk_order", "system")


def crlf(rng: Random, turns: list[Turn]) -> Fault:
    """A part of the workers reads the policy with the line ends of another system; mended, all read it alike."""
    broken = []
    for turn in turns:
        *before, last = turn.system
        odd = rng.random() < 0.4
        broken.append(turn._replace(system=(*before, varying(last.replace("\n", "\r\n")))) if odd else turn)
    return Fault(broken, turns, "whitespace_drift", "system", "CRLF on some workers")


def rebuilt(rng: Random, turns: list[Turn]) -> Fault:
    """A session that is resumed looks at its surroundings again; mended, it keeps what it saw first."""
    every = rng.randint(3, 4)
    broken, fixed = [], []
    for conversation in by_conversation(turns):
        seen: list[tuple[str, str]] = []
        for number, turn in enumerate(conversation):
            if number % every == 0:
                seen.append(_surroundings(rng))
            static = turn._replace(marks=_on_first(turn.marks))
            broken.append(static._replace(system=(*turn.system, f"\n\n{seen[-1][0]}")))
            fixed.append(static._replace(system=(*turn.system, f"\n\n{seen[0][1]}")))
    return Fault(in_time([broken]), in_time([fixed]), "prefix_rebuilt", "system", f"every {every} turns")


def _on_first(marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """A mark on the system prompt is on its first block."""
    return tuple(mark._replace(at=0) if mark.level == "system" else mark for mark in marks)


def _surroundings(rng: Random) -> tuple[str, str]:
    """(marked, plain)."""
    values = {
        "version": f"2.1.{rng.randrange(10, 400)}",
        "queue": f"{rng.randrange(3, 90)} waiting",
        "skills": ", ".join(rng.sample(("refunds", "bags", "groups", "visa", "pets", "minors", "loyalty"), 4)),
        "last change": f"{rng.getrandbits(28):07x} {rng.choice(('fix fares', 'new bag rules', 'typo', 'lounge hours'))}",
    }
    marked = "\n".join(f"{name}: {varying(value)}" for name, value in values.items())
    plain = "\n".join(f"{name}: {value}" for name, value in values.items())
    return f"<environment>\n{marked}\n</environment>", f"<environment>\n{plain}\n</environment>"
