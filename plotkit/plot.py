"""The functions people call: one for each built-in preset, and `plot_table` for any preset.

Each turns its arguments into a table and a mapping, and hands both to the one pipeline. Names
and positions are those of `wandb.plot`, so that code written for it runs unchanged; what plotkit
adds is keyword-only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plotkit import errors, store
from plotkit.build import build
from plotkit.chart import Chart
from plotkit.preset import Preset
from plotkit.render import worker
from plotkit.table import Table

__all__ = [
    "area_under_curve",
    "bar",
    "confusion_matrix",
    "histogram",
    "line",
    "line_series",
    "plot_table",
    "pr_curve",
    "roc_curve",
    "scatter",
]

_Strings = Mapping[str, str] | None
# From here on a statistic takes longer than it costs to have the engine start beside it, which
# is wasted on a chart that is saved as HTML or JSON alone.
_MANY_ROWS = 50_000


def plot_table(
    vega_spec_name: str | Path | Mapping[str, Any] | Preset,
    data_table: object,
    fields: Mapping[str, str | None],
    string_fields: _Strings = None,
    *,
    params: Mapping[str, Any] | None = None,
    allow: str | Path | Sequence[str | Path] = (),
    reduce: bool | int = True,
) -> Chart:
    """Draw a table with any preset.

    Args:
        vega_spec_name: a preset's id ("plotkit/line", also W&B's ids), the path of its file, the
            spec as a dict, or a `Preset`.
        data_table: a `Table`, or anything that `Table` takes.
        fields: role -> column. An optional role that is not mapped takes its channel with it.
        string_fields: the preset's strings, such as "title"; those left out have defaults.
        params: values of the preset's parameters.
        allow: prefixes of URLs, and folders, from which data and images that the preset names
            are fetched and embedded; default none, and nothing is ever read.
        reduce: True (default) leaves out what no pixel of the picture can show, counted in
            `chart.notes`; False draws every row; a number draws at most so many.

    Raises:
        PlotkitError: of the fitting kind, with facts, for an unknown preset, role, string, param
            or column, and for values that cannot be drawn.

    >>> table = Table(data={"step": [0, 1], "loss": [1.9, 1.1]})
    >>> plot_table("plotkit/line", table, {"x": "step", "y": "loss"}, {"title": "Loss"})
    <Chart 'Loss' by plotkit/line>
    """
    preset = store.get(vega_spec_name, allow=allow)
    table = data_table if isinstance(data_table, Table) else Table(data_table)
    if table.is_lazy or len(table) > _MANY_ROWS:
        worker.warm()
    return Chart(build(preset, table, fields, string_fields, params, reduce), preset, table)


def _strings(title: str, subtitle: str, **more: str | None) -> dict[str, str]:
    """Strings that the caller gave; those left empty keep the preset's default."""
    given = {"title": title, "subtitle": subtitle, **more}
    return {name: text for name, text in given.items() if text}


def line(
    table: object,
    x: str,
    y: str,
    stroke: str | None = None,
    title: str = "",
    *,
    color: str | None = None,
    error_low: str | None = None,
    error_high: str | None = None,
    x_scale: str = "linear",
    y_scale: str = "linear",
    subtitle: str = "",
    reduce: bool | int = True,
) -> Chart:
    """Draw lines: y over x, one line for each value of `stroke` or `color`.

    Args:
        table: a `Table`, or anything that `Table` takes.
        x: column of numbers, times or ordered text.
        y: column of numbers; a missing value is a gap in the line.
        stroke: column that splits the rows into lines, told apart by dash.
        color: column that splits the rows into lines, told apart by colour. Either of the two
            alone gives each line a colour and a dash.
        error_low: column of the lower end of a band around the line.
        error_high: column of the upper end.
        x_scale: "linear" or "log".
        y_scale: "linear" or "log".
        title: the title above the chart.
        subtitle: one line under the title.
        reduce: True, False (every row is drawn), or the most rows that are drawn.

    >>> line({"step": [0, 1, 2], "loss": [1.9, 1.1, 0.7]}, "step", "loss")
    <Chart by plotkit/line>
    """
    return plot_table(
        "plotkit/line",
        table,
        {
            "x": x,
            "y": y,
            "stroke": stroke,
            "color": color,
            "error_low": error_low,
            "error_high": error_high,
        },
        _strings(title, subtitle),
        params={"x_scale": x_scale, "y_scale": y_scale},
        reduce=reduce,
    )


