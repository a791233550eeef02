"""Whether prompts carry the data of one person, found from who sends them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzers.response_caching.mixed import mixed, numbered

_SHARED_BY_USERS = 3
_SHARED_BY_QUESTIONS = 10
_LEAST_VARIANTS = 4
_LEAST_PAIRS = 5
_STAYS = 0.8
_MEETS = 0.2
_SHARED = 0.5


def of_persons(
    row: NDArray[np.int64], value: NDArray[np.int64], user: NDArray[np.int32], content: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Requests whose question names a person's address or number: a value that few others name.

    What several users name, or many questions where no users are known, is the address of the firm.
    """
    found = np.zeros(len(user), np.bool_)
    if not len(row):
        return found
    number = numbered(value)
    count = int(number.max()) + 1
    whom = user[row]
    users = _distinct(number[whom >= 0], whom[whom >= 0], count)
    questions = _distinct(number, content[row], count)
    shared = np.where(users > 0, users >= _SHARED_BY_USERS, questions >= _SHARED_BY_QUESTIONS)
    found[row[~shared[number]]] = True
    return found


def goes_with_user(
    app: NDArray[np.int64], family: NDArray[np.int64], variant: NDArray[np.int64], user: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Requests whose system text is their user's own.

    Of prompts that share most of their sentences, two successive ones of one user are the same and two of different users are not;
    and most variants have one user alone, else they are those of a tenant, which is a matter of the scope.
    """
    found = np.zeros(len(user), np.bool_)
    known = np.flatnonzero((user >= 0) & (family >= 0))
    if not len(known):
        return found
    group = numbered(mixed(app[known], family[known]))
    order = np.argsort(group, kind="stable")
    borders = np.flatnonzero(np.diff(group[order])) + 1
    for mine in np.split(known[order], borders):
        if _is_personal(variant[mine], user[mine]):
            found[mine] = True
    return found


def _is_personal(variant: NDArray[np.int64], user: NDArray[np.int32]) -> bool:
    variant = numbered(variant)
    variants = int(variant.max()) + 1
    if variants < _LEAST_VARIANTS:
        return False
    by_user = np.argsort(user, kind="stable")
    of_one = user[by_user][1:] == user[by_user][:-1]
    stays = (variant[by_user][1:] == variant[by_user][:-1])[of_one]
    others = user[1:] != user[:-1]
    meets = (variant[1:] == variant[:-1])[others]
    if len(stays) < _LEAST_PAIRS or len(meets) < _LEAST_PAIRS:
        return False
    shared = (_distinct(variant, user, variants) > 1)[variant].mean()
    return bool(stays.mean() >= _STAYS and meets.mean() <= _MEETS and shared < _SHARED)


def _distinct(group: NDArray[np.int64], value: NDArray[np.generic], count: int) -> NDArray[np.int64]:
    """How many different values each group has."""
    pairs = np.unique(mixed(group, value), return_index=True)[1] if len(group) else np.zeros(0, np.int64)
    return np.bincount(group[pairs], minlength=count)
