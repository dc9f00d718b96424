"""Tables for the W&B-form presets in tests/wandb: what each is drawn with, and its marks.

A table is made from texts: names for its columns, and three categories that stand in its rows.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import plotkit as pk
from plotkit.render import svg

FOLDER = Path(__file__).parent / "wandb"
PRESETS = sorted(path.stem for path in FOLDER.glob("*.json"))
START = dt.datetime(2026, 3, 2, 8)


class Case(NamedTuple):
    """Role -> values, by the categories given; the marks drawn then, by Vega's names for them."""

    columns: Callable[[Sequence[str]], dict[str, list[Any]]]
    marks: dict[str, int]


def content(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found


def marks(chart: pk.Chart) -> dict[str, int]:
    """The marks of the picture, by Vega's names for them."""
    return svg.count_marks(re.sub("<style.*?</style>", "", chart.to_svg(), flags=re.S))


def _crossed(*parts: Sequence[Any]) -> list[list[Any]]:
    """All combinations, as columns."""
    rows: list[tuple[Any, ...]] = [()]
    for part in parts:
        rows = [(*row, value) for row in rows for value in part]
    return [list(column) for column in zip(*rows, strict=True)]


def _lines(names: Sequence[str]) -> dict[str, list[Any]]:
    series, steps = _crossed(names, range(10))
    heights = [math.exp(-s / (4 + names.index(n))) for n, s in zip(series, steps, strict=True)]
    return {"x": steps, "y": heights, "series": series}


def _bars(names: Sequence[str]) -> dict[str, list[Any]]:
    groups, series, again = _crossed([2, 10, 1], names, range(2))
    return {"group": groups, "series": series, "value": [0.5 + 0.1 * a for a in again]}


def _cells(names: Sequence[str]) -> dict[str, list[Any]]:
    layers, heads = _crossed(range(1, 5), names)
    return {"x-axis": layers, "y axis": heads, "value": [i / 12 for i in range(12)]}


def _jobs(names: Sequence[str]) -> dict[str, list[Any]]:
    starts = [START + dt.timedelta(hours=3 * i) for i in range(3)]
    ends = [start + dt.timedelta(hours=2 + i) for i, start in enumerate(starts)]
    return {"task": list(names), "start": starts, "end": ends, "state": ["done", *names[1:]]}


def _trials(names: Sequence[str]) -> dict[str, list[Any]]:
    costs = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    return {"cost": costs, "score": [0.5, 0.4, 0.7, 0.6, 0.8, 0.75], "name": [*names, *names]}


def _pairs(names: Sequence[str]) -> dict[str, list[Any]]:
    actual = [float(i) for i in range(12)]
    return {"actual": actual, "predicted": [a * 1.1 - 0.3 for a in actual], "split": [*names] * 4}


def _values(names: Sequence[str]) -> dict[str, list[Any]]:
    groups, values = _crossed(names, [1.0, 2.0, 3.0])
    return {"value": values, "group": groups}


def _means(names: Sequence[str]) -> dict[str, list[Any]]:
    epochs, series = _crossed([1, 2, 10], names)
    count = len(epochs)
    return {"x": epochs, "mean": [0.5 + 0.03 * i for i in range(count)], "error": [0.02] * count,
            "series": series}  # fmt: skip


def _counts(names: Sequence[str]) -> dict[str, list[Any]]:
    actual, predicted = _crossed(names, names)
    return {"Actual class": actual, "Predicted": predicted, "nPredictions": [*range(1, 10)]}


def _events(names: Sequence[str]) -> dict[str, list[Any]]:
    return {
        "group": [*names, "All"],
        "crashes": [1, 2, 3, 6],
        "retries": [5, 4, 3, 12],
        "timeouts": [1, 1, 2, 4],
    }


CASES = {
    "line_hover": Case(
        _lines,
        {"layer_0_marks": 3, "layer_1_marks": 30, "layer_1_voronoi": 10},
    ),
    "grouped_bars": Case(_bars, {"marks": 9}),
    "heat_map": Case(_cells, {"layer_0_marks": 12, "layer_1_marks": 12}),
    "gantt": Case(_jobs, {"marks": 3}),
    "pareto_front": Case(_trials, {"layer_0_marks": 1, "layer_1_marks": 6}),
    "parity_line": Case(_pairs, {"layer_0_marks": 1, "layer_1_marks": 12}),
    "composite_histogram": Case(_values, {"concat_0_marks": 9, "concat_1_marks": 3}),
    "error_bars": Case(
        _means,
        {
            "layer_0_layer_0_marks": 9,
            "layer_0_layer_1_marks": 9,
            "layer_0_layer_2_marks": 9,
            "layer_1_marks": 9,
        },
    ),
    "confusion_matrix_vega": Case(_counts, {"mark-rect": 9, "mark-text": 9}),
    "events_fold": Case(_events, {"marks": 9}),
}
