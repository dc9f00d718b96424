"""Charts of what runs recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plotkit import plot
from plotkit.chart import Chart

if TYPE_CHECKING:
    from plotkit.runs.record import Record


def chart(
    records: Sequence[Record], keys: str | Sequence[str], x: str | None = None, **options: Any
) -> Chart:
    """Lines of what runs recorded under `keys`."""
    names = [keys] if isinstance(keys, str) else list(keys)
    table = records[0].history.table([*names, *([x] if x else [])])
    return plot.line(table, x or "_step", names[0], **options)
