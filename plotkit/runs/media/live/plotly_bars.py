"""Plotly's bars, histograms and heat maps as pieces, or why no chart can show them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from plotkit.runs.media.live import drawn, plotly_traces
from plotkit.runs.media.live.drawn import Piece, UnfaithfulError
from plotkit.runs.media.live.plotly_axes import Scale

_BINS = 64
_GAP = 0.2  # of a category, that is left between bars


def bars(
    traces: Sequence[Any], layout: Any, x: Scale, y: Scale, own: Any, way: Sequence[str]
) -> list[Piece]:
    """Bars of all traces, beside each other or upon each other."""
    ways = {trace.orientation or _way(trace, x, y) for trace in traces}
    if len(ways) > 1:
        raise UnfaithfulError("it contains bars of both ways")
    upright = ways == {"v"}
    along, value = (x, y) if upright else (y, x)
    table = []
    for trace in traces:
        if trace.base is not None or trace.width is not None:
            raise UnfaithfulError("it contains bars with widths or starts of their own")
        if trace.text is not None or trace.texttemplate:
            raise UnfaithfulError("it contains bars with texts")
        places = along.values(trace.x if upright else trace.y)
        lengths = value.values(trace.y if upright else trace.x)
        table.append(list(zip(places, lengths, strict=False)))
    mode = layout.barmode or "group"
    width = plotly_traces.width([place for bars in table for place, _ in bars if place is not None])
    width *= 1 - (_GAP if layout.bargap is None else layout.bargap)
    made = []
    ends: dict[tuple[Any, bool], float] = {}
    for number, (trace, bars) in enumerate(zip(traces, table, strict=True)):
        share = width / len(traces) if mode == "group" else width
        shift = -width / 2 + (share * number if mode == "group" else 0.0)
        rows = []
        for place, length in bars:
            if place is None or length is None:
                continue
            base = ends.get((place, length < 0), 0.0) if mode in ("stack", "relative") else 0.0
            ends[place, length < 0] = base + length
            start = place + shift
            rows.append(_bar(start, start + share, base, base + length, length, upright))
        made += _bar_pieces(trace, rows, own(trace), way, upright, mode)
    return made


def _bar_pieces(
    trace: Any, rows: list[dict[str, Any]], own: str, way: Sequence[str], upright: bool, mode: str
) -> list[Piece]:
    marker = trace.marker
    if marker.color is not None and not isinstance(marker.color, str):
        raise UnfaithfulError("it contains bars of many colours")
    if marker.line.width:
        raise UnfaithfulError("it contains bars with edges")
    colour, alpha = plotly_traces.colour(marker.color, own, way)
    props: dict[str, Any] = {"orient": "vertical" if upright else "horizontal"}
    if mode not in ("stack", "relative"):
        props["cornerRadiusEnd"] = 2
    props |= plotly_traces.faded(trace.opacity, marker.opacity, alpha)
    return [
        Piece("bar", rows, colour, plotly_traces.label(trace), props, value="y" if upright else "x")
    ]


def _bar(
    start: float, end: float, base: float, tip: float, length: float, upright: bool
) -> dict[str, Any]:
    along, value = ("x", "y") if upright else ("y", "x")
    return {along: start, f"{along}2": end, value: tip, f"{value}2": base, "value": length}


def _way(trace: Any, x: Scale, y: Scale) -> str:
    """Bars stand, unless only their x are numbers."""
    return "h" if trace.y is not None and y.kind == "category" and x.kind == "linear" else "v"


def histograms(
    traces: Sequence[Any], layout: Any, x: Scale, own: Any, way: Sequence[str]
) -> list[Piece]:
    """Counts in bins that all traces share."""
    import numpy as np

    if any(t.y is not None or t.histnorm or t.histfunc not in (None, "count") for t in traces):
        raise UnfaithfulError("it contains histograms of other things than counts")
    values = [[v for v in x.values(trace.x) if v is not None] for trace in traces]
    together = [value for found in values for value in found]
    if not together:
        raise UnfaithfulError("it contains a histogram of nothing")
    if x.kind == "category":
        edges = np.arange(len(x.names) + 1) - 0.5
    else:
        edges = _edges(traces, np.asarray(together))
    stacked = (layout.barmode or "stack") in ("stack", "relative")
    if layout.barmode == "group":
        raise UnfaithfulError("it contains histograms side by side")
    ends = np.zeros(len(edges) - 1)
    made = []
    shrink = 0.1 if x.kind == "category" else 0.0
    for trace, found in zip(traces, values, strict=True):
        counts, _ = np.histogram(found, edges)
        bases = ends.copy() if stacked else np.zeros(len(counts))
        ends += counts if stacked else 0
        rows = [
            _bar(float(a) + shrink, float(b) - shrink, float(c), float(c + n), int(n), True)
            for a, b, c, n in zip(edges[:-1], edges[1:], bases, counts, strict=True)
        ]
        for piece in _bar_pieces(trace, rows, own(trace), way, True, "stack"):
            if x.kind != "category":
                piece.props["binned"] = True
            made.append(piece)
    return made


def _edges(traces: Sequence[Any], values: Any) -> Any:
    """The bins that a trace asks for, else bins of a round width."""
    import numpy as np

    given = next((t.xbins for t in traces if t.xbins.size is not None), None)
    low, high = float(values.min()), float(values.max())
    if given is not None:
        if not isinstance(given.size, (int, float)):
            raise UnfaithfulError("it contains a histogram by months")
        start = low if given.start is None else float(given.start)
        end = high if given.end is None else float(given.end)
        count = max(math.ceil((end - start) / given.size - 1e-9), 1)
        return start + given.size * np.arange(count + 1)
    if low == high:
        return np.array([low - 0.5, high + 0.5])
    most = next((t.nbinsx for t in traces if t.nbinsx), None) or min(
        _BINS, len(np.histogram_bin_edges(values, "auto")) - 1
    )
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    size = power * next(step for step in (1, 2, 5, 10) if step * power >= rough * (1 - 1e-9))
    start = math.floor(low / size)
    return size * np.arange(start, math.floor(high / size) + 2)


def heatmap(trace: Any, layout: Any, x: Scale, y: Scale) -> list[Piece]:
    """A cell for each number."""
    import numpy as np

    z = np.asarray(trace.z, dtype=float)
    if z.ndim != 2 or trace.zmid is not None or trace.texttemplate or trace.text is not None:
        raise UnfaithfulError("it contains a heat map with texts or a middle")
    xs = x.values(trace.x) or [float(at) for at in range(z.shape[1])]
    ys = y.values(trace.y) or [float(at) for at in range(z.shape[0])]
    if len(xs) != z.shape[1] or len(ys) != z.shape[0]:
        raise UnfaithfulError("it contains a heat map with edges of its own")
    across, up = plotly_traces.width(xs) / 2, plotly_traces.width(ys) / 2
    even = [abs(b - a - 2 * half) < 1e-6 * half for s, half in ((xs, across), (ys, up))
            for a, b in itertools.pairwise(s)]  # fmt: skip
    if not all(even):
        raise UnfaithfulError("it contains a heat map of uneven cells")
    rows = [
        {"x": a - across, "x2": a + across, "y": b - up, "y2": b + up, "shade": float(z[j, i])}
        for j, b in enumerate(ys)
        for i, a in enumerate(xs)
        if math.isfinite(z[j, i])
    ]
    shades = plotly_traces.shades(trace, layout, z.ravel().tolist(), trace.zmin, trace.zmax)
    return [Piece("bar", rows, drawn.INK, None, {"rect": True}, shades=shades)]
