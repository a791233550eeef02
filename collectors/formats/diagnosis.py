"""The provider's own word on its prompt cache, where the request asked for a comparison with an earlier one."""

from __future__ import annotations

from typing import Any

from analyzers.core import CacheDiagnosis
from collectors.fields import first_label, label
from collectors.usage import count


def openai_diagnosis(response: dict[str, Any]) -> CacheDiagnosis | None:
    """From `prompt_cache_diagnostics` of Responses: the reason of a miss, else the type (cache_hit, unavailable, ...)."""
    given = response.get("prompt_cache_diagnostics")
    if type(given) is not dict:
        return None
    reason = first_label(given, "reason", "type")
    if reason is None:
        return None
    missed = count(given.get("cache_missed_tokens"), "prompt_cache_diagnostics.cache_missed_tokens")
    return CacheDiagnosis(reason, missed)


def anthropic_diagnosis(response: dict[str, Any]) -> CacheDiagnosis | None:
    """From `diagnostics.cache_miss_reason` of Messages; None while the comparison is pending."""
    given = response.get("diagnostics")
    miss = given.get("cache_miss_reason") if type(given) is dict else None
    reason = label(miss.get("type")) if type(miss) is dict else None
    if type(miss) is not dict or reason is None:
        return None
    missed = count(miss.get("cache_missed_input_tokens"), "diagnostics.cache_missed_input_tokens")
    return CacheDiagnosis(reason, missed)
