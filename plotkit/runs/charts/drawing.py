"""What the charts of runs share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from plotkit import errors
from plotkit.text import clean, is_blank_name

if TYPE_CHECKING:
    from plotkit.runs.record import Record


def listed(records: Record | Sequence[Record], what: str) -> list[Record]:
    """One run or several, as a list. Raises `RunError` for none."""
    held = list(records) if isinstance(records, Iterable) else [records]
    if not held:
        raise errors.RunError.from_no_runs(what)
    return held


def unlike(title: str, others: Iterable[str]) -> str:
    """A column's name that is none of the others, and that a chart can show.

    >>> unlike("loss", ["step", "loss"])
    'loss (2)'
    """
    taken = set(others)
    name = "value" if is_blank_name(title) else clean(title)
    made, number = name, 1
    while made in taken:
        number += 1
        made = f"{name} ({number})"
    return made
