"""Bytes of a file or of stdin: plain, gzip or zstd (known by their first bytes), in pieces of bounded size."""

from __future__ import annotations

import os
import select
import stat
import sys
import zlib
from collections.abc import Callable
from typing import Any

from analyzers.errors import HoneError

PIECE = 4 << 20
STDIN = "-"

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
EXPANDED = 8 << 20
"""At most this much comes out of one step of gzip, however well it was compressed."""


class Bytes:
    """Reads and expands one file.

    `read` returns the next piece, b"" at the end, None when nothing came within the timeout (pipes only).
    `fault` says afterwards why the end is not the real one: a compressed file that is cut off or damaged.
    HoneError names a path that is absent, a directory or not readable.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.fault: str | None = None
        self.bytes_read = 0
        """Of the file as it is stored."""
        self._descriptor = sys.stdin.fileno() if path == STDIN else _open(path)
        self._waits = size(path) is None
        self._expand: Callable[[bytes], bytes] | None = None
        self._expander: _Gzip | _Zstd | None = None
        self._ended = False

    def read(self, timeout: float) -> bytes | None:
        while not self._ended:
            if self._expander is not None and self._expander.more:
                return self._expanded(b"")
            if self._waits and not select.select([self._descriptor], [], [], timeout)[0]:
                return None
            piece = os.read(self._descriptor, PIECE)
            first, self.bytes_read = self.bytes_read == 0, self.bytes_read + len(piece)
            if not piece:
                self._end()
            elif first and piece.startswith((GZIP, ZSTD)):
                self._expander = _Gzip() if piece.startswith(GZIP) else _Zstd()
                if out := self._expanded(piece):
                    return out
            elif self._expander is None:
                return piece
            elif out := self._expanded(piece):
                return out
        return b""

    def close(self) -> None:
        if self.path != STDIN and self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _expanded(self, piece: bytes) -> bytes:
        assert self._expander is not None
        try:
            return self._expander.expand(piece)
        except (zlib.error, ValueError) as error:
            self.fault = f"damaged {self._expander.name} data: {error}"
            self._ended = True
            return b""

    def _end(self) -> None:
        self._ended = True
        if self._expander is not None and not self._expander.complete:
            self.fault = f"the {self._expander.name} data is cut off"


class _Gzip:
    name = "gzip"

    def __init__(self) -> None:
        self._member: Any = None
        self._left = b""

    @property
    def more(self) -> bool:
        return bool(self._left)

    @property
    def complete(self) -> bool:
        return self._member is None

    def expand(self, piece: bytes) -> bytes:
        data = self._left + piece
        if self._member is None:
            data = data.lstrip(b"\0")  # tape archives pad with zeros
            if not data:
                self._left = b""
                return b""
            self._member = zlib.decompressobj(31)
        out: bytes = self._member.decompress(data, EXPANDED)
        self._left = self._member.unconsumed_tail
        if self._member.eof:
            self._left, self._member = self._member.unused_data, None
        return out


class _Zstd:
    name = "zstd"
    more = False

    def __init__(self) -> None:
        from zstandard import ZstdDecompressor

        self._context = ZstdDecompressor(max_window_size=1 << 31)
        self._frame: Any = None

    @property
    def complete(self) -> bool:
        return self._frame is None

    def expand(self, piece: bytes) -> bytes:
        from zstandard import ZstdError

        out = []
        while piece:
            if self._frame is None:
                self._frame = self._context.decompressobj()
            try:
                out.append(self._frame.decompress(piece))
            except ZstdError as error:
                if not out:
                    raise ValueError(str(error)) from None
                break
            piece = b""
            if self._frame.eof:
                piece, self._frame = self._frame.unused_data, None
        return b"".join(out)


def size(path: str) -> int | None:
    """Bytes of the file as it is stored; None for a pipe. HoneError as in `Bytes`."""
    if path == STDIN:
        return None
    try:
        found = os.stat(path)
    except OSError as error:
        raise _error(path, error) from None
    if stat.S_ISDIR(found.st_mode):
        raise HoneError(f"{path} is a directory", f"name the files in it, as in {path.rstrip('/')}/*.jsonl")
    if not os.access(path, os.R_OK):
        raise HoneError(f"no permission to read {path}")
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _open(path: str) -> int:
    size(path)
    try:
        return os.open(path, os.O_RDONLY)
    except OSError as error:
        raise _error(path, error) from None


def _error(path: str, error: OSError) -> HoneError:
    if isinstance(error, FileNotFoundError):
        return HoneError(f"no such file: {path}")
    if isinstance(error, PermissionError):
        return HoneError(f"no permission to read {path}")
    return HoneError(f"cannot read {path}: {error.strerror}")
