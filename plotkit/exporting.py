"""Many charts into one folder: named, drawn on all cores, and an account of what became of each."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from plotkit import batch, errors, written
from plotkit.chart import FORMATS, Chart
from plotkit.filenames import Names

Item = Chart | Callable[[], Chart]


class Exported(NamedTuple):
    """What `export` made.

    Attributes:
        folder: where the files are.
        paths: all files that were written, in the order of the charts and formats.
        failures: name of a chart -> why it, or one of its files, was not written.
        notes: name of a chart -> its notes, where it has any.
    """

    folder: Path
    paths: tuple[Path, ...]
    failures: dict[str, Exception]
    notes: dict[str, tuple[str, ...]]


class _Made(NamedTuple):
    """What became of one chart."""

    name: str
    paths: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    failure: Exception | None = None


def export(
    charts: Mapping[str, Item] | Iterable[Item],
    folder: str | PathLike[str],
    formats: str | Sequence[str] = ("png",),
    *,
    names: Iterable[str] | None = None,
    workers: int | None = None,
    progress: bool | None = None,
    **options: Any,
) -> Exported:
    """Save many charts into a folder, drawn on all cores.

    Args:
        charts: charts by name, or any number of them, also from an iterator. In place of a chart
            may stand a function without arguments that returns one: it is called when its turn
            comes, in a thread, and the chart is let go of when it is saved.
        folder: where the files go. It is made, but not the folder that it is in. Files of the
            same names are replaced.
        formats: endings that `Chart.save` knows, such as "png" or ("png", "svg").
        names: names of the files, one for each chart; default the keys, else the titles.
            Whatever cannot stand in a file name becomes "-", and equal names are numbered.
        workers: charts that are drawn at the same time; default `plotkit.settings.workers`.
        progress: True or False for a progress bar or none; default: on a terminal.
        options: keywords of `Chart.save`, such as `theme`, `width`, `dpi`.

    Returns:
        The paths, and the notes of the charts.

    Raises:
        ExportError: some charts failed. All others are written; its `result` is what would have
            been returned.
        OptionError, SaveError: a format that is not known, a folder that cannot be made.

    >>> import tempfile
    >>> import plotkit as pk
    >>> rows = {"step": [0, 1, 2], "loss": [1.9, 1.1, 0.7]}
    >>> found = export({"loss": pk.line(rows, "step", "loss")}, tempfile.mkdtemp(), "json")
    >>> [path.name for path in found.paths]
    ['loss.json']
    """
    endings = _endings(formats)
    items, given = _named(charts, names)
    target = written.path_of(folder)
    written.folder(target)
    drawn = batch.each(
        _tasks(_Work(target, endings, options), items, given),
        workers=workers,
        total=_count(items) if given is None else len(given),
        label=f"charts to {target.name or target}",
        progress=progress,
    )
    made: dict[int, _Made] = {}
    for number, result in drawn:
        assert isinstance(result, _Made)
        made[number] = result
    return _account(target, [made[number] for number in sorted(made)])


def _account(folder: Path, made: Sequence[_Made]) -> Exported:
    result = Exported(
        folder,
        tuple(path for one in made for path in one.paths),
        {one.name: one.failure for one in made if one.failure is not None},
        {one.name: one.notes for one in made if one.notes},
    )
    if result.failures:
        raise errors.ExportError.from_failures(
            result.failures, len(made), str(folder), result
        ) from next(iter(result.failures.values()))
    return result


def _endings(formats: str | Sequence[str]) -> tuple[str, ...]:
    """The endings with their dots, each once. Raises `OptionError`."""
    asked = [formats] if isinstance(formats, str) else list(formats)
    expected = f"some of {', '.join(ending[1:] for ending in FORMATS)}"
    endings = []
    for one in asked:
        ending = f".{one.removeprefix('.').lower()}" if isinstance(one, str) else ""
        if ending not in FORMATS:
            raise errors.OptionError.from_option("formats", one, expected)
        endings.append(ending)
    if not endings:
        raise errors.OptionError.from_option("formats", formats, expected)
    return tuple(dict.fromkeys(endings))


def _named(
    charts: Mapping[str, Item] | Iterable[Item], names: Iterable[str] | None
) -> tuple[Iterable[Item], Sequence[str] | None]:
    """The charts, and their names if they are given. Raises `OptionError`."""
    items: Iterable[Item]
    if isinstance(charts, Mapping):
        if names is not None:
            expected = "none, as the charts have names: their keys"
            raise errors.OptionError.from_option("names", names, expected)
        items, names = list(charts.values()), list(charts)
    elif isinstance(charts, Chart) or not isinstance(charts, Iterable):
        raise errors.OptionError.from_option("charts", charts, "charts in a list, or by name")
    else:
        items = charts
    if names is None:
        return items, None
    given = [] if isinstance(names, str) else list(names)
    if isinstance(names, str) or not all(isinstance(name, str) for name in given):
        raise errors.OptionError.from_option("names", names, "one text for each chart")
    if isinstance(items, Sized) and len(items) != len(given):
        raise errors.DataError.from_lengths([("names", len(given)), ("charts", len(items))])
    return items, given


def _count(items: Iterable[Item]) -> int | None:
    return len(items) if isinstance(items, Sized) else None


class _Work:
    """What the tasks of an export share. They run side by side, and are named in their order."""

    def __init__(self, folder: Path, endings: Sequence[str], options: Mapping[str, Any]) -> None:
        self.folder = folder
        self.endings = endings
        self.options = options
        self._names = Names()
        self._turn = 0
        self._turns = threading.Condition()

    def done(self, number: int, item: object, name: str | None) -> _Made:
        """Make, name and save one chart."""
        chart: Chart | None = None
        failure: Exception | None = None
        try:
            chart = _chart(item)
        except Exception as error:  # of the caller's own function: any
            failure = error
        finally:
            taken = self._take_name(number, chart, name)
        if chart is None:
            return _Made(taken, failure=failure)
        # A copy, so that its pictures do not stay with the caller's chart.
        chart = copy.copy(chart)
        chart._svgs = dict(chart._svgs)
        paths = []
        for ending in self.endings:
            try:
                paths.append(chart.save(self.folder / f"{taken}{ending}", **self.options))
            except Exception as error:
                failure = failure or error
        return _Made(taken, tuple(paths), chart.notes, failure)

    def _take_name(self, number: int, chart: Chart | None, name: str | None) -> str:
        """The name of a chart; each waits for those before it, so that equal runs name equally."""
        with self._turns:
            # All before it have begun, and take their names whatever becomes of them.
            self._turns.wait_for(lambda: self._turn == number)
            try:
                if name is None and chart is None:
                    return f"charts[{number}]"
                if name is None and chart is not None:
                    name = chart.strings.get("title") or ""
                kind = chart.preset.id.rpartition("/")[2] if chart is not None else ""
                return self._names.take(name or "", kind or "chart")
            finally:
                self._turn += 1
                self._turns.notify_all()


def _chart(item: object) -> Chart:
    found = item() if callable(item) and not isinstance(item, Chart) else item
    if not isinstance(found, Chart):
        expected = "a chart, or a function without arguments that returns one"
        raise errors.OptionError.from_option("charts", found, expected)
    return found


def _tasks(
    work: _Work, items: Iterable[Item], names: Sequence[str] | None
) -> Iterator[Callable[[], _Made]]:
    """The tasks of an export, made one by one as they are asked for."""
    count = 0
    for number, item in enumerate(items):
        count += 1
        if names is None:
            yield partial(work.done, number, item, None)
        elif number < len(names):
            yield partial(work.done, number, item, names[number])
        else:
            break
        del item  # a chart is not kept while the next one is made
    if names is not None and count != len(names):
        raise errors.DataError.from_lengths([("names", len(names)), ("charts", count)])
