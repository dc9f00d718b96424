"""Recording that is killed, that finds no room, that is forked: what is lost, and what is not."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from plotkit.errors import RunError
from plotkit.runs import folders, writing
from plotkit.runs.database import Database, Row
from plotkit.runs.writing import Writer

RECORDING = Path(__file__).parent / "crash" / "recording.py"


def start(script: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def ended(process: subprocess.Popen[str], code: int = 0) -> str:
    told, complaints = process.communicate(timeout=120)
    assert process.returncode == code, complaints
    return told


def steps_in(folder: Path) -> list[int]:
    database = Database(folder)
    try:
        return [row.step for row in database.rows()]
    finally:
        database.close()


def until(true: Any, seconds: float = 30) -> None:
    """Wait for something; fails when it does not come."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


# --- killed --------------------------------------------------------------------------------------


@pytest.mark.parametrize("cycles", [10, pytest.param(200, marks=pytest.mark.slow)])
def test_killed_recordings_lose_the_last_half_second_at_most(tmp_path: Path, cycles: int) -> None:
    done = subprocess.run(
        [sys.executable, str(RECORDING), str(cycles), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{cycles} cycles")


LEAVING = """
    import atexit, sys, threading
    from pathlib import Path
    from plotkit.runs.writing import Writer
    writer = Writer(Path(sys.argv[1]))
    atexit.register(writer.close)
    for step in range(20_000):
        writer.row(step, 1.0, {"a": step, "b": step / 3})
    writer.set("summary", {"a": step})
    how = sys.argv[2]
    if how == "an exception":
        raise ValueError("in the training loop")
    if how == "sys.exit":
        sys.exit(3)
    if how == "an exception in a thread":
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
    if how == "Ctrl-C":
        import signal
        signal.raise_signal(signal.SIGINT)
"""


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("the end", 0),
        ("an exception", 1),
        ("sys.exit", 3),
        ("an exception in a thread", 0),
        ("Ctrl-C", -2),
    ],
)
def test_whoever_leaves_in_an_orderly_way_loses_nothing(
    tmp_path: Path, how: str, code: int
) -> None:
    ended(start(LEAVING, tmp_path, how), code)
    assert steps_in(tmp_path) == list(range(20_000))
    assert Database(tmp_path).facts("summary") == {"a": 19_999}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["media", "run.db"]


# --- a full disk ---------------------------------------------------------------------------------

