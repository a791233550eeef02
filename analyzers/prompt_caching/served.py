"""What a cache does with one prompt."""

from __future__ import annotations

from typing import NamedTuple


class Served(NamedTuple):
    """Tokens of one prompt by how they are billed; they add up to the whole input."""

    uncached: int
    read: int
    write_short: int = 0
    write_long: int = 0

    @property
    def total(self) -> int:
        """The whole input."""
        return self.uncached + self.read + self.write_short + self.write_long


def served(total: int, scale: float, read: int, short: int = 0, long: int = 0) -> Served:
    """`read`, `short` and `long` in tokens of the chain, brought to the `total` that the log names."""
    if scale != 1.0:
        read, short, long = round(read * scale), round(short * scale), round(long * scale)
    return Served(total - read - short - long, read, short, long)
