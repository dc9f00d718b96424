"""ROC and precision-recall curves in words: each with its area, and the marked thresholds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from plotkit import words
from plotkit.alt.reading import Axis, Chart, Row, axes, is_number

_FEW, _FEW_THRESHOLDS = 5, 2  # that are told of one by one
# "cat · AUC 0.912": the area as the statistic took it, of all rows.
_AREA = re.compile(r"(?:^| · )(?:AUC|AP) (\d[\d.e+-]*)$")


class _Curve(NamedTuple):
    name: str
    area: float | None
    said: str  # the area as it stands in the picture


def curves(chart: Chart) -> list[str]:
    """The axes, the areas under the curves, the marked points and the baseline."""
    voice = chart.voice
    sides = axes(_fixed_axis(chart, "x"), _fixed_axis(chart, "y"))
    kind, end, class_ = (chart.field(name) for name in ("kind", "end", "class"))
    found: dict[tuple[Any, Any], _Curve] = {}
    for row in chart.rows:
        if row.get(kind) in ("curve", "average"):
            key = (row.get(class_), row.get(end))
            if key not in found:
                found[key] = _curve(row.get(class_), row.get(end), voice)
    measure = voice.say(f"{chart.preset.statistic}_measure")
    told = [*sides, *_areas(list(found.values()), measure, voice)]
    told += _thresholds(chart, [row for row in chart.rows if row.get(kind) == "threshold"])
    if chart.preset.statistic == "pr_curve":
        baselines = [row for row in chart.rows if row.get(kind) == "reference"]
        shares: set[Any] = {row.get(chart.field("y")) for row in baselines}
        if len(shares) == 1 and all(map(is_number, shares)):
            is_mean = str(baselines[0].get(end)).startswith("Mean")
            form = "prevalence_mean" if is_mean else "prevalence"
            told.append(voice.say(form, value=voice.number(shares.pop())))
    return told


def _fixed_axis(chart: Chart, channel: str) -> Axis:
    """An axis from 0 to 1, whatever the curves reach; one of nothing where none is drawn."""
    axis = chart.axis(channel)
    if channel not in chart.encoding:
        return axis
    return axis._replace(values=[0, 1], kind="number", extent=1.0)


def _curve(name: Any, end: Any, voice: words.Voice) -> _Curve:
    found = _AREA.search(end) if isinstance(end, str) else None
    if found is None:
        return _Curve("" if name is None else str(name), None, "")
    return _Curve("" if name is None else str(name), float(found[1]), voice.number(float(found[1])))


def _areas(curves: Sequence[_Curve], measure: str, voice: words.Voice) -> list[str]:
    if not curves:
        return []
    if len(curves) == 1 and not curves[0].name:
        if curves[0].area is None:
            return []
        area = voice.say("curve_one", measure=measure, value=curves[0].said)
        return [voice.capital(area)]
    names = voice.names([curve.name for curve in curves])
    told = [voice.say("curves", len(curves), names=names)]
    known = [curve for curve in curves if curve.area is not None]
    if known and len(curves) <= _FEW:
        values = [
            voice.say("curve_value", name=voice.name(curve.name), value=curve.said)
            for curve in known
        ]
        areas = voice.say("curve_values", measure=measure, values=voice.values(values))
        return [*told, voice.capital(areas)]
    if known:
        low = min(known, key=lambda curve: curve.area or 0.0)
        high = max(known, key=lambda curve: curve.area or 0.0)
        slots = {"low_name": voice.name(low.name), "high_name": voice.name(high.name)}
        areas = voice.say("curve_range", measure=measure, low=low.said, high=high.said, **slots)
        told.append(voice.capital(areas))
    return told


def _thresholds(chart: Chart, rows: Sequence[Row]) -> list[str]:
    """The marked points, where they are few and both axes have names."""
    voice = chart.voice
    told: list[str] = []
    if not all(chart.title_of(c) and chart.shows(c, chart.field(c)) for c in ("x", "y")):
        return told
    for row in rows if len(rows) <= _FEW_THRESHOLDS else ():
        x, y, threshold = (row.get(chart.field(name)) for name in ("x", "y", "threshold"))
        if x is None or y is None or threshold is None:
            continue
        slots = {
            "threshold": voice.number(threshold),
            "x_title": chart.title_of("x"),
            "y_title": chart.title_of("y"),
            "x": voice.number(x),
            "y": voice.number(y),
        }
        name = row.get(chart.field("class"))
        if name is None:
            told.append(voice.say("threshold", **slots))
        else:
            told.append(voice.say("threshold_named", name=voice.name(name), **slots))
    return told
