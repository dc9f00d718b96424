"""What `confusion_matrix` is called with, true labels and predictions, as rows to count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plotkit import errors
from plotkit.stats import classes
from plotkit.stats.confusion_matrix import from_probs


def predicted(
    probs: object = None,
    y_true: object = None,
    preds: object = None,
    class_names: Sequence[object] | None = None,
    sample_weight: object = None,
) -> tuple[dict[str, Any], list[str] | None]:
    """Columns Actual, Predicted (and nPredictions), and the classes in order.

    Labels are text or numbers; where `class_names` are given and labels are ints outside them,
    they count the names. The order is that of `class_names`; for probabilities that of their
    columns; else None, and the statistic sorts.

    Raises:
        OptionError: neither or both of `probs` and `preds`, names that do not fit.
        DataError: lengths that differ, a missing label.

    >>> columns, names = predicted(y_true=[0, 1], preds=[0, 0], class_names=["cat", "dog"])
    >>> columns["Actual"], names
    (['cat', 'dog'], ['cat', 'dog'])
    """
    if y_true is None:
        raise errors.OptionError.from_option("y_true", None, "one true class for each row")
    if (probs is None) == (preds is None):
        raise errors.OptionError.from_option("preds", preds, "either preds or probs")
    names = None if class_names is None else classes.label_list(class_names, "class_names")
    truth = classes.class_list("y_true", y_true)
    if probs is not None:
        guessed, names = _from_probs(probs, truth, names)
    else:
        guessed = classes.class_list("preds", preds)
    lengths = [("y_true", len(truth)), ("probs" if preds is None else "preds", len(guessed))]
    columns: dict[str, Any] = {}
    if sample_weight is not None:
        columns["nPredictions"] = classes.weight_array(sample_weight)
        lengths.append(("sample_weight", len(columns["nPredictions"])))
    if len({length for _, length in lengths}) > 1:
        raise errors.DataError.from_lengths(lengths)
    columns["Actual"] = _texts("y_true", truth, names)
    columns["Predicted"] = _texts("preds", guessed, names)
    return columns, None if names is None else [classes.class_name(name) for name in names]


def _from_probs(
    probs: Any, truth: list[object], names: list[object] | None
) -> tuple[list[object], list[object]]:
    """The predicted class of each row, and the classes of the columns."""
    import numpy as np

    indices = from_probs(probs)
    width = np.shape(probs)[1]
    if names is None:
        held = np.empty(len(truth), dtype=object)
        held[:] = truth
        _, names = classes.columns_of(held, width, None)
    if len(names) != width:
        raise errors.OptionError.from_option(
            "class_names", names, f"{width} names, one for each column of probs"
        )
    return [names[i] for i in indices], names


def _texts(name: str, labels: list[object], names: list[object] | None) -> list[str]:
    """Labels as text; ints that are no names count them."""
    texts = [classes.class_name(label) for label in labels]
    if names is None:
        return texts
    known = [classes.class_name(found) for found in names]
    if set(texts) <= set(known):
        return texts
    indices = [v for v in labels if isinstance(v, int) and 0 <= v < len(known)]
    if len(indices) == len(labels):
        return [known[i] for i in indices]
    row = next(i for i, text in enumerate(texts) if text not in known)
    raise errors.DataError.from_fact(
        None, name, row, labels[row], f"one of class_names: {errors.listed(known)}"
    )
