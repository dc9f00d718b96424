"""A bar on a terminal for long work, nothing elsewhere; and Ctrl-C, at any moment."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import plotkit as pk
from plotkit import progress, settings

posix = pytest.mark.skipif(os.name != "posix", reason="needs terminals and signals of POSIX")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
ROOT = Path(pk.__file__).parents[1]
CLEARED = b"\x1b[2K"


def environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("CI", "NO_COLOR", "TERM")}
    kept.pop("PYTEST_CURRENT_TEST", None)
    return {**kept, "TERM": "xterm", "PYTHONPATH": str(ROOT), "COLUMNS": "80", **more}


def on_terminal(code: str, **more: str) -> tuple[bytes, int]:
    """What a program writes to standard error, which is a terminal, and its exit code."""
    import pty

    ours, theirs = pty.openpty()
    seen = b""
    try:
        with subprocess.Popen(
            [sys.executable, "-c", code], env=environment(**more), stderr=theirs, stdin=theirs
        ) as running:
            os.close(theirs)
            with contextlib.suppress(OSError):  # it is closed at the other end
                while part := os.read(ours, 4096):
                    seen += part
    finally:
        os.close(ours)
    return seen, running.returncode


WORK = """
import time
from plotkit import progress
with progress.shown("reading [red]rows", total={total}) as work:
    for step in range(4):
        time.sleep({seconds} / 4)
        work.advance()
"""


@posix
class TestBar:
    def test_it_comes_late_and_goes_without_a_trace(self) -> None:
        seen, code = on_terminal(WORK.format(total=4, seconds=1.6))
        assert code == 0
        assert b"reading [red]rows" in seen and b"4/4" in seen
        assert left_on_screen(seen) == ""

    def test_short_work_shows_nothing(self) -> None:
        assert on_terminal(WORK.format(total=4, seconds=0.2)) == (b"", 0)

    @pytest.mark.parametrize("more", [{"TERM": "dumb"}, {"CI": "true"}, {"PLOTKIT_PROGRESS": "0"}])
    def test_what_forbids_it(self, more: dict[str, str]) -> None:
        assert on_terminal(WORK.format(total=4, seconds=1.2), **more) == (b"", 0)

    def test_no_color_is_a_bar_without_colours(self) -> None:
        seen, _ = on_terminal(WORK.format(total=4, seconds=1.4), NO_COLOR="1")
        assert b"reading" in seen
        assert not re.search(rb"\x1b\[[0-9;]*3[0-9][;m]", seen)

    def test_no_terminal_no_bar(self) -> None:
        done = subprocess.run(
            [sys.executable, "-c", WORK.format(total=4, seconds=1.2)],
            env=environment(),
            capture_output=True,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")

    def test_one_bar_for_work_inside_work(self) -> None:
        code = """
import time
from plotkit import progress
with progress.shown("outer"):
    time.sleep(0.9)
    with progress.shown("inner"):
        time.sleep(0.4)
    time.sleep(0.3)
"""
        seen, _ = on_terminal(code)
        assert b"outer" in seen and b"inner" in seen
        assert left_on_screen(seen) == ""

    def test_an_error_ends_it(self) -> None:
        code = WORK.format(total=4, seconds=1.2) + "    1 / 0\n"
        seen, code_ = on_terminal(code)
        assert code_ == 1
        assert "ZeroDivisionError" in left_on_screen(seen)

    def test_where_there_is_little_room_the_label_gives_way(self) -> None:
        code = """
import time
from plotkit import progress
with progress.shown("a label that is much longer than this terminal is wide") as work:
    work.fraction = lambda: 0.42
    time.sleep(1.2)
"""
        seen, _ = on_terminal(code, COLUMNS="40")
        frames = [frame for frame in written(seen) if frame]
        assert frames  # and the first says as much as the others
        assert all(re.fullmatch(r"a label .*… [━╸╺]+ 42% 0:00:0\d", frame) for frame in frames)
        assert all(len(frame) <= 40 for frame in frames)

    def test_a_share_never_falls(self) -> None:
        code = """
import time
from plotkit import progress
shares = iter([0.5, 0.8, 0.1, 0.3, 0.9] + [None] * 90)
with progress.shown("queries", at_once=True) as work:
    work.fraction = lambda: next(shares)
    time.sleep(0.9)
"""
        seen, _ = on_terminal(code)
        told = [int(found) for found in re.findall(r"(\d+)%", "\n".join(written(seen)))]
        assert told == [50, 80, 90]

    def test_a_query_of_duckdb_says_how_far_it_is(self, large: Path) -> None:
        code = f"""
from plotkit import progress
from plotkit.table import Table
table = Table.read({str(large)!r})
with progress.shown("sorting", show=True, at_once=True):
    table._frame.sort("column_1").collect()
