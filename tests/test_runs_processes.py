"""Runs in processes of multiprocessing, in signal handlers, and as other processes see them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from run_made import script

import plotkit as pk
from plotkit.runs import process
from plotkit.runs.writing import Writer

WAYS = [
    way
    for way in ("fork", "forkserver", "spawn")
    if sys.platform != "win32" or way == "spawn"
]  # fmt: skip


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLOTKIT_DIR", str(tmp_path / "runs"))
    return tmp_path / "runs"


def program(folder: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A script in a file, which processes that are not forked can import."""
    (folder / "main.py").write_text(text)
    return subprocess.run(
        [sys.executable, "main.py", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


# --- how workers end ------------------------------------------------------------------------------

WORKERS = """
import concurrent.futures, multiprocessing, os, sys
import plotkit as pk
ENDS = {"raises": "1 / 0", "exits": "sys.exit(0)", "exits with 3": "sys.exit(3)", "": ""}
def work(id, rows, end=""):
    pk.init(project="alone", id=id)
    for step in range(rows):
        pk.log({"a": step})
    exec(ENDS[end])
def part(number):
    if pk.run is None:
        pk.init(project="pool", id=f"{os.getpid()}")
    pk.log({"number": number})
def in_executor(number):
    if pk.run is None:
        pk.init(project="executor", id=f"{os.getpid()}")
    pk.log({"number": number})
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    each = [("none", 0), ("one", 1), ("many", 20_000)]
    each += [(end, 3, end) for end in ENDS if end]
    workers = [context.Process(target=work, args=args) for args in each]
    for worker in workers: worker.start()
    for worker in workers: worker.join()
    pool = context.Pool(2)
    pool.map(part, range(20), 1)
    pool.close()
    pool.join()
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as executor:
        list(executor.map(in_executor, range(20)))
"""


@pytest.mark.parametrize("way", WAYS)
def test_workers_end_their_runs(way: str, tmp_path: Path) -> None:
    found = program(tmp_path, WORKERS, way)
    assert found.returncode == 0, found.stderr
    api = pk.Api()
    ended = {run.id: (run.state, run.database.last_step()) for run in api.runs("alone")}
    assert ended == {
        "none": ("finished", None),
        "one": ("finished", 0),
        "many": ("finished", 19_999),
        "raises": ("failed", 2),
        "exits": ("finished", 2),
        "exits with 3": ("failed", 2),
    }
    for project in ("pool", "executor"):
        runs = api.runs(project)
        assert {run.state for run in runs} == {"finished"}
        numbers = [row["number"] for run in runs for row in run.history.rows()]
        assert sorted(numbers) == list(range(20))


def test_a_worker_leaves_the_run_of_its_parent_alone(tmp_path: Path) -> None:
    text = (
        "import multiprocessing, plotkit as pk\n"
        "def work():\n"
        "    with pk.init(project='p', id='child'): pk.log({'b': 2})\n"
        "if __name__ == '__main__':\n"
        "    pk.init(project='p', id='parent')\n"
        "    pk.log({'a': 1})\n"
        "    for _ in range(2):\n"
        "        worker = multiprocessing.Process(target=work if _ else print)\n"
        "        worker.start(); worker.join()\n"
        "    print(pk.run.state)\n"
        "    pk.log({'a': 2})\n"
    )
    found = program(tmp_path, text)
    assert found.stdout.split() == ["running"], found.stderr
    assert [row["a"] for row in pk.Api().run("p/parent").history.rows()] == [1, 2]
    assert [row["b"] for row in pk.Api().run("p/child").history.rows()] == [2]
    assert pk.Api().run("p/parent").state == "finished"


@pytest.mark.parametrize("way", WAYS)
def test_a_worker_that_imports_the_script_warns_of_its_run(way: str, tmp_path: Path) -> None:
    text = (
        "import multiprocessing, sys, plotkit as pk\n"
        "pk.init(project='p')\n"
        "def work(): pk.log({'worker': 1})\n"
        "if __name__ == '__main__':\n"
        "    worker = multiprocessing.get_context(sys.argv[1]).Process(target=work)\n"
        "    worker.start(); worker.join()\n"
        "    pk.log({'loss': 1})\n"
    )
    found = program(tmp_path, text, way)
    told = [line for line in found.stderr.splitlines() if "worker process imports" in line]
    if way == "fork":
        assert not told
        return
    assert len(told) == 1, found.stderr
    assert "main.py:2: RunWarning" in told[0] and "if __name__ == '__main__':" in told[0]
    assert {run.state for run in pk.Api().runs("p")} == {"finished"}


# --- what others see ------------------------------------------------------------------------------


def test_a_run_that_begins_is_running_from_the_first_moment(root: Path) -> None:
    text = (
        "import plotkit as pk, time\n"
        "for number in range(5):\n"
        "    with pk.init(project='p', id=f'r{number}', config={'n': number}):\n"
        "        time.sleep(0.2)\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", text], stderr=subprocess.PIPE)
    seen: dict[str, list[str]] = {}
    while worker.poll() is None:
        for path in sorted(root.glob("p/*/run.db")):
            states = seen.setdefault(path.parent.name, [])
            record = pk.Api().run(f"p/{path.parent.name}")
            state = record.state
            if state not in states[-1:]:
                states.append(state)
            assert record.meta["pid"] == worker.pid
        time.sleep(0.001)
    worker.communicate()
    assert list(seen) == [f"r{number}" for number in range(5)]
    assert all(states in (["running"], ["running", "finished"]) for states in seen.values()), seen


def test_a_run_that_says_nothing_of_itself_begins(root: Path) -> None:
    folder = root / "p" / "one"
    Writer(folder).close()
    record = pk.Api().run("p/one")
    assert record.meta == {}
    assert record.state == "running"
    long_ago = time.time() - process.SILENCE - 10
    os.utime(folder / "run.db", (long_ago, long_ago))
    assert record.state == "crashed"


def test_a_run_that_goes_on_has_not_ended() -> None:
    with pk.init(project="p", id="one"):
        pk.log({"a": 1})
    with pk.init(project="p", id="one", resume="must"):
        found = pk.Api().run("p/one")
        assert found.state == "running"
        assert "ended" not in found.meta


# --- signals --------------------------------------------------------------------------------------

# A signal after some of the lines that one of our modules, or one of Python's, runs for us.
SIGNALS = """
import signal, sys, threading
import plotkit as pk
from plotkit.errors import RunError
def traced(name, at, handler, work):
    lines, inside = 0, False
    def hear(*_):
        nonlocal inside
        inside = True
        try: handler()
        finally: inside = False
    signal.signal(signal.SIGUSR1, hear)
    def trace(frame, event, _):
        nonlocal lines
        if name in frame.f_code.co_filename and event == "line" and not inside:
            lines += 1
            if at(lines): signal.raise_signal(signal.SIGUSR1)
        return trace
    sys.settrace(trace)
    try: work()
    finally: sys.settrace(None)
    return lines
"""


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="no such signals here")
@pytest.mark.parametrize(
    "name", ["runs/run.py", "runs/writing.py", "runs/remarks.py", "threading.py"]
)
def test_a_signal_handler_may_log_at_any_line(name: str) -> None:
    each = 1 if name == "threading.py" else 3
    found = script(
        SIGNALS
        + f"""
run = pk.init(project="p", id="one")
heard = 0
def handler():
    global heard
    pk.log({{"signal": heard}})
    heard += 1
def work():
    for step in range(100):
        pk.log({{"a": step, "b": None if step % 2 else step}})
        run.summary["best"] = step
        if step % 20 == 0: run.history.table()
traced({name!r}, lambda lines: lines % {each} == 0 and heard < 300, handler, work)
print(heard)
"""
    )
    heard = int(found.stdout or 0)
    assert heard > 5 or name == "threading.py", found.stderr
    rows = list(pk.Api().run("p/one").history.rows())
    assert [row["signal"] for row in rows if "signal" in row] == list(range(heard))
    assert [row["a"] for row in rows if "a" in row] == list(range(100))


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="no such signals here")
@pytest.mark.parametrize("name", ["runs/run.py", "runs/writing.py", "threading.py"])
def test_a_signal_handler_may_end_the_run_at_any_line(name: str) -> None:
    found = script(
        SIGNALS
        + f"""
def work():
    try:
        for step in range(2): pk.log({{"a": step}})
    except RunError as reason:  # it ended in the midst of this call, or before
        assert "has ended" in str(reason) or "is closed" in str(reason), reason
    pk.finish(quiet=True)
number = lines = 0
while number <= lines:
    number += 1
    pk.init(project="p", id=f"r{{number}}")
    at = number
    handler = lambda: pk.finish(quiet=True)
    lines = traced({name!r}, lambda lines: lines == at, handler, work)
    assert pk.run is None
print(number)
"""
    )
    assert found.returncode == 0, found.stderr
    runs = pk.Api().runs("p")
    assert len(runs) == int(found.stdout) > 2
    assert "is written again" not in found.stderr and "nothing can be written" not in found.stderr
    assert {run.state for run in runs} == {"finished"}
    for run in runs:
        steps = [row["_step"] for row in run.history.rows()]
        assert steps == list(range(len(steps)))
