"""What another form of the same messages is worth in tokens, as the log's own totals tell.

Bytes mislead where the same JSON is written in another form: a space behind a comma may cost a token or none. From one request to
the next of a conversation the total grows by what is new and by what old messages are in another form; over many such
pairs the two can be told apart.
"""

from __future__ import annotations

from collections.abc import Iterable

from analyzers.prompt_caching.case import Case, Pair
from analyzers.prompt_caching.messages import turns_of

_PULL = 1.0
"""So many pairs of usual size speak for what bytes tell."""
_BOUNDS = (0.0, 10.0)


def worth_of_form(case: Case, pairs: Iterable[Pair]) -> float:
    """Tokens for each one that the forms of the old messages differ by in their bytes; 1 where totals tell nothing.

    Least squares of the growth of totals over the growth by size, of new messages and of old ones.
    """
    rows = []
    for pair in pairs:
        before, after = case.prompts[pair.before], case.prompts[pair.after]
        if before.total is None or after.total is None:
            continue
        old = len(turns_of(before))
        positions = sorted({segment.position for segment in after.turns})
        behind = frozenset(positions[old:])
        known = after.with_segments(s for s in after.segments if s.level != "message" or s.position not in behind)
        whole, same, was = (case.chains.tokens(one, by_bytes=True) for one in (after, known, before))
        rows.append((whole - same, same - was, after.total - before.total))
    if not rows:
        return 1.0
    import numpy

    new, form, total = numpy.array(rows, dtype=float).T
    columns = numpy.stack((new, form))
    pull = numpy.diag((1e-9, _PULL * float(form @ form) / len(rows) + 1e-9))
    found = numpy.linalg.solve(columns @ columns.T + pull, columns @ total + pull @ (1.0, 1.0))
    return min(max(float(found[1]), _BOUNDS[0]), _BOUNDS[1])
