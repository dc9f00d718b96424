"""Named facts of a run, read and set as a nested dict, by dotted names, or as attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Protocol, Self

from plotkit import errors
from plotkit.runs import names


class Facts(Protocol):
    """Where facts are kept: name -> stored form."""

    def all(self) -> Mapping[str, Any]:
        """All of them; nobody changes what comes back."""

    def set(self, pairs: Mapping[str, Any]) -> None:
        """Set some."""

    def forget(self, names: list[str]) -> None:
        """Take some away."""


class Dotted(MutableMapping[str, Any]):
    """Facts of one section, or the part of them whose names begin with `under`.

    `facts["opt.lr"]`, `facts["opt"]["lr"]` and `facts.opt.lr` are the same; iterating gives the
    full dotted names. Setting a name replaces all that stood there, dicts are taken apart.
    """

    _section = "fact"

    def __init__(self, facts: Facts, under: str = "") -> None:
        self._facts = facts
        self._under = under

    # --- what a value becomes, for the kinds of facts -------------------------------------------

    def _stored(self, name: str, value: object) -> Any:
        raise NotImplementedError

    def _restored(self, value: Any) -> Any:
        return value

    def _part(self, under: str) -> Self:
        return type(self)(self._facts, under)

    # --- a mapping -----------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Any:
        known = self._facts.all()
        full = self._found(name)
        if full in known:
            return self._restored(known[full])
        if any(other.startswith(f"{full}.") for other in known):
            return self._part(f"{full}.")
        raise errors.UnknownNameError.from_section(self._section, full, list(known))

    def __setitem__(self, name: str, value: object) -> None:
        if not isinstance(name, str):
            raise errors.RunError.from_name_kind(name, self._under)
        given = names.flat({name: value})
        if isinstance(value, Mapping) and not value:
            given = {name: {}}
        made = {
            full: self._stored(full, one)
            for full, one in ((self._found(key), one) for key, one in given.items())
        }
        gone = [old for old in self._below(self._found(name)) if old not in made]
        if gone:
            self._facts.forget(gone)
        self._facts.set(made)

    def __delitem__(self, name: str) -> None:
        gone = self._below(self._found(name))
        if not gone:
            known = list(self._facts.all())
            raise errors.UnknownNameError.from_section(self._section, self._found(name), known)
        self._facts.forget(gone)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self._below(self._found(name)))

    def __iter__(self) -> Iterator[str]:
        start = len(self._under)
        return iter([name[start:] for name in self._facts.all() if name.startswith(self._under)])

    def __len__(self) -> int:
        return sum(name.startswith(self._under) for name in self._facts.all())

    def __repr__(self) -> str:
        return repr(self.as_dict())

    # --- attributes ----------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except errors.UnknownNameError as reason:
            raise AttributeError(str(reason)) from None

    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith("_"):
            super().__setattr__(name, value)
        else:
            self[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except errors.UnknownNameError as reason:
            raise AttributeError(str(reason)) from None

    # --- more ----------------------------------------------------------------------------------

    def as_dict(self) -> dict[str, Any]:
        """A plain nested dict; a name that is a value and has others below it keeps its dots."""
        made: dict[str, Any] = {}
        for name, value in self.items():
            inside, *path = made, *name.split(".")
            for part in path[:-1]:
                inside = inside.setdefault(part, {}) if isinstance(inside, dict) else None
            if isinstance(inside, dict) and path[-1] not in inside:
                inside[path[-1]] = value
            else:
                made[name] = value
        return made

    def stored(self) -> dict[str, Any]:
        """The stored form of every value, by its dotted name; objects are dicts with "_type"."""
        start = len(self._under)
        known = self._facts.all()
        return {n[start:]: value for n, value in known.items() if n.startswith(self._under)}

    def _found(self, name: str) -> str:
        """The full name that is meant."""
        return self._under + name

    def _below(self, full: str) -> list[str]:
        return [n for n in self._facts.all() if n == full or n.startswith(f"{full}.")]