def scatter(
    table: object,
    x: str,
    y: str,
    title: str = "",
    *,
    color: str | None = None,
    size: str | None = None,
    x_scale: str = "linear",
    y_scale: str = "linear",
    subtitle: str = "",
    reduce: bool | int = True,
) -> Chart:
    """Draw a point for each row.

    Args:
        table: a `Table`, or anything that `Table` takes.
        x: column of numbers or times. Rows without a value in a mapped column are left out, and
            counted in `chart.notes`.
        y: column of numbers or times.
        color: a column of numbers gives each point a shade; of anything else a colour and a
            shape for each category.
        size: column of numbers from 0 up, the point's area.
        x_scale: "linear" or "log".
        y_scale: "linear" or "log".
        title: the title above the chart.
        subtitle: one line under the title.
        reduce: True, False (every row is drawn), or the most rows that are drawn.

    >>> scatter({"a": [1, 2], "b": [3, 4]}, "a", "b", title="Two points")
    <Chart 'Two points' by plotkit/scatter>
    """
    return plot_table(
        "plotkit/scatter",
        table,
        {"x": x, "y": y, "color": color, "size": size},
        _strings(title, subtitle),
        params={"x_scale": x_scale, "y_scale": y_scale},
        reduce=reduce,
    )


def bar(
    table: object,
    label: str,
    value: str,
    title: str = "",
    *,
    group: str | None = None,
    sort: str | None = None,
    aggregate: str = "mean",
    subtitle: str = "",
    reduce: bool | int = True,
) -> Chart:
    """Draw a bar for each label.

    Args:
        table: a `Table`, or anything that `Table` takes.
        label: column of categories. Their order is the table's own, or a categorical's.
        value: column of numbers. Rows of one label (and group) are aggregated, which is noted.
        group: column that splits each label into bars side by side.
        sort: None, "ascending", "descending" (by value) or "label".
        aggregate: "mean", "sum", "median", "min", "max" or "count".
        title: the title above the chart.
        subtitle: one line under the title.
        reduce: True, False (every row is drawn), or the most rows that are drawn.

    >>> bar({"model": ["a", "b", "a"], "accuracy": [0.9, 0.8, 0.7]}, "model", "accuracy").notes[0]
    "column 'model': 1 of 2 bars stand for more than one row (2 rows in all) and show their mean."
    """
    return plot_table(
        "plotkit/bar",
        table,
        {"label": label, "value": value, "group": group},
        _strings(title, subtitle),
        params={"sort": sort, "aggregate": aggregate},
        reduce=reduce,
    )


def histogram(
    table: object,
    value: str | None = None,
    title: str = "",
    *,
    bins: str | int | Sequence[float] = "auto",
    group: str | None = None,
    subtitle: str = "",
) -> Chart:
    """Draw how many rows fall into each of a number of bins; all rows are counted.

    Args:
        table: a `Table` or anything that `Table` takes; a flat sequence of numbers; or the pair
            (counts, edges) that `numpy.histogram` returns.
        value: column of numbers; left out for a flat sequence or a pair.
        bins: a NumPy rule such as "auto" or "fd", a number of bins (at most 512), or edges.
        group: column that splits the rows into overlaid histograms on the same edges.
        title: the title above the chart.
        subtitle: one line under the title.

    >>> histogram([1, 2, 2, 3, 9], bins=4).spec["data"]["values"][0]
    {'x0': 1.0, 'x1': 3.0, 'count': 3}
    """
    strings = _strings(title, subtitle)
    if _is_pair(table):
        from plotkit.stats.histogram import from_numpy

        roles = ("x0", "x1", "count")
        if value is not None:  # ready bins have no column; the name can only be the axis's
            strings["x-axis-title"] = value
        return plot_table(
            "plotkit/histogram", from_numpy(table), {role: role for role in roles}, strings
        )
    if value is None:
        table, value = Table({"value": _flat(table)}), "value"
    return plot_table(
        "plotkit/histogram",
        table,
        {"value": value, "group": group},
        strings,
        params={"bins": bins},
    )


