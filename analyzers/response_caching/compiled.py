"""Functions compiled to machine code, once per machine where the machine lets them be kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The function, compiled at its first call and without the interpreter's lock.

    The machine code is kept beside the source or in the user's cache folder; where neither can be written to, it is
    made anew in every process.
    """
    try:
        return cast(Callable[P, R], njit(cache=True, nogil=True)(function))
    except RuntimeError:
        return cast(Callable[P, R], njit(nogil=True)(function))
