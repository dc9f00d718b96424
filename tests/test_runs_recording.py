"""How runs begin, go on and end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from run_made import first, logged, script

import plotkit as pk
from plotkit import instead
from plotkit.errors import OptionError, RunError
from plotkit.runs import current, process


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PLOTKIT_DIR", str(tmp_path / "runs"))
    monkeypatch.setattr(current, "_open", None)
    yield tmp_path / "runs"
    pk.finish(quiet=True)


# --- the current run ------------------------------------------------------------------------------


def test_no_run() -> None:
    assert pk.run is None
    for use in (lambda: pk.config.lr, lambda: pk.config["lr"], lambda: dict(pk.config)):
        with pytest.raises(RunError, match=r"pk.config belongs to a run.*pk.init"):
            use()
    with pytest.raises(RunError, match=r"pk\.summary"):
        pk.summary["x"] = 1
    assert hasattr(pk, "config") and repr(pk.config)
    pk.finish()


def test_log_without_a_run_begins_one(capsys: pytest.CaptureFixture[str]) -> None:
    pk.log({"loss": 1})
    assert pk.run is not None
    assert pk.run.project == "uncategorized"
    assert pk.run.name == pk.run.id
    assert f"uncategorized/{pk.run.id} begins in" in capsys.readouterr().err


def test_another_run_ends_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    one = pk.init(project="p", name="one")
    pk.log({"a": 1}, commit=False)
    two = pk.init(project="p")
    assert pk.run is two
    assert one.state == "finished"
    assert first(one) == {"a": 1}
    assert f"{one.path} ends here" in capsys.readouterr().err


def test_logging_after_the_end() -> None:
    run = logged({"a": 1})
    for call in (run.log, pk.log, lambda data: run.history.add(data)):
        with pytest.raises(RunError, match=r"has ended.*resume='allow'"):
            call({"b": 1})
    with pytest.raises(RunError, match="has ended"):
        run.define_metric("x")
    run.finish()
    assert pk.run is None


def test_finish_says_where_the_run_lies_and_what_was_dropped(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = pk.init(project="p", id="one")
        pk.log({"a": None}, step=5)
        pk.log({"a": 1}, step=2)
        pk.log({"a": 1}, step=2)
    pk.finish()
    pk.finish()
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "plotkit: run p/one finished, last step 5; 1 None; 2 dropped as their step was past. "
        "runs/p/one"
    ]
    assert run.state == "finished"


@pytest.mark.parametrize("name", ["digits", "損失 2", "My Project", "v1.2_x-y", "émile"])
def test_projects_and_ids_in_any_script(name: str, root: Path) -> None:
    run = pk.init(project=name, id=name, name="../any / name")
    assert run.folder == root / name / name
    assert (run.project, run.id, run.name) == (name, name, "../any / name")
    assert pk.Api().run(f"{name}/{name}").folder == run.folder


@pytest.mark.parametrize(
    "bad",
    ["", " ", "a/b", "..", "../x", "a\\b", "C:x", "~", ".hidden", "-x", "nul", "COM1.txt", "a\0b",
     "x" * 101, "a\nb", "a.", " a", "latest", 3, "a:b"],
)  # fmt: skip
@pytest.mark.parametrize("what", ["project", "id"])
def test_names_that_name_no_folder(bad: Any, what: str, root: Path) -> None:
    with pytest.raises(RunError, match=f"{what}="):
        pk.init(**{what: bad})
    assert not root.exists() or not any(root.iterdir())


def test_resume(capsys: pytest.CaptureFixture[str]) -> None:
    logged({"loss": 1}, id="one", name="first", config={"lr": 1, "seed": 2})
    with pytest.raises(RunError, match="resume='allow'"):
        pk.init(project="p", id="one")
    with pytest.raises(RunError, match="resume='allow'"):
        pk.init(project="p", id="one", resume="never")
    with pytest.raises(RunError, match="Did you mean 'p/one'"):
        pk.init(project="p", id="onee", resume="must")
    with pytest.raises(OptionError, match="also id="):
        pk.init(project="p", resume="must")
    with pytest.raises(OptionError, match="resume='yes'"):
        pk.init(project="p", resume="yes")
    with pk.init(project="p", id="one", resume="allow", config={"lr": 3}) as run:
        assert (run.name, run.step) == ("first", 1)
        assert run.summary == {"loss": 1}
        assert run.config == {"lr": 3, "seed": 2}
        assert run.state == "running"
        run.log({"acc": 1})
    assert run.summary == {"loss": 1, "acc": 1}
    with pk.init(project="p", id="two", resume="allow") as run:
        assert run.step == 0


@pytest.mark.parametrize("resume", [True, "auto"])
def test_resume_what_did_not_finish(resume: Any) -> None:
    logged({"a": 1}, id="done")
    assert pk.init(project="p", resume=resume).id != "done"
    pk.run.finish(exit_code=1)
    assert pk.run is None
    failed = pk.init(project="p", resume=resume)
    assert failed.meta["state"] == "running"
    pk.finish()
    assert pk.init(project="p", resume=resume).id not in ("done", failed.id)


def test_a_run_that_is_recorded_elsewhere_is_left_alone(root: Path) -> None:
    text = (
        "import plotkit as pk, sys\n"
        "pk.init(project='p', id='one'); pk.log({'a': 1}); pk.run.database; print(1, flush=True)\n"
        "sys.stdin.read()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", text],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert other.stdin is not None and other.stdout is not None
    try:
        other.stdout.readline()
        assert pk.Api().run("p/one").state == "running"
        with pytest.raises(RunError, match=f"recorded by process {other.pid}"):
            pk.init(project="p", id="one", resume="allow")
        other.kill()
        other.wait(30)
        assert pk.Api().run("p/one").state == "crashed"
        with pk.init(project="p", resume=True) as run:
            assert (run.id, run.step) == ("one", 1)
    finally:
        other.kill()
        other.wait(30)
        other.stdin.close()
        other.stdout.close()
    assert pk.Api().run("p/one").state == "finished"


def test_signs_of_life() -> None:
    here = process.facts()
    assert process.is_alive(here)
    assert not process.is_alive({**here, "pid_started": "0"})
    elsewhere = {**here, "machine": "another"}
    assert process.is_alive(elsewhere)
    assert not process.is_alive({**elsewhere, "seen": here["seen"] - process.SILENCE - 1})


def test_arguments_of_wandb(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setattr(current, "_told", set())
    with pk.init(
        project="p", entity="me", mode="online", reinit=True, tags=["a", "b"], notes="why",
        group="g", job_type="train", save_code=None,
    ) as run:  # fmt: skip
        pass
    with pk.init(project="p", entity="me", tags="one"):
        pass
    said = [line for line in capsys.readouterr().err.splitlines() if "no effect" in line]
    assert said == [
        "plotkit: init(entity=, mode=) has no effect: runs stay in this folder, and nothing is "
        "sent anywhere",
        "plotkit: init(reinit=) has no effect: a second init ends the first run",
    ]
    record = pk.Api().run(run.path)
    assert record.tags == ["a", "b"]
    assert {name: record.meta[name] for name in ("notes", "group", "job_type")} == {
        "notes": "why", "group": "g", "job_type": "train",
    }  # fmt: skip
    with pytest.raises(OptionError, match="Did you mean 'project'"):
        pk.init(projekt="p")
    for bad in (5, {"a": 1}, b"a"):
        with pytest.raises(OptionError, match=r"^tags=.*: expected texts, such as"):
            pk.init(project="p", tags=bad)


def test_what_is_said_of_a_run_can_be_set(root: Path) -> None:
    with pk.init(project="p", id="one", name="n", group="g", job_type="train") as run:
        assert (run.tags, run.resumed, run.entity) == ((), False, "")
        assert (run.group, run.job_type) == ("g", "train")
        run.name = "better"
        run.tags = ["a"]
        run.tags += ("b",)
        run.tags = run.tags + ("c",)  # noqa: RUF005 - as scripts do
        run.notes = "why"
        assert run.notes == [] and run.meta["notes"] == "why"
        assert (run.name, run.tags) == ("better", ("a", "b", "c"))
        assert Path(run.dir) == run.folder == Path(url2pathname(urlsplit(run.url).path))
        record = pk.Api().run(f"{run.entity}/{run.project}/{run.id}")
        for name, bad in (("tags", 5), ("name", 5), ("notes", ["x"])):
            with pytest.raises(OptionError, match=f"^{name}="):
                setattr(run, name, bad)
    assert (record.name, record.tags, record.meta["notes"]) == ("better", ["a", "b", "c"], "why")
    assert (record.group, record.job_type, record.url) == ("g", "train", run.url)
    with pytest.raises(RunError, match="has ended"):
        run.name = "late"
    with pk.init(project="p", id="one", resume="allow") as again:
        assert again.resumed
        assert again.tags == ("a", "b", "c")
        again.name = None
    assert pk.Api().run("p/one").name == "one"


def test_a_disabled_run_leaves_nothing(root: Path) -> None:
    with pk.init(project="p", mode="disabled") as run:
        run.log({"a": 1})
        assert run.history.table().get_column("a") == [1]
    assert not root.exists()
    found = script(
        "import plotkit as pk\n"
        "for _ in range(2):\n"
        "    run = pk.init(mode='disabled')\n"
        "    pk.log({'a': 1})\n"
        "    print(run.folder.parent.parent)\n"
    )
    made = found.stdout.split()
    assert len(made) == 2, found.stderr
    assert not any(Path(folder).exists() for folder in made)


def test_a_script_that_removes_the_folder_it_is_in(root: Path, tmp_path: Path) -> None:
    found = script(
        "import os, plotkit as pk\n"
        "os.mkdir('work'); os.chdir('work')\n"
        "run = pk.init(project='p', id='one')\n"
        "os.rmdir('../work')\n"
        "pk.log({'a': 1})\n"
        "run.finish()\n",
        cwd=tmp_path,
    )
    assert found.returncode == 0, found.stderr
    assert str(root / "p" / "one") in found.stderr
    assert pk.Api().run("p/one").state == "finished"


def test_what_is_not_there_says_what_is() -> None:
    with pytest.raises(AttributeError, match=r"pk\.Histogram"):
        _ = pk.watch
    with pytest.raises(AttributeError, match=r"'nothing_of_this_name'$"):
        _ = pk.nothing_of_this_name
    of_the_module = ["util", "Classes", "use_artifact", "termlog", "AlertLevel", "sklearn"]
    for name in [*of_the_module, "Artifact", "sweep", "agent"]:
        with pytest.raises(AttributeError, match=rf"{name!r}\. \S.*\.$"):
            getattr(pk, name)
    run = logged({"a": 1})
    of_a_run = ["log_artifact", "log_code", "use_artifact", "mark_preempting", "watch", "save"]
    for name in [*of_a_run, "alert"]:
        assert not hasattr(run, name)
        with pytest.raises(AttributeError, match=rf"a run has no attribute {name!r}\. \S.*\.$"):
            getattr(run, name)
    with pytest.raises(AttributeError, match=r"'nothing_of_this_name'$"):
        _ = run.nothing_of_this_name
    # What they name is there.
    for told in (*instead.MODULE.values(), *instead.RUN.values()):
        for name in re.findall(r"pk\.(\w+)", told):
            assert hasattr(pk, name), told
        for name in re.findall(r"run\.(\w+)", told):
            assert hasattr(run, name), told


# --- how programs end -----------------------------------------------------------------------------

ENDS = {
    "falls off its end": ("", 0, "finished"),
    "raises": ("raise ValueError('no')", 1, "failed"),
    "Ctrl-C": ("raise KeyboardInterrupt", -2, "failed"),
    "exits": ("import sys; sys.exit(0)", 0, "finished"),
    "is killed": ("import os; run.database; os.kill(os.getpid(), 9)", -9, "crashed"),
    "raises inside with": ("with run: 1/0", 1, "failed"),
    "exits inside with": ("import sys\nwith run: sys.exit(3)", 3, "failed"),
}


@pytest.mark.parametrize("how", ENDS)
def test_a_program_that(how: str) -> None:
    last, code, state = ENDS[how]
    text = (
        "import plotkit as pk\n"
        "run = pk.init(project='p', id='one')\n"
        "for step in range(10): pk.log({'loss': step}, step=step)\n"
    )
    found = script(text + last)
    assert found.returncode == code, found.stderr
    record = pk.Api().run("p/one")
    assert record.state == state
    steps = [row["_step"] for row in record.history.rows()]
    assert steps == list(range(9 if state == "crashed" else 10))
    if state != "crashed":
        assert f"plotkit: run p/one {state}" in found.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_records_nothing_and_harms_nothing() -> None:
    text = """
