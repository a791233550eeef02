"""Requests that another model will answer, beside those that it answers today: they read each other's entries in its cache."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.prompt import Prompt

_RETENTION = "prompt_cache_retention"


def together(own: Case, taken: Sequence[Case]) -> Case:
    """The requests of `own` and those of `taken`, as requests of the model of `own`, in the order of time.

    Their sizes, settings and numbers stay. How long entries are to be kept is asked as the model's own requests ask, and where
    each side routes by one key, the same one is taken for both.
    """
    if not own.prompts:
        return _sorted([prompt for case in taken for prompt in case.prompts], taken[0])
    moved = [prompt for case in taken for prompt in _as_of(own, case)]
    return _sorted([*own.prompts, *moved], own)


def _as_of(own: Case, taken: Case) -> Iterator[Prompt]:
    first = own.prompts[0]
    one_key = all(len({prompt.cache_key for prompt in case.prompts}) == 1 for case in (own, taken))
    for prompt in taken.prompts:
        yield prompt._replace(
            rule=first.rule,
            family=first.family,
            template=first.template,
            cache_key=first.cache_key if one_key else prompt.cache_key,
            options=_asking(prompt.options, first.options.get(_RETENTION)),
        )


def _asking(options: Mapping[str, Any], retention: Any) -> Mapping[str, Any]:
    if options.get(_RETENTION) == retention:
        return options
    others = {name: value for name, value in options.items() if name != _RETENTION}
    return others if retention is None else {**others, _RETENTION: retention}


def _sorted(prompts: Sequence[Prompt], like: Case) -> Case:
    ordered = sorted(prompts, key=lambda prompt: (prompt.at, prompt.number))
    return Case(ordered, [prompt.talk for prompt in ordered], like.chains, like.lifetimes)
