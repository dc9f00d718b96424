"""Plots as one Vega-Lite spec in our own look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from plotkit.runs.media.live import channels
from plotkit.runs.media.live.drawn import INK, Drawn, Legend, Paint, Piece, Plot

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_SCALES = ("color", "strokeDash", "shape")
_SMALLEST, _GAP = 130.0, 76.0  # px of a plot in a grid, and what its axis takes beside it


def compose(
    grid: Sequence[Sequence[Plot | None]], title: str = "", legend: Legend | None = None
) -> Drawn:
    """One spec of plots in rows and columns; `legend` is one for all of them."""
    plots = [plot for row in grid for plot in row if plot is not None]
    marks = sum(_count(piece) for plot in plots for piece in plot.pieces)
    dark: dict[str, Any] = {}
    if len(plots) == 1:
        made = _single(plots[0]._replace(legend=plots[0].legend or legend), title, dark)
    else:
        made = _several(grid, title, legend, dark)
    return Drawn({"$schema": SCHEMA, **made}, dark, marks)


def _single(plot: Plot, title: str, dark: dict[str, Any]) -> dict[str, Any]:
    return {
        **_heading(*[text for text in (title, plot.title) if text]),
        "width": plot.size[0],
        "height": plot.size[1],
        "autosize": {"type": "pad"} if plot.square else {"type": "fit", "contains": "padding"},
        **_view(plot, "", dark),
    }


def _several(
    grid: Sequence[Sequence[Plot | None]], title: str, legend: Legend | None, dark: dict[str, Any]
) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    apart = {part: dict.fromkeys(_SCALES, "independent") for part in ("scale", "legend")}
    for given in grid:
        plots = [plot for plot in given if plot is not None]
        titled = any(plot.y.title for plot in plots)
        views: list[dict[str, Any]] = []
        for plot in plots:
            if legend is not None and not (rows or views):
                plot = plot._replace(legend=legend)
            if titled and not plot.y.title:  # so that all of a row begin at one height
                plot = plot._replace(y=plot.y._replace(title=" "))
            pointer = f"/vconcat/{len(rows)}/hconcat/{len(views)}"
            views.append(_part(plot, pointer, dark))
        if views:
            rows.append({"hconcat": views, "spacing": 28, "resolve": apart})
    return {
        **_heading(title),
        "autosize": {"type": "pad"},
        "vconcat": rows,
        "spacing": 28,
        "resolve": apart,
    }


def _part(plot: Plot, pointer: str, dark: dict[str, Any]) -> dict[str, Any]:
    head = {"title": {"text": plot.title, "fontSize": 13}} if plot.title else {}
    size = {"width": plot.size[0], "height": plot.size[1]}
    return {**head, **size, **_view(plot, pointer, dark, controls=False)}


def _heading(text: str = "", subtitle: str = "") -> dict[str, Any]:
    """A title, which takes no room where there is none."""
    return {"title": {"text": text, "subtitle": subtitle}} if text else {}


def cell(width: float, height: float, columns: int) -> tuple[float, float]:
    """The px of a plot in a grid that many columns wide, from its share of a figure in inches."""
    wide = max((900.0 - columns * _GAP) / columns, _SMALLEST)
    return round(wide), round(max(wide * height / width, _SMALLEST * 0.7))


def _count(piece: Piece) -> int:
    """The marks that a piece draws for certain."""
    if piece.kind in ("line", "area"):
        return 1 if piece.rows else 0
    return len(piece.rows)


def _view(plot: Plot, at: str, dark: dict[str, Any], *, controls: bool = True) -> dict[str, Any]:
    """A plot as a view: its rows, and a layer for each run of pieces that look alike."""
    names = _series(plot)
    groups = [list(found) for _, found in groupby(zip(plot.pieces, names, strict=True), key=_alike)]
    rows: list[dict[str, Any]] = []
    layers: list[dict[str, Any]] = []
    for number, group in enumerate(groups):
        apart = _are_apart(group)
        for piece, name in group:
            also: dict[str, Any] = {} if name is None else {"series": name}
            if len(groups) > 1:
                also["part"] = number
            if apart:
                also["line"] = len(rows)
            rows += [{**row, **channels.named(plot, row), **also} for row in piece.rows]
        layers.append(_layer(plot, group, names, number, len(groups), controls))
    if not layers:
        layers = [_empty(plot)]
    if plot.legend is not None and channels.is_mixed(plot, names, layers):
        layers.append(channels.legend_layer(plot, names))
    if controls:
        layers[0]["params"] = _controls(plot, layers)
    view: dict[str, Any] = {"data": {"values": rows}}
    if len(layers) == 1:
        _note_dark(layers[0], at, dark)
        return {**view, **{k: v for k, v in layers[0].items() if k != "name"}}
    for number, layer in enumerate(layers):
        _note_dark(layer, f"{at}/layer/{number}", dark)
    return {**view, "layer": layers}


def _series(plot: Plot) -> list[str | None]:
    """The series of each piece: its label; those of one label that look different are numbered."""
    seen: dict[str, list[Any]] = {}
    names: list[str | None] = []
    for piece in plot.pieces:
        if piece.label is None:
            names.append(None)
            continue
        looks = seen.setdefault(piece.label, [])
        if piece.paint not in looks:
            looks.append(piece.paint)
        place = looks.index(piece.paint)
        names.append(piece.label if place == 0 else f"{piece.label} ({place + 1})")
    return names


def _alike(found: tuple[Piece, str | None]) -> Any:
    """The same for pieces that one layer can draw."""
    piece, name = found
    own = (None, None) if name is not None else (piece.paint, piece.dash)
    scales = (piece.shades, any("colour" in row for row in piece.rows[:1]))
    sized = any("size" in row for row in piece.rows[:1])
    props = tuple(sorted(piece.props.items(), key=lambda pair: pair[0]))
    return (piece.kind, name is not None, own, repr(props), scales, sized, piece.x, piece.y)


def _are_apart(group: Sequence[tuple[Piece, str | None]]) -> bool:
    """Whether a layer has lines that nothing but their place in the rows tells apart."""
    names = [name for _, name in group]
    return group[0][0].kind in ("line", "area") and len(set(names)) < len(names)


_MARKS = {"points": "point", "bar": "bar", "line": "line", "area": "area", "rule": "rule"}


def _layer(
    plot: Plot, group: Sequence[tuple[Piece, str | None]], names: Sequence[str | None],
    number: int, count: int, controls: bool,
) -> dict[str, Any]:  # fmt: skip
    piece, name = group[0]
    props = dict(piece.props)
    opacity = props.pop("opacity", 1.0)
    kind = "rect" if props.pop("rect", False) else _MARKS.get(piece.kind, piece.kind)
    binned = props.pop("binned", False)
    mark = {"type": kind, **props, "clip": _is_cut(plot, group) or (_ZOOMED if controls else False)}
    encoding = channels.positions(plot, piece)
    if binned:
        channel = "x" if props["orient"] == "vertical" else "y"
        encoding[channel]["bin"] = "binned"
    if piece.kind == "line":
        encoding["order"] = {"value": None}  # as they come, also where a line goes back
    if _are_apart(group):
        encoding["detail"] = {"field": "line", "type": "nominal"}
    if piece.kind == "text":
        encoding["text"] = {"field": "text", "type": "nominal"}
    if any("size" in row for row in piece.rows[:1]):
        encoding["size"] = {"field": "size", "type": "quantitative", "scale": None, "legend": None}
    if piece.shades is not None:
        encoding["color"] = channels.shaded(piece.shades)
    elif any("colour" in row for row in piece.rows[:1]):
        encoding["color"] = {"field": "colour", "type": "nominal", "scale": None}
    elif name is not None:
        encoding |= channels.coloured(plot, names, piece.kind == "line")
    else:
        if piece.paint.place != 0 or piece.kind in ("rule", "text"):
            mark["color"] = piece.paint
        if piece.dash is not None:
            mark["strokeDash"] = list(piece.dash)
    if name is not None and "color" in encoding and controls and _picks(plot, names):
        condition = {"param": "pick", "value": opacity}
        encoding["opacity"] = {"condition": condition, "value": round(opacity * 0.15, 4)}
    elif opacity != 1.0 or piece.kind == "points":  # to Vega-Lite points are half seen through
        mark["opacity"] = opacity
    if piece.kind != "text":
        encoding["tooltip"] = channels.tooltip(plot, piece, name)
    layer: dict[str, Any] = {"name": "main" if number == 0 else f"layer {number}"}
    if count > 1:
        layer["transform"] = [{"filter": f"datum.part==={number}"}]
    return {**layer, "mark": mark, "encoding": encoding}


def _picks(plot: Plot, names: Sequence[str | None]) -> bool:
    """Whether a click on a row of the legend can mean something."""
    return plot.legend is not None and len({name for name in names if name is not None}) > 1


def _controls(plot: Plot, layers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [{"name": "zoom", "select": "interval", "bind": "scales"}]
    if any("condition" in layer["encoding"].get("opacity", {}) for layer in layers):
        select = {"type": "point", "fields": ["series"], "toggle": "true"}
        made.append({"name": "pick", "select": select, "bind": "legend"})
    return made


_ZOOMED = {"expr": "isDefined(zoom.x)||isDefined(zoom.y)"}


def _is_cut(plot: Plot, group: Sequence[tuple[Piece, str | None]]) -> bool:
    """Whether marks reach beyond the plot's edge, and end there."""
    for channel, axis in (("x", plot.x), ("y", plot.y)):
        if axis.domain is None:
            continue
        low, high = sorted(axis.domain)
        for piece, _ in group:
            for row in piece.rows:
                for key in (channel, f"{channel}2"):
                    value = row.get(key)
                    if isinstance(value, (int, float)) and not low <= value <= high:
                        return True
    return False


def _empty(plot: Plot) -> dict[str, Any]:
    """An axes without anything on it."""
    return {"mark": "point", "encoding": channels.positions(plot, Piece("points", [], INK))}


def _note_dark(node: Any, at: str, dark: dict[str, Any]) -> None:
    """Write every `Paint` as its light colour, and note where the dark one goes."""
    for key, value in list(node.items()) if isinstance(node, dict) else list(enumerate(node)):
        if isinstance(value, Paint):
            node[key] = value.light
            if value.dark != value.light:
                dark[f"{at}/{key}"] = value.dark
        elif key == "range" and value and isinstance(value, list) and isinstance(value[0], Paint):
            node[key] = [found.light for found in value]
            dark[f"{at}/{key}"] = [found.dark for found in value]
        elif isinstance(value, (dict, list)) and key != "data":
            _note_dark(value, f"{at}/{key}", dark)
