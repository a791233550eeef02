"""What varies in front of what stays: named, with its place, and nothing where nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import msgspec
import pytest

from analyzers.core import Call, Message, Part, Usage
from tests.fixtures.heads import NONE, RULES, Ask, Render, asks, call, faults, fixed, look, only, priced, spot
from tests.fixtures.talks import prose

GUESTS = ("Anneliese Żuk", "Béla Ó Briain", "Çağla Nguyễn", "Dorothée Sørensen", "Emil Stanković", "Fatou Diop")
CLAUDE = ("anthropic", "claude-sonnet-4-5")


def when(ask: Ask) -> datetime:
    return datetime.fromtimestamp(ask.at, UTC)


def calls(
    system: Render,
    tools: Render = NONE,
    *,
    mark: str | None = None,
    model: tuple[str, str] = ("openai", "gpt-5"),
    **how: Any,
) -> list[Call]:
    return [call(ask, system, tools, model, mark) for ask in asks(**how)]


def uuid(chance: Random) -> str:
    return str(UUID(int=chance.getrandbits(128)))


CLOCKS: dict[str, tuple[Callable[[datetime], str], str]] = {
    "rfc 2822": (lambda t: t.strftime("%a, %d %b %Y %H:%M:%S +0000"), "second"),
    "milliseconds": (lambda t: str(int(t.timestamp() * 1_000)), "second"),
    "spanish": (
        lambda t: t.strftime("%d de ") + ("agosto", "septiembre", "octubre")[t.month - 8] + t.strftime(" de %Y, %H:%M"),
        "minute",
    ),
    "japanese": (lambda t: t.strftime("%Y年%m月%d日 %H時%M分%S秒"), "second"),
    "slashes": (lambda t: t.strftime("%d/%m/%Y %I:%M:%S %p"), "second"),
}


@pytest.mark.parametrize("name", CLOCKS)
def test_a_clock_in_any_language(name: str) -> None:
    write, resolution = CLOCKS[name]
    stream = calls(lambda ask: (f"[{write(when(ask))}]\n{RULES}",))
    found = only(stream)
    assert (found.kind, found.place.segment, found.place.position) == ("timestamp_before_static", "system", 0)
    assert spot(stream, found) in write(datetime.fromtimestamp(stream[-1].started_at, UTC))
    assert resolution in found.fix
    assert len(found.affected) > (0.7 if resolution == "second" else 0.2) * found.of
    assert found.stranded > 1_500
    assert found.confidence == "confirmed"
    assert found.was != found.now


@pytest.mark.parametrize("model", [("openai", "gpt-5"), ("openai", "gpt-5.6"), CLAUDE])
def test_a_clock_at_the_end_of_the_system_keeps_histories_from_being_read(model: tuple[str, str]) -> None:
    mark = "5m" if model == CLAUDE else None
    stream = calls(lambda ask: (RULES, f"Now: {when(ask):%Y-%m-%d %H:%M:%S}"), mark=mark, model=model, turns=14)
    found = only(stream)
    assert (found.kind, found.place.position) == ("timestamp_before_static", 1)
    assert spot(stream, found) == f"{datetime.fromtimestamp(stream[-1].started_at, UTC):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    "line",
    [
        lambda ask: f"<rid>{uuid(ask.chance)}</rid>",
        lambda ask: "cache-buster " + "".join(ask.chance.choices("abcdefghijkmnopqrstuvwxyzABCDEFGH23456789", k=18)),
        lambda ask: f"x-tracking: v=3.1; sig={ask.chance.getrandbits(28):07x};",
        lambda ask: f"Vorgang {ask.chance.randrange(10**9, 10**10)}",
    ],
)
def test_an_id_of_the_request(line: object) -> None:
    assert callable(line)
    stream = calls(lambda ask: (f"{line(ask)}\n\n{RULES}",))
    found = only(stream)
    assert found.kind == "random_id_before_static"
    value = spot(stream, found)
    assert value in stream[-1].system[0].text.split("\n")[0]
    assert len(value) >= 7
    assert "every request" in found.fix


def test_an_id_of_the_conversation_is_found_across_conversations() -> None:
    stream = calls(lambda ask: (f"Session {uuid(ask.own)}\n{RULES}",), talks=30, turns=2)
    found = only(stream)
    assert found.kind == "random_id_before_static"
    assert spot(stream, found) == stream[-1].system[0].text.split()[1]
    assert "of the conversation" in found.fix


def profile(ask: Ask) -> str:
    who = ask.own.choice(GUESTS)
    room = ask.own.randrange(100, 999)
    return f"Gast: {who}\nZimmer: {room}\nSprache: {ask.own.choice(('de', 'fr', 'tr'))}\nKundennummer: K{ask.own.randrange(10**6)}"


def test_data_of_the_user_are_one_finding() -> None:
    stream = calls(lambda ask: (f"{profile(ask)}\n\n{RULES}",), talks=40, turns=3)
    found = only(stream)
    assert found.kind == "user_data_before_static"
    value = spot(stream, found)
    lines = stream[-1].system[0].text.split("\n")
    assert value.startswith(lines[0].removeprefix("Gast: "))
    assert value.endswith(lines[3].removeprefix("Kundennummer: "))
    # Only the first request of a conversation loses by it.
    assert len(found.affected) == 39


def test_data_of_the_user_behind_the_rules_are_no_fault() -> None:
    assert faults(calls(lambda ask: (f"{RULES}\n{profile(ask)}",), talks=40, turns=3)) == []


def test_a_clock_and_data_of_the_user_are_two() -> None:
    stream = calls(lambda ask: (f"{when(ask):%d.%m.%Y %H:%M:%S}\n{profile(ask)}\n\n{RULES}",), talks=40, turns=3)
    found = priced(stream)
    assert [one.fault.kind for one in found] == ["timestamp_before_static", "user_data_before_static"]
    assert all(one.saving > 0 for one in found)
    assert spot(stream, found[1].fault).startswith(stream[-1].system[0].text.split("Gast: ")[1][:6])


def test_a_table_of_the_request_is_a_text_though_it_is_made_of_numbers() -> None:
    def system(ask: Ask) -> tuple[str, ...]:
        rows = [f"Z{row:02d};{ask.chance.randrange(400)};{ask.chance.uniform(50, 400):.2f}" for row in range(9)]
        return ("\n".join(("Zimmer;Nächte;Preis", *rows, "", RULES)),)

    found = only(calls(system, talks=60, turns=1, between=20.0))
    assert (found.kind, found.place.segment) == ("memory_before_static", "system")


def test_many_lines_about_a_guest_are_data_of_the_user_in_single_requests_too() -> None:
    def system(ask: Ask) -> tuple[str, ...]:
        extras = "\n".join(f"Wunsch {one}: {ask.own.choice(('ja', 'nein', 'offen'))}" for one in "ABCDEFGH")
        return (f"{profile(ask)}\n{extras}\n\n{RULES}",)

    assert only(calls(system, talks=60, turns=1, between=20.0)).kind == "user_data_before_static"


NOTES = [
    f"Der Gast {verb} seit langem {what} und fragt danach."
    for verb in ("mag", "meidet", "sucht")
    for what in ("Tee", "Lärm", "Ruhe", "Sonne", "Obst")
]


def test_a_memory_that_changes_from_turn_to_turn() -> None:
    def system(ask: Ask) -> tuple[str, ...]:
        return (
            "Aus früheren Gesprächen: " + " ".join(ask.chance.sample(NOTES, ask.chance.randint(2, 5))) + "\n\n" + RULES,
        )

    stream = calls(system)
    found = only(stream)
    assert found.kind == "memory_before_static"
    assert spot(stream, found)[:20] in stream[-1].system[0].text
    assert "found for the turn" in found.fix


def test_examples_in_another_order() -> None:
    shots = [
        f"Beispiel {i}\nFrage: Wo ist {what}?\nAntwort: Im {i}. Stock hinter der Treppe.\n"
        for i, what in enumerate(("das Bad", "die Bar", "der Saal", "die Küche", "der Hof"))
    ]

    def system(ask: Ask) -> tuple[str, ...]:
        return (RULES + "\n".join(ask.chance.sample(shots, 5)) + "\nBleibe immer freundlich zu allen Gästen.",)

    stream = calls(system)
    found = only(stream)
    assert (found.kind, found.place.segment) == ("chunk_order", "system")
    value = spot(stream, found)
    assert all(shot.split("\n")[0] in value for shot in shots)
    assert "freundlich zu allen" not in value


def test_documents_in_an_order_that_each_conversation_draws() -> None:
    texts = [f"<doc id={i}>\n{prose(Random(i), 40)}\n</doc>\n" for i in range(5)]
    found = only(calls(lambda ask: ("".join(ask.own.sample(texts, 5)) + RULES,), talks=40, turns=3))
    assert found.kind == "chunk_order"


def test_a_list_on_one_line_in_another_order() -> None:
    some = ["Spa", "Garage", "Frühstück", "Fahrrad", "Kino"]
    stream = calls(lambda ask: (f"Leistungen: {', '.join(ask.chance.sample(some, 5))}.\n{RULES}",))
    found = only(stream)
    assert found.kind == "chunk_order"
    assert sorted(spot(stream, found).rstrip(".").split(", ")) == sorted(some)


@pytest.mark.parametrize(
    "other",
    [
        lambda t: t.replace("\n", "\r\n"),
        lambda t: t.replace("\n", "  \n"),
        lambda t: t.replace("ü", "u\u0308"),
        lambda t: t.replace(". ", ".\u00a0"),
    ],
)
def test_form_that_drifts(other: object) -> None:
    assert callable(other)
    stream = calls(lambda ask: (other(RULES) if ask.chance.random() < 0.4 else RULES,))
    found = only(stream)
    assert (found.kind, found.place.segment) == ("whitespace_drift", "system")


def test_form_that_drifts_below_a_clock_shows_both() -> None:
    def system(ask: Ask) -> tuple[str, ...]:
        rules = RULES.replace("\n", "\r\n") if ask.chance.random() < 0.5 else RULES
        return (f"Zeit: {when(ask):%H:%M:%S}\n{rules}",)

    assert {fault.kind for fault in faults(calls(system))} == {"timestamp_before_static", "whitespace_drift"}


def test_a_head_that_a_restart_renews() -> None:
    def system(ask: Ask) -> tuple[str, ...]:
        seen = Random(f"{ask.talk}/{ask.turn // 5}")
        branch, files = seen.choice(("main", "fix/lift", "neu")), seen.randrange(1, 40)
        return (RULES + f"\nStand: {branch}, {files} Dateien geändert, letzter Eintrag {seen.getrandbits(28):07x}.",)

    stream = calls(system, turns=15, talks=8)
    found = only(stream)
    assert found.kind == "prefix_rebuilt"
    assert len(found.affected) < 0.4 * found.of


def test_keys_of_json_in_the_system_in_another_order() -> None:
    def system(ask: Ask) -> tuple[str, ...]:
        pairs = [
            f'"{name}": "{value}"'
            for name, value in (("stadt", "Ulm"), ("stil", "kurz"), ("haus", "Krone"), ("stufe", "3"))
        ]
        return ("Einstellungen: {" + ", ".join(ask.chance.sample(pairs, 4)) + "}\n" + RULES,)

    found = faults(calls(system))
    assert [(one.kind, one.place.segment) for one in found] == [("key_order", "system")]


def test_a_place_is_that_of_the_logged_text_after_other_repairs() -> None:
    def system(ask: Ask) -> tuple[str, ...]:
        rules = RULES.replace("\n", "\r\n") if ask.chance.random() < 0.5 else RULES
        return (f"{rules}\nZeit: {when(ask):%H:%M:%S} Uhr\n{RULES.upper()}",)

    stream = calls(system)
    found = next(fault for fault in faults(stream) if fault.kind == "timestamp_before_static")
    assert spot(stream, found).startswith(f"{datetime.fromtimestamp(stream[-1].started_at, UTC):%H:%M:%S}")


def deployed(ask: Ask) -> tuple[str, ...]:
    return (f"Fassung {'2026-09-21' if ask.number > 30 else '2026-08-03'}\n{RULES}",)


def tried_out(ask: Ask) -> tuple[str, ...]:
    return (("Antworte in höchstens drei kurzen und freundlichen Sätzen.\n" if ask.talk % 2 else "") + RULES,)


@pytest.mark.parametrize(
    "system",
    [fixed(RULES), deployed, tried_out, fixed(f"Gültig seit 1.1.2026, zuletzt geprüft 2026-09-21 14:03:11\n{RULES}")],
    ids=["static", "deploy", "variants", "static date"],
)
def test_nothing_is_found_where_nothing_is_lost(system: Render) -> None:
    assert faults(calls(system)) == []


def test_one_request_with_another_head_is_no_fault() -> None:
    assert faults(calls(lambda ask: (("TEST\n" if ask.number == 20 else "") + RULES,))) == []


def test_mending_keeps_every_request_and_no_token_is_lost() -> None:
    stream = calls(lambda ask: (f"{when(ask):%H:%M:%S}\n{profile(ask)}\n{RULES}",), talks=20, turns=3)
    for template in look(stream).templates:
        before, after = template.outcome.repaired.origin.prompts, template.outcome.repaired.prompts
        assert [prompt.number for prompt in after] == [prompt.number for prompt in before]
        # What moves into a message stays there for the turns to come.
        assert all((a.total or 0) >= (b.total or 0) > 0 for a, b in zip(after, before, strict=True))


def test_instructions_in_the_first_message() -> None:
    stream = []
    for ask in asks(talks=60, turns=1):
        made = call(ask, fixed())
        text = f"Auftrag vom {when(ask) + timedelta(hours=2):%d.%m.%Y, %H:%M:%S}\n{RULES}\nFrage: {made.messages[0].parts[0].text}"
        part = Part("text", text)
        stream.append(
            Call(
                id=made.id,
                started_at=ask.at,
                format="hone",
                provider="openai",
                request_model="gpt-5",
                app="concierge",
                messages=(Message("user", (part,)),),
                usage=Usage(input_total=len(text) // 4),
            )
        )
    found = only(stream)
    assert (found.kind, found.place.segment, found.place.position) == ("timestamp_before_static", "message", 0)


def with_shots(ask: Ask, shots: list[Message]) -> Call:
    made = call(ask, fixed(RULES[:3_000]))
    size = made.usage.input_total or 0
    usage = Usage(input_total=size + sum(len(shot.parts[0].text) for shot in shots) // 4)
    return msgspec.structs.replace(made, messages=(*shots, *made.messages), usage=usage)


SHOTS = [
    (
        Message("user", (Part("text", f"Darf ich {prose(Random(i), 30)}?"),)),
        Message("assistant", (Part("text", prose(Random(-i - 1), 30)),)),
    )
    for i in range(6)
]


@pytest.mark.parametrize(("talks", "turns"), [(60, 1), (40, 3)])
def test_examples_as_messages_in_another_order(talks: int, turns: int) -> None:
    stream = [
        with_shots(ask, [m for shot in ask.own.sample(SHOTS, 6) for m in shot])
        for ask in asks(talks=talks, turns=turns)
    ]
    found = only(stream)
    assert (found.kind, found.place.segment) == ("chunk_order", "message")
    assert len(found.affected) > 0.5 * talks
    assert spot(stream, found) == stream[-1].messages[found.place.position].parts[0].text


def test_examples_as_messages_in_one_order_are_no_fault() -> None:
    assert faults([with_shots(ask, [m for shot in SHOTS for m in shot]) for ask in asks(talks=40, turns=2)]) == []


def test_a_configuration_with_its_keys_in_another_order_in_single_requests() -> None:
    config = {"locale": "de-DE", "limits": {"refund": 120, "voucher": 25}, "channels": ["mail", "chat"], "tier": "gold"}

    def system(ask: Ask) -> tuple[str, ...]:
        keys = ask.chance.sample(list(config), len(config))
        return (f"Konfiguration:\n{json.dumps({key: config[key] for key in keys}, indent=1)}\n\n{RULES}",)

    found = only(calls(system, talks=60, turns=1, between=20.0))
    assert (found.kind, found.place.segment) == ("key_order", "system")


def test_a_clock_behind_a_name_pays_by_itself_and_the_name_once_it_is_gone() -> None:
    def system(ask: Ask) -> tuple[str, ...]:
        return (f"Gast: {ask.own.choice(GUESTS)}\nZeit: {when(ask):%Y-%m-%d %H:%M:%S}\n\n{RULES}",)

    clock, name = priced(calls(system, talks=40, turns=3))
    assert (clock.fault.kind, name.fault.kind) == ("timestamp_before_static", "user_data_before_static")
    assert clock.saving == clock.alone > 0
    assert name.saving > 5 * name.alone
    assert (clock.turn, name.turn) == (1, 0)
    assert not clock.together
    assert not name.together
