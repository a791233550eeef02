"""How a file comes apart into records: lines, arrays, pretty-printed values, and everything that is neither."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.file import FileSource
from collectors.file_values import Cutter
from tests.fixtures.kafka_reading import Written, step


def read(source: FileSource, written: Written, max_records: int = 5000) -> Written:
    while not source.exhausted:
        step(source, written, 1.0, max_records)
    source.close()
    return written


def values(path: Path | str, **options: Any) -> list[bytes | None]:
    return read(FileSource([str(path)], Written(), **options), Written()).values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"a":1}\n\n{"b":2}\n', [b'{"a":1}', b'{"b":2}']),
        (b'{"a":1}\r\n{"b":2}\r\n', [b'{"a":1}\r', b'{"b":2}\r']),
        (b'[{"a":1},{"b":[2]}]', [b'{"a":1}', b'{"b":[2]}']),
        (b'\n [\n  {"a": 1},\n  {"b": "]}{[\\""}\n]\n', [b'{"a": 1}', b'{"b": "]}{[\\""}']),
        (b"[[1],[2]]", [b"[1]", b"[2]"]),
        (b"[[1]]\n[[2]]\n", [b"[[1]]", b"[[2]]"]),
        (b'[{"a":1}, 7, null, {"b":2}]', [b'{"a":1}', b"7", b"null", b'{"b":2}']),
        (b"[]", []),
        (b"", []),
        (b" \n\n", []),
        (b'{\n  "a": {\n    "b": "}"\n  }\n}\n', [b'{\n  "a": {\n    "b": "}"\n  }\n}']),
        (b'{\n "a": 1\n}\n{\n "b": 2\n}\n', [b'{\n "a": 1\n}', b'{\n "b": 2\n}']),
        (b'{"a": "half\n{"b":2}\n', [b'{"a": "half', b'{"b":2}']),
        (b'\xef\xbb\xbf{"a":1}\n', [b'{"a":1}']),
        (b"not json\n\xff\xfe\x00binary\n{}\n", [b"not json", b"\xff\xfe\x00binary", b"{}"]),
        (b'[{"a":1},{"cut', [b'{"a":1}', b'{"cut']),
    ],
)
def test_every_shape(tmp_path: Path, text: bytes, expected: list[bytes]) -> None:
    file = tmp_path / "log"
    file.write_bytes(text)
    assert [value.lstrip(b",") if value else value for value in values(file)] == expected


OBJECTS = st.lists(
    st.dictionaries(st.text(max_size=5), st.recursive(st.text() | st.integers() | st.none(), st.lists, max_leaves=5))
)


@given(OBJECTS, st.sampled_from([None, 1]), st.booleans(), st.integers(1, 40))
def test_an_array_comes_apart_the_same_however_it_arrives(
    objects: list[Any], indent: int | None, ascii_only: bool, size: int
) -> None:
    text = json.dumps(objects, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    cutter = Cutter(1 << 20)
    found = [value for at in range(0, len(text), size) for value in cutter.cut(text[at : at + size])] + cutter.end()
    assert [json.loads(value.decode("utf-8", "surrogatepass")) for value in found if value is not None] == objects


@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), min_size=1), st.integers(1, 50))
def test_lines_come_apart_the_same_however_they_arrive(parts: list[bytes], size: int) -> None:
    text = b"x\n" + b"\n".join(parts)
    cutter = Cutter(1 << 20)
    found = [value for at in range(0, len(text), size) for value in cutter.cut(text[at : at + size])] + cutter.end()
    expected = [b"x", *parts]
    assert found == (expected if parts[-1] else expected[:-1])
