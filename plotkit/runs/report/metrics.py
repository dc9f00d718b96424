"""The metrics of a report: which are drawn, in which charts, against which axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from plotkit import notes
from plotkit.chart import Chart
from plotkit.report.blocks import Block, Figure, Fold, Row, Text
from plotkit.report.marked import escaped
from plotkit.runs import charts, families, overview, wording
from plotkit.runs.charts.reading import TITLES, is_counter

if TYPE_CHECKING:
    from plotkit.runs.record import Record

# Sizes in px: a page's column, and half of it; the chart's own margin lies outside of them.
_WHOLE = {"width": 752, "height": 380}
_HALF = {"width": 370, "height": 310}
_NAMED, _ROW = 8, 16  # most names of a legend; px of two of them
_ENDS = 3  # metrics of one chart whose last values are said
_SAID = {"_step": "step", "_runtime": "time since the start", "_timestamp": "time"}


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
    runs = _Runs(records, smoothing)
    if len(records) > 1:
        found = [section.parted() for section in found]
    else:
        found = [section._replace(families=runs.by_axis(section.families)) for section in found]
    total = sum(len(section.families) for section in found)
    left, spare = most, most - total
    for section in found:
        drawn, left = section.families[:left], max(left - len(section.families), 0)
        if not drawn:
            continue
        yield Text(f"## {escaped(section.heading or heading)}")
        yield from paired([runs.figure(family, runs.axes(family)[0]) for family in drawn])
        for x, further in runs.further(drawn).items():
            shown = further[: max(spare, 0)]
            spare -= len(further)
            if shown:
                inside = [runs.figure(family, x, further=True) for family in shown]
                yield Fold(f"Against {_named(x)}", tuple(paired(inside)))
    if total > most:
        yield Text(notes.charts_left_out(most, total))
    elif spare < 0:
        yield Text(notes.axes_left_out(-spare))


class _Runs:
    """The runs of a report, with what their charts need of them, read once."""

    def __init__(self, records: Sequence[Record], smoothing: float) -> None:
        self._records = records
        self._smoothing = smoothing
        self._known = [record.database.known() for record in records]
        pairs = zip(self._records, self._known, strict=True)
        names = [(record, name) for record, known in pairs for name in known]
        stepped = {record.metric(name).step_metric for record, name in names}
        # What rises by chance, such as an accuracy over three steps, is no axis.
        self._counters = {name for _, name in names if name in stepped or is_counter(name)}
        self._axes: dict[families.Family, list[str]] = {}
        self._wholes: dict[families.Family, families.Family] = {}

    def by_axis(self, found: Sequence[families.Family]) -> tuple[families.Family, ...]:
        """Families of one run, parted where `define_metric` gives their metrics different axes."""
        made: list[families.Family] = []
        for family in found:
            held: dict[str, list[str]] = {}
            for name in family.names:
                held.setdefault(charts.default_x(self._records[0], name), []).append(name)
            for names in held.values():
                title = family.title if len(names) > 1 or len(held) == 1 else names[0]
                made.append(families.Family(title, tuple(names)))
                self._wholes[made[-1]] = family
        return tuple(made)

    def having(self, family: families.Family) -> list[Record]:
        """The runs that have logged a chart's first metric."""
        pairs = zip(self._records, self._known, strict=True)
        return [record for record, known in pairs if family.names[0] in known]

    def axes(self, family: families.Family) -> list[str]:
        """The axes that a chart is useful against in all runs, the main one first."""
        if family not in self._axes:
            name, *names = family.names
            first, *runs = self.having(family)
            main, *others = charts.axes(first, name, self._counters)
            shared = [charts.axes(first, other, self._counters) for other in names]
            shared += [charts.axes(run, name, self._counters) for run in runs]
            useful = [x for x in others if all(x in axes for axes in shared)]
            self._axes[family] = [main, *useful]
        return self._axes[family]

    def further(self, drawn: Sequence[families.Family]) -> dict[str, list[families.Family]]:
        """The axes after the main one, each with the charts that it is useful for.

        What was parted for its axes stands together along those that all rows have.
        """
        made: dict[str, list[families.Family]] = {}
        for family in drawn:
            for x in self.axes(family)[1:]:
                found = made.setdefault(x, [])
                shown = self._wholes.get(family, family) if x in TITLES else family
                if shown not in found:
                    found.append(shown)
        return made

    def figure(self, family: families.Family, x: str, *, further: bool = False) -> Figure:
        """A chart that is made when the report is drawn, so that its failure stays in its place."""
        name = f"{family.title} {_named(x)}" if further else family.title
        rows = -(-min(len(self._records), _NAMED) // 2)
        taller = {"height": _HALF["height"] + _ROW * rows} if rows > 1 else {}
        return Figure(partial(self._chart, family, x), name=name, options=taller, plain=True)

    def _chart(self, family: families.Family, x: str) -> Chart:
        runs = self.having(family)
        told = _told(runs[0], family) if len(self._records) == 1 else f"by {_named(x)}"
        return charts.chart(
            runs,
            list(family.names),
            x,
            smoothing=self._smoothing,
            title=family.title,
            subtitle=told,
        )


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


def _named(x: str) -> str:
    return _SAID.get(x, TITLES.get(x, x))