FULL = """
    import json, os, resource, sys, time, warnings
    from pathlib import Path
    from plotkit.errors import RunError
    from plotkit.runs.writing import Writer
    warnings.simplefilter("error")
    told = []
    writer = Writer(Path(sys.argv[1]), told.append)
    def limit(most):
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    def record(first, last):
        for step in range(first, last):
            writer.row(step, 1.0, {f"m{n}": step + n / 7 for n in range(20)}, {"step": step})
            if step % 100 == 0:
                time.sleep(0.001)
    limit(1_000_000)
    record(0, 20_000)
    kept = writer.keep(b"picture" * 200_000, ".bin")
    writer.row(20_000, 1.0, {"file": kept})
    answers = []
    for attempt in (writer.flush, writer.close, writer.close):
        try:
            attempt()
        except RunError as reason:
            answers.append(str(reason))
    assert len(told) == 1, told
    record(20_001, 20_500)
    limit(resource.RLIM_INFINITY)
    if sys.argv[2] == "by itself":
        end = time.monotonic() + 20
        while len(told) < 2 and time.monotonic() < end:
            time.sleep(0.05)
    record(20_500, 21_000)
    writer.close()
    assert len(told) == 2, told
    print(json.dumps([told, answers, kept]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of file sizes")
@pytest.mark.parametrize("how", ["by itself", "by closing"])
def test_without_room_rows_wait_and_the_loop_goes_on(tmp_path: Path, how: str) -> None:
    told, answers, kept = json.loads(ended(start(FULL, tmp_path, how)))
    assert "nothing can be written to" in told[0] and "waits in memory" in told[0]
    assert "nothing is missing" in told[1]
    assert len(answers) == 3
    assert all("rows and 1 media file not written to" in answer for answer in answers)
    assert steps_in(tmp_path) == list(range(21_000))
    assert (tmp_path / kept).read_bytes() == b"picture" * 200_000
    assert Database(tmp_path).facts("summary") == {"step": 20_999}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if shutil.which("mount") is None or not hasattr(os, "getuid") or os.getuid():
        pytest.skip("only root may mount")
    mounted = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if subprocess.run(mounted, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_full(small_disk: Path) -> None:
    told: list[str] = []
    writer = Writer(small_disk / "run", told.append)
    filler = small_disk / "filler"
    writer.row(0, 1.0, {"a": 0, "b": 0, "c": "text 0"})
    writer.flush()
    filler.write_bytes(b"")
    with suppress(OSError), filler.open("r+b", buffering=0) as file:  # until nothing is left
        while True:
            file.write(b"x" * 4096)
    for step in range(30_000):
        writer.row(step, 1.0, {"a": step / 7, "b": step / 3, "c": f"text {step}"})
        if step % 100 == 0:
            time.sleep(0.001)
    with pytest.raises(RunError, match=r"rows not written to .*run\.db': .*full.*make room"):
        writer.close()
    assert len(told) == 1 and "full" in told[0]
    before = steps_in(small_disk / "run")
    assert before == list(range(len(before)))
    filler.unlink()
    until(lambda: len(told) == 2)
    writer.close()
    assert steps_in(small_disk / "run") == list(range(30_000))


def test_a_run_whose_folder_is_gone_breaks_no_loop(tmp_path: Path) -> None:
    told: list[str] = []
    writer = Writer(tmp_path / "run", told.append)
    shutil.rmtree(tmp_path / "run")
    path = writer.keep(b"bytes", ".bin")
    writer.row(0, 1.0, {"file": path})
    with pytest.raises(RunError, match=r"1 row and 1 media file not written"):
        writer.close()
    assert len(told) == 1


def test_a_row_that_no_file_can_hold_keeps_no_other_back(tmp_path: Path) -> None:
    told: list[str] = []
    writer = Writer(tmp_path, told.append)
    for step in (0, 1 << 70, 1):
        writer.row(step, 1.0, {"a": step}, {"a": step})
    writer.close()
    assert steps_in(tmp_path) == [0, 1]
    assert len(told) == 1 and told[0].startswith(f"a row is left out, of step {1 << 70}")


# --- several at once -----------------------------------------------------------------------------

RECORD = """
    import sys, time
    from pathlib import Path
    from plotkit.runs.writing import Writer
    writer = Writer(Path(sys.argv[1]))
    print("begun", flush=True)
    end = time.monotonic() + float(sys.argv[2])
    step = 0
    while time.monotonic() < end:
        writer.row(step, 1e9 + step, {"a": step, "b": -step / 2}, {"a": step})
        step += 1
        if step % 50 == 0:
            time.sleep(0.001)
    writer.close()
    print(step)
