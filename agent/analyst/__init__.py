"""The analyst: looks at the database by the clock, in a process of its own, and keeps what it finds.

Among several agents on one database one is the analyst; when it dies another takes over.
"""

from agent.analyst.analysis import analyse, first_hour
from agent.analyst.turns import Analyst

__all__ = ["Analyst", "analyse", "first_hour"]
