"""ROC curves: true positive rate over false positive rate, at every distinct threshold.

Rows out: `x` (false positive rate), `y` (true positive rate), `class` (where it is mapped),
`threshold` (None where it is infinite), `end` (the legend's text, such as "cat · AUC 0.912") and
`kind` ("curve", "average", "reference", "threshold").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from plotkit import notes
from plotkit.stats import Picture, Result, _curves, _ranking
from plotkit.stats._ranking import Ranking

if TYPE_CHECKING:
    from plotkit.table import Columns, LazyColumns

Array = np.ndarray[Any, Any]

PRESET = "plotkit/roc_curve"


def roc(
    y_true: Array, score: Array, weight: Array | None = None
) -> tuple[Array, Array, Array, float]:
    """The ROC curve of a binary classifier: (fpr, tpr, thresholds, auc).

    Every distinct score is a threshold, from the highest down, after a first one of infinity,
    as scikit-learn's `roc_curve(drop_intermediate=False)` and `roc_auc_score`. `y_true` is an
    array of bool or 0 and 1. Without a positive (negative) row tpr (fpr) and auc are NaN.

    >>> roc(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))[3]
    0.75
    """
    ranking = _ranking.rank(y_true, score, weight)
    fpr, tpr = rates(ranking)
    thresholds = np.concatenate([[np.inf], ranking.thresholds])
    return fpr, tpr, thresholds, _ranking.area_under_roc(ranking)


def rates(ranking: Ranking) -> tuple[Array, Array]:
    """False and true positive rate, from (0, 0) to (1, 1)."""
    return (
        _rate(_from_zero(ranking.fps), ranking.negatives),
        _rate(_from_zero(ranking.tps), ranking.positives),
    )


def _rate(counts: Array, total: float) -> Array:
    return np.asarray(counts / total) if total else np.full(len(counts), np.nan)


def _from_zero(counts: Array) -> Array:
    return np.concatenate([np.zeros(1, dtype=counts.dtype), counts])


def macro(curves: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
    """The mean of curves at each false positive rate, taken where any of them bends.

    A vertical piece of a curve stays vertical in the mean (both of its ends are averaged), so the
    area is exactly the mean of the areas, as `roc_auc_score(average="macro")`.
    """
    grid = np.unique(np.concatenate([x for x, _ in curves]))
    lower, upper = np.zeros(len(grid)), np.zeros(len(grid))
    for x, y in curves:
        upper += np.interp(grid, x, y)  # of equal x it takes the last
        lower += np.interp(-grid, -x[::-1], y[::-1])  # and here the first
    upright = np.isin(grid, np.concatenate([x[1:][x[1:] == x[:-1]] for x, _ in curves]))
    shown = np.column_stack([np.ones(len(grid), dtype=bool), upright]).ravel()
    mean = np.column_stack([lower, upper]).ravel() / len(curves)
    return np.repeat(grid, 2)[shown], mean[shown]


def compute(data: Columns | LazyColumns, options: Mapping[str, object], picture: Picture) -> Result:
    """Draw curves from scored rows, or from ready points.

    Roles: `y_true`, `score` and, optionally, `class` and `sample_weight`; or `x`, `y` and,
    optionally, `class`, which pass through.

    Options: `pos_label` (the positive value; default 1, True, or the second of two texts),
    `average` (None; "macro", the mean of the curves; "micro", all rows pooled), `threshold` (a
    number or several, marked on each curve), `labels` (which classes, in which order).
    Areas are of all rows, however few points are drawn. Raises `DataError`, `OptionError`.
    """
    settings = _ranking.read_settings(options)
    rows = _curves.Rows(picture, steps=False)
    if _curves.is_ready(data):
        _curves.add_ready(rows, data, settings)
        rows.add_line([0.0, 1.0], [0.0, 1.0], None, "Chance", "reference")
        return rows.result(rows.notes_of_ready(), right=True)
    finest = rows.finest if picture.reduce is not False else None
    scored = _ranking.read(data, settings, preset=PRESET, roc=True, columns=finest)
    rows.share(len(scored.groups) + (settings.average is not None))
    said = scored.notes
    areas = []
    for group in scored.groups:
        areas.append(_ranking.area_under_roc(group.ranking))
        end = _curves.legend(group.name, "AUC", areas[-1])
        _add_ranking(rows, group.ranking, group.name, end, "curve")
        for threshold in settings.thresholds:
            x, y = at_threshold(group.ranking, threshold)
            rows.add_point(x, y, group.name, threshold, end, "threshold")
    if settings.average == "macro":
        rows.add_thinned(
            *macro([rates(group.ranking) for group in scored.groups]),
            name="Macro average",
            end=_curves.legend("Macro average", "AUC", float(np.mean(areas))),
            kind="average",
        )
        said.append(notes.macro_average("AUC", len(areas)))
    elif scored.pooled is not None:
        end = _curves.legend("Micro average", "AUC", _ranking.area_under_roc(scored.pooled))
        _add_ranking(rows, scored.pooled, "Micro average", end, "average")
        said.append(notes.micro_average(len(areas)))
    rows.add_line([0.0, 1.0], [0.0, 1.0], None, "Chance", "reference")
    if rows.reduced:
        said.append(notes.curve_points_reduced(*rows.reduced, "AUC", rows.fewer))
    return rows.result(said, right=True)


def at_threshold(ranking: Ranking, threshold: float) -> tuple[float, float]:
    """The point where rows that score at least the threshold count as positive."""
    found = _ranking.reaching(ranking, threshold)
    if found is None:
        return 0.0, 0.0
    return float(found[1] / ranking.negatives), float(found[0] / ranking.positives)


def _add_ranking(
    rows: _curves.Rows, ranking: Ranking, name: str | None, end: str, kind: str
) -> None:
    # The first point has no row above it: its threshold is infinite.
    rows.add_thinned(
        _from_zero(ranking.fps),
        _from_zero(ranking.tps),
        name=name,
        end=end,
        kind=kind,
        ends=(ranking.negatives, ranking.positives),
        thresholds=np.concatenate([[np.inf], ranking.thresholds]),
        whole=None if ranking.whole is None else ranking.whole.points,
    )
