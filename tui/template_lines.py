"""A template as blocks of text, one below the other: what varies in place, what the cache reads, and what it costs. No widgets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple

from textual.content import Content

from tui import figures
from tui.cells import Tone
from tui.looks import Shown
from tui.text import STYLES

if TYPE_CHECKING:
    from agent.close_look import PromptPiece, TemplateLook
    from agent.report_caching import PromptFault

Kind = Literal["heading", "cached", "fixed", "varies", "note"]
VARYING = "reverse underline"
_LARGE = 40
"""Tokens from which on a fixed text is told how large it is and whether it is read."""
_CONVERSATION = ("history", "last message")


class Block(NamedTuple):
    """A few lines of one kind; `varies` blocks are what n goes to."""

    kind: Kind
    content: Content
    about: tuple[str, ...] = ()
    """Kinds of the faults that stand in it."""


class Share(NamedTuple):
    """Tokens of the newest request by what becomes of them."""

    cached: int
    fixed: int
    """The same in every call, and not read from the cache."""
    varying: int
    conversation: int

    @property
    def whole(self) -> int:
        """All of it."""
        return sum(self)


def share(pieces: Sequence[PromptPiece]) -> Share:
    """Of a template's pieces."""
    cached = sum(piece.cached_tokens for piece in pieces)
    talk = [piece for piece in pieces if piece.role in _CONVERSATION]
    head = [piece for piece in pieces if piece.role not in _CONVERSATION]
    return Share(
        cached,
        sum(piece.tokens - piece.cached_tokens for piece in head if not piece.varies),
        sum(piece.tokens - piece.cached_tokens for piece in head if piece.varies),
        sum(piece.tokens - piece.cached_tokens for piece in talk),
    )


def bar(of: Share, width: int) -> Content:
    """The four shares as one bar of `width` columns, in patterns that differ without colour."""
    parts: list[tuple[str, Tone, int]] = [
        ("█", "good", of.cached),
        ("▒", "warn", of.fixed),
        ("▚", "bad", of.varying),
        ("·", "quiet", of.conversation),
    ]
    drawn, done, at = [], 0, 0
    for mark, tone, tokens in parts:
        at += tokens
        end = round(width * at / of.whole) if of.whole else 0
        end = max(end, done + 1) if tokens else end
        drawn.append((mark * (end - done), STYLES[tone]))
        done = end
    return Content.assemble(*drawn)


def legend(of: Share) -> Content:
    """What the patterns stand for, with their tokens."""
    return Content.assemble(
        ("█", STYLES["good"]),
        f" from cache {of.cached:,}  ",
        ("▒", STYLES["warn"]),
        f" fixed, not read {of.fixed:,}  ",
        ("▚", STYLES["bad"]),
        f" varying {of.varying:,}  ",
        ("·", STYLES["quiet"]),
        f" conversation {of.conversation:,}",
    )


def blocks(look: TemplateLook, faults: Sequence[PromptFault], show: Shown) -> list[Block]:
    """From the first tool to the last message."""
    by_kind = {fault.kind: fault for fault in reversed(faults)}
    found: list[Block] = []
    for (segment, _, role), group in groupby(look.pieces, key=lambda p: (p.segment, _one_of(p), p.role)):
        pieces = list(group)
        tokens = sum(piece.tokens for piece in pieces)
        if role in _CONVERSATION:
            found += _conversation(role, tokens, sum(piece.cached_tokens for piece in pieces))
            continue
        found.append(_heading("tools" if segment == "tools" else role or segment, tokens))
        found += _tools(pieces, by_kind) if segment == "tools" else _texts(pieces, by_kind, show)
    return found


def _one_of(piece: PromptPiece) -> int:
    """Tools belong together; parts of the system and messages stand for themselves."""
    return -1 if piece.segment == "tools" else piece.position


def _heading(name: str, tokens: int) -> Block:
    return Block("heading", Content.assemble((name, "bold"), (f"  {tokens:,} tokens", STYLES["quiet"])))


def _conversation(role: str, tokens: int, cached: int) -> Iterable[Block]:
    read = f", {cached:,} of them read from the cache" if cached else ""
    what = "the conversation so far" if role == "history" else "the last message"
    yield _heading(role, tokens)
    yield Block("varies", Content.assemble((f"⟪{what}⟫", VARYING), (f"  {tokens:,} tokens{read}", STYLES["quiet"])))


