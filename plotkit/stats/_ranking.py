"""What ROC and precision-recall curves share: rows ranked by score, exactly and fast.

A classifier's curve is the running count of true and false positives as the threshold falls
through the distinct scores. `rank` counts them by one sort of integers: a double's sign-free bit
pattern orders as the double does and leaves one bit free, which carries the label. So no index
array is sorted, no score is rounded, ties stay ties and neighbouring doubles stay apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from plotkit import errors, notes
from plotkit.stats import _groups
from plotkit.table import LazyColumns

if TYPE_CHECKING:
    import narwhals as nw

    from plotkit.column import Column
    from plotkit.table import Columns

Array = np.ndarray[Any, Any]

_BLOCK = 1 << 16  # rows packed at a time: what stays in the processor's cache


class Ranking(NamedTuple):
    """Counts at every distinct score, from the highest score down.

    `thresholds[i]` is a score, `tps[i]` and `fps[i]` the positive and negative rows (or their
    weight) that score at least as much.
    """

    thresholds: Array
    tps: Array
    fps: Array

    @property
    def positives(self) -> float:
        """All positive rows, or their weight."""
        return float(self.tps[-1]) if len(self.tps) else 0.0

    @property
    def negatives(self) -> float:
        """All negative rows, or their weight."""
        return float(self.fps[-1]) if len(self.fps) else 0.0


# --- ranking -------------------------------------------------------------------------------------


def rank(positive: Array, scores: Array, weights: Array | None = None) -> Ranking:
    """Count positives and negatives at every distinct score.

    `positive` is an array of bool (or 0 and 1), `scores` of numbers (infinities allowed),
    `weights` of numbers from 0 up (rows of weight 0 count as absent), all of one length.
    Raises `DataError` for NaN scores, bad weights, and lengths that differ.

    >>> rank(np.array([False, True, True]), np.array([0.1, 0.9, 0.1]))
    Ranking(thresholds=array([0.9, 0.1]), tps=array([1, 2]), fps=array([0, 1]))
    """
    positive = np.asarray(positive).astype(bool, copy=False)
    scores = np.ascontiguousarray(scores, dtype=np.float64)
    lengths = [("y_true", len(positive)), ("score", len(scores))]
    if weights is not None:
        weights = np.asarray(weights, dtype=np.float64)
        lengths.append(("sample_weight", len(weights)))
    if len({count for _, count in lengths}) > 1:
        raise errors.DataError.from_lengths(lengths)
    if not len(scores):
        return Ranking(scores, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    lowest = float(scores.min())  # NaN if any is
    if lowest != lowest:
        row = int(np.flatnonzero(np.isnan(scores))[0])
        raise errors.DataError.from_fact("score", None, row, float("nan"), "a number")
    if weights is not None:
        return _rank_weighted(positive, scores, weights)
    if lowest >= 0:
        return _rank_packed(positive, scores, None, descending=True)
    least, most = _magnitudes(scores)
    if most - least < 1 << 62:
        return _rank_packed(positive, scores, least - 1, descending=True)
    # Beside each other, the widest of signed doubles leave no bit free: one sign, then the other.
    below = scores < 0
    upper = _rank_packed(positive[~below], scores[~below], None, descending=True)
    lower = _rank_packed(positive[below], -scores[below], None, descending=False)
    if not len(upper.thresholds):
        return lower
    return Ranking(
        np.concatenate([upper.thresholds, lower.thresholds]),
        np.concatenate([upper.tps, lower.tps + upper.tps[-1]]),
        np.concatenate([upper.fps, lower.fps + upper.fps[-1]]),
    )


def rank_counts(scores: Array, positives: Array, negatives: Array) -> Ranking:
    """The same from rows that each stand for several: weights of positives and negatives a row."""
    scores = np.asarray(scores, dtype=np.float64) + 0.0  # -0.0 becomes 0.0
    some = (positives + negatives) > 0
    scores, positives, negatives = scores[some], positives[some], negatives[some]
    order = np.argsort(-scores)
    scores = scores[order]
    last = np.append(np.flatnonzero(scores[1:] != scores[:-1]), len(scores) - 1)[: len(scores)]
    return Ranking(
        scores[last], np.cumsum(positives[order])[last], np.cumsum(negatives[order])[last]
    )


def _rank_weighted(positive: Array, scores: Array, weights: Array) -> Ranking:
    bad = np.flatnonzero(~((weights >= 0) & (weights < np.inf)))
    if len(bad):
        row = int(bad[0])
        raise errors.DataError.from_fact(
            "sample_weight", None, row, float(weights[row]), "a number from 0 up"
        )
    return rank_counts(scores, np.where(positive, weights, 0.0), np.where(positive, 0.0, weights))


def _magnitudes(scores: Array) -> tuple[int, int]:
    """The bit patterns of the smallest magnitude but 0, and of the largest."""
    least, most = np.inf, 0.0
    for start in range(0, len(scores), _BLOCK):
        part = np.abs(scores[start : start + _BLOCK])
        most = max(most, float(part.max()))
        if not (low := float(part.min())):
            low = float(np.where(part > 0, part, np.inf).min())
        least = min(least, low)
    bits = np.array([least, most]).view(np.int64)
    return int(bits[0]), int(bits[1])


def _rank_packed(
    positive: Array, scores: Array, offset: int | None, *, descending: bool
) -> Ranking:
    """Rank by one sort of integers: the magnitude's bits less `offset`, signed, then the label.

    `offset` is less than the bits of any magnitude but 0, and the rest fits 62 bits; None where no
    score is negative. Ascending order is that of negative scores given by their magnitude.
    """
    count = len(scores)
    if not count:
        return Ranking(scores, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    # Signs need signed keys; without them, infinity needs the highest bit.
    keys = np.empty(count, dtype=np.uint64 if offset is None else np.int64)
    labels = positive.view(np.uint8)
    for start in range(0, count, _BLOCK):
        part = slice(start, start + _BLOCK)
        own = keys[part]
        np.abs(scores[part], out=own.view(np.float64))  # -0.0 becomes 0.0
        if offset is not None:
            own -= offset
            np.maximum(own, 0, out=own)  # zeros
            signs = scores[part].view(np.int64) >> 63  # -1 where negative, else 0
            own ^= signs
            own -= signs
        own <<= 1
        own |= labels[part]
    keys.sort()
    last = np.empty(count, dtype=bool)  # the last row of each score
    np.greater((keys[1:] ^ keys[:-1]).view(np.uint64), 1, out=last[:-1])
    last[-1] = True
    # Running counts of labels: the lowest bit of the lowest byte.
    running = np.cumsum(keys.astype(np.uint8) & 1, dtype=np.int64)
    seen = np.flatnonzero(last) + 1
    if len(seen) == count:
        tps = running
    else:
        tps, keys = running[seen - 1], keys[seen - 1]
    thresholds = _unpacked(keys, offset)
    if not descending:
        return Ranking(-thresholds, tps, seen - tps)
    # Sorted upwards, but thresholds fall: what scores at least as much is the rest of the rows.
    positives, rows = np.empty_like(tps), np.empty_like(seen)
    positives[-1], rows[-1] = tps[-1], count
    np.subtract(tps[-1], tps[-2::-1], out=positives[:-1])
    np.subtract(count, seen[-2::-1], out=rows[:-1])
    rows -= positives
    return Ranking(thresholds[::-1], positives, rows)


def _unpacked(keys: Array, offset: int | None) -> Array:
    """The scores of sorted keys."""
    values = keys >> 1
    if offset is None:
        return values.view(np.float64)
    bits = np.abs(values)
    bits[bits > 0] += offset
    return np.asarray(np.copysign(bits.view(np.float64), values))


# --- areas ---------------------------------------------------------------------------------------


def area_under_roc(ranking: Ranking) -> float:
    """The area under the ROC curve; NaN where a class is absent."""
    if not ranking.positives or not ranking.negatives:
        return float("nan")
    # Trapezoids of whole counts: exact until the one division.
    rises = np.add(ranking.tps, _shifted(ranking.tps))
    doubled = np.multiply(np.subtract(ranking.fps, _shifted(ranking.fps)), rises).sum()
    return float(doubled) / 2 / ranking.positives / ranking.negatives


def average_precision(ranking: Ranking, precision: Array | None = None) -> float:
    """The mean of precision over the positives, as scikit-learn's average_precision_score."""
    if not ranking.positives:
        return 0.0
    if precision is None:
        precision = precision_of(ranking)
    gained = np.subtract(ranking.tps, _shifted(ranking.tps))
    return float((gained * precision).sum() / ranking.positives)


