"""A run, or several, as a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Unpack

from plotkit import errors, notes
from plotkit.look import Options
from plotkit.report.blocks import Block, Fold, Text
from plotkit.report.compose import Report
from plotkit.report.marked import escaped
from plotkit.runs import comparing, overview, wording
from plotkit.runs.report import choosing, metrics, objects, tables
from plotkit.runs.report.marking import lines

if TYPE_CHECKING:
    from plotkit.runs.record import Record

CHARTS = 60  # of metrics, that a report draws unasked


def report(
    records: Record | Sequence[Record],
    *,
    keys: str | Sequence[str] | None = None,
    charts: int = CHARTS,
    smoothing: float = 0.0,
    title: str = "",
    **options: Unpack[Options],
) -> Report:
    """Make the report of a run, or one that compares several.

    It holds config and summary (with the best value and the course of each metric), every metric
    against every useful x axis, histograms as heat maps, images and other objects with a slider
    over their steps, charts and tables, texts, and what the run dropped or changed.

    Args:
        records: a run, or several.
        keys: only these names, or globs such as "val_*"; default all but hidden ones.
        charts: the most charts of metrics. What is left out is said.
        smoothing: 0 to 1, exponential, as `Record.chart` takes it.
        title: default: the run's name.
        options: how charts are to look; see `plotkit.look.Options`.

    Returns:
        The report. Its `save` writes a page (.html, live with `interactive=True`), a PDF or a
        folder; charts are made then, and what cannot be drawn leaves its error in its place. A
        run that has ended gives the same bytes every time.

    Raises:
        RunError: no runs; keys that the run has not.

    >>> import plotkit as pk
    >>> with pk.init(project="doc", name="first", dir=getfixture("tmp_path")) as run:
    ...     for loss in (0.9, 0.5, 0.4):
    ...         run.log({"loss": loss})
    >>> report(run).title
    'first'
    """
    held = list(records) if isinstance(records, Sequence) else [records]
    if not held:
        raise errors.RunError.from_no_runs("a report")
    asked = [keys] if isinstance(keys, str) else None if keys is None else list(keys)
    if isinstance(charts, bool) or not isinstance(charts, int) or charts < 0:
        raise errors.OptionError.from_option("charts", charts, "a whole number, at least 0")
    _check(held, asked)
    limits = (charts, smoothing)
    if len(held) == 1:
        facts = overview.facts(held[0])
        made = Report(title or facts.name, _introduced(facts), **options)
        return made.add(*_one(held[0], asked, *limits))
    made = Report(title or _titled(held), _described(held), **options)
    return made.add(*_several(held, asked, *limits))


def _check(records: Sequence[Record], keys: Sequence[str] | None) -> None:
    """Raise for a key that no run has."""
    known = list(dict.fromkeys(name for one in records for name in one.database.known()))
    for key in keys or ():
        if not any(comparing.chosen(name, [key]) for name in known):
            where = " and ".join(record.path for record in records)
            raise errors.RunError.from_unknown_key(key, known, where, "names")


# --- one run -------------------------------------------------------------------------------------


def _one(
    record: Record, keys: Sequence[str] | None, charts: int, smoothing: float
) -> Iterator[Block]:
    chosen = choosing.choose(record, keys)
    yield from _remarks(record)
    yield from tables.summary(record, chosen.drawn)
    yield from tables.config(record)
    yield from metrics.sections([record], chosen.drawn, charts, "Metrics", smoothing)
    yield from objects.charts(record, chosen.shown)
    yield from objects.histograms(record, chosen.histograms)
    yield from objects.media(record, chosen.media)
    yield from tables.once(record, chosen.once)
    yield from tables.texts(record, chosen.texts)
    if not record.database.known():
        yield Text(_nothing(record))
    yield from _left_out(chosen)
    yield from _notes(record.notes[len(record.losses) :])


def _nothing(record: Record) -> str:
    """What stands where charts would."""
    if record.state == "running":
        return "## Nothing logged yet\n\nThe run has begun and has written no row so far."
    return "## Nothing was logged\n\nThe run ended before its first row was written."


def _remarks(record: Record) -> Iterator[Block]:
    """What a reader must know before the numbers: what the run dropped or replaced."""
    said = record.losses
    if said:
        yield Text(lines(said))


def _notes(said: Sequence[str]) -> Iterator[Block]:
    """What is good to know, and changes nothing."""
    if said:
        yield Text("## Notes\n\n" + lines(said))


def _left_out(chosen: choosing.Chosen) -> Iterator[Block]:
    said = []
    if chosen.axes:
        said.append(notes.axes_not_drawn(chosen.axes))
    if chosen.hidden:
        said.append(notes.hidden_not_drawn(chosen.hidden))
    if said:
        yield Text("## Not drawn\n\n" + lines(said))


# --- several -------------------------------------------------------------------------------------


def _titled(records: Sequence[Record]) -> str:
    projects = sorted({record.project for record in records})
    return f"{len(records)} runs of {' and '.join(projects)}"


def _described(records: Sequence[Record]) -> str:
    labels = comparing.compare(records, []).labels
    return "\n\n".join(
        f"**{escaped(label)}**: {_introduced(overview.facts(record))}"
        for label, record in zip(labels, records, strict=True)
    )


def _introduced(facts: overview.Facts) -> str:
    """How a run went, and what was said of it when it began."""
    said = [overview.sentence(facts), *overview.told(facts)]
    return "  \n".join(map(escaped, said))


def _several(
    records: Sequence[Record], keys: Sequence[str] | None, charts: int, smoothing: float
) -> Iterator[Block]:
    found = comparing.compare(records, keys)
    labelled = list(zip(found.labels, records, strict=True))
    said = [f"{label}: {note}" for label, record in labelled for note in record.losses]
    if said:
        yield Text(lines(said))
    if found.config:
        yield Text("## Config, where it differs")
        yield Text(_side_by_side(found.labels, found.config))
    if found.same:
        yield Fold(
            f"{wording.count(len(found.same), 'setting')} the same in all",
            tuple(tables.same(records[0], found.same)),
        )
    if found.summary:
        yield Text("## Summary")
        yield Text(_side_by_side(found.labels, found.summary))
    chosen = [choosing.choose(record, keys) for record in records]
    names = list(dict.fromkeys(name for one in chosen for name in one.drawn))
    yield from metrics.sections(records, names, charts, "Metrics", smoothing)
    for label, record, one in zip(found.labels, records, chosen, strict=True):
        yield from objects.of_one_of_several(label, record, one)
    if not names:
        yield Text("## Nothing to draw\n\nNone of the runs has logged a number more than once.")
    yield from _notes(
        [
            f"{label}: {note}"
            for label, record in labelled
            for note in record.notes[len(record.losses) :]
        ]
    )


def _side_by_side(labels: Sequence[str], found: Sequence[comparing.Line]) -> str:
    """A table in Markdown, with the best values set bold."""
    rows = [["", *map(escaped, labels)], [":--", *["--:"] * len(labels)]]
    for line in found:
        cells = [
            "–" if value is comparing.MISSING else escaped(wording.value(value, 60))
            for value in line.values
        ]
        best = [f"**{cell}**" if at in line.best else cell for at, cell in enumerate(cells)]
        rows.append([escaped(line.name), *best])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
