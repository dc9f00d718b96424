"""The channels of a plot's layers: positions and their axes, colours and their legend, tooltips."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from plotkit.runs.media.live.drawn import Axis, Entry, Piece, Plot, Shades
from plotkit.text import clean
from plotkit.text import width as text_width

_ROOM = 560.0  # px that a legend may take in one row
_LINE = "M-1,0L4,0"  # a legend's stroke, as in our own line charts
_SOLID = [1, 0]


def named(plot: Plot, row: Mapping[str, Any]) -> dict[str, Any]:
    """What stands at a row's place, where an axis names its places."""
    made = {}
    for channel, axis in (("x", plot.x), ("y", plot.y)):
        if axis.named and axis.ticks is not None and row.get(channel) is not None:
            place = (row[channel] + row.get(f"{channel}2", row[channel])) / 2
            near = min(axis.ticks, key=lambda tick: abs(tick[0] - place), default=None)
            if near is not None and abs(near[0] - place) < 0.5:
                made[f"{channel}_name"] = near[1]
    return made


def positions(plot: Plot, piece: Piece) -> dict[str, Any]:
    """Where the marks of a piece stand, with the axes."""
    made: dict[str, Any] = {}
    swapped = any(p.kind == "bar" for p in plot.pieces) and plot.y.ticks is not None
    grids = (swapped, not swapped) if plot.x.ticks is None else (False, True)
    first = piece.rows[0] if piece.rows else {}
    for channel, axis, grid in (("x", plot.x, grids[0]), ("y", plot.y, grids[1])):
        if not getattr(piece, channel):
            continue
        made[channel] = _position(axis, channel, grid, plot.size, plot.alone)
        if f"{channel}2" in first:
            made[f"{channel}2"] = {"field": f"{channel}2"}
    return made


def _position(
    axis: Axis, channel: str, grid: bool, size: tuple[float, float], alone: bool
) -> dict[str, Any]:
    scale: dict[str, Any] = {**(axis.scale or {}), "zero": False, "nice": axis.domain is None}
    if axis.type == "temporal":
        scale = {"type": "utc", "nice": False}
    if axis.domain is not None:
        scale["domain"] = sorted(axis.domain)
        if axis.domain[0] > axis.domain[1]:
            scale["reverse"] = True
    made = {"field": channel, "type": axis.type, "title": axis.title or None, "scale": scale}
    if not axis.shown:
        return {**made, "axis": None}
    own: dict[str, Any] = {"grid": grid}
    if not alone:  # the theme counts ticks by the size of a whole figure
        own["tickCount"] = max(2, round(size[0] / 70 if channel == "x" else size[1] / 50))
    if scale.get("type") == "log" and axis.domain is not None:
        own |= _decades(axis.domain, scale["base"])
    if axis.whole:
        own["tickMinStep"] = 1
    if axis.ticks is not None:
        own |= _ticks(axis, channel, size)
    if not axis.labels:
        own |= {"labels": False, "ticks": False}
    return {**made, "axis": own}


def _decades(domain: tuple[float, float], base: float) -> dict[str, Any]:
    """Ticks at powers, where there are enough of them."""
    low, high = (math.log(end, base) for end in sorted(domain))
    powers = range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)
    if len(powers) < 2:
        return {}
    every = max(1, math.ceil(len(powers) / 8))
    values = [base**power for power in powers[::every]]
    return {"values": values, "tickCount": len(values)}


def _ticks(axis: Axis, channel: str, size: tuple[float, float]) -> dict[str, Any]:
    """Ticks at given places, with given texts."""
    assert axis.ticks is not None
    values, texts = [place for place, _ in axis.ticks], [clean(text) for _, text in axis.ticks]
    own: dict[str, Any] = {"values": values, "tickCount": max(len(values), 1)}
    own |= {"labelFlush": False, "labelOverlap": False}
    # Texts stand in the expression as JSON, whose strings are those of Vega's expressions.
    own["labelExpr"] = f"{json.dumps(texts)}[indexof({json.dumps(values)},datum.value)]"
    angle = axis.angle
    if channel == "x":
        room = sum(text_width(text, 11.5) + 10 for text in texts)
        if not angle and room > size[0]:
            angle = -40.0
        if angle:
            align = "right" if angle < 0 else "left"
            own |= {"labelAngle": angle, "labelAlign": align, "labelBaseline": "top"}
            if abs(angle) > 80:
                own["labelBaseline"] = "middle"
    return own


def _entries(plot: Plot, names: Sequence[str | None]) -> dict[str, Entry]:
    """Every series; the legend's rows come first, in its order."""
    entries = {entry.label: entry for entry in (plot.legend.entries if plot.legend else ())}
    for piece, name in zip(plot.pieces, names, strict=True):
        if name is not None and (name not in entries or piece.dash is not None):
            entries[name] = Entry(name, piece.paint, piece.dash)
    return entries


