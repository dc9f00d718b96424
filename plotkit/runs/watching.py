"""A run, drawn in the terminal as it goes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from plotkit import errors
from plotkit.runs import terminal
from plotkit.runs.following import Following

if TYPE_CHECKING:
    from rich.console import Console

    from plotkit.runs.record import Record

_LEAST, _MOST = 0.05, 3600.0  # seconds between two looks


def watch(
    record: Record,
    keys: str | Sequence[str] | None = None,
    every: float = 0.5,
    console: Console | None = None,
) -> str:
    """Draw a run's metrics in the terminal until it ends, or until Ctrl-C.

    The picture fills the window and follows its size. Where the output is no terminal, each new
    step is one plain line instead. Needs the extra `watch`.

    Args:
        record: the run.
        keys: names or globs of metrics; default: all that are not axes.
        every: seconds between two looks at the run; it is drawn only where something is new.
        console: a rich console to write to; default: standard output.

    Returns:
        The run's state: "running" after Ctrl-C, else "finished", "failed" or "crashed".

    Raises:
        MissingExtraError: the library that draws in terminals is not installed.
        RunError: a name that the run does not log.
    """
    if not isinstance(every, (int, float)) or not _LEAST <= every <= _MOST:
        expected = f"seconds, from {_LEAST:g} to {_MOST:g}"
        raise errors.OptionError.from_option("every", every, expected)
    from rich.console import Console

    out = console or Console()
    found = Following(record, [keys] if isinstance(keys, str) else keys)
    if out.is_terminal:
        terminal.check()
        _draw(found, every, out)
    else:
        _print(found, every, out)
    return found.state


def _draw(found: Following, every: float, console: Console) -> None:
    """The picture, drawn anew when the run or the window changed; the last one stays."""
    from rich.live import Live

    found.look()
    size = console.size
    live = Live(terminal.screen(found, *size), console=console, screen=True, auto_refresh=False)
    try:
        live.start(refresh=True)
        while found.state == "running":
            time.sleep(every)
            if found.look() or console.size != size:
                size = console.size
                live.update(terminal.screen(found, *size), refresh=True)
    except KeyboardInterrupt:
        pass  # to stop looking is no error; the run goes on
    finally:
        live.stop()
    console.print(terminal.screen(found, console.width, max(console.height - 1, 1)))


def _print(found: Following, every: float, console: Console) -> None:
    """A line for each step, as it is there."""
    told: int | None = None
    try:
        while True:
            found.look()
            for step, values in found.rows_after(told):
                _say(console, terminal.row(step, values))
                told = step
            if found.state != "running":
                _say(console, found.state)
                return
            time.sleep(every)
    except KeyboardInterrupt:
        return


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
