"""Points in words: how many, of what, and whether one axis goes with the other."""

from __future__ import annotations

import re

from plotkit import trends, words
from plotkit.alt.reading import Axis, Chart, Row, axes, fragment, is_there

_STRONG, _MODERATE, _WEAK = 0.8, 0.5, 0.3  # of rank correlations
# How the statistic names the categories without a colour of their own.
_OTHERS = re.compile(r"other \(([\d,]+) categories\)")


def points(chart: Chart) -> list[str]:
    """The axes, the points and their categories, and the relation of the two numbers.

    Where marks stand for several points each, or an image for all of them, the rows say how many
    and how the two numbers go together.
    """
    voice = chart.voice
    counts = [count for count in chart.values(chart.field("points")) if is_there(count)]
    image = _image(chart)
    x, y = _axis(chart, "x", image), _axis(chart, "y", image)
    told = axes(x, y)
    fields = [chart.encoding[channel]["field"] for channel in ("x", "y")]
    pairs = list(zip(*map(chart.values, fields), strict=True))
    pairs = [pair for pair in pairs if all(map(is_there, pair))]
    count = image[chart.field("points")] if image else sum(counts) if counts else len(pairs)
    told.append(voice.say("points", count))
    told += categories(chart)
    if counts:
        known = [rho for rho in chart.values(chart.field("relation")) if is_there(rho)]
        told += _relation_of(known[0], voice) if known else []
    elif "text" not in (x.kind, y.kind) and len(pairs) > 2:
        rho = trends.rank_correlation([a for a, _ in pairs], [b for _, b in pairs])
        told += _relation_of(rho, voice) if rho is not None else []  # None: all on one line
    return told


def _image(chart: Chart) -> Row | None:
    """The row of the image that shows the density of all points, where there is one."""
    part = chart.field("part")
    return next((row for row in chart.rows if row.get(part) == "density"), None)


def _axis(chart: Chart, channel: str, image: Row | None) -> Axis:
    """The axis of all points, of which an image shows those from its first to its last."""
    if image is None:
        return chart.axis(channel)
    ends = [image[chart.encoding[channel]["field"]], image[chart.field(f"{channel}2")]]
    return Axis.of(chart.encoding[channel], ends, chart.voice)


def categories(chart: Chart) -> list[str]:
    """What colour and size say."""
    voice = chart.voice
    told = []
    for channel in ("color", "size"):
        if channel not in chart.encoding:
            continue
        axis = chart.axis(channel)
        if axis.kind == "text" and axis.values:
            names = _with_others(list(dict.fromkeys(map(str, axis.values))), chart)
            told.append(voice.say("categories", len(names), names=voice.names(names)))
        elif axis.values:
            said = voice.say(f"channel_{channel}", title=axis.title, range=axis.range())
            told.append(fragment(said, voice))
    return told


def _with_others(names: list[str], chart: Chart) -> list[str]:
    """The categories, one without a name for each that only the rest stands for."""
    rest = chart.field("rest")
    marked = any(row.get(rest) for row in chart.rows) or _image(chart) is not None
    found = _OTHERS.match(names[-1]) if marked else None
    if found is None:
        return names
    others = int(found[1].replace(",", ""))
    return names[:-1] + [""] * others


def _relation_of(rho: float, voice: words.Voice) -> list[str]:
    value = voice.number(round(rho, 2) or rho)
    if abs(rho) < _WEAK:
        return [voice.say("relation_none", value=value)]
    size = abs(rho)
    strength = "strong" if size >= _STRONG else "moderate" if size >= _MODERATE else "weak"
    form = "relation_up" if rho > 0 else "relation_down"
    return [voice.say(form, strength=voice.say(strength), value=value)]
