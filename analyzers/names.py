"""One model under the many names of logs: whose it is, where it runs, and how the price list and cache rules spell it.

| part of a logged name                                     | means                                               |
|-----------------------------------------------------------|-----------------------------------------------------|
| `azure/`, `bedrock/converse/`, `openrouter/`, ...         | a router's prefix: who sells it                     |
| `arn:aws:bedrock:...:inference-profile/us.`               | Bedrock, and the region group of a profile          |
| `publishers/google/models/`, `models/`                    | Google                                              |
| `accounts/fireworks/models/`                              | Fireworks                                           |
| `-20250929`, `-2024-07-18`, `@20250929`, `-001`, `-v1:0`  | a snapshot of the model                             |
| `-latest`, `@default`                                     | whichever snapshot is newest                        |
| `ft:gpt-4o-mini:org::id`                                  | tuned from that model: its cache rules, not its price |
| `:free`, `:nitro`, ...                                    | how OpenRouter is to choose a seller                |

A deployment's or an application inference profile's own name means nothing by itself: `Aliases` says what stands
behind it. Everything here is pure and remembered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from analyzers.names_table import HOSTS, LIST_IDS, NOT_ROUTES

_REMEMBERED = 8_192

_ARN = re.compile(r"^arn:aws[\w-]*:bedrock:")
_PUBLISHER = re.compile(r"(?:^|/)publishers/[^/]+/models/(.+)$")
_REGION = re.compile(r"^(?:us-gov|us|eu|apac|global|jp|au|ca|regional)\.(?=[a-z0-9-]+\.)")
_VERSION = re.compile(r"(?:-v\d+|-\d+)(?::\d+(?::\w+)?)$|-v\d+$")
_BEDROCK = re.compile(
    r"^(?:(?:us-gov|us|eu|apac|global|jp|au|ca|regional)\.)?"
    r"(?:amazon|anthropic|meta|mistral|cohere|ai21|deepseek|qwen|openai|google|moonshotai|zai|nvidia|writer|stability)\.[a-z]"
)
_DATE = re.compile(r"[-@]20\d{2}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])$")
_NEWEST = re.compile(r"-latest$|@(?:default|latest)$")
_NUMBERED = re.compile(r"(?<=[a-z])[-@]00\d$")
_MONTH = re.compile(r"-\d{2}-(?:20)?\d{2}$")
_ROUTED = re.compile(r":(?:free|nitro|floor|online|thinking|extended|exacto|batch|beta)$")
_TUNED_ON_AZURE = re.compile(r"\.ft-[0-9a-f]{8,}.*$")
_CLAUDE_OLD = re.compile(r"^claude-(\d+)-(opus|sonnet|haiku)$")

_MAKERS = (
    ("anthropic", re.compile(r"^claude")),
    ("openai", re.compile(r"^(?:gpt-(?!oss)|chatgpt|chat-latest|codex-|o[1-9](?:-|$)|text-embedding-)")),
    ("google", re.compile(r"^gemini")),
    ("xai", re.compile(r"^grok")),
    ("deepseek", re.compile(r"^deepseek-(?:chat|reasoner|flash)$")),
    (
        "mistral",
        re.compile(r"^(?:mi|code|dev|magi|mini|pix|vox)[a-z]*(?:-\w+)*-latest$|^mistral-(?:large|medium)(?:-|$)"),
    ),
    ("moonshot", re.compile(r"^moonshot-v1|^kimi-(?:latest|thinking-preview)$")),
    ("alibaba", re.compile(r"^qwen[\d.]*-(?:max|plus|turbo|flash|long)(?:-|$)")),
    ("perplexity", re.compile(r"^sonar(?:-|$)")),
)
"""Models that their names alone lead to: those that only their makers sell, or under names that only they use."""

_ANY_HOST = frozenset(("", "openai", "anthropic"))
"""What a log says that knows the client's dialect and not who answers."""
_LAST_PART = frozenset(("bedrock", "azure_openai", "azure_ai", "vertex", "google", "anthropic", "openai"))
_KEEPS_CASE = frozenset(("together_ai", "huggingface"))
_BEDROCK_MAKERS = (
    ("claude", "anthropic."),
    ("nova", "amazon."),
    ("titan", "amazon."),
    ("gpt-", "openai."),
    ("llama", "meta."),
    ("deepseek", "deepseek."),
    ("kimi", "moonshotai."),
    ("glm", "zai."),
    ("qwen", "qwen."),
)


