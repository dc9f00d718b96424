"""What a run has logged, each name where a report shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from plotkit.runs import comparing, families, overview

if TYPE_CHECKING:
    from plotkit.runs.record import Record


class Chosen(NamedTuple):
    """The names that a run logged, each where a report shows it.

    Attributes:
        drawn: metrics that have charts.
        once: numbers that were logged only once.
        texts: texts, lists, and names under which several kinds of values were logged.
        histograms: one heat map each.
        media: panels: images, video, audio, objects in space, HTML, tensors.
        shown: charts and tables, by name.
        hidden: what `define_metric` hides.
        axes: counters, which are axes of the others.
    """

    drawn: tuple[str, ...]
    once: tuple[str, ...]
    texts: tuple[str, ...]
    histograms: tuple[str, ...]
    media: tuple[str, ...]
    shown: tuple[str, ...]
    hidden: tuple[str, ...]
    axes: tuple[str, ...]


def choose(record: Record, keys: Sequence[str] | None) -> Chosen:
    """Sort all names of a run, or those that `keys` (names and globs) choose."""
    known = record.database.known()
    found: dict[str, list[str]] = {place: [] for place in Chosen._fields}
    numeric = [name for name, one in known.items() if one.kind in (*overview.NUMBERS, "none")]
    stepped = {record.metric(name).step_metric for name in numeric}
    for name, one in known.items():
        if name.startswith("_") or (keys is not None and not comparing.chosen(name, keys)):
            continue
        if keys is None and record.metric(name).hidden:
            place = "hidden"
        elif name in numeric:
            is_counter = name in stepped or (len(numeric) > 1 and families.is_counter(name))
            place = "once" if one.count < 2 else "axes" if is_counter and not keys else "drawn"
        else:
            place = _PLACES.get(one.kind, "media")
        found[place].append(name)
    if not found["drawn"]:  # counters alone are better than nothing
        found["drawn"], found["axes"] = found["axes"], []
    return Chosen(**{place: tuple(names) for place, names in found.items()})


_PLACES = {
    "text": "texts",
    "list": "texts",
    "mixed": "texts",
    "histogram": "histograms",
    "chart": "shown",
    "table": "shown",
}