"""
        seen, exit_code = on_terminal(code)
        assert exit_code == 0
        assert re.search(rb"sorting.*\d+%", seen)


def test_off_in_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    assert not progress.wanted()
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    assert progress.wanted()
    settings.progress = False
    assert not progress.wanted()


def test_the_work_does_not_wait_for_the_bar() -> None:
    start = time.perf_counter()
    for _ in range(200):
        with progress.shown("short"):
            pass
    assert time.perf_counter() - start < 0.5


def written(seen: bytes) -> list[str]:
    """The lines that were shown one after the other, without colours."""
    plain = re.sub(r"\x1b\[\??[0-9;]*[A-Za-z]", "", seen.decode())
    return [line.strip() for line in re.split(r"[\r\n]+", plain) if line.strip()]


def left_on_screen(seen: bytes) -> str:
    """What stands on the terminal at the end: lines, as moved over and cleared."""
    lines = [""]
    at = column = 0
    for part in re.findall(r"\x1b\[\??[0-9;]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", seen.decode()):
        if part == "\n":
            at += 1
            if at == len(lines):
                lines.append("")
        elif part == "\r":
            column = 0
        elif part.startswith("\x1b["):
            if part.endswith("A"):
                at = max(at - int(part[2:-1] or 1), 0)
            elif part == "\x1b[2K":
                lines[at] = ""
        else:
            lines[at] = lines[at][:column].ljust(column) + part + lines[at][column + len(part) :]
            column += len(part)
    return "\n".join(lines).strip()


# --- Ctrl-C --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Parquet file that takes seconds to sort."""
    duckdb = pytest.importorskip("duckdb")
    file = tmp_path_factory.mktemp("large") / "large.parquet"
    duckdb.execute(
        "copy (select i as step, random() as loss, 'run ' || (i % 7) as run "
        f"from range(6000000) numbers(i)) to '{file}'"
    )
    return file


@pytest.fixture(scope="module")
def large_csv(large: Path) -> Path:
    duckdb = pytest.importorskip("duckdb")
    file = large.with_suffix(".csv")
    duckdb.execute(f"copy (select * from '{large}') to '{file}'")
    return file


class Program:
    """A program of ours, alone in its session, with a folder for its temporary files."""

    def __init__(self, arguments: list[str], folder: Path, **more: Any) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.running = subprocess.Popen(
            arguments,
            env=environment(TMPDIR=str(self.temporary)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            cwd=folder,
            **more,
        )

    def interrupted_after(self, seconds: float) -> tuple[float, str, str]:
        """Ctrl-C after so long; the seconds that it took to end, and what it said."""
        time.sleep(seconds)
        assert self.running.poll() is None, self.running.communicate()
        engines = list(self.children())
        start = time.monotonic()
        self.running.send_signal(signal.SIGINT)
        out, told = self.running.communicate(timeout=30)
        took = time.monotonic() - start
        until = time.monotonic() + 5
        while any(map(is_alive, engines)) and time.monotonic() < until:
            time.sleep(0.05)
        assert not any(map(is_alive, engines)), "an engine is left"
        assert list(self.temporary.iterdir()) == [], "a temporary file is left"
        return took, out.decode(), told.decode()

    def children(self) -> Iterator[int]:
        for folder in Path("/proc").iterdir():
            if folder.name.isdecimal():
                with contextlib.suppress(OSError):
                    fields = (folder / "stat").read_text().rpartition(")")[2].split()
                    if int(fields[1]) == self.running.pid:
                        yield int(folder.name)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "temporary")


SLOW = """
import sys
from plotkit.stats import line
import time
def slow(*given):
    print("computing", file=sys.stderr, flush=True)
    for _ in range(600):
        time.sleep(0.1)
line.compute = slow
"""


