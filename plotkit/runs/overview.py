"""What is known of a run at one look: its facts, and of every metric its last and best value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from plotkit import errors
from plotkit.runs import wording

if TYPE_CHECKING:
    from plotkit.runs.definitions import Definition
    from plotkit.runs.record import Record

NUMBERS = ("number", "bool")
_TOLD = ("min", "max", "last", "best")  # words of define_metric that a table of metrics says
TORN = "torn"  # the state of a run that cannot be read


class Facts(NamedTuple):
    """A run without its metrics.

    Attributes:
        seconds: from its beginning to its end, or to the last that was heard of it.
        heard: when it wrote its last row, in seconds since 1970; None where it wrote none.
        steps: how many steps it has logged to: the last one and all before it.
    """

    project: str
    id: str
    name: str
    state: str
    created: float | None
    ended: float | None
    heard: float | None
    seconds: float | None
    steps: int
    host: str
    script: str
    tags: tuple[str, ...]
    group: str = ""
    job_type: str = ""
    notes: str = ""

    @property
    def path(self) -> str:
        """How the run is called on the command line."""
        return f"{self.project}/{self.id}"


class Metric(NamedTuple):
    """What a run has logged under one name, if these were numbers.

    Attributes:
        aims: "min" or "max", as `define_metric` says what is best; both where it says nothing.
        low: the lowest finite value and its step; None where there is none.
        high: the highest one.
        total: how many values there are, NaN and infinite ones too.
        values: all finite values in the order of their steps.
    """

    name: str
    total: int
    last: float
    aims: tuple[str, ...]
    low: tuple[float, int] | None
    high: tuple[float, int] | None
    values: Any

    def best(self) -> tuple[float, int] | None:
        """The best value and its step, where it is said what is best."""
        if len(self.aims) != 1:
            return None
        return self.low if self.aims[0] == "min" else self.high


def facts(record: Record) -> Facts:
    """What is known of a run itself; of one that is torn, where it lies."""
    try:
        return _facts(record)
    except errors.PlotkitError:
        where = (record.folder.parent.name, record.folder.name, record.folder.name)
        return Facts(*where, TORN, None, None, None, None, 0, "", "", ())


def _facts(record: Record) -> Facts:
    if record.error is not None:
        raise errors.RunError(record.error)
    meta, last = record.meta, record.database.last_step()
    created, ended = _time(meta.get("created")), _time(meta.get("ended"))
    heard = None
    if last is not None:
        heard = next((row.at for row in record.database.rows(min_step=last)), None)
    until = ended if ended is not None else heard
    seconds = None if created is None or until is None else max(until - created, 0.0)
    return Facts(
        record.project,
        record.id,
        record.name,
        record.state,
        created,
        ended,
        heard,
        seconds,
        0 if last is None else last + 1,
        str(meta.get("host") or ""),
        str(meta.get("script") or ""),
        tuple(str(tag) for tag in meta.get("tags") or ()),
        *(str(meta.get(name) or "") for name in ("group", "job_type", "notes")),
    )


def _time(given: Any) -> float | None:
    return float(given) if isinstance(given, (int, float)) else None


def sentence(known: Facts) -> str:
    """The line under a run's name.

    >>> sentence(Facts("p", "1", "a", "finished", 1763862240.0, 1763862965.0, None, 725.0, 200,
    ...     "box", "train.py", ()))
    'Finished · 23 Nov 2025, 01:44 UTC · 12 min 5 s · 200 steps · on box · train.py'
    """
    state = known.state.capitalize()
    if known.state == "running" and known.heard is not None:
        state = f"Running, as of {wording.moment(known.heard)}"
    elif known.state == "failed":
        state = "Failed by an exception"
    parts = [
        state,
        f"{'began ' * (known.state == 'running')}{wording.moment(known.created)}"
        if known.created is not None
        else "",
        wording.duration(known.seconds) if known.seconds is not None else "",
        wording.count(known.steps, "step") if known.steps else "no steps",
        f"on {known.host}" if known.host else "",
        PurePath(known.script).name,
    ]
    return " · ".join(part for part in parts if part)


def told(known: Facts) -> list[str]:
    """What was said of a run when it began: its group, kind of job and tags in a line; its notes.

    >>> told(Facts("p", "1", "a", "finished", None, None, None, None, 0, "", "", ("base", "x"),
    ...     "sgd", "", "first try"))
    ['Group sgd · Tags base, x', 'first try']
    """
    parts = (("Group", known.group), ("Job type", known.job_type), ("Tags", ", ".join(known.tags)))
    line = " · ".join(f"{what} {said}" for what, said in parts if said)
    return [said for said in (line, " ".join(known.notes.split())) if said]


def aims(said: Definition) -> tuple[str, ...]:
    """What is best, "min" or "max", where `define_metric` says so; else both."""
    if said.goal is not None:
        return ("min",) if said.goal == "minimize" else ("max",)
    return tuple(aim for aim in ("min", "max") if aim in (said.summary or ())) or ("min", "max")


def metric(name: str, steps: Any, values: Any, said: Definition) -> Metric | None:
    """A metric of its columns; None where nothing in them is a number."""
    import numpy as np

    held = np.asarray(values, dtype=float)
    if not len(held):
        return None
    finite = np.isfinite(held)
    known, at = held[finite], np.asarray(steps)[finite]

    def found(where: Any) -> tuple[float, int]:
        return float(known[where]), int(at[where])

    return Metric(
        name,
        len(held),
        float(held[-1]),
        aims(said),
        found(known.argmin()) if len(known) else None,
        found(known.argmax()) if len(known) else None,
        known,
    )


def metrics(record: Record, names: Sequence[str]) -> list[Metric]:
    """The metrics of these names that are numbers."""
    columns = record.database.series(list(names))
    made = [
        metric(name, columns[name].steps, columns[name].values, record.metric(name))
        for name in names
        if name in columns
    ]
    return [one for one in made if one is not None]


def settings(record: Record) -> dict[str, Any]:
    """The config by dotted names, in its stored form."""
    return record.database.facts("config")


def summary(record: Record) -> dict[str, Any]:
    """The summary by dotted names, in its stored form."""
    return record.database.facts("summary")


def more(record: Record, found: Sequence[Metric]) -> dict[str, Any]:
    """What the summary holds besides last and best values of what was logged.

    That is what was set by hand, means and first values, and histograms.
    """
    known = record.database.known()
    last = {metric.name: metric.last for metric in found}

    def is_more(name: str, value: Any) -> bool:
        metric, _, word = name.rpartition(".")
        if name.startswith("_") or (metric in known and word in _TOLD):
            return False
        if name in last and isinstance(value, (int, float)):
            return value == value and value != last[name]  # set after it was logged
        return name not in known or is_histogram(value)

    return {name: value for name, value in summary(record).items() if is_more(name, value)}


def is_histogram(stored: Any) -> bool:
    """Whether a stored value is a histogram."""
    return isinstance(stored, Mapping) and stored.get("_type") == "histogram"


def plain(given: Any) -> Any:
    """A value as JSON has it: infinities and NaN as text, which JSON lacks.

    >>> plain({"loss": [float("inf"), 1]})
    {'loss': ['Infinity', 1]}
    """
    if isinstance(given, float) and not math.isfinite(given):
        return "NaN" if given != given else "Infinity" if given > 0 else "-Infinity"
    if isinstance(given, Mapping):
        return {str(name): plain(value) for name, value in given.items()}
    if isinstance(given, (list, tuple)):
        return [plain(value) for value in given]
    return given
