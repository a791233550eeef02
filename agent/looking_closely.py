"""From the analyses to what a person wants to see of their texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import unified_diff
from typing import Any

from agent.close_look import CloseLook, OpenPair, PromptPiece, TemplateLook
from agent.judging import Compared, key
from agent.mask import masked
from analyzers.prompt_caching.analyse import Analysis, Template
from analyzers.prompt_caching.fault import Fault
from analyzers.prompt_caching.layout import Piece, layout, two_calls
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.templates import tool_name

_TEMPLATES = 30
_PIECES = 120
_PAIRS = 40
_ANSWER = 1_200
"""Characters of a question or an answer that are kept."""
_BEGIN, _END = 700, 200
_LINE = 160
_LINES = 80


def close_look(prompts: Analysis, undecided: Sequence[Compared], *, show_text: bool) -> CloseLook:
    """Of the dearest templates, and of the first of the pairs that are `undecided`."""
    dearest = sorted(prompts.templates, key=lambda one: (-one.outcome.before.usd, -one.requests, one.id))[:_TEMPLATES]
    looks = (_template(one, show_text=show_text) for one in dearest)
    return CloseLook(
        masked=not show_text,
        templates=[look for look in looks if look is not None],
        pairs=[_pair(one, show_text=show_text) for one in undecided[:_PAIRS]],
    )


def _template(one: Template, *, show_text: bool) -> TemplateLook | None:
    found = layout(one.outcome.case)
    if found is None:
        return None
    faults = [priced.fault for priced in one.outcome.faults]
    return TemplateLook(
        id=one.id,
        pieces=[_piece(piece, faults, show_text=show_text) for piece in found.pieces[:_PIECES]],
        read_tokens=found.read,
        two_calls=_difference(one, show_text=show_text),
    )


def _piece(piece: Piece, faults: Iterable[Fault], *, show_text: bool) -> PromptPiece:
    place, text, left_out = piece.place, piece.text, 0
    if len(text) > _BEGIN + _END:
        left_out = len(text) - _BEGIN - _END
        text = f"{text[:_BEGIN]}\n⋯\n{text[-_END:]}"
    return PromptPiece(
        segment=place.segment,
        position=place.position,
        role=piece.role,
        text=text if show_text or place.segment == "tools" else _masked_lines(text),
        left_out=left_out,
        tokens=piece.tokens,
        cached_tokens=piece.cached,
        varies=piece.varies,
        changes=None if piece.changes is None else round(piece.changes, 4),
        faults=list(dict.fromkeys(fault.kind for fault in faults if _stands_at(fault, piece))),
    )


def _stands_at(fault: Fault, piece: Piece) -> bool:
    place, at = fault.place, piece.place
    if (place.segment, place.position, place.part) != (at.segment, at.position, at.part):
        return False
    # A fault of the tools is about the whole of them; elsewhere it is a span.
    return at.segment == "tools" or (
        piece.varies and at.start < max(place.end, place.start + 1) and place.start < at.end
    )


def _masked_lines(text: str) -> str:
    return "\n".join(masked(line) for line in text.splitlines())


def _difference(one: Template, *, show_text: bool) -> str:
    """A unified diff of the newest request and the one whose beginning it should share; "" where they are the same."""
    pair = two_calls(one.outcome.case)
    if pair is None:
        return ""
    before, after = (list(_lines(prompt)) for prompt in pair)
    # Compared as they are and masked afterwards: what differs shows, whatever the mask makes of it.
    diff = list(unified_diff(before, after, "one call", "the next", lineterm="", n=1))
    shown = diff[:_LINES] + ([f"@@ {len(diff) - _LINES} more lines @@"] if len(diff) > _LINES else [])
    return "\n".join(line if show_text or not _is_text(line) else line[:2] + masked(line[2:]) for line in shown)


def _lines(prompt: Prompt) -> Iterable[str]:
    """Headings and, indented by one, the lines of the texts."""
    heading: tuple[Any, ...] = ()
    for segment in prompt.segments:
        if segment.level == "tools":
            yield f"tool {tool_name(segment.text)[:60]}"
            continue
        if heading != (segment.level, segment.position, segment.role):
            heading = (segment.level, segment.position, segment.role)
            yield f"{segment.role or segment.level}:"
        yield from (f" {line[:_LINE]}" for line in segment.text.splitlines() if line.strip())


def _is_text(line: str) -> bool:
    return line[:1] in "+- " and line[1:2] == " "


def _pair(one: Compared, *, show_text: bool) -> OpenPair:
    def shown(text: str) -> str:
        return text[:_ANSWER] if show_text else masked(text[:_ANSWER])

    question, answer, before, cached = one.exchange
    return OpenPair(
        key=key(one.exchange).hex(),
        asked=shown(question),
        answered=None if answer is None else shown(answer),
        asked_before=shown(before),
        cached=None if cached is None else shown(cached),
        says=one.verdict.same,
        by=one.verdict.by,
        score=round(one.verdict.score, 4),
    )
