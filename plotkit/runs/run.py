"""A run that is being recorded."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from plotkit import errors, settings
from plotkit.runs import folders, names, process, remarks, steps, values
from plotkit.runs.config import Config
from plotkit.runs.database import Database
from plotkit.runs.definitions import Definition, Definitions
from plotkit.runs.details import Details
from plotkit.runs.record import SectionFacts
from plotkit.runs.recorded import ConfigFacts, RunHistory, SummaryFacts
from plotkit.runs.remarks import Remarks
from plotkit.runs.steps import Steps
from plotkit.runs.summary import ReadSummary, Summary
from plotkit.runs.totals import Totals
from plotkit.runs.writing import Writer, say

_NUMBERS = {float, int, bool}
# Of these the first is also a warning; the others are only counted.
_WARNED = ("dropped", "spelled", "none")


class Run(Details):
    """One training run, or whatever else is measured step by step.

    Made by `pk.init`. As a context manager it ends with its block, "failed" where that raised.
    """

    history: RunHistory

    def __init__(
        self,
        folder: Path,
        meta: Mapping[str, Any],
        config: Mapping[str, Any],
        *,
        strict: bool = False,
        resumed: bool = False,
    ) -> None:
        self.strict = strict
        self.resumed = resumed
        meta = {**meta, **process.facts()}
        self._writer = Writer(folder, first={"meta": meta})
        database = self._writer.database
        self._reader: Database | None = None  # once the writer has closed
        self._ended = self._ending = self._told_child = False
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._meta = {**database.facts("meta"), **meta}
        if resumed:
            self._meta.pop("ended", None)
            self._writer.set("meta", self._meta)
            self._writer.forget("meta", ["ended"])
        self._remarks = Remarks(self._meta.get("remarks"))
        self._warnings: list[str] = []  # those of the call that goes on
        self._logging = False
        self._later: list[tuple[Any, int | None, bool | None]] = []  # calls made during another
        self._spelled = names.Spellings(database.known(), self._other_spelling)
        self._said = Definitions(database.facts("metrics"))
        for x in self._said.xs:
            self._spelled.planned(x)
        self._totals = Totals(
            database.facts("summary"), self._said, self._read, lambda: self._steps.written_at
        )
        last = list(database.rows(database.last_step() or 0))
        self._steps = Steps(last[0].step, dict(last[0].values)) if last else Steps()
        super().__init__(folder, database)
        self.history = RunHistory(self)
        self.config = Config(ConfigFacts(self))
        self.summary = Summary(SummaryFacts(self))
        self.config.update(config)
        self._stop = threading.Event()
        beat = threading.Thread(target=self._beat, name="plotkit-beat", daemon=True)
        beat.start()

    # --- what it has recorded ------------------------------------------------------------------

    @property
    def database(self) -> Database:
        """All that was logged until now; what is gathered is no row yet."""
        if self.is_open:
            with suppress(errors.RunError):  # a full disk: what is there can be read
                self._writer.flush()
            return self._writer.database
        if self._reader is None:
            self._reader = Database(self.folder)
        return self._reader

    @property
    def step(self) -> int:
        """The step of the row that is gathered, or of the next one."""
        return self._steps.at

    def metric(self, name: str) -> Definition:
        return self._said.of(name)

    # --- recording -----------------------------------------------------------------------------

    def log(
        self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None
    ) -> None:
        """Record values by name.

        Args:
            data: names and values; nested dicts become dotted names. Numbers, bools, text, None,
                arrays and tensors of any library, lists, data frames, charts, figures, and
                objects such as `pk.Image`.
            step: a whole number from 0; equal ones share a row, and steps only rise. Left out:
                the step that is gathered, or the next one.
            commit: write the row now. By default a call without a step does, one with a step does
                not: its row is written by the first call with a larger step, or by one without.

        What is logged is on the disk within a quarter of a second, and after `finish`. The module
        `plotkit.runs.steps` has the table of what goes where.

        Raises:
            RunError: not a dict, a name that is none, a value of a kind that cannot be recorded
                (the other values of the call are), a step that is no whole number, a run that has
                ended; in strict mode also a step that is past, and two values for one name and
                step.
        """
        if not self.is_open:
            self._refuse()
            return
        faults: list[errors.RunError] = []
        with self._lock:
            if self._logging:  # a signal handler logs, in the midst of another call
                self._later.append((data, step, commit))
                return
            self._logging = True
            try:
                self._log(data, step, commit, faults)
                self._log_later(faults)
            finally:
                self._logging = False
            told, self._warnings = self._warnings, []
        for sentence in told:
            remarks.warn(sentence)
        if faults:
            raise faults[0]

    def define_metric(
        self,
        name: str,
        step_metric: str | None = None,
        summary: str | list[str] | None = None,
        hidden: bool | None = None,
        *,
        goal: str | None = None,
        step_sync: bool | None = None,
        overwrite: bool = False,
    ) -> Definition:
        """Say what is drawn and summed up of a metric.

        Args:
            name: its name, or a glob such as "val/*"; a name counts more than a glob, and what is
                said later more than what was said before.
            step_metric: the logged name that is its x. A row that has the metric but not its x
                takes over the last value of x (not with `step_sync=False`).
            summary: "min", "max", "mean", "first", "last", "best", "copy" (the plain last value)
                or "none"; several in a list or with commas. They stand in the summary as
                "loss.min" and so on, in the place of the plain last value, and count all rows,
                also those that were logged before. NaN and None count nothing.
            hidden: leave it out of reports.
            goal: "minimize" or "maximize", for "best".
            step_sync: see `step_metric`.
            overwrite: forget what was said of the same name before.

        Raises:
            OptionError: a word that is none of these.
        """
        self._require_open()
        with self._lock:
            before = {name: self._said.of(name) for name in self.database.known()}
            made = self._said.define(name, step_metric, summary, hidden, goal, step_sync, overwrite)
            if made.step_metric is not None:
                made = self._said.define(name, self._spelled.planned(made.step_metric))
            self._writer.set("metrics", self._said.facts())
            # A script that goes on says all of it again: what somebody set by hand stays.
            changed = [name for name, said in before.items() if self._said.of(name) != said]
            gone, come = self._totals.defined(changed)
            self._writer.forget("summary", gone)
            self._writer.set("summary", come)
        return made

    def finish(self, exit_code: int | None = None, *, quiet: bool = False) -> None:
        """Write what is pending and end the run; calling it again does nothing.

        Args:
            exit_code: anything but 0 and None says that the run has failed.
            quiet: do not print where the run lies.

        Raises `RunError` where the disk is full; it may be called again.
        """
        self.end("failed" if exit_code else "finished", quiet)

    def end(self, state: str, quiet: bool = False) -> None:
        """End the run in a state: "finished" or "failed"."""
        if not self.is_open:
            return
        with self._lock:
            if self._ending:  # a signal handler ends it, in the midst of this
                return
            self._ending = True
            try:
                if self._ended:
                    return
                self._close(state)
            finally:
                self._ending = False
        self._stop.set()
        # Whoever has the summary may go on with it, as with that of any run that has ended.
        self.summary._facts = ReadSummary(self)
        self.config._facts = SectionFacts(self, "config")
        if not quiet:
            said = "; ".join([str(self), *self._remarks.counts()])
            say(f"{said}. {folders.near(self.folder)}")

    def _close(self, state: str) -> None:
        """Write all that waits, and the end."""
        self._log_later([])
        self._write()
        self._meta |= {"state": state, "ended": time.time()}
        self._writer.set("meta", self.meta)
        try:
            self._writer.close()
        except BaseException:
            self._meta["state"] = "running"
            raise
        self._ended = True

    def __str__(self) -> str:
        last = self._steps.written_at
        rows = "nothing logged" if last is None else f"last step {last:,}"
        return f"run {self.path} {self.state}, {rows}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        failed = kind is not None
        if isinstance(error, SystemExit):
            failed = error.code not in (None, 0)
        self.end("failed" if failed else "finished")

    # --- inside: a call of log -----------------------------------------------------------------

    def _log(
        self, data: Any, step: int | None, commit: bool | None, faults: list[errors.RunError]
    ) -> None:
        held = self._steps
        wanted = held.at if step is None else steps.checked(step)
        if wanted > steps.LAST:
            steps.checked(wanted)  # none follows the largest
        if wanted >= held.at:
            given = self._given(data, faults)
            if wanted > held.at:
                if held.row:
                    self._write()
                held.at = wanted
            self._gather(given)
            if commit or (commit is None and step is None):
                self._write()
        elif held.amends(wanted):
            self._amend(self._given(data, faults))
        else:
            self._drop(data, wanted)

    def _log_later(self, faults: list[errors.RunError]) -> None:
        """The calls that were made during another one; what is wrong with them is a fault too."""
        while self._later:
            try:
                self._log(*self._later.pop(0), faults)
            except errors.RunError as fault:
                faults.append(fault)

    def _given(self, data: Mapping[str, Any], faults: list[errors.RunError]) -> dict[str, Any]:
        """Recorded names and stored values of one call; values that cannot be are left out."""
        known, made = self._spelled.known, {}
        if type(data) is dict and len(data) < 1000:
            for name, value in data.items():  # the way of plain metrics: nothing else is done
                found = known.get(name)
                if found is None or found in made:
                    break
                kind: Any = type(value)
                if kind in _NUMBERS:
                    made[found] = value
                elif values.is_numpy_number(kind):
                    made[found] = value.item()
                else:
                    break
            else:
                return made
        if not isinstance(data, Mapping):
            raise errors.RunError.from_data_kind(data)
        flat = names.flat(data)
        if len(flat) > settings.row_names:
            raise errors.RunError.from_many_names(len(flat), settings.row_names)
        for name in flat:
            if names.folded(name) in names.OWN:
                raise errors.RunError.from_own_name(names.folded(name))
        made = {}
        for name, value in flat.items():
            found = self._spelled(name)
            try:
                stored = values.stored(name, value, self._writer.keep, self._noted)
            except errors.RunError as fault:
                faults.append(fault)
                continue
            if found in made:  # two spellings
                self._compare(made, {found: stored}, self._steps.at)
            made[found] = stored
        return made

    def _gather(self, given: dict[str, Any]) -> None:
        """Add to the row; later values win."""
        held = self._steps
        if held.row:
            self._compare(held.row, given, held.at)
        self._totals.logged(given)
        held.row.update(given)

    def _compare(self, old: dict[str, Any], new: dict[str, Any], step: int) -> None:
        """Two values of one name and step: an error in strict mode, and otherwise counted."""
        for name in old.keys() & new.keys():
            if values.same(old[name], new[name]):
                continue
            if self.strict:
                raise errors.RunError.from_replaced(name, step, old[name], new[name])
            self._noted("replaced", name, step)

    def _write(self) -> None:
        """The gathered row goes to the writer, and into the summary."""
        held = self._steps
        if held.row:
            held.row = self._totals.filled(held.row)
            changed = self._totals.added(held.row)  # may look at all rows before this one
            self._writer.row(held.at, time.time(), held.row, changed)
        held.settle()

    def _amend(self, given: dict[str, Any]) -> None:
        """The last written row gets more."""
        held = self._steps
        if not given or held.written_at is None:
            return
        self._compare(held.written, given, held.written_at)
        given = self._totals.filled(given, held.written)
        self._totals.logged(given)
        held.amended(given)
        changed = self._totals.added(given, joins=True)
        self._writer.row(held.written_at, time.time(), given, changed)

    def _drop(self, data: Mapping[str, Any], step: int) -> None:
        """A step that is past; `data` is looked at for its names only."""
        if not isinstance(data, Mapping):
            raise errors.RunError.from_data_kind(data)
        dropped = list(names.flat(data))
        if self.strict:
            raise errors.RunError.from_earlier_step(step, self._steps.at, dropped)
        self._noted("dropped", step, self._steps.at, dropped[:4])

    def _noted(self, kind: str, *facts: object) -> None:
        if self._remarks.add(kind, *facts):
            self._writer.set("meta", {"remarks": self._remarks.facts()})
            if kind in _WARNED:
                self._warnings.append(self._remarks.sentence(kind))

    def _other_spelling(self, name: str, recorded: str) -> None:
        before = len(self._warnings)
        self._noted("spelled", name, recorded)
        if len(self._warnings) == before:  # each pair is told
            self._warnings.append(Remarks({"spelled": [1, name, recorded]}).sentence("spelled"))

    # --- inside: the rest ----------------------------------------------------------------------

    def _read(self, name: str) -> list[tuple[int, Any]]:
        """All that was written of a name."""
        found = self.database.series([name])[name]
        held = found.values if isinstance(found.values, list) else found.values.tolist()
        return list(zip(found.steps.tolist(), held, strict=True))

    def _refuse(self) -> None:
        """After the end, an error; in a forked child, what is logged is dropped and said once."""
        if self._ended:
            raise errors.RunError.from_ended(self.path, str(self.folder))
        if not self._told_child:
            self._told_child = True
            remarks.warn(f"dropped: {errors.RunError.from_fork(str(self.folder))}")

    def _beat(self) -> None:
        """A sign of life now and then, for whoever cannot see our process."""
        while not self._stop.wait(process.BEAT):
            try:
                self._writer.set("meta", {"seen": time.time(), "remarks": self._remarks.facts()})
            except errors.RunError:
                return
