"""Rows of the public price list (genai-prices), found by the names that logs use."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, NamedTuple

from analyzers.price_key import PriceKey

DAY_S = 86_400.0
_HALF_HOUR_S = 1_800.0

_PROVIDERS = {
    "gcp.vertex_ai": "google",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "vertex_ai": "google",
    "vertex": "google",
    "gemini": "google",
    "google-gla": "google",
    "google-vertex": "google",
    "azure.ai.openai": "azure",
    "az.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "az.ai.inference": "azure",
    "azure_ai": "azure",
    "azure_openai": "azure",
    "aws.bedrock": "aws",
    "bedrock": "aws",
    "bedrock_converse": "aws",
    "x_ai": "x-ai",
    "xai": "x-ai",
    "mistral_ai": "mistral",
    "mistralai": "mistral",
    "together_ai": "together",
    "fireworks_ai": "fireworks",
    "moonshot_ai": "moonshotai",
    "moonshot": "moonshotai",
    "text-completion-openai": "openai",
}
"""Names of OpenTelemetry, LiteLLM and gateways (lower case) -> ids of the list."""
_SNAPSHOT = re.compile(r"[-@](?:20\d{2}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01]))$")
_REGION = re.compile(r"^(?:us|eu|apac|global|us-gov|jp|au|ca)\.(?=[a-z])")


class Listed(NamedTuple):
    """A row of the price list, and whether its tiers hold at the provider in question."""

    model: Any
    tiers: bool

    @property
    def step(self) -> float | None:
        """Seconds, counted from 1970, within which its prices stay what they are; None when they never change."""
        from genai_prices.types import StartDateConstraint

        rows = self.model.prices if isinstance(self.model.prices, list) else ()
        constraints = [row.constraint for row in (*rows, *(self.model.price_variants or ()))]
        constraints = [constraint for constraint in constraints if constraint is not None]
        if not constraints:
            return None
        return DAY_S if all(isinstance(one, StartDateConstraint) for one in constraints) else _HALF_HOUR_S

    def prices_at(self, key: PriceKey, at: float) -> tuple[Any, bool]:
        """The list's prices for the tier of `key` at `at` (unix seconds), and whether it has any for that tier.

        Where it has none these are the standard prices, as in the list's own arithmetic.
        """
        context: dict[str, str] = {}
        if key.tier:
            context["service_tier"] = key.tier
        if key.batch:
            context["processing"] = "batch"
        if key.fast:
            context["speed"] = "fast"
        when = datetime.fromtimestamp(at, UTC)
        if not context:
            return self.model.get_prices(when), True
        if not self.tiers:
            return self.model.get_prices(when), False
        variants = [
            variant
            for variant in self.model.price_variants or ()
            if variant.constraint is None or variant.constraint.active(when)
        ]
        known = all(any(variant.when.get(name) == value for variant in variants) for name, value in context.items())
        return self.model.get_prices(when, context), known


def find(provider: str, model: str) -> Listed | None:
    """The row of the price list for a model as logs name it, or None.

    Tried in order: the name as it is, without routing prefixes, without its snapshot date; at the provider that the
    log names, then wherever the name alone leads.
    """
    from genai_prices.data_snapshot import get_snapshot

    snapshot = get_snapshot()
    bare = _REGION.sub("", model.rsplit("/", 1)[-1])
    names = dict.fromkeys((model, bare, _SNAPSHOT.sub("", bare)))
    seller_id = _PROVIDERS.get(provider.lower(), provider.lower()) or None
    for provider_id in dict.fromkeys((seller_id, None)):
        for name in names:
            try:
                seller, found = snapshot.find_provider_model(name, None, provider_id, None)
            except LookupError:
                continue
            # Tiers are prices of the model's own provider; who resells it has only the standard ones listed.
            return Listed(found, any(found is own for own in seller.models))
    return None
