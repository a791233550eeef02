"""Recognisers of names that the owner of an export plugs in by name."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from analyzers.anonymise import Detector
from analyzers.errors import HoneError

_HINT = "presidio, presidio:PIPELINE (of spaCy, by name or folder), or package.module:attribute of your own"


def recogniser(named: str) -> Detector:
    """`presidio`, `presidio:PIPELINE`, or `package.module:attribute`: an `analyzers.anonymise.Detector`, or a class of such. Raises HoneError."""
    module, _, attribute = named.partition(":")
    if module == "presidio":
        from analyzers.anonymise.presidio import Presidio

        return Presidio(attribute) if attribute else Presidio()
    if not module or not attribute:
        raise HoneError(f"{named!r} names no recogniser", _HINT)
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise HoneError(f"the recogniser {named!r} cannot be loaded: {error}", _HINT) from error
    made = found() if isinstance(found, type) else found
    if not callable(made) or not isinstance(getattr(made, "name", None), str) or not getattr(made, "finds", None):
        raise HoneError(f"{named!r} is no recogniser: it has to be callable, with `name` and `finds`", _HINT)
    return cast(Detector, made)
