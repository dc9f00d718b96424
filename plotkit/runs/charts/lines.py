"""Lines of what runs logged: smoothed, of several runs, or their mean with its spread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from plotkit import column as columns_of
from plotkit import errors, notes, plot
from plotkit.chart import Chart
from plotkit.column import Column
from plotkit.render import worker
from plotkit.runs import grouping
from plotkit.runs import smoothing as smoother
from plotkit.runs.charts import drawing, reading
from plotkit.runs.charts.reading import Array
from plotkit.table import Table

if TYPE_CHECKING:
    from plotkit.runs.record import Record

_WITH_RAW = 8  # lines that are smoothed with the raw ones behind them
_NAMED = 3  # metrics in a title
_MANY_STEPS = 50_000  # from here on the engine starts while they are read


class _Line(NamedTuple):
    """One line of a chart: which run's (by position) and which metric, and its values."""

    run: int
    key: str
    x: Array
    y: Array


def chart(
    records: Record | Sequence[Record],
    keys: str | Sequence[str],
    x: str | None = None,
    *,
    smoothing: float = 0.0,
    group: str | Sequence[str] | None = None,
    spread: str | None = None,
    title: str = "",
    subtitle: str = "",
    x_scale: str = "linear",
    y_scale: str = "linear",
    reduce: bool | int = True,
) -> Chart:
    """Draw lines of what one run or several logged, of all rows.

    Args:
        records: a run, or several.
        keys: a logged name, or several; globs such as "val/*" stand for all names that fit.
        x: "_step", "_runtime" (seconds since the start), "_timestamp", or a logged name, whose
            value of the same step is the place along the axis. Default: the axis that
            `define_metric` gave the metrics, else "_step".
        smoothing: 0 to 1, exponential as TensorBoard's: the smoothed lines are drawn over faint
            raw ones.
        group: "config.NAME", "group", "job_type", "name", "project", "state" or "id", or a list
            of some: the runs that agree in them are drawn as one line, their mean.
        spread: how the band around a mean reaches: "std" (standard deviation of a sample, the
            default), "sem" (standard error), "min-max" or "none". Given without `group`, all runs
            are one group. Where runs were not logged at the same places along x, a run's value
            between two of its own is on the straight line between them, which is noted.
        title: default: the names.
        subtitle: default: the axis, the run, smoothing and spread.
        x_scale: "linear" or "log".
        y_scale: "linear" or "log".
        reduce: True, False (every row is drawn), or the most rows that are drawn.

    Where several rows of a run have the same x, such as all batches of an epoch, their mean is
    drawn at it, which is noted; with `reduce=False` each of them. An x that falls, and is no whole
    number, is taken as it is.

    Of more lines than colours the best ones are named, and the others grey: those that end
    highest, or lowest where `define_metric` says so (goal="minimize", or summary="min"), or says
    nothing and the name ends in "loss", "error", "err", "rmse", "mae", "mse", "perplexity" or
    "nll".

    Raises:
        RunError: a name that was not logged, or that holds no numbers; an x that was never logged
            together with it; a group that is none.
        OptionError: another option that cannot be.

    >>> import plotkit as pk
    >>> with pk.init(project="doc", dir=getfixture("tmp_path"), name="first") as run:
    ...     for loss in (0.9, 0.5, 0.4):
    ...         run.log({"loss": loss})
    >>> made = chart(run, "loss")
    >>> made, made.strings["subtitle"]
    (<Chart 'loss' by plotkit/line>, 'by step \u00b7 first')
    """
    weight = smoother.checked(smoothing)
    if spread not in (None, *grouping.SPREADS):
        expected = f"one of {', '.join(map(repr, grouping.SPREADS))}"
        raise errors.OptionError.from_option("spread", spread, expected)
    runs = drawing.listed(records, "lines")
    wanted = [keys] if isinstance(keys, str) else list(keys)
    if not wanted or not all(isinstance(key, str) for key in wanted):
        raise errors.OptionError.from_option("keys", keys, "a logged name, or a list of some")
    if x is not None and not isinstance(x, str):
        raise errors.OptionError.from_option("x", x, "a logged name, or '_step'")
    grouped = _grouped_by(group)
    if any((run.database.last_step() or 0) > _MANY_STEPS for run in runs):
        worker.warm()
    said: list[str] = []
    lines, along = _read(runs, wanted, x, said)
    if not grouped and spread is None and reduce is not False:
        lines = _averaged(lines, along, said)
    raw = lines
    if weight:
        lines = [line._replace(y=_smoothed(line.y, weight)) for line in lines]
    drawn = list(dict.fromkeys(line.key for line in lines))
    axis = reading.TITLES.get(along, along)
    details = [f"by {axis}", runs[0].name if len(runs) == 1 else f"{len(runs)} runs"]
    details += [f"smoothed {weight:g}"] if weight else []
    table = _Table(axis, drawn[0] if len(drawn) == 1 else "value", along == reading.TIMESTAMP)
    preset = "plotkit/line"
    if grouped or spread is not None:
        reach = spread or "std"
        names = ", ".join(name.removeprefix("config.") for name in grouped)
        details.append(grouping.SPREADS[reach] + (f", by {names}" if names else ""))
        _add_means(table, lines, grouping.by(runs, grouped), reach, y_scale == "log", said)
    elif weight and len(lines) <= _WITH_RAW:
        preset = "plotkit/smoothed_line"
        details[-1] += ", the values as logged behind"
        _add_smoothed(table, raw, lines, runs)
    else:
        if weight:
            said.append(notes.raw_left_out(len(lines), _WITH_RAW))
        _add_lines(table, lines, runs)
    strings = {
        "title": title or _enumerated(drawn),
        "subtitle": subtitle or " \u00b7 ".join(details),
        "legend-title": "",  # the entries say what they are
    }
    params = {"x_scale": x_scale, "y_scale": y_scale}
    if preset == "plotkit/line" and reading.is_lowest_best(runs, drawn):
        params["named"] = "lowest"
    made = plot.plot_table(
        preset, table.made(), table.fields, strings, params=params, reduce=reduce
    )
    return made.noted(said)


