"""Runs chosen and ordered by what they recorded, in MongoDB's way of asking."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plotkit import errors
from plotkit.runs import names

if TYPE_CHECKING:
    from plotkit.runs.record import Record

_ABSENT = object()
_Test = Callable[[Any], bool]
Fields = Callable[[], Iterable[str]]

# What can be asked of a run besides its config and summary.
_OWN: dict[str, Callable[[Record], Any]] = {
    "id": lambda record: record.id,
    "name": lambda record: record.name,
    "project": lambda record: record.project,
    "state": lambda record: record.state,
    "created": lambda record: record.meta.get("created", _ABSENT),
    "ended": lambda record: record.meta.get("ended", _ABSENT),
    "tags": lambda record: record.tags,
    "group": lambda record: record.meta.get("group", _ABSENT),
    "job_type": lambda record: record.meta.get("job_type", _ABSENT),
    "notes": lambda record: record.meta.get("notes", _ABSENT),
    "host": lambda record: record.meta.get("host", _ABSENT),
}
# W&B's words for these.
_ALIASES = {
    "display_name": "name", "displayName": "name", "created_at": "created",
    "createdAt": "created", "jobType": "job_type",
}  # fmt: skip
_SECTIONS = {"config": "config", "summary": "summary", "summary_metrics": "summary"}


def _compared(test: Callable[[Any, Any], bool]) -> Callable[[Any], _Test]:
    def made(wanted: Any) -> _Test:
        def passes(found: Any) -> bool:
            try:
                return found is not _ABSENT and found is not None and test(found, wanted)
            except TypeError:  # a number and a text
                return False

        return passes

    return made


def _equal(wanted: Any) -> _Test:
    def passes(found: Any) -> bool:
        if isinstance(found, list) and not isinstance(wanted, list):
            return wanted in found  # a tag
        return found is not _ABSENT and bool(found == wanted)

    return passes


def _among(wanted: Any) -> _Test:
    tests = [_equal(one) for one in wanted]
    return lambda found: any(test(found) for test in tests)


def _matching(wanted: str) -> _Test:
    pattern = re.compile(wanted)
    return lambda found: isinstance(found, str) and pattern.search(found) is not None


def _not(test: _Test) -> _Test:
    return lambda found: not test(found)


_OPERATORS: dict[str, Callable[[Any], _Test]] = {
    "$eq": _equal,
    "$ne": lambda wanted: _not(_equal(wanted)),
    "$lt": _compared(lambda found, wanted: found < wanted),
    "$lte": _compared(lambda found, wanted: found <= wanted),
    "$gt": _compared(lambda found, wanted: found > wanted),
    "$gte": _compared(lambda found, wanted: found >= wanted),
    "$in": _among,
    "$nin": lambda wanted: _not(_among(wanted)),
    "$exists": lambda wanted: lambda found: (found is not _ABSENT) == bool(wanted),
    "$regex": _matching,
    "$not": lambda wanted: _not(_value_test(wanted)),
}
_JOINS = ("$and", "$or", "$nor")


def _value_test(wanted: Any) -> _Test:
    """What a value must be: the value itself, or all of several operators."""
    if not isinstance(wanted, Mapping) or not any(str(key).startswith("$") for key in wanted):
        return _equal(wanted)
    tests = []
    for operator, operand in wanted.items():
        if operator not in _OPERATORS:
            raise errors.OptionError.from_unknown("operator", operator, list(_OPERATORS), "filters")
        try:
            tests.append(_OPERATORS[operator](operand))
        except (TypeError, re.error) as reason:
            raise errors.OptionError.from_option(
                f"filters: {operator}", operand, f"a value that it takes ({reason})"
            ) from None
    return lambda found: all(test(found) for test in tests)


class Filter:
    """What must hold of a run.

    Args:
        filters: what, by name.
        fields: the names of config and summary that there are, for the message about another.
    """

    def __init__(self, filters: Mapping[str, Any], fields: Fields = lambda: ()) -> None:
        if not isinstance(filters, Mapping):
            expected = "a dict such as {'state': 'finished', 'config.lr': {'$lt': 0.1}}"
            raise errors.OptionError.from_option("filters", filters, expected)
        self._tests = [_test(name, wanted, fields) for name, wanted in filters.items()]

    def passes(self, record: Record) -> bool:
        """Whether a run is one of those asked for."""
        return all(test(record) for test in self._tests)


def _test(name: str, wanted: Any, fields: Fields) -> Callable[[Record], bool]:
    if name in _JOINS:
        if not isinstance(wanted, (list, tuple)):
            raise errors.OptionError.from_option(f"filters: {name}", wanted, "a list of filters")
        parts = [Filter(part, fields) for part in wanted]
        if name == "$and":
            return lambda record: all(part.passes(record) for part in parts)
        if name == "$or":
            return lambda record: any(part.passes(record) for part in parts)
        return lambda record: not any(part.passes(record) for part in parts)
    read, test = reader(name, fields), _value_test(wanted)
    return lambda record: test(read(record))


def fields(records: Sequence[Record]) -> Iterator[str]:
    """The names of config and summary that any of these runs has, as a filter calls them."""
    for record in records:
        try:
            yield from (f"config.{name}" for name in record.config.stored())
            yield from (f"summary.{name}" for name in record.summary.stored())
        except errors.PlotkitError:  # a torn run has no names
            continue


def reader(name: object, fields: Fields = lambda: ()) -> Callable[[Record], Any]:
    """What gives the value of a name in a filter or an order."""
    if not isinstance(name, str):
        raise errors.OptionError.from_option("a name in filters", name, "text: 'config.lr'")
    own = _OWN.get(_ALIASES.get(name, name))
    if own is not None:
        return own
    section, dot, inside = name.partition(".")
    if not dot or section not in _SECTIONS or not inside:
        raise errors.OptionError.from_unknown_field(name, list(_OWN), dict.fromkeys(fields()))
    if _SECTIONS[section] == "summary":
        return lambda record: _summed(record, inside)
    inside = inside.removesuffix(".value")
    return lambda record: _ABSENT if record.error else record.config.stored().get(inside, _ABSENT)


def _summed(record: Record, name: str) -> Any:
    """A value of the summary, where case does not tell names apart."""
    if record.error is not None:
        return _ABSENT
    stored = record.summary.stored()
    found = name if name in stored else names.found_in(name, stored)
    return _ABSENT if found is None else stored[found]


def ordering(order: str, fields: Fields = lambda: ()) -> list[tuple[Callable[[Record], Any], bool]]:
    """The names of an order, and whether each falls."""
    if not isinstance(order, str):
        expected = "a name such as '-summary.loss', several with commas"
        raise errors.OptionError.from_option("order", order, expected)
    made = []
    for part in order.split(","):
        text = part.strip()
        made.append((reader(text.lstrip("+-"), fields), text.startswith("-")))
    return made


def ordered(
    records: Sequence[Record], keys: Sequence[tuple[Callable[[Record], Any], bool]]
) -> list[Record]:
    """Runs in order; those without a value last, numbers before texts."""
    found = list(records)
    for read, falls in reversed(keys):
        values = {id(record): read(record) for record in found}
        with_value = [r for r in found if _rank(values[id(r)]) is not None]
        without = [r for r in found if _rank(values[id(r)]) is None]
        with_value.sort(key=lambda r: _rank(values[id(r)]) or (), reverse=falls)
        found = [*with_value, *without]
    return found


def _rank(value: Any) -> tuple[Any, ...] | None:
    if value is _ABSENT or value is None or value != value:
        return None
    if isinstance(value, (bool, int, float)):
        return (0, value)
    return (1, value) if isinstance(value, str) else None
