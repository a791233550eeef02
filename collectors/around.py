"""The fields that middleware puts around an exchange: times, labels, outcome, cost, under whatever usual name."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from analyzers.core import Status, TimeSource
from collectors.context import Context
from collectors.fields import among, by_names, first, first_label, flag, label, number, tagged, tags
from collectors.times import lasting, seconds, span

_HTTP_OK = 200
_STARTS = (
    "timestamp",
    "started_at",
    "start_time",
    "startTime",
    "request_time",
    "requested_at",
    "ts",
    "time",
    "@timestamp",
    "created_at",
    "date",
)
_ENDS = ("ended_at", "end_time", "endTime", "finished_at", "completed_at")
_MILLISECONDS = ("latency_ms", "duration_ms", "response_time_ms", "elapsed_ms", "total_ms")
_SECONDS = ("latency_s", "duration_s", "latency_seconds", "duration_seconds", "elapsed_s")
_FIRST_MILLISECONDS = ("ttft_ms", "time_to_first_token_ms", "first_token_ms")
_FIRST_SECONDS = ("ttft_s", "time_to_first_token", "time_to_first_token_s", "ttft")
_APPS = ("app", "application", "service", "service_name", "feature", "route", "use_case")
_ENVIRONMENTS = ("environment", "env", "deployment_environment", "stage")
_TEAMS = ("team", "team_id", "team_alias", "department")
_CONVERSATIONS = ("conversation_id", "conversation", "session_id", "session", "thread_id")
_USERS = ("user_id", "user", "end_user", "customer_id", "safety_identifier")
_CACHES = ("cache_hit", "response_cache_hit", "from_cache")
_ERRORS = ("error", "exception", "error_type")
_STATUSES = ("status_code", "http_status", "status")
_PROVIDERS = ("provider", "provider_name", "vendor")
_LABELS = (_APPS, _ENVIRONMENTS, _TEAMS, _CONVERSATIONS)
_ACCOUNTS = ("workspace_id", "project_id", "organization_id", "organization", "api_key_id", "api_key_hash")
_URLS = ("url", "request_url", "target_url", "endpoint", "uri", "api_base", "base_url", "request_path", "path")
_COSTS = ("cost_usd", "cost", "total_cost", "response_cost")


class Labels(msgspec.Struct, frozen=True, gc=False):
    """Who and what a call was for."""

    app: str | None
    environment: str | None
    team: str | None
    user: str | None
    conversation: str | None
    tags: tuple[str, ...]


class Plan(NamedTuple):
    """Which fields of an object of one shape mean what, the best name first."""

    starts: tuple[str, ...]
    ends: tuple[str, ...]
    durations: tuple[tuple[str, float], ...]
    firsts: tuple[tuple[str, float], ...]
    labels: tuple[tuple[int, tuple[str, ...]], ...]
    """Those that are there: position in `_LABELS`, names."""
    tagged: bool
    personal: bool
    """User, conversation or tags are there: labels that change from call to call."""
    deciding: tuple[str, ...]
    """The other labels, and what decides on outcome and provider."""
    users: tuple[str, ...]
    costs: tuple[str, ...]
    cache: tuple[str, ...]
    errors: tuple[str, ...]
    statuses: tuple[str, ...]
    requests: tuple[str, ...]
    observations: tuple[str, ...]
    providers: tuple[str, ...]
    accounts: tuple[str, ...]
    urls: tuple[str, ...]


@by_names
def _plan(names: tuple[str, ...]) -> Plan:
    """Records of one producer have one shape, so this is worked out once and not for every record."""

    def timed(milliseconds: tuple[str, ...], whole: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
        return (*((name, 0.001) for name in among(names, milliseconds)), *((name, 1.0) for name in among(names, whole)))

    return Plan(
        among(names, _STARTS),
        among(names, _ENDS),
        timed(_MILLISECONDS, _SECONDS),
        timed(_FIRST_MILLISECONDS, _FIRST_SECONDS),
        tuple((position, found) for position, known in enumerate(_LABELS) if (found := among(names, known))),
        "tags" in names,
        bool(among(names, (*_USERS, *_CONVERSATIONS, "tags"))),
        among(names, (*_APPS, *_ENVIRONMENTS, *_TEAMS, *_CACHES, *_ERRORS, *_STATUSES, *_PROVIDERS, *_URLS)),
        among(names, _USERS),
        among(names, _COSTS),
        among(names, _CACHES),
        among(names, _ERRORS),
        among(names, _STATUSES),
        among(names, ("request_id", "request-id")),
        among(names, ("request_id", "trace_id")),
        among(names, _PROVIDERS),
        among(names, _ACCOUNTS),
        among(names, _URLS),
    )


_NOTHING = _plan({})


def plan_of(source: object) -> Plan:
    """Which fields of an object mean what; of anything else, none."""
    return _plan(source) if type(source) is dict and source else _NOTHING


class Around:
    """The object around an exchange, read by meaning."""

    __slots__ = ("_context", "_plan", "fields")

    def __init__(self, context: Context, around: dict[str, Any], plan: Plan | None = None) -> None:
        self._context = context
        self._plan = plan or plan_of(around)
        self.fields = around

    def labels(self, request: dict[str, Any]) -> Labels:
        """From the fields around the exchange and the `metadata` of either; the user comes back hashed."""
        around = self.fields
        outer, inner = around.get("metadata"), request.get("metadata")
        sources = [(around, self._plan)]
        if type(outer) is dict and outer:
            sources.append((outer, _plan(outer)))
        if type(inner) is dict and inner:
            sources.append((inner, _plan(inner)))
        found: list[str | None] = [None, None, None, None]
        user = given = None
        for source, plan in sources:
            for position, names in plan.labels:
                if found[position] is None:
                    found[position] = first_label(source, *names)
            if user is None and plan.users:
                user = first(source, *plan.users)
            if plan.tagged:
                given = given or source["tags"]
        if user is None:
            user = first(request, "safety_identifier", "user")
        known = tags(given) if given else ()
        if known:
            found = [one or tagged(known, tag) for one, tag in zip(found, _TAGS, strict=True)]
        app, environment, team, conversation = found
        return Labels(app, environment, team, self._context.user(user) if user else None, conversation, known)

    def timing(self, served_at: object) -> Timing:
        """From the fields around the exchange; `served_at` is the provider's own time, used when there is none."""
        around, plan = self.fields, self._plan
        start = None
        for name in plan.starts:
            start = around[name]
            if start is not None and start != "":
                break
        began = seconds(start)
        at, source = self._context.when(began, served_at)
        duration = None
        for name, unit in plan.durations:
            duration = lasting(around[name], unit)
            break
        if duration is None and plan.ends and start is not None:
            duration = span(began, seconds(around[plan.ends[0]]))
        first_token = None
        for name, unit in plan.firsts:
            first_token = lasting(around[name], unit)
            break
        return Timing(at, source, duration, first_token, source == "record")

    def outcome(self, response: Any) -> Outcome:
        """From the provider's error object, the HTTP status, or an error field around the exchange."""
        around, plan = self.fields, self._plan
        error = response.get("error") if type(response) is dict else None
        if error is None and not plan.errors and plan.statuses and around[plan.statuses[0]] == _HTTP_OK:
            return _OK
        code = around[plan.statuses[0]] if plan.statuses else None
        if error is None:
            error = next((around[name] for name in plan.errors if around[name] not in (None, "")), None)
        failed = type(code) is int and code >= 400
        if error is None and not failed:
            return _OK
        kind = None
        if type(error) is dict:
            kind = first_label(error, "type", "code", "name")
        elif type(error) is str:
            # A word is a class of errors; a sentence may quote the prompt.
            kind = label(error) if error.replace("_", "").replace(".", "").isalnum() else None
        return Outcome("error", kind or (str(code) if type(code) is int else "unknown"))

    @property
    def logged_cost(self) -> float | None:
        """USD that the record itself names."""
        costs = self._plan.costs
        return number(self.fields[costs[0]]) if costs else None

    @property
    def answered_from_cache(self) -> bool:
        """A cache in front of the provider answered."""
        names = self._plan.cache
        return bool(names) and any(flag(self.fields[name]) is True for name in names)

    @property
    def request_id(self) -> str | None:
        """The id that the middleware gave the request."""
        return self._first(self._plan.requests)

    @property
    def observation(self) -> str:
        """The middleware's own id for what it saw, or "" without one."""
        return self._first(self._plan.observations) or ""

    @property
    def account(self) -> str | None:
        """A hash of the workspace, project or key at the provider."""
        for name in self._plan.accounts:
            found = self._context.user(self.fields[name])
            if found:
                return found
        return None

    @property
    def url(self) -> str:
        """Where the request went, or ""."""
        for name in self._plan.urls:
            found = self.fields[name]
            if type(found) is str:
                return found
        return ""

    @property
    def provider(self) -> str | None:
        """The provider that the middleware names."""
        found = self._first(self._plan.providers)
        return found.lower() if found else None

    def _first(self, names: tuple[str, ...]) -> str | None:
        return first_label(self.fields, *names) if names else None


_TAGS = ("app", "env", "team", "conversation")


class Timing(msgspec.Struct, frozen=True, gc=False):
    """When the request began (unix seconds), how long it took and when its first token came (seconds)."""

    started_at: float
    source: TimeSource
    duration: float | None
    first_token: float | None
    timed: bool
    """The record carries a time of its own."""


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """Whether the provider answered, and how it failed where it did not."""

    status: Status
    error_type: str | None


_OK = Outcome("ok", None)
