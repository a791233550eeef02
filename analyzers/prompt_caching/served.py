"""What a cache does with one prompt."""

from __future__ import annotations

from typing import NamedTuple

from analyzers.prompt_caching.chain import Chain


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


def served(total: int, chain: Chain, read: int, short: int = 0, long: int = 0) -> Served:
    """`read`, then `short`, then `long` tokens of the chain, as the log counts them, of a prompt of `total`."""
    if not short and not long:
        return plain(total, chain.logged(read) if read else 0)
    ends = [chain.logged(end) for end in (read, read + short, read + short + long)]
    return Served(total - ends[2], ends[0], ends[1] - ends[0], ends[2] - ends[1])


def plain(total: int, read: int) -> Served:
    """`read` of `total` tokens, nothing written."""
    return Served(total - read, read)