"""


def test_a_reader_sees_whole_rows_while_another_process_writes(tmp_path: Path) -> None:
    recording = start(RECORD, tmp_path, 1.5)
    assert recording.stdout and recording.stdout.readline() == "begun\n"
    database = Database(tmp_path)
    versions, counts = set(), []
    while recording.poll() is None:
        versions.add(database.version())
        found = database.series(["a", "b"])
        assert (found["a"].values == found["a"].steps).all()
        assert (found["b"].values == -found["a"].values / 2).all()
        assert (found["a"].at == 1e9 + found["a"].steps).all()
        counts.append(len(found["a"].values))
        rows = [row.step for row in database.rows()]
        assert rows == list(range(len(rows))) and len(rows) >= counts[-1]
        summary, last = database.facts("summary"), database.last_step()
        assert not summary or summary["a"] <= (last or 0)
    total = int(ended(recording))
    assert len(list(database.rows())) == total
    assert counts == sorted(counts) and len(set(counts)) > 1 and len(versions) > 1
    database.close()


def test_two_runs_of_one_project_at_once(tmp_path: Path) -> None:
    both = [start(RECORD, tmp_path / "project" / name, 0.7) for name in ("one", "two")]
    totals = [int(ended(process).split()[-1]) for process in both]
    for name, total in zip(("one", "two"), totals, strict=True):
        assert steps_in(tmp_path / "project" / name) == list(range(total))


def test_threads_share_a_writer(tmp_path: Path) -> None:
    writer = Writer(tmp_path)

    def record(first: int) -> None:
        for step in range(first, 8000, 4):
            writer.row(step, 1.0, {"a": step})
            writer.set("config", {f"thread{first}": step})

    threads = [threading.Thread(target=record, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert steps_in(tmp_path) == list(range(8000))
    assert Database(tmp_path).facts("config") == {f"thread{n}": 7996 + n for n in range(4)}


def test_a_forked_child_is_told_to_log_elsewhere(tmp_path: Path) -> None:
    script = """
        import os, sys
        from pathlib import Path
        from plotkit.errors import RunError
        from plotkit.runs.writing import Writer
        writer = Writer(Path(sys.argv[1]))
        for step in range(10_000):
            writer.row(step, 1.0, {"a": step})
        if not os.fork():
            for call in (
                lambda: writer.row(1, 1.0, {"a": 1}), lambda: writer.set("config", {"a": 1}),
                lambda: writer.keep(b"x", ".bin"), writer.flush,
            ):
                try:
                    call()
                except RunError as reason:
                    assert "forked from" in str(reason) and "pk.init()" in str(reason)
                else:
                    os._exit(1)
            writer.close()
            own = Writer(Path(sys.argv[1]) / "child")
            own.row(0, 1.0, {"a": 1})
            own.close()
            sys.exit(0)
        assert os.wait()[1] == 0
        for step in range(10_000, 20_000):
            writer.row(step, 1.0, {"a": step})
        writer.close()
    """
    ended(start(script, tmp_path))
    assert steps_in(tmp_path) == list(range(20_000))
    assert steps_in(tmp_path / "child") == [0]


# --- in one process ------------------------------------------------------------------------------


def test_rows_are_on_the_disk_soon_without_being_asked_for(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    reader = Database(tmp_path)
    late = []
    for step in range(5):
        writer.row(step, 1.0, {"a": step}, {"a": step})
        begun = time.monotonic()
        until(lambda step=step: reader.last_step() == step)
        late.append(time.monotonic() - begun)
        assert reader.facts("summary") == {"a": step}
        time.sleep(random.uniform(0, 0.1))
    assert min(late) < 0.3
    writer.close()


def test_a_closed_writer_takes_nothing_and_may_be_closed_again(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    writer.row(0, 1.0, {"a": 1})
    writer.close()
    writer.close()
    for call in (lambda: writer.row(1, 1.0, {"a": 1}), writer.flush):
        with pytest.raises(RunError, match=r"the run has finished.*pk\.init\(\)"):
            call()
    assert steps_in(tmp_path) == [0]
    assert not writer._thread.is_alive()


def test_equal_bytes_are_one_file(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    one, same, other = (writer.keep(content, ".png") for content in (b"a", b"a", b"b"))
    assert one == same != other
    (tmp_path / one).write_bytes(b"")  # what a power cut may leave
    assert writer.keep(b"a", ".png") == one
    assert (tmp_path / one).read_bytes() == b"a"
    writer.close()
    assert len(list((tmp_path / folders.MEDIA).iterdir())) == 2


def test_a_loop_that_is_faster_than_the_disk_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, most = Database.write, 0

    def slow(self: Database, rows: Any = (), facts: Any = None) -> None:
        time.sleep(0.02)
        real(self, rows, facts)

    monkeypatch.setattr(Database, "write", slow)
    monkeypatch.setattr(writing, "MOST_VALUES", 1000)
    writer = Writer(tmp_path)
    for step in range(5000):
        writer.row(step, 1.0, {"a": step})
        most = max(most, writer._waiting_values)
    writer.close()
    assert most < 1100
    assert steps_in(tmp_path) == list(range(5000))


def test_what_is_set_twice_is_written_once_and_forgotten_facts_are_gone(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    writer.set("summary", {"a": 1, "b": 1})
    writer.flush()
    writer.set("summary", {"a": 2})
    writer.forget("summary", ["b"])
    writer.set("summary", {"c": 1})
    writer.forget("summary", ["c"])
    writer.set("summary", {"a": 3})
    writer.close()
    assert Database(tmp_path).facts("summary") == {"a": 3}


def test_a_run_is_gone_on_with(tmp_path: Path) -> None:
    for start_at in range(0, 12_000, 3000):
        writer = Writer(tmp_path)
        for step in range(max(start_at - 10, 0), start_at + 3000):
            writer.row(step, 1.0, {"a": step, f"part{start_at}": 1})
        writer.close()
    database = Database(tmp_path)
    rows = list(database.rows())
    assert [row.step for row in rows] == list(range(12_000))
    assert rows[2995] == Row(2995, 1.0, {"a": 2995, "part0": 1, "part3000": 1})
    assert database.known()["a"].count == 12_000
    assert database.known()["part3000"].count == 3010
