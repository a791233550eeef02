"""The detectors, by the stage at which they look: head, history, set-up. A detector takes a Case and yields Faults."""

from analyzers.prompt_caching.engine import Detectors
from analyzers.prompt_caching.fault import HEAD, HISTORY, SETUP
from analyzers.prompt_caching.faults.breakpoints import breakpoints
from analyzers.prompt_caching.faults.form import whitespace_drift
from analyzers.prompt_caching.faults.head import varying_head
from analyzers.prompt_caching.faults.history import history
from analyzers.prompt_caching.faults.minimum import below_minimum
from analyzers.prompt_caching.faults.requests import cache_key, model_switch, settings_toggle
from analyzers.prompt_caching.faults.shots import example_order
from analyzers.prompt_caching.faults.timing import fanout, lifetimes
from analyzers.prompt_caching.faults.tool_texts import key_orders, tool_forms, tool_texts
from analyzers.prompt_caching.faults.tools import tool_order, tool_set

DETECTORS: Detectors = {
    HEAD: (tool_order, tool_set, key_orders, tool_forms, tool_texts, whitespace_drift, varying_head, example_order),
    HISTORY: (history,),
    SETUP: (model_switch, settings_toggle, cache_key, breakpoints, below_minimum, lifetimes, fanout),
}

__all__ = ["DETECTORS"]
