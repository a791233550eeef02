"""Text of which a line that is too long goes on below its words, not below its label, number or dot."""

from __future__ import annotations

import re

from textual.content import Content
from textual.widgets import Static

_HEAD = re.compile(r" *\S[^\n]{0,18}?\s{2,}|\d+\.? (?=\S)|· | {2,}(?=\S)")
_LEAST = 12
"""Where less than this is left for the words, they begin at the edge."""


class Hanging(Static):
    """`put` it like `Static.update`; a label is what stands before two spaces at the beginning of a line."""

    def __init__(self, identity: str) -> None:
        super().__init__(id=identity, markup=False)
        self._said = Content("")
        self._drawn_at = -1

    def put(self, said: Content | str) -> None:
        """Say this."""
        self._said = Content(said) if isinstance(said, str) else said
        self._draw()

    def on_resize(self) -> None:
        """As wide as there is room."""
        if self.content_size.width != self._drawn_at:
            self._draw()

    def _draw(self) -> None:
        self._drawn_at = width = self.content_size.width
        self.update(hung(self._said, width) if width else self._said)


def hung(said: Content, width: int) -> Content:
    """Wrapped to `width` cells."""
    lines: list[Content] = []
    for line in said.split("\n", allow_blank=True):
        head = _HEAD.match(line.plain)
        indent = Content(head.group()).cell_length if head else 0
        if line.cell_length <= width or head is None or width - indent < _LEAST:
            lines.append(line)
            continue
        first, *rest = line[head.end() :].wrap(width - indent)
        lines += [Content.assemble(line[: head.end()], first), *(part.pad_left(indent) for part in rest)]
    return Content("\n").join(lines)
