"""Runs by name and by what differs between them, and many lines as their mean with a spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from plotkit import errors

if TYPE_CHECKING:
    from plotkit.runs.record import Record

Array = np.ndarray[Any, Any]

# How far a band reaches around a mean -> how a subtitle says it.
SPREADS = {
    "std": "mean \u00b1 standard deviation",
    "sem": "mean \u00b1 standard error",
    "min-max": "mean, lowest to highest",
    "none": "mean",
}
_OWN = ("name", "project", "state", "id")
_CONFIG = "config."
_NAMED_BY = 3  # settings in a label


# --- names ---------------------------------------------------------------------------------------


def labels(records: Sequence[Record]) -> list[str]:
    """A name for each run that no other has: its own, else with what differs in the config.

    Runs that were given no name are called by what differs, and only where that is not enough by
    their ids.
    """
    if len(records) == 1:
        return [records[0].name]
    differing = _differing(records)
    named = [record.name for record in records]
    made = []
    for record, name, settings in zip(records, named, differing, strict=True):
        is_own = name != record.id
        if is_own and named.count(name) == 1:
            made.append(name)
        elif settings:
            made.append(f"{name} ({settings})" if is_own else settings)
        else:
            made.append(name)
    return [
        label
        if made.count(label) == 1
        else f"{label} ({record.id})"
        if record.id != label
        else f"{record.project}/{label}"
        for label, record in zip(made, records, strict=True)
    ]


def _differing(records: Sequence[Record]) -> list[str]:
    """Of each run the settings that are not the same in all runs, as "lr=0.1, seed=2"."""
    configs = [record.config for record in records]
    names = dict.fromkeys(name for config in configs for name in config)
    odd = [name for name in names if len({_said(config.get(name)) for config in configs}) > 1]
    return [
        ", ".join(f"{name}={_said(config[name])}" for name in odd[:_NAMED_BY] if name in config)
        for config in configs
    ]


def _said(value: object) -> str:
    """A setting in a label, as short as it can be and still be itself.

    >>> _said(0.1), _said(1.0), _said(0.12345678), _said("adam")
    ('0.1', '1', '0.12345678', 'adam')
    """
    if not isinstance(value, float):
        return str(value)
    short = f"{value:g}"
    return repr(value) if value == value and float(short) != value else short


def by(records: Sequence[Record], group: str | None) -> dict[str, list[int]]:
    """The runs (by position) of each group, under the group's name.

    `group` is "config.NAME", "name", "project", "state" or "id"; None is one group of all.
    Raises `RunError`.
    """
    if group is None:
        return {"": list(range(len(records)))}
    configs = [record.config for record in records]
    settings = sorted({name for config in configs for name in config})
    name = group.removeprefix(_CONFIG) if isinstance(group, str) else ""
    if group not in _OWN and (group == name or name not in settings):
        available = [*_OWN, *(_CONFIG + setting for setting in settings)]
        raise errors.RunError.from_bad_group(group, available)
    found: dict[str, list[int]] = {}
    values = {}
    for at, (record, config) in enumerate(zip(records, configs, strict=True)):
        value = getattr(record, group) if group in _OWN else config.get(name)
        said = _said(value) if group in _OWN else f"{name}={_said(value)}"
        if group not in _OWN and name not in config:
            said = f"no {name}"
        found.setdefault(said, []).append(at)
        values[said] = value
    return {said: found[said] for said in sorted(found, key=lambda s: _rank(values[s]))}


def _rank(value: object) -> tuple[int, float, str]:
    """Numbers by size, then texts."""
    if isinstance(value, (int, float)):
        return 0, float(value), ""
    return 1, 0.0, str(value)


# --- a mean with its spread ----------------------------------------------------------------------


class Mean(NamedTuple):
    """The mean of several lines along x, and the edges of the band around it (NaN where none)."""

    x: Array
    y: Array
    low: Array
    high: Array
    values: int  # how many there are behind the means
    between: int  # how many of them no run logged: they lie between two that it did
    repeated: int  # rows that repeat an x of their line


def mean(lines: Sequence[tuple[Array, Array]], spread: str) -> Mean:
    """The mean of lines at each x that one of them has.

    At an x that a line has not, its value is on the straight line between its neighbours, and it
    has none before its first x, after its last, and beside a gap (NaN). Rows with the same x in one
    line count as their mean. The standard deviation is that of a sample (n - 1); where only one
    line has a value there is no band by it.
    """
    with np.errstate(all="ignore"):  # what overflows is not finite, and is left out
        return _mean([_sorted(x, y) for x, y in lines], spread)


def _mean(held: Sequence[tuple[Array, Array, int]], spread: str) -> Mean:
    along = np.unique(np.concatenate([x for x, _, _ in held]))
    count = np.zeros(len(along))
    total, squares = np.zeros(len(along)), np.zeros(len(along))
    low, high = np.full(len(along), np.inf), np.full(len(along), -np.inf)
    between = 0
    for x, y, _ in held:
        values, made = _at(along, x, y)
        known = np.isfinite(values)
        between += int(np.count_nonzero(known & made))
        # Welford: the mean so far, and the squares of the distances from it.
        count[known] += 1
        apart = values[known] - total[known]
        total[known] += apart / count[known]
        squares[known] += apart * (values[known] - total[known])
        low[known] = np.minimum(low[known], values[known])
        high[known] = np.maximum(high[known], values[known])
    total[count == 0] = np.nan
    if spread in ("std", "sem"):
        several = count > 1
        reach = np.full(len(along), np.nan)
        reach[several] = np.sqrt(squares[several] / (count[several] - 1))
        if spread == "sem":
            reach /= np.sqrt(np.maximum(count, 1))
        low, high = total - reach, total + reach
    elif spread == "min-max":
        low[count == 0] = high[count == 0] = np.nan
    else:
        low = high = np.full(len(along), np.nan)
    repeated = sum(repeats for _, _, repeats in held)
    return Mean(along, total, low, high, int(count.sum()), between, repeated)


def _sorted(x: Array, y: Array) -> tuple[Array, Array, int]:
    """A line along x with one value for each x, and how many rows repeated one."""
    known = np.isfinite(x)
    x, y = x[known], y[known]
    if (np.diff(x) > 0).all():
        return x, y, 0
    along, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    sums = np.bincount(inverse, weights=y, minlength=len(along))
    return along, sums / counts, len(x) - len(along)


def _at(along: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """A line's values at other places, and which of them lie between two of its own."""
    if len(x) == len(along):  # the union holds all of x, so they are the same
        return y, np.zeros(len(along), dtype=bool)
    values = np.full(len(along), np.nan)
    made = np.ones(len(along), dtype=bool)
    own = np.searchsorted(along, x)
    values[own] = y
    made[own] = False
    places = along[made]
    right = np.searchsorted(x, places)
    inside = (right > 0) & (right < len(x))
    places, right = places[inside], right[inside]
    share = (places - x[right - 1]) / (x[right] - x[right - 1])
    # The empty rows before the first value and after the last one stay NaN.
    into = np.flatnonzero(made)[inside]
    values[into] = y[right - 1] + (y[right] - y[right - 1]) * share
    return values, made
