r"""Where something lies in a record: `$.a.b[0]['x y'].c`, worked out once and then followed for every record.

| step          | takes                                                                     |
|---------------|---------------------------------------------------------------------------|
| `.name`       | a key of letters, digits, `_` and `-`                                      |
| `['any key']` | a key with anything in it (`["..."]` too); inside, `\` keeps the next sign |
| `[0]`, `[-1]` | an element of an array, from its start or from its end                     |

`$` alone is the record. There are no wildcards and no filters: a path leads to one value. A string on the way that
holds a JSON object or array is read as one. What is not there, and what is null, is None.
"""

from __future__ import annotations

import re
from typing import Any

from collectors.fields import json_text

Steps = tuple[str | int, ...]

_STEP = re.compile(
    r"""\.(?P<name>[\w-]+)|\[(?P<index>-?\d{1,6})\]|\['(?P<single>(?:[^'\\]|\\.)+)'\]|\["(?P<double>(?:[^"\\]|\\.)+)"\]"""
)
_MOST_STEPS = 32


def steps(path: str) -> Steps:
    """The steps of a path. Raises ValueError that says at which character it is none."""
    if not path.startswith("$"):
        raise ValueError("a path begins with $")
    found: list[str | int] = []
    at = 1
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise ValueError(f"not a path from character {at + 1} on")
        if step["index"] is not None:
            found.append(int(step["index"]))
        else:
            quoted = step["single"] or step["double"]
            found.append(re.sub(r"\\(.)", r"\1", quoted) if quoted else step["name"])
        at = step.end()
    if len(found) > _MOST_STEPS:
        raise ValueError(f"has more than {_MOST_STEPS} steps")
    return tuple(found)


def follow(value: Any, path: Steps) -> Any:
    """What lies at the end of the path, or None."""
    for step in path:
        if type(value) is str:
            value = json_text(value) if value[:1] in ("{", "[") else None
        if isinstance(step, str):
            if type(value) is not dict:
                return None
            value = value.get(step)
        else:
            if type(value) is not list or not -len(value) <= step < len(value):
                return None
            value = value[step]
        if value is None:
            return None
    return value


def written(path: Steps) -> str:
    """The path as it is put into a configuration."""
    found = "$"
    for step in path:
        if type(step) is int:
            found += f"[{step}]"
        elif re.fullmatch(r"[\w-]+", str(step)):
            found += f".{step}"
        else:
            found += "['" + re.sub(r"(['\\])", r"\\\1", str(step)) + "']"
    return found
