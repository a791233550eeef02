"""What the log lacks, and which switch of its producer would bring it, as the report has it."""

from __future__ import annotations

from typing import Any, cast

from agent.report import Lack
from collectors import lacking
from collectors.lacking import Lacks


def lacks_of(counted: Lacks, *, came_apart: bool) -> list[Lack]:
    """The lacks of calls as the report has them; `came_apart`: there are messages in records of their own."""
    found = []
    for producer, given in counted.items():
        table = dict(given)
        apart = 0 if came_apart else table.pop(lacking.APART, 0)
        if apart:
            table[lacking.ABSENT] = table.get(lacking.ABSENT, 0) + apart
        form, _, observer = producer.partition(" ")
        for lack, calls in table.items():
            what, _, state = lack.partition(":")
            switch = lacking.setting(producer, lack)
            found.append(
                Lack(
                    what=cast(Any, what),
                    state=state or None,
                    format=form,
                    observer=observer or None,
                    calls=calls,
                    switch=switch,
                    switch_reason=None if switch else "no setting of this producer is known",
                )
            )
    return sorted(found, key=lambda one: (-one.calls, one.format, one.observer or "", one.what, one.state or ""))
