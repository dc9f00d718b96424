"""Runs as tables of text and as JSON, for the command line."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plotkit import errors
from plotkit.runs import comparing, deleting, families, finding, folders, overview, wording
from plotkit.runs.api import Api
from plotkit.runs.record import Record

if TYPE_CHECKING:
    from plotkit.runs.comparing import Comparison
    from plotkit.runs.overview import Facts, Metric

COLUMNS = ("run", "name", "state", "began (UTC)", "took", "steps")
METRICS = 4  # of the summary, that a list shows unasked
# Where a terminal is too narrow for all columns, metrics go first, and then these. A run's path
# stays whole: it is what one types.
NEEDLESS = ("steps", "took", "name", "began (UTC)", "state")

Printed = tuple[list[str], list[list[str]], list[str]]  # columns, rows, columns of numbers


# --- which runs ----------------------------------------------------------------------------------

_FILTER = re.compile(r"([^<>=!]+?)\s*(<=|>=|!=|==|<|>|=)\s*(.*)", re.DOTALL)
_OPERATORS = {"<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte", "!=": "$ne"}


def asked(filters: Sequence[str]) -> dict[str, Any]:
    """Filters as they are typed, as `Api.runs` takes them.

    >>> asked(["config.lr<0.1", "config.lr >= 0.01", "state=finished"])
    {'config.lr': {'$lt': 0.1, '$gte': 0.01}, 'state': 'finished'}

    Raises:
        OptionError: a filter that compares nothing.
    """
    made: dict[str, Any] = {}
    for text in filters:
        found = _FILTER.fullmatch(text.strip())
        if found is None:
            expected = "NAME<VALUE, such as config.lr<0.1 or state=finished"
            raise errors.OptionError.from_option("--filter", text, expected)
        name, operator, value = found.groups()
        if operator in ("=", "=="):
            made[name] = _value(value)
            continue
        held = made.get(name)
        made[name] = {
            **(held if isinstance(held, dict) else {}),
            _OPERATORS[operator]: _value(value),
        }
    return made


def _value(text: str) -> Any:
    """JSON where it is JSON (numbers, true, "text"), else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def find(
    dir: str | os.PathLike[str] | None,
    project: str | None,
    filters: Sequence[str],
    order: str | None,
) -> list[Record]:
    """The runs of a folder, torn ones too; the latest first where no order is given.

    Raises:
        OptionError: a filter or an order that cannot be.
    """
    return Api(dir).runs(project, asked(filters), order or "-created")


def nothing(dir: str | os.PathLike[str] | None, project: str | None, filters: Sequence[str]) -> str:
    """Why a list is empty. Raises `RunError` for a project that there is not."""
    root = folders.root(dir)
    known = finding.places(root)
    if not known:
        return f"no runs in {root}; pk.init(project=...) begins one there"
    if project is not None and project not in {place.project for place in known}:
        projects = sorted({place.project for place in known})
        raise errors.RunError.from_unknown_project(project, projects)
    return f"none of {wording.count(len(known), 'run')} passes {' and '.join(filters)}"


def is_running(place: finding.Place) -> bool:
    """Whether a run is still recorded; one that is torn is not."""
    try:
        record = Record(place.folder)
    except (errors.PlotkitError, OSError):
        return False
    try:
        return record.state == "running"
    finally:
        record.database.close()


def doomed(places: Sequence[finding.Place]) -> Iterator[str]:
    """What goes when these runs are deleted."""
    for place in places:
        try:
            said = overview.sentence(overview.facts(Record(place.folder)))
        except (errors.PlotkitError, OSError):
            said = "cannot be read"
        size = deleting.size(place.folder) / 1e6
        yield f"{place}  {said} · {size:.1f} MB"
        yield f"  {place.folder}"


# --- a list --------------------------------------------------------------------------------------


