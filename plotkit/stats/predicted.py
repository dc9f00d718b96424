"""What `confusion_matrix` is called with, true labels and predictions, as counted pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from plotkit import errors, text
from plotkit.stats import _counting, classes
from plotkit.stats.confusion_matrix import sorted_names, winners

Array = np.ndarray[Any, Any]

_MANY = 50_000  # rows from which on a column of text is read by its codes
_TABLE = 1 << 26  # pairs of classes that are counted in one table


class _Side(NamedTuple):
    """One class for each row: the rows that hold `places[i]` are of `labels[i]`."""

    name: str
    labels: list[Any]  # all different
    places: Array
    rows: Array
    types: set[type]
    plain: bool = False  # whether rows were numbers or bools in an array

    @property
    def low(self) -> int:
        return int(self.places[0]) if len(self.places) else 0

    def row_of(self, wanted: list[int]) -> int:
        """The first row of some labels, given by their position."""
        places = self.places[wanted]
        for part in _counting.blocks(0, len(self.rows)):
            found = np.isin(self.rows[part], places)
            if found.any():
                return int(part.start + found.argmax())
        raise AssertionError("labels without a row")


def predicted(
    probs: object = None,
    y_true: object = None,
    preds: object = None,
    class_names: Sequence[object] | None = None,
    sample_weight: object = None,
) -> tuple[dict[str, Any], list[str] | None]:
    """Columns Actual, Predicted and nPredictions, one row for each pair, and the classes in order.

    Labels are text, numbers, bools or enum members. Bools on one side and ints on the other are
    one pair of classes, 0 and 1. Both sides are read alike: where `class_names` are text, text
    labels are names and int labels (bools too, unless the names are "true" and "false") are
    indices of names; where they are numbers, labels are those numbers. The order is that of
    `class_names`; for probabilities that of their columns; else the one that a categorical
    declares; else None, and the statistic sorts.

    Raises:
        OptionError: neither or both of `probs` and `preds`, names that do not fit, labels
            without an order.
        DataError: lengths that differ, a missing label, one that is none of `class_names`.

    >>> columns, names = predicted(y_true=[0, 1], preds=[0, 0], class_names=["cat", "dog"])
    >>> columns["Actual"], columns["nPredictions"], names
    (['cat', 'dog'], [1, 1], ['cat', 'dog'])
    """
    if y_true is None:
        raise errors.OptionError.from_option("y_true", None, "one true class for each row")
    if (probs is None) == (preds is None):
        raise errors.OptionError.from_option("preds", preds, "either preds or probs")
    names = None if class_names is None else classes.label_list(class_names, "class_names")
    truth = _side("y_true", y_true, preds if names is None else names)
    order = None if names is not None else _declared(y_true, preds)
    if probs is not None:
        guessed, names = _from_probs(probs, truth, names, order)
    else:
        guessed = _side("preds", preds, y_true if names is None else names)
    lengths = [(side.name, len(side.rows)) for side in (truth, guessed)]
    weights = None
    if sample_weight is not None:
        weights = classes.weight_array(sample_weight)
        lengths.append(("sample_weight", len(weights)))
    if len({length for _, length in lengths}) > 1:
        raise errors.DataError.from_lengths(lengths)
    whole = truth, guessed
    pairs = _counted(truth, guessed, weights)
    truth, guessed, pairs = _occurring(truth, guessed, pairs)
    if probs is None and names is None:
        truth, guessed, order = _one_kind(truth, guessed, order or [])
    read = {"y_true": truth} if probs is not None else {"y_true": truth, "preds": guessed}
    texts = _read(read, names)
    actual = texts["y_true"]
    guesses = texts["preds"] if probs is None else list(map(classes.class_name, guessed.labels))
    columns = _columns(whole, (truth, guessed), (actual, guesses), pairs, weights)
    if names is not None:
        return columns, [classes.class_name(name) for name in names]
    if not order:
        return columns, None
    known = dict.fromkeys(classes.class_name(name) for name in order)
    rest = {*actual, *guesses}.difference(known)
    return columns, [*known, *sorted_names(rest)]


def _declared(*sides: object) -> list[object] | None:
    """The classes that categoricals declare, the first side's first."""
    found = [name for side in sides for name in classes.declared(side) or ()]
    return list(dict.fromkeys(found)) or None


def _from_probs(
    probs: object, truth: _Side, names: list[object] | None, order: list[object] | None
) -> tuple[_Side, list[object]]:
    """The predicted class of each row, and the classes of the columns."""
    chosen, width = winners(probs)
    if names is None and order is not None and len(order) == width:
        names = order
    if names is None:
        # Where a row is to be told in an error, all rows are looked at.
        of = truth.labels if truth.plain else [truth.labels[at] for at in truth.rows.tolist()]
        listed = np.empty(len(of), dtype=object)
        listed[:] = of
        _, names = classes.columns_of(listed, width, None, "probs", "class_names")
    if len(names) != width:
        raise errors.OptionError.from_option(
            "class_names", names, f"{width} names, one for each column of probs"
        )
    return _Side("probs", list(names), np.arange(width), chosen, set(map(type, names))), names


