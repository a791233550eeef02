"""The one error that Hone raises on purpose."""

from __future__ import annotations


class HoneError(Exception):
    """Something the user can act on: what is wrong, where, and what to do about it.

    `message` names the file, key, topic or offset; `hint` is the next step, or empty.
    Neither ever holds log text.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
