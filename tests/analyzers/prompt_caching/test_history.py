"""Faults of the history: each named with its place, none where a conversation merely goes on."""

from __future__ import annotations

import json
import string
from random import Random

import pytest

from analyzers.core import Call, Message, Part
from analyzers.names import family
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import Analysis, analyse
from analyzers.prompt_caching.engine import Priced
from analyzers.prompt_caching.fault import HISTORY
from analyzers.prompt_caching.faults.history import history
from analyzers.prompt_caching.rules import load
from tests.fixtures.talks import Messages, Render, as_it_was, each, logged, text


def look(calls: list[Call]) -> Analysis:
    return analyse(calls, Prices(), load(), family, {HISTORY: (history,)})


def faults(calls: list[Call]) -> list[Priced]:
    return [found for template in look(calls).templates for found in template.outcome.faults]


def only(calls: list[Call]) -> Priced:
    found = faults(calls)
    assert [priced.fault.kind for priced in found] == [found[0].fault.kind]
    return found[0]


def spot(calls: list[Call], found: Priced) -> str:
    """The characters at the place, in the latest request that has them changed."""
    place = found.fault.place
    position = max(
        p for p in found.fault.affected if len(calls[p].messages) > place.position and place.segment == "message"
    )
    return calls[position].messages[place.position].parts[place.part].text[place.start : place.end]


def board(messages: Messages, request: int, chance: Random) -> Messages:
    lines = f"## Lage\nOffene Touren: {chance.randint(10, 99)}\nSchritt Nr. {request + 1}\nStandort: Hof Süd"
    return [text("user", lines), *messages]


def board_in_task(messages: Messages, request: int, chance: Random) -> Messages:
    first = messages[0].parts[0].text
    return [text("user", f"{first}\nUhrzeit: {9 + request // 60:02}:{request % 60:02}\nSprich Deutsch."), *messages[1:]]


def printed_anew(messages: Messages, request: int, chance: Random) -> Messages:
    def change(i: int, message: Message, part: Part) -> str:
        if part.kind not in ("tool_call", "tool_result"):
            return part.text
        value = json.loads(part.text)
        if request % 2:
            return json.dumps(value, indent=1, ensure_ascii=True)
        return json.dumps(dict(reversed(value.items())), ensure_ascii=False)

    return each(messages, change)


def python_repr(messages: Messages, request: int, chance: Random) -> Messages:
    """JSON when it is new, what `print` makes of it when it is old."""
    newest = len(messages) - 1
    return each(
        messages,
        lambda i, message, part: (
            repr(json.loads(part.text)) if part.kind == "tool_result" and i < newest else part.text
        ),
    )


def window(messages: Messages, request: int, chance: Random) -> Messages:
    return messages[-7:]


def window_with_head(messages: Messages, request: int, chance: Random) -> Messages:
    return messages if len(messages) < 9 else [messages[0], *messages[-7:]]


def wide_window(messages: Messages, request: int, chance: Random) -> Messages:
    return messages[-13:]


def window_with_note(messages: Messages, request: int, chance: Random) -> Messages:
    left_out = len(messages) - 8
    if left_out < 1:
        return messages
    return [messages[0], text("user", f"({left_out} ältere Nachrichten entfernt)"), *messages[-7:]]


def pruned(messages: Messages, request: int, chance: Random) -> Messages:
    results = [i for i, message in enumerate(messages) if message.role == "tool"]
    return each(messages, lambda i, message, part: "<gekürzt>" if i in results[:-2] else part.text)


def pruned_to_a_beginning(messages: Messages, request: int, chance: Random) -> Messages:
    old = len(messages) - 6
    return each(
        messages,
        lambda i, message, part: f"{part.text[:40]} [...]" if message.role == "tool" and i < old else part.text,
    )


