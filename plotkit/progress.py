"""Long work on a terminal: a progress bar that comes late and leaves no trace, and Ctrl-C.

Nothing is ever shown where standard error is no terminal, in a pipe, a notebook, a test or CI.
What the bar says is asked for by a thread of its own, so the work itself is never slower.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from plotkit import settings

T = TypeVar("T")

_PATIENCE = 0.7  # seconds before there is a bar
_EVERY = 0.1  # seconds between two looks
_AGAIN = 0.3  # seconds after which Ctrl-C is told again to who did not hear it
_LONGEST = 30  # columns that the bar itself takes
_TIME = len("0:00:00") + 3  # columns of the time, and of the gaps
_GLANCE = 0.5  # seconds after which a wait looks up: Windows tells of Ctrl-C only then

Fraction = Callable[[], float | None]


class Work:
    """One stretch of work, as the bar shows it; the attributes may be set while it runs.

    Attributes:
        label: what is going on.
        done: how much of `total` is done.
        total: how much there is, None where nobody knows.
        fraction: asked for the share that is done (0 to 1, None where it is not known), in a
            thread of its own; wins over `done`.
    """

    def __init__(self, label: str, total: int | None = None) -> None:
        self.label = label
        self.total = total
        self.done = 0
        self.fraction: Fraction | None = None
        self._highest = 0.0

    def advance(self) -> None:
        """One more is done."""
        self.done += 1

    def risen(self, share: float) -> bool:
        """Whether a share is none that fell: a second query of the same work starts anew."""
        self._highest = max(self._highest, share)
        return share == self._highest


_lock = threading.Lock()
_stack: list[Work] = []  # what runs, the innermost last; one bar shows it
# Thread -> the connection that reads a file for it, which lives as long as the file's table.
_sources: dict[int, weakref.ref[Any]] = {}


def wanted() -> bool:
    """Whether there is a terminal to show a bar on, and nothing that forbids it."""
    stream = sys.stderr
    if not settings.progress or stream is None or "PYTEST_CURRENT_TEST" in os.environ:
        return False
    if os.environ.get("TERM") in ("dumb", "unknown") or os.environ.get("CI"):
        return False
    try:
        return stream.isatty()
    except ValueError:  # it was closed
        return False


@contextmanager
def shown(
    label: str, *, total: int | None = None, show: bool | None = None, at_once: bool = False
) -> Iterator[Work]:
    """Show a bar while the work of the block goes on, where it takes long and there is a terminal.

    Args:
        label: what the bar says.
        total: how much there is to do, for `Work.advance`.
        show: True or False for a bar or none; default: as `wanted` says.
        at_once: do not wait for the work to take long.

    >>> with shown("reading") as work:
    ...     work.advance()
    """
    work = Work(label, total)
    if not (wanted() if show is None else show):
        yield work
        return
    with _lock:
        _stack.append(work)
        first = len(_stack) == 1
    if not first:  # the bar that there is shows it
        try:
            yield work
        finally:
            with _lock:
                _stack.remove(work)
        return
    over = threading.Event()
    patience = 0.0 if at_once else _PATIENCE
    painter = threading.Thread(
        target=_paint, args=(over, patience), name="plotkit progress", daemon=True
    )
    painter.start()
    try:
        yield work
    finally:
        over.set()
        painter.join()  # the line is gone before anything else is written
        with _lock:
            _stack.remove(work)


def _paint(over: threading.Event, patience: float) -> None:
    """The bar's own thread."""
    if over.wait(patience):
        return
    with suppress(Exception):  # a bar that cannot be drawn must not end the work
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        with _lock:
            counted = bool(_stack) and _stack[0].total is not None
        console = Console(stderr=True)
        long = min(console.width // 5, _LONGEST)
        room = console.width - long - _TIME  # for the label and the share
        bar = Progress(
            # A label may look like rich's markup.
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=long),
            TextColumn("{task.fields[share]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            auto_refresh=False,
            # What the caller prints between two charts stands above the bar, if on this terminal.
            redirect_stdout=counted and sys.stdout is not None and sys.stdout.isatty(),
            redirect_stderr=counted,
        )
        with bar:
            line = bar.add_task(**_task(room))
            going = True
            while going:
                going = not over.wait(_EVERY)
                bar.update(line, **_task(room))
                bar.refresh()


def _task(room: int) -> dict[str, Any]:
    """What the bar says now, in so many columns: where they are few, the label gives way."""
    from rich.text import Text

    label, share, said = _state()
    text = Text(label)
    text.truncate(max(room - len(said), 1), overflow="ellipsis")
    total = None if share is None else 1.0
    return {"description": text.plain, "total": total, "completed": share or 0.0, "share": said}


def _state() -> tuple[str, float | None, str]:
    """What the bar says now: the label, the share that is done, and that in words."""
    with _lock:
        if not _stack:
            return "", None, ""
        outer, inner = _stack[0], _stack[-1]
    # A batch counts its charts, whatever each of them is busy with.
    shown = outer if outer.total is not None else inner
    if shown.total:
        return shown.label, shown.done / shown.total, f"{shown.done:,}/{shown.total:,}"
    share = shown.fraction() if shown.fraction is not None else _share_of_query()
    if share is None or not 0 <= share <= 1 or not shown.risen(share):
        return shown.label, None, ""
    return shown.label, share, f"{share:.0%}"


# --- DuckDB's own progress -----------------------------------------------------------------------


def follow(connection: Any) -> None:
    """A DuckDB connection that reads a file for this thread: it can say how far it is."""
    with suppress(Exception):  # a version that does not know these words works without
        connection.execute("SET enable_progress_bar = true")
        connection.execute("SET enable_progress_bar_print = false")
        _sources[threading.get_ident()] = weakref.ref(connection)


def _connections(threads: Collection[int]) -> list[Any]:
    """Those that are still there, the newest first."""
    found = [source() for thread, source in reversed(_sources.copy().items()) if thread in threads]
    return [connection for connection in found if connection is not None]


def _share_of_query() -> float | None:
    """How far the newest query is; it may be asked for while the query runs."""
    for connection in _connections(_sources.copy()):
        percent = float(connection.query_progress())
        if percent >= 0:
            return percent / 100
    return None


# --- Ctrl-C --------------------------------------------------------------------------------------


@contextmanager
def listening() -> Iterator[None]:
    """Ctrl-C ends the block, whatever foreign code in it makes of KeyboardInterrupt.

    DuckDB says it in words of its own, and loses it where it is importing a module: it is then
    told again until the block is left. Nothing is done for a program with a handler of its own.
    """
    mine = threading.current_thread() is threading.main_thread()
    if not mine or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    came, left = threading.Event(), threading.Event()
    telling: list[threading.Thread] = []

    def tell_again() -> None:
        main = threading.main_thread().ident
        while not left.wait(_AGAIN):
            if hasattr(signal, "pthread_kill") and main is not None:
                signal.pthread_kill(main, signal.SIGINT)  # it also wakes the thread
            else:
                signal.raise_signal(signal.SIGINT)

    def handler(number: int, frame: object) -> None:
        if left.is_set():
            return
        if not came.is_set():
            came.set()
            telling.append(threading.Thread(target=tell_again, daemon=True))
            telling[0].start()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, handler)
    try:
        yield
    except BaseException:
        if not came.is_set():
            raise
    finally:
        left.set()
        for thread in telling:
            thread.join()
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if came.is_set():
        raise KeyboardInterrupt from None  # whatever it became on the way is no news


def stop(threads: Collection[int]) -> None:
    """End the queries that these threads wait for."""
    for connection in _connections(threads):
        with suppress(Exception):
            connection.interrupt()


def interruptible(work: Callable[[], T]) -> T:
    """The result of work that does not listen to Ctrl-C; when it comes, the work is left alone.

    It runs in a thread, and goes on there until it is done, with nobody to take its result.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    thread, found, failed = aside(work, "plotkit work")
    while thread.is_alive():
        thread.join(_GLANCE)
    if failed:
        raise failed[0]
    return found[0]


def aside(
    work: Callable[[], T], name: str
) -> tuple[threading.Thread, list[T], list[BaseException]]:
    """Work begun in a thread that may be left behind; where its result, or failure, will be."""
    found: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as reason:
            failed.append(reason)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread, found, failed
