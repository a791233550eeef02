"""What the report says of the logs themselves, apart from how it is drawn."""

from __future__ import annotations

from collections.abc import Sequence

from agent.report import Lack
from agent.report_table import SHOWN, Cell, Table, count, more

_LACKS = {
    "text": "text",
    "usage": "token counts",
    "cache_split": "cached or not",
    "time": "time of their own",
}
_STATES = {"apart": "absent, or logged apart"}


def lacks_table(title: str, lacks: Sequence[Lack]) -> Table:
    """What calls do not say, and the setting at their producer that would change that."""
    rows = [
        (
            Cell(f"{one.format}: {one.observer}" if one.observer else one.format, is_name=True),
            Cell(_LACKS[one.what] + (f" ({_STATES.get(one.state, one.state)})" if one.state else "")),
            Cell(count(one.calls)),
            Cell(one.switch or one.switch_reason or ""),
        )
        for one in lacks
    ]
    return Table(title, ("Producer", "Without", "Calls", "To change it"), tuple(rows[:SHOWN]), more(len(rows)))
