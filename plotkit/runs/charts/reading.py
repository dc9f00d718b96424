"""What charts read of a run: its numbers along an axis, the axes there are, the best value."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from plotkit import errors, notes
from plotkit.runs import names as names_of
from plotkit.runs.definitions import Definitions

if TYPE_CHECKING:
    from plotkit.runs.record import Record

Array = np.ndarray[Any, Any]

STEP, RUNTIME, TIMESTAMP = "_step", "_runtime", "_timestamp"
# What an axis of each is called.
TITLES = {STEP: "step", RUNTIME: "seconds since the start", TIMESTAMP: "time (UTC)"}
_NUMBERS = ("number", "bool", "none")
# Last parts of names whose lowest values are the best, where no definition says what is.
_LOSSES = frozenset({"loss", "error", "err", "rmse", "mae", "mse", "perplexity", "nll"})
# Names of what rises with the steps, though it is no whole number.
_RISING = re.compile(r"epoch|step|iter|batch|time|second|hour|sample|token|progress|seen", re.I)
# What is logged -> how a message calls it, and how it is looked at.
_LOOKED_AT = {
    "number": ("numbers", "run.chart({key!r})"),
    "bool": ("true and false", "run.chart({key!r})"),
    "none": ("nothing but None", "run.chart({key!r})"),
    "histogram": ("histograms", "run.heatmap({key!r})"),
    "text": ("text", "run.history.table([{key!r}])"),
    "list": ("lists", "run.history.table([{key!r}])"),
    "mixed": ("values of several kinds", "run.history.table([{key!r}])"),
    "chart": ("charts", "list(run.history.objects({key!r}))"),
    "table": ("tables", "list(run.history.objects({key!r}))"),
}
_OBJECTS = "list(run.history.objects({key!r}))"


class Along(NamedTuple):
    """Values of a run along an axis, in the order of the steps.

    `values` holds all that was logged, `rows` the positions of those that have an x, and `x` the
    x of each of these; `falls` is how often it falls from one to the next.
    """

    values: Any
    rows: Array
    x: Array
    falls: int = 0

    @property
    def y(self) -> Array:
        """The numbers that have an x."""
        return _floats(self.values)[self.rows]


class Best(NamedTuple):
    """The lowest ("min") or highest ("max") value of a metric, and the first step that has it."""

    which: str
    value: float
    step: int


def where(record: Record) -> str:
    """A run, as messages call it."""
    return f"run {record.project}/{record.id}"


# --- names ---------------------------------------------------------------------------------------


def numbers(record: Record) -> list[str]:
    """The names under which a run logged numbers, in the order of their first step."""
    known = record.database.known()
    return [name for name, found in known.items() if found.kind in _NUMBERS]


def names(record: Record, asked: str) -> list[str]:
    """The names that a key or a glob stands for; none where the run has none.

    Upper and lower case are one, where the spelling itself is not there. Raises `RunError` for
    what holds no numbers.
    """
    known = record.database.known()
    name = names_of.found_in(asked, known)
    if name is not None:
        if known[name].kind not in _NUMBERS:
            raise errors.RunError.from_not_numbers(name, *looked_at(name, known[name].kind))
        return [name]
    if any(mark in asked for mark in "*?["):
        wanted = names_of.folded(asked)
        return [name for name in numbers(record) if fnmatchcase(names_of.folded(name), wanted)]
    return []


def looked_at(name: str, kind: str) -> tuple[str, str]:
    """What a name holds, in words, and the call that shows it."""
    said, call = _LOOKED_AT.get(kind, (f"{kind}s", _OBJECTS))
    return said, call.format(key=name)


# --- values --------------------------------------------------------------------------------------


def default_x(record: Record, key: str) -> str:
    """The axis that `define_metric` gave a metric, else the step."""
    stepped = definition(record, key).get("step_metric")
    return str(stepped) if stepped else STEP


def definition(record: Record, key: str) -> dict[str, Any]:
    """What `define_metric` said of a name, itself or by a glob."""
    return Definitions(record.database.facts("metrics")).of(key).facts()


def along(record: Record, key: str, x: str) -> Along:
    """All that was logged under a name, with its places along an axis. Raises `RunError`."""
    if x in TITLES:
        found = record.database.series([key])[key]
        places = _own(record, x, found.steps, found.at)
        return Along(found.values, np.arange(len(places)), places)
    known = record.database.known()
    name = names_of.found_in(x, known)
    if name is None:
        available = [*TITLES, *(other for other in numbers(record) if other != key)]
        raise errors.RunError.from_unknown_key(x, available, where(record))
    if known[name].kind not in _NUMBERS:
        kind = looked_at(name, known[name].kind)[0]
        raise errors.RunError.from_bad_axis(x, kind, axes(record, key))
    both = record.database.series([key, name])
    found, other = both[key], both[name]
    rows = np.flatnonzero(np.isin(found.steps, other.steps, assume_unique=True))
    if not len(rows):
        raise errors.RunError.from_apart(key, name, axes(record, key))
    at = np.searchsorted(other.steps, found.steps[rows])
    places = _floats(other.values)[at]
    return Along(found.values, rows, places, int(np.count_nonzero(np.diff(places) < 0)))


def together(record: Record, names: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """The columns of several names, of the steps in which all were logged; and what to say of it.

    "_step", "_runtime" and "_timestamp" are there in each. Raises `RunError` for a name that was
    never logged, and where no step has all of them.
    """
    known = record.database.known()
    spelt = {}
    for name in names:
        found = name if name in TITLES else names_of.found_in(name, known)
        if found is None:
            raise errors.RunError.from_unknown_key(name, list(known), where(record), "values")
        spelt[name] = found
    logged = list(dict.fromkeys(found for found in spelt.values() if found not in TITLES))
    held = record.database.series(logged or list(known))
    rows = list(held.values())
    if not rows:
        raise errors.RunError.from_unknown_key(names[0], [], where(record), "values")
    every, first = np.unique(np.concatenate([series.steps for series in rows]), return_index=True)
    at = np.concatenate([series.at for series in rows])[first]
    shared = np.ones(len(every), dtype=bool)
    for series in rows if logged else ():
        shared &= np.isin(every, series.steps, assume_unique=True)
    steps, at = every[shared], at[shared]
    if not len(steps):
        raise errors.RunError.from_never_together(list(names))
    columns: dict[str, Any] = {}
    for name, found in spelt.items():
        if found in TITLES:
            columns[name] = _own(record, found, steps, at)
        else:
            columns[name] = _taken(held[found].values, np.searchsorted(held[found].steps, steps))
    left = len(every) - len(steps)
    return columns, [notes.not_together(logged, left, len(every))] if left else []


def _taken(values: Any, rows: Array) -> Any:
    return [values[row] for row in rows.tolist()] if isinstance(values, list) else values[rows]


def _floats(values: Any) -> Array:
    """Numbers as floats: None is NaN, and an integer beyond all floats infinite."""
    try:
        return np.asarray(values, dtype=np.float64)
    except OverflowError:
        return np.array([_float(value) for value in values])


def _float(value: Any) -> float:
    try:
        return math.nan if value is None else float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _own(record: Record, x: str, steps: Array, at: Array) -> Array:
    if x == STEP:
        return steps.astype(np.float64)
    return at - float(record.meta.get("created", 0.0)) if x == RUNTIME else at


# --- what is known of a metric -------------------------------------------------------------------


def axes(record: Record, key: str, among: Collection[str] | None = None) -> list[str]:
    """The x axes that say something about a metric, the most useful first.

    They are the axis that `define_metric` gave it, "_step", the names that were logged with it
    and only rise (an epoch, a number of batches), and "_runtime". Any other name that was logged
    with it may be given as x, too. `among` keeps to some names, where a run has hundreds.

    >>> import plotkit as pk
    >>> with pk.init(project="doc", dir=getfixture("tmp_path")) as run:
    ...     for epoch in range(3):
    ...         run.log({"loss": 1 / (epoch + 1), "epoch": epoch})
    >>> axes(run, "loss")
    ['_step', 'epoch', '_runtime']
    """
    known = record.database.known()
    own = names_of.found_in(key, known)
    if own is None:
        raise errors.RunError.from_unknown_key(key, numbers(record), where(record))
    least = known[own].count
    candidates = [
        name
        for name, found in known.items()
        if found.kind == "number" and name != own and found.count >= least
        if among is None or name in among
    ]
    found = record.database.series([own, *candidates])
    rising = [name for name in candidates if _rises(name, found[name], found[own].steps)]
    return list(dict.fromkeys([default_x(record, own), STEP, *rising, RUNTIME]))


def _rises(name: str, series: Any, steps: Array) -> bool:
    """Whether a series has a value in all these steps, and goes only up."""
    if not np.isin(steps, series.steps, assume_unique=True).all():
        return False
    places = _floats(series.values)[np.searchsorted(series.steps, steps)]
    if not np.isfinite(places).all() or len(places) < 2 or places[-1] == places[0]:
        return False
    whole = bool((places == np.floor(places)).all())
    return bool((np.diff(places) >= 0).all()) and (whole or is_counter(name))


def is_counter(name: str) -> bool:
    """Whether a name says that it counts on: an epoch, a batch, a time.

    >>> is_counter("epoch"), is_counter("train/samples_seen"), is_counter("loss")
    (True, True, False)
    """
    return _RISING.search(name) is not None


def best(record: Record, key: str) -> tuple[Best, ...]:
    """The best value of a metric, where `define_metric` says which it is, else lowest and highest.

    Empty where no finite number was logged.

    >>> import plotkit as pk
    >>> with pk.init(project="doc", dir=getfixture("tmp_path")) as run:
    ...     for loss in (0.9, 0.4, 0.6):
    ...         run.log({"loss": loss})
    >>> best(run, "loss")
    (Best(which='min', value=0.4, step=1), Best(which='max', value=0.9, step=0))
    """
    held = names(record, key)
    if not held:
        raise errors.RunError.from_unknown_key(key, numbers(record), where(record))
    found = record.database.series(held[:1])[held[0]]
    values = _floats(found.values)
    known = np.isfinite(values)
    if not known.any():
        return ()
    values, steps = values[known], found.steps[known]
    wanted = _wanted(definition(record, held[0]))
    return tuple(
        Best(which, float(values[at]), int(steps[at]))
        for which, at in (("min", values.argmin()), ("max", values.argmax()))
        if which in wanted
    )


def is_lowest_best(records: Sequence[Record], keys: Collection[str]) -> bool:
    """Whether low values of these metrics are the better ones.

    `define_metric` says so by its goal, or by "min" or "max" in its summary. Where it does not,
    the names do: those that end in "loss", "error", "err", "rmse", "mae", "mse", "perplexity" or
    "nll". Metrics that do not agree count as higher is better.

    >>> import plotkit as pk
    >>> with pk.init(project="doc", dir=getfixture("tmp_path")) as run:
    ...     _ = run.define_metric("time", goal="minimize")
    ...     run.log({"time": 3, "val/top1_err": 0.2, "loss_scale": 8})
    >>> [is_lowest_best([run], [key]) for key in ("time", "val/top1_err", "loss_scale")]
    [True, True, False]
    """
    for key in keys:
        found = {tuple(_wanted(definition(record, key))) for record in records}
        said = {wanted[0] for wanted in found if len(wanted) == 1}
        last = re.split(r"[^a-z0-9]+", key.lower())[-1]
        if not (said == {"min"} if said else last in _LOSSES):
            return False
    return True


def _wanted(said: Mapping[str, Any]) -> Sequence[str]:
    """Which of the two is the best value, as far as that was said; both where it was not."""
    if "goal" in said:
        return ["min" if said["goal"] == "minimize" else "max"]
    summary = said.get("summary") or ()
    return [which for which in ("min", "max") if which in summary] or ("min", "max")