class Placed(NamedTuple):
    """Who runs a model ("" when nothing tells) and its name there without routing prefixes, in the log's own case."""

    host: str
    name: str


class Family(NamedTuple):
    """Whose rules hold for a call, and the model as these rules name it (`claude-sonnet-4-5`, `gpt-5.4`).

    `provider` is "" when neither the log's provider nor the name tells. On Bedrock the maker stays in the model
    (`anthropic.claude-sonnet-4-5`), on OpenRouter the author (`anthropic/claude-sonnet-4-5`: read it once more
    without a provider to have the rules of the upstream).
    """

    provider: str
    model: str


class Aliases:
    """Names that stand for others: a deployment, an inference profile, a tuned model.

    Keys are names as logged, or `provider/name`; case does not matter. The last part of an ARN is as good as the whole.
    """

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        self._given = {name.lower(): model for name, model in (given or {}).items()}

    def __bool__(self) -> bool:
        return bool(self._given)

    def of(self, provider: str | None, model: str | None) -> str:
        """What stands behind the name; the name itself when it stands for nothing else."""
        name = model or ""
        if not self._given or not name:
            return name
        low = name.lower()
        found = self._given.get(f"{(provider or '').lower()}/{low}") or self._given.get(low)
        return found or self._given.get(low.rsplit("/", 1)[-1]) or name

    def family(self, provider: str | None, model: str | None) -> Family:
        """`family` of what stands behind the name."""
        return family(provider, self.of(provider, model))


@lru_cache(maxsize=_REMEMBERED)
def family(provider: str | None, model: str | None) -> Family:
    """Whose cache rules hold for a model, by the names of the log."""
    host, name = placed(provider, model)
    made_by = maker(name)
    if host in _ANY_HOST:
        if made_by:
            # Only Vertex AI writes snapshots behind an @.
            host = "vertex_anthropic" if made_by == "anthropic" and "@" in name else made_by
        elif host == "openai" and ("/" in (model or "") or _open(name)):
            host = ""
    elif host in ("vertex", "google"):
        host = {"anthropic": "vertex_anthropic", "google": "google"}.get(made_by, host)
    elif host in ("azure_openai", "azure_ai"):
        host = {"openai": "azure_openai", "anthropic": "anthropic", "": host}.get(made_by, "azure_ai")
    elif host == "zhipu":
        host = "zai"
    if host == "bedrock":
        return Family(host, _on_bedrock(name))
    if host == "openrouter":
        author, slash, rest = name.lower().rpartition("/")
        return Family(host, author + slash + _bare(rest))
    if host == "minimax":
        return Family(host, re.sub("^minimax-m", "MiniMax-M", name.lower()))
    return Family(host, name.rsplit("/", 1)[-1] if host in _KEEPS_CASE else _bare(name))


@lru_cache(maxsize=_REMEMBERED)
def placed(provider: str | None, model: str | None) -> Placed:
    """Where a model runs: what the name says, unless the log names a seller that has names of its own."""
    host = host_of(provider or "")
    name = (model or "").strip()
    low = name.lower()
    if _ARN.match(low):
        return Placed("bedrock", name.rsplit("/", 1)[-1])
    if host in _ANY_HOST and _BEDROCK.match(low):
        return Placed("bedrock", name)
    if found := _PUBLISHER.search(name):
        return Placed(host if host in ("vertex", "google") else "vertex", found[1])
    if low.startswith("models/"):
        return Placed("google" if host in _ANY_HOST else host, name[len("models/") :])
    if low.startswith("accounts/") and "/models/" in low:
        return Placed("fireworks" if host in _ANY_HOST else host, name.rsplit("/", 1)[-1])
    prefix, slash, rest = name.partition("/")
    if slash and rest:
        route = "" if _squeezed(prefix) in NOT_ROUTES else host_of(prefix)
        if route and (route == host or host in _ANY_HOST):
            if _ARN.match(rest.lower()) or rest.lower().startswith("accounts/"):
                return placed(route, rest)
            host, name = route, rest
    if host in _LAST_PART:
        name = name.rsplit("/", 1)[-1]
    return Placed(host, name)


