"""The metrics of a report: which are drawn, in which charts, against which axes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from plotkit import notes
from plotkit.chart import Chart
from plotkit.report.blocks import Block, Figure, Fold, Row, Text
from plotkit.report.marked import escaped
from plotkit.runs import charts, comparing, families, overview, wording
from plotkit.runs.charts.reading import TITLES

if TYPE_CHECKING:
    from plotkit.runs.record import Record

# Sizes in px: a page's column, and half of it; the chart's own margin lies outside of them.
_WHOLE = {"width": 752, "height": 380}
_HALF = {"width": 370, "height": 310}
_SURE = 10  # values that rise one after the other
_ENDS = 3  # metrics of one chart whose last values are said
_SAID = {"_step": "step", "_runtime": "time since the start", "_timestamp": "time"}


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


def sections(
    records: Sequence[Record],
    names: Sequence[str],
    most: int,
    heading: str,
    smoothing: float = 0.0,
) -> Iterator[Block]:
    """Charts of all metrics, under headings, those against further axes folded away.

    Args:
        records: one run, or several that are compared: then each metric has its own chart.
        names: the metrics.
        most: how many charts are drawn; those of the main axis come first.
        heading: of the metrics that have no heading of their own.
        smoothing: as `charts.chart` takes it.
    """
    found = families.sections(names)
    if len(records) > 1:
        alone = {
            s.heading: [families.Family(n, (n,)) for f in s.families for n in f.names]
            for s in found
        }
        found = [families.Section(place, tuple(made)) for place, made in alone.items()]
    total = sum(len(section.families) for section in found)
    left, spare = most, most - total
    for section in found:
        drawn, left = section.families[:left], max(left - len(section.families), 0)
        if not drawn:
            continue
        yield Text(f"## {escaped(section.heading or heading)}")
        yield from paired([_figure(records, family, None, smoothing) for family in drawn])
        for x, further in _further(records, drawn).items():
            shown = further[: max(spare, 0)]
            spare -= len(further)
            if shown:
                inside = [_figure(records, family, x, smoothing) for family in shown]
                yield Fold(f"Against {_named(x)}", tuple(paired(inside)))
    if total > most:
        yield Text(notes.charts_left_out(most, total))
    elif spare < 0:
        yield Text(notes.axes_left_out(-spare))


def paired(figures: Sequence[Figure], *, sized: bool = True) -> Iterator[Figure | Row]:
    """Two beside each other; of an odd number the first has a line for itself.

    Args:
        figures: the figures.
        sized: whether they fill the page's column; else they keep the size that they have.
    """
    odd = len(figures) % 2
    if odd:
        yield _fitted(figures[0], _WHOLE) if sized else figures[0]
    for at in range(odd, len(figures), 2):
        pair = figures[at : at + 2]
        yield Row(tuple(_fitted(one, _HALF) for one in pair) if sized else tuple(pair))


def _fitted(figure: Figure, size: Mapping[str, float]) -> Figure:
    return figure._replace(options={**size, **figure.options})


def _figure(
    records: Sequence[Record], family: families.Family, x: str | None, smoothing: float
) -> Figure:
    """A chart that is made when the report is drawn, so that its failure stays in its place."""
    make: Callable[[], Chart] = partial(
        _chart,
        records,
        family,
        _main(records, family) if x is None else x,
        smoothing,
    )
    name = family.title if x is None else f"{family.title} {_named(x)}"
    return Figure(make, name=name, plain=True)


def _chart(records: Sequence[Record], family: families.Family, x: str, smoothing: float) -> Chart:
    keys = family.names[0] if len(family.names) == 1 else list(family.names)
    told = _told(records[0], family) if len(records) == 1 else f"by {_named(x)}"
    options: dict[str, Any] = {"smoothing": smoothing, "title": family.title, "subtitle": told}
    return charts.chart(_having(records, family), keys, x, **options)


def _main(records: Sequence[Record], family: families.Family) -> str:
    return charts.axes(_having(records, family)[0], family.names[0])[0]


def _told(record: Record, family: families.Family) -> str:
    """What a chart says in a line: where its metric ended, and its best value."""
    found = overview.metrics(record, family.names)
    if len(found) > 1:
        return " · ".join(f"{one.name} {wording.number(one.last)}" for one in found[:_ENDS])
    (metric,) = found
    best = metric.best()
    if best is None:
        return f"last {wording.number(metric.last)}"
    return f"last {wording.number(metric.last)} · best {wording.number(best[0])} at {best[1]:,}"


def _further(
    records: Sequence[Record], drawn: Sequence[families.Family]
) -> dict[str, list[families.Family]]:
    """The axes after the main one, each with the charts that it is useful for."""
    made: dict[str, list[families.Family]] = {}
    for family in drawn:
        having = _having(records, family)
        shared = [charts.axes(record, family.names[0]) for record in having]
        for x in shared[0][1:]:
            if all(x in axes for axes in shared) and _is_axis(having[0], x):
                made.setdefault(x, []).append(family)
    return made


def _is_axis(record: Record, x: str) -> bool:
    """Whether what rises with the steps does so because it counts them, not by chance."""
    if x in TITLES or families.is_counter(x):
        return True
    known = record.database.known()
    return known[x].count >= _SURE or x in {record.metric(name).step_metric for name in known}


def _having(records: Sequence[Record], family: families.Family) -> list[Record]:
    """The runs that have logged a chart's first metric."""
    return [one for one in records if family.names[0] in one.database.known()]


def _named(x: str) -> str:
    return _SAID.get(x, TITLES.get(x, x))
