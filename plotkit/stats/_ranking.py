"""What ROC and precision-recall curves share: rows ranked by score, exactly and fast.

A classifier's curve is the running count of true and false positives as the threshold falls
through the distinct scores. `rank` counts them by one sort of integers: a double's sign-free bit
pattern orders as the double does and leaves one bit free, which carries the label. So no index
array is sorted, no score is rounded, ties stay ties and neighbouring doubles stay apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


class Whole(NamedTuple):
    """What is true of all scores, where a ranking has only those that a picture shows."""

    points: int
    auc: float
    ap: float
    marked: dict[float, tuple[int, int]]  # threshold: positives and negatives that reach it


class Ranking(NamedTuple):
    """Counts at every distinct score, from the highest score down.

    `thresholds[i]` is a score, `tps[i]` and `fps[i]` the positive and negative rows (or their
    weight) that score at least as much. `whole` is there where an engine counted, and gave only
    what a picture shows; the last score is always among it.
    """

    thresholds: Array
    tps: Array
    fps: Array
    whole: Whole | None = None

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

    >>> rank(np.array([False, True, True]), np.array([0.1, 0.9, 0.1]))[:3]
    (array([0.9, 0.1]), array([1, 2]), array([0, 1]))
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
    if ranking.whole is not None:
        return ranking.whole.auc
    # Trapezoids of whole counts: exact until the one division.
    rises = np.add(ranking.tps, _shifted(ranking.tps))
    doubled = np.multiply(np.subtract(ranking.fps, _shifted(ranking.fps)), rises).sum()
    return float(doubled) / 2 / ranking.positives / ranking.negatives


def average_precision(ranking: Ranking, precision: Array | None = None) -> float:
    """The mean of precision over the positives, as scikit-learn's average_precision_score."""
    if not ranking.positives:
        return 0.0
    if ranking.whole is not None:
        return ranking.whole.ap
    if precision is None:
        precision = precision_of(ranking)
    gained = np.subtract(ranking.tps, _shifted(ranking.tps))
    return float((gained * precision).sum() / ranking.positives)


def reaching(ranking: Ranking, threshold: float) -> tuple[float, float] | None:
    """Positives and negatives that score at least a threshold; None where no row does."""
    if ranking.whole is not None:
        found = ranking.whole.marked[threshold]
        return found if sum(found) else None
    above = int(np.searchsorted(-ranking.thresholds, -threshold, side="right"))
    return (ranking.tps[above - 1], ranking.fps[above - 1]) if above else None


def precision_of(ranking: Ranking) -> Array:
    """Precision at every threshold."""
    return np.asarray(ranking.tps / (ranking.tps + ranking.fps))


def _shifted(counts: Array) -> Array:
    return np.concatenate([np.zeros(1, dtype=counts.dtype), counts[:-1]])


# --- what a picture can show ---------------------------------------------------------------------

_LEAST = 64  # points are never too many
_COLLINEAR = 1_000_000  # points of which those are looked for that do not change the line


class Thinned(NamedTuple):
    """Indices of points, rising, and the level from which on each is drawn."""

    chosen: Array
    level: Array
    by_pixel: bool  # whether pixels chose the points of level 0
    whole: bool  # whether the last level draws the whole curve


def thin(
    x: Array,
    y: Array,
    columns: int | None,
    *,
    steps: bool,
    levels: int = 1,
    chosen: bool = False,
) -> Thinned:
    """The points that a picture with so many columns needs; each level has twice as many.

    `x` rises. All points are kept while they are no more than the columns, or where these are
    None. Above that, points on the way between their neighbours go (the drawn line stays exactly
    the same), and if that is not enough, the first, last, lowest and highest of each column stay.
    Where an engine has chosen the points of the last level already, only the last rule counts.
    """
    held = np.arange(len(x))
    if columns is None or (len(x) <= max(columns, _LEAST) and not chosen):
        return Thinned(held, np.zeros_like(held), False, True)
    # Of more points, what is left would fit no picture either.
    if len(x) <= _COLLINEAR and not chosen:
        held = _needed(x, y, steps=steps)
    limits = [max(columns, _LEAST) << level for level in range(levels)]
    fits = [level for level, limit in enumerate(limits) if len(held) <= limit and not chosen]
    finest = fits[0] if fits else levels - 1
    if not fits:
        held = held[_extremes(x[held], y[held], columns << finest, falls=steps)]
    level_of = np.full(len(held), finest)
    for level in reversed(range(finest)):
        level_of[_extremes(x[held], y[held], columns << level, falls=steps)] = level
    return Thinned(held, level_of, finest > 0 or not fits, bool(fits))


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
    """First and last point of each column of pixels, lowest and highest too where y may fall.

    What is chosen with twice as many columns holds what is chosen here.
    """
    starts = np.unique(np.searchsorted(x, _column_edges(x[-1], columns), side="left"))
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


