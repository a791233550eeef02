"""Reads the configuration: the file, then the environment over it, then one check of the whole."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError

from agent.config.faults import ConfigError, Fault, known_keys, meaning, near, path_of
from agent.config.settings import KAFKA_SECURITY, SECRET_URLS, SECRETS, Settings, default_url
from agent.config.toml_lines import lines_of
from analyzers.errors import HoneError
from collectors.kafka_settings import security_options

PREFIX = "HONE_"
Keys = tuple[str, ...]
Tree = dict[str, Any]

_FOREIGN = re.compile(r"HONE_(CONFIG|REQUIRE_REAL|TEST_\w+|SERVICE_HOST|SERVICE_PORT\w*|PORT|PORT_\d+_(TCP|UDP)\w*)")
"""Not settings: the file's own name, switches of the test suite, and what Kubernetes adds for a service `hone`."""


def load(path: Path | None, env: Mapping[str, str]) -> Settings:
    """The settings of a file (or of `HONE_CONFIG`, or none) with the environment's over them.

    Raises ConfigError with every fault at once: unknown keys, wrong values, secrets where they do not belong.
    """
    return _Reading(path, env).settings()


def secret_files(path: Path | None, env: Mapping[str, str]) -> tuple[Path, ...]:
    """The files that secrets of this configuration are read from. Raises ConfigError as `load` does."""
    reading = _Reading(path, env)
    reading.settings()
    return tuple(reading.secret_files)


