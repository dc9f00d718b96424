"""Histograms in words: how many values, from where to where, and the tallest bin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plotkit.alt.reading import Axis, Chart, Row, is_number

_FEW = 3  # groups that are told of one by one


def histogram(chart: Chart) -> list[str]:
    """The bins, how many values are in them, and the tallest, of each group where they are few."""
    voice = chart.voice
    low, high, count, group = (chart.field(name) for name in ("x0", "x1", "count", "group"))
    rows = [
        row for row in chart.rows if all(is_number(row.get(name)) for name in (low, high, count))
    ]
    if not rows:
        return [voice.say("nothing")]
    title = chart.title_of("y" if chart.shows("x", count) else "x")  # bars may lie
    told = [voice.say("shows", title=title)] if title else []
    edges = [row[low] for row in rows] + [row[high] for row in rows]
    axis = Axis.of({"type": "quantitative"}, edges, voice)
    ends = axis.ends(min(edges), max(edges))
    bins = voice.say("bins", len({(row[low], row[high]) for row in rows}))
    # Ready bins may hold densities, whose sum is no number of values.
    counted = all(isinstance(row[count], int) for row in rows)
    if counted:
        values = voice.say("values", sum(row[count] for row in rows))
        told.append(voice.say("histogram", values=values, bins=bins, **ends))
    else:
        told.append(voice.capital(voice.say("bins_only", bins=bins, **ends)))
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.get(group), []).append(row)

    def tallest(of: Sequence[Row]) -> tuple[int, dict[str, str]]:
        most = max(row[count] for row in of)
        found = [row for row in of if row[count] == most]
        return len(found), {
            **axis.ends(found[0][low], found[0][high]),
            "value": voice.number(most),
        }

    names = [str(name) for name in groups if name is not None]
    if names:
        told.append(voice.say("groups", len(names), names=voice.names(names)))
    if len(groups) > 1 and counted and len(groups) <= _FEW:
        for name, of in groups.items():
            values = voice.say("values", sum(row[count] for row in of))
            slots = {"name": voice.name(name), "values": values, **tallest(of)[1]}
            told.append(voice.say("group_tallest", **slots))
    elif len(groups) == 1:
        ties, slots = tallest(rows)
        told.append(voice.say("tallest" if counted else "tallest_density", ties, **slots))
    return told
