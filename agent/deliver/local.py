"""Channels that leave the machine to nobody: a folder of files, and the standard output."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO

from agent.deliver.message import Message, Refused


class Folder:
    """Each message becomes four files named by its id; a message that comes again replaces them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.expanduser()

    def send(self, message: Message) -> None:
        """See `Channel`. A reader never sees half a file."""
        forms = {"txt": message.text, "md": message.markdown, "html": message.html, "json": message.json}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for suffix, content in forms.items():
                part = self._folder / f".{message.id}.{suffix}.part"
                part.write_text(content, encoding="utf-8")
                os.replace(part, self._folder / f"{message.id}.{suffix}")
        except OSError as error:
            raise Refused(f"the folder cannot be written ({error.strerror})") from None

    def describe(self) -> str:
        """See `Channel`."""
        return f"files in {self._folder}"


class Stdout:
    """Text between two empty lines."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def send(self, message: Message) -> None:
        """See `Channel`."""
        stream = self._stream or sys.stdout
        try:
            stream.write(f"\n{message.text}\n")
            stream.flush()
        except (OSError, ValueError) as error:
            raise Refused(f"the standard output cannot be written ({type(error).__name__})") from None

    def describe(self) -> str:
        """See `Channel`."""
        return "standard output"
