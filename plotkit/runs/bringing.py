"""Bringing in what other tools recorded, as runs: TensorBoard's event files, and CSV.

    bring_tensorboard(path, project=None, dir=None) -> list[Record]
    bring_csv(path, project=None, dir=None, *, step=None, delimiter=None) -> list[Record]

Bringing the same files in twice gives the same runs once: the id of a run comes from its content,
and what has grown since is added. What was not read is said on the standard error stream, and
stands in the run's notes.
"""

from __future__ import annotations

import os
from pathlib import Path

from plotkit import errors, filenames
from plotkit.runs import csv_files, event_files, folders
from plotkit.runs.brought import Told, bring
from plotkit.runs.record import Record

_TABLES = (".csv", ".tsv")


def bring_tensorboard(
    path: str | os.PathLike[str],
    project: str | None = None,
    dir: str | os.PathLike[str] | None = None,
) -> list[Record]:
    """The runs of a TensorBoard log folder, with the times and steps that they were written with.

    Scalars, histograms, images, audio and text are read, and hyperparameters become the config.
    Needs the extra `tensorboard`, but not TensorFlow.

    Args:
        path: a log folder, in which each folder with event files is a run; or one event file.
        project: what the runs belong to; default the folder's name.
        dir: the folder of all projects; default `PLOTKIT_DIR`, else `plotkit-runs` here.

    Raises:
        RunError: there are no event files.
        MissingExtraError: TensorBoard's reader is not installed.
    """
    place = Path(path).expanduser().absolute()
    found = event_files.sources(place)
    name = _project(project, place if place.is_dir() else place.parent)
    root = folders.root(dir)
    made = []
    for source in found:
        told = Told()
        made.append(bring(root, name, source, event_files.rows(source, told), told))
    return made


def bring_csv(
    path: str | os.PathLike[str],
    project: str | None = None,
    dir: str | os.PathLike[str] | None = None,
    *,
    step: str | None = None,
    delimiter: str | None = None,
) -> list[Record]:
    """The run of a CSV file, or those of a folder of them.

    Cells are numbers, bools or texts; empty ones were not logged. Columns `_timestamp` and
    `_runtime`, and TensorBoard's `Wall time`, give the rows their times.

    Args:
        path: a file with a header, or a folder with such files (.csv, .tsv).
        project: what the runs belong to; default the folder's name.
        dir: the folder of all projects; default `PLOTKIT_DIR`, else `plotkit-runs` here.
        step: the column that is the step: whole numbers. Default the first of `_step`,
            `global_step`, `step`, `iteration`, `epoch` and the like that rises; else rows are
            numbered from 0.
        delimiter: what separates cells; default as the header has it.

    Raises:
        RunError: no such file, an empty one, or a step column that does not fit.
    """
    place = Path(path).expanduser().absolute()
    files = [place]
    if place.is_dir():
        files = sorted(file for file in place.iterdir() if file.suffix.lower() in _TABLES)
        if not files:
            what = "no files that end in .csv or .tsv lie here"
            raise errors.RunError.from_nothing_to_import(str(place), what)
    name = _project(project, place if place.is_dir() else place.parent)
    root = folders.root(dir)
    made = []
    for file in files:
        told = Told()
        source = csv_files.source(file)
        found = csv_files.layout(file, step, delimiter, told)
        made.append(bring(root, name, source, csv_files.rows(file, found, told), told))
    return made


def _project(given: str | None, folder: Path) -> str:
    return folders.checked("project", given or filenames.safe(folder.name, "imported"))
