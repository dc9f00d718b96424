"""Runs whose recording process is killed: python recording.py COUNT FOLDER.

A child records rows that say what they are, and tells through a pipe what it has handed over and
when; it is killed at any moment, also while the run is made, sealed, closed or resumed. What is
in the file then must be rows from the first to some last one without a gap, whole, with the media
they name and the summary of the last; and all that was handed over half a second before.
"""

from __future__ import annotations

import os
import random
import signal
import struct
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from plotkit.errors import RunError
from plotkit.runs import folders
from plotkit.runs.database import Database
from plotkit.runs.writing import Writer

LATE = 0.5  # seconds
_TICK, _STALL = 0.01, 0.05  # seconds: the sleep of a thread, and what counts as standing still
_TOLD = struct.Struct("=qdd")  # a step, when it was handed over, for how long threads stood still


class Outcome(NamedTuple):
    """What one killed child left."""

    handed: int  # rows of this child that it had handed over
    lost: int  # of those, the ones that are not in the file
    late: float  # how long before the kill the oldest of the lost ones was handed over, in seconds
    stood: float  # for how long of that second a machine at its limits let no thread work


def values_of(step: int) -> dict[str, Any]:
    """What the row of a step holds."""
    values: dict[str, Any] = {f"m{at}": step + at / 7 for at in range(step % 5 + 3)}
    values["step"] = step
    if step % 97 == 0:
        values["text"] = "損失" * (step % 900)
    return values


def picture(step: int) -> bytes:
    """The bytes of a media file that the row of a step names."""
    return struct.pack("<q", step) * 2000


class Clock(threading.Thread):
    """A thread that only sleeps: when it wakes late, so does the one that writes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._stalls: list[tuple[float, float]] = []
        self._at = time.monotonic()
        self.start()

    def run(self) -> None:
        while True:
            time.sleep(_TICK)
            now = time.monotonic()
            if now - self._at - _TICK > _STALL:
                self._stalls.append((now, now - self._at - _TICK))
            self._at = now

    def stood(self, now: float) -> float:
        """Seconds of the last one in which it could not wake."""
        running = now - self._at - _TICK
        return sum(length for at, length in self._stalls[-20:] if at > now - 1) + (
            running if running > _STALL else 0.0
        )


def record(folder: Path, pipe: int, pause: float, seconds: float) -> None:
    """What the child does, until it is killed or its time is over."""
    writer = Writer(folder)
    last = writer.database.last_step()
    step = 0 if last is None else last + 1
    end = time.monotonic() + seconds
    clock = Clock()
    while time.monotonic() < end:
        values = values_of(step)
        if step % 250 == 0:
            values["file"] = writer.keep(picture(step), ".bin")
        writer.row(step, 1e9 + step, values, {"step": step})
        now = time.monotonic()
        os.write(pipe, _TOLD.pack(step, now, clock.stood(now)))
        step += 1
        if pause:
            time.sleep(pause)
    writer.close()


def killed(folder: Path, rng: random.Random) -> Outcome:
    """Kill a child that records into a folder, and look at what is there."""
    reading, writing = os.pipe()
    pause = rng.choice((0.0, 0.0, 0.0002, 0.01))
    seconds = rng.choice((0.1, 0.3, 5.0))  # it may be closing, or be through
    child = os.fork()
    if not child:
        try:
            record(folder, writing, pause, seconds)
        except BaseException as reason:
            print(repr(reason), file=sys.stderr, flush=True)
            os._exit(3)
        os._exit(0)
    os.close(writing)
    wait = rng.choice((rng.uniform(0, 0.05), rng.uniform(0, 0.4), rng.uniform(0, 1.2)))
    at = time.monotonic() + wait
    told = bytearray()
    os.set_blocking(reading, False)
    while time.monotonic() < at:
        told += _read(reading)
        time.sleep(0.001)
    when = time.monotonic()
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise AssertionError("the child failed")
    while more := _read(reading):
        told += more
    os.close(reading)
    whole = len(told) // _TOLD.size * _TOLD.size
    return judged(folder, [*_TOLD.iter_unpack(told[:whole])], when)


def judged(folder: Path, told: list[tuple[int, float, float]], when: float) -> Outcome:
    """What is there of what was handed over; raises where anything is torn."""
    steps = _checked(folder) if (folder / folders.DATABASE).exists() else 0
    lost = [(step, at) for step, at, _ in told if step >= steps]
    late = when - lost[0][1] if lost else 0.0
    return Outcome(len(told), len(lost), late, told[-1][2] if told else 0.0)


def _checked(folder: Path) -> int:
    """How many rows are there, all of them whole."""
    database = Database(folder)
    count = 0
    for row in database.rows():
        assert row.step == count, f"step {row.step} follows {count - 1}"
        _check(row.values, row.step, row.at, folder)
        count += 1
    summary = database.facts("summary")
    assert summary == ({"step": count - 1} if count else {}), f"{summary} after {count} rows"
    whole = database.series(["step"])["step"]
    assert whole.steps.tolist() == whole.values.tolist() == list(range(count))
    database.close()
    return count


def _check(values: Mapping[str, Any], step: int, at: float, folder: Path) -> None:
    expected = values_of(step)
    found = dict(values)
    if step % 250 == 0:
        assert (folder / found.pop("file")).read_bytes() == picture(step)
    assert found == expected, f"step {step}: {found}"
    assert at == 1e9 + step


def _read(pipe: int) -> bytes:
    try:
        return os.read(pipe, 1 << 20)
    except BlockingIOError:
        return b""


def main(count: int, root: Path, seed: int = 6) -> None:
    """Kill so many children; runs are resumed now and then."""
    rng = random.Random(seed)
    worst, lost, handed, runs = 0.0, 0, 0, 0
    folder = root / "0"
    for cycle in range(count):
        if rng.random() < 0.3:
            runs += 1
            folder = root / str(runs)
        try:
            found = killed(folder, rng)
        except (AssertionError, RunError) as reason:
            raise SystemExit(f"cycle {cycle}, {folder}: {reason}") from reason
        handed, lost = handed + found.handed, lost + found.lost
        # A machine that lets the child stand still keeps its writing thread from working, too.
        late = found.late - found.stood
        worst = max(worst, late)
        if late > LATE:
            raise SystemExit(f"cycle {cycle}, {folder}: {found}")
    print(
        f"{count} cycles, {runs + 1} runs, {handed:,} rows handed over, {lost:,} lost, the oldest "
        f"of them {worst:.2f} s before the kill"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
