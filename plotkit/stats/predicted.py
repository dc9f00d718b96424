"""What `confusion_matrix` is called with, true labels and predictions, as rows to count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plotkit import errors
from plotkit.stats import _groups, classes
from plotkit.stats.confusion_matrix import from_probs, prob_array


def predicted(
    probs: object = None,
    y_true: object = None,
    preds: object = None,
    class_names: Sequence[object] | None = None,
    sample_weight: object = None,
) -> tuple[dict[str, Any], list[str] | None]:
    """Columns Actual, Predicted (and nPredictions), and the classes in order.

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
    >>> columns["Actual"], names
    (['cat', 'dog'], ['cat', 'dog'])
    """
    if y_true is None:
        raise errors.OptionError.from_option("y_true", None, "one true class for each row")
    if (probs is None) == (preds is None):
        raise errors.OptionError.from_option("preds", preds, "either preds or probs")
    names = None if class_names is None else classes.label_list(class_names, "class_names")
    truth = classes.class_list("y_true", y_true, preds if names is None else names)
    order = None if names is not None else _declared(y_true, preds)
    sides = {"y_true": truth}
    if probs is not None:
        guessed, names = _from_probs(probs, truth, names, order)
    else:
        guessed = classes.class_list("preds", preds, y_true if names is None else names)
        sides["preds"] = guessed
    lengths = [("y_true", len(truth)), ("probs" if preds is None else "preds", len(guessed))]
    columns: dict[str, Any] = {}
    if sample_weight is not None:
        columns["nPredictions"] = classes.weight_array(sample_weight)
        lengths.append(("sample_weight", len(columns["nPredictions"])))
    if len({length for _, length in lengths}) > 1:
        raise errors.DataError.from_lengths(lengths)
    if probs is None and names is None:
        *held, order = _one_kind([truth, guessed, order or []])
        sides = dict(zip(sides, held, strict=True))
    texts = _read(sides, names)
    columns["Actual"] = texts["y_true"]
    columns["Predicted"] = (
        texts["preds"] if probs is None else list(map(classes.class_name, guessed))
    )
    if names is not None:
        return columns, [classes.class_name(name) for name in names]
    if not order:
        return columns, None
    known = dict.fromkeys(classes.class_name(name) for name in order)
    rest = {*columns["Actual"], *columns["Predicted"]}.difference(known)
    return columns, [*known, *sorted(rest, key=_groups.natural_key)]


def _declared(*sides: object) -> list[object] | None:
    """The classes that categoricals declare, the first side's first."""
    found = [name for side in sides for name in classes.declared(side) or ()]
    return list(dict.fromkeys(found)) or None


def _from_probs(
    probs: object, truth: list[object], names: list[object] | None, order: list[object] | None
) -> tuple[list[object], list[object]]:
    """The predicted class of each row, and the classes of the columns."""
    import numpy as np

    held = prob_array(probs)
    width = held.shape[1]
    if names is None and order is not None and len(order) == width:
        names = order
    if names is None:
        listed = np.empty(len(truth), dtype=object)
        listed[:] = truth
        _, names = classes.columns_of(listed, width, None, "probs", "class_names")
    if len(names) != width:
        raise errors.OptionError.from_option(
            "class_names", names, f"{width} names, one for each column of probs"
        )
    return [names[i] for i in from_probs(held)], names


# --- one reading of both sides -------------------------------------------------------------------


def _one_kind(sides: list[list[object]]) -> list[list[object]]:
    """Bools as 0 and 1 where there are numbers as well, as everywhere in Python."""
    types = {kind for side in sides for kind in set(map(type, side))}
    if bool not in types or not any(issubclass(kind, (int, float)) for kind in types - {bool}):
        return sides
    return [[int(v) if isinstance(v, bool) else v for v in side] for side in sides]


def _read(sides: Mapping[str, list[object]], names: list[object] | None) -> dict[str, list[str]]:
    """The class of each row as text; a row that is of none is an error."""
    types = {kind for side in sides.values() for kind in set(map(type, side))}
    shown = {label: label for side in sides.values() for label in side}
    named = classes.members(types)
    shown.update({member: member for member in named if member in shown})
    texts = {label: classes.class_name(own) for label, own in shown.items()}
    expected = ""
    if names is not None:
        texts, expected = _texts(texts, names, bool in types)
    for name, side in sides.items():
        if not texts.keys() >= set(side):
            row = next(row for row, label in enumerate(side) if label not in texts)
            raise errors.DataError.from_fact(None, name, row, side[row], expected)
    return {name: [texts[label] for label in side] for name, side in sides.items()}


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
