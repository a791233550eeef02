"""Speed of the detectors of anonymisation on one core, with what they find and what they should not.

    python -m tests.bench.anonymise [texts]

Texts for a second of processor time: short ones with an identifier in each, questions of customers, answers of models (several sentences). The rounds are interleaved
and the best of each is shown, so that a busy neighbour moves all of them alike. Beside it, recall by kind over the labelled texts of the tests (three seeds)
and the share of clean code in which something is found.
"""

from __future__ import annotations

import sys
import time
from statistics import fmean

from analyzers.anonymise import detect
from tests.analyzers.anonymise.labelled import KINDS, labelled
from tests.analyzers.anonymise.measured import flagged, recall, snippets
from tests.analyzers.embed.texts import questions

TEXTS = 10_000
ROUNDS = 5
SEEDS = (1, 2, 3)
AIM = 20_000
LONG = 6
"""Questions that stand for one answer."""


def main(count: int) -> None:
    """Print speed, recall and false positives."""
    with_one = [one.text for one in labelled(max(count // len(KINDS), 1), 1)]
    asked = questions(count)
    answers = [" ".join(asked[n : n + LONG]) for n in range(0, len(asked), LONG)]
    texts = {"with an identifier": with_one, "questions": asked, "longer answers": answers, "code": snippets()}
    for own in texts.values():
        for text in own[:200]:
            detect(text)
    best = dict.fromkeys(texts, float("inf"))
    for _ in range(ROUNDS):
        for name, own in texts.items():
            started = time.process_time()
            for text in own:
                detect(text)
            best[name] = min(best[name], time.process_time() - started)
    write = sys.stdout.write
    write(f"{'':20} {'texts':>8} {'characters':>11} {'texts/s':>9} {'MB/s':>6}   (aim {AIM:,} texts/s)\n")
    for name, own in texts.items():
        size = fmean(map(len, own))
        rate = len(own) / best[name]
        write(f"{name:20} {len(own):>8,} {size:>11.0f} {rate:>9,.0f} {rate * size / 1e6:>6.2f}\n")
    by_seed = [recall(seed) for seed in SEEDS]
    lowest = ", ".join(f"{kind.lower()} {min(one[kind] for one in by_seed):.3f}" for kind in KINDS)
    whole = fmean(share for one in by_seed for share in one.values())
    write(f"recall: {lowest} (the lowest of three seeds); of all kinds together {whole:.3f}\n")
    clean = texts["code"]
    wrong = flagged(clean)
    write(f"clean code: {len(wrong):,} of {len(clean):,} flagged ({len(wrong) / len(clean):.2%}, aim at most 2 %)\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TEXTS)
