"""Precision-recall curves: precision over recall, at every distinct threshold.

Rows out: `x` (recall), `y` (precision), `class` (where it is mapped), `threshold` (None where
there is none), `end` (the legend's text, such as "cat · AP 0.912") and `kind` ("curve",
"average", "reference", "threshold"). Recall rises along a curve, and a point's precision holds
from the recall before it up to its own: Vega-Lite's `"interpolate": "step-before"` draws the
function whose area is the average precision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from plotkit import errors, notes
from plotkit.stats import Picture, Result, _curves, _ranking
from plotkit.stats._ranking import Ranking

if TYPE_CHECKING:
    from plotkit.table import Columns, LazyColumns

Array = np.ndarray[Any, Any]

PRESET = "plotkit/pr_curve"

FEW = 3  # so many curves may each have a baseline of their own


def pr(
    y_true: Array, score: Array, weight: Array | None = None
) -> tuple[Array, Array, Array, float]:
    """The precision-recall curve of a binary classifier: (precision, recall, thresholds, ap).

    In the order of scikit-learn's `precision_recall_curve`: thresholds rise over every distinct
    score, recall falls, and a last point (recall 0, precision 1) has no threshold; `ap` is its
    `average_precision_score`. Without a positive row recall is 1 throughout, and ap is 0.

    >>> pr(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))[3]
    0.8333333333333333
    """
    ranking = _ranking.rank(y_true, score, weight)
    recall, precision = rates(ranking)
    ap = _ranking.average_precision(ranking)
    return precision[::-1], recall[::-1], ranking.thresholds[::-1], ap


def rates(ranking: Ranking) -> tuple[Array, Array]:
    """Recall, rising from 0, and precision, from 1 where no row is taken."""
    total = ranking.positives
    recall = ranking.tps / total if total else np.ones(len(ranking.tps))
    precision = _ranking.precision_of(ranking)
    return np.concatenate([[0.0], recall]), np.concatenate([[1.0], precision])


def interpolated(ranking: Ranking, levels: int) -> tuple[Array, Array, Array]:
    """Recall, precision and threshold at evenly spaced levels of recall.

    The precision at level r is the highest at any recall >= r, as in W&B's `pr_curve` (21 levels
    there) and the information retrieval literature; at recall 0 it is 1. The threshold is that of
    the point which has this precision (NaN at recall 0, where no row is taken).
    """
    recall, precision = rates(ranking)
    grid = np.linspace(0.0, 1.0, levels)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, grid, side="left")
    # From each point on, where the precision last equals the best of the rest.
    own = precision == best
    upcoming = np.where(own, np.arange(len(own)), len(own))
    which = np.minimum.accumulate(upcoming[::-1])[::-1][at]
    thresholds = np.concatenate([[np.nan], ranking.thresholds])[which]
    return grid, best[at], thresholds


def macro(rankings: Sequence[Ranking], levels: int | None = None) -> tuple[Array, Array]:
    """The mean precision of curves at each recall, taken where any of them steps.

    The mean of the step functions, so its area is exactly the mean of the average precisions, as
    `average_precision_score(average="macro")`. With `levels`, the mean of the interpolated curves.
    """
    if levels is not None:
        tables = [interpolated(ranking, levels) for ranking in rankings]
        return tables[0][0], np.mean([precision for _, precision, _ in tables], axis=0)
    curves = [rates(ranking) for ranking in rankings]
    grid = np.unique(np.concatenate([recall[1:] for recall, _ in curves]))
    grid = grid[grid > 0]
    mean = np.zeros(len(grid))
    for recall, precision in curves:
        mean += precision[np.searchsorted(recall, grid, side="left")]
    mean /= len(curves)
    return np.concatenate([[0.0], grid]), np.concatenate([mean[:1], mean])


def compute(data: Columns | LazyColumns, options: Mapping[str, object], picture: Picture) -> Result:
    """Draw curves from scored rows, or from ready points.

    Roles: `y_true`, `score` and, optionally, `class` and `sample_weight`; or `x`, `y` and,
    optionally, `class`, which pass through.

    Options: `pos_label` (the positive value; default 1, True, or the second of two texts),
    `average` (None; "macro", the mean precision at each recall; "micro", all rows pooled),
    `threshold` (a number or several, marked on each curve), `interp_size` (None for the exact
    curve; a number of recall levels for the interpolated one, see `interpolated`), `labels`
    (which classes, in which order). The baseline is the share of positives: one for each of up
    to three curves, one for all where they agree, else their mean.
    Average precision is of all rows, however few points are drawn. Raises `DataError`,
    `OptionError`.
    """
    settings = _ranking.read_settings(options)
    levels = _levels(options.get("interp_size"))
    rows = _curves.Rows(picture, steps=True)
    if _curves.is_ready(data):
        _curves.add_ready(rows, data, settings)
        return rows.result(rows.notes_of_ready(), right=False)
    finest = rows.finest if picture.reduce is not False and levels is None else None
    scored = _ranking.read(data, settings, preset=PRESET, roc=False, columns=finest)
    rows.share(len(scored.groups) + (settings.average is not None))
    said = scored.notes
    areas = []
    for group in scored.groups:
        area, end = _add_ranking(rows, group.ranking, group.name, "curve", levels)
        areas.append(area)
        for threshold in settings.thresholds:
            x, y = at_threshold(group.ranking, threshold)
            rows.add_point(x, y, group.name, threshold, end, "threshold")
    if settings.average == "macro":
        rows.add_thinned(
            *macro([group.ranking for group in scored.groups], levels),
            name="Macro average",
            end=_curves.legend("Macro average", "AP", float(np.mean(areas))),
            kind="average",
        )
        said.append(notes.macro_average("AP", len(areas)))
    elif scored.pooled is not None:
        _add_ranking(rows, scored.pooled, "Micro average", "average", levels)
        said.append(notes.micro_average(len(areas)))
    _add_baselines(rows, scored.groups, said)
    if rows.reduced:
        said.append(notes.curve_points_reduced(*rows.reduced, "AP", rows.fewer))
    return rows.result(said, right=False)


def at_threshold(ranking: Ranking, threshold: float) -> tuple[float, float]:
    """The point where rows that score at least the threshold count as positive."""
    found = _ranking.reaching(ranking, threshold)
    if found is None:
        return 0.0, 1.0
    return float(found[0] / ranking.positives), float(found[0] / (found[0] + found[1]))


def _levels(given: object) -> int | None:
    if given is None:
        return None
    whole = isinstance(given, (int, np.integer)) or (
        isinstance(given, float) and given.is_integer()
    )
    if isinstance(given, bool) or not whole or not 2 <= int(given) <= 10_001:  # type: ignore[call-overload]
        raise errors.OptionError.from_option(
            "interp_size", given, "None, or a whole number of recall levels from 2 to 10001"
        )
    return int(given)  # type: ignore[call-overload,no-any-return]


def _add_ranking(
    rows: _curves.Rows,
    ranking: Ranking,
    name: str | None,
    kind: str,
    levels: int | None,
) -> tuple[float, str]:
    """Add a curve; its average precision, and the legend's text with it."""
    precision = _ranking.precision_of(ranking)
    area = _ranking.average_precision(ranking, precision)
    end = _curves.legend(name, "AP", area)
    if levels is not None:
        recall, precision, thresholds = interpolated(ranking, levels)
        rows.add_line(recall.tolist(), precision.tolist(), name, end, kind, thresholds.tolist())
        return area, end
    rows.add_thinned(
        np.concatenate([np.zeros(1, dtype=ranking.tps.dtype), ranking.tps]),
        np.concatenate([[1.0], precision]),
        name=name,
        end=end,
        kind=kind,
        ends=(ranking.positives, 1.0),
        thresholds=np.concatenate([[np.inf], ranking.thresholds]),
        whole=None if ranking.whole is None else ranking.whole.points,
    )
    return area, end


def _add_baselines(rows: _curves.Rows, groups: list[_ranking.Group], said: list[str]) -> None:
    """The precision of a classifier that guesses: the share of positives."""
    shares = [
        group.ranking.positives / (group.ranking.positives + group.ranking.negatives)
        for group in groups
    ]
    texts = [_share_text(share) for share in shares]
    if len(set(texts)) == 1:
        rows.add_line([0.0, 1.0], [shares[0]] * 2, None, f"Prevalence {texts[0]}", "reference")
    elif len(groups) <= FEW:
        for group, share, text in zip(groups, shares, texts, strict=True):
            end = f"{group.name} · prevalence {text}"
            rows.add_line([0.0, 1.0], [share] * 2, group.name, end, "reference")
    else:
        mean = float(np.mean(shares))
        end = f"Mean prevalence {_share_text(mean)}"
        rows.add_line([0.0, 1.0], [mean] * 2, None, end, "reference")
        said.append(notes.mean_prevalence(len(groups)))


def _share_text(share: float) -> str:
    """A share in two digits: 0.31, 0.0012."""
    return f"{share:.2f}" if share >= 0.1 else f"{share:.2g}"
