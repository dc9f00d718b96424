"""Points in words: how many, of what, and whether one axis goes with the other."""

from __future__ import annotations

from collections.abc import Sequence

from plotkit import trends, words
from plotkit.alt.reading import Chart, axes, fragment, is_there

_STRONG, _MODERATE, _WEAK = 0.8, 0.5, 0.3  # of rank correlations


def points(chart: Chart) -> list[str]:
    """The axes, the points and their categories, and the relation of the two numbers."""
    voice = chart.voice
    x, y = chart.axis("x"), chart.axis("y")
    told = axes(x, y)
    fields = [chart.encoding[channel]["field"] for channel in ("x", "y")]
    pairs = list(zip(*map(chart.values, fields), strict=True))
    pairs = [pair for pair in pairs if all(map(is_there, pair))]
    told.append(voice.say("points", len(pairs)))
    told += categories(chart)
    if "text" not in (x.kind, y.kind) and len(pairs) > 2:
        told += _relation([a for a, _ in pairs], [b for _, b in pairs], voice)
    return told


def categories(chart: Chart) -> list[str]:
    """What colour and size say."""
    voice = chart.voice
    told = []
    for channel in ("color", "size"):
        if channel not in chart.encoding:
            continue
        axis = chart.axis(channel)
        if axis.kind == "text" and axis.values:
            names = list(dict.fromkeys(map(str, axis.values)))
            told.append(voice.say("categories", len(names), names=voice.names(names)))
        elif axis.values:
            said = voice.say(f"channel_{channel}", title=axis.title, range=axis.range())
            told.append(fragment(said, voice))
    return told


def _relation(x: Sequence[float], y: Sequence[float], voice: words.Voice) -> list[str]:
    rho = trends.rank_correlation(x, y)
    if rho is None:
        return []  # all on one line across the picture; the axis says so
    value = voice.number(round(rho, 2) or rho)
    if abs(rho) < _WEAK:
        return [voice.say("relation_none", value=value)]
    size = abs(rho)
    strength = "strong" if size >= _STRONG else "moderate" if size >= _MODERATE else "weak"
    form = "relation_up" if rho > 0 else "relation_down"
    return [voice.say(form, strength=voice.say(strength), value=value)]
