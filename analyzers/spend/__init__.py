"""Who spends what: calls, tokens, errors and latency by model, app, environment, team and tag.

Method. Every call adds its token counters, as integers, to one cell per model and per app, environment, team and tag.
A cell is kept per price key: provider, model, service tier, batch, speed and context band of the call, because
prices jump between those (a prompt above 200,000 tokens may cost twice as much a token). Money exists
only when a report is read: tokens of a cell times the price of its key on the hour of the calls, so a corrected or
negotiated price holds for the past too. Sums are Decimal and exact.

Assumptions. A call that does not report its usage is unknown, never free. A failed call without usage costs
nothing, because providers do not bill those. A call answered by a gateway's own response cache costs nothing and
its repeated token counts are left out. Where a log tells the input but not how much of it came from the cache, the whole input
is priced as uncached, which is the most it can have cost; the report says for how many calls.

Latency and time to first token are kept in logarithmic buckets; every quantile is within 1 % of a logged duration.

Bounds. One hour of one partition keeps at most 256 price keys and 512 cells per dimension, those with the smallest
hashes; what is beyond adds up in "(other)". The rule does not depend on the order of calls, so hours, partitions and
agents add up to the same figures however they were cut.
"""

from analyzers.spend.analyzer import Spend
from analyzers.spend.state import State
from analyzers.spend.view import SpendView, view

__all__ = ["Spend", "SpendView", "State", "view"]
