"""Statistics: all rows of the mapped columns in, the few rows that a picture shows out.

One file a statistic, each with `compute(data, options, size) -> Result`. They run on NumPy for
data in memory; a lazy frame is first reduced where it lives, by group-by expressions, and then
goes through the same code, so that results are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from plotkit import errors
from plotkit.table import Columns, LazyColumns

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Result(NamedTuple):
    """What a statistic gives back.

    Attributes:
        columns: the rows to draw, as equally long JSON-ready lists by field name.
        notes: what was dropped, aggregated or reduced, with counts.
        strings: computed defaults for the preset's strings; the caller's win.
        switches: optional parts of the spec to turn on or off, by name.
        scales: scale properties that the data decides, by output field.
        titles: names of output fields, where they are a column under another name.
    """

    columns: dict[str, list[Any]]
    notes: Sequence[str] = ()
    strings: Mapping[str, str] = _NOTHING
    switches: Mapping[str, bool] = _NOTHING
    scales: Mapping[str, Mapping[str, Any]] = _NOTHING
    titles: Mapping[str, str] = _NOTHING


Compute = Callable[[Columns | LazyColumns, Mapping[str, Any], tuple[int, int]], Result]

NAMES = ("bar", "confusion_matrix", "histogram", "line", "pr_curve", "roc_curve", "scatter")


# What a statistic cannot do without; others say themselves what they need.
REQUIRED = {
    "bar": ("label",),
    "confusion_matrix": ("Actual", "Predicted"),
    "line": ("x", "y"),
    "scatter": ("x", "y"),
}


def get(name: str) -> Compute:
    """The statistic of that name; its module is imported now, not before."""
    if name not in NAMES:
        raise errors.OptionError.from_unknown("statistic", name, NAMES, "plotkit")
    import importlib

    compute: Compute = importlib.import_module(f"plotkit.stats.{name}").compute
    return compute
