"""What a classifier gives, y_true and a column of scores for each class, as rows to rank."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from plotkit import errors

Array = np.ndarray[Any, Any]


class OneVsRest(NamedTuple):
    """Rows for the roles of ROC and precision-recall curves, class after class.

    `y_true` (bool) and `score` are of n rows for each class drawn; `classes` holds the class's
    name in each row, None for one unnamed binary curve; `sample_weight` is None without weights.
    """

    y_true: Array
    score: Array
    classes: list[str] | None
    sample_weight: Array | None


def one_vs_rest(
    y_true: object,
    y_probas: object,
    labels: Sequence[object] | None = None,
    classes_to_plot: object = None,
    sample_weight: object = None,
) -> OneVsRest:
    """Turn true classes and scores into one binary problem for each class.

    Args:
        y_true: n ints, strings, bools or enum members (which count by their name), as a list,
            array, tensor or series; or an (n, k) array of 0 and 1, one column for each class.
        y_probas: n scores of the positive class, or (n, k), one column for each class.
        labels: the k classes in the order of the columns. Where y_true holds ints that are not
            among them, they count columns. Default: the ints 0 to k - 1 where y_true holds
            nothing else, else the sorted classes of y_true. Classes absent from y_true keep
            their column. For 1-D scores: the negative and the positive class; the default is
            the smaller and the larger.
        classes_to_plot: which classes to keep, in this order. Default: all.
        sample_weight: n weights.

    Raises:
        DataError: lengths that differ, a missing or NaN value (with its row), classes that do
            not fit the columns.
        OptionError: labels or classes_to_plot that do not fit.

    >>> rows = one_vs_rest(["dog", "cat"], [[0.2, 0.8], [0.9, 0.1]])
    >>> rows.classes, rows.y_true.tolist(), rows.score.tolist()
    (['cat', 'cat', 'dog', 'dog'], [False, True, True, False], [0.2, 0.9, 0.8, 0.1])
    """
    scores = _scores(y_probas)
    count = len(scores)
    truth = _plain("y_true", y_true)
    weights = None if sample_weight is None else weight_array(sample_weight)
    lengths = [("y_true", len(truth)), ("y_probas", count)]
    if weights is not None:
        lengths.append(("sample_weight", len(weights)))
    if len({length for _, length in lengths}) > 1:
        raise errors.DataError.from_lengths(lengths)
    if not count:
        raise errors.DataError.from_sentence(None, "y_true", "has 0 rows, nothing can be drawn.")
    names: list[object] | None = None
    if labels is not None:
        names = label_list(labels)
    if scores.ndim == 1:
        return _binary(truth, scores, names, classes_to_plot, weights)
    positive, found = columns_of(truth, scores.shape[1], names)
    chosen = _chosen(found, classes_to_plot)
    return OneVsRest(
        np.concatenate([positive[i] for i in chosen]),
        np.concatenate([scores[:, i] for i in chosen]),
        [name for i in chosen for name in [class_name(found[i])] * count],
        None if weights is None else np.tile(weights, len(chosen)),
    )


# --- reading what the caller has -----------------------------------------------------------------


def _array(values: Any) -> Any:
    """Tensors leave their device first; everything else as it is."""
    for step in ("detach", "cpu", "resolve_conj", "resolve_neg"):
        if hasattr(values, "numpy") and hasattr(values, step):
            values = getattr(values, step)()
    if hasattr(values, "numpy") and not isinstance(values, np.ndarray):
        return values.numpy()
    return values


def _plain(name: str, values: object) -> Array:
    """True classes: an array of ints or bools, or of Python values, or 2-D of 0 and 1."""
    held = _array(values)
    if held is None or isinstance(held, (str, bytes)) or not hasattr(held, "__len__"):
        raise errors.OptionError.from_option(name, values, "one true class for each row")
    if not isinstance(held, np.ndarray):
        if hasattr(held, "__array__"):
            held = np.asarray(held)
        elif len(held) and isinstance(held[0], (list, tuple, np.ndarray)):
            held = _matrix(name, held)
    if isinstance(held, np.ndarray) and held.ndim == 2 and held.shape[1] == 1:
        held = held[:, 0]
    if isinstance(held, np.ndarray) and held.ndim != 1:
        if held.ndim == 2 and held.dtype.kind in "biuf" and np.isin(held, (0, 1)).all():
            return held
        raise errors.OptionError.from_option(
            name, f"an array of shape {held.shape}", "one true class for each row"
        )
    if isinstance(held, np.ndarray) and held.dtype.kind in "biuf":
        if held.dtype.kind != "f":
            return held
        whole = held.size and float(abs(held).max()) < 2**53  # False of NaN
        if whole and (held == np.floor(held)).all():
            return held.astype(np.int64)
    listed = held.tolist() if isinstance(held, np.ndarray) else list(held)
    types = set(map(type, listed))
    if types and types <= {int, bool} and len(types) == 1:
        try:
            return np.array(listed)
        except OverflowError:  # integers beyond 64 bits go on as Python's own
            pass
    made = np.empty(len(listed), dtype=object)
    if types == {str}:
        made[:] = listed
        return made
    made[:] = [_class_of(name, row, value) for row, value in enumerate(listed)]
    return made


def _class_of(name: str, row: int, value: Any) -> object:
    """A true class as a str, an int, a bool or a float."""
    if type(value) in (int, str, bool):
        return value
    if isinstance(value, enum.Enum):
        return value.name
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()
    if value is None or value != value or type(value).__name__ in ("NAType", "NaTType"):
        raise errors.DataError.from_fact(None, name, row, value, "a class; drop such rows first")
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, (int, str)):
        return value
    raise errors.DataError.from_fact(
        None, name, row, value, "an int, a string, a bool or an enum member"
    )


def _matrix(name: str, rows: Any) -> Array:
    widths = [len(row) if hasattr(row, "__len__") else 0 for row in rows]
    for row, width in enumerate(widths):
        if width != widths[0]:
            raise errors.DataError.from_fact(
                None, name, row, rows[row], f"{widths[0]} values, as row 0 has"
            )
    return np.asarray(
        [[_number(name, i, v) for v in row] for i, row in enumerate(rows)], dtype=float
    )


def _number(name: str, row: int, value: Any) -> float:
    try:
        if not isinstance(value, (str, bytes)):
            return float(value)
    except (TypeError, ValueError):
        pass
    raise errors.DataError.from_fact(None, name, row, value, "a number")


def _scores(y_probas: object) -> Array:
    name = "y_probas"
    held = _array(y_probas)
    if held is None or isinstance(held, (str, bytes)) or not hasattr(held, "__len__"):
        raise errors.OptionError.from_option(
            name, y_probas, "one score for each row, or one row of scores, one for each class"
        )
    if not hasattr(held, "__array__"):
        rows = [_array(row) for row in held]
        if any(hasattr(row, "__len__") and not isinstance(row, str) for row in rows):
            held = _matrix(name, rows)
        else:
            held = np.array([_number(name, i, value) for i, value in enumerate(rows)], dtype=float)
    found = np.asarray(held)
    if found.dtype.kind not in "biuf":
        found = _object_scores(name, found)
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.ndim not in (1, 2) or (found.ndim == 2 and not found.shape[1]):
        raise errors.OptionError.from_option(
            name, f"an array of shape {found.shape}", "shape (n,) or (n, classes)"
        )
    found = found.astype(np.float64, copy=False)
    if found.size and np.isnan(found.min()):
        at = np.argwhere(np.isnan(found))[0].tolist()
        place = f"{name}[:, {at[1]}]" if len(at) == 2 else name
        raise errors.DataError.from_fact(None, place, at[0], float("nan"), "a number")
    return found


def _object_scores(name: str, found: Array) -> Array:
    flat = found.reshape(len(found), -1)
    made = [[_number(name, row, v) for v in values] for row, values in enumerate(flat.tolist())]
    return np.asarray(made, dtype=float).reshape(found.shape)


def weight_array(sample_weight: object) -> Array:
    """Weights, one a row, finite and not negative."""
    held = np.asarray(_array(sample_weight), dtype=np.float64).ravel()
    bad = np.flatnonzero(~((held >= 0) & (held < np.inf)))
    if len(bad):
        row = int(bad[0])
        raise errors.DataError.from_fact(
            None, "sample_weight", row, float(held[row]), "a number from 0 up"
        )
    return held


def label_list(labels: object, name: str = "labels") -> list[object]:
    """Class names as given (text, ints, bools), which must differ; `name` is the argument's."""
    held = _array(labels)
    if isinstance(held, (str, bytes)) or not hasattr(held, "__iter__"):
        raise errors.OptionError.from_option(name, labels, "a list of class names")
    listed = held.tolist() if isinstance(held, np.ndarray) else list(held)
    names = [_class_of(name, i, value) for i, value in enumerate(listed)]
    if len(set(map(class_name, names))) != len(names):
        raise errors.OptionError.from_option(name, names, "names that differ")
    return names


