"""`hone judge`: pairs of answers that no comparison settles, one by one."""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from agent.commands.options import Config, Database

if TYPE_CHECKING:
    from agent.judging import Compared
    from agent.store import Store

SHOWN = 1_200
"""Characters of a text that are shown."""
MASKED = "words are masked, and nobody can judge what cannot be read: run it with --show-text, or set privacy.show_text = true"
KEYS = "y: the cached answer was right · n: it was wrong · s: skip · u: take the last one back · q: quit"


def judge(
    app: Annotated[str | None, typer.Option("--app", metavar="NAME", help="Only calls of this application.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Pairs to show at most.")] = 50,
    show_text: Annotated[bool, typer.Option("--show-text", help="Show the words of prompts and answers.")] = False,
    db: Database = None,
    config: Config = None,
) -> None:
    """Say of borderline pairs whether the answer of a cache would have been right.

    Your verdicts go over the comparison's and are kept as digests, without text. Verdicts are read as lines when stdin is no terminal.
    """
    from agent.commands import wiring
    from agent.store import open_store

    settings = wiring.settings_of(config, db)
    store = open_store(settings.store.database_url, create=False)
    try:
        pairs = wiring.pairs_to_judge(store, settings, app)
        if not pairs:
            typer.echo("nothing to judge: no two answers that a cache could confuse are left open", err=True)
            return
        if show_text or settings.privacy.show_text:
            _ask(store, pairs[:limit], app, len(pairs))
        else:
            sys.stdout.writelines(screen(pair, n, len(pairs), mask=True) for n, pair in enumerate(pairs[:limit], 1))
            typer.echo(MASKED, err=True)
    finally:
        store.close()


def _ask(store: Store, pairs: list[Compared], app: str | None, total: int) -> None:
    """Show pairs and keep verdicts until there are no more or it is enough."""
    from agent.judging import key
    from agent.store.judgements import Judgement, keep, withdraw

    read = _keys()
    who = _who()
    done: list[tuple[int, bytes]] = []
    typer.echo(f"{total:,} pairs are open, the least certain first. {KEYS}", err=True)
    n = 0
    while n < len(pairs):
        pair = pairs[n]
        sys.stdout.write(screen(pair, n + 1, len(pairs)))
        sys.stdout.flush()
        said = read()
        if said in ("q", ""):
            break
        if said == "u":
            if done:
                n, name = done.pop()
                withdraw(store.engine, name)
            continue
        if said not in ("y", "n", "s"):
            typer.echo(KEYS, err=True)
            continue
        if said != "s":
            name = key(pair.exchange)
            verdict = pair.verdict
            keep(store.engine, Judgement(name, said == "y", who, time.time(), app, verdict.same, verdict.by))
            done.append((n, name))
        n += 1
    typer.echo(f"{len(done):,} verdicts kept", err=True)


def screen(pair: Compared, number: int, of: int, *, mask: bool = False) -> str:
    """One pair as text; whatever the log holds, no control or direction character comes out. `mask`: no word does either."""
    from agent.mask import masked
    from agent.printable import printable

    question, answer, cached_question, cached_answer = (
        printable(masked(text) if mask and text is not None else text, SHOWN) for text in pair.exchange
    )
    said = {True: "right", False: "wrong", None: "cannot tell"}[pair.verdict.same]
    lines = [
        f"\n[{number}/{of}]  the comparison says: {said} ({pair.verdict.by}, {pair.verdict.score:.2f})",
        f"  asked         {question}",
        f"  answered      {answer}",
        f"  asked before  {cached_question}",
        f"  cached        {cached_answer}",
    ]
    return "\n".join([*lines, "" if mask else "Was the cached answer right? y/n/s/u/q "])


def _keys() -> Callable[[], str]:
    """Single keys on a terminal, else the first letter of each line; "" at the end."""
    if sys.stdin.isatty():
        return lambda: _key() or ""

    def line() -> str:
        given = sys.stdin.readline()
        return given.strip()[:1].lower() or "s" if given else ""

    return line


def _key() -> str:
    import click

    try:
        pressed = click.getchar()
    except (EOFError, KeyboardInterrupt):
        return "q"
    sys.stdout.write(f"{pressed if pressed.isprintable() else ''}\n")
    return pressed[:1].lower()


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
