"""Points in words: how many, of what, and whether one axis goes with the other."""

from __future__ import annotations

from typing import Any

from plotkit import trends, words
from plotkit.alt.general import categories, general
from plotkit.alt.reading import Axis, Chart, Row, axes, is_there

_STRONG, _MODERATE, _WEAK = 0.8, 0.5, 0.3  # of rank correlations


def points(chart: Chart) -> list[str]:
    """The axes, the points and their categories, and the relation of the two numbers.

    Where marks stand for several points each, or an image for all of them, the rows say how many
    and how the two numbers go together.
    """
    if not chart.draws_rows():
        return general(chart)
    voice = chart.voice
    counts = [count for count in chart.values(chart.made("points")) if is_there(count)]
    image = chart.image()
    x, y = _axis(chart, "x", image), _axis(chart, "y", image)
    told = axes(x, y)
    fields = _fields(chart)
    held: list[list[Any]] = [[row.get(field) for field in fields] for row in chart.rows]
    places = [place for place in held if all(map(is_there, place))]
    count = image[chart.made("points")] if image else sum(counts) if counts else len(places)
    told.append(voice.say("points", count))
    told += categories(chart)
    if len(fields) < 2:  # the points lie on a line, or where nothing in the rows says
        return told
    if counts:
        known = [rho for rho in chart.values(chart.made("relation")) if is_there(rho)]
        told += _relation_of(known[0], voice) if known else []
    elif "text" not in (x.kind, y.kind) and len(places) > 2:
        rho = trends.rank_correlation([a for a, _ in places], [b for _, b in places])
        told += _relation_of(rho, voice) if rho is not None else []  # None: all on one line
    return told


def _fields(chart: Chart) -> list[str]:
    """The fields of the two axes, but for an axis without one or with one that no row has."""
    found = [str(chart.encoding[c]["field"]) for c in ("x", "y") if c in chart.encoding]
    return [field for field in found if any(field in row for row in chart.rows)]


def _axis(chart: Chart, channel: str, image: Row | None) -> Axis:
    """The axis of all points, of which an image shows those from its first to its last."""
    if image is None:
        return chart.axis(channel)
    for name in ("x", "y"):
        first, last = chart.field(name), chart.field(f"{name}2")
        if chart.shows(channel, first):
            ends = [image.get(first), image.get(last)]
            return Axis.of(chart.encoding[channel], ends, chart.voice)
    return chart.axis(channel)


def _relation_of(rho: float, voice: words.Voice) -> list[str]:
    value = voice.number(round(rho, 2) or rho)
    if abs(rho) < _WEAK:
        return [voice.say("relation_none", value=value)]
    size = abs(rho)
    strength = "strong" if size >= _STRONG else "moderate" if size >= _MODERATE else "weak"
    form = "relation_up" if rho > 0 else "relation_down"
    return [voice.say(form, strength=voice.say(strength), value=value)]
