"""The engine's worker processes, seen from plotkit's side.

Every picture is drawn in a process of ours that runs `engine.py`: the engine can abort, hang,
leak state from one chart into the next, and holds Python's lock while it draws. A worker is
started early or on first use, reused, and replaced after any error. `Pool` hands one worker to
each caller at a time, so threads draw side by side; the functions of this module use one pool
for the whole program.

Plain file descriptors and `posix_spawn` are used instead of `subprocess`: importing that costs
9 ms, and everything before the start of the worker delays the first picture.
"""

# ruff: noqa: SIM105 - contextlib would be one more import before the worker starts

from __future__ import annotations

import os
import sys
import time
from _thread import RLock, allocate_lock, get_ident

from plotkit import settings

TYPE_CHECKING = False  # type checkers know the name; importing typing would cost 8 ms
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

_GRACE = 5.0  # seconds that the worker's own clock runs longer than ours
_STDERR_KEPT = 16_384  # bytes of the engine's words that are kept for an error
_MEMORY_WORDS = (
    "out of memory",
    "memory allocation of",
    "(result.ptr) != nullptr",
    "Cannot allocate memory",
    "MemoryError",
)
_STAGES = {
    "vegalite_to_svg": "drawing the SVG",
    "vega_to_svg": "drawing the SVG",
    "vegalite_to_vega": "compiling the Vega-Lite spec",
    "svg_to_png": "making the PNG",
    "svg_to_pdf": "making the PDF",
    "javascript_bundle": "bundling the JavaScript",
    "versions": "asking the engine for its version",
}


# --- the process -----------------------------------------------------------------------------


def engine_folder() -> str:
    """The folder that holds vl_convert, found without importing it; "" if there is none."""
    loaded = sys.modules.get("vl_convert")
    if loaded is not None and loaded.__file__:
        return os.path.dirname(os.path.dirname(os.path.abspath(loaded.__file__)))
    for entry in sys.path:
        if os.path.isfile(os.path.join(entry, "vl_convert", "__init__.py")):
            return os.path.abspath(entry)
    import importlib.util  # an unusual installation: ask the import system, which is slower

    spec = importlib.util.find_spec("vl_convert")
    if spec is None or not spec.origin:
        return ""
    return os.path.dirname(os.path.dirname(os.path.abspath(spec.origin)))


def engine_version() -> str:
    """vl-convert's version without starting or importing it, such as "1.9.0.post1"."""
    folder = engine_folder()
    for name in os.listdir(folder) if folder else ():
        if name.startswith("vl_convert_python-") and name.endswith(".dist-info"):
            return name[len("vl_convert_python-") : -len(".dist-info")]
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("vl-convert-python")
    except PackageNotFoundError:
        return ""


def _font_folders() -> list[str]:
    own = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "fonts")
    return [folder for folder in (own, *settings.font_folders) if os.path.isdir(folder)]


def _environment() -> dict[str, str]:
    """Ours, without what would change a picture or the engine's words, or reach the network."""
    kept = {}
    for name, value in os.environ.items():
        upper = name.upper()
        if not upper.endswith("_PROXY") and not upper.startswith(("RUST", "V8_", "DENO_")):
            kept[name] = value
    kept["TZ"] = "UTC"
    return kept


def _command() -> list[str]:
    """The worker's command line. It also tells whether a running worker is still the right one."""
    python = settings.python or ("" if getattr(sys, "frozen", False) else sys.executable or "")
    if not python:
        raise _CannotStartError(
            "the path of the Python interpreter is not known (sys.executable). Name one: "
            "plotkit.settings.python = ..., or PLOTKIT_PYTHON; or draw inside this process: "
            "PLOTKIT_IN_PROCESS=1"
        )
    folder = engine_folder()
    if not folder:
        raise _CannotStartError("vl_convert is not installed here: pip install vl-convert-python")
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "engine.py")
    # -I and -S: no user folders, no PYTHON* variables, no start-up files; it starts in 10 ms.
    return [
        *(python, "-I", "-S", script, folder),
        *(str(settings.memory_mb), str(settings.idle_seconds)),
        *_font_folders(),
    ]


class _CannotStartError(Exception):
    """The worker cannot be started; the message says why."""


