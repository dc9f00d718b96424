"""What a figure of another library shows, in shapes that all of them are read into.

A `Plot` holds an axes' `Piece`s in the order in which they are drawn; `spec.compose` makes a chart
of plots.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from plotkit import theme

WIDTH, HEIGHT = 640.0, 400.0  # px of a figure with one plot
_INK = ("#16191d", "#e8ebee")
_PAPER = ("#ffffff", "#14171a")
_LEAST_CONTRAST = 3.0


class UnfaithfulError(Exception):
    """A figure holds something that a live chart would not show as it is; the text says what."""


class Paint(NamedTuple):
    """A colour in the light and in the dark theme, and its place in our palette if it has one."""

    light: str
    dark: str
    place: int | None = None
    own: str = ""  # what it was before it became ours


class Entry(NamedTuple):
    """A row of a legend."""

    label: str
    paint: Paint
    dash: tuple[float, ...] | None = None


class Axis(NamedTuple):
    """An axis: where it goes from and to, and what stands along it.

    `ticks` are positions with their texts; None leaves both to the theme.
    """

    title: str = ""
    type: str = "quantitative"  # or "temporal", in ms since 1970 (UTC)
    domain: tuple[float, float] | None = None
    scale: Mapping[str, Any] | None = None  # of Vega-Lite: type, base, constant
    ticks: tuple[tuple[float, str], ...] | None = None
    angle: float = 0.0  # of the texts, as Vega counts
    labels: bool = True
    shown: bool = True
    whole: bool = False  # ticks at whole numbers only
    named: bool = False  # the texts are the names of what stands there


class Legend(NamedTuple):
    """A legend's title, and its rows."""

    entries: tuple[Entry, ...]
    title: str = ""


class Shades(NamedTuple):
    """How numbers become colours: the ends, the colours between, and what a legend calls them."""

    low: float
    high: float
    colours: tuple[str, ...]
    title: str | None = None  # None: without a legend
    type: str = "linear"


@dataclass
class Piece:
    """Marks of one kind and one look.

    `kind` is "line", "area", "bar", "points", "rule" or "text". `rows` hold x, y and, where marks
    reach from one place to another, x2, y2; also size (px squared), shade (a number), colour (as
    a text of CSS), text. `props` go to the mark as they are.
    """

    kind: str
    rows: list[dict[str, Any]]
    paint: Paint
    label: str | None = None
    props: dict[str, Any] = field(default_factory=dict)
    dash: tuple[float, ...] | None = None
    shades: Shades | None = None
    x: bool = True  # a rule without an x goes all the way across
    y: bool = True
    value: str = ""  # the channel whose length a bar's row tells as "value"


class Plot(NamedTuple):
    """One axes."""

    x: Axis
    y: Axis
    pieces: tuple[Piece, ...]
    title: str = ""
    legend: Legend | None = None
    size: tuple[float, float] = (WIDTH, HEIGHT)
    square: bool = False
    alone: bool = True  # not one of several in a figure


class Drawn(NamedTuple):
    """A spec, the places in it that differ in the dark theme, and how many marks it draws."""

    spec: dict[str, Any]
    dark: dict[str, Any]
    marks: int


@cache
def _palettes() -> tuple[tuple[str, ...], tuple[str, ...]]:
    light, dark = (tuple(theme.config(name)["range"]["category"]) for name in ("light", "dark"))
    return light, dark


def palette(place: int, own: Sequence[float]) -> Paint | None:
    """The colour of our own palette for one at a place of another's; None past our end."""
    light, dark = _palettes()
    return Paint(light[place], dark[place], place, _hex(own)) if place < len(light) else None


def settled(found: Paint, taken: int) -> Paint:
    """The same colour where it is one of the first that a palette hands out, else its own.

    Who takes the fourth colour of a palette without the third wants that colour.
    """
    if found.place is None or found.place < taken:
        return found
    return paint(_parts(found.own))


def paint(rgb: Sequence[float]) -> Paint:
    """A colour that somebody chose, in parts of 1; for dark paper lighter where it must be.

    >>> paint((1, 0, 0)), paint((0, 0, 0)).dark
    (Paint(light='#ff0000', dark='#ff0000', place=None, own=''), '#e8ebee')
    """
    light = _hex(rgb)
    if max(rgb[:3]) < 0.25 and max(rgb[:3]) - min(rgb[:3]) < 0.08:
        return Paint(light, _INK[1])
    if min(rgb[:3]) > 0.985:
        return Paint(light, _PAPER[1])
    made = list(rgb[:3])
    while _contrast(made, _parts(_PAPER[1])) < _LEAST_CONTRAST:
        made = [part + (1 - part) * 0.08 for part in made]
    return Paint(light, _hex(made))


INK = Paint(*_INK)


def _hex(rgb: Sequence[float]) -> str:
    return "#" + "".join(f"{round(min(max(part, 0.0), 1.0) * 255):02x}" for part in rgb[:3])


def _parts(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def _contrast(a: Sequence[float], b: Sequence[float]) -> float:
    """The contrast of two colours, 1 to 21, as WCAG counts it."""
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(rgb: Sequence[float]) -> float:
    parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in rgb[:3]]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def finite(value: float) -> float | None:
    """A number that JSON can hold; None stands for a gap."""
    return value if math.isfinite(value) else None
