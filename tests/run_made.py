"""Short runs, and what they recorded."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import plotkit as pk


def logged(*rows: dict[str, Any], **options: Any) -> pk.Run:
    """A run of the project "p" that has ended, with a row for each dict."""
    with pk.init(project="p", **options) as run:
        for row in rows:
            run.log(row)
    return run


def first(run: Any) -> dict[str, Any]:
    """What the first row of a run holds."""
    row = next(run.history.rows())
    return {
        name: value
        for name, value in row.items()
        if name not in ("_step", "_runtime", "_timestamp")
    }


def script(text: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run a program of its own."""
    return subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=60, **more
    )