import os, sys, warnings
import plotkit as pk
run = pk.init(project="p", id="one")
pk.log({"a": 1})
run.database  # it is on the disk
child = os.fork()
if child == 0:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        pk.log({"b": 2}); pk.log({"b": 3})
    assert len(told) == 1 and "forked" in str(told[0].message), told
    pk.finish()
    assert list(run.history.rows())[0]["a"] == 1
    with pk.init(project="p", id="two"):
        pk.log({"own": 1})
    sys.exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
pk.log({"a": 2})
"""
    found = script(text)
    assert found.returncode == 0, found.stderr
    record = pk.Api().run("p/one")
    assert record.state == "finished"
    assert [row["a"] for row in record.history.rows()] == [1, 2]
    assert record.history.keys() == ["a"]
    assert first(pk.Api().run("p/two")) == {"own": 1}


def test_a_signal_handler_may_log_in_the_midst_of_a_call() -> None:
    found = script(
        "import signal, sys, plotkit as pk\n"
        "run = pk.init(project='p', id='one')\n"
        "heard = 0\n"
        "def hear(*_):\n"
        "    global heard\n"
        "    pk.log({'signal': heard})\n"
        "    heard += 1\n"
        "signal.signal(signal.SIGUSR1, hear)\n"
        # A signal after each fifth line that our code runs.
        "lines = 0\n"
        "def trace(frame, event, _):\n"
        "    global lines\n"
        "    if 'runs/run.py' in frame.f_code.co_filename and heard < 500:\n"
        "        lines += event == 'line'\n"
        "        if lines % 5 == 4 and frame.f_back.f_code is not hear.__code__:\n"
        "            lines += 1\n"
        "            signal.raise_signal(signal.SIGUSR1)\n"
        "    return trace\n"
        "sys.settrace(trace)\n"
        "for step in range(200): pk.log({'a': step, 'b': step})\n"
        "sys.settrace(None)\n"
        "print(heard)\n"
    )
    heard = int(found.stdout or 0)
    assert heard > 100, found.stderr
    rows = list(pk.Api().run("p/one").history.rows())
    assert [row["signal"] for row in rows if "signal" in row] == list(range(heard))
    assert [(row["a"], row["b"]) for row in rows if "a" in row] == [(k, k) for k in range(200)]


def test_many_threads() -> None:
    with pk.init(project="p") as run:

        def work(name: str) -> None:
            for value in range(200):
                run.log({name: value})
                run.summary[f"best.{name}"] = value
                dict(run.summary)

        threads = [threading.Thread(target=work, args=(f"t{i}",)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    rows = list(run.history.rows())
    assert [row["_step"] for row in rows] == list(range(800))
    for i in range(4):
        assert [row[f"t{i}"] for row in rows if f"t{i}" in row] == list(range(200))
