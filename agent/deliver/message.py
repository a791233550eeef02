"""What is sent, and what every channel is."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from analyzers.errors import HoneError


class Message(NamedTuple):
    """One message in every form. `id` stays the same over tries, so that a receiver can drop what it has already.

    `over` are the numbers of events that it says are over.
    """

    id: str
    title: str
    text: str
    markdown: str
    html: str
    json: str
    over: tuple[int, ...] = ()


class Refused(HoneError):
    """A channel did not take a message. The reason holds no address and no secret; `wait_s` is how long it asks to wait."""

    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class Channel(Protocol):
    """A way to people."""

    def send(self, message: Message) -> None:
        """Hand the message over; returns when it was taken. Raises Refused."""

    def describe(self) -> str:
        """What it is, without anything secret."""
