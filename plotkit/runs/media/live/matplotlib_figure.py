"""Figures of Matplotlib, and of what draws with it, as live charts or as images.

A figure becomes a live chart where everything on it is known and shown as it is, with our look
and the colours that somebody chose; else an image, and it is said why.
"""

from __future__ import annotations

import sys
from typing import Any

from plotkit import errors, settings
from plotkit.runs.media.live import matplotlib_axes, spec
from plotkit.runs.media.live.drawn import HEIGHT, WIDTH, Drawn, Plot, UnfaithfulError
from plotkit.runs.media.live.matplotlib_place import plain

_LIBRARIES = ("matplotlib", "seaborn", "mpl_toolkits")


def _is_pyplot(value: object) -> bool:
    return getattr(value, "__name__", "") == "matplotlib.pyplot" and value is sys.modules.get(
        "matplotlib.pyplot"
    )


def figure_of(value: Any) -> Any:
    """The figure that a value is or belongs to; None for any other value.

    Raises `RunError` for pyplot without an open figure.
    """
    figures = sys.modules.get("matplotlib.figure")
    if figures is None:
        return None
    if _is_pyplot(value):
        if not value.get_fignums():
            raise errors.RunError.from_no_figure()
        return value.gcf()
    if isinstance(value, figures.Figure):
        return value
    for name in ("figure", "fig"):  # an Axes; a FacetGrid, PairGrid or JointGrid of seaborn's
        found = getattr(value, name, None) if _is_theirs(value) else None
        if isinstance(found, figures.Figure):
            return found
    return None


def _is_theirs(value: object) -> bool:
    """Whether a value's class, or one that it is made from, is of what draws with Matplotlib."""
    return any(kind.__module__.partition(".")[0] in _LIBRARIES for kind in type(value).__mro__)


def live(figure: Any) -> Drawn:
    """A figure as a live chart.

    Raises `UnfaithfulError` that says what of it a live chart would not show.
    """
    _check(figure)
    found = [axes for axes in figure.axes if axes.get_visible() and not _is_colour_bar(axes)]
    if not found:
        raise UnfaithfulError("nothing is drawn on it")
    shared = figure.legends[0] if figure.legends else None
    grid = _grid(figure, found)
    columns = max(len(row) for row in grid)
    plots = [
        [None if axes is None else _plot(figure, axes, len(found), columns, shared) for axes in row]
        for row in grid
    ]
    legend = matplotlib_axes.legend_of(shared)
    title = plain(figure.get_suptitle(), "its title")
    made = spec.compose(plots, title, legend)
    rows = sum(len(piece.rows) for row in plots for plot in row if plot for piece in plot.pieces)
    if rows > settings.max_rows:
        raise UnfaithfulError(f"{rows:,} points are more than a live chart takes")
    return made


def _check(figure: Any) -> None:
    if figure.subfigs:
        raise UnfaithfulError("it contains figures within the figure")
    if len(figure.legends) > 1:
        raise UnfaithfulError("it contains several legends beside its plots")
    own = {id(text) for text in (figure._suptitle,) if text is not None}
    if any(id(text) not in own and text.get_text() for text in figure.texts):
        raise UnfaithfulError("it contains texts beside its plots")
    if figure.images or figure.lines or figure.patches:
        raise UnfaithfulError("it contains something drawn beside its plots")


def _is_colour_bar(axes: Any) -> bool:
    return hasattr(axes, "_colorbar")


def _grid(figure: Any, found: list[Any]) -> list[list[Any]]:
    """Axes in rows and columns, as they lie on the figure."""
    if len(found) == 1:
        return [found]
    rows: dict[int, dict[int, Any]] = {}
    for axes in found:
        cells = axes.get_subplotspec()
        if cells is None:
            raise UnfaithfulError("it contains plots in places of their own")
        if (
            cells.rowspan.stop - cells.rowspan.start > 1
            or cells.colspan.stop - cells.colspan.start > 1
        ):
            raise UnfaithfulError("it contains plots of several cells of a grid")
        row = rows.setdefault(cells.rowspan.start, {})
        if cells.colspan.start in row:
            raise UnfaithfulError("it contains two axes in one place")
        row[cells.colspan.start] = axes
    return [[row[at] for at in sorted(row)] for _, row in sorted(rows.items())]


def _plot(figure: Any, axes: Any, count: int, columns: int, legend: Any) -> Plot:
    if count > 1:
        box = axes.get_position()
        wide, high = figure.get_size_inches()
        size = spec.cell(box.width * wide, box.height * high, columns)
        return matplotlib_axes.plot(axes, size, legend, alone=False)
    return matplotlib_axes.plot(axes, _size(figure), legend)


def _size(figure: Any) -> tuple[float, float]:
    """The px of a figure with one plot: ours, or of the shape that somebody chose."""
    import matplotlib as mpl

    wide, high = figure.get_size_inches()
    usual = mpl.rcParams["figure.figsize"]
    if abs(wide / high - usual[0] / usual[1]) < 0.02:
        return WIDTH, HEIGHT
    return WIDTH, float(round(min(max(WIDTH * high / wide, 160), 720)))
