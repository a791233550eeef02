"""The database: what is kept, written in one transaction a batch, and read back as frozen values."""

from agent.store.store import Store, open_store
from agent.store.write import Fenced, OutcomeUnknown, RejectRow, StoreUnavailable

__all__ = ["Fenced", "OutcomeUnknown", "RejectRow", "Store", "StoreUnavailable", "open_store"]
