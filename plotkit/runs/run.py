"""A run that is being recorded."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from plotkit.runs import folders, values
from plotkit.runs.database import Database, Row
from plotkit.runs.record import Record


class Run(Record):
    """One training run, or whatever else is measured step by step."""

    def __init__(self, folder: Path, meta: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        super().__init__(folder, Database(folder, create=True))
        self.database.write(facts={"meta": meta, "config": config})
        self._step = -1 if (last := self.database.last_step()) is None else last
        self._row: dict[str, Any] = {}

    def log(
        self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None
    ) -> None:
        """Record values with a step."""
        given = {
            name: values.stored(value, self._keep) for name, value in values.dotted(data).items()
        }
        if step is not None and self._row and step != self._step + 1:
            self._write()
        if step is not None:
            self._step = step - 1
        self._row.update(given)
        if commit or (commit is None and step is None):
            self._write()

    def _write(self) -> None:
        if self._row:
            self._step += 1
            row = Row(self._step, time.time(), self._row)
            self.database.write([row], {"summary": self._row})
            self._row = {}

    def _keep(self, content: bytes, suffix: str) -> str:
        path = f"{folders.MEDIA}/{hashlib.sha256(content).hexdigest()[:32]}{suffix}"
        (self.folder / path).write_bytes(content)
        return path

    def finish(self, state: str = "finished") -> None:
        """Write what is pending, and end the run."""
        self._write()
        self.database.write(facts={"meta": {"state": state, "ended": time.time()}})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.finish("failed" if kind is not None else "finished")
