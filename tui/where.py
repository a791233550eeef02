"""Where something is told in full: a screen by number and a row of it, or a screen one level down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tui.live_screen import Follow

if TYPE_CHECKING:
    from textual.app import App

    from agent.report import Report
    from agent.report_caching import Restraint
    from agent.report_plan import Recommendation

_NOBODY = "(no app)"


class Where(NamedTuple):
    """`screen` is one of `tui.screens`, or application, prompt, kind or task; `key` what is meant there."""

    screen: str
    key: str


def go(app: App[Any], where: Where) -> None:
    """Show it."""
    if where.screen == "application":
        from tui.application import Application

        app.push_screen(Application(where.key or None))
    elif where.screen == "prompt":
        from tui.template import Template

        app.push_screen(Template(where.key))
    elif where.screen == "kind":
        from tui.kind import Kind

        app.push_screen(Kind(where.key))
    elif where.screen == "task":
        from tui.task import Task

        app.push_screen(Task(where.key))
    else:
        app.post_message(Follow(where.screen, where.key))


def restraint_key(number: int) -> str:
    """The row of the screen of savings where what is left alone has its reason in full; `number` is its place in the report."""
    return f"restraint {number}"


def behind(one: Recommendation) -> Where:
    """What a recommendation rests on."""
    if one.lever in ("exact_cache", "semantic_cache"):
        return Where("cache", one.app or "")
    if one.template is None:
        return Where("application", one.app or "")
    return Where("prompt" if one.lever == "prompt_caching" else "task", one.template)


def behind_restraint(one: Restraint, report: Report) -> Where:
    """Where it is seen that something is not worth doing."""
    app, _, model = one.subject.partition(" · ")
    if one.lever in ("exact_cache", "semantic_cache"):
        return Where("cache", "" if app == _NOBODY else app)
    if one.lever == "prompt_caching":
        templates = report.prompt_caching.templates if report.prompt_caching is not None else []
        here = [each for each in templates if (each.app or _NOBODY, each.model) == (app, model)]
        return Where("prompt", here[0].id) if len(here) == 1 else Where("prompts", here[0].id if here else "")
    tasks = report.fine_tuning.tasks if report.fine_tuning is not None else []
    task = next((each for each in tasks if each.label == one.subject), None)
    return Where("task", task.id) if task is not None else Where("tuning", "")