def class_list(name: str, values: object) -> list[object]:
    """Classes, one a row, as text, ints, bools or floats; `name` is the argument's.

    >>> class_list("preds", np.array([1.0, 0.0]))
    [1, 0]
    """
    held = _plain(name, values)
    if held.ndim != 1:
        raise errors.OptionError.from_option(
            name, f"an array of shape {held.shape}", "one class for each row"
        )
    listed: list[object] = held.tolist()
    return listed


# --- classes and columns -------------------------------------------------------------------------


def _equal(truth: Array, value: object) -> Array:
    """Which rows are of a class; one of another type than all rows is in none."""
    if truth.dtype != object and isinstance(value, str):
        return np.zeros(len(truth), dtype=bool)
    return np.asarray(truth == value, dtype=bool)


def class_name(label: object) -> str:
    """Return a class as the text that a legend shows."""
    if isinstance(label, bool):
        return "true" if label else "false"
    return str(label)


def _sorted(found: Sequence[object]) -> list[object]:
    """Classes in order: numbers by value, text by its characters."""
    return sorted(found, key=lambda v: (isinstance(v, str), v if isinstance(v, str) else 0, v))


def _same_kind(truth: Array) -> list[object]:
    """The distinct classes, sorted; text and numbers together are an error."""
    if truth.dtype != object:
        low, high = truth.min().item(), truth.max().item()
        if high - low <= 1:  # two classes, much faster than sorting
            return [low] if low == high else [low, high]
        return list(np.unique(truth).tolist())
    found = list(dict.fromkeys(truth.tolist()))
    for value in found:
        if isinstance(value, str) != isinstance(found[0], str):
            row = truth.tolist().index(value)
            like = "text" if isinstance(found[0], str) else "a number"
            raise errors.DataError.from_fact(
                None, "y_true", row, value, f"{like}, as row 0 is ({errors.shown(found[0])})"
            )
    return _sorted(found)


