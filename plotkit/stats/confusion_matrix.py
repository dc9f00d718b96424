"""Confusion matrices: how often each class is predicted as each other.

Rows out, one for each cell, cells without rows included: `Actual`, `Predicted`, `nPredictions`
(the count), `value` (what the cell shows: the count, or the share when normalized), `share` (0 to
1, which colours the cell), `label` (the cell's text) and `tone` ("zero", "light" or "dark").

More classes than cells can be drawn for are an image, of which the first row holds one for each
theme (`image_light`, `image_dark`); the rows are then the diagonal and the most frequent errors.
Where not all cells are rows of their own, the cells of the diagonal hold what all text about the
matrix needs: `total` (all rows of the true class) and `right` (those of them that are right); the
first row holds `kinds`, how many errors are as frequent as the most frequent one. `rest` is True
for the row and the column of all classes without one of their own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from plotkit import errors, notes
from plotkit.stats import Picture, Result, _counting, _groups, classes
from plotkit.table import LazyColumns

if TYPE_CHECKING:
    from plotkit.table import Columns

Array = np.ndarray[Any, Any]

READABLE = 50  # more classes are drawn with a note
MAX_CELLS = 200  # classes whose cells are drawn one by one; more are an image
MAX_CLASSES = 2000  # more are an error
_POINTED = 1000  # cells of an image that tell their values
DARK = 0.5  # from this share on, the other text colour of the theme reads better on a cell

_NUMBERED = re.compile(r"(\D+)([0-9]{1,18})")  # "class 10"
_MAX_COUNTED = 10_000  # classes of which the most confused ones are found
_NAME = 6.6  # px of a class name's character, about
_UPRIGHT = 30  # px that a name may take beside others, however small the cells


class _Cells(NamedTuple):
    """Cells of one size, as the switches of the preset lay them."""

    classes: int  # at most so many
    switch: str | None
    side: float  # px
    font: float  # px, 0 for cells without text


_SIZES = (
    _Cells(2, "large", 96, 15),
    _Cells(5, None, 64, 12),
    _Cells(10, "medium", 44, 12),
    _Cells(15, "small", 34, 10.5),
    _Cells(25, "smaller", 25, 8.5),
    _Cells(READABLE, "tiny", 20, 7.5),
    _Cells(MAX_CELLS, "tiny", 20, 0),
    _Cells(500, "image", 2, 0),
    _Cells(1000, "image_1px", 1, 0),
    _Cells(MAX_CLASSES, "image_half_px", 0.5, 0),
)

# Those that a matrix of few classes turns off; an image is never turned off, only on.
_OF_CELLS = ("large", "medium", "small", "smaller", "tiny")

# What the shade of an image is, where it is not the share of the row.
_SHADES = {"pred": "share of the column", "all": "share of the largest cell"}


def compute(data: Columns | LazyColumns, options: Mapping[str, object], picture: Picture) -> Result:
    """Count pairs of `Actual` and `Predicted`, weighted by `nPredictions` where it is mapped.

    Options: `class_names` (the classes in order; one outside is an error; default: the declared
    order of a categorical, else numbers by value, else text sorted, "class 9" before "class 10"),
    `normalize` (None, "true", "pred" or "all", as in scikit-learn; shares of 0 rows are 0),
    `most_confused` (None, or a number: only so many classes with the most errors have a row and
    a column of their own, all others share one). The switches lay smaller cells for
    more classes; more than 200 are an image. Raises `DataError`, `OptionError`.
    """
    normalize = _checked_normalize(options.get("normalize"))
    most = _checked_most(options.get("most_confused"))
    if isinstance(data, LazyColumns):
        data = _counted(data)
    column = data["Actual"].name
    names = _class_names(data, options.get("class_names"))
    said: list[str] = []
    if len(names) > (_MAX_COUNTED if most else MAX_CLASSES):
        raise errors.DataError.from_too_many("classes", column, len(names), MAX_CLASSES)
    matrix = _matrix(data, names)
    facts: _Facts | None = None
    if most is not None and most < len(names):
        facts = _facts(matrix)
        chosen = _most_confused(matrix, most)
        said.append(notes.most_confused(column, len(names), most))
        names, matrix = _folded(names, matrix, chosen)
        right = np.append(facts.right[chosen], facts.right.sum() - facts.right[chosen].sum())
        facts = facts._replace(right=right, rest=names[-1])
    if len(names) > MAX_CELLS:
        facts = _facts(matrix)
        said.append(notes.image_of_classes(column, len(names), MAX_CELLS))
    elif len(names) > READABLE:
        said.append(notes.many_classes(column, len(names), READABLE))
    laid = next(found for found in _SIZES if len(names) <= found.classes)
    switches = {found.switch: False for found in _SIZES if found.switch in _OF_CELLS}
    if len(names) > MAX_CELLS:
        switches["image"] = True
    if laid.switch is not None:
        switches[laid.switch] = True
    switches["rotate_labels"] = max(map(len, names)) * _NAME > max(laid.side + 4, _UPRIGHT)
    titles = {} if normalize in (None, "true") else {"share": _SHADES[normalize]}
    if len(names) <= MAX_CELLS:
        titles = {}
    rows = _rows(matrix, names, normalize, laid, facts)
    return Result(rows, said, switches=switches, titles=titles)


def _checked_most(given: object) -> int | None:
    if given is None:
        return None
    whole = isinstance(given, (int, np.integer)) or (
        isinstance(given, float) and given.is_integer()
    )
    if isinstance(given, bool) or not whole or not 1 <= int(given) < MAX_CELLS:  # type: ignore[call-overload]
        expected = f"None, or how many classes to keep, 1 to {MAX_CELLS - 1}"
        raise errors.OptionError.from_option("most_confused", given, expected)
    return int(given)  # type: ignore[call-overload,no-any-return]


# --- what is true of the whole matrix ------------------------------------------------------------


class _Facts(NamedTuple):
    """What is told of a matrix, where not all of its cells are drawn."""

    right: Array  # of each class that is drawn
    kinds: int  # pairs that are confused as often as the one that is most often
    rest: str | None = None  # the name of all classes without a row of their own


def _facts(matrix: Array) -> _Facts:
    wrong = _errors(matrix)
    most = wrong.max()
    kinds = int((wrong == most).sum()) if most else 0
    return _Facts(np.diagonal(matrix).copy(), kinds)


def _errors(matrix: Array) -> Array:
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    return wrong


def _most_confused(matrix: Array, most: int) -> Array:
    """The classes with the most errors, those of the most frequent one among them, in order.

    An error counts for both of its classes; of equal ones the first stay.
    """
    wrong = _errors(matrix)
    errors_of = wrong.sum(axis=0) + wrong.sum(axis=1)
    worst = np.unravel_index(int(wrong.argmax()), wrong.shape) if wrong.any() else ()
    ranked = np.argsort(-errors_of, kind="stable").tolist()
    first = list(dict.fromkeys(int(at) for at in worst)) if most > 1 else []
    return np.array(sorted(list(dict.fromkeys([*first, *ranked]))[:most]), dtype=np.intp)


def _folded(names: list[str], matrix: Array, chosen: Array) -> tuple[list[str], Array]:
    """The matrix of the chosen classes, and one more that all the others are."""
    into = np.full(len(names), len(chosen), dtype=np.intp)
    into[chosen] = np.arange(len(chosen))
    made = np.zeros((len(chosen) + 1, len(chosen) + 1), dtype=matrix.dtype)
    np.add.at(made, (into[:, None], into[None, :]), matrix)
    left = len(names) - len(chosen)
    rest = f"other ({left:,} class{'' if left == 1 else 'es'})"
    kept = [names[at] for at in chosen.tolist()]
    while rest in kept:
        rest = f"all {rest}"
    return [*kept, rest], made


def from_matrix(
    matrix: object, class_names: Sequence[object] | None = None
) -> dict[str, list[Any]]:
    """Columns Actual, Predicted and nPredictions of a ready-made square matrix of counts.

    Rows are true classes, columns predicted ones; names default to those of a frame's index and
    columns, which must agree, else to "0", "1", ...; `class_names` that are a frame's names in
    another order put its rows and columns in that order. Raises `OptionError` for another shape,
    negative or missing counts, or names that do not fit.

    >>> from_matrix([[3, 1], [0, 2]], ["cat", "dog"])["nPredictions"]
    [3, 1, 0, 2]
    """
    own = _frame_names(matrix)
    counts = _counts(matrix)
    names = own or [str(i) for i in range(len(counts))]
    if class_names is not None:
        names = [classes.class_name(n) for n in classes.label_list(class_names, "class_names")]
    if len(names) != len(counts):
        raise errors.OptionError.from_option(
            "class_names", names, f"{len(counts)} different names, one for each row of the matrix"
        )
    if own is not None and names != own and set(names) == set(own):
        order = [own.index(name) for name in names]
        counts = counts[np.ix_(order, order)]
    return {
        "Actual": [name for name in names for _ in names],
        "Predicted": names * len(names),
        "nPredictions": counts.ravel().tolist(),
    }


def _counts(matrix: Any) -> Array:
    """The counts of a square matrix, integers exact at any size."""
    counts = _as_array("matrix", matrix, "a count from 0 up")
    shape = counts.shape
    if len(shape) != 2 or shape[0] != shape[-1] or not shape[0]:
        own = getattr(matrix, "shape", None)
        given = matrix if own is None else f"{type(matrix).__name__} of shape {tuple(own)}"
        raise errors.OptionError.from_option(
            "matrix", given, "a square matrix of counts, true classes down"
        )
    for row, values in enumerate(counts.tolist()):
        for column, value in enumerate(values):
            if not isinstance(value, (int, float)) or not 0 <= value < math.inf:
                raise errors.OptionError.from_option(
                    f"matrix[{row}][{column}]", value, "a count from 0 up"
                )
    return counts


def _as_array(name: str, values: Any, expected: str) -> Array:
    """An array without masked cells; an empty one where rows are unequal."""
    held = classes.on_cpu(values)
    if isinstance(held, np.ma.MaskedArray) and np.ma.getmaskarray(held).any():
        first = np.argwhere(np.ma.getmaskarray(held))[0]
        at = "".join(f"[{i}]" for i in first)
        raise errors.OptionError.from_option(f"{name}{at}", np.ma.masked, expected)
    try:
        return np.asarray(held)
    except (TypeError, ValueError):
        return np.empty(0)


def _frame_names(matrix: Any) -> list[str] | None:
    """The class names that a frame carries; None for an array, or a frame without names."""
    columns, index = getattr(matrix, "columns", None), getattr(matrix, "index", None)
    if isinstance(columns, list) and all(isinstance(name, str) for name in columns):  # Polars
        return None if columns == [f"column_{i}" for i in range(len(columns))] else columns
    if columns is None or index is None or isinstance(columns, list) or callable(index):
        return None
    # Positions name nothing, so the other side's names are all there is.
    sides = [
        (
            name,
            [classes.class_name(v if isinstance(v, (str, int, float)) else str(v)) for v in axis],
        )
        for name, axis in (("matrix.index", index), ("matrix.columns", columns))
        if type(axis).__name__ != "RangeIndex" or axis.name is not None
    ]
    for name, names in sides:
        if len(set(names)) != len(names):
            raise errors.OptionError.from_option(name, names, "names that differ")
    if len(sides) == 2 and sides[0][1] != sides[1][1]:
        raise errors.OptionError.from_option(
            "matrix.columns", sides[1][1], f"the names of matrix.index: {sides[0][1]}"
        )
    return sides[0][1] if sides else None


def prob_array(probs: object) -> Array:
    """Probabilities as an array of numbers, of shape (n, k)."""
    plain = _as_array("probs", probs, "a number")
    if plain.ndim != 2 or not plain.shape[1] or plain.dtype.kind not in "biufO":
        raise errors.OptionError.from_option(
            "probs", probs, "one row for each example, one column for each class"
        )
    if plain.dtype == object:
        for row, values in enumerate(plain.tolist()):
            for column, value in enumerate(values):
                if not isinstance(value, (int, float)):
                    raise errors.OptionError.from_option(
                        f"probs[{row}][{column}]", value, "a number"
                    )
    if plain.dtype == object:
        plain = plain.astype(np.float64)
    return plain


def winners(probs: object) -> tuple[Array, int]:
    """The class of the highest probability of each row, of equal ones the first; and how many
    classes there are.

    Raises `OptionError` for another shape than (n, k), and for what is no number.

    >>> winners([[0.2, 0.8], [0.5, 0.5]])
    (array([1, 0]), 2)
    """
    held = prob_array(probs)
    chosen = np.empty(len(held), dtype=np.intp)

    def choose(start: int, end: int) -> bool:
        sound = True
        for part in _counting.blocks(start, end, max(_counting.BLOCK // held.shape[1], 1)):
            held[part].argmax(axis=1, out=chosen[part])
            if held.dtype.kind == "f":
                sound = sound and not np.isnan(held[part].max())
        return sound

    if len(held) and not all(_counting.in_parts(len(held), choose)):
        row, column = (int(i) for i in np.argwhere(np.isnan(held))[0])
        raise errors.OptionError.from_option(f"probs[{row}][{column}]", math.nan, "a number")
    return chosen, held.shape[1]


def from_probs(probs: object) -> list[int]:
    """The predicted class of each row of probabilities: the highest, of equal ones the first.

    >>> from_probs([[0.2, 0.8], [0.5, 0.5]])
    [1, 0]
    """
    found: list[int] = winners(probs)[0].tolist()
    return found


def normalized(matrix: Array, normalize: str | None) -> Array:
    """The matrix as shares of its rows ("true"), columns ("pred") or sum ("all")."""
    if normalize is None:
        return matrix
    axis = {"true": 1, "pred": 0, "all": None}[normalize]
    totals = np.asarray(matrix.sum(axis=axis, keepdims=True), dtype=np.float64)
    return np.divide(
        matrix.astype(np.float64), totals, out=np.zeros(matrix.shape), where=totals > 0
    )


def _rows(
    matrix: Array,
    names: Sequence[str],
    normalize: str | None,
    laid: _Cells,
    facts: _Facts | None,
) -> dict[str, list[Any]]:
    """The rows to draw, row by row of the matrix; of an image the cells that tell their values."""
    shown = normalized(matrix, normalize)
    if normalize == "all":
        top = float(shown.max(initial=0.0))
        share = shown / top if top else shown
    else:
        share = shown if normalize else normalized(matrix, "true")
    cells = np.arange(matrix.size)
    if len(names) > MAX_CELLS:
        cells = _pointed(matrix)
    down, across = np.divmod(cells, len(names))
    counts, parts = matrix.ravel()[cells].tolist(), share.ravel()[cells].tolist()
    columns: dict[str, list[Any]] = {
        "Actual": [names[at] for at in down.tolist()],
        "Predicted": [names[at] for at in across.tolist()],
        "nPredictions": counts,
        "value": shown.ravel()[cells].tolist(),
        "share": parts,
        "label": _labels(shown, normalize, laid) if laid.font else [""] * len(cells),
        "tone": [
            "zero" if not count else "dark" if part >= DARK else "light"
            for count, part in zip(counts, parts, strict=True)
        ],
    }
    if facts is None:
        return columns
    own = (down == across).tolist()
    totals, right = matrix.sum(axis=1).tolist(), facts.right.tolist()
    of = list(zip(own, down.tolist(), strict=True))
    columns["total"] = [totals[at] if diagonal else None for diagonal, at in of]
    columns["right"] = [right[at] if diagonal else None for diagonal, at in of]
    columns["kinds"] = [facts.kinds] + [None] * (len(cells) - 1)
    if facts.rest is not None:
        pairs = zip(columns["Actual"], columns["Predicted"], strict=True)
        columns["rest"] = [True if facts.rest in pair else None for pair in pairs]
    if len(names) > MAX_CELLS:
        from plotkit.stats import _shades

        pictures = _shades.images(matrix, share)
        for field, picture in zip(("image_light", "image_dark"), pictures, strict=True):
            columns[field] = [picture] + [None] * (len(cells) - 1)
    return columns


def _pointed(matrix: Array) -> Array:
    """The cells of the diagonal, which have the classes in order, then the most frequent errors."""
    wrong = _errors(matrix).ravel()
    found = np.flatnonzero(wrong)
    most = found[np.argsort(-wrong[found], kind="stable")[:_POINTED]]
    diagonal = np.arange(len(matrix)) * (len(matrix) + 1)
    return np.concatenate([diagonal, most])


def _checked_normalize(given: object) -> str | None:
    if given in (None, "", "none", "None"):
        return None
    if given not in ("true", "pred", "all"):
        raise errors.OptionError.from_option(
            "normalize", given, "None, 'true' (rows), 'pred' (columns) or 'all'"
        )
    return str(given)


# --- counting ------------------------------------------------------------------------------------


def _counted(data: LazyColumns) -> Columns:
    """One row for each pair that occurs, counted where the data is."""
    import narwhals as nw  # heavy: only lazy frames come here

    keys = ["Actual", "Predicted"]
    if "nPredictions" in data.names:
        count = nw.col("nPredictions").sum()
        lowest = nw.col("nPredictions").min().alias("lowest")
    else:
        count, lowest = nw.len(), nw.len().alias("lowest")
    frame = data.frame.group_by(*keys).agg(count.alias("nPredictions"), lowest)
    held = data.collect(frame)
    lowest_of_all = min((v for v in held["lowest"].as_list() if v is not None), default=0)
    if lowest_of_all < 0:
        raise errors.DataError.from_fact(
            "nPredictions", data.names["nPredictions"], None, lowest_of_all, "a count from 0 up"
        )
    for key in keys:
        held[key] = held[key].to_text()
        held[key].categories = _groups.declared_order(data, key) or held[key].categories
    return {role: held[role] for role in (*keys, "nPredictions")}


def sorted_names(names: Iterable[str]) -> list[str]:
    """Classes without an order of their own: numbers by value, then text by its characters.

    Text that differs in a number at its end alone is ordered by that, in the places it has.

    >>> sorted_names(["class 10", "class 9", "cat", "10", "9"])
    ['9', '10', 'cat', 'class 9', 'class 10']
    """
    ordered = sorted(names, key=_groups.natural_key)
    alike: dict[str, list[tuple[int, int]]] = {}  # of one beginning: the number, and where it is
    for at, name in enumerate(ordered):
        found = _NUMBERED.fullmatch(name)
        if found is not None and _groups.natural_key(name)[0]:  # "-10" is a number itself
            alike.setdefault(found[1], []).append((int(found[2]), at))
    placed = list(ordered)
    for held in alike.values():
        for (_, place), (_, at) in zip(held, sorted(held), strict=True):
            placed[place] = ordered[at]
    return placed


def _class_names(data: Columns, given: object) -> list[str]:
    actual, predicted = data["Actual"], data["Predicted"]
    sides = {role: _groups.factorize(data[role]) for role in ("Actual", "Predicted")}
    if given is None:
        found = list(dict.fromkeys(name for names, _ in sides.values() for name in names))
        declared = [*(actual.categories or ()), *(predicted.categories or ())]
        if declared:
            rest = sorted_names(set(found) - set(declared))
            return list(dict.fromkeys([*declared, *rest]))
        return sorted_names(found)
    if isinstance(given, str) or not isinstance(given, (Sequence, np.ndarray)):
        raise errors.OptionError.from_option("class_names", given, "a list of names")
    names = [classes.class_name(name) for name in classes.label_list(given, "class_names")]
    if not names:
        raise errors.OptionError.from_option("class_names", names, "names that differ")
    known = set(names)
    for role, (labels, codes) in sides.items():
        strange = [at for at, label in enumerate(labels) if label not in known]
        if strange:
            row = int(np.isin(codes, strange).argmax())
            raise errors.DataError.from_fact(
                role,
                data[role].name,
                row,
                labels[int(codes[row])],
                f"one of class_names: {errors.listed(names)}",
            )
    return names


def _matrix(data: Columns, names: Sequence[str]) -> Array:
    place = {name: i for i, name in enumerate(names)}
    pairs: Array | None = None
    for role in ("Actual", "Predicted"):
        labels, codes = _groups.factorize(data[role])
        places = np.array([place[label] for label in labels], dtype=np.intp)[codes]
        pairs = places if pairs is None else pairs * len(names) + places
    assert pairs is not None
    cell_count = len(names) ** 2
    if "nPredictions" not in data:
        return _counting.counted(pairs, cell_count).reshape(len(names), len(names))
    weights = data["nPredictions"].as_array()
    bad = np.flatnonzero(~(weights >= 0))
    if len(bad):
        row = int(bad[0])
        raise errors.DataError.from_fact(
            "nPredictions",
            data["nPredictions"].name,
            row,
            data["nPredictions"].as_list()[row],
            "a count from 0 up",
        )
    counts = _counting.summed(weights, pairs, cell_count)
    if (counts == np.floor(counts)).all():
        if counts.max(initial=0) < 2**53:
            counts = counts.astype(np.int64)
        elif all(isinstance(v, int) for v in data["nPredictions"].as_list()):
            exact = [0] * cell_count  # Python's own, where doubles would round
            for pair, count in zip(pairs.tolist(), data["nPredictions"].as_list(), strict=True):
                exact[pair] += count
            counts = np.array(exact, dtype=object)
    return counts.reshape(len(names), len(names))


# --- the cells' text -----------------------------------------------------------------------------


def _labels(shown: Array, normalize: str | None, laid: _Cells) -> list[str]:
    """Texts that fit their cells, all in one style; empty where none does."""
    values = shown.ravel().tolist()
    styles = (_percent, _whole_percent) if normalize else (_count, _plain_count, _short_count)
    if laid.font:
        for style in styles:
            texts = [style(value) for value in values]
            if laid.font * max(map(_width, texts)) <= laid.side - 4:
                return texts
    return [""] * len(values)


def _width(text: str) -> float:
    """Width in units of the font's size, about."""
    return sum(0.29 if mark in ",." else 0.9 if mark in "%M" else 0.64 for mark in text)


def _count(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{_rounded(value):,}"


def _plain_count(value: float) -> str:
    return f"{value}" if isinstance(value, int) else f"{_rounded(value)}"


def _rounded(value: float) -> float:
    """A weighted count in four digits, without a needless point."""
    near = float(f"{value:.4g}")
    return int(near) if near.is_integer() else near


def _short_count(value: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            part = value / size
            return f"{part:.1f}{letter}" if part < 9.95 else f"{part:.0f}{letter}"
    return _plain_count(value)


def _percent(value: float) -> str:
    if not value:
        return "0"
    if value < 0.0005:
        return "<0.1%"
    return f"{100 * value:.1f}%" if value < 1 else "100%"


def _whole_percent(value: float) -> str:
    if not value:
        return "0"
    return "<1%" if value < 0.005 else f"{100 * value:.0f}%"