class _GoneError(Exception):
    """The worker ended. `early`: before it had read the whole request."""

    def __init__(self, early: bool, words: bytes) -> None:
        super().__init__()
        self.early = early
        self.words = words


class _LateError(Exception):
    """The time is up."""


class _TooBigError(Exception):
    """The reply is longer than allowed."""


class _FailedError(Exception):
    """The engine answered with an error."""


class StoppedError(BaseException):
    """The thread that draws was told to stop (`Pool.stop_threads`).

    No `Exception`, like KeyboardInterrupt, so that nothing on the way takes it for a failed chart.
    """


class _Process:
    """A child process with pipes for requests, replies and errors, and a lifeline."""

    __slots__ = ("_pid", "errors", "lifeline", "replies", "requests")

    def __init__(self, command: list[str]) -> None:
        import fcntl

        opened: list[int] = []

        def pipe() -> tuple[int, int]:
            # Never one of 0 to 3: a program may run with its standard streams closed.
            ends = os.pipe()
            high = []
            for end in ends:
                high.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 4))
                os.close(end)
            opened.extend(high)
            return high[0], high[1]

        try:
            child_requests, self.requests = pipe()
            self.replies, child_replies = pipe()
            self.errors, child_errors = pipe()
            child_lifeline, self.lifeline = pipe()
            if hasattr(fcntl, "F_SETPIPE_SZ"):  # fewer wake-ups for a picture of 500 kB
                try:
                    fcntl.fcntl(self.replies, fcntl.F_SETPIPE_SZ, 1 << 20)
                    fcntl.fcntl(self.requests, fcntl.F_SETPIPE_SZ, 1 << 20)
                except OSError:
                    pass  # the user's share of pipe memory is spent: slower, no harm
            child = (child_requests, child_replies, child_errors, child_lifeline)
            self._pid = os.posix_spawn(
                command[0],
                command,
                _environment(),
                file_actions=[(os.POSIX_SPAWN_DUP2, end, to) for to, end in enumerate(child)],
                # A group of its own: Ctrl-C in a terminal is for the program, not for us.
                setpgroup=0,
                setsigmask=[],
                setsigdef=[1, 2, 3, 6, 13, 14, 15],  # numbers that POSIX fixes: HUP to TERM
            )
        except BaseException:
            for end in opened:
                os.close(end)
            raise
        for end in child:
            os.close(end)
        os.set_blocking(self.requests, False)
        os.set_blocking(self.errors, False)

    def close(self) -> None:
        """Give up our ends of the pipes; the process sees that and ends."""
        for end in (self.requests, self.replies, self.errors, self.lifeline):
            os.close(end)

    def kill(self) -> None:
        try:
            os.kill(self._pid, 9)
        except ProcessLookupError:
            pass

    def wait(self) -> int | None:
        """The exit code once it has ended, negative for a signal; None if someone else took it."""
        try:
            return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        except ChildProcessError:
            return None

    def write(self, data: memoryview) -> int:
        """Write some of `data` without waiting; -1 if the other side has gone."""
        try:
            return os.write(self.requests, data[: 1 << 20])
        except BlockingIOError:
            return 0
        except OSError:
            return -1

    def exchange(
        self,
        request: bytes,
        skipped: int,
        seconds: float,
        max_bytes: int,
        meanwhile: Callable[[], None] | None = None,
    ) -> tuple[bytes, bytes]:
        """Send `request`, leave out `skipped` earlier replies, and return kind and body of its own.

        Raises `_GoneError`, `_LateError` or `_TooBigError`.
        """
        import select

        deadline = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self.replies, select.POLLIN)
        poll.register(self.errors, select.POLLIN)
        poll.register(self.requests, select.POLLOUT)
        rest = memoryview(request)
        inbox, words = bytearray(), bytearray()
        arrived = False
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise _LateError
            for end, event in poll.poll(left * 1000 + 1):
                if end == self.requests:
                    # Not even tried when nobody reads: SIGPIPE may end the program.
                    gone = event & (select.POLLERR | select.POLLHUP)
                    count = -1 if gone else self.write(rest)
                    rest = rest[max(count, 0) :]
                    if count < 0 or not rest:
                        poll.unregister(end)
                        if meanwhile is not None:
                            meanwhile()
                elif end == self.errors:
                    if not self._listen(words):
                        poll.unregister(end)
                elif part := os.read(end, 1 << 20):
                    inbox += part
                else:
                    self._listen(words)
                    raise _GoneError(not arrived, bytes(words))
            while len(inbox) >= 9:
                size = int.from_bytes(inbox[1:9], "little")
                kind = bytes(inbox[:1])
                if size > max_bytes and kind == b"R" and not skipped:
                    raise _TooBigError
                if len(inbox) < 9 + size:
                    break
                body = bytes(memoryview(inbox)[9 : 9 + size])
                del inbox[: 9 + size]
                if kind == b"A":
                    arrived = not skipped
                elif skipped:
                    skipped -= 1
                else:
                    return kind, body

    def _listen(self, words: bytearray) -> bool:
        """Add what the engine wrote to its error stream to `words`; False when it was closed."""
        while True:
            try:
                part = os.read(self.errors, 65_536)
            except BlockingIOError:
                return True
            if not part:
                return False
            words += part[: _STDERR_KEPT - len(words)]


