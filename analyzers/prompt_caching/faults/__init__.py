"""The detectors, by the stage at which they look: head, history, set-up. A detector takes a Case and yields Faults."""

from analyzers.prompt_caching.engine import Detectors
from analyzers.prompt_caching.fault import HEAD, HISTORY, SETUP

DETECTORS: Detectors = {HEAD: (), HISTORY: (), SETUP: ()}

__all__ = ["DETECTORS"]