def _grouped_by(group: object) -> list[str]:
    """What runs are grouped by. Raises `OptionError` for what is no name, nor a list of some."""
    names = [group] if isinstance(group, str) else group
    if names is None:
        return []
    if not isinstance(names, (list, tuple)) or not names:
        names = [None]
    if not all(isinstance(name, str) for name in names):
        expected = "a name such as 'config.lr', or a list of some"
        raise errors.OptionError.from_option("group", group, expected)
    return list(dict.fromkeys(names))


def _smoothed(values: Array, weight: float) -> Array:
    return np.array(smoother.smoothed(values.tolist(), weight), dtype=np.float64)


def _enumerated(names: Sequence[str]) -> str:
    """Names for a title.

    >>> _enumerated(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    if len(names) <= _NAMED + 1:
        return ", ".join(names)
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"


# --- reading -------------------------------------------------------------------------------------


def _read(
    runs: Sequence[Record], keys: Sequence[str], x: str | None, said: list[str]
) -> tuple[list[_Line], str]:
    """All lines that were asked for, metric by metric, and the x that they share."""
    wanted: list[tuple[int, str]] = []
    for asked in keys:
        found = [reading.names(run, asked) for run in runs]
        if not any(found):
            available = dict.fromkeys(name for run in runs for name in reading.numbers(run))
            called = reading.where(runs[0]) if len(runs) == 1 else f"none of {len(runs)} runs"
            raise errors.RunError.from_unknown_key(asked, list(available), called)
        without = [run.name for run, held in zip(runs, found, strict=True) if not held]
        if without:
            said.append(notes.runs_without(asked, len(without), len(runs), without))
        order = dict.fromkeys(name for held in found for name in held)
        wanted += [(at, name) for name in order for at, held in enumerate(found) if name in held]
    wanted = list(dict.fromkeys(wanted))
    along = x if x is not None else _shared_x([(runs[at], key) for at, key in wanted])
    values = [reading.along(runs[at], key, along) for at, key in wanted]
    said += _noted([key for _, key in wanted], values, along)
    lines = [_Line(at, key, held.x, held.y) for (at, key), held in zip(wanted, values, strict=True)]
    return lines, along


def _averaged(lines: Sequence[_Line], along: str, said: list[str]) -> list[_Line]:
    """The lines with one value for each x: the mean of the rows that share it."""
    if along in reading.TITLES:
        return list(lines)
    made = []
    shared: dict[str, tuple[int, int]] = {}  # metric -> rows, and the points they became
    for line in lines:
        if grouping.repeats(line.x):
            rows, points = shared.get(line.key, (0, 0))
            x, y = grouping.averaged(line.x, line.y)
            shared[line.key] = (
                rows + int(np.isfinite(line.x).sum()),
                points + int(np.isfinite(x).sum()),
            )
            line = line._replace(x=x, y=y)
        made.append(line)
    said += [notes.mean_of_x(key, along, *counts) for key, counts in shared.items()]
    return made


def _noted(keys: Sequence[str], found: Sequence[reading.Along], x: str) -> Iterator[str]:
    """What is to be said of each metric's values along an axis, in all runs together."""
    for key in dict.fromkeys(keys):
        held = [values for name, values in zip(keys, found, strict=True) if name == key]
        total = sum(len(values.values) for values in held)
        without = total - sum(len(values.x) for values in held)
        if without:
            yield notes.without_x(key, x, without, total)
        falls = sum(values.falls for values in held)
        if falls:
            yield notes.falling_x(key, x, falls)


def _shared_x(wanted: Iterable[tuple[Record, str]]) -> str:
    """The axis that all metrics have by definition, "_step" where they do not agree."""
    found = {reading.default_x(record, key) for record, key in wanted}
    return found.pop() if len(found) == 1 else reading.STEP


# --- tables --------------------------------------------------------------------------------------


