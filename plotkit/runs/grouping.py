"""Runs by name and by what differs between them, and many lines as their mean with a spread."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import takewhile
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
_META = ("group", "job_type")  # of init
_CONFIG = "config."
_NAMED_BY = 4  # settings in a label
_SHORT = 24  # characters of a label, from which on it is made shorter
_MADE_ID = re.compile("[0-9a-f]{8}")  # of a run that was given none
# After these a name may be cut; a minus in 1e-5 is none of them.
_BREAK = re.compile(r"[_/ :,]|(?<!\de)-")
_ABSENT = object()  # the value of a setting that a run has not


# --- names ---------------------------------------------------------------------------------------


def labels(records: Sequence[Record]) -> list[str]:
    """A name for each run that no other has: its own, else with what differs in the config.

    Runs that were given neither a name nor an id are called by what differs, and only where that
    is not enough by their ids.
    """
    if len(records) == 1:
        return [records[0].name]
    named = Counter(record.name for record in records)
    settings = _differing(records)
    made = []
    for record, found in zip(records, settings, strict=True):
        name = record.name
        is_given = _MADE_ID.fullmatch(name) is None or name != record.id
        if found and not (is_given and named[name] == 1):
            name = f"{name} ({found})" if is_given else found
        made.append(name)
    count = Counter(made)
    return [
        label
        if count[label] == 1
        else f"{label} ({record.id})"
        if record.id != label
        else f"{record.project}/{label}"
        for label, record in zip(made, records, strict=True)
    ]


def _differing(records: Sequence[Record]) -> list[str]:
    """Of each run the settings that tell it from others, as "lr=0.1, seed=2".

    Those that are the same in all runs, or differ just where the ones before them do, say nothing.
    """
    configs = [record.config for record in records]
    names = dict.fromkeys(name for config in configs for name in config)
    telling: list[str] = []
    apart = 1
    for name in names:
        tried = [*telling, name]
        found = len({tuple(_said(config.get(one)) for one in tried) for config in configs})
        if found > apart:
            telling, apart = tried, found
        if len(telling) == _NAMED_BY or apart == len(records):
            break
    last = [name.rpartition(".")[2] for name in telling]
    short = [one if last.count(one) == 1 else name for name, one in zip(telling, last, strict=True)]
    return [
        ", ".join(
            f"{said}={_said(config[name])}"
            for name, said in zip(telling, short, strict=True)
            if name in config
        )
        for config in configs
    ]


def shortened(names: Sequence[str]) -> list[str]:
    """Names for a legend, as different as they were: what all begin with is left out of long ones.

    What is still long loses its middle, as far as names stay apart.

    >>> shortened(["a", "b"])
    ['a', 'b']
    >>> shortened([f"digits-baseline-lr0.01-seed{seed}" for seed in (1, 2)])
    ['\u2026baseline-lr0.01-seed1', '\u2026baseline-lr0.01-seed2']
    """
    if max(map(len, names), default=0) <= _SHORT:
        return list(names)
    first, last = min(names), max(names)
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    shared = "".join(a for a, _ in alike)
    begins = [match.end() for match in _BREAK.finditer(shared)]
    enough = [at for at in begins if max(map(len, names)) - at < _SHORT] or begins[-1:]
    whole = [f"\u2026{name[enough[0] :]}" if enough else name for name in names]
    for room in range(_SHORT, max(map(len, whole)), _SHORT // 4):
        made = [_cut(name, room) for name in whole]
        if len(set(made)) == len(set(names)):
            return made
    return whole


def _cut(name: str, room: int) -> str:
    """A name without its middle.

    >>> _cut("experiments/2024/run-17", 12)
    'experi\u2026un-17'
    """
    if len(name) <= room:
        return name
    head = room // 2
    return f"{name[:head]}\u2026{name[head + 1 - room :]}"


def _said(value: object) -> str:
    """A setting in a label, as short as it can be and still be itself.

    >>> _said(0.1), _said(1.0), _said(0.12345678), _said("adam")
    ('0.1', '1', '0.12345678', 'adam')
    """
    if not isinstance(value, float):
        return str(value)
    short = f"{value:g}"
    return repr(value) if value == value and float(short) != value else short


def by(records: Sequence[Record], group: Sequence[str]) -> dict[str, list[int]]:
    """The runs (by position) of each group, under the group's name, such as "lr=0.1, seed=2".

    Runs are of one group where they agree in all of `group`, whose items are "config.NAME",
    "group", "job_type", "name", "project", "state" or "id". Of nothing at all there is one group.
    Raises `RunError`.
    """
    configs = [record.config for record in records]
    settings = sorted({name for config in configs for name in config})
    for item in group:
        name = item.removeprefix(_CONFIG)
        if item not in (*_OWN, *_META) and (item == name or name not in settings):
            available = [*_OWN, *_META, *(_CONFIG + setting for setting in settings)]
            raise errors.RunError.from_bad_group(item, available)
    found: dict[str, list[int]] = {}
    ranks = {}
    for at, (record, config) in enumerate(zip(records, configs, strict=True)):
        values = [_value(record, config, item) for item in group]
        said = ", ".join(map(_grouped, group, values))
        found.setdefault(said, []).append(at)
        ranks[said] = [_rank(value) for value in values]
    return {said: found[said] for said in sorted(found, key=lambda said: ranks[said])}


def _value(record: Record, config: Mapping[str, Any], item: str) -> Any:
    """What a run has of what runs are grouped by."""
    if item in _OWN:
        return getattr(record, item)
    if item in _META:
        return record.meta.get(item, _ABSENT)
    return config.get(item.removeprefix(_CONFIG), _ABSENT)


def _grouped(item: str, value: object) -> str:
    """How a group says what its runs agree in."""
    name = item.removeprefix(_CONFIG)
    if value is _ABSENT:
        return f"no {name}"
    return _said(value) if name == item else f"{name}={_said(value)}"


def _rank(value: object) -> tuple[int, float, str]:
    """Numbers by size, then texts, then what is not there."""
    if value is _ABSENT:
        return 2, 0.0, ""
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


def repeats(x: Array) -> bool:
    """Whether a line's x stays the same from row to row, as a counter's does.

    An x that falls between whole numbers counts as well; another one that falls is no counter.
    """
    known = x[np.isfinite(x)]
    steps = np.diff(known)
    if (steps > 0).all():
        return False
    if (steps < 0).any() and not (known == np.floor(known)).all():
        return False
    return len(np.unique(known)) < len(known)


def averaged(x: Array, y: Array) -> tuple[Array, Array]:
    """A line with one value for each x, the mean of those that share it, along x.

    Rows without a finite x follow as they are.

    >>> averaged(np.array([0.0, 0.0, 1.0]), np.array([1.0, 2.0, 5.0]))
    (array([0., 1.]), array([1.5, 5. ]))
    """
    with np.errstate(all="ignore"):  # what overflows is not finite, and is left out
        along, means, _ = _sorted(x, y)
    left = ~np.isfinite(x)
    return np.append(along, x[left]), np.append(means, y[left])


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
