"""What a run was told to do: its hyperparameters, from whatever a script keeps them in."""

from __future__ import annotations

import dataclasses
import json
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from plotkit import errors
from plotkit.runs import names, values
from plotkit.runs.dotted import Dotted


class Config(Dotted):
    """The settings of a run, as a nested dict, by dotted names, or as attributes.

    Values that are no numbers, bools, text, None or lists of these are kept as their repr.
    """

    _section = "config"

    def _stored(self, name: str, value: object) -> Any:
        return plain(value)

    def update(self, other: object = (), /, *, allow_val_change: bool = True, **more: Any) -> None:
        """Set several, from anything that `init(config=...)` takes.

        `allow_val_change` has no effect: what is set may be set again.
        """
        given = read(dict(other) if isinstance(other, (list, tuple)) else other)
        for name, value in {**given, **more}.items():
            self[name] = value

    def setdefaults(self, other: object) -> None:
        """Set those that are not set yet."""
        for name, value in names.flat(read(other)).items():
            if name not in self:
                self[name] = value


def checked(given: object) -> dict[str, Any]:
    """As `read`; also raises `RunError` for a name or a value that a config cannot keep."""
    try:
        found = read(given)
        for name, value in found.items():
            plain(names.flat({name: value}))
    except RecursionError:
        raise errors.RunError.from_endless_config() from None
    return found


def read(given: object) -> dict[str, Any]:
    """Settings as a dict, still nested.

    Args:
        given: a mapping, an `argparse.Namespace`, absl's FLAGS, a dataclass, a pydantic or attrs
            object, a module or class or any object with attributes, or the path of a JSON or TOML
            file. Private attributes, methods and functions of objects are left out.

    Raises:
        RunError: nothing can be read from it.
    """
    if given is None:
        return {}
    if isinstance(given, (str, os.PathLike)):
        return _of_file(Path(given))
    if isinstance(given, Mapping):
        return _named(given)
    for method in ("flag_values_dict", "model_dump", "to_dict"):  # absl, pydantic, ml_collections
        found = getattr(given, method, None)
        if callable(found) and not isinstance(given, type):
            return _named(found())
    if dataclasses.is_dataclass(given) and not isinstance(given, type):
        return {field.name: _inner(getattr(given, field.name)) for field in _fields(given)}
    if hasattr(given, "keys") and hasattr(given, "__getitem__"):
        return _named({key: given[key] for key in given.keys()})  # noqa: SIM118
    found = _attributes(given)
    if found is None:
        raise errors.RunError.from_config(given)
    return found


def _named(given: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): _inner(value) for name, value in given.items()}


def _inner(value: Any) -> Any:
    """Settings inside settings."""
    if isinstance(value, Mapping):
        return _named(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _inner(getattr(value, field.name)) for field in _fields(value)}
    if type(value).__name__ in ("Namespace", "SimpleNamespace"):
        return _named(vars(value))
    return value


def _fields(given: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(given)


def _attributes(given: Any) -> dict[str, Any] | None:
    """What an object or a class holds, also what its class gives all of its kind."""
    if isinstance(given, (int, float, list, tuple, set, frozenset, bytes)):
        return None
    kind = given if isinstance(given, type) else type(given)
    places: list[Mapping[str, Any]] = [
        vars(one) for one in reversed(kind.__mro__) if one.__module__ != "builtins"
    ]
    if not isinstance(given, type):
        slots = [name for place in places for name in _listed(place.get("__slots__", ()))]
        places.append({name: getattr(given, name) for name in slots if hasattr(given, name)})
        places.append(getattr(given, "__dict__", {}))
    found: dict[str, Any] = {}
    for place in places:
        found.update(place)
    return {
        name: _inner(value)
        for name, value in found.items()
        if not name.startswith("_") and not callable(value) and not hasattr(value, "__get__")
    }


def _listed(names: str | Iterable[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _of_file(path: Path) -> dict[str, Any]:
    readers: dict[str, Callable[[str], Any]] = {".json": json.loads, ".toml": tomllib.loads}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise errors.RunError.from_config_file(
            str(path), "its ending is neither .json nor .toml; read it, and give the dict"
        )
    try:
        found = reader(path.read_text("utf-8"))
    except OSError as reason:
        why = reason.strerror or str(reason)
        raise errors.RunError.from_config_file(str(path), why) from reason
    except ValueError as reason:
        raise errors.RunError.from_config_file(str(path), str(reason)) from reason
    if not isinstance(found, dict):
        raise errors.RunError.from_config_file(str(path), "it holds no settings by name")
    return found


def plain(value: object) -> Any:
    """A setting as JSON can keep it; the repr of what it cannot."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, range)):
        return [plain(one) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(one) for one in value), key=repr)
    try:
        found = values.stored("config", value, _no_files, lambda *_: None)
    except errors.RunError:
        return repr(value)
    return repr(value) if values.is_object(found) else found


def _no_files(content: bytes, suffix: str) -> str:
    raise errors.RunError("a config keeps no files")
