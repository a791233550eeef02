"""What another form of the same messages is worth in tokens, as the log's own totals tell.

Bytes mislead where the same JSON is written in another form: a space behind a comma may cost a token or none. From one request to
the next of a conversation the total grows by what is new and by what old messages are in another form; over many such
pairs the two can be told apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from analyzers.prompt_caching.case import Case, Pair
from analyzers.prompt_caching.messages import turns_of
from analyzers.prompt_caching.prompt import Segment

_PULL = 1.0
"""So many pairs of usual size speak for what bytes tell."""
_BOUNDS = (0.0, 10.0)


def worth_of_form(case: Case, pairs: Iterable[Pair]) -> float:
    """Tokens for each one that the forms of the old messages differ by in their bytes; 1 where totals tell nothing.

    Least squares of the growth of totals over the growth by size, of new prose, new JSON and old messages. New JSON is apart because it is
    new in the form that is lost in the next request: where it costs more than its bytes tell, the loss of the one before hides in it.
    """
    rows, sent = [], []
    still = _still(case.conversation)
    for pair in pairs:
        before, after = case.prompts[pair.before], case.prompts[pair.after]
        if before.total is None or after.total is None:
            continue
        old = len(turns_of(before))
        positions = sorted({segment.position for segment in after.turns})
        behind = frozenset(positions[old:])
        known, prose = (
            after.with_segments(
                s for s in after.segments if s.level != "message" or s.position not in behind or also(s)
            )
            for also in (_nothing, _is_prose)
        )
        whole, said, same, was = (case.chains.tokens(one, by_bytes=True) for one in (after, prose, known, before))
        rows.append((said - same, whole - said, same - was, after.total - before.total))
        sent.append(still[pair.after])
    if not rows:
        return 1.0
    import numpy

    table, counts = numpy.array(rows, dtype=float), numpy.array(sent, dtype=float)
    # What is twice as long is off by twice the variance; what is sent twice as often matters twice as much.
    table *= numpy.sqrt(counts / counts.mean() / (1 + numpy.abs(table[:, :-1]).sum(axis=1)))[:, None]
    *columns, total = table.T
    grown = numpy.stack(columns)
    pull = numpy.diag([_PULL * float(column @ column) / len(rows) + 1e-9 for column in grown])
    found = numpy.linalg.solve(grown @ grown.T + pull, grown @ total + pull @ numpy.ones(len(grown)))
    return min(max(float(found[-1]), _BOUNDS[0]), _BOUNDS[1])


def _still(conversation: Sequence[int]) -> list[int]:
    """For each request how many of its conversation follow, itself included."""
    left = Counter(conversation)
    counts = []
    for talk in conversation:
        counts.append(left[talk])
        left[talk] -= 1
    return counts


def _nothing(segment: Segment) -> bool:
    return False


def _is_prose(segment: Segment) -> bool:
    return segment.kind in ("text", "reasoning")
