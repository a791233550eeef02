"""A task's dataset as files: examples, split, manifest, job and evaluation plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from analyzers.anonymise import Detector
from analyzers.errors import HoneError
from analyzers.fine_tuning.assumptions import Assumptions
from analyzers.fine_tuning.dataset.clean import Cleaned, cleaned
from analyzers.fine_tuning.dataset.curate import Split, split
from analyzers.fine_tuning.dataset.example import Example, Ineligible, examples
from analyzers.fine_tuning.dataset.job import evaluation_plan, job, training_usd
from analyzers.fine_tuning.dataset.render import Format, line, shortened
from analyzers.fine_tuning.dataset.validate import faults, refused, tokens
from analyzers.fine_tuning.measure import Looked
from analyzers.fine_tuning.routes import Routes

MEASURED_RECALL = "0.9 or more for each structured kind on the labelled texts of the test suite; names, organisations and addresses that no text announces: 0"
_BY_NO_RULE = {
    "NAME": "names",
    "PLACE": "places",
    "ORGANISATION": "organisations",
    "ADDRESS": "addresses that no text announces",
}
"""What rules find only where the text announces it, by the kind that a recogniser would give it."""


class Made(NamedTuple):
    """Everything that an export holds, before it is written."""

    split: Split
    ineligible: Ineligible
    cleaned: Cleaned
    refused: dict[str, int]
    """Examples that the trainer would not take, by why."""
    warnings: list[str]


def make(
    looked: Looked,
    form: Format,
    *,
    names_may_stay: bool,
    drop_rare: bool = False,
    detectors: Sequence[Detector] = (),
    most: int = 10_000,
) -> Made:
    """Build the dataset. Raises HoneError while identifiers are left in it, or names cannot have been removed and may not stay."""
    found, ineligible = examples(looked)
    clean = cleaned(found, detectors, drop_rare=drop_rare)
    if clean.residue:
        kinds = ", ".join(f"{kind.lower()} {n}" for kind, n in sorted(clean.residue.items()))
        raise HoneError(
            f"identifiers are left after anonymisation ({kinds}): nothing was written",
            "report this: it should not happen",
        )
    if not names_may_stay and not any("NAME" in one.finds for one in detectors):
        raise HoneError(
            "names of people cannot be found by rules, so they may still be in the examples: nothing was written",
            "look at the examples and say --names-may-stay, or plug in a recogniser of names (--names presidio)",
        )
    why = {id(one): reason for one in clean.examples if (reason := refused(one, form)) is not None}
    counts: dict[str, int] = {}
    for reason in why.values():
        counts[reason] = counts.get(reason, 0) + 1
    parts = split([one for one in clean.examples if id(one) not in why], most)
    return Made(parts, ineligible, clean, counts, faults(parts.train, parts.validation, form))


def files(
    made: Made,
    looked: Looked,
    form: Format,
    routes: Routes,
    assumed: Assumptions,
    detectors: Sequence[Detector],
    now: float,
    hone: str,
) -> Iterator[tuple[str, str]]:
    """(name, content) of each."""
    parts = {"train": made.split.train, "validation": made.split.validation, "test": made.split.test}
    for name, rows in parts.items():
        yield f"{name}.jsonl", "".join(_line(line(one, form)) for one in rows)
        yield f"short-prompt/{name}.jsonl", "".join(_line(line(shortened(one), form)) for one in rows)
        yield f"provenance/{name}.jsonl", "".join(_line(_provenance(one)) for one in rows)
    scores: dict[str, float] = {score.axis: score.share for score in looked.diagnosis}
    yield "evaluation.md", evaluation_plan(len(made.split.test), scores)
    yield job(form, _slug(looked.task.label))
    manifest = _manifest(made, looked, form, routes, assumed, detectors, now, hone)
    yield "manifest.json", orjson.dumps(manifest, option=orjson.OPT_INDENT_2).decode() + "\n"


def write(folder: Path, made: Iterator[tuple[str, str]]) -> list[str]:
    """Write the files where no file is yet; readable by their owner alone. Raises HoneError."""
    try:
        if folder.exists() and any(folder.iterdir()):
            raise HoneError(f"{folder}: is not empty", "name a folder that is empty or not there yet")
        written = []
        for name, content in made:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
            path.write_text(content, encoding="utf-8", errors="replace")
            written.append(name)
    except OSError as error:
        raise HoneError(f"{folder}: cannot be written ({error.strerror})") from None
    return written


def _line(row: Mapping[str, Any]) -> str:
    return orjson.dumps(row).decode("utf-8", "replace") + "\n"


def _provenance(one: Example) -> dict[str, Any]:
    at = datetime.fromtimestamp(one.at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"call": one.call, "at": at, "model": one.model, "feedback": one.rated, "tokens_estimated": tokens(one)}


def _manifest(
    made: Made,
    looked: Looked,
    form: Format,
    routes: Routes,
    assumed: Assumptions,
    detectors: Sequence[Detector],
    now: float,
    hone: str,
) -> dict[str, Any]:
    train = sum(map(tokens, made.split.train))
    epochs = int(assumed.epochs)
    return {
        "schema": "hone.dataset/1",
        "task": looked.task.id,
        "label": looked.task.label,
        "format": form,
        "made_at": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "made_by": f"hone {hone}",
        "calls_looked_at": len(looked.task.calls),
        "examples": {
            "train": len(made.split.train),
            "validation": len(made.split.validation),
            "test": len(made.split.test),
        },
        "left_out": {
            **made.ineligible._asdict(),
            "rare_names": made.cleaned.rare_names,
            "repeats": made.split.repeats,
            "near_repeats": made.split.near_repeats,
            "overlap_with_test": made.split.contaminated,
            "thinned": made.split.thinned,
            "refused_by_trainer": made.refused,
        },
        "split": "the newest fifth of the conversations is the test set; no conversation is in two sets",
        "anonymisation": {
            "detectors": ["rules", *(one.name for one in detectors)],
            "replaced": made.cleaned.replaced,
            "residue": made.cleaned.residue,
            "measured_recall": {
                "rules": MEASURED_RECALL,
                **{one.name: "not measured: read examples" for one in detectors},
            },
            "not_removed": [
                what for kind, what in _BY_NO_RULE.items() if not any(kind in one.finds for one in detectors)
            ],
        },
        "tokens_estimated": {"train": train, "characters_a_token": 3.8},
        "training_usd_estimated": {
            route.id: float(round(training_usd(route.train_mtok, train, epochs), 2))
            for route in routes.rows
            if route.train_mtok is not None
        },
        "epochs": epochs,
        "prices_of": routes.version,
        "warnings": made.warnings,
    }


def _slug(label: str) -> str:
    kept = "".join(char if char.isascii() and char.isalnum() else "-" for char in label.casefold())
    return "-".join(part for part in kept.split("-") if part)[:60] or "task"
