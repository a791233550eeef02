"""What is wrong with a configuration: where, which key, what, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from agent.config.settings import Settings
from analyzers.errors import HoneError

Path = tuple[str, ...]


class Fault(NamedTuple):
    """One thing to mend. `where` is a file (with line where known) or an environment variable."""

    where: str
    key: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        told = f"{self.where}: {self.key}: {self.what}" if self.key else f"{self.where}: {self.what}"
        return f"{told}; {self.hint}" if self.hint else told


class ConfigError(HoneError):
    """The configuration cannot be used; `faults` has all that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        lines = "".join(f"\n  {fault}" for fault in self.faults)
        super().__init__(
            f"{count} fault{'s' if count > 1 else ''} in the configuration:{lines}",
            "`hone check` shows them too; deploy/hone.example.toml has every setting",
        )


def known_keys() -> list[Path]:
    """The path of every table and setting."""
    return list(_walk(Settings, ()))


def near(path: Path) -> Path:
    """The setting that was probably meant by an unknown one; empty when none is like it."""
    known = known_keys()
    dotted = {".".join(key): key for key in known}
    if len(path) == 1 and (close := get_close_matches(path[0], dotted, 1, cutoff=0.8)):
        return dotted[close[0]]
    beside = {key[-1]: key for key in known if key[:-1] == path[:-1]}
    if not beside:
        beside = {name: (*path[:-1], name) for name in _named_fields(path[:-1])}
    if close := get_close_matches(path[-1], beside, 1):
        return beside[close[0]]
    elsewhere = [key for key in known if key[-1] == path[-1]]
    return elsewhere[0] if len(elsewhere) == 1 else ()


def _named_fields(table: Path) -> tuple[str, ...]:
    """The settings of a table whose own name is the user's (`prices.overrides.NAME`, `formats.NAME`)."""
    model: type[BaseModel] | None = Settings
    steps = iter(table)
    for step in steps:
        field = model.model_fields.get(step) if model else None
        if field is None:
            return ()
        if get_origin(field.annotation) is dict:
            below = _model(get_args(field.annotation)[1])
            return tuple(below.model_fields) if next(steps, None) and below else ()
        model = _model(field.annotation)
    return ()


def path_of(error: ErrorDetails) -> Path:
    """The setting that an error of pydantic is about, without the types it tried."""
    steps = [str(step) for step in error["loc"]]
    model: type[BaseModel] | None = Settings
    for number, step in enumerate(steps):
        field = model.model_fields.get(step) if model else None
        if field is None:
            return tuple(steps[: number + 1])
        if get_origin(field.annotation) is dict:
            return tuple(step for step in steps if step != "[key]")
        model = _model(field.annotation)
        if model is None:
            return tuple(steps[: number + 1])
    return tuple(steps)


def meaning(error: ErrorDetails) -> str:
    """What is wrong in words. Never the value, which may be secret."""
    match error["type"]:
        case "extra_forbidden":
            return "unknown key"
        case "missing":
            return "is required"
        case "value_error":
            return error["msg"].removeprefix("Value error, ")
        case "too_short":
            return "is empty"
        case "model_type" | "dict_type":
            return "should be a table"
        case _:
            return error["msg"].replace("Input should", "should")


def _walk(model: type[BaseModel], above: Path) -> Iterator[Path]:
    for name, field in model.model_fields.items():
        yield (*above, name)
        below = _model(field.annotation)
        if below is not None:
            yield from _walk(below, (*above, name))


def _model(annotation: Any) -> type[BaseModel] | None:
    """The table that a field holds, also behind `| None`; None for a setting, also for one with free names below."""
    for each in (annotation, *get_args(annotation)) if get_origin(annotation) is not dict else ():
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None
