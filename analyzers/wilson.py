"""How sure a share is."""

from __future__ import annotations

from math import sqrt

_Z = 1.959964


def interval(n: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927); (0, 1) of nothing."""
    if not of:
        return 0.0, 1.0
    share, z2 = n / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    # Rounding must not push an end past the share itself.
    return max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))
