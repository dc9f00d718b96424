"""Plotly's traces as the pieces of a chart, in the order in which they are drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from plotkit.runs.media.live import drawn, plotly_bars, plotly_traces
from plotkit.runs.media.live.drawn import Paint, Piece, UnfaithfulError
from plotkit.runs.media.live.plotly_axes import Scale, colorway, listed, paint, parts

_SHAPES = {
    "circle": "circle", "square": "square", "diamond": "diamond", "cross": "cross",
    "triangle-up": "triangle-up", "triangle-down": "triangle-down",
    "triangle-left": "triangle-left", "triangle-right": "triangle-right",
    "x": "M-0.7,-0.7L0.7,0.7M-0.7,0.7L0.7,-0.7",
}  # fmt: skip
_STEPS = {"hv": "step-after", "vh": "step-before", "hvh": "step"}
_LINE = 2.2 / 2  # px of our lines for one of Plotly's, whose usual line is 2 px


def pieces(traces: Sequence[Any], layout: Any, x: Scale, y: Scale) -> list[Piece]:
    """All traces, in the order in which Plotly draws them: heat maps, bars, lines."""
    way = colorway(layout)
    number = {id(trace): place for place, trace in enumerate(traces)}

    def own(trace: Any) -> str:
        return way[number[id(trace)] % len(way)]

    of_kind: dict[str, list[Any]] = {"heatmap": [], "histogram": [], "bar": [], "scatter": []}
    for trace in traces:
        of_kind["scatter" if trace.type == "scattergl" else trace.type].append(trace)
    made: list[Piece] = []
    for trace in of_kind["heatmap"]:
        made += plotly_bars.heatmap(trace, layout, x, y)
    if of_kind["histogram"]:
        made += plotly_bars.histograms(of_kind["histogram"], layout, x, own, way)
    if of_kind["bar"]:
        made += plotly_bars.bars(of_kind["bar"], layout, x, y, own, way)
    before: Any = None
    for trace in of_kind["scatter"]:
        made += _scatter(trace, before, layout, x, y, own(trace), way)
        before = trace
    return made


def _scatter(
    trace: Any, before: Any, layout: Any, x: Scale, y: Scale, own: str, way: Sequence[str]
) -> list[Piece]:
    xs, ys = x.values(trace.x), y.values(trace.y)
    if not xs:
        xs = [float(at) for at in range(len(ys))]
    count = min(len(xs), len(ys))
    rows = [{"x": a, "y": b} for a, b in zip(xs[:count], ys[:count], strict=True)]
    if trace.connectgaps:
        rows = [row for row in rows if None not in row.values()]
    mode = trace.mode or ("lines+markers" if count < 20 and trace.type == "scatter" else "lines")
    if not set(mode.split("+")) <= {"lines", "markers", "none"}:
        raise UnfaithfulError("it contains texts at points")
    if (trace.orientation or "v") != "v" and trace.fill not in (None, "none"):
        raise UnfaithfulError("it fills sideways")
    default = trace.line.color or (
        trace.marker.color if isinstance(trace.marker.color, str) else own
    )
    colour, alpha = plotly_traces.colour(trace.line.color, default, way)
    label, made = plotly_traces.label(trace), []
    if trace.fill not in (None, "none"):
        made.append(_filled(trace, before, rows, x, y, colour, label, way))
    if "lines" in mode and trace.line.width != 0:
        props: dict[str, Any] = plotly_traces.faded(trace.opacity, alpha)
        if trace.line.width not in (None, 2):
            props["strokeWidth"] = round(trace.line.width * _LINE, 2)
        form = trace.line.shape or "linear"
        if form != "linear":
            if form not in _STEPS:
                raise UnfaithfulError(f"it contains {form} lines")
            props["interpolate"] = _STEPS[form]
        dash = trace.line.dash or "solid"
        if dash not in plotly_traces.DASHES:
            raise UnfaithfulError(f"it contains the dashes {dash!r}")
        made.append(Piece("line", rows, colour, label, props, plotly_traces.DASHES[dash]))
    if trace.error_y.array is not None or trace.error_y.type not in (None, "data"):
        made.append(_errors(trace, rows, colour))
    if "markers" in mode:
        made.append(_markers(trace, rows, layout, default, label, way))
    return made


def _filled(
    trace: Any, before: Any, rows: list[dict[str, Any]], x: Scale, y: Scale,
    colour: Paint, label: str | None, way: Sequence[str],
) -> Piece:  # fmt: skip
    """The area down to zero, or to the trace before."""
    own, alpha = (
        plotly_traces.colour(trace.fillcolor, "", way) if trace.fillcolor else (colour, 0.5)
    )
    props = {"fillOpacity": round(alpha, 4), **plotly_traces.faded(trace.opacity)}
    if trace.line.shape not in (None, "linear"):
        raise UnfaithfulError("it fills under a line that is not straight")
    if trace.fill == "tozeroy":
        bases: list[Any] = [0.0] * len(rows)
    elif trace.fill == "tonexty" and before is not None and x.values(before.x) == x.values(trace.x):
        bases = y.values(before.y)
    else:
        raise UnfaithfulError(f"it fills {trace.fill!r}")
    found = [{**row, "y2": base} for row, base in zip(rows, bases, strict=True)]
    return Piece("area", found, own, label, props)


def _errors(trace: Any, rows: list[dict[str, Any]], colour: Paint) -> Piece:
    bar = trace.error_y
    above = listed(bar.array)
    below = listed(bar.arrayminus) or above
    if bar.type not in (None, "data") or len(above) != len(rows):
        raise UnfaithfulError("it contains errors that Plotly computes")
    found = [
        {"x": row["x"], "x2": row["x"], "y": row["y"] - low, "y2": row["y"] + high}
        for row, high, low in zip(rows, above, below, strict=True)
        if None not in (row["x"], row["y"], high, low)
    ]
    own = paint(bar.color, ())[0] if bar.color else colour
    return Piece("rule", found, own, None, {"strokeWidth": 1.6})


def _markers(
    trace: Any, rows: list[dict[str, Any]], layout: Any, own: str, label: str | None,
    way: Sequence[str],
) -> Piece:  # fmt: skip
    marker = trace.marker
    held = [dict(row) for row in rows]
    props = _symbol(marker)
    props |= _sizes(marker, held)
    shades, colours = None, marker.color
    colour, alpha = plotly_traces.colour(colours, own, way)
    if colours is not None and not isinstance(colours, str):
        values = listed(colours)
        if all(isinstance(value, str) for value in values):
            for row, value in zip(held, values, strict=False):
                row["colour"] = drawn.paint(parts(value)[0]).light
        else:
            shades = plotly_traces.shades(marker, layout, values, marker.cmin, marker.cmax)
            for row, value in zip(held, values, strict=False):
                row["shade"] = None if value is None else drawn.finite(float(value))
        label = None
    if not isinstance(marker.opacity, (int, float, type(None))):
        raise UnfaithfulError("it contains markers of many opacities")
    seen_through = 0.7 if marker.opacity is None and any("size" in row for row in held) else 1.0
    props |= plotly_traces.faded(trace.opacity, marker.opacity, alpha, seen_through)
    found = [row for row in held if row["x"] is not None and row["y"] is not None]
    return Piece("points", found, colour, label, props, shades=shades)


def _symbol(marker: Any) -> dict[str, Any]:
    named = marker.symbol if marker.symbol is not None else "circle"
    if not isinstance(named, str):
        raise UnfaithfulError("it contains several markers in one trace, or one by its number")
    name, hollow = named.removesuffix("-open"), named.endswith("-open")
    if name not in _SHAPES:
        raise UnfaithfulError(f"it contains the marker {named!r}")
    stroked = hollow or name == "x"
    made: dict[str, Any] = {"filled": not stroked, "strokeWidth": 1.6 if stroked else 0}
    if name != "circle":
        made["shape"] = _SHAPES[name]
    width = marker.line.width
    if width and not stroked:
        if not isinstance(width, (int, float)) or not isinstance(marker.line.color, str):
            raise UnfaithfulError("it contains markers with edges of many kinds")
        made |= {"stroke": paint(marker.line.color, ())[0], "strokeWidth": float(width)}
    return made


def _sizes(marker: Any, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The px squared of markers, as Plotly has them."""
    size = marker.size
    if size is None or isinstance(size, (int, float)):
        return {"size": round(float(6 if size is None else size) ** 2, 2)}
    reference = marker.sizeref or 1
    least = marker.sizemin or 0
    for row, value in zip(rows, listed(size), strict=False):
        half = (value or 0) / 2 / reference
        radius = max(math.sqrt(half) if marker.sizemode == "area" else half, least)
        row["size"] = round((2 * radius) ** 2, 2)
    return {}
