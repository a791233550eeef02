"""Numbers of 64 bits that stand for combinations: arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]


def mixed(*columns: NDArray[np.generic]) -> Numbers:
    """One number for each row, equal for equal rows; of two million rows two different ones fall together once in 10 million times."""
    found = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        found = _scrambled(found * np.uint64(0x9E3779B97F4A7C15) + column.astype(np.uint64))
    return found


def summed(rows: NDArray[np.int64], numbers: Numbers, count: int) -> Numbers:
    """For each of `count` rows the sum of the numbers that belong to it, in any order."""
    found = np.zeros(count, np.uint64)
    np.add.at(found, rows, numbers)
    return found


def numbered(column: NDArray[np.generic]) -> NDArray[np.int64]:
    """Equal values as equal numbers from 0 on."""
    found: NDArray[np.int64] = np.unique(column, return_inverse=True)[1].astype(np.int64).reshape(-1)
    return found


def _scrambled(x: Numbers) -> Numbers:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
