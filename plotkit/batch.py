"""Many pictures at once: tasks in threads, as many as there are engines to draw for them.

The engines are processes of their own and Python's lock is free while they draw, so threads keep
all cores busy, and the caller's data need not be sent to other Python processes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from plotkit import errors, settings
from plotkit import progress as bars
from plotkit.errors import PlotkitError
from plotkit.render import worker

if TYPE_CHECKING:
    from plotkit.render.worker import Pool

T = TypeVar("T")

_AHEAD = 2  # tasks that wait, for each thread, so that none waits for the caller
_GLANCE = 1.0  # seconds after which a wait looks up: Windows tells of Ctrl-C only then
_PATIENCE = 5.0  # seconds for a stopped task that is busy with something else than drawing
_MOST = 256

_Results = Generator[tuple[int, "T | PlotkitError"], None, None]
_inside = threading.local()  # whether a thread draws for a batch


class _Done(NamedTuple):
    """What became of a task, or what ended the thread that ran it."""

    number: int
    result: object
    failure: BaseException | None


def each(
    tasks: Iterable[Callable[[], T]],
    *,
    workers: int | None = None,
    total: int | None = None,
    label: str = "",
    progress: bool | None = None,
) -> Iterator[tuple[int, T | PlotkitError]]:
    """Run tasks that draw, on all cores, and yield what they return as soon as it is there.

    Args:
        tasks: functions without arguments; taken from an iterator only as they are needed, so
            that 5,000 charts need not be held at once. They run in threads.
        workers: tasks that run at the same time; default `plotkit.settings.workers`. With 1 they
            run in this thread, one after the other, and so do the tasks of a batch in a batch.
        total: how many tasks there are, where `tasks` has no length.
        label: what the progress bar says.
        progress: True or False for a progress bar or none; default: where standard error is a
            terminal, once it takes long.

    Yields:
        The number of a task, from 0, and what it returned or the `PlotkitError` that it raised.
        Any other exception ends the batch and is raised here.

    Whatever ends the batch early, Ctrl-C too, ends the engines that draw for it and with them its
    threads. A task that writes files whole or not at all leaves no half file.

    >>> sorted(each([lambda: "a", lambda: "b"]))
    [(0, 'a'), (1, 'b')]
    """
    if workers is None:
        workers = settings.workers
    elif isinstance(workers, bool) or not isinstance(workers, int) or not 0 < workers <= _MOST:
        expected = f"a whole number from 1 to {_MOST}"
        raise errors.OptionError.from_option("workers", workers, expected)
    if isinstance(tasks, Sized):
        total = len(tasks)
    if total is not None:
        workers = min(workers, total)
    if workers <= 1 or settings.in_process or getattr(_inside, "batch", False):
        found = _in_turn(tasks)
    else:
        found = _at_once(tasks, workers)
    if (progress is None and not bars.wanted()) or progress is False:
        return found
    return _shown(found, total, label, at_once=progress is True)


def _in_turn(tasks: Iterable[Callable[[], T]]) -> _Results[T]:
    for number, task in enumerate(tasks):
        try:
            result: T | PlotkitError = task()
        except PlotkitError as error:
            result = error
        yield number, result


def _at_once(tasks: Iterable[Callable[[], T]], workers: int) -> _Results[T]:
    """The same in threads. The caller's thread hands out the tasks, so it alone reads `tasks`."""
    asked: SimpleQueue[tuple[int, Callable[[], T]] | None] = SimpleQueue()
    done: SimpleQueue[_Done] = SimpleQueue()
    pool = worker.default_pool()
    pool.widen(workers)
    threads: list[threading.Thread] = []
    source = enumerate(tasks)
    open_tasks = 0
    try:
        for _ in range(workers):
            # A daemon, as it would outlive a program that ends without closing this iterator.
            thread = threading.Thread(
                target=_work, args=(pool, asked, done), name="plotkit batch", daemon=True
            )
            thread.start()
            threads.append(thread)
        more = True
        while more or open_tasks:
            while more and open_tasks < workers * _AHEAD:
                task = next(source, None)
                if task is None:
                    more = False
                else:
                    open_tasks += 1
                    asked.put(task)
            if not open_tasks:
                break
            found = _next(done)
            open_tasks -= 1
            if found.failure is None:
                yield found.number, cast(T, found.result)
            elif isinstance(found.failure, PlotkitError):
                yield found.number, found.failure
            else:
                raise found.failure
    finally:
        try:
            _end(pool, threads, asked, busy=open_tasks > 0)
        finally:
            pool.narrow(workers)


def _next(done: SimpleQueue[_Done]) -> _Done:
    while True:
        try:
            return done.get(timeout=_GLANCE)
        except Empty:
            continue


def _work(
    pool: Pool, asked: SimpleQueue[tuple[int, Callable[[], T]] | None], done: SimpleQueue[_Done]
) -> None:
    _inside.batch = True
    try:
        while (task := asked.get()) is not None:
            number, run = task
            try:
                done.put(_Done(number, run(), None))
            except worker.StoppedError:
                return
            except BaseException as failure:
                done.put(_Done(number, None, failure))
            del task, run  # a chart is not kept while the next one is waited for
    finally:
        # The system may give our number to another thread.
        pool.forget_threads([threading.get_ident()])


def _end(
    pool: Pool,
    threads: list[threading.Thread],
    asked: SimpleQueue[tuple[int, Callable[[], T]] | None],
    *,
    busy: bool,
) -> None:
    """Have the threads end, in the midst of their tasks if there still are any."""
    while True:
        try:
            asked.get(block=False)
        except Empty:
            break
    if busy:
        known = [thread.ident for thread in threads if thread.ident is not None]
        pool.stop_threads(known)
        bars.stop(known)  # those that read
    for _ in threads:
        asked.put(None)
    until = time.monotonic() + _PATIENCE
    for thread in threads:
        thread.join(max(until - time.monotonic(), 0) if busy else None)


def _shown(found: _Results[T], total: int | None, label: str, *, at_once: bool) -> _Results[T]:
    """The same with a progress bar on standard error."""
    with closing(found), bars.shown(label, total=total, show=True, at_once=at_once) as work:
        for one in found:
            work.advance()
            yield one
