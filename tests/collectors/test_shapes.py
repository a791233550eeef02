"""What is remembered of the shapes of records makes reading faster and never changes what is read."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from collectors.formats import FORMATS, openai_alike
from collectors.formats.format import Format
from collectors.formats.mapping import Mapping
from collectors.mapping_settings import MappingSettings
from collectors.parse import Parsed, Parser
from collectors.source import Record
from tests.fuzz.mutate import mutated
from tests.fuzz.parse import NOW, seeds

KNOWN = seeds()
MAPPINGS = (
    # Takes some of the records that OpenAI's and Anthropic's bodies come in, by value and not by shape.
    Mapping(
        "ours",
        MappingSettings.model_validate(
            {"when": ["$.response.object == 'chat.completion'"], "id": "$.response.id", "model": "$.request.model"}
        ),
    ),
    Mapping("theirs", MappingSettings.model_validate({"model": "$.model", "output": "$.response.content"})),
)


@contextmanager
def plainly() -> Iterator[None]:
    """Every record is offered to every format in its order, and no call is made after another one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Parser, "_candidates", lambda self, value: self._formats)
        patch.setattr(openai_alike, "read", lambda value, context: None)
        yield


def stream(count: int, seed: int, *, changed: bool) -> list[bytes]:
    rng = random.Random(seed)
    chosen = [rng.choice(KNOWN) for _ in range(count)]
    return [mutated(one, KNOWN, rng) if changed and rng.random() < 0.7 else one for one in chosen]


def read(parser: Parser, data: bytes, offset: int) -> Parsed:
    return parser.parse(Record(offset, data, NOW - 10), "logs", 3)


@pytest.mark.parametrize("formats", [FORMATS, (*MAPPINGS, *FORMATS)], ids=["formats", "with mappings"])
@pytest.mark.parametrize("changed", [False, True], ids=["samples", "changed samples"])
def test_a_shuffled_stream_is_read_as_each_record_alone(formats: tuple[Format, ...], changed: bool) -> None:
    records = stream(800, 1, changed=changed)
    parser = Parser(formats, clock=lambda: NOW)
    found = [read(parser, data, offset) for offset, data in enumerate(records)]
    with plainly():
        alone = [read(Parser(formats, clock=lambda: NOW), data, offset) for offset, data in enumerate(records)]
    # By their written form too: 1, 1.0 and True are equal, and nan is not equal to itself.
    different = [data for data, a, b in zip(records, found, alone, strict=True) if repr(a) != repr(b)]
    assert not different, f"{len(different)} records, first {different[0][:2_000]!r}"
    assert sum(len(parsed.calls) for parsed in found) > 250


class _Asked:
    """A format that notes what it takes though the names of its fields rule it out."""

    def __init__(self, form: Any, broken: list[tuple[str, list[str]]]) -> None:
        self.NAME, self.ANY_ENVELOPE, self._form, self._broken = form.NAME, form.ANY_ENVELOPE, form, broken

    def may_hold(self, names: Any) -> bool:
        return True

    def parse(self, value: dict[str, Any], context: Any) -> Any:
        calls = self._form.parse(value, context)
        if calls is not None and not self._form.may_hold(value):
            self._broken.append((self.NAME, list(value)))
        return calls


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.NAME)
def test_what_a_format_takes_has_the_fields_that_it_asks_for(form: Format) -> None:
    broken: list[tuple[str, list[str]]] = []
    parser = Parser((_Asked(form, broken),), clock=lambda: NOW)
    for offset, data in enumerate([*KNOWN, *stream(600, 3, changed=True)]):
        read(parser, data, offset)
    assert not broken
