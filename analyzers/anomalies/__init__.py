"""Spend that is not what it was: an application on a model costs far more than at the same time of other days.

Method. The cost of the last 3 and of the last 24 whole hours is held against the same hours of the days before (five weeks at
most; working days against working days, weekends against weekends). What is usual is their median. How much it varies anyway is
the median deviation from the usual of every such stretch of the five weeks, at any hour and as a ratio, so that a few quiet
days do not make the next one look wild; few calls vary by their number besides. Spend is abnormal when it is half as much again as
usual, further from it than five standard deviations, above all but the highest of those days by a fifth, and dearer by the configured money a day; it is over when
half of the excess is gone. With fewer than five days to compare with nothing is said.

The excess is parted, as shares of the logarithm of its ratio, into more calls, more tokens a call and a higher price of a token.
The last one is a dearer tier or list price, less input from the provider's cache, or more output among the tokens.

Assumptions. Traffic has a rhythm of hours and of weekends. What happens on one day of a month looks abnormal each month.
"""

from analyzers.anomalies.detect import STRETCHES, Anomaly, Hour, find

__all__ = ["STRETCHES", "Anomaly", "Hour", "find"]