def coloured(plot: Plot, names: Sequence[str | None], dashed: bool) -> dict[str, Any]:
    """Colour, and for lines dashes, by series."""
    entries = _entries(plot, names)
    paints = [entry.paint for entry in entries.values()]
    scale: dict[str, Any] = {"domain": list(entries)}
    if [found.place for found in paints] != list(range(len(paints))):
        scale["range"] = paints
    legend = _legend(plot, names)
    made = {
        "color": {
            "field": "series",
            "type": "nominal",
            "title": (plot.legend.title if plot.legend else "") or None,
            "scale": scale,
            "legend": legend,
        }
    }
    if dashed and any(entry.dash for entry in entries.values()):
        dashes = [list(entry.dash or _SOLID) for entry in entries.values()]
        made["strokeDash"] = {
            **made["color"],
            "scale": {"domain": list(entries), "range": dashes},
        }
    return made


def _legend(plot: Plot, names: Sequence[str | None]) -> dict[str, Any] | None:
    if plot.legend is None:
        return None
    labels = [entry.label for entry in plot.legend.entries]
    made: dict[str, Any] = {"values": labels, "columns": _columns(labels, plot.size[0])}
    made |= {"symbolOpacity": 1, "symbolSize": 100, "symbolStrokeWidth": 2.2}
    symbols = _symbols(plot, names)
    if len(set(symbols.values())) == 1:
        made["symbolType"] = next(iter(symbols.values()))
    return {**made, "labelOffset": 22} if _LINE in symbols.values() else made


def _symbols(plot: Plot, names: Sequence[str | None]) -> dict[str, str]:
    """What stands for each series in a legend: a stroke, a square, or its marker."""
    made: dict[str, str] = {}
    named = list(zip(plot.pieces, names, strict=True))
    strokes = {name for piece, name in named if piece.dash is not None}
    for piece, name in named:
        if name is None:
            continue
        if piece.kind == "points":
            marker = str(piece.props.get("shape", "circle"))
            dashed = made.get(name) == _LINE and name in strokes
            if name not in made or not (marker.startswith("M") or dashed):  # a cap is no marker
                made[name] = marker
        else:
            made.setdefault(name, _LINE if piece.kind in ("line", "rule") else "square")
            if piece.props.get("filled") and piece.kind == "line":
                made[name] = "square"
    for entry in plot.legend.entries if plot.legend is not None else ():
        made.setdefault(entry.label, _LINE if entry.dash is not None else "circle")
    return made


def is_mixed(plot: Plot, names: Sequence[str | None], layers: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a legend needs a layer of its own, as the others cannot give it all its symbols."""
    if not any(layer["encoding"].get("color", {}).get("field") == "series" for layer in layers):
        return True
    return len(set(_symbols(plot, names).values())) > 1


def legend_layer(plot: Plot, names: Sequence[str | None]) -> dict[str, Any]:
    """A layer without rows, from which a legend takes its symbols."""
    symbols = _symbols(plot, names)
    encoding = coloured(plot, names, True)
    order = encoding["color"]["scale"]["domain"]
    scale = {"domain": order, "range": [symbols[name] for name in order]}
    encoding["shape"] = {**encoding["color"], "scale": scale}
    mark = {"type": "point", "filled": True}
    return {"data": {"values": []}, "mark": mark, "encoding": encoding}


def _columns(labels: Sequence[str], width: float) -> int:
    """How many rows of a legend stand beside each other."""
    room = min(width, _ROOM + 80) - 60
    for columns in range(len(labels), 1, -1):
        lines = [labels[at : at + columns] for at in range(0, len(labels), columns)]
        widest = [
            max(text_width(line[at], 11.5) for line in lines if at < len(line))
            for at in range(columns)
        ]
        if sum(widest) + columns * 44 <= room:
            return columns
    return 1


def shaded(shades: Shades) -> dict[str, Any]:
    """Colours that stand for numbers, with their legend where there is one."""
    scale = {
        "type": shades.type,
        "domain": [shades.low, shades.high],
        "range": list(shades.colours),
    }
    made: dict[str, Any] = {"field": "shade", "type": "quantitative", "scale": scale}
    if shades.title is None:
        return {**made, "legend": None}
    legend = {"orient": "right", "direction": "vertical", "titleOrient": "top", "offset": 18}
    return {**made, "title": shades.title or None, "legend": {**legend, "gradientLength": 200}}


def tooltip(plot: Plot, piece: Piece, name: str | None) -> list[dict[str, Any]]:
    """What is said of a mark that is pointed at."""
    first = piece.rows[0] if piece.rows else {}
    told = [] if name is None else [{"field": "series", "type": "nominal", "title": "Series"}]
    for channel, axis in (("x", plot.x), ("y", plot.y)):
        title = axis.title or channel
        if f"{channel}_name" in first:
            told.append({"field": f"{channel}_name", "type": "nominal", "title": title})
        elif piece.value == channel:
            told.append({"field": "value", "type": "quantitative", "title": title})
        elif getattr(piece, channel):
            told.append({"field": channel, "type": axis.type, "title": title})
            if f"{channel}2" in first:
                end = {"field": f"{channel}2", "type": axis.type, "title": f"{title} (end)"}
                told.append(end)
    for part in told:
        if part["type"] == "temporal":
            part["timeUnit"] = "utcyearmonthdatehoursminutesseconds"
    if piece.shades is not None:
        told.append(
            {"field": "shade", "type": "quantitative", "title": piece.shades.title or "value"}
        )
    return told
