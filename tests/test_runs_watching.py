"""`watch`: on a real terminal while another process logs, in a pipe, narrow and wide."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

import plotkit as pk
from plotkit.runs import following, terminal, watching
from plotkit.runs.record import Record

pytest.importorskip("plotext")
needs_pty = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")

LOGS = """
import sys, time
import plotkit as pk
with pk.init(project="p", id="r", name="live", dir=sys.argv[1]) as run:
    for step in range(int(sys.argv[2])):
        run.log({"loss": 1 / (step + 1), "val/acc": step / 100, "epoch": step // 10})
        time.sleep(float(sys.argv[3]))
"""
WATCHES = """
import sys
import plotkit as pk
from plotkit.runs.watching import watch
print("left", watch(pk.Api(sys.argv[1]).run("p/r"), every=0.1))
"""
BRAILLE = re.compile("[\u2801-\u28ff]")
ALTERNATE, BACK = "\x1b[?1049h", "\x1b[?1049l"


@pytest.fixture
def run(tmp_path: Path) -> Iterator[pk.Run]:
    made = pk.init(project="p", id="r", name="base", dir=tmp_path)
    yield made
    pk.finish()


def written(run: pk.Run) -> None:
    """Put on the disk what was logged."""
    assert run.database.last_step() is not None


def look(record: Record, keys: Sequence[str] | None = None) -> following.Following:
    found = following.Following(record, keys)
    found.look()
    return found


def text(found: following.Following, width: int, height: int) -> list[str]:
    """The lines that a terminal of this size shows."""
    with open(os.devnull, "w") as nowhere:
        console = Console(width=width, height=height, record=True, file=nowhere)
        console.print(terminal.screen(found, width, height))
    return console.export_text().rstrip("\n").split("\n")


# --- what is read --------------------------------------------------------------------------------


def test_rows_are_read_as_they_come(run: pk.Run) -> None:
    run.log({"loss": 1.0, "epoch": 0})
    written(run)
    record = pk.Api(run.folder.parent.parent).run("p/r")
    found = look(record)
    assert list(found.metrics) == ["loss"]  # an epoch is an axis
    assert not found.look()
    for loss in (0.5, 0.25):
        run.log({"loss": loss, "acc": 1 - loss, "note": "text"})
    written(run)
    assert found.look()
    assert found.metrics["loss"].values.tolist() == [1.0, 0.5, 0.25]
    assert found.metrics["acc"].steps.tolist() == [1, 2]
    assert found.step == 2 and found.state == "running"
    pk.finish()
    assert found.look() and found.state == "finished"
    assert found.rows_after(0) == [(1, {"loss": 0.5, "acc": 0.5}), (2, {"loss": 0.25, "acc": 0.75})]


def test_a_step_that_grows_is_read_again(run: pk.Run) -> None:
    run.log({"loss": 1.0}, step=0)
    run.log({"loss": 2.0}, step=1, commit=True)
    written(run)
    found = look(run)
    run.log({"loss": 3.0}, step=2, commit=True)
    written(run)
    found.look()
    assert found.metrics["loss"].steps.tolist() == [0, 1, 2]
    assert found.metrics["loss"].values.tolist() == [1.0, 2.0, 3.0]


def test_keys_and_globs(run: pk.Run) -> None:
    run.log({"val/acc": 1, "val/f1": 2, "loss": 3, "note": "text"})
    written(run)
    assert list(look(run, ["val/*", "LOSS"]).metrics) == ["val/acc", "val/f1", "loss"]
    with pytest.raises(pk.errors.RunError, match="Did you mean 'loss'"):
        look(run, ["los"])
    with pytest.raises(pk.errors.RunError, match="'note' holds text"):
        look(run, ["note"])


def test_hidden_metrics_and_axes_are_left_out(run: pk.Run) -> None:
    run.define_metric("debug/*", hidden=True)
    run.define_metric("acc", step_metric="round")
    run.log({"debug/a": 1, "acc": 2, "round": 3, "samples_seen": 4})
    written(run)
    assert list(look(run).metrics) == ["acc"]


def test_only_counters_are_drawn_where_there_is_nothing_else(run: pk.Run) -> None:
    run.log({"epoch": 1})
    written(run)
    assert list(look(run).metrics) == ["epoch"]


def test_speed_is_that_of_late(run: pk.Run) -> None:
    found = look(run)
    assert found.speed is None
    for step in range(5):
        run.log({"loss": step})
        time.sleep(0.02)
    written(run)
    found.look()
    assert found.speed is not None and 5 < found.speed < 60
    assert found.elapsed is not None and found.elapsed < 60


# --- what is drawn -------------------------------------------------------------------------------


def logged(run: pk.Run, metrics: int, rows: int = 300) -> following.Following:
    draws = np.random.default_rng(0)
    for step in range(rows):
        run.log({f"group{k}/metric": step * (k + 1) + draws.normal() for k in range(metrics)})
    written(run)
    return look(run)


@pytest.mark.parametrize("metrics", [1, 2, 5, 12, 40])
@pytest.mark.parametrize(("width", "height"), [(40, 24), (80, 24), (120, 40), (220, 60), (20, 8)])
def test_the_picture_fits_the_window(run: pk.Run, width: int, height: int, metrics: int) -> None:
    lines = text(logged(run, metrics), width, height)
    assert len(lines) <= height
    assert max(map(cell_len, lines)) <= width
    shown = "\n".join(lines)
    assert BRAILLE.search(shown)
    assert "base" in lines[0] and "running" in lines[0]
    assert "step 299" in shown
    if metrics <= 2 and width >= 40:
        for k in range(metrics):
            assert f"group{k}/metric" in shown


def test_wide_windows_show_panels_side_by_side(run: pk.Run) -> None:
    found = logged(run, 4)
    wide = [line for line in text(found, 120, 24) if "group0/metric" in line]
    assert "group1/metric" in wide[0]
    narrow = [line for line in text(found, 40, 60) if "group0/metric" in line]
    assert "group1/metric" not in narrow[0]


def test_what_has_no_panel_has_a_line_or_is_counted(run: pk.Run) -> None:
    found = logged(run, 40)
    shown = "\n".join(text(found, 100, 30))
    named = len(set(re.findall(r"group\d+/metric", shown)))
    left = re.search(r"and (\d+) more", shown)
    assert left is not None and named + int(left[1]) == 40
    assert "█" in shown


def test_current_values_and_the_ends_of_the_axes(run: pk.Run) -> None:
    for step, loss in enumerate((4.0, 0.5, 1.25)):
        run.log({"loss": loss}, step=10 * step, commit=True)
    written(run)
    shown = text(look(run), 60, 14)
    title = next(line for line in shown if "loss" in line)
    assert title.rstrip().endswith("1.25")
    assert shown[shown.index(title) + 1].lstrip().startswith("4 ")
    assert any(re.fullmatch(r"\s*0\s+20", line) for line in shown)
    assert any(line.lstrip().startswith("0.5 ") for line in shown)


@pytest.mark.parametrize(
    "values",
    [
        [1.0],
        [2.0, 2.0],
        [float("nan")],
        [float("inf"), 1.0, float("-inf"), 2.0],
        [1.0, float("nan"), 3.0],
        [-1e308, 1e308],
        [1e-320, 0.0],
        [True, False],
    ],
)
def test_odd_values(run: pk.Run, values: list[Any]) -> None:
    for value in values:
        run.log({"loss": value, "other": 1})
    written(run)
    shown = "\n".join(text(look(run, ["loss"]), 60, 14))
    assert ("no finite value yet" in shown) != bool(BRAILLE.search(shown))


def test_names_are_not_markup(run: pk.Run) -> None:
    run.log({"[red]loss[/red]": 1.0, "日本語" * 20: 2.0, "a\x1b[31mb": 3.0})
    written(run)
    lines = text(look(run), 44, 30)
    assert any("[red]loss[/red]" in line for line in lines)
    assert max(map(cell_len, lines)) <= 44
    assert "\x1b" not in "".join(lines)


def test_no_curve_without_the_library(monkeypatch: pytest.MonkeyPatch, run: pk.Run) -> None:
    monkeypatch.setitem(sys.modules, "plotext", None)
    with pytest.raises(pk.errors.MissingExtraError, match=r"needs plotext.*'watch'"):
        watching.watch(run, console=Console(force_terminal=True))


@pytest.mark.parametrize("every", [0, -1, "1", 1e9])
def test_seconds_between_looks(run: pk.Run, every: Any) -> None:
    with pytest.raises(pk.errors.OptionError, match="every="):
        watching.watch(run, every=every)


# --- on a terminal -------------------------------------------------------------------------------


class Terminal:
    """A process on a pseudo-terminal."""

    def __init__(self, arguments: Sequence[str], columns: int, lines: int, **more: str) -> None:
        import pty

        self._shown = b""
        env = {**os.environ, "COLUMNS": str(columns), "LINES": str(lines), "TERM": "xterm-256color"}
        env.pop("NO_COLOR", None)
        env.update(more)
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            os.execvpe(sys.executable, [sys.executable, *arguments], env)
        self.resize(columns, lines)

    def resize(self, columns: int, lines: int) -> None:
        import fcntl
        import struct
        import termios

        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def until(self, is_there: Callable[[str], object], seconds: float = 60) -> str:
        """Everything that was shown, once it holds what is waited for."""
        end = time.monotonic() + seconds
        while not is_there(self.text) and time.monotonic() < end:
            if select.select([self._file], [], [], 0.1)[0]:
                try:
                    part = os.read(self._file, 65536)
                except OSError:  # the process has closed its end
                    part = b""
                if not part:
                    break
                self._shown += part
        assert is_there(self.text), self.text[-3000:]
        return self.text

    @property
    def text(self) -> str:
        return self._shown.decode("utf-8", "replace")

    def ended(self) -> int:
        """Its exit code."""
        _, status = os.waitpid(self.pid, 0)
        os.close(self._file)
        return os.waitstatus_to_exitcode(status)


@pytest.fixture
def logging(tmp_path: Path) -> Iterator[Callable[[int, float], None]]:
    """Another process that logs; it is there once its run is."""
    started: list[subprocess.Popen[bytes]] = []

    def start(rows: int, pause: float) -> None:
        arguments = [sys.executable, "-c", LOGS, str(tmp_path), str(rows), str(pause)]
        started.append(subprocess.Popen(arguments, stderr=subprocess.DEVNULL))
        end = time.monotonic() + 30
        while not (tmp_path / "p" / "r" / "run.db").exists() and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.5)

    yield start
    for process in started:
        process.kill()
        process.wait()


@needs_pty
@pytest.mark.parametrize(("columns", "lines"), [(100, 30), (40, 20)])
def test_a_run_is_drawn_while_another_process_logs(
    tmp_path: Path, logging: Callable[[int, float], None], columns: int, lines: int
) -> None:
    logging(150, 0.03)
    shown = Terminal(["-c", WATCHES, str(tmp_path)], columns, lines)
    first = shown.until(lambda text: "val/acc" in text and BRAILLE.search(text))
    assert ALTERNATE in first and BACK not in first
    assert "loss" in first and "running" in first
    last = shown.until(lambda text: "left finished" in text)
    steps = {int(step) for step in re.findall(r"step (\d+)", last)}
    assert len(steps) > 5 and max(steps) == 149
    # What stays on the screen afterwards is the last picture.
    after = last.split(BACK)[-1]
    assert "finished" in after and BRAILLE.search(after) and "step 149" in after
    assert shown.ended() == 0


@needs_pty
def test_ctrl_c_leaves_the_terminal_as_it_was(
    tmp_path: Path, logging: Callable[[int, float], None]
) -> None:
    logging(2000, 0.05)
    shown = Terminal(["-c", WATCHES, str(tmp_path)], 80, 24)
    shown.until(lambda text: BRAILLE.search(text))
    os.kill(shown.pid, signal.SIGINT)
    after = shown.until(lambda text: "left running" in text).split(BACK)[-1]
    assert "Traceback" not in after and "\x1b[?25h" in shown.text  # the cursor is back
    assert shown.ended() == 0


@needs_pty
def test_no_colour_where_none_is_wanted_and_new_sizes(
    tmp_path: Path, logging: Callable[[int, float], None]
) -> None:
    logging(120, 0.05)
    shown = Terminal(["-c", WATCHES, str(tmp_path)], 100, 30, NO_COLOR="1")
    text = shown.until(lambda text: "left finished" in text)
    assert BRAILLE.search(text)
    assert not re.search(r"\x1b\[[\d;]*[34]8;|\x1b\[(?:\d+;)*(?:3[0-7]|9[0-7])m", text)
    assert shown.ended() == 0


def test_lines_in_a_pipe(tmp_path: Path, logging: Callable[[int, float], None]) -> None:
    logging(30, 0.02)
    done = subprocess.run(
        [sys.executable, "-c", WATCHES, str(tmp_path)],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert lines[0] == "step 0  loss 1  val/acc 0"
    assert [line.split()[1] for line in lines[:30]] == [str(step) for step in range(30)]
    assert lines[30:] == ["finished", "left finished"]
    assert "\x1b" not in done.stdout


def test_a_run_that_has_ended_is_shown_once(run: pk.Run) -> None:
    run.log({"loss": 1.0})
    pk.finish()
    record = pk.Api(run.folder.parent.parent).run("p/r")
    with open(os.devnull, "w") as nowhere:
        console = Console(file=nowhere, record=True, force_terminal=True, width=60, height=20)
        assert watching.watch(record, console=console) == "finished"
    assert "finished" in console.export_text()