def summarised(messages: Messages, request: int, chance: Random) -> Messages:
    """From the seventh message on, all but the last five are told in a few words, anew every four messages."""
    cut = (len(messages) - 5) // 4 * 4
    if cut <= 0:
        return messages
    told = " ".join(" ".join(message.parts[0].text.split()[:6]) for message in messages[:cut])
    return [text("user", f"Zusammenfassung des Gesprächs: {told}"), *messages[cut:]]


def labelled(messages: Messages, request: int, chance: Random) -> Messages:
    letters = string.ascii_letters + string.digits
    return each(
        messages,
        lambda i, message, part: (
            f"{part.text}\n#ref:{''.join(chance.choices(letters, k=9))}" if part.kind == "text" else part.text
        ),
    )


def ages(messages: Messages, request: int, chance: Random) -> Messages:
    return each(
        messages,
        lambda i, message, part: (
            f"vor {3 * (len(messages) - i)} Min. | {part.text}" if message.role == "user" else part.text
        ),
    )


def shortened_answers(messages: Messages, request: int, chance: Random) -> Messages:
    old = len(messages) - 4
    return each(
        messages,
        lambda i, message, part: (
            part.text.split("\n\n")[0] if message.role == "assistant" and part.kind == "text" and i < old else part.text
        ),
    )


def thoughts_dropped(messages: Messages, request: int, chance: Random) -> Messages:
    last = max((i for i, message in enumerate(messages) if message.role == "assistant"), default=-1)
    return [
        Message(message.role, (Part("reasoning", f"Erst prüfe ich: {message.parts[0].text}"), *message.parts))
        if i == last
        else message
        for i, message in enumerate(messages)
    ]


def line_ends(messages: Messages, request: int, chance: Random) -> Messages:
    return each(messages, lambda i, message, part: part.text.replace("\n", "\r\n") if request % 3 else part.text)


def decomposed(messages: Messages, request: int, chance: Random) -> Messages:
    import unicodedata

    return each(
        messages,
        lambda i, message, part: (
            unicodedata.normalize("NFD" if request % 2 else "NFC", part.text) if part.kind == "text" else part.text
        ),
    )


def shuffled_sources(messages: Messages, request: int, chance: Random) -> Messages:
    sources = [
        f"Quelle {name}: Maut in {name} kostet extra." for name in ("Tirol", "Vorarlberg", "Kärnten", "Steiermark")
    ]
    chance.shuffle(sources)
    return [text("user", "\n".join(sources)), *messages]


def shuffled_examples(messages: Messages, request: int, chance: Random) -> Messages:
    pairs = [
        [text("user", f"Beispiel: {w}?"), text("assistant", f"Antwort: {w}!")] for w in ("Wien", "Graz", "Linz", "Enns")
    ]
    chance.shuffle(pairs)
    return [message for pair in pairs for message in pair] + messages


def transcript(messages: Messages, request: int, chance: Random) -> Messages:
    lines = [f"{message.role}: {part.text}" for message in messages for part in message.parts]
    return [text("user", "\n".join(lines))]


def cleaned_answers(messages: Messages, request: int, chance: Random) -> Messages:
    """Some answers lose a paragraph, others nothing but a line end."""
    old = len(messages) - 3
    return each(
        messages,
        lambda i, message, part: (
            part.text.replace("\n\n", "\n") if i % 8 == 3 and i < old
            else part.text[:-30] if message.role == "assistant" and part.kind == "text" and i < old
            else part.text
        ),
    )  # fmt: skip


