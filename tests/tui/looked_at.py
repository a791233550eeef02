"""A database with a report of every section and what may be seen of its texts, under names and words that nobody wishes to see drawn."""

from __future__ import annotations

from pathlib import Path

from agent.close_look import CloseLook, OpenPair, PromptPiece, TemplateLook
from agent.judging import key
from agent.mask import masked
from agent.store import analyses, close_looks, open_store
from analyzers.response_caching.judge import Exchange
from tests.agent.reports_full import full
from tests.tui.conftest import NOW, START

HOSTILE = "[/red]\x1b[2Jעברית 客服 👩‍👩‍👧 \u202egnp.exe"
PAIRS = (
    Exchange("How do I reset it?", f"Hold the button. {HOSTILE}", "How is it reset?", "Press twice."),
    Exchange("Cancel order 71", "Done.", "Cancel order 17", "Done, too."),
    Exchange("Where is it?", "In the post.", "Where is my parcel?", "It is on its way."),
)


def look(*, shown: bool) -> CloseLook:
    """One template with a clock in front of its rules, and three pairs."""

    def words(text: str) -> str:
        return text if shown else "\n".join(masked(line) for line in text.split("\n"))

    pieces = [
        PromptPiece(segment="tools", position=0, text="lookup_order", tokens=90, cached_tokens=90, varies=False),
        PromptPiece(segment="system", position=0, role="system", text=words("You help.\nNow: "), tokens=20, cached_tokens=20, varies=False),
        PromptPiece(
            segment="system", position=0, role="system", text=words("2026-11-23T01:02:03Z"), tokens=12, cached_tokens=0,
            varies=True, changes=1.0, faults=["timestamp_before_static"],
        ),
        PromptPiece(
            segment="system", position=0, role="system", text=words(f"\nRules {HOSTILE}\n1. Be kind.\n⋯\n9. Be brief."),
            left_out=6_648, tokens=1_980, cached_tokens=0, varies=False,
        ),
        PromptPiece(segment="message", position=0, role="history", text="", tokens=400, cached_tokens=0, varies=True),
        PromptPiece(segment="message", position=3, role="last message", text="", tokens=30, cached_tokens=0, varies=True),
    ]  # fmt: skip
    diff = (
        "--- one call\n+++ the next\n@@ -1,2 +1,2 @@\n system:\n- "
        + words("Now: 01:02:03")
        + "\n+ "
        + words("Now: 01:02:09")
    )
    return CloseLook(
        masked=not shown,
        templates=[TemplateLook(id="t1", pieces=pieces, read_tokens=110, two_calls=diff)],
        pairs=[
            OpenPair(
                key=key(one).hex(), asked=words(one.question), answered=words(one.answer or ""),
                asked_before=words(one.cached_question), cached=words(one.cached_answer or ""),
                says=None if n else True, by="partial", score=0.45,
            )
            for n, one in enumerate(PAIRS)
        ],
    )  # fmt: skip


def looked_at(path: Path, *, shown: bool = True) -> Path:
    """Put the report and the look into the database."""
    store = open_store(f"sqlite:///{path}")
    report = full().to_json(None).encode()
    close_looks.keep(store.engine, NOW - 60, look(shown=shown).model_dump_json().encode())
    analyses.keep(store.engine, analyses.Analysis(NOW - 60, START, NOW, 2, 3.0, report))
    store.close()
    return path
