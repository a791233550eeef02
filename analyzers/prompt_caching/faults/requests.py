"""What is beside the text and keeps requests apart all the same: model, settings, cache key."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from analyzers.prompt_caching.availability import Group, group_of
from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.engine import Availability
from analyzers.prompt_caching.fault import SETUP, Fault, Place
from analyzers.prompt_caching.faults.marking import mean_of
from analyzers.prompt_caching.prompt import Prompt

_FEW = 0.02
_NEARLY = 0.9
_SERVED_MORE = 0.05
"""Of what the rules promise: by less two groups of requests differ by chance."""
_LEVELS = ("tools", "system", "message")


def model_switch(case: Case) -> Iterable[Fault]:
    """Conversations that go to and fro between models: each has a cache of its own."""
    changed = [pair.after for pair in case.turns if case.prompts[pair.before].family != case.prompts[pair.after].family]
    if len(changed) <= max(1, _FEW * len(case.turns)):
        return
    families = Counter(p.family for p in case.prompts)
    main = families.most_common(1)[0][0]
    rule = next(p.rule for p in case.prompts if p.family == main)
    other = next(name for name, _ in families.most_common() if name != main)

    def repair(prompts: Sequence[Prompt]) -> list[Prompt]:
        return [p._replace(family=main, rule=rule) if p.family in families else p for p in prompts]

    yield Fault(
        "model_switch",
        Place("system"),
        frozenset(changed),
        len(case.turns),
        mean_of(case.size(i) for i in changed),
        other[1],
        main[1],
        f"Keep a conversation on one model ({main[1]}), and give the other one sub-tasks with prompts of their own.",
        repair,
        stage=SETUP,
    )


def settings_toggle(case: Case) -> Iterable[Fault]:
    """A setting that is part of the prefix changes to and fro while the text stays."""
    for level in range(3):
        values = Counter(p.settings[level] for p in case.prompts)
        if len(values) < 2:
            continue
        changed = _changed(case, level)
        if len(changed) <= max(1, _FEW * len(case.prompts)):
            continue
        usual = values.most_common(1)[0][0]
        other = next(value for value, _ in values.most_common() if value != usual)

        def repair(prompts: Sequence[Prompt], level: int = level, usual: str = usual) -> list[Prompt]:
            return [p._replace(settings=_with(p.settings, level, usual)) for p in prompts]

        yield Fault(
            "settings_toggle",
            Place("system" if level < 2 else "message"),
            frozenset(changed),
            len(case.prompts),
            mean_of(case.size(i) for i in changed),
            other or "not set",
            usual or "not set",
            f"Keep {_names(usual, other)} the same in all requests of this prompt: it is part of the cached prefix.",
            repair,
            stage=SETUP,
        )


def _changed(case: Case, level: int) -> list[int]:
    """Requests whose setting is not that of the one before; one lasting change is a deploy and does not count."""
    before: str | None = None
    switched = []
    for position, prompt in enumerate(case.prompts):
        value = prompt.settings[level]
        if before is not None and value != before:
            switched.append(position)
        before = value
    values = {p.settings[level] for p in case.prompts}
    return switched if len(switched) >= len(values) else []


def _with(settings: tuple[str, str, str], level: int, value: str) -> tuple[str, str, str]:
    head, system, messages = settings
    return (
        value if level == 0 else head,
        value if level == 1 else system,
        value if level == 2 else messages,
    )


def _names(a: str, b: str) -> str:
    one, two = (json.loads(text) if text else {} for text in (a, b))
    return ", ".join(sorted(name for name in {*one, *two} if one.get(name) != two.get(name))) or "the settings"


def cache_key(case: Case) -> Iterable[Fault]:
    """`cache_key_unstable`: nearly every request has a key of its own, so that nothing is found again."""
    keyed = [i for i, p in enumerate(case.prompts) if p.cache_key and p.rule is not None and p.rule.cache_key]
    if len(keyed) < 3:
        return
    changed = [
        pair.after
        for pair in case.turns
        if case.prompts[pair.before].cache_key
        and case.prompts[pair.after].cache_key
        and case.prompts[pair.before].cache_key != case.prompts[pair.after].cache_key
    ]
    distinct = len({case.prompts[i].cache_key for i in keyed})
    unique = distinct > 0.8 * len(keyed)
    if not unique and len(changed) <= max(1, _FEW * len(case.turns)):
        return
    of_talks = case.repaired(_key_of_talk(case.prompts))
    shared = case.repaired(_one_key(case.prompts)).weight <= of_talks.weight

    def repair(prompts: Sequence[Prompt]) -> list[Prompt]:
        return _one_key(prompts) if shared else _key_of_talk(prompts)

    affected = changed if not unique else keyed[1:]
    yield Fault(
        "cache_key_unstable",
        Place("system"),
        frozenset(affected),
        len(keyed),
        mean_of(case.size(i) for i in affected),
        case.prompts[keyed[-2]].cache_key,
        case.prompts[keyed[-1]].cache_key,
        "Give prompt_cache_key one value for this prompt"
        + ("" if shared else " and conversation")
        + ", and split it by traffic where it passes about 15 requests a minute.",
        repair,
        stage=SETUP,
    )


def missing_key(case: Case, served: Mapping[Group, Availability]) -> Iterable[Fault]:
    """`cache_key_missing`: requests without a key, of which the provider serves less than of those with one in the same log."""
    rule = case.prompts[-1].rule
    without = [i for i, p in enumerate(case.prompts) if not p.cache_key and p.rule is rule]
    if rule is None or rule.cache_key != "routes" or len(without) < _NEARLY * len(case.prompts):
        return
    group = group_of(case.prompts[without[-1]])
    now, then = served.get(group), served.get((*group[:2], True))
    if now is None or then is None or then.share - now.share < _SERVED_MORE:
        return
    reads = [tokens.read for i in without if (tokens := case.served[i]) is not None]
    yield Fault(
        "cache_key_missing",
        Place("system"),
        frozenset(without),
        len(case.prompts),
        mean_of(round(read * (then.share - now.share)) for read in reads),
        f"no prompt_cache_key: {100 * now.share:.0f} % of what the rules promise is served",
        f"{100 * then.share:.0f} % with one, in this log",
        "Give the requests of this prompt one prompt_cache_key, so that they meet the same machine, and split it by traffic where it "
        "passes about 15 requests a minute.",
        lambda prompts: [p if p.cache_key else p._replace(cache_key="one") for p in prompts],
        stage=SETUP,
    )


def _one_key(prompts: Sequence[Prompt]) -> list[Prompt]:
    return [p._replace(cache_key="one") if p.cache_key else p for p in prompts]


def _key_of_talk(prompts: Sequence[Prompt]) -> list[Prompt]:
    return [p._replace(cache_key=f"conversation {p.talk}") if p.cache_key else p for p in prompts]