class _Reading:
    """One attempt: what was read, where each key came from, and what was wrong."""

    def __init__(self, path: Path | None, env: Mapping[str, str]) -> None:
        self.faults: list[Fault] = []
        named = env.get("HONE_CONFIG")
        self.path = Path(named) if path is None and named else path
        self.env = env
        self.lines: dict[Keys, int] = {}
        self.variables: dict[Keys, str] = {}
        self.secret_files: list[Path] = []

    def settings(self) -> Settings:
        tree = self._file() if self.path else {}
        readable = not self.faults
        self._refuse_secrets(tree)
        self._environment(tree)
        self._part_url(tree)
        self._read_secret_files(tree)
        store = tree.setdefault("store", {})
        if isinstance(store, dict):
            store.setdefault("url", default_url(self.env.get("XDG_DATA_HOME"), Path(self.env.get("HOME") or "~")))
        settings = None
        try:
            settings = Settings.model_validate(tree)
        except ValidationError as invalid:
            self._explain(invalid, complete=readable)
        self._check_security(tree)
        if self.faults or settings is None:
            raise ConfigError(self.faults)
        return settings

    def _explain(self, invalid: ValidationError, complete: bool) -> None:
        """Note what pydantic found, one fault a key. What is missing in a file that cannot be read is no fault."""
        errors = invalid.errors(include_url=False, include_input=False, include_context=False)
        meant = {path_of(error): near(path_of(error)) for error in errors if error["type"] == "extra_forbidden"}
        told: dict[Keys, str] = {}
        for error in errors:
            keys = path_of(error)
            if error["type"] == "missing" and (not complete or keys in meant.values()):
                continue
            told[keys] = f"{told[keys]}, or {meaning(error)}" if keys in told else meaning(error)
        for keys, what in told.items():
            self._fault(keys, what, meant=meant.get(keys, ()))

    def _file(self) -> Tree:
        assert self.path is not None
        try:
            text = self.path.read_bytes().decode()
            tree = tomllib.loads(text)
        except OSError as error:
            self.faults.append(Fault(str(self.path), "", f"cannot be read ({error.strerror})"))
            return {}
        except UnicodeDecodeError as error:
            self.faults.append(Fault(str(self.path), "", f"is not UTF-8 (byte {error.start})"))
            return {}
        except tomllib.TOMLDecodeError as error:
            self.faults.append(Fault(str(self.path), "", f"is not TOML: {error}"))
            return {}
        self.lines = lines_of(text)
        return tree

    def _environment(self, tree: Tree) -> None:
        """Put every HONE_A__B=value in its place."""
        for variable in sorted(name for name in self.env if name.startswith(PREFIX)):
            if _FOREIGN.fullmatch(variable):
                continue
            keys = tuple(variable.removeprefix(PREFIX).lower().split("__"))
            self.variables[keys] = variable
            node = tree
            for key in keys[:-1]:
                below = node.setdefault(key, {})
                if not isinstance(below, dict):
                    self.faults.append(Fault(variable, "", f"{key} is no table"))
                    break
                node = below
            else:
                node[keys[-1]] = _value(self.env[variable])

    def _refuse_secrets(self, tree: Tree) -> None:
        """Fault every secret that stands in the file itself."""
        for keys in _each(SECRETS, tree):
            if _get(tree, keys) is not None:
                self._fault(keys, "does not belong in this file", f"use {_variable(keys)} or the key {keys[-1]}_file")
        for keys in _each(SECRET_URLS, tree):
            if _has_password(_get(tree, keys)):
                also = " or the key password_file" if keys[0] == "store" else ""
                self._fault(keys, "a password does not belong in this file", f"use {_variable(keys)}{also}")

    def _read_secret_files(self, tree: Tree) -> None:
        """Replace each `secret_file` by the secret it names; the environment's own value goes first."""
        for keys in _each(SECRETS, tree):
            named = (*keys[:-1], f"{keys[-1]}_file")
            file = _get(tree, named)
            table = _get(tree, keys[:-1])
            if file is None or not isinstance(table, dict):
                continue
            del table[named[-1]]
            if keys[-1] in table:
                continue
            path = Path(str(file)).expanduser()
            self.secret_files.append(path)
            try:
                table[keys[-1]] = path.read_text().strip()
            except OSError as error:
                self._fault(named, f"{file} cannot be read ({error.strerror})")
            except UnicodeDecodeError:
                self._fault(named, f"{file} is not UTF-8 text")

    def _part_url(self, tree: Tree) -> None:
        """Move a password out of the database URL, so that the URL may be shown."""
        store = tree.get("store")
        url = store.get("url") if isinstance(store, dict) else None
        if not isinstance(store, dict) or not isinstance(url, str):
            return
        try:
            parts = urlsplit(url)
            password = parts.password
        except ValueError:
            self._fault(("store", "url"), "cannot be read")
            store["url"] = ""
            return
        if "password=" in parts.query:
            self._fault(("store", "url"), "holds a password behind the question mark", "use HONE_STORE__PASSWORD")
            store["url"] = ""
        elif password is not None:
            store.setdefault("password", unquote(password))
            user, _, place = parts.netloc.rpartition("@")
            store["url"] = parts._replace(netloc=f"{user.split(':')[0]}@{place}").geturl()

    def _check_security(self, tree: Tree) -> None:
        """Each key of [source.kafka.security] and its like by itself, as the Kafka client would take it."""
        for keys in KAFKA_SECURITY:
            security = _get(tree, keys)
            for key, value in security.items() if isinstance(security, dict) else ():
                try:
                    security_options({key: value})
                except HoneError as error:
                    self._fault((*keys, key), error.message, error.hint)

    def _fault(self, keys: Keys, what: str, hint: str = "", meant: Keys = ()) -> None:
        """Note a fault at the place where the key was given: the variable, else the line."""
        given = self._given(keys)
        if given:
            hint = f"did you mean {_variable(meant)}?" if meant else hint
            self.faults.append(Fault(self.variables[given], ".".join(keys[len(given) :]), what, hint))
            return
        hint = f"did you mean {'.'.join(meant)!r}?" if meant else hint
        line = next((self.lines[keys[:n]] for n in range(len(keys), 0, -1) if keys[:n] in self.lines), None)
        where = str(self.path) if self.path else "environment"
        self.faults.append(Fault(f"{where}:{line}" if line else where, ".".join(keys), what, hint))

    def _given(self, keys: Keys) -> Keys:
        """The variable's keys that gave this one: its own, those of a JSON value above, or below an unknown table."""
        for depth in range(len(keys), 0, -1):
            if keys[:depth] in self.variables:
                return keys[:depth]
        below = [given for given in self.variables if given[: len(keys)] == keys]
        return below[0] if below and keys not in self.lines and keys not in known_keys() else ()


def _variable(keys: Keys) -> str:
    return PREFIX + "__".join(keys).upper()


def _value(text: str) -> Any:
    """The text itself, or what it says when it is a JSON table or list."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _get(tree: Tree, keys: Keys) -> Any:
    node: Any = tree
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _each(paths: Iterable[Keys], tree: Tree) -> Iterator[Keys]:
    """The paths, with every name that the tree has in the place of `*`."""
    for keys in paths:
        if "*" not in keys:
            yield keys
            continue
        place = keys.index("*")
        table = _get(tree, keys[:place])
        for name in table if isinstance(table, dict) else ():
            yield (*keys[:place], name, *keys[place + 1 :])


def _has_password(url: Any) -> bool:
    try:
        return isinstance(url, str) and urlsplit(url).password is not None
    except ValueError:
        return False