def precision_of(ranking: Ranking) -> Array:
    """Precision at every threshold."""
    return np.asarray(ranking.tps / (ranking.tps + ranking.fps))


def _shifted(counts: Array) -> Array:
    return np.concatenate([np.zeros(1, dtype=counts.dtype), counts[:-1]])


# --- what a picture can show ---------------------------------------------------------------------

POINTS_PER_PIXEL = 4


def thin(x: Array, y: Array, width: int, *, steps: bool) -> tuple[Array, bool]:
    """Indices of the points that a picture `width` px wide needs, and whether pixels chose them.

    `x` rises. All points are kept while there are at most four for each pixel. Above that, points
    on the way between their neighbours go (the drawn line stays exactly the same), and if that is
    not enough, the first, last, lowest and highest of each half pixel column stay.
    """
    limit = max(POINTS_PER_PIXEL * width, 64)
    if len(x) <= limit:
        return np.arange(len(x)), False
    if len(x) <= 1_000_000:  # beyond, what is left would fit no picture either
        kept = _needed(x, y, steps=steps)
        if len(kept) <= limit:
            return kept, False
        chosen = _extremes(x[kept], y[kept], 2 * width, falls=steps)
        return kept[chosen], True
    return _extremes(x, y, 2 * width, falls=steps), True