def _is_pair(found: object) -> bool:
    """Whether this is (counts, edges)."""
    return isinstance(found, tuple) and len(found) == 2 and all(map(_has_length, found))


def _flat(found: Any) -> Any:
    """One flat sequence of numbers, which needs no column name."""
    is_table = isinstance(found, (Table, Mapping)) or len(getattr(found, "shape", (0,))) != 1
    if not is_table and hasattr(found, "__iter__") and not isinstance(found, (str, bytes)):
        values = found if _is_array(found) else _listed("value", found)
        if not len(values) or not (_has_length(values[0]) or isinstance(values[0], Mapping)):
            return values
    raise errors.OptionError.from_option(
        "value", None, "the name of a column, unless the data is one flat sequence of numbers"
    )


def line_series(
    xs: Sequence[Any],
    ys: Sequence[Any],
    keys: Sequence[str] | None = None,
    title: str = "",
    xname: str = "x",
    *,
    yname: str = "",
    x_scale: str = "linear",
    y_scale: str = "linear",
    subtitle: str = "",
    reduce: bool | int = True,
) -> Chart:
    """Draw several lines, each with a colour, a dash and a name.

    Args:
        xs: one list of x values for all lines, or a list of lists, one for each line.
        ys: a list of lists of y values, each as long as its x values.
        keys: the names of the lines; default "line 1", "line 2", ...
        xname: title of the x axis.
        yname: title of the y axis.
        x_scale: "linear" or "log".
        y_scale: "linear" or "log".
        title: the title above the chart.
        subtitle: one line under the title.
        reduce: True, False (every row is drawn), or the most rows that are drawn.

    Raises:
        DataError: where a line has another number of values than its x, with its key.

    >>> line_series([0, 1], [[1, 2], [2, 3]], keys=["train", "test"])
    <Chart by plotkit/line_series>
    """
    table = _long_table(xs, ys, keys, xname, yname)
    step, name, value = table.columns
    strings = _strings(title, subtitle, xname=xname)
    return plot_table(
        "plotkit/line_series",
        table,
        {"step": step, "lineKey": name, "lineVal": value},
        {**strings, "y-axis-title": yname},
        params={"x_scale": x_scale, "y_scale": y_scale},
        reduce=reduce,
    )


def _long_table(
    xs: Sequence[Any], ys: Sequence[Any], keys: Sequence[str] | None, xname: str, yname: str
) -> Table:
    """The lines under each other: x, name, value."""
    xs = _values("xs", xs)
    ys = [_values(f"ys[{i}]", y) for i, y in enumerate(_values("ys", ys))]
    if len(ys) == 0:
        raise errors.OptionError.from_option("ys", ys, "a list of at least one list of values")
    names = [f"line {i + 1}" for i in range(len(ys))] if keys is None else [str(k) for k in keys]
    if len(names) != len(ys):
        raise errors.DataError.from_lengths([("keys", len(names)), ("ys", len(ys))])
    if len(set(names)) < len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise errors.OptionError.from_option(
            "keys", names, f"different names; {errors.shown(repeated)} stands twice"
        )
    shared = len(xs) == 0 or not _has_length(xs[0])
    if not shared:
        xs = [_values(f"xs[{i}]", x) for i, x in enumerate(xs)]
    if not shared and len(xs) != len(ys):
        raise errors.DataError.from_lengths([("xs", len(xs)), ("ys", len(ys))])
    named: list[str] = []
    steps = [xs] * len(ys) if shared else xs
    for name, along, values in zip(names, steps, ys, strict=True):
        if len(along) != len(values):
            raise errors.DataError.from_lengths(
                [(f"x of {name}", len(along)), (f"y of {name}", len(values))]
            )
        named += [name] * len(values)
    columns = {xname or "x": _joined(steps)}
    for wanted, held in (("key", named), (yname or "value", _joined(ys))):
        columns[wanted if wanted not in columns else f"{wanted} of line"] = held
    return Table(columns)