def maker(name: str) -> str:
    """Who alone sells a model of this bare name; "" for open weights and for names that say nothing."""
    low = _base(name.lower()).rsplit("/", 1)[-1]
    return next((one for one, fits in _MAKERS if fits.match(low)), "")


@lru_cache(maxsize=_REMEMBERED)
def stem(model: str) -> str:
    """The model without who sells it and without its snapshot: equal for two names of one model."""
    found = family(None, model)
    name = found.model.lower().rsplit("/", 1)[-1]
    return name.partition(".")[2] or name if found.provider == "bedrock" else name


@lru_cache(maxsize=_REMEMBERED)
def spellings(provider: str | None, model: str) -> tuple[str, ...]:
    """Names under which the price list may have a model, the most particular first. A tuned model stays one."""
    low = model.strip().lower()
    name = placed(provider, model).name.lower()
    if low.startswith("ft:"):
        base = _DATE.sub("", _base(low))
        return tuple(dict.fromkeys((low, f"ft:{base}")))
    last = name.rsplit("/", 1)[-1]
    here = _REGION.sub("", last)
    bare = _ROUTED.sub("", here)
    undated = _DATE.sub("", bare)
    newest = _NUMBERED.sub("", _NEWEST.sub("", undated))
    return tuple(dict.fromkeys((low, name, last, here, bare, undated, newest)))


def list_id(provider: str | None, model: str | None) -> str:
    """The price list's id of who sells the model; the logged provider itself where the list may know more of it."""
    host = placed(provider, model).host
    return LIST_IDS.get(host, host) or (provider or "").strip().lower()


@lru_cache(maxsize=_REMEMBERED)
def host_of(provider: str) -> str:
    """Who runs models, by a provider's name in a log; "" for a name that is not known."""
    squeezed = _squeezed(provider)
    found = HOSTS.get(squeezed)
    if found is None and (dot := provider.rfind(".")) > 0:
        # The name of a client and of its method: "openai.responses", "google.vertex.chat".
        return host_of(provider[:dot])
    return found or ""


def _squeezed(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _open(name: str) -> bool:
    return name.lower().startswith(
        ("gpt-oss", "llama", "meta-llama", "qwen", "mistral", "mixtral", "gemma", "phi-", "glm")
    )


def _base(name: str) -> str:
    """What a tuned model was tuned from; the name itself when it is none."""
    if name.startswith("ft:"):
        return name.split(":", 2)[1]
    return _TUNED_ON_AZURE.sub("", name)


def _bare(name: str) -> str:
    low = _REGION.sub("", _ROUTED.sub("", _base(name.lower())))
    low = low.rsplit("/", 1)[-1]
    if low.startswith("grok") or low == "chat-latest":
        # Their names with -latest are models of their own.
        return low
    low = _DATE.sub("", _NEWEST.sub("", low))
    if low.startswith("claude"):
        return _claude(low)
    if low.startswith("gemini"):
        return _MONTH.sub("", _NUMBERED.sub("", low))
    return low.replace("gpt-35-", "gpt-3.5-")


def _claude(name: str) -> str:
    """`claude-sonnet-4.5`, `claude-4-sonnet` and `claude-opus-4-0` as Anthropic writes them today."""
    name = name.removesuffix("-fast").replace(".", "-")
    if found := _CLAUDE_OLD.match(name):
        number, size = found.groups()
        return name if number == "3" else f"claude-{size}-{number}"
    return name.removesuffix("-0") if name.count("-") == 3 else name


def _on_bedrock(name: str) -> str:
    low = _VERSION.sub("", _REGION.sub("", name.lower()))
    vendor, dot, rest = low.partition(".")
    if dot and vendor.isalpha():
        return f"{vendor}.{_bare(rest)}"
    bare = _bare(low)
    return next((prefix + bare for start, prefix in _BEDROCK_MAKERS if bare.startswith(start)), bare)