FAULTS: list[tuple[Render, str, str]] = [
    (board, "state_before_history", "Offene Touren"),
    (board_in_task, "state_before_history", "Uhrzeit"),
    (printed_anew, "history_reserialized", ""),
    (python_repr, "history_reserialized", ""),
    (window, "history_truncated", ""),
    (window_with_head, "history_truncated", ""),
    (window_with_note, "history_truncated", "Nachrichten entfernt"),
    (pruned, "history_pruned", "<gekürzt>"),
    (pruned_to_a_beginning, "history_pruned", "[...]"),
    (summarised, "history_compacted", "Zusammenfassung"),
    (labelled, "message_ids_rerendered", ""),
    (ages, "message_ids_rerendered", ""),
    (shortened_answers, "history_edited", ""),
    (cleaned_answers, "history_edited", ""),
    (thoughts_dropped, "history_edited", ""),
    (line_ends, "whitespace_drift", ""),
    (decomposed, "whitespace_drift", ""),
    (shuffled_sources, "chunk_order", ""),
    (shuffled_examples, "chunk_order", ""),
]


@pytest.mark.parametrize(("render", "kind", "shown"), FAULTS, ids=lambda value: getattr(value, "__name__", None))
@pytest.mark.parametrize(
    ("model", "mark"),
    [(("openai", "gpt-5"), None), (("anthropic", "claude-opus-4-8"), "5m"), (("openai", "gpt-5.6"), None)],
    ids=["gpt-5", "claude", "gpt-5.6"],
)
def test_fault_is_named(render: Render, kind: str, shown: str, model: tuple[str, str], mark: str | None) -> None:
    calls = logged(render, model=model, mark=mark)
    clean = look(logged(as_it_was, model=model, mark=mark))
    found = only(calls)
    assert found.fault.kind == kind
    assert shown in found.fault.now
    assert found.saving > 0
    assert found.fault.confidence == "confirmed"
    assert found.fault.stranded > 0
    repaired = look(calls).restructured
    assert repaired.hit_ratio is not None
    assert clean.restructured.hit_ratio is not None
    assert repaired.hit_ratio > clean.restructured.hit_ratio - 0.08


def reminder_at_the_end(messages: Messages, request: int, chance: Random) -> Messages:
    *others, last = messages
    return [*others, Message(last.role, (*last.parts, Part("text", f"Uhrzeit {chance.random()}, Schritt {request}")))]


def note_at_the_end(messages: Messages, request: int, chance: Random) -> Messages:
    return [*messages, text("user", f"(Lage: {chance.random()}, Schritt {request})")]


def answers_written_otherwise(messages: Messages, request: int, chance: Random) -> Messages:
    return each(
        messages, lambda i, message, part: part.text.strip() + " " if message.role == "assistant" else part.text
    )


def asked_again(messages: Messages, request: int, chance: Random) -> Messages:
    return messages[:-1] if request % 3 == 2 and len(messages) > 2 else messages


def last_question_rephrased(messages: Messages, request: int, chance: Random) -> Messages:
    if request % 4 or len(messages) < 4:
        return messages
    return [*messages[:-1], text("user", f"Anders gefragt: {chance.random()}")]


def branch(messages: Messages, request: int, chance: Random) -> Messages:
    return [*messages[:2], text("user", f"Noch einmal von vorn: {chance.random()}")] if request == 5 else messages


def summarised_once(messages: Messages, request: int, chance: Random) -> Messages:
    if request < 7:
        return messages
    told = " ".join(" ".join(message.parts[0].text.split()[:6]) for message in messages[:12])
    return [text("user", f"Zusammenfassung: {told}"), *messages[12:]]


def one_odd(messages: Messages, request: int, chance: Random) -> Messages:
    odd = request == 6 and "Auftrag 3-" in messages[0].parts[0].text
    return each(messages, lambda i, message, part: part.text.upper() if odd and i == 1 else part.text)


NATURAL = [
    as_it_was,
    reminder_at_the_end,
    note_at_the_end,
    answers_written_otherwise,
    asked_again,
    last_question_rephrased,
    branch,
    summarised_once,
    one_odd,
]