def table(records: Sequence[Record], project: str | None, keys: Sequence[str] | None) -> Printed:
    """One row for each run: what it is, how long it took, and some of its summary."""
    known = [overview.facts(record) for record in records]
    summaries = [plain(record) for record in records]
    shown = chosen(records, summaries, keys)
    columns = [*COLUMNS, *shown]
    rows = [
        [
            facts.path if project is None else facts.id,
            "" if facts.name == facts.id else facts.name,
            facts.state,
            wording.MISSING if facts.created is None else wording.moment(facts.created, short=True),
            _took(facts),
            f"{facts.steps:,}",
            *(wording.value(summary.get(name)) for name in shown),
        ]
        for facts, summary in zip(known, summaries, strict=True)
    ]
    if not any(row[1] for row in rows):
        columns, rows = [columns[0], *columns[2:]], [[row[0], *row[2:]] for row in rows]
    return columns, rows, ["took", "steps", *shown]


def torn(records: Sequence[Record]) -> Iterator[str]:
    """Which runs cannot be read, and why."""
    for record in records:
        try:
            if record.error is None:
                record.database.last_step()
                continue
            reason = record.error
        except errors.PlotkitError as error:
            reason = str(error)
        yield f"{record.path}: {reason}"


def plain(record: Record) -> dict[str, Any]:
    """The numbers and texts of a summary; nothing of a run that cannot be read."""
    try:
        held = overview.summary(record)
    except errors.PlotkitError:
        return {}
    return {
        name: value
        for name, value in held.items()
        if isinstance(value, (bool, int, float, str)) and not name.startswith("_")
    }


def chosen(
    records: Sequence[Record],
    summaries: Sequence[Mapping[str, Any]],
    keys: Sequence[str] | None = None,
) -> list[str]:
    """The columns of a list: names that are asked for, else a few numbers.

    Those come first that `define_metric` says what is best of, then those that most runs have.
    """
    names = list(dict.fromkeys(name for summary in summaries for name in summary))
    if keys is not None:
        return [name for name in names if comparing.chosen(name, keys)]
    ranked = []
    for name in names:
        having = [at for at, summary in enumerate(summaries) if name in summary]
        first = summaries[having[0]][name]
        if isinstance(first, str) or families.is_counter(name):
            continue
        said = records[having[0]].metric(name)
        if not said.hidden:
            is_defined = comparing.aim(name, [records[having[0]]]) != ""
            ranked.append((not is_defined, -len(having), names.index(name), name))
    return [name for *_, name in sorted(ranked)[:METRICS]]


def as_json(record: Record, *, metrics: bool = False) -> dict[str, Any]:
    """All that is known of a run, exactly; `metrics` with the range of every metric."""
    facts = overview.facts(record)
    if facts.state == overview.TORN:
        error = next(torn([record]))
        return {**facts._asdict(), "tags": [], "folder": str(record.folder), "error": error}
    made: dict[str, Any] = {
        **facts._asdict(),
        "tags": list(facts.tags),
        "folder": str(record.folder),
        "config": overview.plain(overview.settings(record)),
        "summary": overview.plain(overview.summary(record)),
    }
    if metrics:
        known = record.database.known()
        numeric = [name for name, found in known.items() if found.kind in overview.NUMBERS]
        ranges = {one.name: one for one in overview.metrics(record, numeric)}
        made["metrics"] = {
            name: {**dataclasses.asdict(found), **(_range(ranges[name]) if name in ranges else {})}
            for name, found in known.items()
        }
    return made


def _range(metric: Metric) -> dict[str, Any]:
    made: dict[str, Any] = {"last": overview.plain(metric.last)}
    for aim, found in (("min", metric.low), ("max", metric.high)):
        if found is not None:
            made[aim] = {"value": found[0], "step": found[1]}
    if (best := metric.best()) is not None:
        made["best"] = {"value": best[0], "step": best[1]}
    return made


# --- one run -------------------------------------------------------------------------------------


