"""`hone forget`: takes one user out of the database."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from agent.commands.options import Config, Database


def forget(
    user: Annotated[str, typer.Option("--user", metavar="ID", help="The user's id as the log names it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    db: Database = None,
    config: Config = None,
) -> None:
    """Delete what a user sent and got: calls, messages, texts that nobody else shares, and what was made from them.

    Sums stay, they name nobody. Agents may go on meanwhile. Only ids that were hashed with the configured salt are found.
    """
    from agent.commands import wiring
    from agent.store import open_store
    from agent.store.erase import erase
    from collectors.context import hashed_user

    settings = wiring.settings_of(config, db)
    store = open_store(settings.store.database_url, create=False)
    try:
        if not yes:
            typer.confirm("This cannot be undone. Delete this user's calls and texts?", abort=True, err=True)
        gone = erase(store.engine, hashed_user(user, settings.privacy.user_salt.get_secret_value().encode()))
    finally:
        store.close()
    if not gone.calls:
        typer.echo("no call of this user is kept; was the salt another one when they were read?", err=True)
    sys.stdout.write(
        f"deleted: {gone.calls} calls, {gone.messages} messages logged apart, {gone.texts} texts, "
        f"{gone.vectors} vectors (computed again when needed); examples emptied in {gone.analyses} reports; sums stay\n"
    )
