"""What to do about each fault of the history, and the requests as they would be then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.diff import changes as differences
from analyzers.prompt_caching.fault import Repair
from analyzers.prompt_caching.faults.history_names import Seen
from analyzers.prompt_caching.history import of_tools
from analyzers.prompt_caching.likeness import likeness
from analyzers.prompt_caching.messages import Turn
from analyzers.prompt_caching.rewrite import (
    Echoes,
    Policy,
    appended,
    echoed,
    in_one_form,
    in_one_order,
    split,
)
from analyzers.prompt_caching.state_block import state_behind
from analyzers.prompt_caching.worth import worth_of_form

_FOREVER = float("inf")
_FEW = 0.2
_MEASURED = 100
_LIMITS = (_FOREVER, 3.0, 2.0, 1.5)
"""How many times its present size a request may grow to before its history is cut in one go."""


def remedy(case: Case, kind: str, position: int, seen: Sequence[Seen]) -> tuple[str, Repair]:
    """The sentence, without its full stop, and the repair for a fault of this kind, seen in the message at `position`."""
    chains = case.chains
    changes = [one.change for one in seen]
    counts = Counter(change.role for change in changes)
    roles = {role for role, count in counts.items() if count > _FEW * len(changes)}
    if kind in GROWING:
        return _growing(case, kind, roles, any(change.dropped for change in changes))
    if kind in ("state_before_history", "timestamp_before_static"):
        what = "the clock" if kind == "timestamp_before_static" else "what changes"
        fix = f"Move {what} in message number {position + 1} behind the history, to the end of the last message"
        return fix, lambda prompts: state_behind(prompts, position)
    if kind == "last_message_extended":
        fix = "Send what is added as a message of its own instead of extending the text of the last one"
        return fix, lambda prompts: split(prompts, chains)
    if kind == "whitespace_drift":
        fix = "Bring white space, line ends and Unicode into one form once, before a message is first sent"
        return fix, lambda prompts: in_one_form(prompts, chains)
    fix, echoes = _ECHOED[kind]
    if kind == "history_reserialized":
        worth = worth_of_form(case, [one.pair for one in seen[-_MEASURED:]])
        return fix, lambda prompts: echoed(prompts, chains, echoes, worth)
    if kind == "history_edited":
        echoes = _of(roles, echoes)
    elif kind == "message_ids_rerendered":
        echoes = _labels(max(_values(change.was, change.now) for change in changes[-_MEASURED:]))
    rewritten = in_one_order if kind == "chunk_order" else echoed
    return fix, lambda prompts: rewritten(prompts, chains, echoes)


def _growing(case: Case, kind: str, roles: Set[str], dropped: bool) -> tuple[str, Repair]:
    chains = case.chains
    once, rarely, echoes = GROWING[kind]
    policy = Policy(echoes, lambda turn: True)
    if kind == "history_pruned":
        policy = Policy(_of(roles, echoes), lambda turn: dropped and of_tools(turn))

    def repaired(limit: float) -> Repair:
        return lambda prompts: appended(prompts, chains, policy, limit)

    costs = {limit: _cost(case.repaired(repaired(limit)(case.prompts))) for limit in _LIMITS}
    limit = min(_LIMITS, key=lambda one: costs[one])
    return (once if limit == _FOREVER else rarely.format(limit)), repaired(limit)


def _cost(case: Case) -> float:
    """Input of the case in tokens at full price, by the rules' multipliers: enough to compare ways of sending one history."""
    whole = 0.0
    for prompt, tokens in zip(case.prompts, case.served, strict=True):
        if tokens is None or prompt.rule is None:
            continue
        rule = prompt.rule
        whole += tokens.uncached + tokens.read * rule.read
        whole += tokens.write_short * rule.write[0] + tokens.write_long * rule.write[-1]
    return whole


def _of(roles: Set[str], echoes: Echoes) -> Echoes:
    """Only for messages of these roles: what changes in others is another fault."""
    return lambda a, b: a.role in roles and echoes(a, b)


def _form(*forms: str) -> Echoes:
    return lambda a, b: a.role == b.role and likeness(a, b).form in forms


def _labels(most: int) -> Echoes:
    """Messages that differ in no more values than were seen to: what differs in more is no label but a state."""
    return lambda a, b: a.role == b.role and likeness(a, b).form == "span" and _values(a.text, b.text) <= most


def _values(a: str, b: str) -> int:
    return len(differences(a, b))


def _said_otherwise(a: Turn, b: Turn) -> bool:
    return a.role == b.role and likeness(a, b).form in ("other", "dropped", "span", "extended", "space")


def _replaced(a: Turn, b: Turn) -> bool:
    return likeness(a, b).form in ("other", "dropped", "span")


def _never(a: Turn, b: Turn) -> bool:
    return False


_ECHOED: dict[str, tuple[str, Echoes]] = {
    "history_reserialized": (
        "Keep the JSON of tool calls and results as it was first sent and send these bytes again in every later request",
        _form("json"),
    ),
    "chunk_order": (
        "Put the pieces (documents, examples) into one order that stays, and keep them in it in every request",
        _form("order"),
    ),
    "message_ids_rerendered": (
        "Store each message as it was rendered and send it again as it is, with the ids and times of its first sending",
        _form("span"),
    ),
    "history_edited": (
        "Send old messages, answers and reasoning of the model included, again as they were first sent",
        _said_otherwise,
    ),
}

# Kinds that are mended by sending more: the sentence for ever, the one for a time, and what is echoed.
GROWING: dict[str, tuple[str, str, Echoes]] = {
    "history_truncated": (
        "Keep the history append-only instead of dropping the oldest messages with every request",
        "Let the history grow to {} times what is sent today and then drop the oldest messages in one large step",
        _never,
    ),
    "history_pruned": (
        "Keep old tool results as they were sent instead of replacing them with every request",
        "Let old tool results stand until a request is {} times as long as today, then replace them in one large step",
        _replaced,
    ),
    "history_compacted": (
        "Keep the history append-only instead of summarising it again and again",
        "Let the history grow to {} times what is sent today, then summarise it once and append behind that summary",
        _said_otherwise,
    ),
}
