"""Every format on broken, cut and changed records of all formats: a reject or a call, never an exception."""

from __future__ import annotations

import json
import random
from collections import deque
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.formats import FORMATS
from collectors.parse import Parser
from collectors.source import Record
from tests.collectors.test_formats import READ, sample
from tests.collectors.test_parse import HOLE, REASONS, values

RECORDS = {path.stem: sample(path)[0] for path in READ}
OBJECTS = {name: data for name, data in RECORDS.items() if data[:1] in b"{["}
BROKER_TIME = 1_795_000_000.0
CUTS = 150
ONES = st.one_of(
    st.sampled_from(
        [None, True, -1, 0, 1.5, 2**53 + 1, 10**30, "", "-", "12", "{", "[]", "data:", "null", [], {}, [[]], [{}]]
    ),
    values,
)


def read(parser: Parser, data: bytes) -> None:
    parsed = parser.parse(Record(7, data, BROKER_TIME), "logs", 3)
    assert parsed.calls or parsed.rejects or parsed.skipped or parsed.fragments, "a record never disappears"
    for reject in parsed.rejects:
        assert reject.reason in REASONS
        assert not HOLE.search(reject.detail), f"an exception inside a format: {reject.detail}"


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) below a value, the outer ones first; not what JSON strings hold."""
    found: list[tuple[Any, Any]] = []
    below = deque([value])
    while below:
        one = below.popleft()
        keys: Any = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            found.append((one, key))
            below.append(one[key])
    return found


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_is_cut_at_any_byte(name: str) -> None:
    data = RECORDS[name]
    parser = Parser()
    for at in range(0, len(data), max(len(data) // CUTS, 1)):
        read(parser, data[:at])


@pytest.mark.parametrize("form", FORMATS, ids=lambda f: f.NAME)
@settings(max_examples=120)
@given(name=st.sampled_from(sorted(OBJECTS)), seed=st.integers(0, 1 << 30), ones=st.lists(ONES, min_size=1, max_size=3))
def test_a_format_alone_meets_changed_records_of_all(form: Any, name: str, seed: int, ones: list[Any]) -> None:
    whole = json.loads(OBJECTS[name])
    rng = random.Random(seed)
    for one in json.loads(json.dumps(ones)):
        spots = places(whole)
        if not spots:
            break
        place, key = rng.choice(spots)
        match rng.randrange(4):
            case 0 if isinstance(place, dict):
                del place[key]
            case 1 if isinstance(place[key], str):
                place[key] = place[key][: rng.randrange(len(place[key]) + 1)]
            case 2 if isinstance(place, dict):
                place[rng.choice(["request", "response", "usage", "type", "id", "metadata", "batch", "ai"])] = one
            case _:
                place[key] = one
    data = json.dumps(whole).encode()
    read(Parser(formats=(form,)), data)
    read(Parser(), data)


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_each_value_of_a_record_is_of_each_wrong_type(name: str) -> None:
    """Not drawn: the fields of the outer levels, where a format decides whether a record is its own."""
    parser = Parser()
    for wrong in (None, -1, "x", "{", [1], {"a": 1}, True):
        whole = json.loads(OBJECTS[name])
        for place, key in places(whole)[:80]:
            kept, place[key] = place[key], wrong
            read(parser, json.dumps(whole).encode())
            place[key] = kept


def test_ten_thousand_random_byte_strings_in_a_row() -> None:
    rng, parser = random.Random(7), Parser()
    beginnings = [
        b"",
        b"",
        b"{",
        b"[",
        b'"',
        b"\x0a",
        b"\x00\x00\x00\x00\x07{",
        b"\x1f\x8b",
        b"data: {",
        b'{"batch":[',
        b"\xef\xbb\xbf",
    ]
    for _ in range(10_000):
        read(parser, rng.choice(beginnings) + rng.randbytes(rng.randrange(200)))
