"""The one thread that puts what a script logs on the disk, so that `log` waits for no disk.

What is logged is queued, and a thread writes the queue at least four times a second, each time in
one transaction: after a kill -9 all rows are there but those of the last fraction of a second.
(A power cut may take some seconds more, as the operating system has not yet written them then;
nothing is torn by it.) When the disk is full or gone, rows wait in memory and the script goes on.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any
from weakref import WeakSet

from plotkit import errors
from plotkit.runs import folders
from plotkit.runs.database import GONE, Database, Row

PAUSE = 0.1  # seconds for which rows are gathered
RETRY = 1.0  # seconds between two attempts on a full disk
MOST_VALUES = 30_000  # values that may wait before `row` waits for the disk
_BATCH = 1_000  # rows of one transaction, where many have waited for room on the disk
_GLANCE = 0.5  # seconds after which whoever waits for the thread looks whether it is there
_PATIENCE = 10.0  # seconds that closing waits for the thread


def say(text: str) -> None:
    """One line for whoever watches the script; never an error, the loop must go on."""
    with suppress(Exception):
        print(f"plotkit: {text}", file=sys.stderr, flush=True)


class Writer:
    """Records into a run's folder, from any thread of one process.

    Args:
        folder: the run's folder; it is made where there is none.
        first: facts by section and name that a run's file which is made now holds from the
            beginning: nobody ever sees it without them.
        tell: gets the two messages there may be: that the disk takes nothing, and that it does
            again. By default they go to the standard error stream.

    Raises `RunError` where the folder holds a run that cannot be written.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> writer = Writer(folder)
    >>> writer.row(0, 1.7e9, {"loss": 0.5})
    >>> writer.set("summary", {"loss": 0.5})
    >>> writer.keep(b"any bytes", ".bin")
    'media/23914a83c3c7080988b4aab957e8c1ab.bin'
    >>> writer.close()
    >>> [row.values for row in Database(folder).rows()]
    [{'loss': 0.5}]
    """

    def __init__(
        self,
        folder: Path,
        tell: Callable[[str], None] = say,
        *,
        first: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.folder = folder
        self.database = Database(folder, create=True, first=first)
        self._path = str(folder / folders.DATABASE)
        self._tell = tell
        # Rows with what they change in the summary, and facts without one. No lock guards them, as
        # a signal handler that logs or ends the run would wait for ever for whoever it interrupts.
        self._queue: deque[tuple[Row | None, str, Mapping[str, Any]]] = deque()
        self._waiting_values = 0  # in the queue, more or less
        self._writing = threading.RLock()
        # Taken from the queue, not yet on the disk.
        self._taken: list[Row] = []
        self._taken_facts: dict[str, dict[str, Any]] = {}  # by section and name
        self._files: dict[str, bytes] = {}
        self._failure: str | None = None
        self._refusal: Callable[[str], errors.RunError] | None = None  # why nothing is taken
        self._ended = False
        # What wakes the thread: None for something that may wait, a lock for a caller who waits
        # until it is released. Putting into such a queue never waits, in a signal handler either.
        self._calls: SimpleQueue[Lock | None] = SimpleQueue()
        self._called = False
        # A daemon: Python waits for other threads before it calls what closes this one.
        self._thread = threading.Thread(target=self._work, name="plotkit-writer", daemon=True)
        self._thread.start()
        _writers.add(self)

    # --- what the recording script calls -------------------------------------------------------

    def row(
        self,
        step: int,
        at: float,
        values: Mapping[str, Any],
        summary: Mapping[str, Any] | None = None,
    ) -> None:
        """Queue one row and what it changes in the summary: both are written, or none.

        `values` and `summary` must not change afterwards. A row of a step that is there already
        joins it, and its values win. Raises `RunError` in a forked child and after `close`.
        """
        if self._refusal is not None:
            raise self._refusal(self._path)
        self._queue.append((Row(step, at, values), "summary", summary or {}))
        self._waiting_values += len(values) + 1
        if not self._called:
            self._called = True
            self._calls.put(None)
        if self._waiting_values > MOST_VALUES:
            self._wait_for_room()

    def set(self, section: str, pairs: Mapping[str, Any]) -> None:
        """Set facts of a section by name; what is set again before it is written replaces it."""
        self._set(section, pairs)

    def forget(self, section: str, names: Iterable[str]) -> None:
        """Take facts away."""
        self._set(section, dict.fromkeys(names, GONE))

    def keep(self, content: bytes, suffix: str) -> str:
        """Put bytes into the run's folder and return their path in it, the same for the same bytes.

        On a full disk they wait in memory, as rows do, and rows named later wait for them.
        """
        if self._refusal is not None:
            raise self._refusal(self._path)
        path = f"{folders.MEDIA}/{hashlib.sha256(content).hexdigest()[:32]}{suffix}"
        try:
            _put(self.folder / path, content)
        except OSError as reason:
            self._files[path] = content
            self._fail(reason)
            self._call()
        return path

    def flush(self) -> None:
        """Write what is queued now; raises `RunError` where that is not possible."""
        if self._refusal is not None:
            raise self._refusal(self._path)
        self._wait()
        self._check()

    def close(self) -> None:
        """Write what is queued and let go of the file; once it has, calling it again does nothing.

        Raises `RunError` where rows cannot be written, with their count: they stay in memory, and
        `close` may be called again when there is room. In a forked child it does nothing.
        """
        if self._refusal is not None:
            return
        self._refusal = errors.RunError.from_closed_writer
        try:
            self._wait()
            self._check()
        except BaseException:
            self._refusal = None
            raise
        self._ended = True
        self._calls.put(None)
        if self._thread is not threading.current_thread():
            self._thread.join(_PATIENCE)
        self.database.close()

    # --- inside --------------------------------------------------------------------------------

    def _set(self, section: str, pairs: Mapping[str, Any]) -> None:
        if self._refusal is not None:
            raise self._refusal(self._path)
        self._queue.append((None, section, dict(pairs)))
        self._call()

    def _wait_for_room(self) -> None:
        """The loop is faster than the disk: it waits, or memory would grow for ever."""
        while self._waiting_values > MOST_VALUES and self._failure is None:
            self._wait()

    def _call(self) -> None:
        """The thread has something to write before long."""
        self._called = True
        self._calls.put(None)

    def _wait(self) -> None:
        """Until all that was queued before is written, or cannot be.

        It is the thread that writes: a signal handler that runs here, and logs or ends the run,
        is in nobody's transaction.
        """
        written = Lock()
        written.acquire()
        self._calls.put(written)
        while not (self._is_alone() or written.acquire(timeout=_GLANCE)):
            pass
        if self._is_alone():
            self._drain()

    def _is_alone(self) -> bool:
        """Whether there is no thread that would write: we are it, or Python has stopped it."""
        thread = self._thread
        return thread is threading.current_thread() or not thread.is_alive() or sys.is_finalizing()

    def _work(self) -> None:
        while not self._ended:
            called = self._next_calls()
            self._called = False  # before the queue is emptied: what comes after calls again
            self._drain()
            for written in called:
                written.release()

    def _next_calls(self) -> list[Lock]:
        """Those who wait; when nobody does, rows are gathered for a moment."""
        first = self._calls.get()
        called = [] if first is None else [first]
        until = time.monotonic() + (PAUSE if self._failure is None else RETRY)
        while not self._ended:
            left = 0.0 if called else max(until - time.monotonic(), 0.0)
            try:
                found = self._calls.get(left > 0, left)
            except Empty:
                break
            if found is not None:
                called.append(found)
        return called

    def _drain(self) -> None:
        """Write what is queued; on failure it is held back, and that is said once."""
        # While Python ends, the thread may have been stopped with the lock in its hand.
        if not self._writing.acquire(timeout=1 if sys.is_finalizing() else -1):
            return
        try:
            self._take()
            try:
                self._write_files()
                self._write_taken()
            except (errors.RunError, sqlite3.Error, OSError) as reason:
                self._fail(reason)
                self._call()
            else:
                self._recover()
        finally:
            self._writing.release()

    def _take(self) -> None:
        self._waiting_values = 0
        for _ in range(len(self._queue)):
            row, section, pairs = self._queue.popleft()
            if row is not None:
                self._taken.append(row)
            if pairs:
                self._taken_facts.setdefault(section, {}).update(pairs)

    def _write_files(self) -> None:
        for path, content in list(self._files.items()):
            _put(self.folder / path, content)
            del self._files[path]

    def _write_taken(self) -> None:
        while self._failure is not None and len(self._taken) > _BATCH:
            self._write_rows(self._taken[:_BATCH])
            del self._taken[:_BATCH]
        if self._taken or self._taken_facts:
            self._write_rows(self._taken, self._taken_facts)
            self._taken = []
            self._taken_facts = {}

    def _write_rows(
        self, rows: list[Row], facts: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        try:
            self.database.write(rows, facts)
        except (errors.RunError, sqlite3.OperationalError, OSError):
            raise
        except Exception:
            # One that no file can hold (a step beyond 64 bits) must not keep back the others.
            self.database.write(facts=facts)
            for row in rows:
                self._write_row(row)

    def _write_row(self, row: Row) -> None:
        try:
            self.database.write([row])
        except (errors.RunError, sqlite3.OperationalError, OSError):
            raise
        except Exception as reason:
            self._tell(f"a row is left out, of step {errors.shown(row.step)}: {reason}.")

    def _fail(self, reason: Exception) -> None:
        before, self._failure = self._failure, _said(reason)
        if before is None:
            self._tell(
                f"nothing can be written to {self._path} now ({self._failure}). What is logged "
                "waits in memory, and is written when there is room."
            )

    def _recover(self) -> None:
        if self._failure is not None and not self._files:
            self._failure = None
            self._tell(f"{self._path} is written again; nothing is missing.")

    def _check(self) -> None:
        if self._failure is not None:
            raise errors.RunError.from_unwritten(
                self._path, len(self._taken), len(self._files), self._failure
            )

    def _forked(self) -> None:
        """In a forked child: there is no thread here, and the connection is the parent's."""
        if self._refusal is None:
            self._refusal = errors.RunError.from_fork


def _said(reason: BaseException) -> str:
    """What the system says, without the sentences that our own errors put around it."""
    if isinstance(reason, errors.RunError) and reason.__cause__ is not None:
        return _said(reason.__cause__)
    return str(getattr(reason, "strerror", None) or reason)


def _put(path: Path, content: bytes) -> None:
    """A media file, whole or not at all; one that is there already has these bytes."""
    with suppress(FileNotFoundError):
        if path.stat().st_size == len(content):  # a power cut may have left less
            return
    aside = path.with_name(f".{os.getpid()}-{time.monotonic_ns()}-{threading.get_ident()}")
    try:
        aside.write_bytes(content)
        aside.replace(path)
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise


_writers: WeakSet[Writer] = WeakSet()


def _after_fork() -> None:
    for writer in list(_writers):
        writer._forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
