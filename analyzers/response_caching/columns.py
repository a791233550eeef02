"""Calls read into columns, one pass in the order of time: what does not depend on the other calls.

Memory grows with distinct texts and by some 150 bytes a call; no text of a call is held that no column points to.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import NamedTuple
from zlib import crc32

from analyzers.core import Call
from analyzers.names import Family
from analyzers.response_caching.eligible import Asked, Reason, asked, reason
from analyzers.response_caching.head import Head, Heads
from analyzers.response_caching.own import Brought
from analyzers.response_caching.places import Place, PlaceName, Segment, Written
from analyzers.response_caching.question import Question, question
from analyzers.response_caching.settings import settings
from analyzers.response_caching.stream import MOST_USD, NO_ANSWER, PICO
from analyzers.values.form import number

_TENANTS = ("tenant", "org", "customer", "workspace", "client", "company", "mandant")
NO_CONTEXT = 0
OWN_CONTEXT = -1
"""Earlier turns that the log does not show."""
_SEVERAL_QUESTIONS = 3


class Base(NamedTuple):
    """What has to be equal besides values: the static part of a scope."""

    app: str | None
    environment: str | None
    operation: str
    model: tuple[str, str]
    template: int
    settings: bytes
    tenants: tuple[str, ...]
    context: int


class Context:
    """Messages around a question that are part of its scope: in which conversations, with which questions."""

    __slots__ = ("conversation", "digest", "follows", "questions", "shared")

    def __init__(self, found: bytes, conversation: Hashable, *, follows: bool) -> None:
        self.digest = found
        self.follows = follows
        self.conversation = conversation
        self.shared = not follows
        self.questions: set[int] = set()

    def seen(self, conversation: Hashable, content: int) -> None:
        """It is shared when another conversation has it too, or when too many questions follow on it for one conversation."""
        if self.shared:
            return
        self.questions.add(content)
        if conversation != self.conversation or len(self.questions) >= _SEVERAL_QUESTIONS:
            self.shared = True
            self.questions.clear()


class Columns:
    """Requests that a cache could serve as far as one call tells; see `add`."""

    def __init__(self, family: Callable[[str | None, str | None], Family]) -> None:
        self._family = family
        self.heads = Heads()
        self.calls = 0
        self.ineligible: dict[Reason, int] = {}
        self.bases: dict[Base, int] = {}
        self.contexts: list[Context] = []
        self._contexts: dict[bytes, int] = {}
        self._questions: dict[str, tuple[Question, int]] = {}
        self._forms: dict[int, tuple[int, int, str]] = {}
        self.texts: dict[str, int] = {}
        self.vectors = Brought()
        self.answers: dict[str, int] = {}
        self._users: dict[str, int] = {}
        self._exact: dict[bytes, int] = {}
        self.places: list[Place] = []
        self._places: dict[PlaceName, int] = {}
        self.at, self.ready = array("d"), array("d")
        self.base, self.text, self.answer, self.user = array("i"), array("i"), array("i"), array("i")
        self.exact, self.tie, self.content = array("i"), array("I"), array("q")
        self.cost, self.priced, self.call = array("q"), array("b"), array("q")
        self.part_row, self.part_place, self.part_value = array("q"), array("i"), array("q")
        self.of_head, self.of_question = array("i"), array("i")
        self.bundle_place, self.bundle_value, self.bundle_end = array("i"), array("q"), array("q", (0,))
        """Values that come together, one bundle behind the other; bundle 0 is empty."""
        self._bundles: dict[tuple[str | None, int], int] = {}
        self._head_places: dict[tuple[str | None, int], list[int]] = {}
        self._asked: dict[tuple[str | None, str], int] = {}
        self.marker_row, self.marker_value = array("q"), array("q")

    def add(self, call: Call, cost: Callable[[Call], Decimal | None]) -> None:
        """Look at the next call."""
        position = self.calls
        self.calls += 1
        given = settings(call.parameters)
        found = asked(call)
        why = reason(call, found, given)
        if why is not None or found is None:
            self._refuse(why or "no_text")
            return
        known = self._questions.get(found.text)
        if known is None:
            read = question(found.text)
            order, space, _ = self._forms.setdefault(read.content, (read.order, read.space, found.text))
            read = read._replace(order=read.order ^ order, space=read.space ^ space)
            known = self._questions[found.text] = read, self.texts.setdefault(read.text, len(self.texts))
        read, text = known
        head = self.heads.read(call.system, call.tools)
        if read.time_dependent or self.heads.templates[head.template].live:
            self._refuse("time_dependent")
            return
        row, at = len(self.at), call.started_at
        context = OWN_CONTEXT if given.earlier else self._context(call, found, read.content)
        base = Base(
            call.app,
            call.environment,
            call.operation,
            self._family(call.provider, call.model),
            head.template,
            given.scope,
            tuple([tag for tag in call.tags if tag.lower().startswith(_TENANTS)]) if call.tags else (),
            context,
        )
        self.base.append(self.bases.setdefault(base, len(self.bases)))
        self.at.append(at)
        self.ready.append(at if call.duration is None else at + max(0.0, call.duration))
        self.text.append(text)
        if call.embedding is not None:
            self.vectors.add(read.text, call.embedding, call.embedding_model)
        self.content.append(read.content)
        self.exact.append(self._exact.setdefault(given.exact, len(self._exact)))
        self.tie.append(crc32(call.id.encode("utf-8", "surrogatepass")))
        self.user.append(-1 if call.user is None else self._users.setdefault(call.user, len(self._users)))
        self.call.append(position)
        price = Decimal(0) if call.response_cache_hit else cost(call)
        if price is not None and price > MOST_USD:
            price = None
        self.cost.append(0 if price is None else round(price * PICO))
        self.priced.append(price is not None)
        self.answer.append(self._answer(call))
        self.of_head.append(self._of_head(call, head))
        self.of_question.append(
            self._of_question(call, found.text, read) if read.kinds or read.order or read.space else 0
        )
        if given.seed:
            self._part(row, PlaceName(call.app, "settings", "seed", -1, 0), given.seed, at)
        for marker in read.personal:
            self.marker_row.append(row)
            self.marker_value.append(marker)

    def _refuse(self, why: Reason) -> None:
        self.ineligible[why] = self.ineligible.get(why, 0) + 1

    def _part(self, row: int, name: PlaceName, value: str, at: float) -> None:
        place = self._place(name)
        self.places[place].add(value, at)
        self.part_row.append(row)
        self.part_place.append(place)
        self.part_value.append(number(value))

    def _of_head(self, call: Call, head: Head) -> int:
        """Number of the bundle of a head's values; it is made once for each head."""
        found = self._bundles.get((call.app, head.number))
        if found is None:
            places = self._head_places.get((call.app, head.template))
            if places is None:
                kinds = self.heads.templates[head.template].kinds
                places = [self._place(PlaceName(call.app, "system", k, head.template, n)) for n, k in enumerate(kinds)]
                self._head_places[call.app, head.template] = places
            for place, value in zip(places, head.values, strict=True):
                self.places[place].add(value, call.started_at)
            parts = list(zip(places, head.numbers, strict=True))
            if head.order or head.space:
                ways = self.heads.ways[head.template]
                parts += self._forms_of(call.app, "system", head.order, head.space, ways)
            found = self._bundles[call.app, head.number] = self._bundle(parts)
        return found

    def _of_question(self, call: Call, sent: str, read: Question) -> int:
        found = self._asked.get((call.app, sent))
        if found is None:
            parts = []
            for nth, (kind, value) in enumerate(zip(read.kinds, read.values, strict=True)):
                place = self._place(PlaceName(call.app, "message", kind, -1, nth))
                self.places[place].add(value, call.started_at)
                parts.append((place, number(value)))
            ways = (self._forms[read.content][2], sent)
            parts += self._forms_of(call.app, "message", read.order, read.space, ways)
            found = self._asked[call.app, sent] = self._bundle(parts)
        return found

    def _forms_of(
        self, app: str | None, segment: Segment, order: int, space: int, ways: tuple[str, str]
    ) -> list[tuple[int, int]]:
        found = []
        forms: tuple[tuple[Written, int], ...] = (("key_order", order), ("whitespace", space))
        for kind, value in forms:
            if value:
                place = self._place(PlaceName(app, segment, kind, -1, 0))
                self.places[place].written(ways)
                found.append((place, value))
        return found

    def _bundle(self, parts: Sequence[tuple[int, int]]) -> int:
        if not parts:
            return 0
        for place, value in parts:
            self.bundle_place.append(place)
            self.bundle_value.append(value)
        self.bundle_end.append(len(self.bundle_place))
        return len(self.bundle_end) - 1

    def _place(self, name: PlaceName) -> int:
        place = self._places.get(name)
        if place is None:
            place = self._places[name] = len(self.places)
            self.places.append(Place(name))
        return place

    def _context(self, call: Call, found: Asked, content: int) -> int:
        messages = call.messages
        if len(messages) == 1 and len(messages[0].parts) == 1:
            return NO_CONTEXT
        h = blake2b(digest_size=16)
        follows = False
        empty = True
        for place, message in enumerate(messages):
            for part in message.parts:
                if place == found.place and part.kind == "text":
                    continue
                empty = False
                data = part.text.encode("utf-8", "surrogatepass")
                h.update(f"{message.role} {part.kind} {place == found.place} {len(data)} ".encode())
                h.update(data)
            follows = follows or (message.role == "assistant" and place < found.place)
        if empty:
            return NO_CONTEXT
        key = h.digest()
        conversation: Hashable = call.conversation or position_of(call)
        number_ = self._contexts.get(key)
        if number_ is None:
            self.contexts.append(Context(key, conversation, follows=follows))
            number_ = self._contexts[key] = len(self.contexts)
        self.contexts[number_ - 1].seen(conversation, content)
        return number_

    def _answer(self, call: Call) -> int:
        if call.response_cache_hit:
            # It says what an earlier call was answered, not what the model would have said to this one.
            return NO_ANSWER
        output = call.output
        text = output[0].text if len(output) == 1 and output[0].kind == "text" else _text_of(call)
        return self.answers.setdefault(text, len(self.answers)) if text else NO_ANSWER


def position_of(call: Call) -> str:
    """What stands for the conversation of a call that names none: the call itself."""
    return f"\x00{call.id}"


def _text_of(call: Call) -> str:
    return "\n".join([part.text for part in call.output if part.kind == "text"])
