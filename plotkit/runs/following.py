"""The metrics of a run that is still going on, read as they come: each row is read once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from plotkit import errors
from plotkit.runs.charts import reading

if TYPE_CHECKING:
    from plotkit.runs.record import Record

Array = np.ndarray[Any, Any]

_RECENT = 20.0  # seconds over which the speed is measured, at least two steps


class Metric(NamedTuple):
    """What is known of one metric: its steps and values, the latest last."""

    name: str
    steps: Array
    values: Array


class Following:
    """A run, as far as it has come.

    Args:
        record: the run.
        keys: names or globs of the metrics; None is all numbers but those that only count on
            (an epoch) and those that `define_metric` hides.
    """

    def __init__(self, record: Record, keys: Sequence[str] | None = None) -> None:
        self.record = record
        self.metrics: dict[str, Metric] = {}
        self.step: int | None = None
        self.state = record.state
        self._keys = keys
        self._version: object = None
        self._read: int | None = None  # the last step that was read
        self._times: list[tuple[int, float]] = []  # of the latest steps, with their times

    def look(self) -> bool:
        """Read what is new; whether there was anything."""
        version, state = self.record.database.version(), self.record.state
        if version == self._version and state == self.state and self._version is not None:
            return False
        self._version, self.state = version, state
        self.step = self.record.database.last_step()
        names = self._names()
        new = [name for name in names if name not in self.metrics]
        for wanted, start in ((new, None), ([n for n in names if n not in new], self._read)):
            for name, found in self.record.database.series(wanted, min_step=start).items():
                self._add(name, found)
        self._read = self.step
        return True

    def _names(self) -> list[str]:
        known = self.record.database.known()
        if self._keys is not None:
            found = {key: reading.names(self.record, key) for key in self._keys}
            available = reading.numbers(self.record)
            for key, names in found.items():
                if not names and (available or self.state != "running"):
                    where = reading.where(self.record)
                    raise errors.RunError.from_unknown_key(key, available, where)
            return list(dict.fromkeys(name for names in found.values() for name in names))
        names = [name for name, found in known.items() if found.kind == "number"]
        shown = [name for name in names if not reading.definition(self.record, name).get("hidden")]
        axes = {reading.default_x(self.record, name) for name in shown}
        plain = [name for name in shown if name not in axes and not reading.is_counter(name)]
        return plain or shown

    def _add(self, name: str, found: Any) -> None:
        """Put new values after those that are there; a step may be there already, and complete."""
        steps, values = found.steps, np.asarray(found.values, dtype=np.float64)
        held = self.metrics.get(name)
        if held is not None and len(steps):
            kept = int(np.searchsorted(held.steps, steps[0]))
            steps = np.concatenate([held.steps[:kept], steps])
            values = np.concatenate([held.values[:kept], values])
        elif held is not None:
            steps, values = held.steps, held.values
        self.metrics[name] = Metric(name, steps, values)
        if len(found.steps):
            recent = int(np.searchsorted(found.at, found.at[-1] - _RECENT))
            for at in (recent, -1):
                self._note_time(int(found.steps[at]), float(found.at[at]))

    def _note_time(self, step: int, at: float) -> None:
        if not self._times or step > self._times[-1][0]:
            self._times.append((step, at))
        while len(self._times) > 2 and self._times[1][1] < at - _RECENT:
            self._times.pop(0)

    @property
    def speed(self) -> float | None:
        """Steps per second of late; None where it is not known."""
        if len(self._times) < 2:
            return None
        (first, start), (last, end) = self._times[0], self._times[-1]
        return (last - first) / (end - start) if end > start else None

    @property
    def elapsed(self) -> float | None:
        """Seconds from the start to the latest sign of the run."""
        created = self.record.meta.get("created")
        last = self._times[-1][1] if self._times else None
        ended = self.record.meta.get("ended", last)
        return None if created is None or ended is None else max(ended - created, 0.0)

    def rows_after(self, step: int | None) -> list[tuple[int, dict[str, float]]]:
        """The steps after one, each with the values of it."""
        made: dict[int, dict[str, float]] = {}
        for metric in self.metrics.values():
            start = 0 if step is None else int(np.searchsorted(metric.steps, step, side="right"))
            for at, value in zip(metric.steps[start:], metric.values[start:], strict=True):
                made.setdefault(int(at), {})[metric.name] = float(value)
        return sorted(made.items())
