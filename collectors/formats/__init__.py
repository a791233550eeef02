"""One file per log format; `FORMATS` is the order in which they are tried.

A format is a module with `NAME` and `parse(value, context)`, which returns the calls in a decoded JSON object, or None
when the object is not of this format. Formats with `ANY_ENVELOPE` find a provider's bodies in whatever is around them,
so they come after all that know their own envelope. To add one: write its file, add it here, put a recorded sample with its expected
call under tests/data/formats.
"""

from collectors.formats import (
    anthropic,
    apisix,
    bedrock,
    cloudflare,
    envoy,
    gemini,
    helicone,
    hone,
    kong,
    langfuse,
    litellm,
    mooncake,
    openai,
    otlp,
    portkey,
    spendlogs,
)
from collectors.formats.format import Format

FORMATS: tuple[Format, ...] = (
    hone,
    otlp,
    litellm,
    spendlogs,
    bedrock,
    gemini,
    mooncake,
    kong,
    apisix,
    envoy.usual,
    cloudflare,
    portkey,
    helicone,
    langfuse,
    anthropic,
    openai,
)

NAMES = frozenset(form.NAME for form in FORMATS) | {"otel", "openinference", "vercel_ai", "langfuse_spans"}
"""Every format that a call may be of: those above, and the dialects that OTLP carries."""

__all__ = ["FORMATS", "NAMES", "Format"]