def _values(name: str, found: Any) -> Any:
    """Values of one line or several: arrays of numbers and times as they are, others as lists."""
    if _is_array(found) and found.ndim and found.dtype.kind in "iufM":
        return found
    return _listed(name, found)


def _joined(parts: Sequence[Any]) -> Any:
    """All lines' values one after another."""
    if all(map(_is_array, parts)):
        import numpy as np  # it is loaded already: the parts are its arrays

        if len({part.dtype.kind for part in parts}) == 1:
            return np.concatenate(parts)
    return [value for part in parts for value in _listed("xs", part)]


def _is_array(found: Any) -> bool:
    return type(found).__name__ == "ndarray"


def _listed(name: str, found: Any) -> list[Any]:
    """An argument as a list, whatever holds its values. Raises `OptionError`."""
    if hasattr(found, "detach"):  # a tensor, perhaps on another device
        found = found.detach().cpu()
    if hasattr(found, "tolist") and getattr(found, "shape", (0,)) != ():
        found = found.tolist()
    elif hasattr(found, "to_pylist") or hasattr(found, "to_list"):
        found = found.to_pylist() if hasattr(found, "to_pylist") else found.to_list()
    if isinstance(found, (str, bytes, Mapping)) or not hasattr(found, "__iter__"):
        raise errors.OptionError.from_option(name, found, "a list of values")
    return list(found)


def _has_length(found: object) -> bool:
    if isinstance(found, (str, bytes)):
        return False
    shape = getattr(found, "shape", None)
    return len(shape) > 0 if shape is not None else hasattr(found, "__len__")


def roc_curve(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Sequence[Any] | None = None,
    classes_to_plot: Sequence[Any] | None = None,
    title: str = "",
    *,
    sample_weight: Any = None,
    average: str | None = None,
    threshold: float | Sequence[float] | None = None,
    subtitle: str = "",
    reduce: bool | int = True,
) -> Chart:
    """Draw receiver operating characteristics, exact at every distinct threshold.

    Args:
        y_true: true labels, shape (n,): ints, text, bools or enums.
        y_probas: scores, shape (n,) for two classes (of the second one) or (n, k), column i of
            class i.
        labels: names of the classes in the order of the columns of `y_probas`; default: the
            sorted classes of `y_true`.
        classes_to_plot: the classes that get a curve; default all.
        sample_weight: weights, shape (n,).
        average: "macro" (mean of the curves) or "micro" (all decisions pooled) adds that curve.
        threshold: score, or scores, to mark on each curve.
        title: the title above the chart.
        subtitle: one line under the title.
        reduce: True, False (every row is drawn), or the most rows that are drawn.

    The legend gives each curve's area (AUC), equal to `sklearn.metrics.roc_auc_score`.

    >>> roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).spec["data"]["values"][0]["end"]
    'AUC 0.750'
    """
    table, fields = _scored(y_true, y_probas, labels, classes_to_plot, sample_weight)
    return plot_table(
        "plotkit/roc_curve",
        table,
        fields,
        _strings(title, subtitle),
        params={"average": average, "threshold": threshold},
        reduce=reduce,
    )


def pr_curve(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Sequence[Any] | None = None,
    classes_to_plot: Sequence[Any] | None = None,
    interp_size: int | None = None,
    title: str = "",
    *,
    sample_weight: Any = None,
    average: str | None = None,
    threshold: float | Sequence[float] | None = None,
    subtitle: str = "",
    reduce: bool | int = True,
) -> Chart:
    """Draw precision over recall in steps, exact at every distinct threshold.

    Args:
        y_true: true labels, shape (n,): ints, text, bools or enums.
        y_probas: scores, shape (n,) for two classes (of the second one) or (n, k), column i of
            class i.
        labels: names of the classes in the order of the columns of `y_probas`; default: the
            sorted classes of `y_true`.
        classes_to_plot: the classes that get a curve; default all.
        interp_size: draw interpolated precision at so many even levels of recall instead of the
            exact curve; default None, exact.
        sample_weight: weights, shape (n,).
        average: "macro" (mean of the curves) or "micro" (all decisions pooled) adds that curve.
        threshold: score, or scores, to mark on each curve.
        title: the title above the chart.
        subtitle: one line under the title.
        reduce: True, False (every row is drawn), or the most rows that are drawn.

    The legend gives each curve's average precision (AP), equal to
    `sklearn.metrics.average_precision_score`.

    >>> pr_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).spec["data"]["values"][0]["end"]
    'AP 0.833'
    """
    table, fields = _scored(y_true, y_probas, labels, classes_to_plot, sample_weight)
    return plot_table(
        "plotkit/pr_curve",
        table,
        fields,
        _strings(title, subtitle),
        params={"average": average, "threshold": threshold, "interp_size": interp_size},
        reduce=reduce,
    )


