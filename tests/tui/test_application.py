"""Into an application or a model and back: its own figures, what to do about it, its prompts."""

from __future__ import annotations

import asyncio
from pathlib import Path

from agent.report import Report
from agent.store import analyses, open_store
from tests.tui.advice import RECOMMENDATIONS
from tests.tui.conftest import Seen, running
from tests.tui.looked_at import looked_at
from tui.application import Application
from tui.live_table import LiveTable
from tui.model import Model
from tui.overview import Overview
from tui.savings import Savings
from tui.spender import SpenderView
from tui.template import Template


def about(path: Path, app: str, model: str = "gpt-5.4") -> Path:
    """The full report, as if its prompts were those of an application and a model that are in the stream."""
    looked_at(path)
    store = open_store(f"sqlite:///{path}")
    found = analyses.newest(store.engine)
    assert found is not None
    report = Report.model_validate_json(found.report)
    assert report.prompt_caching is not None
    templates = [one.model_copy(update={"app": app, "model": model}) for one in report.prompt_caching.templates]
    faults = [one.model_copy(update={"app": app, "model": model}) for one in report.prompt_caching.faults]
    caching = report.prompt_caching.model_copy(update={"templates": templates, "faults": faults})
    advice = [RECOMMENDATIONS[0].model_copy(update={"model": model}), *RECOMMENDATIONS[1:]]
    made = report.model_copy(update={"prompt_caching": caching, "recommendations": advice})
    analyses.keep(store.engine, found._replace(report=made.to_json(None).encode()))
    store.close()
    return path


async def _into(seen: Seen, name: str) -> SpenderView:
    table = seen.app.screen.query_one("#apps", LiveTable)
    assert table.choose(repr(name))
    table.focus()
    await seen.press("enter")
    screen = seen.app.screen
    assert isinstance(screen, Application)
    assert screen.view is not None
    return screen.view


def test_enter_on_an_application_shows_it_alone_and_escape_goes_back(copy: Path) -> None:
    async def flow() -> None:
        async with running(about(copy, "support-bot")) as seen:
            overview = seen.app.screen
            assert isinstance(overview, Overview)
            assert overview.view is not None
            (whole,) = (row for row in overview.view.spent.by_app if row.name == "support-bot")
            view = await _into(seen, "support-bot")
            assert view.spent == whole
            assert {one.app for one in view.recommendations} == {one.app for one in view.templates} == {"support-bot"}
            assert "support-bot" in seen.text()
            assert "faq-bot" not in seen.text()
            await seen.press("y")
            assert f"calls: {whole.calls:,}" in seen.app.clipboard
            await seen.press("T", "T")
            shorter = seen.app.screen
            assert isinstance(shorter, Application)
            assert shorter.view is not None
            assert shorter.view.spent is not None
            assert 0 < shorter.view.spent.calls < whole.calls
            await seen.press("escape")
            assert isinstance(seen.app.screen, Overview)

    asyncio.run(flow())


def test_its_recommendations_and_prompts_lead_on(copy: Path) -> None:
    async def flow() -> None:
        async with running(about(copy, "support-bot")) as seen:
            view = await _into(seen, "support-bot")
            assert view.recommendations
            assert view.templates
            seen.app.screen.query_one("#prompts", LiveTable).focus()
            await seen.press("enter")
            template: object = seen.app.screen
            assert isinstance(template, Template)
            await seen.press("escape")
            seen.app.screen.query_one("#next", LiveTable).focus()
            await seen.press("enter")
            savings: object = seen.app.screen
            assert isinstance(savings, Savings)
            assert savings.chosen is not None
            assert savings.chosen.id == view.recommendations[0].id

    asyncio.run(flow())


def test_enter_on_a_model_shows_who_calls_it_and_what_to_do(copy: Path) -> None:
    async def flow() -> None:
        async with running(about(copy, "support-bot", "gpt-5.4-mini")) as seen:
            overview = seen.app.screen
            assert isinstance(overview, Overview)
            assert overview.view is not None
            (whole,) = (row for row in overview.view.spent.by_model if row.name == "gpt-5.4-mini-2026-03-17")
            table = overview.query_one("#models", LiveTable)
            assert table.choose(repr("gpt-5.4-mini-2026-03-17"))
            table.focus()
            await seen.press("enter")
            model: object = seen.app.screen
            assert isinstance(model, Model)
            assert model.view is not None
            assert model.view.spent == whole
            assert [one.id for one in model.view.recommendations] == [RECOMMENDATIONS[0].id]
            assert "gpt-5.4-mini-2026-03-17  esc goes back" in seen.text()
            await seen.press("y")
            assert f"calls: {whole.calls:,}" in seen.app.clipboard
            prompts = model.query_one("#prompts", LiveTable)
            assert prompts.columns_of_all().names[0] == "Application"
            prompts.focus()
            await seen.press("enter")
            template: object = seen.app.screen
            assert isinstance(template, Template)
            await seen.press("escape", "escape")
            assert seen.app.screen is overview

    asyncio.run(flow())


def test_what_is_left_alone_leads_to_its_reason_in_full(copy: Path) -> None:
    async def flow() -> None:
        async with running(looked_at(copy)) as seen:
            overview = seen.app.screen
            assert isinstance(overview, Overview)
            assert overview.view is not None
            left = overview.view.restraint[1]
            table = overview.query_one("#restraint", LiveTable)
            assert table.choose("restraint 1")
            table.focus()
            await seen.press("enter")
            await seen.still()
            assert isinstance(seen.app.screen, Savings)
            assert seen.app.screen.chosen is None
            assert left.why in seen.text()
            assert left.worth_it_from in seen.text()

    asyncio.run(flow())
