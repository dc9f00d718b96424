"""Bars in words: how many, the largest and the smallest."""

from __future__ import annotations

from collections.abc import Sequence

from plotkit import words
from plotkit.alt.general import categories, general
from plotkit.alt.reading import (
    Chart,
    Row,
    axes,
    extent_of,
    is_number,
    is_there,
    title_of_channel,
)


def bars(chart: Chart) -> list[str]:
    """Bars of the statistic: a label, a value, and maybe a group."""
    value = chart.field("value")
    if not (chart.shows("x", value) or chart.shows("y", value)):
        count = chart.voice.say("bars", len(chart.rows))
        told = axes(chart.axis("x"), chart.axis("y")) + categories(chart)
        return [*told, chart.voice.say("bars_alone", bars=count)]
    return _told_bars(chart, chart.field("label"), value, chart.field("group"))


def bars_of_mark(chart: Chart) -> list[str]:
    """Bars of the rows as they are: one axis with names, one with numbers."""
    along = [c for c in ("x", "y") if chart.axis(c).kind == "text"]
    if len(along) != 1:
        return general(chart)
    label, value = along[0], "y" if along[0] == "x" else "x"
    if chart.axis(value).kind != "number" or f"{value}2" in chart.encoding:
        return general(chart)  # from one value to another, as times are
    group = chart.encoding.get("color", {}).get("field", "")
    fields = str(chart.encoding[label]["field"]), str(chart.encoding[value]["field"])
    return _told_bars(chart, *fields, "" if group in fields else str(group))


def _told_bars(chart: Chart, label: str, value: str, group: str) -> list[str]:
    voice = chart.voice
    titles = {
        definition["field"]: title_of_channel(definition, voice)
        for channel, definition in chart.encoding.items()
        if channel in ("x", "y")
    }
    kept = [row for row in chart.rows if is_there(row.get(value)) and is_number(row[value])]
    told = []
    if titles.get(value) and titles.get(label):
        told.append(voice.say("bars_values", value=titles[value], label=titles[label]))
    elif titles.get(value):
        told.append(voice.say("bars_of", value=titles[value]))
    is_rest = chart.made("rest")
    rest = [row for row in kept if row.get(is_rest)]
    kept = [row for row in kept if not row.get(is_rest)]
    groups = [g for g in dict.fromkeys(row.get(group) for row in kept) if g is not None]
    count = voice.say("bars", len(kept))
    counted = voice.say("bars_alone", bars=count)
    if groups:
        names = voice.names(list(map(str, groups)))
        counted = voice.say("bars_grouped", len(groups), bars=count, names=names)
    told += [counted, *_bar_extremes(kept, label, value, group if groups else "", voice)]
    if rest:
        name = voice.name(rest[0].get(label))
        held = [row[value] for row in (*kept, *rest)]
        own = voice.number(rest[0][value], extent_of((min(held), max(held))))
        key = "bars_rest_grouped" if groups else "bars_rest"
        told.append(voice.say(key, name=name, value=own))
    return told


def _bar_extremes(
    rows: Sequence[Row], label: str, value: str, group: str, voice: words.Voice
) -> list[str]:
    values = [row[value] for row in rows]
    if not values:
        return [voice.say("nothing")]
    low, high = min(values), max(values)

    def name(row: Row) -> str:
        own = voice.name(row.get(label))
        in_group = row.get(group) if group else None
        if in_group is None:
            return own
        return voice.say("in_group", label=own, group=voice.name(in_group))

    def said(found: float) -> str:
        return voice.number(found, extent_of((low, high)))

    if len(rows) == 1:
        return [voice.say("bar_only", name=name(rows[0]), value=said(low))]
    if low == high:
        return [voice.say("bars_equal", value=said(low))]
    parts = {}
    for key, extreme in (("largest", high), ("smallest", low)):
        first = rows[values.index(extreme)]
        ties = values.count(extreme)
        parts[key] = voice.say(key, ties, name=name(first), value=said(extreme))
    return [voice.capital(voice.say("bars_extremes", **parts))]
