"""Plotly's axes, colours and legends in our terms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from plotkit.runs.media.live import drawn
from plotkit.runs.media.live.drawn import Axis, Entry, Legend, Paint, Piece, UnfaithfulError

_AXIS = (
    "anchor", "automargin", "autorange", "autorangeoptions", "categoryorder", "categoryarray",
    "color", "constrain", "domain", "dtick", "fixedrange", "gridcolor", "gridwidth",
    "hoverformat", "layer", "linecolor", "linewidth", "mirror", "nticks", "range", "rangemode",
    "scaleanchor", "showgrid", "showline", "showspikes", "side", "tick0", "tickangle", "tickcolor",
    "tickfont", "tickformat", "ticklen", "tickmode", "ticks", "tickwidth", "title", "type",
    "visible", "zeroline", "zerolinecolor", "zerolinewidth", "showticklabels", "matches",
    "tickvals", "ticktext",
)  # fmt: skip
_DATE = re.compile(r"\d{4}-\d\d(-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?)?Z?")
_MARKUP = re.compile(r"</?(?:b|i|em|strong|span)(?:\s[^>]*)?>", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def plain(text: object, what: str) -> str:
    """A text without Plotly's markup for bold and the like.

    >>> plain("<b>Loss</b><br>by step", "its title")
    'Loss by step'
    """
    told = _MARKUP.sub("", _BREAK.sub(" ", "" if text is None else str(text)))
    if re.search(r"</?[a-z]+[^>]*>", told) or told.count("$") >= 2:
        raise UnfaithfulError(f"{what} holds a formula or markup")
    return told


def listed(values: Any) -> list[Any]:
    """A column of a trace as a plain list."""
    if values is None:
        return []
    return list(values.tolist() if hasattr(values, "tolist") else values)


class Scale:
    """An axis that turns what traces hold into values of rows.

    Attributes:
        kind: "linear", "log", "date" or "category".
        names: the categories in their order.
    """

    def __init__(self, channel: str, kind: str, names: Sequence[Any] = ()) -> None:
        self.channel, self.kind, self.names = channel, kind, list(names)
        self._place = {name: place for place, name in enumerate(self.names)}

    @classmethod
    def of(cls, axis: Any, channel: str, traces: Sequence[Any]) -> Scale:
        """The scale of an axis: what it says, else what its values are."""
        for name, value in axis.to_plotly_json().items():
            if name not in _AXIS and value not in (None, {}, []):
                raise UnfaithfulError(f"its {channel} axis has {name!r}")
        values = [v for trace in traces for v in listed(getattr(trace, channel)) if v is not None]
        kind = axis.type if axis.type not in (None, "-") else _kind(values)
        if kind not in ("linear", "log", "date", "category"):
            raise UnfaithfulError(f"its {channel} axis is one of {kind!r}")
        if kind != "category":
            return cls(channel, kind)
        names = list(dict.fromkeys(values))
        if axis.categoryorder == "array" or axis.categoryarray is not None:
            first = [name for name in listed(axis.categoryarray) if name in names]
            names = list(dict.fromkeys([*first, *names]))
        elif axis.categoryorder not in (None, "trace"):
            names = _ordered(names, axis.categoryorder, channel)
        return cls(channel, kind, names)

    def values(self, found: Any) -> list[Any]:
        """Values of rows: numbers, ms since 1970, places of categories; None for none."""
        held = listed(found)
        if self.kind == "category":
            return [self._place.get(value) for value in held]
        if self.kind == "date":
            return _milliseconds(held)
        made = [None if value is None else drawn.finite(float(value)) for value in held]
        return [v if v is None or v > 0 else None for v in made] if self.kind == "log" else made

    def axis(self, given: Any, pieces: Sequence[Piece]) -> Axis:
        """The axis as it is drawn, with `pieces` along it."""
        title = plain(given.title.text, f"the title of its {self.channel} axis")
        domain = self._domain(given, pieces)
        made = Axis(
            title,
            "temporal" if self.kind == "date" else "quantitative",
            domain,
            {"type": "log", "base": 10} if self.kind == "log" else None,
            shown=given.visible is not False,
            labels=given.showticklabels is not False,
        )
        if given.tickvals is not None and given.tickmode in (None, "array"):
            places = self.values(given.tickvals)
            texts = listed(given.ticktext) or listed(given.tickvals)
            pairs = zip(places, texts, strict=False)
            ticks = tuple((p, plain(text, "a tick")) for p, text in pairs if p is not None)
            return made._replace(ticks=ticks)
        if self.kind == "category":
            names = tuple((float(at), plain(name, "a tick")) for at, name in enumerate(self.names))
            return made._replace(ticks=names, named=True)
        return made

    def _domain(self, given: Any, pieces: Sequence[Piece]) -> tuple[float, float] | None:
        ends = listed(given.range)
        reverse = given.autorange in ("reversed", "min reversed", "max reversed")
        if len(ends) == 2 and None not in ends and given.autorange in (None, False):
            if self.kind == "log":
                return 10.0 ** ends[0], 10.0 ** ends[1]
            if self.kind == "category":
                return float(ends[0]), float(ends[1])
            low, high = self.values(ends)
            return low, high
        if self.kind == "category":
            whole = (-0.5, len(self.names) - 0.5)
            return (whole[1], whole[0]) if reverse else whole
        return _turned(pieces, self.channel) if reverse else None


def _turned(pieces: Sequence[Piece], channel: str) -> tuple[float, float] | None:
    """From the last value to the first."""
    keys = (channel, f"{channel}2")
    values = [row[key] for piece in pieces for row in piece.rows for key in keys if key in row]
    known = [value for value in values if value is not None]
    return (max(known), min(known)) if known else None


def _ordered(names: list[Any], order: str, channel: str) -> list[Any]:
    if order == "category ascending":
        return sorted(names, key=str)
    if order == "category descending":
        return sorted(names, key=str, reverse=True)
    raise UnfaithfulError(f"its {channel} axis is ordered by {order!r}")


def _kind(values: Sequence[Any]) -> str:
    """What Plotly takes values for."""
    import datetime as dt

    if not values:
        return "linear"
    if all(isinstance(value, (dt.date, dt.datetime)) or hasattr(value, "asm8") for value in values):
        return "date"
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return "linear"
    if all(isinstance(value, str) and _DATE.fullmatch(value) for value in values):
        return "date"
    return "category"


def _milliseconds(values: Sequence[Any]) -> list[float | None]:
    import numpy as np

    made: list[float | None] = []
    for value in values:
        if value is None:
            made.append(None)
            continue
        if isinstance(value, (int, float)):
            # NumPy times leave a trace as ns; anything else is ms, as Plotly reads it.
            made.append(float(value) / 1e6 if abs(value) > 1e16 else float(value))
            continue
        found = np.datetime64(str(value).replace("Z", "").replace("+00:00", ""), "us")
        made.append(None if np.isnat(found) else float(found.astype("int64")) / 1000)
    return made


# --- colours ------------------------------------------------------------------------------------


def paint(colour: str, colorway: Sequence[str]) -> tuple[Paint, float]:
    """A colour of CSS, and its opacity; those of the figure's own palette become ours."""
    rgb, alpha = parts(colour)
    for place, known in enumerate(colorway):
        if all(abs(a - b) < 0.003 for a, b in zip(rgb, parts(known)[0], strict=True)):
            ours = drawn.palette(place, rgb)
            if ours is not None:
                return ours, alpha
    return drawn.paint(rgb), alpha