def shown(record: Record, keys: Sequence[str] | None) -> Iterator[tuple[str, Printed]]:
    """The tables of one run: config, metrics, what else it logged, summary set by hand."""
    config = overview.settings(record)
    if config:
        rows = [[name, wording.value(value, 70)] for name, value in config.items()]
        yield "Config", (["name", "value"], rows, [])
    known = {
        name: one
        for name, one in record.database.known().items()
        if keys is None or comparing.chosen(name, keys)
    }
    numeric = [name for name, one in known.items() if one.kind in overview.NUMBERS]
    found = overview.metrics(record, numeric)
    if found:
        columns = ["metric", "last", "best", "min", "max", "values"]
        rows = [_metric(one) for one in found]
        if not any(row[2] for row in rows):
            columns, rows = [columns[0], columns[1], *columns[3:]], [[*r[:2], *r[3:]] for r in rows]
        yield "Metrics", (columns, rows, columns[1:])
    others = [
        [name, one.kind, f"{one.count:,}", f"{one.last_step:,}"]
        for name, one in known.items()
        if name not in numeric
    ]
    if others:
        columns = ["name", "kind", "values", "last step"]
        yield "Other values", (columns, others, columns[2:])
    rest = {
        name: value
        for name, value in overview.more(record, found).items()
        if keys is None or comparing.chosen(name, keys)
    }
    if rest:
        yield "Summary", (["name", "value"], [[n, wording.value(v)] for n, v in rest.items()], [])


def _metric(metric: Metric) -> list[str]:
    def at(found: tuple[float, int] | None) -> str:
        if found is None:
            return wording.MISSING
        return f"{wording.number(found[0])} @ {found[1]:,}"

    best = at(metric.best()) if metric.best() is not None else ""
    last = wording.number(metric.last)
    return [metric.name, last, best, at(metric.low), at(metric.high), f"{metric.total:,}"]


# --- several -------------------------------------------------------------------------------------

_Marked = frozenset[tuple[int, int]]


def compared(
    records: Sequence[Record], found: Comparison
) -> Iterator[tuple[str, Printed, _Marked]]:
    """The tables of a comparison: what differs in the configs first."""
    known = [overview.facts(record) for record in records]
    head = [
        ["run", *(facts.path for facts in known)],
        ["state", *(facts.state for facts in known)],
        ["began", *(wording.moment(facts.created or 0.0) for facts in known)],
        ["took", *(_took(facts) for facts in known)],
        ["steps", *(f"{facts.steps:,}" for facts in known)],
    ]
    yield "Runs", (["", *found.labels], head, []), frozenset()
    if found.config:
        yield "\nConfig, where it differs", _lines(found.labels, found.config), frozenset()
    if found.same:
        count = wording.count(len(found.same), "setting")
        yield (
            f"\nConfig: {count} the same in all: {', '.join(found.same[:12])}"
            + (", …" if len(found.same) > 12 else ""),
            ([], [], []),
            frozenset(),
        )
    if found.summary:
        marked = frozenset(
            (at, column + 1) for at, line in enumerate(found.summary) for column in line.best
        )
        yield "\nSummary", _lines(found.labels, found.summary), marked


def drawable(records: Sequence[Record]) -> list[str]:
    """The metrics that charts of several runs can show, those of most use first."""
    known = [record.database.known() for record in records]
    names = [
        name
        for name in dict.fromkeys(name for one in known for name in one)
        if any(name in one and one[name].kind in overview.NUMBERS for one in known)
    ]

    def rank(name: str) -> tuple[bool, bool]:
        return families.is_counter(name), comparing.aim(name, records) == ""

    return sorted(names, key=rank)


def _took(facts: Facts) -> str:
    return wording.MISSING if facts.seconds is None else wording.duration(facts.seconds)


def _lines(labels: Sequence[str], lines: Sequence[comparing.Line]) -> Printed:
    rows = [[line.name, *(_cell(value) for value in line.values)] for line in lines]
    return ["", *labels], rows, list(labels)


def _cell(value: Any) -> str:
    return wording.MISSING if value is comparing.MISSING else wording.value(value, 40)


def compared_json(records: Sequence[Record], found: Comparison) -> dict[str, Any]:
    """A comparison, exactly; what a run lacks is left out."""

    def line(one: comparing.Line) -> dict[str, Any]:
        paths = [f"{record.project}/{record.id}" for record in records]
        values = {
            path: overview.plain(value)
            for path, value in zip(paths, one.values, strict=True)
            if value is not comparing.MISSING
        }
        made: dict[str, Any] = {"name": one.name, "values": values}
        if one.best:
            made["best"] = [paths[at] for at in one.best]
        return made

    return {
        "runs": [as_json(record) for record in records],
        "config": [line(one) for one in found.config],
        "config_same": list(found.same),
        "summary": [line(one) for one in found.summary],
    }
