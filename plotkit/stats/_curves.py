"""The rows that ROC and precision-recall curves hand to their presets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from plotkit import errors, notes
from plotkit.stats import DENSITY, Detail, Picture, Result, _groups, _ranking
from plotkit.table import LazyColumns

if TYPE_CHECKING:
    from plotkit.table import Columns

Array = np.ndarray[Any, Any]

# px, about: of the square plot, and of the legend inside it.
_PLOT, _LINE, _SYMBOL, _CHARACTER = 400, 17, 55, 6.8


_LEVELS, _FINEST_ROWS = 4, 50_000  # of a closer look: how many, and rows of the last, about


class Rows:
    """Output rows, gathered column by column, for a picture and for closer looks."""

    __slots__ = (
        "_drawn", "_first", "_levels", "_lines", "_picture", "_pixels", "_points", "_shared",
        "_steps", "_whole", "columns",
    )  # fmt: skip

    def __init__(self, picture: Picture, *, steps: bool) -> None:
        names = ("x", "y", "class", "threshold", "end", "kind")
        self.columns: dict[str, list[Any]] = {name: [] for name in names}
        self._first: list[int] = []
        self._lines: list[slice] = []
        self._picture, self._steps = picture, steps
        self._points = self._drawn = 0
        self._shared = self._levels = 1
        self._pixels, self._whole = False, True

    @property
    def _of_column(self) -> int:
        """How many points of one column of pixels are drawn at most."""
        return 4 if self._steps else 2

    @property
    def _columns_shown(self) -> int:
        """How many columns tell points apart that a picture does; two of them are a pixel."""
        return 2 * DENSITY * self._picture.width

    def share(self, curves: int) -> None:
        """Say how many curves there are; raises `OptionError` where a limit has no room."""
        self._shared = max(curves, 1)
        reduce = self._picture.reduce
        if not isinstance(reduce, bool) and reduce < self._of_column * self._shared:
            expected = f"at least {self._of_column * self._shared} points for {self._shared} curves"
            raise errors.OptionError.from_option("reduce", reduce, expected)

    def _pixel_columns(self) -> tuple[int | None, int]:
        """How many columns of pixels there are at level 0, and how many levels."""
        reduce = self._picture.reduce
        if reduce is False:
            return None, 1
        if reduce is not True:
            return reduce // self._shared // self._of_column, 1
        columns = self._columns_shown
        room = _FINEST_ROWS / (self._shared * self._of_column * columns)
        return columns, min(max(int(math.log2(max(room, 1))) + 1, 1), _LEVELS)

    def finest(self, curves: int) -> int:
        """How many columns of pixels the closest look at so many curves has."""
        self.share(curves)
        columns, levels = self._pixel_columns()
        assert columns is not None
        return columns << (levels - 1)

    def add_line(
        self,
        x: list[float],
        y: list[float],
        name: str | None,
        end: str | None,
        kind: str,
        thresholds: list[float] | None = None,
        first: list[int] | None = None,
    ) -> None:
        """Points of one line, in drawing order, and the level from which on each is drawn."""
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
        self._first += [0] * count if first is None else first

    def add_point(
        self, x: float, y: float, name: str | None, threshold: float, end: str, kind: str
    ) -> None:
        """One marked point."""
        self.add_line([x], [y], name, end, kind, [threshold])

    def add_thinned(
        self,
        x: Array,
        y: Array,
        *,
        name: str | None,
        end: str | None,
        kind: str,
        ends: tuple[float, float] = (1.0, 1.0),
        thresholds: Array | None = None,
        whole: int | None = None,
    ) -> None:
        """A curve, of the points that the picture and closer looks need.

        Both are drawn as shares of `ends`; `whole` is how many points there are, where these are
        not all.
        """
        columns, levels = self._pixel_columns()
        found = _ranking.thin(
            x, y, columns, steps=self._steps, levels=levels, chosen=whole is not None
        )
        chosen = found.chosen
        self.add_line(
            (x[chosen] / ends[0]).tolist(),
            (y[chosen] / ends[1]).tolist(),
            name,
            end,
            kind,
            None if thresholds is None else thresholds[chosen].tolist(),
            found.level.tolist(),
        )
        self._points += len(x) if whole is None else whole
        self._drawn += int(np.count_nonzero(found.level == 0))
        self._pixels = self._pixels or found.by_pixel or whole is not None
        self._whole = self._whole and found.whole and whole is None
        self._levels = max(self._levels, int(found.level.max(initial=0)) + 1)

    def add_ready(self, x: Array, y: Array, name: str | None) -> None:
        """A curve of ready points; one that goes back and forth is drawn as it is."""
        rises = bool((x[1:] >= x[:-1]).all() and (self._steps or (y[1:] >= y[:-1]).all()))
        if rises:
            self.add_thinned(x, y, name=name, end=name, kind="curve")
        else:
            self.add_line(x.tolist(), y.tolist(), name, name, "curve")

    @property
    def reduced(self) -> tuple[int, int] | None:
        """Points before and after, where pixels decided on any of them."""
        return (self._points, self._drawn) if self._pixels else None

    @property
    def fewer(self) -> bool:
        """Whether a limit leaves less than one point of each column of pixels."""
        columns, _ = self._pixel_columns()
        return columns is not None and columns < self._columns_shown

    def notes_of_ready(self) -> list[str]:
        """What is said of ready points that are not all drawn."""
        return [notes.points_reduced(*self.reduced, self.fewer)] if self.reduced else []

    def result(self, said: list[str], *, right: bool) -> Result:
        """The rows as a statistic's result; without `class` where no row has one.

        The legend stands in the lower right (or left) corner of the plot, unless a line does.
        """
        columns = dict(self.columns)
        if all(name is None for name in columns["class"]):
            del columns["class"]
        detail = None
        if self._levels > 1:
            detail = Detail(columns, self._first, None, self._levels, self._whole)
            columns = detail.at(0)
        kinds = ("curve", "average")
        pairs = zip(self.columns["end"], self.columns["kind"], strict=True)
        ends = list(dict.fromkeys(end for end, kind in pairs if kind in kinds))
        texts = [end for end in ends if end is not None]
        switches = {"legend": bool(texts)}
        if texts:
            switches["legend_above"] = self._corner_taken(texts, right)
        return Result(columns, said, switches=switches, detail=detail)

    def _corner_taken(self, texts: list[str], right: bool) -> bool:
        """Whether a line passes the legend's corner, or the legend has no room there."""
        width = (_SYMBOL + _CHARACTER * max(map(len, texts))) / _PLOT
        height = _LINE * (len(texts) + 1) / _PLOT
        if width > 0.75 or height > 0.6:
            return True
        for part in self._lines:
            drawn = np.array(self._first[part]) == 0
            x, y = (np.array(self.columns[name][part])[drawn] for name in ("x", "y"))
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
    groups: list[tuple[str | None, Any]] = [(None, slice(None))]
    if "class" in columns:
        split = _groups.split(columns["class"])
        groups = [*split]
        if settings.labels is not None:
            held = dict(split)
            for label in settings.labels:
                if label not in held:
                    raise errors.OptionError.from_option(
                        "labels", label, f"classes of the data: {errors.listed(held)}"
                    )
            groups = [(label, held[label]) for label in dict.fromkeys(settings.labels)]
    rows.share(len(groups))
    for group, found in groups:
        rows.add_ready(x[found], y[found], group)
