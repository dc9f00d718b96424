"""The rows that ROC and precision-recall curves hand to their presets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from plotkit import errors
from plotkit.stats import Result, _groups, _ranking
from plotkit.table import LazyColumns

if TYPE_CHECKING:
    from plotkit.table import Columns

Array = np.ndarray[Any, Any]

# px, about: of the square plot, and of the legend inside it.
_PLOT, _LINE, _SYMBOL, _CHARACTER = 400, 17, 55, 6.8


class Rows:
    """Output rows, gathered column by column."""

    __slots__ = ("_drawn", "_lines", "_pixels", "_points", "columns")

    def __init__(self) -> None:
        names = ("x", "y", "class", "threshold", "end", "kind")
        self.columns: dict[str, list[Any]] = {name: [] for name in names}
        self._lines: list[slice] = []
        self._points = self._drawn = 0
        self._pixels = False

    def add_line(
        self,
        x: list[float],
        y: list[float],
        name: str | None,
        end: str | None,
        kind: str,
        thresholds: list[float] | None = None,
    ) -> None:
        """Points of one line, in drawing order."""
        count = len(x)
        if count > 1:
            self._lines.append(slice(len(self.columns["x"]), len(self.columns["x"]) + count))
        held = thresholds if thresholds is not None else [math.inf] * count
        self.columns["x"] += x
        self.columns["y"] += y
        self.columns["class"] += [name] * count
        self.columns["threshold"] += [t if math.isfinite(t) else None for t in held]
        self.columns["end"] += [end] * count
        self.columns["kind"] += [kind] * count

    def add_point(
        self, x: float, y: float, name: str | None, threshold: float, end: str, kind: str
    ) -> None:
        """One marked point."""
        self.add_line([x], [y], name, end, kind, [threshold])

    def add_thinned(
        self, x: Array, y: Array, *, name: str, end: str, width: int, steps: bool = False
    ) -> None:
        """An average curve, without thresholds, of the points that the picture needs."""
        chosen, by_pixel = _ranking.thin(x, y, width, steps=steps)
        self.add_line(x[chosen].tolist(), y[chosen].tolist(), name, end, "average")
        self.count(len(x), len(chosen), by_pixel)

    def count(self, points: int, drawn: int, by_pixel: bool) -> None:
        """Remember how many points of a curve are drawn."""
        self._points += points
        self._drawn += drawn
        self._pixels = self._pixels or by_pixel

    @property
    def reduced(self) -> tuple[int, int] | None:
        """Points before and after, where pixels decided on any of them."""
        return (self._points, self._drawn) if self._pixels else None

    def result(self, said: list[str], *, right: bool) -> Result:
        """The rows as a statistic's result; without `class` where no row has one.

        The legend stands in the lower right (or left) corner of the plot, unless a line does.
        """
        columns = dict(self.columns)
        if all(name is None for name in columns["class"]):
            del columns["class"]
        kinds = ("curve", "average")
        pairs = zip(self.columns["end"], self.columns["kind"], strict=True)
        ends = list(dict.fromkeys(end for end, kind in pairs if kind in kinds))
        texts = [end for end in ends if end is not None]
        switches = {"legend": bool(texts)}
        if texts:
            switches["legend_above"] = self._corner_taken(texts, right)
        return Result(columns, said, switches=switches)

    def _corner_taken(self, texts: list[str], right: bool) -> bool:
        """Whether a line passes the legend's corner, or the legend has no room there."""
        width = (_SYMBOL + _CHARACTER * max(map(len, texts))) / _PLOT
        height = _LINE * (len(texts) + 1) / _PLOT
        if width > 0.75 or height > 0.6:
            return True
        for part in self._lines:
            x, y = np.array(self.columns["x"][part]), np.array(self.columns["y"][part])
            if right:
                x, y = 1 - x[::-1], y[::-1]
            lowest = min(float(y[x <= width].min(initial=1.0)), float(np.interp(width, x, y)))
            if lowest < height:
                return True
        return False


def legend(name: str | None, measure: str, value: float) -> str:
    """A curve's name and its area in three digits.

    >>> legend("cat", "AUC", 0.91234), legend(None, "AP", 0.5)
    ('cat · AUC 0.912', 'AP 0.500')
    """
    text = f"{measure} {value:.3f}"
    return text if name is None else f"{name} · {text}"


def is_ready(data: Columns | LazyColumns) -> bool:
    """Whether the mapped columns are points of curves, not rows to rank."""
    roles = _ranking.names_of(data)
    return "x" in roles and "y" in roles and not ("y_true" in roles or "score" in roles)


def add_ready(rows: Rows, data: Columns | LazyColumns, settings: _ranking.Settings) -> None:
    """Ready points as curves, in the order in which they came."""
    for name, value in (("average", settings.average), ("threshold", settings.thresholds)):
        if value:
            raise errors.OptionError.from_option(
                name, value, "none, as it needs the roles y_true and score, not ready points"
            )
    columns = data.collect() if isinstance(data, LazyColumns) else data
    x, y = columns["x"].as_array(), columns["y"].as_array()
    if "class" not in columns:
        rows.add_line(x.tolist(), y.tolist(), None, None, "curve")
        return
    groups = _groups.split(columns["class"])
    if settings.labels is not None:
        held = dict(groups)
        for label in settings.labels:
            if label not in held:
                raise errors.OptionError.from_option(
                    "labels", label, f"classes of the data: {errors.listed(held)}"
                )
        groups = [(label, held[label]) for label in dict.fromkeys(settings.labels)]
    for name, found in groups:
        rows.add_line(x[found].tolist(), y[found].tolist(), name, name, "curve")
