"""Which records speak of the same call.

Identity, best first: the provider's response id (chatcmpl-, resp_, msg_, ...); the gateway's request id; trace and
span; the record's bytes, when it carries its own time; its place in the topic (`Context.identify`).

One response id may be two requests: a cache in front of the provider hands it out again. So a call also
carries who observed it (`observer`: the instrumentation scope or the gateway) and that observer's own id for
the request (`observation`: trace id or gateway request id). One observer with two observations of one response id saw
two requests; every other repetition (span and event, SDK and instrumentation, outer and inner span, application
and gateway, a producer's retry) is one.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

from analyzers.core import Call
from collectors.merge import merged

_LONGEST = 256
Keys = tuple[bytes, int, int]


def keys(call: Call) -> Keys:
    """16-byte digest of the id, 63-bit hashes of observer and observation (0 for an empty one)."""
    key = blake2b(call.id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return key, _observer_hash(call.observer), _hash63(call.observation)


def same_call(a: Keys, b: Keys) -> bool:
    """Whether two sightings are one call."""
    return a[0] == b[0] and (a[1] != b[1] or a[2] == b[2] or not a[2] or not b[2])


def _hash63(text: str) -> int:
    if not text:
        return 0
    data = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(data, "little") >> 1 or 1


_observer_hash = lru_cache(maxsize=1024)(_hash63)


def bounded(text: str) -> str:
    """The text, or a digest of one too long to be an id."""
    if len(text) <= _LONGEST:
        return text
    return "long:" + blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def response_id(raw: object) -> str | None:
    """A provider's response id, or None when it is none or too poor to identify anything.

    Some local servers number their answers (chatcmpl-742), which soon repeats.
    """
    if type(raw) is not str or len(raw) < 8 or not raw.isprintable():
        return None
    if raw.startswith("chatcmpl-") and len(raw) < 17 and raw[9:].isdigit():
        return None
    return raw


def unwrapped(raw: object) -> tuple[str | None, bool]:
    """(provider's id, answered by the gateway's cache) from an id that LiteLLM may have rewritten.

    A cache hit appends `_cache_hit<time>`; Responses ids are base64 of "litellm:...;response_id:resp_...".
    """
    if type(raw) is not str:
        return None, False
    text, mark, _ = raw.partition("_cache_hit")
    if text.startswith("resp_bGl0ZWxsbT"):
        body = text[5:]
        try:
            inner = urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            inner = ""
        _, found, own = inner.rpartition("response_id:")
        if found:
            text = own.partition(";")[0]
    return response_id(text), bool(mark)


def clusters(calls: Sequence[Call]) -> list[list[int]]:
    """Positions of the sightings of each call, calls in the order of their first sighting.

    A sighting joins the call that its observer saw under the same observation, else the one nearest in time that
    its observer has not seen yet, else it is a call of its own.
    """
    by_id: dict[str, list[list[int]]] = {}
    for index, call in enumerate(calls):
        groups = by_id.setdefault(call.id, [])
        if not groups:
            groups.append([index])
            continue
        joined = _group_of(call, groups, calls)
        if joined is None:
            groups.append([index])
        else:
            joined.append(index)
    found = [group for groups in by_id.values() for group in groups]
    found.sort(key=lambda group: group[0])
    return found


def _group_of(call: Call, groups: list[list[int]], calls: Sequence[Call]) -> list[int] | None:
    open_groups: list[tuple[float, int]] = []
    for position, group in enumerate(groups):
        seen = [calls[i] for i in group]
        mine = [other.observation for other in seen if other.observer == call.observer]
        if mine and (call.observation in mine or not call.observation or "" in mine):
            return group
        if not mine:
            open_groups.append((min(abs(other.started_at - call.started_at) for other in seen), position))
    return groups[min(open_groups)[1]] if open_groups else None


def unite(calls: Sequence[Call]) -> tuple[list[Call], int]:
    """Each call once, put together from all of its sightings, and how many sightings were absorbed."""
    if len({call.id for call in calls}) == len(calls):
        return list(calls), 0
    groups = clusters(calls)
    united = [merged([calls[i] for i in group]) if len(group) > 1 else calls[group[0]] for group in groups]
    return united, len(calls) - len(united)
