"""The judge: the certain comparisons first, then likeness of words and, where a model is given, of meaning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from analyzers.embed.embedder import Embedder
from analyzers.response_caching.judge.compare import Open, compared
from analyzers.response_caching.judge.verdict import Verdict


class Exchange(NamedTuple):
    """A later request with what it really got, and the earlier one whose answer a cache would have served."""

    question: str
    answer: str | None
    cached_question: str
    cached_answer: str | None


class Gates(NamedTuple):
    """How alike answers have to be that nothing contradicts. Calibrated on tests/data/judged_pairs; cosines of MiniLM."""

    words: float = 0.75
    """Share of common words at which no model is needed."""
    question_words: float = 0.5
    answers: float = 0.80
    """Least cosine of the answers, with `questions` that of the questions and `some_words` the share of common words."""
    questions: float = 0.70
    some_words: float = 0.2
    same_answers: float = 0.88
    """Cosine at which answers of so many common words are alike whatever the questions."""
    unlike: float = 0.45
    """Below this cosine, and with hardly a common word, the answers are about different things."""
    few_words: float = 0.12


GATES = Gates()


def judge(
    question: str,
    answer: str | None,
    cached_question: str,
    cached_answer: str | None,
    embedder: Embedder | None = None,
) -> Verdict:
    """Whether `cached_answer` was right for `question`, which really got `answer`.

    What is not known to be right is judged wrong where something contradicts, else `same` is None.
    """
    return judge_all([Exchange(question, answer, cached_question, cached_answer)], embedder)[0]


def judge_all(exchanges: Iterable[Exchange], embedder: Embedder | None = None, gates: Gates = GATES) -> list[Verdict]:
    """A verdict for each, in order. Only texts of exchanges that words do not settle are embedded, each once."""
    given = list(exchanges)
    found = [compared(*one) for one in given]
    left = [n for n, one in enumerate(found) if isinstance(one, Open) and not one.eastern] if embedder else []
    cosines = _cosines([given[n] for n in left], embedder) if embedder and left else []
    near = dict(zip(left, cosines, strict=True))
    return [one if isinstance(one, Verdict) else weighed(one, near.get(n), gates) for n, one in enumerate(found)]


def weighed(found: Open, cosines: tuple[float, float] | None, gates: Gates = GATES) -> Verdict:
    """By likeness alone; `cosines` are those of the questions and of the answers, None without a model."""
    if cosines is None:
        score, by = found.answers, "words"
        unlike = False
        alike = found.answers >= gates.words and (found.fact or found.questions >= gates.question_words)
    else:
        questions, answers = cosines
        score, by = max(0.0, min(1.0, answers)), "embedding"
        unlike = answers < gates.unlike and found.answers < gates.few_words
        alike = answers >= gates.answers and questions >= gates.questions and found.answers >= gates.some_words
        alike |= found.answers >= gates.words and (
            found.fact or answers >= gates.same_answers or found.questions >= gates.question_words
        )
    if alike and not found.substituted and not found.uneven:
        return Verdict(True, by, score)
    if unlike:
        return Verdict(False, by, score)
    return Verdict(None, "substitution" if found.substituted else "negation" if found.uneven and alike else by, score)


def _cosines(exchanges: Sequence[Exchange], embedder: Embedder) -> list[tuple[float, float]]:
    texts: dict[str, int] = {}
    for one in exchanges:
        for text in one:
            texts.setdefault(text or "", len(texts))
    vectors = embedder.embed(list(texts))
    return [
        (
            float(vectors[texts[one.question]] @ vectors[texts[one.cached_question]]),
            float(vectors[texts[one.answer or ""]] @ vectors[texts[one.cached_answer or ""]]),
        )
        for one in exchanges
    ]
