"""`plotkit runs ...` and `plotkit report RUN`, run as their users run them."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

import plotkit as pk


def recorded(root: Path, id: str, lr: float, name: str | None = None, steps: int = 5) -> None:
    """A small run: a loss that falls by the learning rate."""
    config = {"lr": lr, "model": {"kind": "mlp", "layers": [4, 2]}, "seed": 1}
    with pk.init(project="p", name=name, id=id, dir=root, config=config) as run:
        run.define_metric("acc", summary="max")
        for step in range(steps):
            run.log({"loss": 1.0 - lr * step, "acc": [0.1, 0.9, 0.4, 0.5, 0.6][step % 5]})


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs that no test changes."""
    root = tmp_path_factory.mktemp("kept")
    recorded(root, "one", 0.1, "first")
    recorded(root, "two", 0.01)
    with pk.init(project="q", id="three", dir=root) as run:
        run.log({"note": "失敗", "picture": pk.Image(pixels())})
        run.log({"note": "done", "picture": [pk.Image(pixels()), pk.Image(pixels())]})
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of runs to delete from."""
    made = tmp_path / "runs"
    recorded(made, "one", 0.1, "first")
    recorded(made, "two", 0.01)
    return made


def pixels() -> Any:
    import numpy as np

    return np.zeros((4, 6), dtype="uint8")


class Done(NamedTuple):
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


def cli(*arguments: object, dir: Path | None = None, cwd: Path | None = None) -> Done:
    """A command, run in this process: starting Python a hundred times would take minutes."""
    from plotkit.cli import app

    home = {"PLOTKIT_DIR": str(dir) if dir is not None else None, "COLUMNS": "120"}
    with contextlib.chdir(cwd or "."):
        made = CliRunner().invoke(app, [str(one) for one in arguments], env=home)
    assert made.exception is None or isinstance(made.exception, SystemExit), made.exception
    return Done(made.exit_code, made.stdout, made.stderr)


# --- list and show -------------------------------------------------------------------------------


def test_list_is_an_aligned_table_where_it_is_piped(kept: Path) -> None:
    done = cli("runs", "list", "p", "--order", "config.lr", dir=kept)
    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.splitlines()
    assert head.split() == [
        "run",
        "name",
        "state",
        "began",
        "(UTC)",
        "took",
        "steps",
        "acc.max",
        "loss",
    ]
    assert [row.split()[0] for row in rows] == ["two", "one"]
    assert rows[1].split()[1:3] == ["first", "finished"]
    assert rows[1].endswith("  0.9   0.6")
    at = head.index("state")
    assert {row[at : at + 8] for row in rows} == {"finished"}


def test_list_filters_orders_and_gives_json(kept: Path) -> None:
    def ids(*arguments: str) -> list[str]:
        done = cli("runs", "list", *arguments, "--json", dir=kept)
        assert done.returncode == 0, done.stderr
        return [run["id"] for run in json.loads(done.stdout)]

    assert set(ids()) == {"one", "two", "three"}
    assert ids("--filter", "config.lr<0.1") == ["two"]
    assert ids("--filter", "config.lr >= 0.01", "--filter", "config.lr<0.1") == ["two"]
    assert ids("--filter", "name=first") == ["one"]
    assert ids("p", "--order", "-summary.loss") == ["two", "one"]
    assert ids("p", "--order", "summary.loss") == ["one", "two"]
    assert ids("--filter", "config.model.kind=mlp", "--filter", "id!=one") == ["two"]


def test_the_latest_comes_first(kept: Path) -> None:
    done = cli("runs", "list", "--json", dir=kept)
    assert [run["id"] for run in json.loads(done.stdout)] == ["three", "two", "one"]


def test_json_is_exact(kept: Path) -> None:
    (found,) = json.loads(cli("runs", "list", "--filter", "id=one", "--json", dir=kept).stdout)
    assert found["summary"] == {"loss": 0.6, "acc.max": 0.9}
    assert found["config"] == {
        "lr": 0.1, "model.kind": "mlp", "model.layers": [4, 2], "seed": 1,
    }  # fmt: skip
    assert (found["state"], found["steps"], found["name"]) == ("finished", 5, "first")


def test_keys_choose_columns(kept: Path) -> None:
    done = cli("runs", "list", "p", "--keys", "lo*", dir=kept)
    assert done.stdout.splitlines()[0].split()[-2:] == ["steps", "loss"]


def test_show_says_all_of_a_run(kept: Path) -> None:
    done = cli("runs", "show", "p/one", dir=kept)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "first  p/one"
    assert lines[1].startswith("Finished · ")
    assert "5 steps" in lines[1]
    assert "lr            0.1" in lines
    acc = next(line for line in lines if line.startswith("acc"))
    assert acc.split("  ")[-5:] != []
    assert "0.9 @ 1" in acc
    assert "0.1 @ 0" in acc


def test_show_as_json_has_every_metric(kept: Path) -> None:
    found = json.loads(cli("runs", "show", "one", "--json", dir=kept).stdout)
    assert found["metrics"]["acc"] == {
        "kind": "number", "count": 5, "first_step": 0, "last_step": 4, "last": 0.6,
        "min": {"value": 0.1, "step": 0}, "max": {"value": 0.9, "step": 1},
        "best": {"value": 0.9, "step": 1},
    }  # fmt: skip
    other = json.loads(cli("runs", "show", "three", "--json", dir=kept).stdout)
    assert other["metrics"]["picture"]["kind"] == "image"


@pytest.mark.parametrize(
    "asked", ["p/one", "carey/p/one", "one", "first", "p/first", "{root}/p/one"]
)
def test_a_run_is_called_in_many_ways(kept: Path, asked: str) -> None:
    done = cli("runs", "show", asked.format(root=kept), "--json", dir=kept)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["id"] == "one"


def test_latest(kept: Path) -> None:
    assert json.loads(cli("runs", "show", "p/latest", "--json", dir=kept).stdout)["id"] == "two"
    found = cli("runs", "show", "latest", "--json", "--dir", kept)
    assert json.loads(found.stdout)["id"] == "three"


def test_a_name_that_two_runs_have(tmp_path: Path) -> None:
    recorded(tmp_path, "a1", 0.1, "twin", 1)
    recorded(tmp_path, "b2", 0.1, "twin", 1)
    done = cli("runs", "show", "twin", dir=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "plotkit: 'twin' is 2 runs: 'p/a1', 'p/b2'. Give one of these.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "p/on"), "plotkit: no run 'p/on' in "),
        (("show", "p/on"), "Did you mean 'p/one'?"),
        (("list", "--filter", "lr"), "plotkit: --filter='lr': expected NAME<VALUE"),
        (("list", "--filter", "lr<1"), "plotkit: runs have no 'lr' to filter or order by. Did you"),
        (
            ("list", "--filter", "lr<1"),
            "Did you mean 'config.lr'? There: config.NAME, summary.NAME",
        ),
        (("list", "--order", "-los"), "Did you mean 'summary.loss'?"),
        (("list", "pp"), "plotkit: no project 'pp'. Did you mean 'p'? There: 'p', 'q'."),
        (("compare", "one"), "plotkit: RUN=['one']: expected two runs or more"),
        (("compare", "one", "two", "-o", "x.png"), "plotkit: x.png is one chart, and nothing says"),
        (
            ("compare", "one", "two", "-o", "x.png"),
            "Add -k 'acc', or save a report of all: -o x.html.",
        ),
        (("show", "p"), "'p' is a project of 2 runs; one run is needed: p/latest, or one"),
        (("delete", "p", "--yes"), "'p' is a project of 2 runs"),
        (("compare", "pp"), "plotkit: no run 'pp' in "),
        (("export", "one", "-o", "x.xlsx"), "cannot tell the format of 'x.xlsx'"),
        (("export", "one", "-o", "x.csv", "--keys", "los"), "Did you mean 'loss'?"),
    ],
)
def test_errors_are_one_line(
    kept: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = cli("runs", *arguments, dir=kept, cwd=tmp_path)
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_list_is_said(kept: Path, tmp_path: Path) -> None:
    empty = cli("runs", "list", dir=tmp_path)
    assert (empty.returncode, empty.stdout) == (0, "")
    assert empty.stderr.startswith(f"no runs in {tmp_path}")
    assert json.loads(cli("runs", "list", "--json", dir=tmp_path).stdout) == []
    none = cli("runs", "list", "--filter", "config.lr>5", dir=kept)
    assert none.stderr == "none of 3 runs passes config.lr>5\n"


def test_a_torn_run_has_its_place(root: Path) -> None:
    (root / "p" / "two" / "run.db").write_bytes(b"half of a file")
    done = cli("runs", "list", dir=root)
    assert done.returncode == 0, done.stderr
    assert sorted(line.split()[0] for line in done.stdout.splitlines()[1:]) == ["p/one", "p/two"]
    assert "torn" in done.stdout
    assert done.stderr.startswith("note: p/two: ")
    found = {run["id"]: run for run in json.loads(cli("runs", "list", "--json", dir=root).stdout)}
    assert found["two"]["state"] == "torn"
    assert "no SQLite database" in found["two"]["error"]
    shown = cli("runs", "show", "p/two", dir=root)
    assert (shown.returncode, shown.stderr.count("\n")) == (1, 1)
    assert cli("report", "p/two", "-o", root / "r.html", dir=root).returncode == 1


def test_a_terminal_shows_as_many_columns_as_fit() -> None:
    code = (
        "import sys\nfrom plotkit import tabled\n"
        "sys.stdout.isatty = lambda: True\n"
        "tabled.table(['run', 'state', 'loss', 'accuracy'], [['p/one', '実験', '0.25', '0.5']],"
        " numbers=['loss', 'accuracy'], marked=frozenset({(0, 2)}),"
        " spare=['accuracy', 'state', 'loss'])"
    )

    def printed(width: int) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True,
            env={**os.environ, "COLUMNS": str(width), "TERM": "xterm", "PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
        return re.sub("\x1b\\[[0-9;]*m", "", done.stdout).splitlines()

    assert printed(80)[2].split() == ["p/one", "実験", "0.25", "0.5"]
    assert printed(26)[2].split() == ["p/one", "実験", "0.25"]
    assert printed(16)[2].split() == ["p/one", "0.25"]
    assert printed(8)[2].split() == ["p/one"]
    assert "".join(printed(4)[2:]).replace(" ", "") == "p/one"  # folded, as one types it


# --- compare -------------------------------------------------------------------------------------


def test_compare_shows_what_differs_first(kept: Path) -> None:
    done = cli("runs", "compare", "one", "two", dir=kept)
    assert done.returncode == 0, done.stderr
    text = done.stdout
    config, summary = text.index("Config, where it differs"), text.index("\nSummary")
    assert config < summary
    assert "lr" in text[config:summary]
    assert "3 settings the same in all: model.kind, model.layers, seed" in text
    (acc,) = [line for line in text.splitlines() if line.startswith("acc.max")]
    assert acc.split() == ["acc.max", "0.9*", "0.9*"]


def test_compare_as_json_names_the_best(tmp_path: Path) -> None:
    recorded(tmp_path, "a", 0.1, steps=1)
    recorded(tmp_path, "b", 0.1, steps=3)
    found = json.loads(cli("runs", "compare", "a", "b", "--json", dir=tmp_path).stdout)
    lines = {line["name"]: line for line in found["summary"]}
    assert lines["acc.max"] == {
        "name": "acc.max", "values": {"p/a": 0.1, "p/b": 0.9}, "best": ["p/b"],
    }  # fmt: skip
    assert "best" not in lines["loss"]  # nobody said what is best
    assert found["config"] == []


@pytest.mark.parametrize("asked", [("p",), ("p/*",), ("p/one", "p"), ("p/[ot]*",)])
def test_a_project_is_all_its_runs(kept: Path, tmp_path: Path, asked: tuple[str, ...]) -> None:
    found = json.loads(cli("runs", "compare", *asked, "--json", dir=kept).stdout)
    assert [run["id"] for run in found["runs"]] == ["one", "two"]
    if asked == ("p",):
        done = cli("report", "p", "-o", "all.pdf", "--charts", "0", dir=kept, cwd=tmp_path)
        assert done.stdout == "all.pdf\n", done.stderr


def test_show_says_what_init_was_told(tmp_path: Path) -> None:
    with pk.init(
        project="p", id="a", dir=tmp_path, tags=["base"], group="g", notes="a port"
    ) as run:
        run.log({"loss": 1.0})
    lines = cli("runs", "show", "a", dir=tmp_path).stdout.splitlines()
    assert lines[2:4] == ["Group g · Tags base", "a port"]
    (found,) = json.loads(cli("runs", "list", "--json", dir=tmp_path).stdout)
    assert (found["group"], found["tags"], found["notes"]) == ("g", ["base"], "a port")


def test_compare_as_a_picture(kept: Path, tmp_path: Path) -> None:
    done = cli("runs", "compare", "one", "two", "-k", "loss", "-o", "c.svg", dir=kept, cwd=tmp_path)
    assert done.stdout == "c.svg\n", done.stderr
    picture = (tmp_path / "c.svg").read_text("utf-8")
    assert picture.startswith("<svg")
    assert "first" in picture  # the name of a run, in the legend


# --- export --------------------------------------------------------------------------------------


def test_export(kept: Path, tmp_path: Path) -> None:
    done = cli("runs", "export", "one", "-o", "h.csv", "--keys", "l*", dir=kept, cwd=tmp_path)
    assert done.stdout == "h.csv\n", done.stderr
    head, *rows = (tmp_path / "h.csv").read_text().splitlines()
    assert head == "_step,_runtime,_timestamp,loss"
    assert [row.split(",")[-1] for row in rows] == ["1.0", "0.9", "0.8", "0.7", "0.6"]


def test_export_with_media(kept: Path, tmp_path: Path) -> None:
    done = cli(
        "runs", "export", "three", "-o", "h.parquet", "--media", "files", dir=kept, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    names = [
        "picture/picture-step000000-0.png",
        "picture/picture-step000001-0.png",
        "picture/picture-step000001-1.png",
    ]
    assert (
        sorted(path.relative_to(tmp_path / "files").as_posix() for path in tmp_path.rglob("*.png"))
        == names
    )
    assert (tmp_path / "files" / names[0]).read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "h.parquet").read_bytes().startswith(b"PAR1")


def test_masks_are_exported_under_their_names(tmp_path: Path) -> None:
    import numpy as np

    mask = {"mask_data": np.eye(4, 6, dtype="uint8")}
    with pk.init(project="p", id="a", dir=tmp_path / "runs") as run:
        masks = {"truth": mask, "guess/2": {"mask_data": 1 - np.eye(4, 6, dtype="uint8")}}
        run.log({"val/seen": [pk.Image(pixels(), masks=masks)]}, step=20)
    done = cli(
        "runs", "export", "a", "-o", "h.csv", "--media", "m", dir=tmp_path / "runs", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "m").iterdir()
    made = sorted(path.name.removeprefix(folder.name) for path in folder.iterdir())
    assert made[0] == "-step000020-0-mask-guess_2.png" or made[0].startswith("-step000020-0-mask-g")
    assert made[1:] == ["-step000020-0-mask-truth.png", "-step000020-0.png"]


# --- delete --------------------------------------------------------------------------------------


def test_delete_asks_and_deletes_nothing_where_nobody_answers(root: Path) -> None:
    done = cli("runs", "delete", "one", dir=root)
    assert (done.returncode, done.stdout) == (1, "")
    assert str(root / "p" / "one") in done.stderr
    assert done.stderr.endswith("nothing was deleted, as nobody can be asked here. Add --yes.\n")
    assert (root / "p" / "one" / "run.db").is_file()


def test_delete_removes_the_whole_folder_and_nothing_else(root: Path) -> None:
    before = sorted(root.joinpath("p", "two").rglob("*"))
    done = cli("runs", "delete", "one", "first", "--yes", dir=root)
    assert (done.returncode, done.stdout) == (0, "p/one\n"), done.stderr
    assert [path.name for path in root.iterdir()] == ["p"]
    assert [path.name for path in (root / "p").iterdir()] == ["two"]
    assert sorted(root.joinpath("p", "two").rglob("*")) == before
    cli("runs", "delete", "two", "--yes", dir=root)
    assert list(root.iterdir()) == []


def test_one_that_is_not_there_saves_the_others(root: Path) -> None:
    done = cli("runs", "delete", "one", "nothing", "--yes", dir=root)
    assert done.returncode == 1
    assert (root / "p" / "one" / "run.db").is_file()


def test_a_link_to_a_run_is_not_deleted(root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (root / "p" / "one").rename(elsewhere)
    (root / "p" / "one").symlink_to(elsewhere)
    done = cli("runs", "delete", "p/one", "--yes", dir=root)
    assert done.returncode == 1
    assert "nothing was deleted" in done.stderr
    assert (elsewhere / "run.db").is_file()


def test_a_torn_run_can_be_deleted(root: Path) -> None:
    (root / "p" / "two" / "run.db").write_bytes(b"")
    assert cli("runs", "delete", "p/two", "--yes", dir=root).returncode == 0
    assert not (root / "p" / "two").exists()


RUNNING = """
import sys, plotkit as pk
run = pk.init(project="p", id="live", dir=sys.argv[1])
run.log({"loss": 1.0})
run.log({"loss": 0.5})
print("up", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def running(root: Path) -> Iterator[Path]:
    """A folder with a run that goes on."""
    with subprocess.Popen(
        [sys.executable, "-c", RUNNING, str(root)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "up\n"
        time.sleep(0.6)  # its rows are written a few times a second
        yield root
        process.stdin.close()
        process.wait(20)


def test_a_running_run_is_not_deleted_unless_forced(running: Path) -> None:
    done = cli("runs", "delete", "one", "live", "--yes", dir=running)
    assert done.returncode == 1
    assert done.stderr.startswith("plotkit: 'p/live': still running, so nothing was deleted.")
    assert (running / "p" / "one" / "run.db").is_file()
    assert (running / "p" / "live" / "run.db").is_file()
    forced = cli("runs", "delete", "live", "--yes", "--force", dir=running)
    assert forced.stdout == "p/live\n"


def test_a_running_run_says_so(running: Path) -> None:
    shown = cli("runs", "show", "live", dir=running)
    assert "Running, as of " in shown.stdout.splitlines()[1]
    listed = json.loads(
        cli("runs", "list", "--filter", "state=running", "--json", dir=running).stdout
    )
    assert [run["id"] for run in listed] == ["live"]


def test_what_cannot_be_moved_aside_stays_whole(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plotkit import errors
    from plotkit.runs import deleting

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(errors.SaveError, match="Permission denied"):
        deleting.delete(root / "p" / "one")
    assert (root / "p" / "one" / "run.db").is_file()
    assert [path.name for path in root.iterdir()] == ["p"]


def test_what_an_interrupted_call_left_is_no_run(root: Path) -> None:
    left = root / ".deleted" / "0123" / "p" / "gone"
    left.mkdir(parents=True)
    (left / "run.db").write_bytes(b"x")
    done = cli("runs", "list", "--json", dir=root)
    assert {run["id"] for run in json.loads(done.stdout)} == {"one", "two"}
    os.utime(root / ".deleted" / "0123", (1, 1))
    cli("runs", "delete", "one", "--yes", dir=root)
    assert not (root / ".deleted").exists()


# --- report --------------------------------------------------------------------------------------


def test_report_of_a_run_is_live_and_of_pictures_where_asked(kept: Path, tmp_path: Path) -> None:
    for options, live in (((), True), (("--still",), False)):
        done = cli("report", "first", "-o", "r.html", *options, dir=kept, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (0, "r.html\n"), done.stderr
        page = (tmp_path / "r.html").read_text("utf-8")
        assert "<h1" in page
        assert ("vega" in page) is live
        assert ">loss<" in page


def test_report_compares_several(kept: Path, tmp_path: Path) -> None:
    done = cli("report", "one", "two", "-o", "r.html", "--still", dir=kept, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "2 runs of p" in page
    assert "Config, where it differs" in page


def test_report_keeps_to_its_file(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text('title = "T"\n[[block]]\ntext = "hello"\n')
    done = cli("report", "r.toml", "-o", "r.html", dir=kept, cwd=tmp_path)
    assert done.stdout == "r.html\n", done.stderr
    for arguments, message in (
        (("r.toml", "one"), "expected one report's file, or runs"),
        (("r.toml", "--keys", "loss"), "--keys=['loss']: expected it for runs only"),
        (("no.toml",), "no.toml"),
        (("one", "--watch"), "--watch=True: expected it for a file (.toml) only"),
        (("nothing",), "no run 'nothing'"),
        (("one", "--keys", "zzz"), "p/one has logged nothing as 'zzz'"),
        (("one", "--charts", "-1"), "charts=-1: expected a whole number, at least 0"),
    ):
        failed = cli("report", *arguments, "-o", "x.html", dir=kept, cwd=tmp_path)
        assert failed.returncode == 1
        assert message in failed.stderr
        assert not (tmp_path / "x.html").exists()


# --- help and completion -------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("runs",), ("runs", "delete"), ("watch",), ("serve",)])
def test_help_loads_nothing_heavy(command: tuple[str, ...]) -> None:
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom plotkit.cli import app\n"
        f"result = CliRunner().invoke(app, {[*command, '--help']!r})\n"
        "assert result.exit_code == 0, result.output\n"
        "heavy = {'numpy', 'sqlite3', 'pandas', 'PIL', 'altair', 'duckdb', 'starlette'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_runs_are_completed(kept: Path, tmp_path: Path) -> None:
    from plotkit.runs import finding

    assert finding.completed("p/", kept) == ["p/one", "p/two", "p/latest"]
    assert finding.completed("t", kept) == ["two", "three"]
    assert finding.completed("", tmp_path / "nothing") == []
