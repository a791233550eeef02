"""Which requests belong together, whatever the log says about it and whatever is done to the messages."""

from __future__ import annotations

import string
from collections.abc import Callable
from random import Random

import pytest

from analyzers.core import Call, Message, Part
from analyzers.names import family
from analyzers.prompt_caching.conversations import conversations
from analyzers.prompt_caching.prompt import Reader
from analyzers.prompt_caching.rules import load
from tests.fixtures.talks import Messages, Render, as_it_was, each, logged, text

Named = Callable[[int, int], str | None]


def found(calls: list[Call]) -> list[int]:
    reader = Reader(load(), family)
    return conversations([reader.read(call, number) for number, call in enumerate(calls)])


def right(calls: list[Call]) -> float:
    """Share of requests that are put behind the one that really came before them (none, for the first)."""
    before: dict[int, int] = {}
    truly: dict[str, int] = {}
    good = 0
    for position, (call, number) in enumerate(zip(calls, found(calls), strict=True)):
        talk = call.id.split("-")[0]
        good += before.get(number) == truly.get(talk)
        before[number] = truly[talk] = position
    return good / len(calls)


def window(messages: Messages, request: int, chance: Random) -> Messages:
    return messages[-5:]


def letters(messages: Messages, request: int, chance: Random) -> Messages:
    return each(messages, lambda i, m, part: f"<{''.join(chance.choices(string.ascii_letters, k=10))}> {part.text}")


def numbers(messages: Messages, request: int, chance: Random) -> Messages:
    return each(messages, lambda i, m, part: f"[{chance.randint(1, 10**9)}] {part.text}")


def cut_answers(messages: Messages, request: int, chance: Random) -> Messages:
    return each(messages, lambda i, m, part: part.text[: len(part.text) // 2] if m.role == "assistant" else part.text)


def clock_first(messages: Messages, request: int, chance: Random) -> Messages:
    return [text("user", f"Es ist {chance.random()} Uhr."), *messages]


def same_greeting(messages: Messages, request: int, chance: Random) -> Messages:
    return [text("user", "Guten Tag!"), text("assistant", "Guten Tag, was kann ich tun?"), *messages]


def examples(messages: Messages, request: int, chance: Random) -> Messages:
    worked = [text("user" if i % 2 else "assistant", f"Beispiel {chr(65 + i)}: so und nicht anders") for i in range(8)]
    return [*worked, *messages]


def one_message(messages: Messages, request: int, chance: Random) -> Messages:
    return [text("user", "Protokoll:" + "".join(f"\n{m.role}: {part.text}" for m in messages for part in m.parts))]


def reminder(messages: Messages, request: int, chance: Random) -> Messages:
    *others, last = messages
    return [*others, Message(last.role, (*last.parts, Part("text", f"noch {chance.random()} Sekunden")))]


def unnamed(talk: int, request: int) -> None:
    return None


def by_request(talk: int, request: int) -> str:
    return f"{talk}:{request}"


def by_user(talk: int, request: int) -> str:
    """Each user holds three conversations at once."""
    return f"user {talk // 3}"


@pytest.mark.parametrize("named", [unnamed, by_request, by_user])
@pytest.mark.parametrize(
    "render",
    [as_it_was, window, letters, numbers, cut_answers, clock_first, same_greeting, examples, one_message, reminder],
)
def test_requests_are_put_behind_the_one_before(render: Render, named: Named) -> None:
    calls = logged(render, talks=12, conversation=named, apart=60.0)
    assert right(calls) >= (0.97 if render is letters else 1.0)


def test_faults_together_do_not_hide_who_speaks() -> None:
    calls = logged(lambda m, r, c: window(numbers(clock_first(m, r, c), r, c), r, c), talks=12, conversation=unnamed)
    assert right(calls) == 1.0


def test_conversations_that_begin_with_the_same_words_stay_apart() -> None:
    def opened(messages: Messages, request: int, chance: Random) -> Messages:
        return [text("user", "Hallo"), *messages[1:]]

    numbers = found(logged(opened, talks=6, conversation=unnamed))
    assert len(set(numbers)) == 6


def test_an_id_that_comes_back_holds_what_shares_no_text() -> None:
    def only_the_last(messages: Messages, request: int, chance: Random) -> Messages:
        return messages[-1:]

    calls = logged(only_the_last, talks=5, conversation=lambda talk, request: f"c{talk}")
    assert right(calls) == 1.0


def test_the_same_question_about_many_texts_joins_nothing() -> None:
    def asked(messages: Messages, request: int, chance: Random) -> Messages:
        return [*messages, text("user", f"Frage {request % 3}: Was ist in diesem Gespräch als nächstes zu tun?")]

    calls = [call for call in logged(asked, talks=9, rounds=3, conversation=unnamed) if len(call.messages) > 10]
    numbers = found(calls)
    assert all(
        len({call.messages[0] for call, other in zip(calls, numbers, strict=True) if other == number}) == 1
        for number in set(numbers)
    )


def test_applications_do_not_mix() -> None:
    import msgspec

    calls = logged(as_it_was, talks=2, conversation=unnamed)
    other = [msgspec.structs.replace(call, id=f"x{call.id}", app="other") for call in calls]
    both = [call for pair in zip(calls, other, strict=True) for call in pair]
    assert right(both) == 1.0
    assert len(set(found(both))) == 4


def test_numbers_do_not_depend_on_what_comes_later() -> None:
    calls = logged(window, talks=6, conversation=unnamed)
    assert found(calls)[:40] == found(calls[:40])
