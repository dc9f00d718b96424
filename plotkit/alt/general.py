"""Any chart in words: the ranges of what is encoded as it is, and the number of rows."""

from __future__ import annotations

from plotkit.alt.points import categories
from plotkit.alt.reading import Axis, Chart, axes, is_plain, keeps_rows


def general(chart: Chart) -> list[str]:
    """What can be said of any rows: their number, and the ranges of what is encoded as it is."""
    told = []
    sides = [
        chart.axis(channel)
        if channel in chart.encoding and is_plain(chart.encoding[channel])
        else Axis.of({}, (), chart.voice)
        for channel in ("x", "y")
    ]
    if keeps_rows(chart.spec):
        told += axes(*sides)
        if "color" in chart.encoding and is_plain(chart.encoding["color"]):
            told += categories(chart)
    return [*told, chart.voice.say("rows", len(chart.rows) if chart.total is None else chart.total)]
