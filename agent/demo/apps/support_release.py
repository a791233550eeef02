"""A release of the support bot that changes what stands above its policy: one that mends its cache, and one that only means to."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple


class Release(NamedTuple):
    """Deployed at `at` (unix seconds): clock and session go behind the conversation.

    `works` False: the same release writes a number of each request above the policy, so that as little is cached as before.
    """

    at: float
    works: bool = True

    def place(self, head: str, request: str) -> tuple[str, str]:
        """What stands above the policy, and what behind the conversation; `request` tells this request from all others."""
        if self.works:
            return "", head
        return f"Request: {blake2b(request.encode(), digest_size=16).hexdigest()}\n\n", head