def _column_edges(total: Any, columns: int) -> Array:
    """Where columns begin: x is in column j where floor(x * columns / total) is j."""
    numbers = np.arange(columns)
    if isinstance(total, np.integer) and float(total) * columns < 2.0**62:
        return np.asarray(-(-numbers * int(total) // columns))
    return np.asarray(total * (numbers / columns))


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


def read(
    data: Columns | LazyColumns,
    settings: Settings,
    *,
    preset: str,
    roc: bool,
    columns: Callable[[int], int] | None = None,
) -> Scored:
    """Rank the rows of y_true, score, class and sample_weight.

    `columns` tells how many columns of pixels are drawn at the finest level where there are so
    many curves; None where all points are needed.

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
        groups, pooled, said = _read_lazy(data, settings, roc=roc, columns=columns)
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
    if column.kind == "text":
        asked, said = _positive_text(column.name, column.distinct(), pos_label)
        labels, codes = column.coded()
        return np.asarray(codes == labels.index(asked)), said
    asked_number = _positive_number(column.kind, column.name, pos_label)
    found = column.facts()
    values = column.as_array()
    certain = found.whole and not found.infinite and not found.missing
    if certain and found.low is not None and found.low >= 0 and (found.high or 0) <= 1:
        return values == asked_number, []
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


_AT_ONCE = 4_000_000  # distinct scores, of all classes, that an engine hands over
_CLASS = "class"
_SIDES = ("positives", "negatives")


def _read_lazy(
    data: LazyColumns, settings: Settings, *, roc: bool, columns: Callable[[int], int] | None
) -> tuple[list[Group], Ranking | None, list[str]]:
    """One row for each class and distinct score, counted where the data is.

    Where these are too many, only what the picture shows comes back.
    """
    import narwhals as nw  # heavy: only lazy frames come here

    is_positive, said = _positive_expression(data, settings)
    counted = _counted(data, is_positive)
    pooled: Ranking | None = None
    reducible = columns is not None and "sample_weight" not in data.names
    reducible = reducible and settings.average != "macro"
    if not reducible or (data.rows is not None and data.rows < _COLLINEAR):
        return _read_counted(data, data.collect(counted), settings, said)
    assert columns is not None
    found = _totals(data, counted, settings.thresholds)
    few = {name: total for name, total in found.items() if total.points < _COLLINEAR}
    if sum(total.points for total in few.values()) > _AT_ONCE:
        few = {}
    many = {name: total for name, total in found.items() if name not in few}
    if not many:
        return _read_counted(data, data.collect(counted), settings, said)
    width = columns(len(found) + (settings.average == "micro"))
    if settings.average == "micro":
        sums = [nw.col("positives").sum(), nw.col("negatives").sum()]
        together = counted.select("score", *_SIDES).group_by("score").agg(*sums)
        of_all = _totals(data, together, settings.thresholds)
        pooled = _reduced(data, together, of_all, roc=roc, columns=width)[""]
    if _CLASS not in data.names:
        return [Group(None, _reduced(data, counted, many, roc=roc, columns=width)[""])], None, said
    is_few = nw.col(_CLASS).is_in([total.own for total in few.values()])
    rankings = _reduced(
        data, counted.filter(~is_few) if few else counted, many, roc=roc, columns=width
    )
    if few:
        read, _, _ = _read_counted(data, data.collect(counted.filter(is_few)), settings, [])
        rankings |= {str(group.name): group.ranking for group in read}
    order, _ = _groups.lazy_order(data, _CLASS, said)
    return [Group(name, rankings[name]) for name in order if name in rankings], pooled, said


def _positive_expression(data: LazyColumns, settings: Settings) -> tuple[nw.Expr, list[str]]:
    """Which rows are positive."""
    import narwhals as nw  # heavy: only lazy frames come here

    name = data.names["y_true"]
    kind = data.kinds["y_true"]
    if kind == "time":
        raise errors.DataError.from_sentence(
            "y_true", name, "holds times; a true class is 0 or 1, a bool, or text."
        )
    if kind == "bool":
        wanted = _positive_number(kind, name, settings.pos_label)
        return (nw.col("y_true") if wanted == 1 else ~nw.col("y_true")), []
    distinct = data.collect(data.frame.select("y_true").unique())["y_true"].as_list()
    if kind == "text":
        asked, said = _positive_text(
            name, sorted(v for v in distinct if v is not None), settings.pos_label
        )
        return nw.col("y_true") == asked, said
    if settings.pos_label is None:
        bad = sorted(value for value in distinct if value not in (0, 1))
        if bad:
            raise _unclear(name, None, bad[0])
    return nw.col("y_true") == _positive_number(kind, name, settings.pos_label), []


def _read_counted(
    data: LazyColumns, counted: Columns, settings: Settings, said: list[str]
) -> tuple[list[Group], Ranking | None, list[str]]:
    """Rankings of all scores that an engine counted."""
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
    if _CLASS not in data.names:
        return [Group(None, rank_counts(scores, positives, negatives))], None, said
    order, _ = _groups.lazy_order(data, _CLASS, said)
    found = {
        group: Group(group, rank_counts(scores[rows], positives[rows], negatives[rows]))
        for group, rows in _groups.split(counted[_CLASS])
    }
    pooled = rank_counts(scores, positives, negatives) if settings.average == "micro" else None
    return [found[group] for group in order if group in found], pooled, said


class _Total(NamedTuple):
    """What is true of all rows of a class."""

    points: int
    positives: int
    negatives: int
    marked: dict[float, tuple[int, int]]
    own: Any  # the class as the engine holds it


def _totals(
    data: LazyColumns, counted: nw.LazyFrame[Any], thresholds: Sequence[float]
) -> dict[str, _Total]:
    """Totals by class; "" without classes."""
    import narwhals as nw

    made = [nw.len().alias("points"), nw.col("score").is_nan().cast(nw.Int64).sum().alias("nan")]
    made += [nw.col(side).sum().alias(side) for side in _SIDES]
    for number, threshold in enumerate(thresholds):
        for side in _SIDES:
            reached = nw.when(nw.col("score") >= threshold).then(nw.col(side)).otherwise(0)
            made.append(reached.sum().alias(f"{side}_{number}"))
    if _CLASS in counted.collect_schema().names():
        by_class = counted.group_by(_CLASS).agg(*made)
        held = data.collect(by_class.with_columns(nw.col(_CLASS).alias("own")))
        names, own = _texts(held[_CLASS]), held["own"].as_list()
    else:
        held, names, own = data.collect(counted.select(*made)), [""], [None]
    if any(held["nan"].as_list()):
        raise errors.DataError.from_fact("score", data.names["score"], None, None, "a number")
    numbers = {
        name: [int(value or 0) for value in held[name].as_list()]
        for name in held
        if name == "points" or name.startswith(_SIDES)
    }
    return {
        name: _Total(
            numbers["points"][at],
            numbers["positives"][at],
            numbers["negatives"][at],
            {
                threshold: (numbers[f"positives_{n}"][at], numbers[f"negatives_{n}"][at])
                for n, threshold in enumerate(thresholds)
            },
            own[at],
        )
        for at, name in enumerate(names)
    }


def _texts(column: Column) -> list[str]:
    return [_groups.MISSING if value is None else value for value in column.as_text()]


def _reduced(
    data: LazyColumns,
    counted: nw.LazyFrame[Any],
    totals: Mapping[str, _Total],
    *,
    roc: bool,
    columns: int,
) -> dict[str, Ranking]:
    """Rankings with the scores that so many columns of pixels show, chosen where the data is.

    They are those that `thin` chooses: x * columns / total is reckoned alike, and ties go to the
    highest score. Areas are summed there too.
    """
    import narwhals as nw

    if _CLASS not in counted.collect_schema().names():
        counted = counted.with_columns(nw.lit("").alias(_CLASS))
    size = max(total.positives * total.negatives for total in totals.values())
    kind = nw.Int64 if size < 1 << 61 else nw.Float64
    tps, fps, taken = nw.col("tps"), nw.col("fps"), nw.col("positives").cast(kind)
    running = [
        nw.col(side).cast(nw.Int64).cum_sum().over(_CLASS, order_by="down").alias(name)
        for side, name in zip(_SIDES, ("tps", "fps"), strict=True)
    ]
    along, side = (fps, "negatives") if roc else (tps, "positives")
    total = nw.col(side).cast(nw.Int64).sum().over(_CLASS)
    frame = counted.with_columns((-nw.col("score")).alias("down"), total.alias("total"))
    frame = frame.filter(nw.col("total") > 0).with_columns(*running)
    frame = frame.with_columns(
        (tps.cast(nw.Float64) / (tps + fps).cast(nw.Float64)).alias("y"),
        (along.cast(nw.Float64) * float(columns) / nw.col("total").cast(nw.Float64))
        .floor()
        .alias("column"),
        (nw.col("negatives").cast(kind) * (tps.cast(kind) + tps.cast(kind) - taken)).alias("area"),
    )
    frame = frame.with_columns((taken.cast(nw.Float64) * nw.col("y")).alias("gain"))
    chosen: dict[str, nw.Expr | None] = {"first": None, "last": None}
    if not roc:
        within = (_CLASS, "column")
        frame = frame.with_columns(
            nw.col("y").min().over(*within).alias("low"),
            nw.col("y").max().over(*within).alias("high"),
        )
        chosen |= {name: nw.col("y") == nw.col(name) for name in ("low", "high")}
    made = [nw.col("area").sum(), nw.col("gain").sum()]
    for name, condition in chosen.items():
        for field in ("score", "tps", "fps"):
            value = nw.col(field)
            if condition is not None:
                value = nw.when(condition).then(value)
            # Scores fall and counts rise along the curve.
            is_max = (field == "score") != (name == "last")
            made.append((value.max() if is_max else value.min()).alias(f"{name}_{field}"))
    held = data.collect(frame.group_by(_CLASS, "column").agg(*made))
    points = {
        field: np.concatenate([held[f"{name}_{field}"].as_array() for name in chosen])
        for field in ("score", "tps", "fps")
    }
    names = np.array(_texts(held[_CLASS]), dtype=object)
    areas = {
        name: [part for part, own in zip(held["area"].as_list(), names, strict=True) if own == name]
        for name in totals
    }
    gains = held["gain"].as_array()
    every = np.tile(names, len(chosen))
    found = {}
    for name, whole in totals.items():
        if not (whole.negatives if roc else whole.positives):
            counts = np.array([whole.positives]), np.array([whole.negatives])
            found[name] = Ranking(np.zeros(1), *counts)
            continue
        mine = np.flatnonzero(every == name)
        scores, at = np.unique(points["score"][mine], return_index=True)
        rows = mine[at[::-1]]
        sides = max(whole.positives, 1), max(whole.negatives, 1)
        found[name] = Ranking(
            scores[::-1],
            points["tps"][rows].astype(np.int64),
            points["fps"][rows].astype(np.int64),
            Whole(
                whole.points + 1,
                float(sum(areas[name])) / 2 / sides[0] / sides[1],
                float(gains[names == name].sum() / sides[0]),
                whole.marked,
            ),
        )
    return found


def _counted(data: LazyColumns, is_positive: nw.Expr) -> nw.LazyFrame[Any]:
    import narwhals as nw

    keys = ["class", "score"] if "class" in data.names else ["score"]
    weighted = "sample_weight" in data.names
    weight = nw.col("sample_weight").cast(nw.Float64) if weighted else nw.lit(1)
    zero = nw.lit(0.0) if weighted else nw.lit(0)
    columns = [nw.col(key) for key in keys if key != "score"]
    score = nw.col("score").cast(nw.Float64)
    # -0.0 becomes 0.0, as engines may tell them apart.
    columns.append(nw.when(score == 0).then(nw.lit(0.0)).otherwise(score).alias("score"))
    columns.append(nw.when(is_positive).then(weight).otherwise(zero).alias("positives"))
    columns.append(nw.when(is_positive).then(zero).otherwise(weight).alias("negatives"))
    if weighted:
        columns.append(weight.alias("lowest"))
    sums = [nw.col("positives").sum(), nw.col("negatives").sum()]
    if weighted:
        sums.append(nw.col("lowest").min())
    return data.frame.select(*columns).group_by(*keys).agg(*sums)