# --- labels as positions -------------------------------------------------------------------------


def _side(name: str, values: Any, against: object) -> _Side:
    """The labels that occur, and each row's position in them."""
    held = _coded_text(name, values)
    if held is not None:
        return held
    plain = classes.class_array(name, values, against)
    if plain.dtype == bool:
        bits = plain.view(np.uint8)
        return _Side(name, [False, True], np.arange(2), bits, {bool}, plain=True)
    if plain.dtype.kind in "iu" and len(plain):
        low, high = map(int, _counting.extent(plain))
        if high - low < max(1 << 16, len(plain) // 4):
            near = list(range(low, high + 1))
            return _Side(name, near, np.array(near, plain.dtype), plain, {int}, plain=True)
    if plain.dtype != object:
        found, rows = np.unique(plain, return_inverse=True)
        labels: list[Any] = [classes.tidy(value) for value in found.tolist()]
        types = set(map(type, labels))
        return _Side(name, labels, np.arange(len(labels)), rows, types, plain=True)
    listed = plain.tolist()
    place: dict[Any, int] = {value: at for at, value in enumerate(dict.fromkeys(listed))}
    codes = np.fromiter(map(place.__getitem__, listed), dtype=np.int32, count=len(listed))
    return _Side(name, list(place), np.arange(len(place)), codes, set(map(type, listed)))


def _coded_text(name: str, values: Any) -> _Side | None:
    """Many labels of text in a series or an array, by the codes that it holds or is given."""
    if not hasattr(values, "dtype") and not hasattr(values, "type"):
        return None
    if not hasattr(values, "__len__") or len(values) < _MANY:
        return None
    listed = classes.declared(values)
    if listed is not None and not all(isinstance(label, str) for label in listed):
        return None
    from plotkit import coded, column  # only many rows need them

    if type(values) is np.ndarray:
        if values.dtype.kind != "U" or values.ndim != 1:
            return None
        found = coded.of_strings(values)
    else:
        import narwhals as nw

        series = nw.from_native(values, series_only=True, pass_through=True)
        if not isinstance(series, nw.Series):
            return None
        typed = column.from_series(name, series)
        if typed.kind != "text" or typed.facts().missing:
            return None
        found = typed.coded()
    return _Side(name, list(found.labels), np.arange(len(found.labels)), found.codes, {str})


# --- counting pairs ------------------------------------------------------------------------------


class _Pairs(NamedTuple):
    """The pairs of labels that occur, by position, and how many rows (and what weight) each has."""

    truth: Array
    guessed: Array
    rows: Array
    weights: Array | None


def _counted(truth: _Side, guessed: _Side, weights: Array | None) -> _Pairs:
    """How often each label meets each other, in one pass over both sides."""
    width = max(len(guessed.labels), 1)
    size = len(truth.labels) * width
    if size > _TABLE or weights is not None:
        codes = np.empty(len(truth.rows), dtype=np.int64)
        for part in _counting.blocks(0, len(codes)):
            _pair_codes(truth, guessed, part, codes[part])
        kinds, codes, rows = _counting.tallied(codes, size)
        sums = None if weights is None else _counting.summed(weights, codes, len(kinds))
        return _Pairs(kinds // width, kinds % width, rows, sums)

    def work(start: int, end: int) -> Array:
        counts = np.zeros(size, dtype=np.int64)
        block = max(_counting.BLOCK, 4 * size)
        room = np.empty(min(block, end - start), dtype=np.int64)
        for part in _counting.blocks(start, end, block):
            codes = _pair_codes(truth, guessed, part, room[: part.stop - part.start])
            counts += np.bincount(codes, minlength=size)
        return counts

    counts = np.sum(_counting.in_parts(len(truth.rows), work), axis=0)
    kinds = np.flatnonzero(counts)
    return _Pairs(kinds // width, kinds % width, counts[kinds], None)


def _pair_codes(truth: _Side, guessed: _Side, part: slice, out: Array) -> Array:
    """Both positions of each row in one number."""
    width = len(guessed.labels)
    np.multiply(truth.rows[part], width, out=out, dtype=np.int64, casting="unsafe")
    np.add(out, guessed.rows[part], out=out, dtype=np.int64, casting="unsafe")
    shift = truth.low * width + guessed.low
    if shift:  # what wrapped round at 64 bits comes back
        out -= np.array([shift % (1 << 64)], dtype=np.uint64).view(np.int64)
    return out


def _occurring(truth: _Side, guessed: _Side, pairs: _Pairs) -> tuple[_Side, _Side, _Pairs]:
    """The same with nothing but labels that have a row."""
    mine, actual = np.unique(pairs.truth, return_inverse=True)
    theirs, guesses = np.unique(pairs.guessed, return_inverse=True)
    return (
        truth._replace(labels=[truth.labels[at] for at in mine], places=truth.places[mine]),
        guessed._replace(
            labels=[guessed.labels[at] for at in theirs], places=guessed.places[theirs]
        ),
        pairs._replace(truth=actual, guessed=guesses),
    )


def _columns(
    whole: tuple[_Side, _Side],
    sides: tuple[_Side, _Side],
    texts: tuple[list[str], list[str]],
    pairs: _Pairs,
    weights: Array | None,
) -> dict[str, Any]:
    """One row for each pair; where a label is odd, one for each row, so that notes count these."""
    names = "Actual", "Predicted"
    if any(text.labels(found) != {name: name for name in found} for found in texts):
        columns: dict[str, Any] = {}
        for name, all_of, side, found in zip(names, whole, sides, texts, strict=True):
            named = np.empty(len(all_of.labels), dtype=object)
            named[(side.places - all_of.places[0]).astype(np.intp)] = found
            columns[name] = named[(all_of.rows - all_of.places[0]).astype(np.intp)].tolist()
        return columns if weights is None else {**columns, "nPredictions": weights}
    counts = pairs.rows if pairs.weights is None else pairs.weights
    columns = {
        name: [found[at] for at in places.tolist()]
        for name, found, places in zip(names, texts, (pairs.truth, pairs.guessed), strict=True)
    }
    return {**columns, "nPredictions": counts.tolist()}


# --- one reading of both sides -------------------------------------------------------------------


def _one_kind(
    truth: _Side, guessed: _Side, order: list[object]
) -> tuple[_Side, _Side, list[object]]:
    """Bools as 0 and 1 where there are numbers as well, as everywhere in Python."""
    types = {*truth.types, *guessed.types, *map(type, order)}
    if bool not in types or not any(issubclass(kind, (int, float)) for kind in types - {bool}):
        return truth, guessed, order

    def numbers(labels: list[Any]) -> list[Any]:
        return [int(v) if isinstance(v, bool) else v for v in labels]

    return (
        truth._replace(labels=numbers(truth.labels), types=truth.types - {bool}),
        guessed._replace(labels=numbers(guessed.labels), types=guessed.types - {bool}),
        numbers(order),
    )


def _read(sides: Mapping[str, _Side], names: list[object] | None) -> dict[str, list[str]]:
    """The class of each label as text; one that is of none is an error, with its first row."""
    types = {kind for side in sides.values() for kind in side.types}
    shown = {label: label for side in sides.values() for label in side.labels}
    named = classes.members(types)
    shown.update({member: member for member in named if member in shown})
    texts = {label: classes.class_name(own) for label, own in shown.items()}
    expected = ""
    if names is not None:
        texts, expected = _texts(texts, names, bool in types)
    for name, side in sides.items():
        strange = [at for at, label in enumerate(side.labels) if label not in texts]
        if strange:
            row = side.row_of(strange)
            found = next(at for at in strange if side.places[at] == side.rows[row])
            raise errors.DataError.from_fact(None, name, row, side.labels[found], expected)
    return {name: [texts[label] for label in side.labels] for name, side in sides.items()}


def _texts(
    texts: dict[object, str], names: list[object], bools: bool
) -> tuple[dict[object, str], str]:
    """The labels that `class_names` name or that index them, and what other labels should be."""
    known = [classes.class_name(name) for name in names]
    by_name = {label: text for label, text in texts.items() if text in known}
    if not all(isinstance(name, str) for name in names):  # numbers are the classes themselves
        by_name.update(zip(names, known, strict=True))
        return by_name, f"one of class_names: {errors.listed(names)}"
    listed = errors.listed(known)
    folded = {text.casefold(): text for text in known}
    if bools and folded.keys() >= {"true", "false"} and texts.keys() <= {0, 1}:
        return {label: folded["true" if label else "false"] for label in texts}, ""
    whole = [label for label in texts if isinstance(label, int)]
    if not whole or len(by_name) == len(texts) > len(whole):
        return by_name, f"one of class_names: {listed}"
    by_name = {label: text for label, text in by_name.items() if label not in whole}
    by_index = {label: known[label] for label in whole if 0 <= label < len(known)}
    either = "a name or " if len(whole) < len(texts) else ""
    return by_name | by_index, f"{either}an index of class_names, 0 to {len(known) - 1}: {listed}"