@pytest.mark.parametrize("render", NATURAL, ids=lambda render: render.__name__)
@pytest.mark.parametrize("named", [True, False], ids=["named", "unnamed"])
@pytest.mark.parametrize("model", [("openai", "gpt-5"), ("deepseek", "deepseek-v4-pro")], ids=["gpt-5", "deepseek"])
def test_natural_history_is_no_fault(render: Render, named: bool, model: tuple[str, str]) -> None:
    calls = logged(render, model=model, conversation=lambda talk, request: f"{talk}" if named else None)
    assert faults(calls) == []


def test_deploy_is_no_fault() -> None:
    calls = logged(as_it_was, talks=10)
    moment = calls[len(calls) // 2].started_at
    after = {call.id for call in logged(printed_anew, talks=10) if call.started_at >= moment}
    new = {call.id: call for call in logged(python_repr_always, talks=10)}
    assert faults([new[call.id] if call.id in after else call for call in calls]) == []


def python_repr_always(messages: Messages, request: int, chance: Random) -> Messages:
    return each(
        messages, lambda i, message, part: repr(json.loads(part.text)) if part.kind == "tool_result" else part.text
    )


@pytest.mark.parametrize(
    ("render", "kind"),
    [(board, "state_before_history"), (printed_anew, "history_reserialized"), (line_ends, "whitespace_drift"),
     (window_with_head, "history_truncated"), (pruned, "history_pruned"), (labelled, "message_ids_rerendered"),
     (shortened_answers, "history_edited"), (summarised, "history_compacted")],
    ids=lambda value: getattr(value, "__name__", None),
)  # fmt: skip
@pytest.mark.parametrize("said", ["nothing", "the request"])
def test_fault_is_named_without_conversation_ids(render: Render, kind: str, said: str) -> None:
    calls = logged(
        render, conversation=lambda talk, request: f"req-{talk}-{request}" if said == "the request" else None
    )
    assert [found.fault.kind for found in faults(calls)] == [kind]


PAIRS: list[tuple[Render, Render, set[str]]] = [
    (printed_anew, board, {"history_reserialized", "state_before_history"}),
    (labelled, window_with_head, {"message_ids_rerendered", "history_truncated"}),
    (pruned, board, {"history_pruned", "state_before_history"}),
    (pruned, wide_window, {"history_pruned", "history_truncated"}),
    (line_ends, shuffled_sources, {"whitespace_drift", "chunk_order"}),
    (shortened_answers, board, {"history_edited", "state_before_history"}),
    (labelled, board, {"message_ids_rerendered", "state_before_history"}),
    (python_repr, board, {"history_reserialized", "state_before_history"}),
    (window_with_head, board, {"history_truncated", "state_before_history"}),
    (printed_anew, window, {"history_reserialized", "history_truncated"}),
]


@pytest.mark.parametrize(("first", "second", "kinds"), PAIRS)
def test_two_faults_are_told_apart(first: Render, second: Render, kinds: set[str]) -> None:
    both = logged(lambda messages, request, chance: second(first(messages, request, chance), request, chance))
    found = faults(both)
    assert {priced.fault.kind for priced in found} == kinds
    assert all(priced.saving >= 0 for priced in found)


@pytest.mark.parametrize(
    ("model", "kinds"),
    [(("openai", "gpt-5.6"), ["last_message_extended"]), (("openai", "gpt-5"), [])],
    ids=["gpt-5.6", "gpt-5"],
)
def test_extension_is_a_fault_where_breakpoints_stand_at_message_ends(model: tuple[str, str], kinds: list[str]) -> None:
    assert [found.fault.kind for found in faults(logged(transcript, model=model))] == kinds


def test_repairs_keep_count_and_order_and_price_what_they_add() -> None:
    calls = logged(window)
    [template] = look(calls).templates
    before = sum(call.usage.input_total or 0 for call in calls)
    after = template.outcome.repaired.prompts
    assert [prompt.number for prompt in after] == list(range(len(calls)))
    assert sum(prompt.total or 0 for prompt in after) > before
    assert template.outcome.after.usd < template.outcome.before.usd