@posix
@on_linux
class TestCtrlC:
    @pytest.mark.parametrize("seconds", [0.15, 0.5, 0.9, 1.3, 1.8])
    def test_rendering_a_file(self, seconds: float, large_csv: Path, tmp_path: Path) -> None:
        code = "import sys; from plotkit.cli import app; sys.exit(app())"
        arguments = ["render", str(large_csv), "-f", "x=loss", "-f", "y=step", "-f", "stroke=run"]
        program = Program([sys.executable, "-c", code, *arguments, "-o", "out.png"], tmp_path)
        if seconds < 0.4:  # Python itself is only just starting: any end is one, but no file
            with contextlib.suppress(AssertionError):
                program.interrupted_after(seconds)
        else:
            took, _, told = program.interrupted_after(seconds)
            assert program.running.returncode == 130
            assert told.splitlines()[-1] == "interrupted" and "Traceback" not in told
            assert took < 2
        assert files(tmp_path) == []

    def test_reading_standard_input(self, tmp_path: Path) -> None:
        code = "import sys; from plotkit.cli import app; sys.exit(app())"
        program = Program(
            [sys.executable, "-c", code, "render", "-", "-o", "out.png"],
            tmp_path,
            stdin=subprocess.PIPE,
        )
        feeder = program.running.stdin
        program.running.stdin = None
        assert feeder is not None
        feeder.write(b"step,loss\n" + b"1,2\n" * 10_000)
        feeder.flush()
        try:
            took, _, told = program.interrupted_after(1.5)
        finally:
            with contextlib.suppress(BrokenPipeError):
                feeder.close()
        assert program.running.returncode == 130
        assert told == "interrupted\n" and took < 2
        assert files(tmp_path) == []

    def test_in_a_statistic(self, tmp_path: Path) -> None:
        code = SLOW + "from plotkit.cli import app; sys.exit(app())"
        (tmp_path / "data.csv").write_text("step,loss\n1,2\n2,3\n")
        arguments = ["render", "data.csv", "-f", "x=step", "-f", "y=loss", "-o", "out.svg"]
        program = Program([sys.executable, "-c", code, *arguments], tmp_path)
        took, _, told = program.interrupted_after(2.5)
        assert program.running.returncode == 130
        assert told == "computing\ninterrupted\n" and took < 1.5
        assert files(tmp_path) == ["data.csv"]

    def test_a_script_goes_on(self, large: Path, tmp_path: Path) -> None:
        """KeyboardInterrupt is the caller's, and the next chart is drawn."""
        code = f"""
import time
import plotkit as pk
table = pk.Table.read({str(large)!r})
try:
    for _ in range(10_000):
        table.column("loss")
        print("read", flush=True)
except KeyboardInterrupt:
    print("passed on")
pk.bar({{"a": ["x"], "b": [1]}}, "a", "b").save("next.png")
"""
        program = Program([sys.executable, "-c", code], tmp_path)
        _, out, told = program.interrupted_after(2.0)
        assert program.running.returncode == 0, told
        assert "passed on" in out
        assert files(tmp_path) == ["next.png"]

    def test_while_drawing(self, tmp_path: Path) -> None:
        code = """
import plotkit as pk
from plotkit import settings
settings.max_rows = 10**6
values = [(i * 7919 % 100_003) / 7 for i in range(60_000)]
chart = pk.scatter({"x": list(range(60_000)), "y": values}, "x", "y", reduce=False)
print("drawing", flush=True)
try:
    chart.save("large.png")
except KeyboardInterrupt:
    print("passed on")
pk.bar({"a": ["x"], "b": [1]}, "a", "b").save("next.png")
"""
        program = Program([sys.executable, "-c", code], tmp_path)
        out = program.running.stdout
        assert out is not None and out.readline() == b"drawing\n"
        _, said, told = program.interrupted_after(1.0)
        assert (program.running.returncode, told) == (0, "")
        assert said == "passed on\n"
        assert files(tmp_path) == ["next.png"]

    def test_while_exporting_many(self, large: Path, tmp_path: Path) -> None:
        code = f"""
import plotkit as pk
def made():
    return pk.line(pk.Table.read({str(large)!r}), "loss", "step", "run")
try:
    pk.export([made] * 8, "out", workers=2)
except KeyboardInterrupt:
    print("passed on")
pk.bar({{"a": ["x"], "b": [1]}}, "a", "b").save("next.png")
"""
        program = Program([sys.executable, "-c", code], tmp_path)
        took, said, told = program.interrupted_after(2.0)
        assert program.running.returncode == 0, told
        assert said == "passed on\n"
        assert all(re.fullmatch(r"[\w-]+\.png", name) for name in files(tmp_path / "out"))
        assert files(tmp_path) == ["next.png", "out"]
        assert took < 8


def test_work_that_does_not_listen_is_left_alone() -> None:
    assert progress.interruptible(lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        progress.interruptible(lambda: 1 / 0)
    over = threading.Event()
    timer = threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        progress.interruptible(lambda: over.wait(20))
    assert time.monotonic() - start < 5
    over.set()


@posix
@pytest.mark.parametrize("deaf", [1, 3])
def test_ctrl_c_that_is_swallowed_is_told_again(deaf: int) -> None:
    """As DuckDB does while it imports a module."""

    def swallow() -> None:
        heard = 0
        threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGINT]).start()
        while heard < deaf:
            try:
                time.sleep(20)
            except KeyboardInterrupt:
                heard += 1

    with pytest.raises(KeyboardInterrupt), progress.listening():
        swallow()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@posix
def test_ctrl_c_in_other_words() -> None:

    def say_otherwise() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise RuntimeError("Query interrupted") from None

    with pytest.raises(KeyboardInterrupt) as told, progress.listening():
        say_otherwise()
    assert told.value.__suppress_context__  # the other words are no news
    with pytest.raises(RuntimeError), progress.listening():
        raise RuntimeError("another")


@posix
def test_a_handler_of_the_program_stays() -> None:
    caught: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: caught.append(number))
    try:
        with progress.listening():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert caught == [signal.SIGINT]