class _WindowsProcess:
    """The same for Windows, where pipes cannot be waited for: the worker itself keeps the time."""

    __slots__ = ("_popen", "_words")

    def __init__(self, command: list[str]) -> None:
        import subprocess
        import tempfile

        self._words = tempfile.TemporaryFile()  # noqa: SIM115
        self._popen = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            env=_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    def close(self) -> None:
        for stream in (self._popen.stdin, self._popen.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    pass
        self._words.close()

    def kill(self) -> None:
        self._popen.kill()

    def wait(self) -> int | None:
        return self._popen.wait()

    def write(self, data: memoryview) -> int:
        stdin = self._popen.stdin
        if stdin is None:
            return -1
        try:
            count = stdin.write(data)
            stdin.flush()
        except OSError:
            return -1
        return count

    def exchange(
        self,
        request: bytes,
        skipped: int,
        seconds: float,
        max_bytes: int,
        meanwhile: Callable[[], None] | None = None,
    ) -> tuple[bytes, bytes]:
        stdout = self._popen.stdout
        if stdout is None:
            raise _GoneError(True, b"")
        start = time.monotonic()
        self.write(memoryview(request))
        if meanwhile is not None:
            meanwhile()
        arrived = False
        while True:
            header = stdout.read(9)
            if len(header) < 9:
                if time.monotonic() - start >= seconds:
                    raise _LateError
                self._words.seek(0)
                raise _GoneError(not arrived, self._words.read(_STDERR_KEPT))
            kind, size = header[:1], int.from_bytes(header[1:], "little")
            if size > max_bytes and kind == b"R" and not skipped:
                raise _TooBigError
            body = stdout.read(size)
            if kind == b"A":
                arrived = not skipped
            elif skipped:
                skipped -= 1
            else:
                return kind, body


# --- one worker ------------------------------------------------------------------------------

_workers: set[Worker] = set()  # all that run, to let go of them in a fork
_starting = RLock()  # nobody forks while pipes are open that are not in `_workers` yet


class Worker:
    """One engine process, for one caller at a time."""

    __slots__ = ("_charts", "_command", "_interrupted", "_owner", "_process", "_unread")

    def __init__(self) -> None:
        self._process: _Process | _WindowsProcess | None = None
        self._command: list[str] = []
        self._charts = 0
        self._unread = 0  # replies of requests that nobody waited for
        self._interrupted = False
        self._owner = 0

    def start(self) -> bool:
        """Start the process if there is none, or not the right one; True if one was started."""
        command = _command()
        if self._process is not None:
            if (
                self._owner == os.getpid()
                and command == self._command
                and self._charts < settings.worker_charts
            ):
                return False
            self.stop()
        try:
            kind = _Process if os.name == "posix" else _WindowsProcess
            with _starting:
                self._process = kind(command)
                _workers.add(self)
        except OSError as error:
            raise _CannotStartError(
                f"cannot start {command[0]}: {error}. Where other processes are forbidden, draw "
                "inside this one: PLOTKIT_IN_PROCESS=1"
            ) from error
        self._command, self._owner = command, os.getpid()
        self._charts = self._unread = 0
        return True

    def stop(self) -> int | None:
        """End the process; its exit code, None if it is not known."""
        process, self._process = self._process, None
        _workers.discard(self)
        if process is None:
            return None
        process.close()
        if self._owner != os.getpid():
            return None  # a fork: it is the parent's
        process.kill()
        return process.wait()

    def interrupt(self) -> None:
        """End the request that another thread waits for: it gets a `StoppedError`."""
        self._interrupted = True  # first, for a process that is only just being started
        process = self._process
        if process is not None and self._owner == os.getpid():
            process.kill()

    def resume(self) -> None:
        """The worker may be used again after an interruption."""
        self._interrupted = False

    def send(self, operation: str) -> None:
        """Start the process if need be and have it do `operation`; wait for nothing."""
        self.start()
        # A short request always fits into an empty pipe.
        if self._process is not None and not self._unread and not self._charts:
            request = memoryview(_request(operation, (), "", settings.timeout))
            if self._process.write(request) == len(request):
                self._unread += 1

    def request(
        self,
        operation: str,
        arguments: tuple[str, ...],
        text: str,
        *,
        preset: str,
        max_bytes: int = 1 << 30,
        meanwhile: Callable[[], None] | None = None,
    ) -> bytes:
        """Have the engine do `operation` and return what it made; errors are plotkit's own.

        `meanwhile` is called once when the request has been sent, as there is time then.
        """
        from plotkit import errors  # not needed to start the process, which comes first

        seconds = settings.timeout
        stage = _STAGES.get(operation, operation)
        try:
            while True:
                fresh = self.start()
                if self._interrupted or self._process is None:
                    raise StoppedError
                self._charts += 1
                skipped, self._unread = self._unread, 0
                request = _request(operation, arguments, text, seconds)
                try:
                    kind, body = self._process.exchange(
                        request, skipped, seconds, max_bytes, meanwhile
                    )
                except _GoneError as gone:
                    code = self._end_code()
                    if self._interrupted:
                        raise StoppedError from None
                    if gone.early and not fresh:
                        continue  # it had ended while it was idle: nothing was lost
                    raise _crash(preset, code, gone) from None
                if kind == b"R":
                    return body
                raise _FailedError(first_words(body))
        except errors.PlotkitError:
            raise
        except _CannotStartError as error:
            raise errors.RenderError.from_stage("starting the engine", preset, f"{error}") from None
        except _LateError:
            self.stop()
            raise errors.RenderTimeoutError.from_limit(preset, seconds) from None
        except _TooBigError:
            self.stop()
            detail = f"the result is larger than the limit of {max_bytes} bytes"
            raise errors.RenderError.from_stage(stage, preset, detail) from None
        except _FailedError as error:
            # What one chart did to the engine must not reach the next one.
            self.stop()
            if any(word in f"{error}" for word in _MEMORY_WORDS):
                raise errors.RenderMemoryError.from_limit(preset, settings.memory_mb) from None
            raise errors.RenderError.from_stage(stage, preset, f"{error}") from None
        except BaseException:  # such as KeyboardInterrupt: the reply is still on its way
            self.stop()
            raise

    def _end_code(self) -> int | None:
        """Exit code of a process that has closed its side by itself."""
        process, self._process = self._process, None
        _workers.discard(self)
        if process is None:
            return None
        process.close()
        return process.wait()


def _crash(preset: str, code: int | None, gone: _GoneError) -> Exception:
    """The error for a worker that ended by itself with `code`."""
    from plotkit.errors import EngineCrashError, RenderError, RenderMemoryError

    words = gone.words.decode(errors="replace")
    if any(word in words for word in _MEMORY_WORDS):
        return RenderMemoryError.from_limit(preset, settings.memory_mb)
    if gone.early and code is not None and code > 0:
        detail = first_words(gone.words, last=True)
        return RenderError.from_stage("starting the engine", preset, detail)
    detail = first_words(gone.words)
    if code == -9:
        detail = "it was killed from outside; the system may be short of memory"
    return EngineCrashError.from_exit(preset, 0 if code is None else code, detail)


def _request(operation: str, arguments: tuple[str, ...], text: str, seconds: float) -> bytes:
    # On POSIX we keep the time, and the worker's own clock is only for when we cannot.
    limit = seconds + _GRACE if os.name == "posix" else seconds
    head = "\t".join((str(limit), operation, *arguments)).encode()
    body = _utf8(text)
    sizes = len(head).to_bytes(4, "little") + len(body).to_bytes(8, "little")
    return b"".join((sizes, head, body))


def _utf8(text: str) -> bytes:
    # A lone surrogate has no UTF-8; it becomes the replacement character.
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def first_words(words: bytes, last: bool = False) -> str:
    """The first line (or the last) of the engine's words that says something, at most 300 long."""
    found = ""
    for line in words.decode(errors="replace").splitlines():
        line = line.strip().strip("#").strip()
        if (
            not line
            or line.endswith(("failed:", "====", "stack backtrace:"))
            or line.startswith(("<---", "====", "[", "at ", "note: ", "Fatal error in ,"))
            or ("thread '" in line and "panicked at" in line)
        ):
            continue
        found = line
        if not last:
            break
    return found[:300] or "the engine said nothing"


# --- several workers -------------------------------------------------------------------------


def _import_ahead() -> None:
    """What the picture will go through next, loaded while the engine is at work."""
    import xml.parsers.expat  # noqa: F401

    import plotkit.render.png
    import plotkit.render.svg  # noqa: F401


class Pool:
    """At most `size` workers (default: `settings.workers`), one for each caller at a time.

    The worker that was used last is used next, so a program that draws one chart at a time
    never starts a second one.
    """

    def __init__(self, size: int | None = None) -> None:
        self._size = size
        self._reset()

    def _reset(self) -> None:
        # The C half of `queue`, which would import threading: a waiting line for permits.
        from _queue import SimpleQueue

        self._lock = allocate_lock()
        self._idle: list[Worker] = []
        self._busy: dict[int, Worker] = {}  # thread -> the worker that draws for it
        self._stopped: set[int] = set()  # threads that must not draw any more
        self._wanted: list[int] = []  # sizes that batches ask for
        self._permits: SimpleQueue[None] = SimpleQueue()
        self._made = 0  # permits that there are, also those in use
        self._owner = os.getpid()

    def _fit(self) -> None:
        """Be of this process, and of the size that is asked for now."""
        if self._owner != os.getpid():
            self._reset()
        size = max([self._size or settings.workers, *self._wanted])
        if size == self._made:
            return
        with self._lock:
            while self._made < size:
                self._made += 1
                self._permits.put(None)
            while self._made > size:
                try:
                    self._permits.get(block=False)
                except Exception:
                    break  # all are in use: when one comes back
                self._made -= 1
                if len(self._idle) > self._made - len(self._busy):
                    self._idle.pop(0).stop()

    def _take(self, block: bool = True) -> Worker:
        self._fit()
        self._permits.get(block=block)
        try:
            return self._idle.pop()
        except IndexError:
            return Worker()

    def _give_back(self, worker: Worker) -> None:
        self._idle.append(worker)
        self._permits.put(None)

    def _begin(self, operation: str | None) -> None:
        """Start a worker if none is idle, and have it do `operation`. Waits for nothing."""
        if settings.in_process:
            return
        worker = self._take(block=False)  # none is free: an exception, and nothing to prepare
        try:
            worker.start()
            if operation:
                worker.send(operation)
        finally:
            self._give_back(worker)

    def prepare(self) -> None:
        """Start a worker process now if none is idle. Never raises."""
        try:
            self._begin(None)
        except Exception:
            pass  # the picture itself will say what is wrong

    def warm(self) -> None:
        """As `prepare`, and have it start V8 and load Vega-Lite meanwhile. Never raises."""
        try:
            self._begin("warm")
        except Exception:
            pass  # the picture itself will say what is wrong

    def shutdown(self) -> None:
        """End the idle workers. The pool can still be used: it starts new ones."""
        while self._owner == os.getpid():
            try:
                self._idle.pop().stop()
            except IndexError:
                return

    def widen(self, size: int) -> None:
        """Have at least `size` workers, until `narrow(size)`."""
        self._wanted.append(size)
        self._fit()

    def narrow(self, size: int) -> None:
        """Take back one `widen(size)`; workers that are too many end when they are idle."""
        if self._owner == os.getpid():
            self._wanted.remove(size)
            self._fit()

    def stop_threads(self, threads: Collection[int]) -> None:
        """End what these threads (by `get_ident`) draw: they get a `StoppedError`, also later on.

        Until `forget_threads`, since the system may give their numbers to other threads.
        """
        with self._lock:
            self._stopped.update(threads)
            for thread in threads:
                if thread in self._busy:
                    self._busy[thread].interrupt()

    def forget_threads(self, threads: Collection[int]) -> None:
        """The stopped threads have ended."""
        self._stopped.difference_update(threads)

    def request(
        self,
        operation: str,
        arguments: tuple[str, ...],
        text: str,
        *,
        preset: str,
        max_bytes: int = 1 << 30,
        meanwhile: Callable[[], None] | None = None,
    ) -> bytes:
        """Have an engine do `operation` (see `engine.perform`) and return what it made."""
        if settings.in_process:
            self._check_stopped()
            return _in_process(operation, arguments, text, preset)
        worker, thread = self._take(), get_ident()
        try:
            self._busy[thread] = worker
            self._check_stopped()  # only now: who stops us later finds us there
            return worker.request(
                operation,
                arguments,
                text,
                preset=preset,
                max_bytes=max_bytes,
                meanwhile=meanwhile,
            )
        finally:
            with self._lock:  # nobody interrupts us while the worker goes to the next caller
                self._busy.pop(thread, None)
            worker.resume()
            self._give_back(worker)

    def _check_stopped(self) -> None:
        if get_ident() in self._stopped:
            raise StoppedError

    def vegalite_to_svg(self, spec_json: str, *, preset: str) -> str:
        """Draw a Vega-Lite spec (as JSON text) as SVG, not yet inspected."""
        return self._to_svg("vegalite_to_svg", spec_json, preset)

    def vega_to_svg(self, spec_json: str, *, preset: str) -> str:
        """Draw a Vega spec (as JSON text) as SVG, not yet inspected."""
        return self._to_svg("vega_to_svg", spec_json, preset)

    def vegalite_to_vega(self, spec_json: str, *, preset: str) -> str:
        """Compile a Vega-Lite spec (as JSON text) to one of Vega; its rows are not looked at."""
        limit = settings.max_svg_bytes
        return self.request(
            "vegalite_to_vega", (), spec_json, preset=preset, max_bytes=limit
        ).decode()

    def _to_svg(self, operation: str, spec_json: str, preset: str) -> str:
        limit = settings.max_svg_bytes
        return self.request(
            operation, (), spec_json, preset=preset, max_bytes=limit, meanwhile=_import_ahead
        ).decode()

    def svg_to_png(
        self,
        svg: str,
        *,
        scale: float = 1,
        ppi: float | None,
        preset: str,
        meanwhile: Callable[[], None] | None = None,
    ) -> bytes:
        """Make a PNG of an inspected SVG, `scale` pixels for each of its units (times ppi/72)."""
        from plotkit.errors import RenderError
        from plotkit.render.svg import size

        width, height = (side * scale * (ppi or 72) / 72 for side in size(svg))
        if width * height > settings.max_pixels:
            detail = (
                f"it would have {width:.0f} x {height:.0f} pixels, more than the limit of "
                f"{settings.max_pixels} (plotkit.settings.max_pixels)"
            )
            raise RenderError.from_stage(_STAGES["svg_to_png"], preset, detail)
        arguments = (repr(float(scale)), "" if ppi is None else repr(float(ppi)))
        return self.request("svg_to_png", arguments, svg, preset=preset, meanwhile=meanwhile)

    def svg_to_pdf(self, svg: str, *, preset: str) -> bytes:
        """Make a PDF of an inspected SVG, as the engine gives it: not yet the same each time."""
        return self.request("svg_to_pdf", (), svg, preset=preset)

    def javascript_bundle(self, snippet: str) -> str:
        """Vega, Vega-Lite and Vega-Embed with `snippet` as one JavaScript module, about 0.9 MB."""
        return self.request("javascript_bundle", (), snippet, preset="the HTML page").decode()

    def engine_versions(self) -> dict[str, str]:
        """Versions of vl_convert, vega and vegalite, as the engine says them."""
        text = self.request("versions", (), "", preset="the engine").decode()
        return dict(zip(("vl_convert", "vega", "vegalite"), text.split("\t"), strict=True))


_inside: object = None  # the engine's module once it was loaded into this process
_inside_lock = allocate_lock()


def _in_process(operation: str, arguments: tuple[str, ...], text: str, preset: str) -> bytes:
    """The same without a process of its own: no limits, and a crash is the program's crash."""
    global _inside
    import importlib

    from plotkit.errors import RenderError

    # By name, so that only this one way leads to the module that imports vl_convert.
    engine = importlib.import_module("plotkit.render.engine")
    with _inside_lock:
        try:
            if _inside is None:
                _inside = engine.load("", _font_folders())
            text = _utf8(text).decode()
            made: bytes = engine.perform(_inside, operation, arguments, text)
        except ImportError as error:
            raise RenderError.from_stage("starting the engine", preset, f"{error}") from None
        except Exception as error:
            stage = _STAGES.get(operation, operation)
            detail = first_words(str(error).encode(errors="replace"))
            raise RenderError.from_stage(stage, preset, detail) from None
    return made


# --- the program's own pool ------------------------------------------------------------------

_default: Pool | None = None


def default_pool() -> Pool:
    """The pool that the functions of this module use."""
    global _default
    if _default is None:
        with _starting:
            if _default is None:
                _default = Pool()
    return _default


def _after_fork() -> None:
    """In a forked child: the workers belong to the parent, and must not live on through us."""
    for worker in list(_workers):
        process, worker._process = worker._process, None
        if process is not None:
            process.close()
    _workers.clear()
    global _default, _inside, _inside_lock, _starting
    _default = None
    _inside_lock = allocate_lock()
    _starting = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: _starting.acquire(),
        after_in_parent=lambda: _starting.release(),
        after_in_child=_after_fork,
    )