def _tools(pieces: Sequence[PromptPiece], faults: Mapping[str, PromptFault]) -> Iterable[Block]:
    for piece in pieces:
        cached = piece.cached_tokens * 2 > piece.tokens
        kind: Kind = "varies" if piece.varies else "cached" if cached else "fixed"
        name = (f"⟪{piece.text[:60]}⟫", VARYING) if piece.varies else (piece.text[:60], "")
        tokens = (f"  {piece.tokens:,} tokens", STYLES["quiet"])
        yield Block(kind, Content.assemble(name, tokens), tuple(piece.faults))
    kinds = dict.fromkeys(kind for piece in pieces for kind in piece.faults)
    yield from (_fault(faults[kind]) for kind in kinds if kind in faults)


def _texts(pieces: Sequence[PromptPiece], faults: Mapping[str, PromptFault], show: Shown) -> Iterable[Block]:
    """Lines that hold something that varies stand alone, with a note below; what lies between is one block."""
    line: list[Content] = []
    notes: list[Block] = []
    about: list[str] = []
    inside: PromptPiece | None = None

    def end_of_line() -> Iterable[Block]:
        nonlocal line, notes, about, inside
        if line and inside is not None:
            yield Block("varies" if notes else _fixed(inside), Content("").join(line), tuple(about))
        yield from notes
        line, notes, about, inside = [], [], [], None

    for piece in pieces:
        texts = piece.text.split("\n")
        if piece.varies:
            inside = inside or piece
            line.append(_span(texts, show))
            notes.append(_note(piece, faults))
            about += piece.faults
            continue
        inside = inside or piece
        line.append(Content(_line(texts[0], piece, show)))
        if len(texts) > 1:
            yield from end_of_line()
            middle = [_line(text, piece, show) for text in texts[1:-1]]
            if any(text.strip() for text in middle):
                yield Block(_fixed(piece), Content("\n".join(middle).strip("\n")))
            line, inside = ([Content(_line(texts[-1], piece, show))], piece) if texts[-1] else ([], None)
        if piece.tokens >= _LARGE:
            yield from end_of_line()
            yield _size(piece)
    yield from end_of_line()


def _fixed(piece: PromptPiece) -> Kind:
    return "cached" if piece.cached_tokens * 2 > piece.tokens else "fixed"


def _line(text: str, piece: PromptPiece, show: Shown) -> str:
    if text == "⋯" and piece.left_out:
        return f"⋯ {piece.left_out:,} characters more ⋯"
    return show(text)


def _span(texts: Sequence[str], show: Shown) -> Content:
    words = " ⏎ ".join(show(text) for text in texts if text.strip())
    return Content.assemble((f"⟪{words}⟫", VARYING))


def _note(piece: PromptPiece, faults: Mapping[str, PromptFault]) -> Block:
    named = next((faults[kind] for kind in piece.faults if kind in faults), None)
    often = "it varies" if piece.changes is None else f"changes in {figures.percent(piece.changes)} of calls"
    if named is None:
        return Block("note", Content.styled(f"▔▔ {often}", STYLES["quiet"]))
    return _fault(named, often)


def _fault(fault: PromptFault, often: str = "") -> Block:
    said = f"▔▔ {often}{'; ' if often else ''}{fault.kind}: {fault.stranded_tokens:,} tokens behind it are read anew"
    worth = f", {figures.dollars(fault.saving_usd_month)} a month" if fault.saving_usd_month is not None else ""
    return Block("note", Content.styled(said + worth, STYLES["bad"]))


def _size(piece: PromptPiece) -> Block:
    if piece.cached_tokens * 2 > piece.tokens:
        said, tone = f"▔▔ {piece.tokens:,} tokens, {piece.cached_tokens:,} of them read from the cache", STYLES["good"]
    else:
        said, tone = f"▔▔ {piece.tokens:,} tokens, the same in every call, and not read from the cache", STYLES["warn"]
    return Block("note", Content.styled(said, tone))


def diff_blocks(diff: str, show: Shown) -> list[Block]:
    """A unified diff, its two lines of names left out: what goes with -, what comes with +, and where lines are left out."""
    found = []
    for line in diff.splitlines()[2:]:
        mark, text = line[:1], line[1:]
        if mark == "@":
            found.append(Block("note", Content.styled("⋯", STYLES["quiet"])))
            continue
        tone = STYLES["good"] if mark == "+" else STYLES["bad"] if mark == "-" else STYLES["quiet"]
        found.append(Block("fixed", Content.styled(f"{mark} {show(text)}", tone)))
    return found
