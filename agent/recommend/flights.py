"""Calls that were made while the answer to the same request was on its way: what joining equal calls would leave out."""

from __future__ import annotations

from typing import NamedTuple

from analyzers.response_caching.requests import Streams


class Flights(NamedTuple):
    """Eligible calls of an application in the order of time, by their number among those looked at; `same[i]`: call i is such a one."""

    numbers: list[int]
    same: list[bool]


def flights(found: Streams) -> dict[str | None, Flights]:
    """By application; equal requests are those that one exact cache cannot tell apart."""
    stream = found.merged
    apps = [scope.app for scope in found.scopes]
    until: dict[int, float] = {}
    by_app: dict[str | None, Flights] = {}
    rows = (stream.call, stream.key, stream.at, stream.ready, found.scope)
    for call, key, at, ready, scope in zip(*(column.tolist() for column in rows), strict=True):
        own = by_app.setdefault(apps[scope], Flights([], []))
        own.numbers.append(call)
        own.same.append(at < until.get(key, at))
        until[key] = max(until.get(key, at), ready)
    return by_app