def prepare() -> None:
    """Start a worker process now if none is idle (V8 is not started). Never raises."""
    default_pool().prepare()


def warm() -> None:
    """As `prepare`, and have it start V8 and load Vega-Lite meanwhile. Never raises."""
    default_pool().warm()


def shutdown() -> None:
    """End the idle workers; the next picture starts a new one."""
    if _default is not None:
        _default.shutdown()


def vegalite_to_svg(spec_json: str, *, preset: str) -> str:
    """Draw a Vega-Lite spec (as JSON text) as SVG, not yet inspected."""
    return default_pool().vegalite_to_svg(spec_json, preset=preset)


def vega_to_svg(spec_json: str, *, preset: str) -> str:
    """Draw a Vega spec (as JSON text) as SVG, not yet inspected."""
    return default_pool().vega_to_svg(spec_json, preset=preset)


def vegalite_to_vega(spec_json: str, *, preset: str) -> str:
    """Compile a Vega-Lite spec (as JSON text) to one of Vega; its rows are not looked at."""
    return default_pool().vegalite_to_vega(spec_json, preset=preset)


def svg_to_png(
    svg: str,
    *,
    scale: float = 1,
    ppi: float | None = None,
    preset: str,
    meanwhile: Callable[[], None] | None = None,
) -> bytes:
    """Make a PNG of an inspected SVG, `scale` pixels for each of its units (times ppi/72).

    `meanwhile` is called once the engine is at work.
    """
    return default_pool().svg_to_png(svg, scale=scale, ppi=ppi, preset=preset, meanwhile=meanwhile)


def svg_to_pdf(svg: str, *, preset: str) -> bytes:
    """Make a PDF of an inspected SVG, as the engine gives it: not yet the same each time."""
    return default_pool().svg_to_pdf(svg, preset=preset)


def javascript_bundle(snippet: str) -> str:
    """Vega, Vega-Lite and Vega-Embed with `snippet` as one JavaScript module, about 0.9 MB."""
    return default_pool().javascript_bundle(snippet)


def engine_versions() -> Mapping[str, str]:
    """Versions of vl_convert, vega and vegalite, as the engine says them."""
    return default_pool().engine_versions()