def _scored(
    y_true: Any, y_probas: Any, labels: Any, classes_to_plot: Any, sample_weight: Any
) -> tuple[Table, dict[str, str]]:
    from plotkit.stats.classes import one_vs_rest  # NumPy: only these charts need it

    for name, given in (("y_true", y_true), ("y_probas", y_probas)):
        if given is None:
            raise errors.OptionError.from_option(name, given, "one value for each row")
    rows = one_vs_rest(y_true, y_probas, labels, classes_to_plot, sample_weight)
    columns = rows.columns()
    return Table.from_columns(columns), {column.name: column.name for column in columns}


def area_under_curve(
    table: object,
    x: str,
    y: str,
    color: str | None = None,
    title: str = "",
    *,
    subtitle: str = "",
    reduce: bool | int = True,
) -> Chart:
    """Draw curves whose points are computed already, both axes from 0 to 1.

    Args:
        table: a `Table`, or anything that `Table` takes.
        x: column of numbers, such as false positive rates.
        y: column of numbers, such as true positive rates.
        color: column that splits the rows into curves.
        title: the title above the chart.
        subtitle: one line under the title.
        reduce: True, False (every row is drawn), or the most rows that are drawn.

    >>> area_under_curve({"fpr": [0, 0.5, 1], "tpr": [0, 0.9, 1]}, "fpr", "tpr")
    <Chart by plotkit/area_under_curve>
    """
    return plot_table(
        "plotkit/area_under_curve",
        table,
        {"x": x, "y": y, "class": color},
        _strings(title, subtitle),
        reduce=reduce,
    )


def confusion_matrix(
    probs: Any = None,
    y_true: Any = None,
    preds: Any = None,
    class_names: Sequence[Any] | None = None,
    title: str = "",
    *,
    matrix: Any = None,
    normalize: str | None = None,
    sample_weight: Any = None,
    most_confused: int | None = None,
    subtitle: str = "",
) -> Chart:
    """Draw a confusion matrix as a heat map: true classes down, predicted classes across.

    Args:
        probs: scores, shape (n, k); the class of the highest is the predicted one. Give either
            this or `preds`.
        y_true: true labels, shape (n,): text, or ints that index `class_names`.
        preds: predicted labels, shape (n,).
        class_names: the classes in order; default: the sorted labels.
        matrix: a ready-made matrix of counts, shape (k, k), in place of labels.
        normalize: None for counts, "true" for shares of each row, "pred" of each column, "all".
        sample_weight: weights, shape (n,).
        most_confused: draw only so many classes, those with the most errors, and all others as
            one row and one column. Default None: all; more than 200 are drawn as an image.
        title: the title above the chart.
        subtitle: one line under the title.

    >>> confusion_matrix(y_true=["a", "b", "b"], preds=["a", "b", "a"]).strings["title"]
    'Confusion matrix'
    """
    names: list[str] | None
    if matrix is not None:
        for name, given in (("probs", probs), ("y_true", y_true), ("preds", preds)):
            if given is not None:
                raise errors.OptionError.from_option(name, given, "none beside matrix=")
        from plotkit.stats.confusion_matrix import from_matrix

        columns = from_matrix(matrix, class_names)
        names = list(dict.fromkeys(columns["Actual"]))
    else:
        from plotkit.stats.predicted import predicted

        columns, names = predicted(probs, y_true, preds, class_names, sample_weight)
    return plot_table(
        "plotkit/confusion_matrix",
        Table(columns),
        {name: name for name in columns},
        _strings(title, subtitle),
        params={"class_names": names, "normalize": normalize, "most_confused": most_confused},
    )
