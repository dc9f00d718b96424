"""What a report of a run says in tables: config, summary with sparklines, texts, single values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plotkit.report.blocks import Block, Figure, Text
from plotkit.runs import overview, wording
from plotkit.runs.charts.sparks import sparkline, text_sparkline
from plotkit.table import Table

if TYPE_CHECKING:
    from plotkit.runs.overview import Metric
    from plotkit.runs.record import Record

ROWS = 500  # of config and summary
_TEXTS = 10  # the last ones, of each name
_LONG = 400  # characters of a text that was logged
_TREND, _SHAPE = "trend", "shape"
_LETTERS = 12  # of a course, in formats without pictures


def config(record: Record) -> Iterator[Block]:
    """The run's config."""
    held = overview.settings(record)
    if not held:
        return
    yield Text("## Config")
    yield _pairs(held, "setting")


def _pairs(held: Mapping[str, Any], what: str) -> Figure:
    values = [wording.value(value, _LONG) for value in held.values()]
    return Figure(Table({what: list(held), "value": values}), rows=ROWS, plain=True)


def summary(record: Record, names: Sequence[str]) -> Iterator[Block]:
    """Every metric's last and best value with its course, and what else the summary holds.

    Args:
        record: the run.
        names: of the metrics that are numbers.
    """
    found = overview.metrics(record, names)
    rest = overview.more(record, found)
    if not found and not rest:
        return
    yield Text("## Summary")
    if found:
        yield _metrics(found)
    histograms = {name: value for name, value in rest.items() if overview.is_histogram(value)}
    if len(histograms) < len(rest):
        others = {name: value for name, value in rest.items() if name not in histograms}
        yield _pairs(others, "summary")
    if histograms:
        yield _histograms(histograms)


def _metrics(found: Sequence[Metric]) -> Figure:
    """One row for each metric; "best" where it is said what is best, else lowest and highest."""
    bests = [metric.best() for metric in found]
    columns: dict[str, list[str]] = {
        "metric": [metric.name for metric in found],
        _TREND: [text_sparkline(metric.values, _LETTERS) for metric in found],
        "last": [wording.number(metric.last) for metric in found],
    }
    if any(best is not None for best in bests):
        columns["best"] = ["" if best is None else _at(best) for best in bests]
    if not all(best is not None for best in bests):
        columns["lowest"] = [_at(metric.low) for metric in found]
        columns["highest"] = [_at(metric.high) for metric in found]
    drawings = tuple(sparkline(metric.values) for metric in found)
    return Figure(Table(columns), rows=ROWS, plain=True, drawings={_TREND: drawings})


def _at(found: tuple[float, int] | None) -> str:
    if found is None:
        return wording.MISSING
    return f"{wording.number(found[0])}\N{NO-BREAK SPACE}at\N{NO-BREAK SPACE}{found[1]:,}"


def _histograms(held: Mapping[str, Any]) -> Figure:
    """Histograms of the summary, as sparklines of their bins."""
    rows = list(held.items())
    table = Table(
        {
            "histogram": [name for name, _ in rows],
            _SHAPE: [text_sparkline(value, _LETTERS) for _, value in rows],
            "from": [wording.number(float(value["edges"][0])) for _, value in rows],
            "to": [wording.number(float(value["edges"][-1])) for _, value in rows],
            "values": [f"{int(sum(value['counts'])):,}" for _, value in rows],
        }
    )
    drawings = tuple(sparkline(value) for _, value in rows)
    return Figure(table, rows=ROWS, plain=True, drawings={_SHAPE: drawings})


def once(record: Record, names: Sequence[str]) -> Iterator[Block]:
    """Numbers that were logged with one step only: a chart of one point says less than a number."""
    if not names:
        return
    columns = record.database.series(list(names))
    yield Text("## Logged once")
    table = Table(
        {
            "name": list(names),
            "value": [wording.value(_single(columns[name].values)) for name in names],
            "step": [int(columns[name].steps[0]) for name in names],
        }
    )
    yield Figure(table, rows=ROWS, plain=True)


def _single(values: Any) -> Any:
    value = values[0]
    return value.item() if hasattr(value, "item") else value


def texts(record: Record, names: Sequence[str]) -> Iterator[Block]:
    """The last texts and lists."""
    if not names:
        return
    yield Text("## Texts")
    for name in names:
        found = list(record.history.stored(name))
        last = found[-_TEXTS:]
        table = Table(
            {
                "step": [step for step, _ in last],
                name if name != "step" else "text": [wording.value(v, _LONG) for _, v in last],
            }
        )
        earlier = len(found) - len(last)
        told = f"The last {len(last)} of {len(found):,}." if earlier else ""
        yield Figure(table, told, rows=_TEXTS, plain=True)


def same(record: Record, names: Sequence[str]) -> Iterator[Figure]:
    """Settings that several runs share."""
    held = overview.settings(record)
    yield _pairs({name: held[name] for name in names}, "setting")
