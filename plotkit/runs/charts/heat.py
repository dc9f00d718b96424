"""Histograms over time as a heat map: a column of cells for each step, or a few neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from plotkit import column as columns_of
from plotkit import errors, notes, plot
from plotkit.chart import Chart
from plotkit.runs import names as names_of
from plotkit.runs.charts import drawing, reading
from plotkit.runs.charts.reading import Array
from plotkit.table import Table

if TYPE_CHECKING:
    from plotkit.runs.record import Record

_COLUMNS = 140  # of cells along x: four px each
_BINS = 64  # common ones, where edges differ
_FAR = 8e307  # from here on bins would be wider than numbers reach
_ROUNDING = 1e-12  # of all counts: what differences of sums leave behind
PRESET = "plotkit/histogram_series"
# Role -> its column's name; that of x is the axis's.
_TITLES = {
    "x": "",
    "x2": "until",
    "y": "value",
    "y2": "up to",
    "share": "share of values",
    "count": "count",
}

_Part = tuple[Array, Array]  # counts and edges


def heatmap(
    record: Record, key: str, x: str | None = None, *, title: str = "", subtitle: str = ""
) -> Chart:
    """Draw the histograms that were logged under a name, over time: the darker, the more values.

    Each column of cells stands from its step to the next one; colour is the share of the values
    of its step. Where there are more steps than a picture has room for, neighbouring ones are
    added up; where their edges differ, all counts are spread over common bins in proportion to
    the overlap. Both are noted. Nothing is left out.

    Args:
        record: a run.
        key: a name under which histograms were logged.
        x: as in `chart`.
        title: default: the name.
        subtitle: default: the axis and the run.

    Raises:
        RunError: a name that was not logged or holds no histograms, or an x that does not fit.

    >>> import plotkit as pk
    >>> with pk.init(project="doc", dir=getfixture("tmp_path"), name="first") as run:
    ...     for step in range(3):
    ...         run.log({"weights": pk.Histogram(np_histogram=([1, step, 1], [-1, 0, 1, 2]))})
    >>> heatmap(run, "weights")
    <Chart 'weights' by plotkit/histogram_series>
    """
    name = _name(record, key)
    axis = x if x is not None else reading.default_x(record, name)
    found = reading.along(record, name, axis)
    said: list[str] = []
    left = len(found.values) - len(found.rows)
    if left:
        said.append(notes.without_x(name, axis, left, len(found.values)))
    parts = [_parts(found.values[row]) for row in found.rows.tolist()]
    counts, edges = _on_common_edges(parts, name, said)
    starts, counts = _columns(found.x, counts, name, said)
    titled = reading.TITLES.get(axis, axis)
    strings = {
        "title": title or name,
        "subtitle": subtitle or f"by {titled} \u00b7 {record.name}",
    }
    columns = _cells(starts, counts, edges, axis == reading.TIMESTAMP)
    fields: dict[str, str] = {}
    for role, wanted in _TITLES.items():
        fields[role] = drawing.unlike(wanted or titled, fields.values())
    table = Table.from_columns(
        columns_of.from_array(fields[role], values) for role, values in columns.items()
    )
    return plot.plot_table(PRESET, table, fields, strings).noted(said)


def _name(record: Record, key: str) -> str:
    """The name as it was logged. Raises `RunError` where no histograms are there."""
    known = record.database.known()
    name = names_of.found_in(key, known)
    if name is None:
        available = [other for other, found in known.items() if found.kind == "histogram"]
        raise errors.RunError.from_unknown_key(key, available, reading.where(record), "histograms")
    if known[name].kind != "histogram":
        kind, call = reading.looked_at(name, known[name].kind)
        raise errors.RunError.from_not_histograms(name, kind, call)
    return name


def _parts(value: Any) -> list[_Part]:
    """The counts and edges of what was logged in one step: a histogram, or a list of them.

    A None that was logged in its place has none.
    """
    held = value if isinstance(value, list) else [value]
    return [
        (np.asarray(one["counts"], dtype=np.float64), np.asarray(one["edges"], dtype=np.float64))
        for one in held
        if isinstance(one, Mapping)
    ]


def _on_common_edges(
    steps: Sequence[Sequence[_Part]], name: str, said: list[str]
) -> tuple[Array, Array]:
    """The counts of each step on the same edges, and these; what is drawn of them is not empty."""
    known = [part for parts in steps for part in parts if part[0].any()]
    empty = sum(not any(counts.any() for counts, _ in parts) for parts in steps)
    if not known:
        raise errors.RunError.from_empty_histograms(name)
    if empty:
        said.append(notes.empty_histograms(name, empty, len(steps)))
    different = {edges.tobytes() for _, edges in known}
    edges = known[0][1]
    if len(different) > 1:
        edges = _even_edges(known)
        said.append(notes.rebinned(name, len(different), len(edges) - 1))
    made = np.zeros((len(steps), len(edges) - 1))
    for at, parts in enumerate(steps):
        for counts, own in parts:
            if counts.any():
                made[at] += counts if len(different) == 1 else _spread(counts, own, edges)
    return made, edges


def _even_edges(parts: Sequence[_Part]) -> Array:
    """Bins of equal width from the lowest to the highest value that is counted anywhere."""
    low = min(edges[:-1][counts > 0][0] for counts, edges in parts)
    high = max(edges[1:][counts > 0][-1] for counts, edges in parts)
    bins = min(max(len(counts) for counts, _ in parts), _BINS)
    return np.linspace(max(low, -_FAR), min(high, _FAR), bins + 1)


def _spread(counts: Array, own: Array, edges: Array) -> Array:
    """Counts on other edges, in proportion to the overlap of the bins."""
    below = np.interp(edges, own, np.concatenate([[0.0], np.cumsum(counts)]))
    found = np.diff(below)
    return np.where(found > counts.sum() * _ROUNDING, found, 0.0)


def _columns(x: Array, counts: Array, name: str, said: list[str]) -> tuple[Array, Array]:
    """Where columns of cells begin and what they count: a step each, or neighbours together."""
    known = np.isfinite(x)
    places, column = np.unique(x[known], return_inverse=True)
    if len(places) > _COLUMNS:
        share = (places - places[0]) / (places[-1] - places[0])
        bucket = np.minimum((share * _COLUMNS).astype(np.intp), _COLUMNS - 1)
        first, of_place = np.unique(bucket, return_index=True, return_inverse=True)[1:]
        said.append(notes.steps_merged(name, len(places), len(first)))
        places, column = places[first], of_place[column]
    made = np.zeros((len(places), counts.shape[1]))
    np.add.at(made, column, counts[known])
    return places, made


def _cells(starts: Array, counts: Array, edges: Array, is_time: bool) -> dict[str, Array]:
    """A row for each cell that counts anything, by role."""
    usual = float(np.median(np.diff(starts))) if len(starts) > 1 else 1.0
    ends = np.append(starts[1:], starts[-1] + usual)
    column, row = np.nonzero(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    x, x2 = starts[column], ends[column]
    if is_time:
        x, x2 = (np.rint(side * 1000).astype("datetime64[ms]") for side in (x, x2))
    return {
        "x": x,
        "x2": x2,
        "y": edges[row],
        "y2": edges[row + 1],
        "share": shares[column, row],
        "count": counts[column, row],
    }
