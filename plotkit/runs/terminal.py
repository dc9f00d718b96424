"""A run on a terminal: its state in a line, its metrics as small curves that fit the window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from plotkit import errors
from plotkit.runs.charts.sparks import text_sparkline
from plotkit.runs.following import Following, Metric
from plotkit.runs.wording import duration, number
from plotkit.text import clean

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

Array = np.ndarray[Any, Any]

_PANEL = 44  # columns that a curve should have at least
_ROWS, _MOST_ROWS = 6, 16  # lines of a panel: its title, its curve, its axis
_GAP = 3  # columns between panels
_AROUND = 2  # lines of a panel that are no curve
_STATES = {
    "running": ("\u25cf", "green"),
    "finished": ("\u2713", "cyan"),
    "failed": ("\u2717", "red"),
    "crashed": ("\u2717", "red"),
}
_COLOURS = ("blue", "dark_orange", "cyan", "magenta", "yellow", "green")


class Grid(NamedTuple):
    """How many panels stand side by side and under each other, and how large each is."""

    across: int
    down: int
    width: int
    height: int


def check() -> None:
    """Raise `MissingExtraError` where the library that draws curves is not installed."""
    try:
        import plotext  # noqa: F401
    except ImportError:
        purpose = "a run in the terminal"
        raise errors.MissingExtraError.from_extra("plotext", purpose, "watch") from None


def grid(metrics: int, width: int, height: int) -> Grid:
    """The grid that shows most of so many metrics on so many columns and lines.

    >>> grid(4, 100, 30), grid(4, 40, 30), grid(1, 200, 50)
    (Grid(across=2, down=2, width=48, height=15), Grid(across=1, down=4, width=40, height=7), \
Grid(across=1, down=1, width=200, height=16))
    """
    fitting = max((width + _GAP) // (_PANEL + _GAP), 1)
    most_down = max(height // _ROWS, 1)
    across = min(fitting, max(metrics, 1))
    # No more columns than it takes to show all: fewer are wider.
    while across > 1 and -(-metrics // (across - 1)) * (_ROWS + 4) <= height:
        across -= 1
    down = min(-(-max(metrics, 1) // across), most_down)
    wide = (width - _GAP * (across - 1)) // across
    return Grid(across, down, wide, min(height // down, _MOST_ROWS))


def screen(found: Following, width: int, height: int) -> RenderableType:
    """Everything, on so many columns and lines."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    head = _head(found, width)
    metrics = [metric for metric in found.metrics.values() if len(metric.steps)]
    if not metrics:
        return Group(*head, Text("waiting for the first step", style="dim"))
    room = height - len(head)
    laid = grid(len(metrics), width, room)
    shown = laid.across * laid.down
    if shown < len(metrics):  # the rest has a line each, as far as there are lines
        laid = grid(len(metrics), width, min(max(room * 2 // 3, _ROWS), room))
        shown = laid.across * laid.down
    table = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    for _ in range(laid.across):
        table.add_column(width=laid.width, no_wrap=True)
    panels = [
        _panel(metric, laid.width, laid.height, _COLOURS[at % len(_COLOURS)])
        for at, metric in enumerate(metrics[:shown])
    ]
    for start in range(0, len(panels), laid.across):
        table.add_row(*panels[start : start + laid.across])
    lines = _lines(metrics[shown:], width, room - laid.height * laid.down)
    return Group(*head, table, *lines)


def _head(found: Following, width: int) -> list[Text]:
    """What run it is, how it fares and how far it has come: a line, two on a narrow terminal."""
    from rich.text import Text

    sign, colour = _STATES.get(found.state, ("\u25cb", "yellow"))
    name = Text.assemble(
        (f"{sign} ", colour), (clean(found.record.name), "bold"), (f"  {found.state}", colour)
    )
    facts = [] if found.step is None else [f"step {found.step:,}"]
    speed, elapsed = found.speed, found.elapsed
    if speed is not None and found.state == "running":
        facts.append(f"{number(float(f'{speed:.3g}'))} steps/s")
    if elapsed is not None:
        facts.append(duration(elapsed))
    told = Text("  \u00b7  ".join(facts), style="dim")
    if name.cell_len + told.cell_len + 3 <= width:
        lines = [Text.assemble(name, " " * (width - name.cell_len - told.cell_len), told)]
    else:
        lines = [name, told]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return [*lines, Text("")]


def _panel(metric: Metric, width: int, height: int, colour: str) -> Text:
    """A metric with its name, its current value, its curve and the ends of both axes."""
    from rich.text import Text

    known = metric.values[np.isfinite(metric.values)]
    latest = number(float(metric.values[-1]))
    title = Text(clean(metric.name), style="bold")
    title.truncate(max(width - len(latest) - 2, 1), overflow="ellipsis")
    title.append(" " * max(width - title.cell_len - len(latest), 1))
    title.append(latest, style=f"bold {colour}")
    if not len(known):
        return Text("\n").join([title, Text("no finite value yet", style="dim")])
    low, high = float(known.min()), float(known.max())
    top, bottom = (number(float(f"{end:.3g}")) for end in (high, low))
    gutter = min(max(len(top), len(bottom)), width // 2)
    rows = height - _AROUND - 1  # a blank line between panels
    curve = _curve(metric, max(width - gutter - 1, 8), max(rows, 1), low, high)
    lines = [title]
    for at, row in enumerate(curve):
        edge = top if at == 0 else bottom if at == len(curve) - 1 else ""
        lines.append(Text.assemble((edge.rjust(gutter) + " ", "dim"), (row, colour)))
    first, last = f"{int(metric.steps[0]):,}", f"{int(metric.steps[-1]):,}"
    room = width - gutter - 1
    along = first + last.rjust(max(room - len(first), len(last) + 1)) if room > 8 else first
    lines += [Text(" " * (gutter + 1) + along, style="dim"), Text("")]
    return Text("\n").join(lines)


def _curve(metric: Metric, width: int, height: int, low: float, high: float) -> list[str]:
    """The curve in dots of Braille: of each column of dots the lowest and the highest value."""
    import plotext

    plotext.terminal.limit(False, False)  # we know how large the terminal is
    figure = plotext.figure
    figure.clear()
    figure.plot_size(width, height)
    figure.axes(False)
    figure.ruler("both", "both").frequency(0)
    start, end = int(metric.steps[0]), int(metric.steps[-1])
    figure.ruler("x").lim(0, 2 * width - 1)
    figure.ruler("y").lim(0, 1)
    span = (end - start) or 1
    columns = ((metric.steps - start) * (2 * width - 1) // span).astype(np.intp)
    for xs, ys in _stretches(columns, _heights(metric.values, low, high)):
        signal = figure.signal(xs, ys, marker="braille")
        if len(xs) > 1:
            signal.lines()
        figure.draw(signal)
    rows = figure.build().string(colorless=True).split("\n")[:height]
    return [row.ljust(width)[:width] for row in rows] + [""] * (height - len(rows))


def _heights(values: Array, low: float, high: float) -> Array:
    """Values as shares of the height; equal ones lie in the middle."""
    if high == low:
        return np.where(np.isfinite(values), 0.5, np.nan)
    with np.errstate(all="ignore"):
        shares = (values / 2 - low / 2) / (high / 2 - low / 2)
    return np.where(np.isfinite(values), shares, np.nan)


def _stretches(columns: Array, heights: Array) -> list[tuple[list[int], list[float]]]:
    """The points of each stretch without a gap: first, lowest, highest, last of each column."""
    known = np.isfinite(heights)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]])))
    made = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        x, y = columns[start:end], heights[start:end]
        first = np.flatnonzero(np.diff(x, prepend=-1))
        last = np.append(first[1:], len(x)) - 1
        lowest, highest = np.minimum.reduceat(y, first), np.maximum.reduceat(y, first)
        points = np.stack([y[first], lowest, highest, y[last]], axis=1)
        made.append((np.repeat(x[first], 4).tolist(), points.ravel().tolist()))
    return made


def _lines(metrics: Sequence[Metric], width: int, room: int) -> list[Text]:
    """A line for each metric that has no panel, as far as there are lines; then their number."""
    from rich.text import Text

    if not metrics or room < 1:
        return []
    shown = list(metrics) if len(metrics) <= room else list(metrics[: room - 1])
    wide = min(max((len(metric.name) for metric in shown), default=0), width // 2)
    made = []
    for metric in shown:
        latest = number(float(metric.values[-1]))
        name = Text(clean(metric.name))
        name.truncate(wide, overflow="ellipsis", pad=True)
        spark = text_sparkline(metric.values, max(width - wide - len(latest) - 2, 1))
        made.append(Text.assemble(name, " ", (spark, "blue"), " ", (latest, "bold")))
    left = len(metrics) - len(shown)
    if left:
        made.append(Text(f"and {left} more: name those to be drawn", style="dim"))
    return made


def row(step: int, values: dict[str, float]) -> str:
    """A step in one plain line.

    >>> row(12, {"loss": 0.5, "acc": float("nan")})
    'step 12  loss 0.5  acc NaN'
    """
    told = (f"{clean(name)} {number(value)}" for name, value in values.items())
    return "  ".join([f"step {step:,}", *told])
