"""The run that a script is recording: `pk.init`, `pk.log`, `pk.run`, `pk.config`, `pk.finish`."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping
from typing import Any

from plotkit.runs import folders
from plotkit.runs.run import Run

run: Run | None = None


def init(
    project: str | None = None,
    name: str | None = None,
    config: object = None,
    dir: str | os.PathLike[str] | None = None,
    id: str | None = None,
    resume: bool | str | None = None,
) -> Run:
    """Begin a run."""
    global run
    project, id = project or "uncategorized", id or secrets.token_hex(4)
    folder = folders.run(folders.root(dir), project, id)
    meta = {"name": name or id, "created": time.time(), "state": "running", "pid": os.getpid()}
    given = config if isinstance(config, Mapping) else vars(config) if config else {}
    run = Run(folder, meta, given)
    return run


def log(data: Mapping[str, Any], step: int | None = None, commit: bool | None = None) -> None:
    """Record values with a step."""
    (run or init()).log(data, step, commit)


def finish() -> None:
    """End the current run."""
    global run
    if run is not None:
        run.finish()
        run = None
