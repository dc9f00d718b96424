"""Several runs side by side: what differs in their configs, and which of them is best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from plotkit import errors
from plotkit.runs import grouping, overview

if TYPE_CHECKING:
    from plotkit.runs.record import Record

MISSING = object()  # where a run has nothing under a name


class Line(NamedTuple):
    """One name over all runs.

    Attributes:
        values: one for each run, `MISSING` where it has none.
        best: the positions of the best values; empty where nothing says what is best.
    """

    name: str
    values: tuple[Any, ...]
    best: tuple[int, ...] = ()


class Comparison(NamedTuple):
    """Runs side by side.

    Attributes:
        labels: what each run is called, each once.
        config: what differs, in the order of the first run.
        same: the names of the config that are equal in all runs.
        summary: numbers, texts and bools of the summaries.
    """

    labels: tuple[str, ...]
    config: tuple[Line, ...]
    same: tuple[str, ...]
    summary: tuple[Line, ...]


def compare(records: Sequence[Record], keys: Sequence[str] | None = None) -> Comparison:
    """Put runs side by side.

    Args:
        records: two or more runs; one alone is compared with nothing.
        keys: of the summary, only these names (globs such as "val_*"); default all.
    """
    configs = [overview.settings(record) for record in records]
    lines = [_line(name, configs) for name in _names(configs)]
    summaries = [_summary(record, keys) for record in records]
    told = [_line(name, summaries) for name in _names(summaries)]
    return Comparison(
        tuple(grouping.labels(records)),
        tuple(line for line in lines if not _equal(line)),
        tuple(line.name for line in lines if _equal(line)),
        tuple(_judged(line, records) for line in told if _is_plain(line)),
    )


def _summary(record: Record, keys: Sequence[str] | None) -> dict[str, Any]:
    """The summary in the order in which things were logged; hidden metrics only by name."""
    place = {name: at for at, name in enumerate(record.database.known())}
    held = overview.summary(record)

    def logged(name: str) -> str:
        return name if name in place else name.rpartition(".")[0]

    return {
        name: held[name]
        for name in sorted(held, key=lambda name: place.get(logged(name), len(place)))
        if (chosen(name, keys) if keys is not None else not record.metric(logged(name)).hidden)
    }


def chosen(name: str, keys: Iterable[str]) -> bool:
    """Whether a name is among names and globs; "acc" also chooses what stands under it.

    >>> chosen("val_loss", ["val_*"]), chosen("acc.max", ["acc"]), chosen("lr", ["loss"])
    (True, True, False)
    """
    return any(name == key or fnmatchcase(name, key) or name.startswith(f"{key}.") for key in keys)


def names(record: Record, keys: Sequence[str] | None) -> list[str] | None:
    """What of a run is meant by names and globs; None for all of it.

    Raises:
        RunError: a key that nothing is called by.
    """
    if keys is None:
        return None
    known = list(record.database.known())
    for key in keys:
        if not any(chosen(name, [key]) for name in known):
            raise errors.RunError.from_unknown_key(key, known, record.path, "names")
    return [name for name in known if chosen(name, keys)]


def _names(held: Sequence[dict[str, Any]]) -> list[str]:
    """All names in the order in which the runs bring them."""
    return list(dict.fromkeys(name for one in held for name in one))


def _line(name: str, held: Sequence[dict[str, Any]]) -> Line:
    return Line(name, tuple(one.get(name, MISSING) for one in held))


def _equal(line: Line) -> bool:
    first = line.values[0]
    return all(type(value) is type(first) and value == first for value in line.values)


def _is_plain(line: Line) -> bool:
    """Whether a name holds what a table can show; objects stand elsewhere."""
    return any(isinstance(value, (bool, int, float, str)) for value in line.values)


def _judged(line: Line, records: Sequence[Record]) -> Line:
    """With the positions of its best values, where the runs say what is best."""
    better = aim(line.name, records)
    known = {
        at: value
        for at, value in enumerate(line.values)
        if isinstance(value, (int, float)) and value == value and not isinstance(value, bool)
    }
    if not better or len(known) < 2:
        return line
    top = min(known.values()) if better == "min" else max(known.values())
    return line._replace(best=tuple(at for at, value in known.items() if value == top))


def aim(name: str, records: Sequence[Record]) -> str:
    """What is best, "min" or "max", of a name in the summary; "" where nobody said so.

    "loss.min" is the lowest loss, which says it.
    """
    for word in ("min", "max"):
        if name.endswith(f".{word}"):
            return word
    for record in records:
        aims = overview.aims(record.metric(name.removesuffix(".best")))
        if len(aims) == 1:
            return aims[0]
    return ""
