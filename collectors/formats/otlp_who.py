"""Who and what a span was for, from its own attributes first and its resource's after them."""

from __future__ import annotations

from typing import Any, NamedTuple

from collectors.fields import among, by_names, first, first_label, tagged, tags

_UNNAMED = ("unknown_service", "litellm")
"""What a service is called that nobody named: by an SDK (then with the name of its process), by LiteLLM's callback."""
_ASSOCIATION = "traceloop.association.properties."
_APPS = ("app", "service.name")
_ENVIRONMENTS = ("deployment.environment.name", "deployment.environment", "langfuse.environment")
_TEAMS = (
    "team",
    "service.team",
    "litellm.team.alias",
    "metadata.user_api_key_team_alias",
    "litellm.team.id",
    "metadata.user_api_key_team_id",
)
_TAGS = ("tag.tags", "tags", "gen_ai.tags", "langfuse.trace.tags")
_USERS = (
    "user.id",
    "langfuse.user.id",
    "enduser.id",
    "gen_ai.user",
    "llm.user",
    "litellm.end_user.id",
    "metadata.user_api_key_end_user_id",
    _ASSOCIATION + "user_id",
    _ASSOCIATION + "userId",
    "ai.telemetry.metadata.userId",
    "ai.telemetry.metadata.user_id",
)
_CONVERSATIONS = (
    "gen_ai.conversation.id",
    "session.id",
    "langfuse.session.id",
    _ASSOCIATION + "session_id",
    _ASSOCIATION + "sessionId",
    _ASSOCIATION + "conversation_id",
    _ASSOCIATION + "chat_id",
    _ASSOCIATION + "thread_id",
    "ai.telemetry.metadata.sessionId",
    "ai.telemetry.metadata.session_id",
)
_FREE = (_ASSOCIATION, "ai.telemetry.metadata.")
"""Attributes under these are an application's own names and values: tags "name:value"."""
_NAMED_ELSEWHERE = frozenset((*_USERS, *_CONVERSATIONS, "ai.telemetry.metadata.tags"))


class Who(NamedTuple):
    """What money is grouped by. `user` is the raw id, to be hashed."""

    app: str | None
    environment: str | None
    team: str | None
    user: object
    conversation: str | None
    tags: tuple[str, ...]


class _Plan(NamedTuple):
    """Which of a span's attributes mean what, the best name first."""

    apps: tuple[str, ...]
    environments: tuple[str, ...]
    teams: tuple[str, ...]
    users: tuple[str, ...]
    conversations: tuple[str, ...]
    tags: tuple[str, ...]
    free: tuple[tuple[str, str], ...]
    """An application's own names, with and without what stands before them."""


@by_names
def _plan(names: tuple[str, ...]) -> _Plan:
    """Spans of one instrumentation have few shapes, so this is worked out once for each."""
    return _Plan(
        among(names, _APPS),
        among(names, _ENVIRONMENTS),
        among(names, _TEAMS),
        among(names, _USERS),
        among(names, _CONVERSATIONS),
        tuple(name for name in names if name in _TAGS or (name.startswith(_FREE) and name.endswith(".tags"))),
        tuple(
            (name, name[len(begin) :])
            for name in names
            for begin in _FREE
            if name.startswith(begin) and name not in _NAMED_ELSEWHERE
        ),
    )


def who(attributes: dict[str, Any], resource: dict[str, Any], *apps: str) -> Who:
    """`apps`: the dialect's own names for an application, when neither span nor resource has the usual ones."""
    plan, around = _plan(attributes), _plan(resource)
    given = tags(_tags(attributes, plan)) if plan.tags or plan.free else ()
    app = _first(attributes, plan.apps) or _first(resource, around.apps)
    if app is None or app.startswith(_UNNAMED):
        app = _first(attributes, apps) or app
    environment = _first(attributes, plan.environments) or _first(resource, around.environments)
    team = _first(attributes, plan.teams) or _first(resource, around.teams)
    return Who(
        app,
        environment or tagged(given, "env"),
        team or tagged(given, "team"),
        first(attributes, *plan.users) if plan.users else None,
        _first(attributes, plan.conversations),
        given,
    )


def _first(source: dict[str, Any], names: tuple[str, ...]) -> str | None:
    return first_label(source, *names) if names else None


def _tags(attributes: dict[str, Any], plan: _Plan) -> list[Any]:
    found: list[Any] = []
    for name in plan.tags:
        value = attributes[name]
        if type(value) is list:
            found += value
    for name, own in plan.free:
        value = attributes[name]
        if type(value) is str or type(value) is int or type(value) is bool:
            found.append(f"{own}:{value}")
    return found
