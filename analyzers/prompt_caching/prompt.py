"""A call as the provider's cache sees it: settings, then tools, system and messages as one sequence of segments."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from analyzers.core import Call, Message, Part
from analyzers.price_key import PriceKey, price_key
from analyzers.prompt_caching.rules import Rule, Rules

Level = Literal["tools", "system", "message"]
AUTOMATIC = "auto"
"""Mark of the last block where the request asks for the breakpoint to be set there for it."""


class Segment(NamedTuple):
    """One part at its place. `position` is the tool, the system part or the message; `part` counts within a message."""

    level: Level
    position: int
    part: int
    role: str
    kind: str
    text: str
    mark: str | None = None


class Pings(NamedTuple):
    """How what a request left in the cache is kept there while nobody uses it: sent again `every` seconds, `most` times at most."""

    every: float
    most: int
    whole: bool
    """The request as it is; else only what it shares with others, up to the end of tools and system or their last breakpoint."""


class Prompt(NamedTuple):
    """One request. `settings` are the values that enter the prefix with the head, the system and the messages."""

    number: int
    """Position among the calls that are looked at."""
    at: float
    ready_at: float
    """When the answer began, logged or modelled, hence when others can read what this request wrote (unix seconds)."""
    rule: Rule | None
    family: tuple[str, str]
    """Provider family and bare model name."""
    app: str | None
    conversation: str | None
    user: str | None
    """Hash of the end user's id."""
    cache_key: str
    account: str
    settings: tuple[str, str, str]
    segments: tuple[Segment, ...]
    blocks: tuple[str, ...] | None
    block_size: int
    marked: bool
    """The request sets breakpoints, or asks for one to be set."""
    options: Mapping[str, Any]
    total: int | None
    """Input tokens as logged."""
    read: int | None
    """Tokens read from the cache, as logged."""
    written: tuple[int | None, int | None]
    price: PriceKey
    response: tuple[Part, ...]
    diagnosis: str | None
    talk: int = -1
    """Number of the conversation, as found out (`conversations`)."""
    template: int = -1
    """Number of the prompt template, as found out (`templates`)."""
    answered_at: float = 0.0
    """When all of the answer was there (unix seconds)."""
    pings: Pings | None = None
    """No log has these: they are proposed (`pings`)."""

    @property
    def with_answer(self) -> Prompt:
        """The request with its answer as a further message, as the next one of its conversation begins; its total is not known."""
        position = self.last_message + 1
        said = [
            Segment("message", position, n, "assistant", part.kind, part.text) for n, part in enumerate(self.response)
        ]
        return self._replace(segments=(*self.segments, *said), total=None)

    @property
    def head(self) -> tuple[Segment, ...]:
        """Tools and system."""
        return tuple(s for s in self.segments if s.level != "message")

    @property
    def turns(self) -> tuple[Segment, ...]:
        """Segments of the messages."""
        return tuple(s for s in self.segments if s.level == "message")

    @property
    def last_message(self) -> int:
        """Index of the last message, -1 without one."""
        return self.segments[-1].position if self.segments and self.segments[-1].level == "message" else -1

    def with_segments(self, segments: Iterable[Segment]) -> Prompt:
        """The same request with other segments."""
        return self._replace(segments=tuple(segments))


Family = Callable[[str | None, str | None], tuple[str, str]]


class Reader:
    """Turns calls into prompts. Equal texts become one object, so that they are hashed and kept once."""

    def __init__(self, rules: Rules, family: Family) -> None:
        self._rules = rules
        self._family = family
        self._texts: dict[str, str] = {}
        self._options: dict[tuple[Any, ...], tuple[str, str, str]] = {}

    def read(self, call: Call, number: int) -> Prompt:
        """The prompt of a call; without segments and blocks where the log has no text."""
        family = self._family(call.provider, call.model)
        rule = self._rules.find(*family)
        usage, parameters = call.usage, call.parameters
        automatic = isinstance(parameters.get("cache_control"), dict)
        segments = self._segments(call, automatic=automatic) if call.text_state == "full" else ()
        blocks = call.prompt_blocks
        return Prompt(
            number,
            call.started_at,
            call.started_at + _first_token(call, rule),
            rule,
            family,
            call.app,
            call.conversation,
            call.user,
            str(parameters.get("prompt_cache_key") or ""),
            (call.account or "") if family[0] == "bedrock" else "",
            ("", "", "") if rule is None else self._settings(rule, parameters),
            segments,
            None if blocks is None else blocks.hashes,
            0 if blocks is None else blocks.size,
            automatic or any(segment.mark for segment in segments),
            parameters,
            usage.input_total,
            usage.cache_read,
            (usage.cache_write_short, usage.cache_write_long),
            price_key(call),
            call.output,
            None if call.cache_diagnosis is None else call.cache_diagnosis.reason,
            answered_at=call.started_at + (call.duration or 0.0),
        )

    def _segments(self, call: Call, *, automatic: bool) -> tuple[Segment, ...]:
        intern = self._texts.setdefault
        if len(self._texts) > _TEXTS:
            self._texts.clear()
        found = [
            Segment("tools", index, 0, "", part.kind, intern(part.text, part.text), part.cache_mark)
            for index, part in enumerate(call.tools)
        ]
        found += [
            Segment("system", index, 0, "system", part.kind, intern(part.text, part.text), part.cache_mark)
            for index, part in enumerate(call.system)
        ]
        for index, message in enumerate(call.messages):
            found += _turn(message, index, intern)
        if automatic and found and not found[-1].mark:
            found[-1] = found[-1]._replace(mark=_automatic_lifetime(call.parameters["cache_control"]))
        return tuple(found)

    def _settings(self, rule: Rule, parameters: Mapping[str, Any]) -> tuple[str, str, str]:
        if not parameters:
            return ("", "", "")
        return _values(parameters, rule.head), _values(parameters, rule.system), _values(parameters, rule.messages)


_TEXTS = 200_000
_TOKENS_A_SECOND = 60.0
"""At which an answer is made, where no log tells when it began."""


def _turn(message: Message, index: int, intern: Callable[[str, str], str]) -> Iterable[Segment]:
    role = message.role
    return [
        Segment("message", index, number, role, part.kind, intern(part.text, part.text), part.cache_mark)
        for number, part in enumerate(message.parts)
    ]


def _automatic_lifetime(control: Mapping[str, Any]) -> str:
    ttl = control.get("ttl")
    return ttl if isinstance(ttl, str) and len(ttl) < 8 else "5m"


def _values(parameters: Mapping[str, Any], names: tuple[str, ...]) -> str:
    given = {name: parameters[name] for name in names if parameters.get(name) is not None}
    return json.dumps(given, sort_keys=True, default=str) if given else ""


def _first_token(call: Call, rule: Rule | None) -> float:
    """Seconds until what this request wrote can be read: until its answer began, modelled where the log does not tell."""
    if rule is not None and rule.visible not in ("first_response", "response_end"):
        return float(rule.visible)
    if rule is not None and rule.visible == "response_end":
        return call.duration or call.time_to_first_token or 0.0
    if call.time_to_first_token is not None:
        return call.time_to_first_token
    if call.stream or not call.duration:
        return 0.0
    # An answer that was not streamed began before it was there: by as long as its tokens take.
    return max(0.0, call.duration - (call.usage.output or 0) / _TOKENS_A_SECOND)
