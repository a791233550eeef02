"""Faults in the tool definitions, which stand before everything else in a prompt."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from tests.quality.caching import shapes
from tests.quality.caching.edits import by_conversation, in_time, said_once
from tests.quality.caching.log import varying
from tests.quality.caching.stream import Fault, Inject
from tests.quality.caching.trajectories import Tool, Turn


def order(orders: int | None = None) -> Inject:
    """Tools in another order with every request, or in one of so many; mended, by name."""

    def inject(rng: Random, turns: list[Turn]) -> Fault:
        count = len(turns[0].tools)
        known = [rng.sample(range(count), count) for _ in range(orders or 0)]
        broken, drawn = [], []
        for turn in turns:
            places = rng.choice(known) if known else rng.sample(range(count), count)
            drawn.append(tuple(places))
            broken.append(turn._replace(tools=tuple(turn.tools[place] for place in places)))
        fixed = [turn._replace(tools=tuple(sorted(turn.tools, key=lambda tool: str(tool["name"])))) for turn in turns]
        detail = f"{orders} orders" if orders else "every request"
        return Fault(broken, fixed, "tool_order", "tools", detail, 1.0 - _most(drawn))

    return inject


def chosen(rng: Random, turns: list[Turn]) -> Fault:
    """Only tools that a search found for this turn, and those called before; mended, all of them always."""
    broken, drawn = [], []
    for turn in turns:
        needed = {
            call["function"]["name"]
            for message in (*turn.messages, turn.answer)
            for call in message.get("tool_calls") or ()
        }
        wanted = needed | {str(tool["name"]) for tool in rng.sample(turn.tools, rng.randint(6, 9))}
        tools = tuple(tool for tool in turn.tools if tool["name"] in wanted)
        drawn.append(tuple(str(tool["name"]) for tool in tools))
        broken.append(turn._replace(tools=tools))
    return Fault(broken, turns, "tool_set_varies", "tools", "by retrieval", 1.0 - _most(drawn))


def connecting(rng: Random, turns: list[Turn]) -> Fault:
    """Some tools are there only from the third request of a conversation on; mended, all are there always."""
    late = {str(tool["name"]) for tool in rng.sample(turns[0].tools, 4)}
    broken, without = [], 0
    for conversation in by_conversation(turns):
        for number, turn in enumerate(conversation):
            without += number < 2
            tools = tuple(tool for tool in turn.tools if number >= 2 or tool["name"] not in late)
            broken.append(turn._replace(tools=tools))
    share = without / len(turns)
    return Fault(in_time([broken]), turns, "tool_set_varies", "tools", "four connect late", share)


def text(style: str) -> Inject:
    """A description that tells the time, a quota or who is connected; mended, the user message tells it."""

    def inject(rng: Random, turns: list[Turn]) -> Fault:
        at = rng.randrange(2, 6)
        clock = shapes.clock(rng, "second")
        servers = ("billing", "crm", "fares", "lounge", "mail", "maps", "weather")
        notes = {}
        for number, turn in enumerate(turns):
            notes[turn.conversation, turn.at] = {
                "clock": ("Availability as of {}.", clock(turn.at)),
                "quota": ("{} calls are left in this billing period.", str(50_000 - 7 * number - rng.randrange(5))),
                "servers": ("Connected servers: {}.", ", ".join(rng.sample(servers, rng.randint(3, 6)))),
            }[style]
        broken = []
        for turn in turns:
            line, value = notes[turn.conversation, turn.at]
            tool = turn.tools[at]
            told = {**tool, "description": f"{tool['description']} {line.format(varying(value))}"}
            broken.append(turn._replace(tools=(*turn.tools[:at], told, *turn.tools[at + 1 :])))
        fixed = said_once(turns, lambda turn: str.format(*notes[turn.conversation, turn.at]))
        return Fault(broken, fixed, "tool_text_varies", "tools", style)

    return inject


def keys(processes: int | None = None) -> Inject:
    """JSON keys of the schemas in another order with every request, or with every process; mended, as written."""

    def inject(rng: Random, turns: list[Turn]) -> Fault:
        drawn = []
        broken = []
        orders = [rng.getrandbits(32) for _ in range(processes or 0)]
        for turn in turns:
            order = rng.choice(orders) if orders else rng.getrandbits(32)
            drawn.append(order)
            broken.append(turn._replace(tools=tuple(_shuffled(tool, order) for tool in turn.tools)))
        detail = f"{processes} processes" if processes else "every request"
        return Fault(broken, turns, "key_order", "tools", detail, 1.0 - _most(drawn))

    return inject


def _shuffled(tool: Tool, order: int) -> Tool:
    return {**tool, "parameters": _mixed(tool["parameters"], Random(order))}


def _mixed(value: Any, rng: Random) -> Any:
    if isinstance(value, dict):
        names = list(value)
        rng.shuffle(names)
        return {name: _mixed(value[name], rng) for name in names}
    if isinstance(value, list):
        return [_mixed(element, rng) for element in value]
    return value


def _most(drawn: list[Any]) -> float:
    """The share of the most common one; 0 where all differ."""
    most = Counter(drawn).most_common(1)[0][1]
    return most / len(drawn) if most > 1 else 0.0
