"""Faults in the history: messages that were sent before are sent again, but not as they were."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from tests.quality.caching.edits import by_conversation, in_time, rewrite, with_text
from tests.quality.caching.log import varying
from tests.quality.caching.stream import Fault, Inject
from tests.quality.caching.trajectories import Mark, Message, Turn

_STUBS = ("[Old tool result content cleared]", "<result removed to save space>", "(ausgeblendet)")


def state(rng: Random, turns: list[Turn]) -> Fault:
    """A block with the state of the work before the history; mended, after it and after the mark."""
    name = rng.choice(("state", "scratchpad", "progress"))
    shape = rng.choice(("json", "lines"))
    broken, fixed = [], []
    for conversation in by_conversation(turns):
        for step, turn in enumerate(conversation, 1):
            called = [call["function"]["name"] for said in turn.messages for call in said.get("tool_calls") or ()]
            values: dict[str, Any] = {
                "step": step,
                "seconds": round(turn.at - conversation[0].at, 1),
                "last_tool": called[-1] if called else "none",
                "budget_left": 40_000 - 731 * step - rng.randrange(200),
            }
            marked, plain = _state(name, shape, values, mark=True), _state(name, shape, values, mark=False)
            broken.append(turn._replace(messages=({"role": "user", "content": marked}, *turn.messages)))
            marks = tuple(Mark("messages", -2, mark.ttl) if mark.level == "messages" else mark for mark in turn.marks)
            fixed.append(turn._replace(messages=(*turn.messages, {"role": "user", "content": plain}), marks=marks))
    return Fault(_sorted(broken), _sorted(fixed), "state_before_history", "message", shape)


def _state(name: str, shape: str, values: dict[str, Any], *, mark: bool) -> str:
    shown = {key: varying(str(value)) if mark else str(value) for key, value in values.items()}
    text = (
        json.dumps(shown, indent=2, ensure_ascii=False)
        if shape == "json"
        else "\n".join(f"{key} = {value}" for key, value in shown.items())
    )
    return f"<{name}>\n{text}\n</{name}>"


def reserialized(rng: Random, turns: list[Turn]) -> Fault:
    """JSON of earlier turns is read and written again with other spaces or keys; mended, it is sent as it came."""
    style = rng.choice(("compact", "indented", "sorted"))
    claude = turns[0].model.startswith("claude")

    def again(text: str) -> str:
        try:
            value = json.loads(text)
        except ValueError:
            return text
        if not isinstance(value, (dict, list)) or not value:
            return text
        if style == "compact":
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        return json.dumps(value, indent=2) if style == "indented" else json.dumps(value, sort_keys=True)

    def marked(text: str) -> str:
        new = again(text)
        return text if new == text else varying(new)

    def of(turn: Turn) -> Turn:
        def change(position: int, message: Message) -> Message:
            if position >= len(turn.messages) - 2:
                return message
            if message["role"] == "tool":
                return with_text(message, marked(message["content"]))
            if message.get("tool_calls") and not claude:
                called = [
                    {**call, "function": {**call["function"], "arguments": marked(call["function"]["arguments"])}}
                    for call in message["tool_calls"]
                ]
                return {**message, "tool_calls": called}
            return message

        return rewrite(turn, change)

    return Fault([of(turn) for turn in turns], turns, "history_reserialized", "message", style)


def edited(style: str) -> Inject:
    """What the assistant said earlier is cut or cleaned; mended, it is sent as it was said."""

    def shorter(text: str) -> str:
        if style == "cut":
            return text if len(text) < 160 else text[: 3 * len(text) // 4].rsplit(" ", 1)[0] + " …"
        plain = text.replace("**", "").replace("\n\n", "\n").replace("  ", " ")
        return plain.removesuffix("?") if plain == text else plain

    def inject(rng: Random, turns: list[Turn]) -> Fault:
        def of(turn: Turn) -> Turn:
            def change(position: int, message: Message) -> Message:
                if message["role"] != "assistant" or not message["content"] or position >= len(turn.messages) - 3:
                    return message
                new = shorter(message["content"])
                return message if new == message["content"] else with_text(message, varying(new))

            return rewrite(turn, change)

        return Fault([of(turn) for turn in turns], turns, "history_edited", "message", style)

    return inject


def truncated(rng: Random, turns: list[Turn]) -> Fault:
    """Only the newest messages are sent; mended, all are."""
    window = rng.randint(10, 14)
    broken, cut = [], 0
    for turn in turns:
        starts = [
            position
            for position, message in enumerate(turn.messages)
            if message["role"] == "user" and position >= len(turn.messages) - window
        ]
        start = starts[0] if starts else 0
        cut += start > 0
        broken.append(turn._replace(messages=turn.messages[start:]))
    return Fault(broken, turns, "history_truncated", "message", f"{window} messages", cut / len(turns))


def pruned(kept: int) -> Inject:
    """Tool results but the newest are replaced by a stub, one more with every result; mended, four at a time."""

    def inject(rng: Random, turns: list[Turn]) -> Fault:
        stub = rng.choice(_STUBS)

        def of(turn: Turn, step: int) -> Turn:
            results = [position for position, message in enumerate(turn.messages) if message["role"] == "tool"]
            old = set(results[: max(len(results) - kept, 0) // step * step])

            def change(position: int, message: Message) -> Message:
                return with_text(message, varying(stub)) if position in old else message

            return rewrite(turn, change)

        broken, fixed = [of(turn, 1) for turn in turns], [of(turn, 4) for turn in turns]
        return Fault(broken, fixed, "history_pruned", "message", f"{kept} kept")

    return inject


def compacted(rng: Random, turns: list[Turn]) -> Fault:
    """The older part of the history becomes a summary, anew every few messages; mended, it stays as it is."""
    kept, every = rng.randint(4, 6), rng.randint(2, 4)
    lead = rng.choice(("Summary of the conversation so far: ", "<summary>", "Bisheriger Verlauf: "))

    def of(turn: Turn) -> Turn:
        start = max(len(turn.messages) - kept, 0) // every * every
        while start > 0 and turn.messages[start]["role"] != "user":
            start -= 1
        if start < every:
            return turn
        said = [str(message.get("content") or "") for message in turn.messages[:start] if message["role"] != "tool"]
        summary = lead + varying(" ".join(line.split(". ")[0][:90] for line in said if line)[-700:])
        return turn._replace(messages=({"role": "user", "content": summary}, *turn.messages[start:]))

    return Fault([of(turn) for turn in turns], turns, "history_compacted", "message", f"every {every} messages")


def rendered_again(rng: Random, turns: list[Turn]) -> Fault:
    """Ids or ages of old messages are made anew for every request; mended, each message keeps its first."""
    style = rng.choice(("age", "id", "index"))
    ids = {turn.conversation: rng.getrandbits(32) for turn in turns}

    def label(turn: Turn, position: int, first: float) -> str:
        if style == "age":
            seconds = int(turn.at - first)
            return f"{seconds} seconds ago" if seconds < 90 else f"{seconds / 60:.1f} minutes ago"
        if style == "index":
            return f"message {len(turn.messages) - position} from the end"
        return f"msg_{Random(f'{ids[turn.conversation]}:{turn.at}:{position}').getrandbits(64):016x}"

    def labelled(turn: Turn, first: dict[int, Turn], *, again: bool) -> Turn:
        def change(position: int, message: Message) -> Message:
            if message["role"] != "user":
                return message
            seen = first[position]
            shown = label(turn if again else seen, position, seen.at)
            return with_text(message, f"[{varying(shown) if again else shown}] {message['content']}")

        return rewrite(turn, change)

    broken, fixed = [], []
    for conversation in by_conversation(turns):
        first: dict[int, Turn] = {}
        for turn in conversation:
            for position in range(len(turn.messages)):
                first.setdefault(position, turn)
            broken.append(labelled(turn, first, again=True))
            fixed.append(labelled(turn, first, again=False))
    return Fault(_sorted(broken), _sorted(fixed), "message_ids_rerendered", "message", style)


def drifting(rng: Random, turns: list[Turn]) -> Fault:
    """What a user wrote is sent raw at first and normalised later; mended, it is normalised from the start."""
    style = rng.choice(("trailing", "no-break", "crlf"))

    def raw(text: str) -> str:
        if style == "trailing":
            return f"{text} \n"
        if style == "no-break":
            return text.replace(" ", "\u00a0", 2)
        return "\r\n".join(text.replace(". ", ".\n").split("\n")) + "\r\n"

    def normal(text: str) -> str:
        return text.replace(". ", ".\n") + "\n" if style == "crlf" else text

    def of(turn: Turn, *, drift: bool) -> Turn:
        def change(position: int, message: Message) -> Message:
            if message["role"] != "user":
                return message
            if drift and position == len(turn.messages) - 1:
                return with_text(message, raw(message["content"]))
            plain = normal(message["content"])
            return with_text(message, varying(plain) if drift else plain)

        return rewrite(turn, change)

    broken, fixed = [of(turn, drift=True) for turn in turns], [of(turn, drift=False) for turn in turns]
    return Fault(broken, fixed, "whitespace_drift", "message", style)


def extended(rng: Random, turns: list[Turn]) -> Fault:
    """The whole conversation is one message that grows; mended, every turn is a message of its own."""
    names = rng.choice((("Customer", "Agent", "Tool"), ("USER", "ASSISTANT", "RESULT"), ("Kunde", "Agent", "System")))
    named = dict(zip(("user", "assistant", "tool"), names, strict=True))
    broken = []
    for turn in turns:
        lines = []
        for message in turn.messages:
            calls = [call["function"] for call in message.get("tool_calls") or ()]
            called = "".join(f"{function['name']}({function['arguments']})" for function in calls)
            lines.append(f"{named[message['role']]}: {message.get('content') or ''}{called}")
        broken.append(turn._replace(messages=({"role": "user", "content": "\n".join(lines)},)))
    return Fault(broken, turns, "last_message_extended", "message", names[0], 1.0)


def _sorted(turns: list[Turn]) -> list[Turn]:
    return in_time(by_conversation(turns))
