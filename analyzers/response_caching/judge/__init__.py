"""Was the cached answer right for the later question? Told from the answer that the later call really got."""

from analyzers.response_caching.judge.verdict import Verdict
from analyzers.response_caching.judge.weigh import Exchange, judge, judge_all

__all__ = ["Exchange", "Verdict", "judge", "judge_all"]
