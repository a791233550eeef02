"""Every command of `hone`. stdout is data, stderr is words; 0 is done, 1 failed, 2 wrong usage or configuration."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any, NamedTuple, NoReturn

import typer
from typer.exceptions import TyperException


class Command(NamedTuple):
    """A command: where its function is ("module:function", imported when it is needed), and an example for its help."""

    place: str
    example: str

    def fetch(self) -> Callable[..., None]:
        """Its function."""
        module, _, name = self.place.partition(":")
        found: Callable[..., None] = getattr(import_module(f"agent.commands.{module}"), name)
        return found


COMMANDS = {
    "demo": Command("demo:demo", "hone demo"),
    "run": Command("run:run", "hone run --config hone.toml"),
    "watch": Command("watch:watch", "hone watch --db hone.db"),
    "replay": Command("replay:replay", "hone replay --db hone.db logs-2026-09-*.jsonl.gz"),
    "report": Command("report:report", "hone report logs.jsonl --json -"),
    "analyse": Command("analyse:analyse", "hone analyse --db hone.db"),
    "digest": Command("digest:digest", "hone digest --period day --format markdown"),
    "accept": Command("decide:accept", "hone accept pc-go45hz"),
    "dismiss": Command("decide:dismiss", 'hone dismiss pc-go45hz --why "the tools are sorted by another team"'),
    "snooze": Command("decide:snooze", "hone snooze pc-go45hz --days 14"),
    "undo": Command("decide:undo", "hone undo"),
    "judge": Command("judge:judge", "hone judge --app support-bot --show-text"),
    "forget": Command("forget:forget", "hone forget --user 4711"),
    "check": Command("check:check", "hone check --config hone.toml"),
    "explain": Command("explain:explain", "hone explain spend"),
    "schema": Command("schema:schema", "hone schema hone.event/1"),
    "export": Command("export:export", "hone export 3f2a --format openai --out dataset --names-may-stay"),
}


def program(*names: str) -> typer.Typer:
    """The command line with the commands of these names, without any with all; a parser for one is made many times as fast."""
    made = typer.Typer(name="hone", add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    made.callback()(options)
    for name in names or COMMANDS:
        made.command(name, epilog=f"Example: {COMMANDS[name].example}")(COMMANDS[name].fetch())
    return made


def _version(wanted: bool) -> None:
    if wanted:
        from agent import __version__

        sys.stdout.write(f"hone {__version__}\n")
        raise typer.Exit


def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say it and end.")
    ] = False,
) -> None:
    """Measure what LLM calls cost, and say what is worth optimising and what is not."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run one command and end the process."""
    os.environ.setdefault(
        "PYDANTIC_DISABLE_PLUGINS", "__all__"
    )  # to look for them is to read about every package there is
    given = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        named = next((word for word in given if not word.startswith("-")), "")
        code = program(*({named} & COMMANDS.keys()))(args=given, prog_name="hone", standalone_mode=False)
        sys.stdout.flush()
    except TyperException as wrong:
        _say("error", wrong.format_message())
        asked = getattr(wrong, "ctx", None)
        _say("hint", f"{asked.command_path if asked else 'hone'} --help")
        code = wrong.exit_code
    except (typer.Abort, KeyboardInterrupt):
        code = 1
    except (BrokenPipeError, SystemExit) as ended:
        if isinstance(ended, SystemExit) and not isinstance(ended.__context__, BrokenPipeError):
            raise
        # The reader has seen enough (`| head`). What is left in the buffer must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        if "--debug" in given:
            raise
        code = _told(error)
    sys.exit(code if isinstance(code, int) else 0)


def _told(error: Exception) -> int:
    """Say what went wrong, and return the exit code."""
    from agent.config import ConfigError
    from analyzers.errors import HoneError

    if not isinstance(error, HoneError):
        # The text of a foreign exception may hold text of a log: only its kind is shown.
        _say("error", f"{type(error).__name__} where none was expected")
        _say("hint", "this is a fault of hone: run it again with `hone --debug ...` and report what it says")
        return 1
    _say("error", error.message)
    if error.hint:
        _say("hint", error.hint)
    return 2 if isinstance(error, ConfigError) else 1


def _say(what: str, text: Any) -> None:
    typer.echo(f"{what}: {text}", err=True)
