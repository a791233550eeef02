"""`hone export`: a dataset to tune on."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from agent.commands.options import Config, Database


class Trainer(StrEnum):
    """Whose line format is written."""

    openai = "openai"
    nova = "nova"
    together = "together"
    fireworks = "fireworks"
    trl = "trl"
    axolotl = "axolotl"
    vertex = "vertex"


def export(
    task: Annotated[
        str,
        typer.Argument(
            metavar="TASK",
            help="Id of a task of the report (its beginning will do), its label, or the id of one of its kinds of request (of several, with + between).",
        ),
    ],
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE]...", help="Logs; without any, the database is read.")
    ] = None,
    form: Annotated[Trainer, typer.Option("--format", help="Whose line format.")] = Trainer.openai,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A folder that is empty or not there yet.")] = Path(
        "dataset"
    ),
    names_may_stay: Annotated[
        bool, typer.Option("--names-may-stay", help="You have looked at the examples, or names may be in them.")
    ] = False,
    drop_rare_names: Annotated[
        bool,
        typer.Option(
            "--drop-rare-names", help="Leave out examples with capitalised words of fewer than three conversations."
        ),
    ] = False,
    recognisers: Annotated[
        list[str] | None,
        typer.Option(
            "--names",
            metavar="RECOGNISER",
            help="Finds names: presidio, presidio:PIPELINE, or module:attribute of your own. May be given again.",
        ),
    ] = None,
    most: Annotated[int, typer.Option("--most", min=1, help="Examples to train on, at most.")] = 10_000,
    db: Database = None,
    config: Config = None,
) -> None:
    """Write the good answers of a task as a dataset: anonymised, without repeats, split by time and conversation.

    With the dataset come its manifest, a variant with a short prompt, a job file and a plan for the evaluation.
    """
    if files and db:
        raise typer.BadParameter("examples are from FILEs or from a database, not both", param_hint="--db")

    from agent import __version__
    from agent import export as exporting
    from agent.commands import wiring
    from agent.recognisers import recogniser

    detectors = [recogniser(named) for named in recognisers or ()]
    settings = wiring.settings_of(config, db)
    if settings.store.text != "full":
        from analyzers.errors import HoneError

        raise HoneError("no texts are kept (store.text), so there is nothing to learn from")
    now = time.time()
    looked = wiring.task_of(files or [], settings, task)
    tuning = wiring.tuning_of(settings)
    made = exporting.make(
        looked, form.value, names_may_stay=names_may_stay, drop_rare=drop_rare_names, detectors=detectors, most=most
    )
    written = exporting.write(
        out, exporting.files(made, looked, form.value, tuning.routes, tuning.assumed, detectors, now, __version__)
    )
    parts = made.split
    typer.echo(
        f"{out}: {len(parts.train):,} examples to train on, {len(parts.validation):,} to validate, {len(parts.test):,} to test; "
        f"{len(written)} files",
        err=True,
    )
    for warning in made.warnings:
        typer.echo(f"warning: {warning}", err=True)
