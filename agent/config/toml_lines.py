"""In which line of a TOML file a key stands. tomllib reads values and forgets where they were."""

from __future__ import annotations

import re
import tomllib

_HEADER = re.compile(r"^\s*\[{1,2}\s*(?P<path>[^\[\]]+?)\s*\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*(?P<path>(?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_TRIPLE = re.compile(r"\"\"\"|'''")


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    """Line (from 1) of every table header and key; the first one counts. Keys inside inline tables are not found."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    quote = ""
    for number, line in enumerate(text.splitlines(), 1):
        if quote:
            quote = "" if quote in line else quote
            continue
        if header := _HEADER.match(line):
            table = _names(header["path"])
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            path = table + _names(key["path"])
            for depth in range(len(table) + 1, len(path) + 1):
                found.setdefault(path[:depth], number)
            marks = _TRIPLE.findall(line)
            quote = marks[0] if len(marks) % 2 else ""
    return found


def _names(dotted: str) -> tuple[str, ...]:
    """Read a dotted key with TOML's own rules for quotes."""
    try:
        node: object = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:
        return (dotted,)
    names: list[str] = []
    while isinstance(node, dict):
        (name, node), *_ = node.items()
        names.append(name)
    return tuple(names)