class _Table:
    """The rows of a chart of lines, gathered line by line: role -> column, under its title."""

    def __init__(self, x: str, y: str, is_time: bool) -> None:
        self.fields: dict[str, str] = {}
        self._is_time = is_time
        self._numbers: dict[str, list[Array]] = {}
        self._labels: dict[str, list[tuple[str, int]]] = {}
        self._name("x", x)
        self._name("y", y)

    def _name(self, role: str, title: str) -> None:
        """A column's name, which is a title in the chart: no two are the same."""
        if role not in self.fields:
            self.fields[role] = drawing.unlike(title, self.fields.values())

    def add(self, **values: Array) -> None:
        """The numbers of one more line."""
        for role, array in values.items():
            self._name(role, {"error_low": "from", "error_high": "to"}.get(role, role))
            self._numbers.setdefault(role, []).append(array)

    def holds(self, role: str) -> bool:
        """Whether any line has a finite number there."""
        return any(np.isfinite(part).any() for part in self._numbers.get(role, ()))

    def drop(self, *roles: str) -> None:
        """Leave numbers out, of all lines."""
        for role in roles:
            del self._numbers[role], self.fields[role]

    def label(self, role: str, title: str, label: str, rows: int) -> None:
        """What the rows added last are called."""
        self._name(role, title)
        self._labels.setdefault(role, []).append((label, rows))

    def made(self) -> Table:
        columns = []
        for role, parts in self._numbers.items():
            held = np.concatenate(parts)
            if role == "x" and self._is_time:
                held = np.rint(held * 1000).astype("datetime64[ms]")
            columns.append(columns_of.from_array(self.fields[role], held))
        for role, found in self._labels.items():
            names = list(dict.fromkeys(label for label, _ in found))
            codes = np.repeat([names.index(label) for label, _ in found], [n for _, n in found])
            columns.append(Column.from_codes(self.fields[role], names, codes, tuple(names)))
        return Table.from_columns(columns)


def _add_lines(table: _Table, lines: Sequence[_Line], runs: Sequence[Record]) -> None:
    """Each line as it is: runs by colour, metrics by dash, where there are several of both."""
    splits = _splits(lines, runs)
    if len(splits) == 2 and len(lines) > _WITH_RAW:
        splits = {"run": [f"{key}, {run}" for run, key in zip(*splits.values(), strict=True)]}
    roles = dict(zip(("color", "stroke"), splits.items(), strict=False))
    for at, line in enumerate(lines):
        table.add(x=line.x, y=line.y)
        for role, (title, labels) in roles.items():
            table.label(role, title, labels[at], len(line.x))


def _splits(lines: Sequence[_Line], runs: Sequence[Record]) -> dict[str, list[str]]:
    """What tells lines apart, the run or the metric or both: a label for each line."""
    shown = sorted({line.run for line in lines})
    names = grouping.labels([runs[at] for at in shown])
    labels = dict(zip(shown, grouping.shortened(names), strict=True))
    found = {
        "run": [labels[line.run] for line in lines],
        "metric": [line.key for line in lines],
    }
    return {title: held for title, held in found.items() if len(set(held)) > 1}


def _add_smoothed(
    table: _Table, raw: Sequence[_Line], lines: Sequence[_Line], runs: Sequence[Record]
) -> None:
    """The smoothed lines, and the raw ones for the background."""
    splits = list(_splits(lines, runs).values())
    names = [", ".join(parts) for parts in zip(*splits, strict=True)]
    for part, held in (("smoothed", lines), ("raw", raw)):
        for at, line in enumerate(held):
            table.add(x=line.x, y=line.y)
            table.label("part", "part", part, len(line.x))
            if names:
                table.label("line", "line", names[at], len(line.x))


def _add_means(
    table: _Table,
    lines: Sequence[_Line],
    groups: Mapping[str, Sequence[int]],
    spread: str,
    log: bool,
    said: list[str],
) -> None:
    """A line and a band for each group and metric."""
    keys = list(dict.fromkeys(line.key for line in lines))
    between = values = 0
    for key in keys:
        repeated = 0
        for group, members in groups.items():
            held = [line for line in lines if line.key == key and line.run in members]
            if not held:
                continue
            found = grouping.mean([(line.x, line.y) for line in held], spread)
            between, values = between + found.between, values + found.values
            repeated += found.repeated
            low, high = found.low, found.high
            if log:
                below = low <= 0
                if below.any():
                    said.append(notes.below_log(key, int(below.sum())))
                low, high = np.where(below, np.nan, low), np.where(below, np.nan, high)
            table.add(x=found.x, y=found.y)
            if spread != "none":
                table.add(error_low=low, error_high=high)
            parts = [part for part in (key if len(keys) > 1 else "", group) if part]
            label = f"{', '.join(parts)} (n={len(held)})" if parts else f"n={len(held)}"
            table.label("color", "group", label, len(found.x))
        if repeated:
            said.append(notes.averaged(key, table.fields["x"], repeated))
    if between:
        said.append(notes.interpolated(between, values))
    if spread != "none" and not table.holds("error_low"):
        table.drop("error_low", "error_high")
        said.append(notes.no_spread(spread))