def columns_of(
    truth: Array, width: int, names: list[object] | None
) -> tuple[list[Array], list[object]]:
    """For each column of scores: which rows are of its class, and the class."""
    if names is not None and len(names) != width:
        raise errors.OptionError.from_option(
            "labels",
            names,
            f"{width} labels, one for each column of y_probas (these are {len(names)})",
        )
    if truth.ndim == 2:
        if truth.shape[1] != width:
            raise errors.DataError.from_lengths(
                [("a row of y_true", truth.shape[1]), ("a row of y_probas", width)]
            )
        return [truth[:, i] == 1 for i in range(width)], names or list(range(width))
    found = _same_kind(truth)
    are_indices = all(isinstance(v, int) and 0 <= v < width for v in found)
    if names is not None:
        if set(found) <= set(names):
            return [_equal(truth, name) for name in names], names
        if are_indices:
            return [truth == i for i in range(width)], names
        texts = [class_name(name) for name in names]
        strange = [v for v in found if class_name(v) not in texts]
        if not strange:  # labels as text, classes as numbers, or the other way round
            as_text = np.array([class_name(v) for v in truth.tolist()], dtype=object)
            return [as_text == text for text in texts], names
        row = truth.tolist().index(strange[0])
        raise errors.DataError.from_fact(
            None, "y_true", row, strange[0], f"one of labels: {errors.listed(names)}"
        )
    if are_indices and not all(isinstance(v, bool) for v in found):
        return [truth == i for i in range(width)], list(range(width))
    if width == 2 and all(isinstance(v, bool) for v in found):
        return [truth == value for value in (False, True)], [False, True]
    if len(found) == width:
        return [_equal(truth, value) for value in found], found
    raise errors.DataError.from_sentence(
        None,
        "y_true",
        f"has {len(found)} class{'' if len(found) == 1 else 'es'} ({errors.listed(found)}), but "
        f"y_probas has {width} columns; say which column is which class: labels=[...] with "
        f"{width} names.",
    )


