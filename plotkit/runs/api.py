"""Runs of the folder, found by path and by what they recorded."""

from __future__ import annotations

import os

from plotkit.runs import folders
from plotkit.runs.record import Record


class Api:
    """The runs that lie in one folder."""

    def __init__(self, dir: str | os.PathLike[str] | None = None) -> None:
        self.root = folders.root(dir)

    def run(self, path: str) -> Record:
        """One run by "project/id"; a first part before these (a user's name) says nothing here."""
        project, id = path.split("/")[-2:]
        return Record(folders.run(self.root, project, id))

    def runs(self, project: str | None = None) -> list[Record]:
        """All runs of a project, or of all projects."""
        found = sorted(self.root.glob(f"{project or '*'}/*/{folders.DATABASE}"))
        return [Record(path.parent) for path in found]
