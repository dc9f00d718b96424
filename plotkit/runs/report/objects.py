"""What a report shows besides metrics: heat maps, panels of media, logged charts and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from plotkit import notes
from plotkit.report.blocks import Block, Figure, Fold, Text
from plotkit.report.marked import escaped
from plotkit.runs import charts as drawing
from plotkit.runs import media as media_of
from plotkit.runs import panels, wording
from plotkit.runs.panels.carrying import evenly
from plotkit.runs.report.choosing import Chosen
from plotkit.runs.report.metrics import paired

if TYPE_CHECKING:
    from plotkit.runs.record import Record

_EARLIER = 6  # steps of a logged chart or table, besides the last
_LIST = 12  # charts of one step


def histograms(
    record: Record, names: Sequence[str], heading: str = "## Histograms"
) -> Iterator[Block]:
    """A heat map for each name: its histograms, step by step."""
    if not names:
        return
    yield Text(heading)
    figures = [
        Figure(partial(drawing.heatmap, record, name), name=name, plain=True) for name in names
    ]
    yield from paired(figures)


def media(record: Record, names: Sequence[str], heading: str = "## Media") -> Iterator[Block]:
    """A panel for each name, with a slider over its steps."""
    if not names:
        return
    yield Text(heading)
    for name in names:
        yield panels.panel(name, list(record.history.stored(name)), folder=record.folder)


def charts(
    record: Record, names: Sequence[str], heading: str = "## Charts and tables"
) -> Iterator[Block]:
    """Logged charts at their last step, some of the earlier ones folded away; tables as panels."""
    if not names:
        return
    yield Text(heading)
    for name in names:
        stored = list(record.history.stored(name))
        steps = [(step, _listed(value)) for step, value in stored]
        if not all(_is_chart(one) for _, listed in steps for one in listed):
            yield panels.panel(name, stored, folder=record.folder)
            continue
        yield from _charts(record, name, *steps[-1])
        earlier = [steps[at] for at in evenly(len(steps) - 1, _EARLIER)]
        if earlier:
            inside = [one for step in earlier for one in _charts(record, name, *step)]
            figures = [one for one in inside if isinstance(one, Figure)]
            told = f"{name} at {_counted(len(earlier), len(steps) - 1)}"
            yield Fold(told, tuple(paired(figures, sized=False)))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_chart(stored: Any) -> bool:
    return isinstance(stored, Mapping) and stored.get("_type") == "chart"


def _counted(shown: int, total: int) -> str:
    if shown == total:
        return wording.count(total, "earlier step")
    return f"{shown} of {total:,} earlier steps"


def _charts(record: Record, name: str, step: int, listed: Sequence[Any]) -> Iterator[Block]:
    """The charts of one step, read when the report is drawn: a torn one fails in its place.

    Name and step stand above, as over all that was logged.
    """
    said = f"**{escaped(name)}** Step {step}"
    for stored in listed[:_LIST]:
        make: Callable[[], Any] = partial(media_of.load, stored, record.folder)
        yield Figure(make, said, name=name, plain=True)
    if len(listed) > _LIST:
        yield Text(notes.list_left_out(_LIST, len(listed)))


def of_one_of_several(label: str, record: Record, chosen: Chosen) -> Iterator[Block]:
    """What only one run shows, in a report that compares: folded away under its name."""
    parts: list[Block] = []
    makers: tuple[tuple[Callable[..., Iterator[Block]], Sequence[str]], ...] = (
        (charts, chosen.shown),
        (histograms, chosen.histograms),
        (media, chosen.media),
    )
    for make, names in makers:
        parts += make(record, names, "")
    inside: list[Any] = []
    for part in parts:
        inside += part.blocks if isinstance(part, Fold) else [part]
    inside = [part for part in inside if not (isinstance(part, Text) and not part.source)]
    if inside:
        yield Fold(f"Objects of {label}", tuple(inside))
