"""What the benchmarks share: programs in processes of their own, and tables in README.md."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import resource
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
PROGRAMS = HERE / "programs"
README = HERE / "README.md"
ENGINE = "vl-convert-python"
PIXELS = (1280, 800)
MOST_MEMORY = 12 << 30  # bytes
# They would slow every fresh process (byte code), or change what plotkit does.
_UNWANTED = ("PYTHONDONTWRITEBYTECODE", "PLOTKIT_IN_PROCESS", "PLOTKIT_PNG_LEVEL")


class Times(NamedTuple):
    """Seconds of a program, round by round, and the most memory that its processes held."""

    seconds: Sequence[float]
    peak: int = 0  # bytes

    @property
    def median(self) -> float:
        """Seconds of the middle round."""
        return statistics.median(self.seconds)

    @property
    def fastest(self) -> float:
        """Seconds of the fastest round."""
        return min(self.seconds)


def ratios(ours: Times, theirs: Times) -> tuple[float, float]:
    """Ours to theirs: of the medians, and of the fastest rounds."""
    return ours.median / theirs.median, ours.fastest / theirs.fastest


def shown(seconds: float) -> str:
    """Seconds as they are printed."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def met(reached: bool) -> str:
    """The word for a target."""
    return "met" if reached else "missed"


class Bench:
    """Where programs run: with caches of their own in one temporary folder."""

    def __init__(self, folder: Path, quick: bool) -> None:
        self.folder = folder
        self.quick = quick
        kept = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
        # Byte code is written as pip would; fonts and JavaScript are cached here, before timing.
        caches = {"XDG_CACHE_HOME": str(folder / "cache"), "MPLCONFIGDIR": str(folder / "mpl")}
        self.environment = {**kept, **caches, "PYTHONWARNINGS": "ignore"}

    def rounds(self, full: int) -> int:
        """How often each program runs."""
        return max(full // 4, 2) if self.quick else full

    def command(self, program: str, *arguments: str) -> list[str]:
        """The command line of a program of ours."""
        return [sys.executable, str(PROGRAMS / f"{program}.py"), *arguments]

    def run(self, command: Sequence[str]) -> float:
        """Seconds that a fresh process takes, from its start to its end."""
        start = time.perf_counter()
        done = subprocess.run(command, env=self.environment, capture_output=True, check=False)
        seconds = time.perf_counter() - start
        if done.returncode:
            raise SystemExit(f"{command} failed:\n{done.stderr.decode()}")
        return seconds

    def serve(self, program: str, *arguments: str) -> Server:
        """Start a program of ours that works on request."""
        return Server(self.command(program, *arguments), self.environment)


class GaveUp(Exception):  # noqa: N818 - a result, not an error
    """A program took too long, or ended without an answer; the text says which."""


class Server:
    """A program that works on request: a line in, a line of JSON out (`programs/serving.py`)."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.started = time.perf_counter()
        pipe = subprocess.PIPE
        # A session of its own, so that what it starts can be ended with it.
        self._process = subprocess.Popen(
            command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
        if hasattr(resource, "prlimit"):  # on Linux: no program shall stop the machine
            most = resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY)
            resource.prlimit(self._process.pid, *most)
        self._said: list[str] = []
        # Read at once: a full pipe would stop the program.
        self._reader = threading.Thread(target=self._read_errors, daemon=True)
        self._reader.start()
        self.peak = 0

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._said = [*self._said[-20:], line.decode(errors="replace").rstrip()]

    def ask(self, *request: object, limit: float = 300) -> dict[str, Any]:
        """The answer to a request; raises `GaveUp`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        late = threading.Event()
        clock = threading.Timer(limit, lambda: (late.set(), self.end()))
        clock.start()
        try:
            self._process.stdin.write(" ".join(map(str, request)).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = b""
        finally:
            clock.cancel()
        if late.is_set():
            raise GaveUp(f"gave up after {limit:g} s")
        if not line:
            self._reader.join(timeout=5)
            raise GaveUp(next((text for text in reversed(self._said) if text), "it ended"))
        self.peak = max(self.peak, peak_memory(self._process.pid))
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        """End the program and all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, kind: type[BaseException] | None, *about: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=10 if kind is None else 0)
        self.end()


def peak_memory(process: int) -> int:
    """Bytes: the highest resident memory of a process and of all that it started, summed.

    Each process had its peak at a time of its own, so the sum is at least what they held together.
    (`ru_maxrss` will not do: it counts a child's memory before `exec`, and no child that lives.)
    """
    total = 0
    for folder in (Path("/proc", str(found)) for found in _family(process)):
        try:
            lines = Path(folder, "status").read_text().splitlines()
        except OSError:  # it has just ended
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    return total


def _family(process: int) -> Iterable[int]:
    yield process
    for task in Path("/proc", str(process), "task").glob("*"):
        try:
            children = Path(task, "children").read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _family(int(child))


def pixels(file: Path) -> tuple[int, int]:
    """Width and height of a PNG."""
    head = file.read_bytes()[:24]
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def facts(libraries: Iterable[str]) -> str:
    """What the numbers depend on, without saying whose machine it is."""
    versions = ", ".join(f"{name} {version(name)}" for name in libraries)
    return (
        f"{cores()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, {versions}"
    )


def as_text(rows: Sequence[Sequence[str]]) -> str:
    """A table, its head first, for a terminal."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in rows)


def as_markdown(rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> str:
    """The table for README.md; the columns `numbers` are set right."""
    rule = ["---:" if at in numbers else "---" for at in range(len(rows[0]))]
    lines = [[f" {cell} " if cell else " " for cell in line] for line in (rows[0], rule, *rows[1:])]
    return "\n".join(f"|{'|'.join(line)}|" for line in lines)


def asked(about: str, names: Sequence[str], quick: str) -> argparse.Namespace:
    """What the command line asks for: `parts` by name (none: all), `quick` and `write`."""
    parser = argparse.ArgumentParser(description=about.partition("\n\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--write", action="store_true", help="write the table into README.md")
    found = parser.parse_args()
    unknown = sorted(set(found.parts) - set(names))
    if unknown or (found.parts and found.write):
        parser.error(f"unknown: {unknown}" if unknown else "--write is for all parts together")
    return found


def put(name: str, program: str, made: str) -> None:
    """Put text into README.md, in place of what the program wrote there under that name."""
    begin, end = f"<!-- {name}: written by {program} -->", f"<!-- end of {name} -->"
    before, found, rest = README.read_text("utf-8").partition(begin)
    after = rest.partition(end)[2] if found else "\n"
    glue = "" if found else "\n"
    README.write_text(f"{before}{glue}{begin}\n{made}\n{end}{after}", "utf-8")
