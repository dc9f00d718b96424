"""Any chart in words: the ranges of what is encoded as it is, and the number of rows."""

from __future__ import annotations

import re

from plotkit.alt.reading import Axis, Chart, axes, fragment, is_plain, keeps_rows

# How the statistic names the categories without a colour of their own.
_OTHERS = re.compile(r"other \(([\d,]+) categories\)")


def general(chart: Chart) -> list[str]:
    """What can be said of any rows: their number, and the ranges of what is encoded as it is."""
    told = []
    if keeps_rows(chart.spec):
        told += axes(_axis(chart, "x"), _axis(chart, "y"))
        if "color" in chart.encoding and is_plain(chart.encoding["color"]):
            told += categories(chart)
    return [*told, chart.voice.say("rows", len(chart.rows) if chart.total is None else chart.total)]


def _axis(chart: Chart, channel: str) -> Axis:
    """An axis; where marks reach from one field to another, that of both."""
    axis, end = chart.axis(channel), chart.encoding.get(f"{channel}2")
    if not axis.values or end is None or not is_plain(end):
        return axis
    values = [*axis.values, *chart.values(str(end["field"]))]
    return Axis.of(chart.encoding[channel], values, chart.voice)


def categories(chart: Chart) -> list[str]:
    """What colour and size say."""
    voice = chart.voice
    told = []
    for channel in ("color", "size"):
        axis = chart.axis(channel)
        if axis.kind == "text" and axis.values:
            names = _with_others(list(dict.fromkeys(map(str, axis.values))), chart)
            told.append(voice.say("categories", len(names), names=voice.names(names)))
        elif axis.values:
            slots = {"title": axis.title, "range": axis.range()}
            form = f"channel_{channel}" if axis.title else f"channel_{channel}_untitled"
            told.append(fragment(voice.say(form, **slots), voice))
    return told


def _with_others(names: list[str], chart: Chart) -> list[str]:
    """The categories, one without a name for each that only the rest stands for."""
    rest = chart.made("rest")
    marked = any(row.get(rest) for row in chart.rows) or chart.image() is not None
    found = _OTHERS.match(names[-1]) if marked else None
    if found is None:
        return names
    others = int(found[1].replace(",", ""))
    return names[:-1] + [""] * others