def _needed(x: Array, y: Array, *, steps: bool) -> Array:
    """Indices of the points without which the drawn line would change."""
    x0, x1, x2 = x[:-2], x[1:-1], x[2:]
    y0, y1, y2 = y[:-2], y[1:-1], y[2:]
    if steps:
        between = ((y0 >= y1) & (y1 >= y2)) | ((y0 <= y1) & (y1 <= y2))
        spare = (y1 == y2) | ((x0 == x1) & (x1 == x2) & between)
    else:
        spare = (x1 - x0) * (y2 - y1) == (x2 - x1) * (y1 - y0)
    keep = np.ones(len(x), dtype=bool)
    keep[1:-1] = ~spare
    return np.flatnonzero(keep)


def _extremes(x: Array, y: Array, columns: int, *, falls: bool) -> Array:
    """First and last point of each column of pixels, lowest and highest too where y may fall."""
    edges = x[-1] * (np.arange(columns) / columns)
    starts = np.unique(np.searchsorted(x, edges, side="left"))
    starts = starts[starts < len(x)]
    if starts[0]:
        starts = np.concatenate([np.zeros(1, dtype=starts.dtype), starts])
    ends = np.append(starts[1:], len(x)) - 1
    chosen = [starts, ends]
    if falls:
        pairs = zip(starts.tolist(), ends.tolist(), strict=True)
        inside = [
            (a + int(y[a : b + 1].argmin()), a + int(y[a : b + 1].argmax())) for a, b in pairs
        ]
        chosen.append(np.array(inside, dtype=starts.dtype).ravel())
    return np.unique(np.concatenate(chosen))


# --- reading the mapped columns ------------------------------------------------------------------


class Group(NamedTuple):
    """One class (or model): its name, None where there is no splitter, and its ranking."""

    name: str | None
    ranking: Ranking


class Scored(NamedTuple):
    """All groups in drawing order, the pooled ranking if asked for, and notes."""

    groups: list[Group]
    pooled: Ranking | None
    notes: list[str]


class Settings(NamedTuple):
    """The options that ROC and precision-recall curves share, checked."""

    pos_label: object
    average: str | None
    thresholds: list[float]
    labels: list[str] | None


def read_settings(options: Mapping[str, object]) -> Settings:
    """Check the shared options; raises `OptionError`."""
    average = options.get("average")
    if average in ("none", "", "None"):
        average = None
    if average not in (None, "macro", "micro"):
        raise errors.OptionError.from_option("average", average, "None, 'macro' or 'micro'")
    labels = options.get("labels")
    if labels is not None and (isinstance(labels, str) or not isinstance(labels, Sequence)):
        raise errors.OptionError.from_option("labels", labels, "a list of class names")
    return Settings(
        options.get("pos_label"),
        None if average is None else str(average),
        _thresholds(options.get("threshold")),
        None if labels is None else [str(label) for label in labels],
    )


def _thresholds(given: object) -> list[float]:
    if given is None or given == "":
        return []
    found = list(given) if isinstance(given, (list, tuple, np.ndarray)) else [given]
    numbers: list[float] = []
    for value in found:
        number = float("nan")
        if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
            number = float(value)
        if not np.isfinite(number):
            raise errors.OptionError.from_option(
                "threshold", given, "a number or a list of numbers"
            )
        numbers.append(number)
    return numbers