def _chosen(found: Sequence[object], classes_to_plot: object) -> list[int]:
    """Indices of the columns to draw."""
    if classes_to_plot is None:
        return list(range(len(found)))
    held = _array(classes_to_plot)
    if isinstance(held, np.ndarray):
        held = held.tolist()
    several = hasattr(held, "__iter__") and not isinstance(held, (str, bytes))
    asked = list(held) if several else [held]
    if not asked:
        raise errors.OptionError.from_option("classes_to_plot", asked, "at least one class")
    texts = [class_name(name) for name in found]
    indices = []
    for row, raw in enumerate(asked):
        value = _class_of("classes_to_plot", row, raw)
        if class_name(value) in texts:
            indices.append(texts.index(class_name(value)))
        elif isinstance(value, int) and 0 <= value < len(found) and isinstance(found[0], str):
            indices.append(value)  # y_true counts columns, labels name them
        else:
            raise errors.OptionError.from_option(
                "classes_to_plot",
                value,
                f"one of {errors.listed(found)}.{errors.nearest(value, texts)}".rstrip("."),
            )
    return list(dict.fromkeys(indices))


def _binary(
    truth: Array,
    scores: Array,
    names: list[object] | None,
    classes_to_plot: object,
    weights: Array | None,
) -> OneVsRest:
    """One score a row: that of the positive class."""
    if truth.ndim == 2:
        raise errors.OptionError.from_option(
            "y_true", f"an array of shape {truth.shape}", "one true class for each row, as y_probas"
        )
    found = _same_kind(truth)
    if names is not None and len(names) != 2:
        raise errors.OptionError.from_option(
            "labels", names, "two labels, as y_probas has one score a row: negative, positive"
        )
    if len(found) > 2:
        raise errors.DataError.from_sentence(
            None,
            "y_true",
            f"has {len(found)} classes ({errors.listed(found)}), but y_probas has one score a "
            "row, which tells two classes apart; give one column of scores for each class.",
        )
    if names is not None and set(found) <= set(names):
        pair = names
    elif all(v in (0, 1) for v in found):
        pair = [0, 1]
    elif len(found) == 2:
        if names is not None:
            strange = next(v for v in found if v not in names)
            row = truth.tolist().index(strange)
            raise errors.DataError.from_fact(
                None, "y_true", row, strange, f"one of labels: {errors.listed(names)}"
            )
        pair = found
    else:
        raise errors.DataError.from_sentence(
            None,
            "y_true",
            f"has the one class {errors.shown(found[0])}; say which is negative and which "
            "positive: labels=[negative, positive].",
        )
    shown = class_name(names[1]) if names is not None else None
    if shown is None and isinstance(pair[1], str):
        shown = pair[1]
    if classes_to_plot is not None:
        _chosen(names if names is not None else pair, classes_to_plot)
    positive = _equal(truth, pair[1])
    return OneVsRest(positive, scores, None if shown is None else [shown] * len(scores), weights)
