"""Runs of the folder, found by path and by what they recorded."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plotkit import errors
from plotkit.runs import filtering, finding, folders
from plotkit.runs.record import Record

if TYPE_CHECKING:
    from plotkit.chart import Chart
    from plotkit.report.compose import Report


class Runs(list[Record]):
    """A list of runs, which are drawn together; one that is damaged is left out of that.

    >>> import plotkit as pk
    >>> for rate in (0.1, 0.3):
    ...     with pk.init(project="doc", dir=getfixture("tmp_path"), config={"lr": rate}) as run:
    ...         run.log({"loss": rate})
    ...         run.log({"loss": rate / 2})
    >>> runs = Api(getfixture("tmp_path")).runs("doc")
    >>> runs.chart("loss", group="config.lr", spread="none")
    <Chart 'loss' by plotkit/line>
    """

    def chart(self, keys: str | Sequence[str], x: str | None = None, **options: Any) -> Chart:
        """Lines of what all of them logged; see `plotkit.runs.charts.chart`."""
        from plotkit.runs import charts  # NumPy is loaded where something is drawn

        return charts.chart(self._readable(), keys, x, **options)

    def report(self, **options: Any) -> Report:
        """A report that compares them; see `plotkit.runs.report.report`."""
        from plotkit.runs.report import report

        return report(self._readable(), **options)

    def _readable(self) -> list[Record]:
        return [record for record in self if record.error is None]


class Api:
    """The runs that lie in one folder.

    Args:
        dir: the folder of all projects; default `PLOTKIT_DIR`, else `plotkit-runs` here.
    """

    def __init__(self, dir: str | os.PathLike[str] | None = None) -> None:
        self.root = folders.root(dir)

    def __repr__(self) -> str:
        return f"Api({str(self.root)!r})"

    def run(self, path: str) -> Record:
        """One run, by "project/id"; "project/latest" or "latest"; an id or a name that is unique.

        A part before these, such as the user's name in "carey/digits/3f2a", has no effect.

        Raises `RunError` with the nearest match where there is none.
        """
        return finding.find(path, self.root)

    def projects(self) -> list[str]:
        """The projects that have runs."""
        return sorted({place.project for place in finding.places(self.root)})

    def runs(
        self,
        project: str | None = None,
        filters: Mapping[str, Any] | None = None,
        order: str | None = None,
    ) -> Runs:
        """The runs of a project, or of all projects.

        Args:
            project: a project; also "user/project", where the first part has no effect.
            filters: what must hold, by name: a value, or MongoDB's operators: `{"state":
                "finished", "config.lr": {"$lt": 0.1}, "summary.acc": {"$gte": 0.9}}`; `$and`,
                `$or`, `$nor` and `$not` join them. Names are "state", "id", "name", "project",
                "created", "tags", "group", and "config." and "summary." with dotted names.
            order: a name as above, with "-" before it for falling; several with commas. Runs
                without a value come last. Default: those that began first.

        A run whose file is damaged is in the list where nothing is asked of its content: its state
        is "torn", and its `error` says why.

        Raises:
            OptionError: an operator or a name that there is not.
        """
        wanted = project.rpartition("/")[2] if project is not None else None
        found = [_opened(place.folder) for place in finding.places(self.root, wanted)]
        fields = partial(filtering.fields, found)
        asked = filtering.Filter(filters or {}, fields)
        keys = filtering.ordering(order or "created", fields)
        passing = [record for record in found if asked.passes(record)]
        return Runs(filtering.ordered(passing, keys))


class Torn(Record):
    """A run that cannot be read: it has its place, and the reason in `error`."""

    def __init__(self, folder: Path, reason: errors.PlotkitError | OSError) -> None:
        self.folder = folder
        self.error = str(reason)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise errors.RunError(self.error)

    @property
    def meta(self) -> dict[str, Any]:
        return {}

    @property
    def state(self) -> str:
        return "torn"


def _opened(folder: Path) -> Record:
    try:
        found = Record(folder)
        _ = found.database  # which counts it among those that are open
        return found
    except (errors.PlotkitError, OSError) as reason:
        return Torn(folder, reason)
