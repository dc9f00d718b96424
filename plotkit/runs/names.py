"""Names of what is logged: nested dicts become dotted names, and case does not tell names apart."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from plotkit import errors
from plotkit.text import is_blank_name

# Recorded with every row by themselves.
OWN = ("_step", "_runtime", "_timestamp")
_DEEPEST = 50  # dicts inside each other


def folded(name: str) -> str:
    """What two spellings of one name have in common.

    >>> folded("My-Metric") == folded("my-metric")
    True
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def flat(data: Mapping[Any, Any]) -> dict[str, Any]:
    """Nested dicts as one, with dotted names; empty ones inside leave nothing.

    Raises `RunError` for a name that is not text or is empty, and where two ways lead to one name.

    >>> flat({"loss": 0.5, "val": {"loss": 0.7}})
    {'loss': 0.5, 'val.loss': 0.7}
    >>> flat({"a.b": 1, "a": {"b": 2}})
    Traceback (most recent call last):
        ...
    plotkit.errors.RunError: 'a.b' is named twice...
    """
    made: dict[str, Any] = {}
    for name, value in _walked(data, "", 0):
        if name in made:
            raise errors.RunError.from_named_twice(name)
        made[name] = value
    return made


def _walked(data: Mapping[Any, Any], under: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > _DEEPEST:
        raise errors.RunError.from_deep(under.rstrip("."), _DEEPEST)
    for name, value in data.items():
        _check(name, under)
        if isinstance(value, Mapping):
            yield from _walked(value, f"{under}{name}.", depth + 1)
        else:
            yield f"{under}{name}", value


def _check(name: object, under: str) -> None:
    if not isinstance(name, str):
        raise errors.RunError.from_name_kind(name, under)
    if is_blank_name(name):
        raise errors.RunError.from_blank_name(under + name)
    if any("\ud800" <= char <= "\udfff" for char in name):
        raise errors.RunError.from_half_character(under + name)


class Spellings:
    """One spelling of each name, the first that was used.

    Args:
        names: those that are recorded already.
        clash: called once for each other spelling, with it and the recorded one.
    """

    def __init__(self, names: Iterable[str], clash: Callable[[str, str], None]) -> None:
        self.known = {name: name for name in names}
        """Every spelling that was used -> the recorded one."""
        self._folded = {folded(name): name for name in self.known}
        self._clash = clash

    def planned(self, name: str) -> str:
        """The spelling of a name that something is said of, and that may be recorded later."""
        return self._folded.setdefault(folded(name), name)

    def __call__(self, name: str) -> str:
        """The spelling under which a name is recorded."""
        found = self.known.get(name)
        if found is None:
            found = self._folded.setdefault(folded(name), name)
            self.known[name] = found
            if found != name:
                self._clash(name, found)
        return found


def found_in(asked: str, available: Iterable[str]) -> str | None:
    """The name among the available ones that is meant, whatever its case; None for none."""
    names = list(available)
    if asked in names:
        return asked
    wanted = folded(asked)
    return next((name for name in names if folded(name) == wanted), None)
