"""What a classifier gives, y_true and a column of scores for each class, as rows to rank."""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeGuard

import numpy as np

from plotkit import errors
from plotkit.column import Column
from plotkit.stats import _counting

Array = np.ndarray[Any, Any]


class OneVsRest(NamedTuple):
    """Rows for the roles of ROC and precision-recall curves, class after class.

    `y_true` (bool) and `score` are of n rows for each class drawn; `names` holds the classes, None
    for one unnamed binary curve; `sample_weight` is None without weights.
    """

    y_true: Array
    score: Array
    names: list[str] | None
    sample_weight: Array | None

    @property
    def classes(self) -> list[str] | None:
        """The class's name in each row."""
        if self.names is None:
            return None
        return [name for name in self.names for _ in range(len(self.score) // len(self.names))]

    def columns(self) -> list[Column]:
        """The rows as columns "y_true", "score", "class" and "sample_weight"."""
        made = [Column("y_true", "bool", array=self.y_true)]
        made.append(Column("score", "number", array=self.score))
        if self.names is not None:
            each = len(self.score) // len(self.names)
            codes = np.repeat(np.arange(len(self.names), dtype=np.int32), each)
            made.append(Column.from_codes("class", self.names, codes))
        if self.sample_weight is not None:
            made.append(Column("sample_weight", "number", array=self.sample_weight))
        return made


def one_vs_rest(
    y_true: object,
    y_probas: object,
    labels: Sequence[object] | None = None,
    classes_to_plot: object = None,
    sample_weight: object = None,
) -> OneVsRest:
    """Turn true classes and scores into one binary problem for each class.

    Args:
        y_true: n ints, strings, bools or enum members (which count by their name, or by their
            value where that is what labels hold; those of a str or int enum by their value
            first), as a list, array, tensor or series; or an (n, k) array of 0 and 1, one column
            for each class.
        y_probas: n scores of the positive class, or (n, k), one column for each class.
        labels: the k classes in the order of the columns. Where y_true holds ints that are not
            among them, they count columns. Default: the categories of a categorical y_true,
            where there are k; the ints 0 to k - 1 where y_true holds
            nothing else, else the sorted classes of y_true. Classes absent from y_true keep
            their column. For 1-D scores: the negative and the positive class; the default is
            the smaller and the larger.
        classes_to_plot: which classes to keep, in this order. Default: all.
        sample_weight: n weights.

    Raises:
        DataError: lengths that differ, a missing, masked or NaN value (with its row), classes
            that do not fit the columns.
        OptionError: labels or classes_to_plot that do not fit, values without an order.

    >>> rows = one_vs_rest(["dog", "cat"], [[0.2, 0.8], [0.9, 0.1]])
    >>> rows.classes, rows.y_true.tolist(), rows.score.tolist()
    (['cat', 'cat', 'dog', 'dog'], [False, True, True, False], [0.2, 0.9, 0.8, 0.1])
    """
    scores = _scores(y_probas)
    count = len(scores)
    names = None if labels is None else label_list(labels)
    truth = _plain("y_true", y_true, names)
    weights = None if sample_weight is None else weight_array(sample_weight)
    lengths = [("y_true", len(truth)), ("y_probas", count)]
    if weights is not None:
        lengths.append(("sample_weight", len(weights)))
    if len({length for _, length in lengths}) > 1:
        raise errors.DataError.from_lengths(lengths)
    if not count:
        raise errors.DataError.from_sentence(None, "y_true", "has 0 rows, nothing can be drawn.")
    order = declared(y_true)
    if scores.ndim == 1:
        return _binary(truth, scores, names, order, classes_to_plot, weights)
    if names is None and order is not None and len(order) == scores.shape[1]:
        names = order
    positive, found = columns_of(truth, scores.shape[1], names)
    chosen = _chosen(found, classes_to_plot)
    return OneVsRest(
        np.concatenate([positive[i] for i in chosen]),
        np.concatenate([scores[:, i] for i in chosen]),
        [class_name(found[i]) for i in chosen],
        None if weights is None else np.tile(weights, len(chosen)),
    )


# --- reading what the caller has -----------------------------------------------------------------


# What pandas, NumPy and Arrow have in the place of a value.
_MISSING = ("NoneType", "NAType", "NaTType", "MaskedConstant")
_NUMBER_TYPES = frozenset({int, float, bool})


def on_cpu(values: Any) -> Any:
    """Tensors leave their device first; everything else as it is."""
    for step in ("detach", "cpu", "resolve_conj", "resolve_neg"):
        if hasattr(values, "numpy") and hasattr(values, step):
            values = getattr(values, step)()
    if hasattr(values, "numpy") and not isinstance(values, np.ndarray):
        return values.numpy()
    return values


def _held(name: str, values: object, wanted: str, item: str) -> Array | list[Any]:
    """The values as an array, or as a list of what they are; `item` is what a value should be.

    A masked value has no value, whatever number its mask covers.
    """
    held = on_cpu(values)
    if not isinstance(held, np.ndarray):
        if hasattr(held, "__array__"):
            held = np.asarray(held)
        else:
            refused = isinstance(held, (str, bytes, set, frozenset, Mapping))
            try:
                if refused or not hasattr(held, "__len__"):
                    raise TypeError
                return list(held)
            except TypeError:
                raise errors.OptionError.from_option(
                    name, values, f"{wanted}, as a list, an array or a series"
                ) from None
    if isinstance(held, np.ma.MaskedArray):
        hidden = np.argwhere(np.ma.getmaskarray(held))
        if len(hidden):
            at: list[int] = hidden[0].tolist()
            raise errors.DataError.from_fact(
                None, _place(name, at), at[0] if at else None, np.ma.masked, item
            )
        held = held.data
    return np.asarray(held)


def _place(name: str, at: Sequence[int]) -> str:
    return f"{name}[:, {at[1]}]" if len(at) == 2 else name


def _missing(values: Any, found: object, *at: int) -> object:
    """What stands for a missing value in the caller's own data, where an array has NaN."""
    try:
        place: Any = at if len(at) > 1 else next(iter(at))
        own = values.iloc[place] if hasattr(values, "iloc") else values[place]
        own = own.as_py() if hasattr(own, "as_py") else own
    except Exception:  # another library's indexing; the row is named all the same
        return found
    return own if type(own).__name__ in _MISSING else found


def _is_row(value: Any) -> bool:
    """Whether an item of a list is a row of several values."""
    return (
        hasattr(value, "__len__")
        and not isinstance(value, (str, bytes, Mapping))
        and getattr(value, "shape", None) != ()
    )


_CLASS = "a class; drop such rows first"
_CLASS_TYPES = "an int, a string, a bool or an enum member"


def _plain(name: str, values: object, against: object = None) -> Array:
    """True classes: an array of numbers or bools, or of Python values, or 2-D of 0 and 1.

    `against` holds the classes, if known, that enum members are to be found among.
    """
    wanted = "one true class for each row" if name == "y_true" else "one class for each row"
    held = _held(name, values, wanted, _CLASS)
    if isinstance(held, list):
        types = set(map(type, held))
        if len(types) == 1 and types <= _NUMBER_TYPES:
            with contextlib.suppress(OverflowError):  # beyond 64 bits they stay Python's own
                held = np.array(held)
        elif held and _is_row(on_cpu(held[0])):
            held = _matrix(name, [on_cpu(row) for row in held])
    if isinstance(held, np.ndarray):
        if held.ndim == 2 and held.shape[1] == 1:
            held = held[:, 0]
        if held.ndim == 2 and held.dtype.kind in "biuf" and np.isin(held, (0, 1)).all():
            return held
        if held.ndim != 1:
            raise errors.OptionError.from_option(name, f"an array of shape {held.shape}", wanted)
        if held.dtype.kind in "biu":
            return held
        if held.dtype.kind == "f":
            return _whole(name, values, held)
        if held.dtype.kind in "Mm" and len(held):
            raise errors.DataError.from_fact(None, name, 0, held[0], _CLASS_TYPES)
        held = held.tolist()
    made = np.empty(len(held), dtype=object)
    types = set(map(type, held))
    if types != {str}:
        readings = _enum_readings(held, against) if any(map(_is_enum, types)) else {}
        held = [_class_of(name, row, value, readings) for row, value in enumerate(held)]
    made[:] = held
    return made


def _whole(name: str, values: object, held: Array) -> Array:
    """Classes given as floats: ints where all of them are whole."""
    if held.size and np.isnan(held.min()):
        row = int(np.isnan(held).argmax())
        raise errors.DataError.from_fact(
            None, name, row, _missing(values, float("nan"), row), _CLASS
        )
    held = held.astype(np.float64, copy=False)
    if held.size and abs(held).max() < 2**53 and (held == np.floor(held)).all():
        return held.astype(np.int64)
    return held


def _is_enum(kind: type) -> TypeGuard[type[enum.Enum]]:
    return issubclass(kind, enum.Enum)


def _enum_readings(listed: Sequence[object], against: object) -> dict[enum.Enum, object]:
    """The class of each enum member: its name, or its value where the known classes are values.

    Members that are text or ints themselves count as that first.
    """
    members = {value for value in listed if isinstance(value, enum.Enum)}
    known: set[object] = set()
    if isinstance(against, (list, tuple, np.ndarray)):
        plain = against.tolist() if isinstance(against, np.ndarray) else against
        known = {v for v in plain if isinstance(v, (str, int, float))}
    own: dict[enum.Enum, object] = {m: m if isinstance(m, (str, int)) else m.name for m in members}
    other: dict[enum.Enum, object] = {
        m: m.name if isinstance(m, (str, int)) else m.value for m in members
    }
    first, second = (
        sum(isinstance(v, (str, int, float)) and v in known for v in found.values())
        for found in (own, other)
    )
    return own if first >= second else other


def _class_of(
    name: str, row: int, value: Any, readings: Mapping[enum.Enum, object] | None = None
) -> object:
    """A true class as a str, an int, a bool or a float, or an enum member that is one of them."""
    if type(value) in (int, str, bool):
        return value
    if isinstance(value, enum.Enum):
        if readings:
            return readings[value]
        return value if isinstance(value, (str, int)) else value.name
    kind = type(value).__name__
    if kind not in _MISSING and getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()
        kind = type(value).__name__
    if kind in _MISSING or (isinstance(value, float) and value != value):
        raise errors.DataError.from_fact(None, name, row, value, _CLASS)
    if isinstance(value, float):
        return tidy(value)
    if isinstance(value, (int, str)):
        return value
    raise errors.DataError.from_fact(None, name, row, value, _CLASS_TYPES)


def tidy(value: float) -> float:
    """Return a whole float as the int that it is as a class."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def declared(values: object) -> list[object] | None:
    """The classes that a categorical or an enum column declares, in order; else None.

    A pandas Categorical or series of one, a Polars Enum, or an Arrow dictionary that says that it
    is ordered.
    """
    dtype = getattr(values, "dtype", None)
    found: Any = None
    if type(dtype).__name__ in ("CategoricalDtype", "Enum"):
        found = getattr(dtype, "categories", None)
    elif getattr(getattr(values, "type", None), "ordered", False):
        whole: Any = values
        whole = whole.combine_chunks() if hasattr(whole, "combine_chunks") else whole
        found = whole.dictionary.to_pylist()
    if found is None:
        return None
    listed = found.tolist() if hasattr(found, "tolist") else list(found)
    if not all(isinstance(v, (str, int, float)) for v in listed):
        return None
    return [tidy(v) if isinstance(v, float) else v for v in listed]


def _matrix(name: str, rows: Any) -> Array:
    widths = [len(row) if _is_row(row) else 0 for row in rows]
    for row, width in enumerate(widths):
        if width != widths[0]:
            raise errors.DataError.from_fact(
                None, name, row, rows[row], f"{widths[0]} values, as row 0 has"
            )
    return np.asarray(
        [[_number(name, i, v) for v in row] for i, row in enumerate(rows)], dtype=float
    )


def _number(name: str, row: int, value: Any, expected: str = "a number") -> float:
    try:
        if not isinstance(value, (str, bytes)) and type(value).__name__ not in _MISSING:
            return float(value)
    except (TypeError, ValueError, OverflowError):
        pass
    raise errors.DataError.from_fact(None, name, row, value, expected)


def _numbers(name: str, rows: list[Any], expected: str = "a number") -> Array:
    """A list of numbers as an array, or the first row that is none."""
    if set(map(type, rows)) <= _NUMBER_TYPES:
        with contextlib.suppress(OverflowError):
            return np.array(rows, dtype=np.float64)
    return np.array([_number(name, i, v, expected) for i, v in enumerate(rows)], dtype=np.float64)


def _scores(y_probas: object) -> Array:
    name = "y_probas"
    held = _held(
        name,
        y_probas,
        "one score for each row, or one row of scores, one for each class",
        "a number",
    )
    if isinstance(held, list):
        rows = [on_cpu(row) for row in held]
        held = _matrix(name, rows) if any(map(_is_row, rows)) else _numbers(name, rows)
    if held.ndim == 2 and held.shape[1] == 1:
        held = held[:, 0]
    if held.ndim not in (1, 2) or (held.ndim == 2 and not held.shape[1]):
        raise errors.OptionError.from_option(
            name, f"an array of shape {held.shape}", "shape (n,) or (n, classes)"
        )
    if held.dtype.kind not in "biuf":
        held = _object_scores(name, held)
    held = held.astype(np.float64, copy=False)
    if held.size and np.isnan(held.min()):
        at = np.argwhere(np.isnan(held))[0].tolist()
        found = _missing(y_probas, float("nan"), *at)
        raise errors.DataError.from_fact(None, _place(name, at), at[0], found, "a number")
    return held


def _object_scores(name: str, found: Array) -> Array:
    if not found.size:
        return np.zeros(found.shape)
    flat = found.reshape(len(found), -1)
    made = [[_number(name, row, v) for v in values] for row, values in enumerate(flat.tolist())]
    return np.asarray(made, dtype=float).reshape(found.shape)


def weight_array(sample_weight: object) -> Array:
    """Weights, one a row, finite and not negative."""
    name, wanted, expected = "sample_weight", "one weight for each row", "a number from 0 up"
    held = _held(name, sample_weight, wanted, expected)
    if isinstance(held, np.ndarray):
        if held.ndim == 2 and held.shape[1] == 1:
            held = held[:, 0]
        if held.ndim != 1:
            raise errors.OptionError.from_option(name, f"an array of shape {held.shape}", wanted)
    if isinstance(held, list) or held.dtype.kind not in "biuf":
        held = _numbers(name, [on_cpu(v) for v in held], expected)
    held = held.astype(np.float64, copy=False)
    bad = np.flatnonzero(~((held >= 0) & (held < np.inf)))
    if len(bad):
        row = int(bad[0])
        found = _missing(sample_weight, float(held[row]), row)
        raise errors.DataError.from_fact(None, name, row, found, expected)
    return held


def label_list(labels: object, name: str = "labels") -> list[object]:
    """Class names as given (text, ints, bools), which must differ; `name` is the argument's."""
    held = on_cpu(labels)
    refused = isinstance(held, (str, bytes, set, frozenset, Mapping))
    if refused or not hasattr(held, "__iter__") or getattr(held, "shape", None) == ():
        raise errors.OptionError.from_option(name, labels, "a list of class names")
    names = [_class_of(name, i, value) for i, value in enumerate(held)]
    if len(set(map(class_name, names))) != len(names):
        raise errors.OptionError.from_option(name, names, "names that differ")
    return names


def class_array(name: str, values: object, against: object = None) -> Array:
    """Classes, one a row: an array of bools, ints or floats, or of Python values of any of these
    and text; `name` is the argument's.

    Enum members are read as the classes that they are `against`, by name or by value.

    >>> class_array("preds", np.array([1.0, 0.0]))
    array([1, 0])
    """
    held = _plain(name, values, against)
    if held.ndim != 1:
        raise errors.OptionError.from_option(
            name, f"an array of shape {held.shape}", "one class for each row"
        )
    return held


# --- classes and columns -------------------------------------------------------------------------


def _equal(truth: Array, value: object) -> Array:
    """Which rows are of a class; one of another type than all rows is in none."""
    if isinstance(value, enum.Enum):  # NumPy would compare its printed form
        value = value.value
    if truth.dtype != object and isinstance(value, str):
        return np.zeros(len(truth), dtype=bool)
    return np.asarray(truth == value, dtype=bool)


def class_name(label: object) -> str:
    """Return a class as the text that a legend shows."""
    if isinstance(label, bool):
        return "true" if label else "false"
    if isinstance(label, enum.Enum):  # one of text is its value, one of ints has a name to show
        return str(label.value if isinstance(label, str) else label.name or label.value)
    return str(label)


def members(types: Iterable[type]) -> dict[object, object]:
    """The members of the enums among types, each under the text or int that it equals.

    >>> members({int, enum.IntEnum("Pet", {"cat": 1})})[1].name
    'cat'
    """
    return {member: member for kind in types if _is_enum(kind) for member in kind}


def _sorted(found: Sequence[object]) -> list[object]:
    """Classes in order: numbers by value, text by its characters."""
    return sorted(found, key=lambda v: (isinstance(v, str), v if isinstance(v, str) else 0, v))


def _same_kind(truth: Array) -> list[object]:
    """The distinct classes, sorted; text and numbers together are an error."""
    if truth.dtype != object:
        low, high = truth.min().item(), truth.max().item()
        if truth.dtype.kind != "f" and high - low <= 1:  # much faster than sorting
            return [low] if low == high else [low, high]
        if truth.dtype.kind in "iu" and high - low < 1 << 16:
            wide = truth if truth.dtype == np.uint64 else truth.astype(np.int64)
            places = (wide - wide.dtype.type(low)).astype(np.int64)
            counts = _counting.counted(places, high - low + 1)
            return [low + at for at in np.flatnonzero(counts).tolist()]
        return [tidy(value) for value in np.unique(truth).tolist()]
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
    truth: Array,
    width: int,
    names: list[object] | None,
    scores: str = "y_probas",
    labels: str = "labels",
) -> tuple[list[Array], list[object]]:
    """For each column of scores: which rows are of its class, and the class.

    `scores` and `labels` are what the caller's arguments are called.
    """
    if names is not None and len(names) != width:
        raise errors.OptionError.from_option(
            labels,
            names,
            f"{width} labels, one for each column of {scores} (these are {len(names)})",
        )
    if truth.ndim == 2:
        if truth.shape[1] != width:
            raise errors.DataError.from_lengths(
                [("a row of y_true", truth.shape[1]), (f"a row of {scores}", width)]
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
            by_text = {class_name(v): v for v in found}
            absent = np.zeros(len(truth), dtype=bool)
            columns = [_equal(truth, by_text[t]) if t in by_text else absent for t in texts]
            return columns, names
        row = truth.tolist().index(strange[0])
        raise errors.DataError.from_fact(
            None, "y_true", row, strange[0], f"one of {labels}: {errors.listed(names)}"
        )
    if are_indices and not all(isinstance(v, bool) for v in found):
        named = members(set(map(type, found)))
        return [truth == i for i in range(width)], [named.get(i, i) for i in range(width)]
    if width == 2 and all(isinstance(v, bool) for v in found):
        return [truth == value for value in (False, True)], [False, True]
    if len(found) == width:
        return [_equal(truth, value) for value in found], found
    raise errors.DataError.from_sentence(
        None,
        "y_true",
        f"has {len(found)} class{'' if len(found) == 1 else 'es'} ({errors.listed(found)}), but "
        f"{scores} has {width} columns; say which column is which class: {labels}=[...] with "
        f"{width} names.",
    )


def _chosen(found: Sequence[object], classes_to_plot: object) -> list[int]:
    """Indices of the columns to draw."""
    if classes_to_plot is None:
        return list(range(len(found)))
    held = on_cpu(classes_to_plot)
    if isinstance(held, np.ndarray):
        held = held.tolist()
    if isinstance(held, (set, frozenset, Mapping)):
        raise errors.OptionError.from_option("classes_to_plot", held, "a list of class names")
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
    order: list[object] | None,
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
    elif names is None and order is not None and len(order) == 2:
        pair = order
    elif all(v in (0, 1) for v in found):
        named = members(set(map(type, found)))
        pair = [named.get(i, i) for i in (0, 1)]
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
    if shown is None and isinstance(pair[1], (str, enum.Enum)):
        shown = class_name(pair[1])
    if classes_to_plot is not None:
        _chosen(names if names is not None else pair, classes_to_plot)
    positive = _equal(truth, pair[1])
    return OneVsRest(positive, scores, None if shown is None else [shown], weights)
