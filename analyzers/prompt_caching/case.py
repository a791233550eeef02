"""The requests of one template in the order of time, with all that a detector may ask about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from analyzers.prompt_caching.chain import Chain, Chains
from analyzers.prompt_caching.pings import Ping, due
from analyzers.prompt_caching.prompt import Prompt, Segment
from analyzers.prompt_caching.served import Served
from analyzers.prompt_caching.simulate import Caches


class Pair(NamedTuple):
    """A request and the one before it that it should have shared a prefix with; both as positions in the case."""

    before: int
    after: int


class Case:
    """Prompts of one template by time; `conversation[i]` numbers the conversation of prompt i."""

    def __init__(
        self,
        prompts: Sequence[Prompt],
        conversation: Sequence[int],
        chains: Chains,
        lifetimes: Mapping[str, float] | None = None,
        origin: Case | None = None,
    ) -> None:
        self.origin = origin or self
        """The requests as they were logged, before any repair."""
        self.lifetimes = lifetimes or {}
        self.prompts = list(prompts)
        self.conversation = list(conversation)
        self.chains = chains

    def newest(self, count: int) -> Case:
        """The last `count` requests."""
        if len(self.prompts) <= count:
            return self
        return Case(self.prompts[-count:], self.conversation[-count:], self.chains, self.lifetimes)

    def repaired(self, prompts: Sequence[Prompt]) -> Case:
        """The same requests with other prompts."""
        return Case(prompts, self.conversation, self.chains, self.lifetimes, self.origin)

    @property
    def served(self) -> list[Served | None]:
        """What each request would read and write as it stands."""
        return self._run[0]

    @property
    def pinged(self) -> list[tuple[Ping, Served]]:
        """What is sent besides, to keep entries, and what that would read and write."""
        return self._run[1]

    @cached_property
    def _run(self) -> tuple[list[Served | None], list[tuple[Ping, Served]]]:
        caches = Caches(self.chains, self.lifetimes)
        served: list[Served | None] = []
        pinged: list[tuple[Ping, Served]] = []
        pings = due(self.prompts, self.chains)
        sent = 0
        for prompt in self.prompts:
            while sent < len(pings) and pings[sent].at <= prompt.at:
                tokens = caches.serve(pings[sent].prompt)
                if tokens is not None:
                    pinged.append((pings[sent], tokens))
                sent += 1
            served.append(caches.serve(prompt))
        return served, pinged

    @cached_property
    def turns(self) -> list[Pair]:
        """Successive requests of one conversation, in the order of the later one."""
        latest: dict[int, int] = {}
        pairs = []
        for position, number in enumerate(self.conversation):
            if number in latest:
                pairs.append(Pair(latest[number], position))
            latest[number] = position
        return pairs

    @cached_property
    def neighbours(self) -> list[Pair]:
        """Successive requests of different conversations."""
        pairs = []
        other = -1
        for position in range(1, len(self.prompts)):
            if self.conversation[position - 1] != self.conversation[position]:
                other = position - 1
            if other >= 0:
                pairs.append(Pair(other, position))
        return pairs

    @cached_property
    def earlier(self) -> list[int]:
        """For each request the one whose prefix it should share: before it in its conversation, else of another one; -1 for none."""
        found = [-1] * len(self.prompts)
        for pair in (*self.neighbours, *self.turns):
            found[pair.after] = pair.before
        return found

    @cached_property
    def weight(self) -> float:
        """Input of all requests and pings in tokens at the full price, by the rules' multipliers: enough to compare variants by."""
        whole = 0.0
        pings = [(ping.prompt, tokens) for ping, tokens in self.pinged]
        for prompt, tokens in (*zip(self.prompts, self.served, strict=True), *pings):
            if tokens is not None and prompt.rule is not None:
                write = prompt.rule.write
                whole += tokens.uncached + prompt.rule.read * tokens.read
                whole += write[0] * tokens.write_short + write[-1] * tokens.write_long
        return whole

    def chain(self, position: int) -> Chain:
        """The chain of one prompt."""
        return self.chains.chain(self.prompts[position])

    def tokens_before(self, position: int, segment: int, characters: int = 0) -> int:
        """Tokens of a prompt in front of character `characters` of its segment number `segment`."""
        chain = self.chain(position)
        if not chain.tokens:
            return 0
        prompt = self.prompts[position]
        end = chain.tokens[segment]
        start = chain.tokens[segment - 1] if segment else 0
        length = len(prompt.segments[segment].text)
        inside = (end - start) * characters / length if length else 0
        return chain.logged(round(start + inside))

    def size(self, position: int) -> int:
        """Input tokens of a prompt."""
        total = self.prompts[position].total
        if total is not None:
            return total
        return self.chain(position).total


def moved_to_tail(prompt: Prompt, segments: Sequence[Segment], moved: Sequence[str]) -> Prompt:
    """`segments` with the texts `moved` as a further part at the end of the last message.

    The tokens stay the same and what varies comes last. Where the provider sets a breakpoint at the very end, what is in front
    of the moved text gets one of its own: else nothing would ever be read again.
    """
    texts = [text for text in moved if text.strip()]
    if not texts:
        return prompt.with_segments(segments)
    last = segments[-1] if segments else None
    if last is not None and prompt.rule is not None and prompt.rule.marking == "both" and not last.mark:
        last = last._replace(mark="30m")
        segments = (*segments[:-1], last)
    if last is not None and last.level == "message":
        tail = Segment("message", last.position, last.part + 1, last.role, "text", "\n".join(texts))
    else:
        tail = Segment("message", 0, 0, "user", "text", "\n".join(texts))
    return prompt.with_segments((*segments, tail))
