"""What all of Plotly's traces have in common: what is known of them, colours, lines across."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from plotkit.runs.media.live import drawn
from plotkit.runs.media.live.drawn import Paint, Piece, Shades, UnfaithfulError
from plotkit.runs.media.live.plotly_axes import Scale, paint, parts, plain

# What a trace may say; what only speaks when pointed at is left to our own tooltips.
_ANY = (
    "type", "name", "x", "y", "visible", "showlegend", "legendgroup", "legendrank", "opacity",
    "hovertemplate", "hoverinfo", "hovertext", "hoverlabel", "customdata", "meta", "uid", "ids",
    "xaxis", "yaxis", "marker", "orientation", "textposition", "alignmentgroup", "offsetgroup",
    "zorder", "legend", "xhoverformat", "yhoverformat", "selectedpoints", "texttemplate",
)  # fmt: skip
_OWN = {
    "scatter": ("mode", "line", "connectgaps", "fill", "fillcolor", "error_y", "cliponaxis"),
    "bar": ("width", "base", "text", "cliponaxis"),
    "histogram": ("nbinsx", "xbins", "autobinx", "bingroup", "histnorm", "histfunc"),
    "heatmap": (
        "z", "colorscale", "coloraxis", "zmin", "zmax", "zmid", "showscale", "colorbar",
        "reversescale", "xgap", "ygap", "text", "hoverongaps", "dx", "dy", "x0", "y0",
    ),
}  # fmt: skip
_OWN["scattergl"] = _OWN["scatter"]
_MARKER = (
    "color", "size", "symbol", "line", "opacity", "colorscale", "coloraxis", "cmin", "cmax",
    "showscale", "sizemode", "sizeref", "sizemin", "pattern", "colorbar", "reversescale",
)  # fmt: skip
DASHES: dict[str, tuple[float, ...] | None] = {
    "solid": None, "dot": (2, 2.2), "dash": (7, 3), "longdash": (14, 3.5),
    "dashdot": (9, 3, 2, 3), "longdashdot": (14, 3, 2, 3),
}  # fmt: skip


def check(trace: Any) -> None:
    """Raise `UnfaithfulError` for a trace, or something of it, that is not known here."""
    own = _OWN.get(trace.type)
    if own is None:
        raise UnfaithfulError(f"it contains a {trace.type} trace")
    for name, value in trace.to_plotly_json().items():
        if name not in _ANY and name not in own and not _is_nothing(value):
            raise UnfaithfulError(f"a {trace.type} trace has {name!r}")
    if getattr(trace, "xaxis", None) not in (None, "x") or trace.yaxis not in (None, "y"):
        raise UnfaithfulError("it contains several plots, or several axes")
    marker = getattr(trace, "marker", None)
    for name, value in marker.to_plotly_json().items() if marker is not None else ():
        if name not in _MARKER and not _is_nothing(value):
            raise UnfaithfulError(f"its markers have {name!r}")
    if marker is not None and "pattern" in marker and marker.pattern.shape not in (None, ""):
        raise UnfaithfulError("it contains hatched bars")


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, (str, list, tuple, dict)) and not value)


def label(trace: Any) -> str | None:
    """What a legend calls a trace; None where it does not."""
    if not trace.name or (trace.showlegend is False and trace.legendgroup in (None, "")):
        return None
    return plain(trace.name, "its legend")


def colour(given: Any, default: str, way: Sequence[str]) -> tuple[Paint, float]:
    """A colour that is given as one, else another."""
    return paint(given if isinstance(given, str) else default, way)


def faded(*parts_of_it: float | None) -> dict[str, Any]:
    """The property of several opacities together."""
    opacity = math.prod(1.0 if part is None else float(part) for part in parts_of_it)
    return {} if opacity >= 1 else {"opacity": round(opacity, 4)}


def shades(holder: Any, layout: Any, values: Sequence[Any], low: Any, high: Any) -> Shades:
    """How numbers become colours: of a trace, or of the axis of colours that it shares."""
    from plotly import colors

    known = [value for value in values if value is not None and math.isfinite(value)]
    bar, scale, reverse, shown = holder.colorbar, holder.colorscale, None, holder.showscale
    reverse = holder.reversescale
    if holder.coloraxis is not None:
        axis = layout.coloraxis
        bar, scale, reverse, shown = (
            axis.colorbar,
            axis.colorscale,
            axis.reversescale,
            axis.showscale,
        )
        low, high = (axis.cmin if low is None else low), (axis.cmax if high is None else high)
        shown = shown is not False
    elif shown is None:
        shown = "z" in holder
    if scale is None:
        scale = layout.template.layout.colorscale.sequential or colors.get_colorscale("Plasma")
    stops = colors.sample_colorscale([list(stop) for stop in scale], [at / 16 for at in range(17)])
    found = tuple(drawn.paint(parts(stop)[0]).light for stop in stops)
    title = plain(bar.title.text, "the colour bar's title") if shown else None
    ends = float(min(known) if low is None else low), float(max(known) if high is None else high)
    if not known or ends[0] >= ends[1]:
        raise UnfaithfulError("its numbers become one colour")
    return Shades(*ends, tuple(reversed(found)) if reverse else found, title)


def width(places: Sequence[float]) -> float:
    """The room of a bar: the least distance of two."""
    different = sorted(set(places))
    gaps = [b - a for a, b in itertools.pairwise(different)]
    return min(gaps) if gaps else 1.0


def lines_across(layout: Any, x: Scale, y: Scale) -> list[Piece]:
    """`add_hline` and `add_vline`."""
    made = []
    for shape in layout.shapes:
        if shape.type != "line":
            raise UnfaithfulError(f"it contains a drawn {shape.type}")
        colour, alpha = paint(shape.line.color or "#444", ())
        props = {"strokeWidth": float(shape.line.width or 2), **faded(shape.opacity, alpha)}
        dash = DASHES.get(shape.line.dash or "solid")
        if shape.xref == "x domain" and shape.y0 == shape.y1:
            rows = [{"y": y.values([shape.y0])[0]}]
            made.append(Piece("rule", rows, colour, None, props, dash, x=False))
        elif shape.yref == "y domain" and shape.x0 == shape.x1:
            rows = [{"x": x.values([shape.x0])[0]}]
            made.append(Piece("rule", rows, colour, None, props, dash, y=False))
        else:
            raise UnfaithfulError("it contains a drawn line")
    return made
