"""What `hone check` says of privacy: what is kept of texts, who else may read the files that hold secrets or calls."""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from agent.config import Settings

KEPT = {
    "full": "texts of prompts and answers are kept as they are logged",
    "redacted": "texts are kept with placeholders for the identifiers that rules find; names that no text announces stay "
    "(hone explain anonymise)",
    "hashes": "no text is kept: totals, what provider caches could read and exact repeats are still found; faults of prompts, a cache "
    "by similarity, kinds of request by their words and datasets for tuning are not",
}


def say_privacy(settings: Settings, config: Path | None) -> None:
    """A line on texts, and one for everything that somebody else may read or that is weaker than it could be."""
    typer.echo(f"text: {KEPT[settings.store.text]}", err=True)
    if not settings.privacy.user_salt.get_secret_value():
        weaker = "" if settings.store.text == "full" else ", and so are the digests in place of texts"
        typer.echo(
            f"warning: ids of users are hashed without a salt{weaker}: whoever guesses one can tell that it is there; "
            "set privacy.user_salt_file",
            err=True,
        )
    for warning in warnings(settings, config):
        typer.echo(f"warning: {warning}", err=True)


def warnings(settings: Settings, config: Path | None) -> Iterator[str]:
    """Files with the wrong rights: secrets and the database that others may read, a configuration that others may change."""
    if config is not None:
        mode = _mode(config)
        if mode & (stat.S_IWGRP | stat.S_IWOTH):
            yield f"{config} may be changed by others: chmod go-w {config}"
        for key, path in sorted(_secret_files(config)):
            if _mode(path) & (stat.S_IRGRP | stat.S_IROTH):
                yield f"{key}: {path} may be read by others: chmod 600 {path}"
    url = settings.store.url
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        if _mode(path) & (stat.S_IRGRP | stat.S_IROTH):
            yield f"the database {path} may be read by others: chmod 600 {path}"


def _secret_files(config: Path) -> Iterator[tuple[str, Path]]:
    """Keys and paths of the files that the configuration names for secrets."""
    try:
        tree = tomllib.loads(config.read_text())
    except (OSError, ValueError):
        return
    yield from _named(tree, "")


def _named(tree: dict[str, Any], above: str) -> Iterator[tuple[str, Path]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _named(value, f"{above}{key}.")
        elif isinstance(value, str) and (key.endswith("_file") or key == "ssl_keyfile"):
            yield f"{above}{key}", Path(value).expanduser()


def _mode(path: Path) -> int:
    """Rights of a file; 0 where there is none or it cannot be seen."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0