def read(data: Columns | LazyColumns, settings: Settings, *, preset: str, roc: bool) -> Scored:
    """Rank the rows of y_true, score, class and sample_weight.

    Groups that cannot have a curve (no positive row; for ROC also no negative one) are left out
    with a note, and are an error where none is left.
    """
    for role in ("y_true", "score"):
        if role not in names_of(data):
            raise errors.OptionError.from_missing_role(
                role,
                "the true class" if role == "y_true" else "the classifier's score",
                preset,
                list(names_of(data).values()),
            )
    if settings.average and "class" not in names_of(data):
        raise errors.OptionError.from_option(
            "average", settings.average, "None, as the role 'class' that splits rows is not mapped"
        )
    if isinstance(data, LazyColumns):
        groups, pooled, said = _read_lazy(data, settings)
    else:
        groups, pooled, said = _read_columns(data, settings)
    groups = _chosen(groups, settings.labels)
    kept: list[Group] = []
    lacking: dict[str, list[str]] = {"positive": [], "negative": []}
    for group in groups:
        if not group.ranking.positives:
            lacking["positive"].append(str(group.name))
        elif roc and not group.ranking.negatives:
            lacking["negative"].append(str(group.name))
        else:
            kept.append(group)
    if not kept:
        word = "positive" if lacking["positive"] else "negative"
        raise errors.DataError.from_sentence(
            "y_true",
            names_of(data)["y_true"],
            f"no {word} row, so there is no curve to draw; it needs at least one"
            + (" positive and one negative row." if roc else " positive row."),
        )
    for word, names in lacking.items():
        if names:
            said.append(notes.classes_left_out(names_of(data)["class"], names, word))
    return Scored(kept, pooled, said)


def names_of(data: Columns | LazyColumns) -> dict[str, str]:
    """Role to column name."""
    if isinstance(data, LazyColumns):
        return dict(data.names)
    return {role: column.name for role, column in data.items()}


def _chosen(groups: list[Group], labels: list[str] | None) -> list[Group]:
    if labels is None:
        return groups
    held = {str(group.name): group for group in groups}
    for label in labels:
        if label not in held:
            raise errors.OptionError.from_option(
                "labels", label, f"classes of the data: {errors.listed(held)}"
            )
    return [held[label] for label in dict.fromkeys(labels)]


def _read_columns(
    data: Columns, settings: Settings
) -> tuple[list[Group], Ranking | None, list[str]]:
    positive, said = _positive_rows(data["y_true"], settings.pos_label)
    scores = data["score"].as_array()
    weights = data["sample_weight"].as_array() if "sample_weight" in data else None
    _check_rows(data, scores, weights)
    if "class" not in data:
        return [Group(None, rank(positive, scores, weights))], None, said
    groups = []
    for name, rows in _groups.split(data["class"]):
        held = None if weights is None else weights[rows]
        groups.append(Group(name, rank(positive[rows], scores[rows], held)))
    pooled = rank(positive, scores, weights) if settings.average == "micro" else None
    return groups, pooled, said


def _check_rows(data: Columns, scores: Array, weights: Array | None) -> None:
    """Refuse what `rank` would, but with the column's name and the row of the whole table."""
    if len(scores) and np.isnan(scores.min()):
        row = int(np.flatnonzero(np.isnan(scores))[0])
        raise errors.DataError.from_fact("score", data["score"].name, row, None, "a number")
    if weights is None:
        return
    bad = np.flatnonzero(~((weights >= 0) & (weights < np.inf)))
    if len(bad):
        row = int(bad[0])
        raise errors.DataError.from_fact(
            "sample_weight",
            data["sample_weight"].name,
            row,
            float(weights[row]),
            "a number from 0 up",
        )


def _positive_rows(column: Column, pos_label: object) -> tuple[Array, list[str]]:
    """Which rows are positive."""
    if column.kind == "time":
        raise errors.DataError.from_sentence(
            "y_true", column.name, "holds times; a true class is 0 or 1, a bool, or text."
        )
    values = column.as_array()
    if column.kind == "text":
        distinct = list(dict.fromkeys(column.as_list()))
        asked, said = _positive_text(column.name, distinct, pos_label)
        return np.asarray(values == asked, dtype=bool), said
    asked_number = _positive_number(column.kind, column.name, pos_label)
    if pos_label is None and column.kind == "number":
        bad = np.flatnonzero((values != 0) & (values != 1))
        if len(bad):
            row = int(bad[0])
            raise _unclear(column.name, row, _plain_number(float(values[row])))
    return values == asked_number, []


def _positive_number(kind: str, name: str, pos_label: object) -> float:
    if pos_label is None:
        return 1.0
    words = {"true": 1.0, "false": 0.0}
    try:
        return float(words.get(str(pos_label).casefold(), pos_label))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise errors.OptionError.from_option(
            "pos_label", pos_label, f"a value of column {errors.shown(name)}, which is {kind}"
        ) from None