def parts(colour: str) -> tuple[tuple[float, float, float], float]:
    """A colour of CSS in parts of 1, and its opacity.

    >>> parts("rgba(255, 0, 0, 0.5)")
    ((1.0, 0.0, 0.0), 0.5)
    """
    from PIL import ImageColor

    found = re.fullmatch(r"rgba?\(([^)]*)\)", colour.replace(" ", ""))
    if found is not None:
        numbers = [float(part) for part in found[1].split(",")]
        red, green, blue = (part / 255 for part in numbers[:3])
        return (red, green, blue), numbers[3] if len(numbers) > 3 else 1.0
    try:
        held = ImageColor.getrgb(colour)
    except ValueError as reason:
        raise UnfaithfulError(f"it has the colour {colour!r}") from reason
    red, green, blue = (part / 255 for part in held[:3])
    return (red, green, blue), held[3] / 255 if len(held) > 3 else 1.0


def colorway(layout: Any) -> list[str]:
    """The colours that traces get in their order."""
    own = layout.colorway or layout.template.layout.colorway
    return list(own) if own else ["#636efa", "#EF553B", "#00cc96", "#ab63fa", "#FFA15A"]


# --- legends ------------------------------------------------------------------------------------


def legend(traces: Sequence[Any], layout: Any, pieces: Sequence[Piece]) -> Legend | None:
    """The legend, where Plotly shows one."""
    told = [trace for trace in traces if trace.showlegend is not False and trace.name]
    several = len(traces) > 1 and len(told) > 0
    asked = layout.showlegend or (len(told) == 1 and traces[0].showlegend)
    if layout.showlegend is False or not (several or asked):
        return None
    entries: dict[str, Entry] = {}
    for piece in pieces:
        if piece.label is not None:
            entries.setdefault(piece.label, Entry(piece.label, piece.paint, piece.dash))
    names = list(dict.fromkeys(plain(trace.name, "its legend") for trace in told))
    if layout.legend.traceorder not in (None, "normal"):
        raise UnfaithfulError("its legend has an order of its own")
    kept = tuple(entries[name] for name in names if name in entries)
    return Legend(kept, plain(layout.legend.title.text, "its legend")) if kept else None
