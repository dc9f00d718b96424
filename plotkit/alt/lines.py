"""Lines in words: where each starts and ends, is lowest and highest, and what it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from plotkit import trends
from plotkit.alt.reading import Axis, Chart, axes, is_number, is_there

_FEW = 3  # lines that are told of one by one


class _Line(NamedTuple):
    """The points of one line that have a value."""

    name: str
    points: list[tuple[Any, float]]

    @property
    def lowest(self) -> tuple[Any, float]:
        return min(self.points, key=lambda point: point[1])

    @property
    def highest(self) -> tuple[Any, float]:
        return max(self.points, key=lambda point: point[1])


def lines(chart: Chart) -> list[str]:
    """Lines by a statistic: series are told apart by colour, dash, or in grey.

    What they do is told where the axes are those of the statistic.
    """
    splits = ["context", chart.field("color"), chart.field("stroke")]
    return _told_lines(chart, chart.field("x"), chart.field("y"), splits, _line_name)


def _line_name(parts: Sequence[Any]) -> str:
    context, *splits = parts
    return _mark_name(splits) if context is None else str(context)


def _mark_name(parts: Sequence[Any]) -> str:
    return ", ".join(dict.fromkeys(str(part) for part in parts if part is not None))


def lines_of_mark(chart: Chart) -> list[str]:
    """Lines that a spec draws from the rows as they are."""
    fields = [
        str(chart.encoding[channel]["field"])
        for channel in ("color", "strokeDash", "detail", "stroke", "shape")
        if channel in chart.encoding
    ]
    return _told_lines(
        chart,
        str(chart.encoding["x"]["field"]),
        str(chart.encoding["y"]["field"]),
        fields,
        _mark_name,
    )


def _told_lines(
    chart: Chart,
    x_field: str,
    y_field: str,
    splits: Sequence[str],
    name_of: Callable[[Sequence[Any]], str],
) -> list[str]:
    voice = chart.voice
    x, y = chart.axis("x"), chart.axis("y")
    points: dict[str, list[tuple[Any, float]]] = {}
    of_parts: dict[tuple[Any, ...], list[tuple[Any, float]]] = {}  # a name is put together once
    for row in chart.rows:
        parts = tuple([row.get(field) for field in splits])
        if parts not in of_parts:
            of_parts[parts] = points.setdefault(name_of(parts), [])
        held = of_parts[parts]
        place: Any = row.get(x_field)
        value: Any = row.get(y_field)
        if is_there(place) and is_there(value) and is_number(value):
            held.append((place, value))
    if x.kind != "text":
        for held in points.values():
            held.sort(key=lambda point: point[0])
    made = [_Line(name, held) for name, held in points.items()]
    told = axes(x, y)
    if not (chart.shows("x", x_field) and chart.shows("y", y_field)):
        if not any(points):
            return [*told, voice.say("series_count", len(made))]
        return [*told, voice.say("series", len(made), names=voice.names(list(points)))]
    if len(made) <= _FEW:
        if len(made) > 1:
            told.append(voice.say("series_count", len(made)))
        for line in made:
            does = _does(line, x, y)
            named = voice.name(line.name)
            told.append(
                voice.say("line_named", name=named, does=does)
                if line.name
                else voice.say("line_one", does=does)
            )
        return told
    told.append(voice.say("series", len(made), names=voice.names(list(points))))
    return [*told, *_summary(made, x, y)]


def _does(line: _Line, x: Axis, y: Axis) -> str:
    """What one line does, with its ends, and its extremes where they are not its ends."""
    voice = x.voice
    if not line.points:
        return voice.say("empty")
    first, last = line.points[0], line.points[-1]
    trend = trends.trend([value for _, value in line.points])
    if trend == "level":
        return voice.say("level", first=y.say(first[1]))
    does = voice.say(trend, first=_point(first, x, y), last=_point(last, x, y))
    lowest, highest = line.lowest, line.highest
    ends = (first[1], last[1])
    slots = {"lowest": _point(lowest, x, y), "highest": _point(highest, x, y)}
    form = {
        (True, True): "both",
        (True, False): "lowest",
        (False, True): "highest",
    }.get((lowest[1] not in ends, highest[1] not in ends))
    return voice.say(form, does=does, **slots) if form else does


def _point(point: tuple[Any, float], x: Axis, y: Axis) -> str:
    return x.voice.say(f"point_{x.kind}", value=y.say(point[1]), place=x.say(point[0]))


def _summary(lines: Sequence[_Line], x: Axis, y: Axis) -> list[str]:
    """Many lines: how many rise and fall, and which of them are lowest and highest."""
    voice = x.voice
    drawn = [line for line in lines if line.points]
    if not drawn:
        return []
    counts: Counter[str] = Counter()
    for line in lines:
        trend = trends.trend([value for _, value in line.points])
        direction = trend.removesuffix("_mostly")
        counts[direction if direction in ("rises", "falls") else "other"] += 1
    parts = [
        voice.say(f"part_{name}", counts[name])
        for name in ("rises", "falls", "other")
        if counts[name]
    ]
    lowest = min(drawn, key=lambda line: line.lowest[1])
    highest = max(drawn, key=lambda line: line.highest[1])
    return [
        voice.say("summary", parts=voice.row(parts)),
        voice.say(
            "overall",
            lowest=_point(lowest.lowest, x, y),
            lowest_name=voice.name(lowest.name),
            highest=_point(highest.highest, x, y),
            highest_name=voice.name(highest.name),
        ),
    ]