def _positive_text(name: str, distinct: list[Any], pos_label: object) -> tuple[str, list[str]]:
    known = [value for value in distinct if value is not None]
    if pos_label is not None:
        if str(pos_label) not in known:
            raise errors.OptionError.from_option(
                "pos_label",
                pos_label,
                f"a value of column {errors.shown(name)}, one of {errors.listed(sorted(known))}",
            )
        return str(pos_label), []
    if len(known) != 2:
        value = known[2] if len(known) > 2 else (known[0] if known else None)
        raise _unclear(name, None, value)
    negative, positive = sorted(known)
    return positive, [notes.positive_label(name, positive, negative)]


def _unclear(name: str, row: int | None, value: object) -> errors.DataError:
    return errors.DataError.from_fact(
        "y_true",
        name,
        row,
        value,
        "0 and 1, false and true, or two texts; for other values say which one is positive: "
        "pos_label=...",
    )


def _plain_number(value: float) -> float:
    return int(value) if value.is_integer() else value


# --- lazy frames ---------------------------------------------------------------------------------


def _read_lazy(
    data: LazyColumns, settings: Settings
) -> tuple[list[Group], Ranking | None, list[str]]:
    """One row for each class and distinct score, counted where the data is."""
    import narwhals as nw  # heavy: only lazy frames come here

    frame = data.frame
    name = data.names["y_true"]
    kind = data.kinds["y_true"]
    if kind == "time":
        raise errors.DataError.from_sentence(
            "y_true", name, "holds times; a true class is 0 or 1, a bool, or text."
        )
    distinct = data.collect(frame.select("y_true").unique())["y_true"].as_list()
    said: list[str] = []
    if kind == "text":
        asked, said = _positive_text(
            name, sorted(v for v in distinct if v is not None), settings.pos_label
        )
        is_positive = nw.col("y_true") == asked
    elif kind == "bool":
        wanted = _positive_number(kind, name, settings.pos_label)
        is_positive = nw.col("y_true") if wanted == 1 else ~nw.col("y_true")
    else:
        if settings.pos_label is None:
            bad = sorted(value for value in distinct if value not in (0, 1))
            if bad:
                raise _unclear(name, None, bad[0])
        is_positive = nw.col("y_true") == _positive_number(kind, name, settings.pos_label)
    counted = data.collect(_counted(data, is_positive))
    scores = counted["score"].as_array()
    positives, negatives = counted["positives"].as_array(), counted["negatives"].as_array()
    if len(scores) and np.isnan(scores.min()):
        raise errors.DataError.from_fact("score", data.names["score"], None, None, "a number")
    if "sample_weight" in data.names:
        lowest = counted["lowest"].as_array()
        if not (lowest >= 0).all() or not np.isfinite(positives + negatives).all():
            value = float(lowest.min())
            raise errors.DataError.from_fact(
                "sample_weight", data.names["sample_weight"], None, value, "a number from 0 up"
            )
    else:
        positives, negatives = positives.astype(np.int64), negatives.astype(np.int64)
    if "class" not in data.names:
        return [Group(None, rank_counts(scores, positives, negatives))], None, said
    order, _ = _groups.lazy_order(data, "class", said)
    found = {
        group: Group(group, rank_counts(scores[rows], positives[rows], negatives[rows]))
        for group, rows in _groups.split(counted["class"])
    }
    pooled = rank_counts(scores, positives, negatives) if settings.average == "micro" else None
    return [found[group] for group in order if group in found], pooled, said


def _counted(data: LazyColumns, is_positive: nw.Expr) -> nw.LazyFrame[Any]:
    import narwhals as nw

    keys = ["class", "score"] if "class" in data.names else ["score"]
    weighted = "sample_weight" in data.names
    weight = nw.col("sample_weight").cast(nw.Float64) if weighted else nw.lit(1)
    zero = nw.lit(0.0) if weighted else nw.lit(0)
    columns = [nw.col(key) for key in keys if key != "score"]
    columns.append(nw.col("score").cast(nw.Float64))
    columns.append(nw.when(is_positive).then(weight).otherwise(zero).alias("positives"))
    columns.append(nw.when(is_positive).then(zero).otherwise(weight).alias("negatives"))
    if weighted:
        columns.append(weight.alias("lowest"))
    sums = [nw.col("positives").sum(), nw.col("negatives").sum()]
    if weighted:
        sums.append(nw.col("lowest").min())
    return data.frame.select(*columns).group_by(*keys).agg(*sums)
