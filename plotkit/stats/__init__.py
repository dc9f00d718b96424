"""Statistics: all rows of the mapped columns in, the few rows that a picture shows out.

One file a statistic, each with `compute(data, options, picture) -> Result`. They run on NumPy for
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


class Picture(NamedTuple):
    """What a statistic prepares rows for.

    `width` and `height` are the px of the figure, drawn with `DENSITY` pixels each. `reduce` is
    True where what no pixel can show may go, False where every row is to be drawn, or the most
    rows that may be drawn.
    """

    width: int = 640
    height: int = 400
    reduce: bool | int = True


DENSITY = 2  # device pixels for each px of a picture, unless a call asks for another scale


class Detail(NamedTuple):
    """Rows for a closer look, or a larger picture, than the one that was prepared.

    Level 0 is the picture itself, and each further level is twice as fine along each axis.

    Attributes:
        columns: the rows of all levels in drawing order, by output field.
        first: for each row the level from which on it is drawn.
        last: for each row the level up to which it is drawn; None where all rows stay.
        levels: how many levels there are.
        whole: whether the last level shows every row of the data.
    """

    columns: dict[str, list[Any]]
    first: list[int]
    last: list[int] | None
    levels: int
    whole: bool

    def at(self, level: int) -> dict[str, list[Any]]:
        """The rows of one level.

        >>> Detail({"x": [1, 2, 3]}, [0, 1, 0], None, 2, True).at(0)
        {'x': [1, 3]}
        """
        last = self.last or [self.levels] * len(self.first)
        span = zip(self.first, last, strict=True)
        drawn = [at for at, (low, high) in enumerate(span) if low <= level <= high]
        return {name: [values[at] for at in drawn] for name, values in self.columns.items()}


class Result(NamedTuple):
    """What a statistic gives back.

    Attributes:
        columns: the rows to draw, as equally long JSON-ready lists by field name.
        notes: what was dropped, aggregated or reduced, with counts.
        strings: computed defaults for the preset's strings; the caller's win.
        switches: optional parts of the spec to turn on or off, by name.
        scales: scale properties that the data decides, by output field.
        titles: names of output fields, where they are a column under another name.
        detail: finer rows, where the picture shows less than there is.
    """

    columns: dict[str, list[Any]]
    notes: Sequence[str] = ()
    strings: Mapping[str, str] = _NOTHING
    switches: Mapping[str, bool] = _NOTHING
    scales: Mapping[str, Mapping[str, Any]] = _NOTHING
    titles: Mapping[str, str] = _NOTHING
    detail: Detail | None = None


Compute = Callable[[Columns | LazyColumns, Mapping[str, Any], Picture], Result]

NAMES = (
    "area_under_curve",
    "bar",
    "confusion_matrix",
    "histogram",
    "line",
    "pr_curve",
    "roc_curve",
    "scatter",
)


# What a statistic cannot do without; others say themselves what they need.
REQUIRED = {
    "area_under_curve": ("x", "y"),
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
