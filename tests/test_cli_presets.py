"""`plotkit presets ...`, run as its users run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def run(tmp_path: Path) -> Any:
    def call(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        held = {key: value for key, value in os.environ.items() if not key.startswith("PLOTKIT_")}
        return subprocess.run(
            [sys.executable, "-m", "plotkit", "presets", *map(str, arguments)],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env={**held, "PLOTKIT_HOME": str(tmp_path / "home"), "COLUMNS": "100", **environment},
        )

    return call


def test_from_a_fork_to_another_machine(run: Any, tmp_path: Path) -> None:
    patch = '{"encoding": {"y": {"scale": {"type": "log"}}}}'
    assert run("fork", "plotkit/line", "me/log", "--title", "Log", "--patch", patch).stdout == (
        "me/log@1\n"
    )
    (tmp_path / "patch.json").write_text('{"mark": {"type": "line", "point": true}}')
    assert run("fork", "me/log", "me/log", "--patch", "@patch.json").stdout == "me/log@2\n"
    history = json.loads(run("history", "me/log", "--json").stdout)
    assert [entry["version"] for entry in history] == [1, 2]
    differs = run("diff", "me/log@1", "me/log@2")
    assert (differs.returncode, differs.stdout) == (1, "+ /layer/3/mark/point: True\n")
    assert run("diff", "me/log", "me/log").returncode == 0
    assert run("export", "me/log", "-o", "sent.json").stdout == "sent.json\n"
    assert run("import", "sent.json", "--id", "you/log").stdout == "you/log@1\n"
    assert [e["id"] for e in json.loads(run("list", "--owner", "you", "--json").stdout)] == [
        "you/log"
    ]
    (tmp_path / "d.csv").write_text("a,b\n1,1\n2,10\n")
    drawn = subprocess.run(
        [sys.executable, "-m", "plotkit", "render", "d.csv", "-P", "you/log@1", "-f", "x=a",
         "-f", "y=b", "-o", "o.svg"],
        cwd=tmp_path, env={**os.environ, "PLOTKIT_HOME": str(tmp_path / "home")}, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    assert drawn.stdout == "o.svg\n"


def test_validate_says_all_and_exits_with_one(run: Any, tmp_path: Path) -> None:
    text = run("export", "plotkit/bar").stdout
    (tmp_path / "bad.json").write_text(text.replace('"nominal"', '"nominl"', 1))
    done = run("validate", "bad.json")
    assert done.returncode == 1
    assert "found 'nominl'. Did you mean 'nominal'?" in done.stdout
    faults = json.loads(run("validate", "bad.json", "--json").stdout)
    assert faults[0]["path"].startswith("/")
    assert run("validate", "plotkit/bar").returncode == 0


def test_edit_offers_back_what_does_not_pass(run: Any, tmp_path: Path) -> None:
    run("fork", "plotkit/line", "me/l")
    editor = f"{sys.executable} {tmp_path / 'editor.py'}"
    (tmp_path / "editor.py").write_text(
        "import pathlib, sys\n"
        "file = pathlib.Path(sys.argv[-1])\n"
        "text = file.read_text().replace('One or more series', 'Some series')\n"
        "file.write_text('half of it' if '--spoil' in sys.argv else text)\n"
    )
    good, bad = editor, f"{editor} --spoil"
    assert run("edit", "me/l", EDITOR=good, VISUAL="").stdout == "me/l@2\n"
    done = run("edit", "me/l", EDITOR=bad, VISUAL="")
    assert done.returncode == 1
    kept = Path(done.stderr.strip().rpartition(" ")[2])
    assert kept.read_text() == "half of it"
    kept.unlink()
    assert run("edit", "me/l", EDITOR="true", VISUAL="").stdout == "not changed\n"
    assert len(json.loads(run("history", "me/l", "--json").stdout)) == 2


def test_trust_shows_what_it_is_about(run: Any, tmp_path: Path) -> None:
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": [{"x": 1}]},
        "transform": [{"calculate": "replace(toString(datum.x), /1/, '2')", "as": "l"}],
        "mark": "point",
        "encoding": {"x": {"field": "x", "type": "quantitative"}},
    }
    (tmp_path / "s.json").write_text(json.dumps(spec))
    done = run("import", "s.json", "--id", "kim/s")
    assert "plotkit presets trust kim/s" in done.stderr
    asked = run("trust", "kim/s")
    assert asked.returncode == 1
    assert "/transform/0/calculate" in asked.stdout
    assert "digest" in asked.stdout
    assert run("trust", "kim/s", "--yes").stdout.endswith("accepted\n")


def test_new_from_a_saved_chart(run: Any, tmp_path: Path) -> None:
    code = "import plotkit as pk; pk.scatter({'a': [1, 2], 'b': [1, 2]}, 'a', 'b').save('c.json')"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    done = run("new", "me/c", "--from", "c.json")
    assert done.stdout == "me/c@1\n", done.stderr
    assert "role 'x'" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "me/nothing"), "plotkit: no preset 'me/nothing'."),
        (("fork", "plotkit/line", "plotkit/mine"), "plotkit: 'plotkit/mine'"),
        (("delete", "plotkit/line"), "plotkit: 'plotkit/line'"),
        (("fork", "plotkit/line", "me/l", "--patch", "{"), "plotkit: --patch='{': expected JSON"),
    ],
)
def test_errors_are_one_line(run: Any, arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(message)
    assert "Traceback" not in done.stderr


def test_path_and_show_and_schema(run: Any, tmp_path: Path) -> None:
    assert [root["kind"] for root in json.loads(run("path", "--json").stdout)] == [
        "store",
        "builtin",
    ]
    shown = run("show", "plotkit/line").stdout
    assert "role   x (number or time or text, required)" in shown
    assert json.loads(run("schema").stdout)["type"] == "object"
    assert run("thumbnail", "plotkit/line", "-o", "t.png").returncode == 0
    assert (tmp_path / "t.png").read_bytes().startswith(b"\x89PNG")


def test_lock(run: Any, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.plotkit]\npresets = "charts"\n')
    run("fork", "plotkit/line", "me/l")
    assert (tmp_path / "charts" / "me" / "l.json").is_file()
    assert run("lock").returncode == 0
    assert list(tmp_path.rglob("plotkit.lock.json"))


@pytest.mark.parametrize(
    ("editor", "said"),
    [
        ("false", "plotkit: the editor 'false' ended with code 1"),
        ("/no/such", "plotkit: the editor '/no/such' cannot be run (No such file"),
        ('"unclosed', "cannot be run (No closing quotation)"),
        (" ", "cannot be run (it names no command)"),
    ],
)
def test_editors_that_fail(run: Any, tmp_path: Path, editor: str, said: str) -> None:
    run("fork", "plotkit/line", "c/l")
    done = run("edit", "c/l", EDITOR=editor, VISUAL="", TMPDIR=str(tmp_path))
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    kept = Path(done.stderr.strip().rpartition(" ")[2])
    assert json.loads(kept.read_text())["usermeta"]["plotkit"]["id"] == "c/l"


def test_an_editor_that_deletes_the_file(run: Any, tmp_path: Path) -> None:
    run("fork", "plotkit/line", "c/l")
    done = run("edit", "c/l", EDITOR="rm", VISUAL="", TMPDIR=str(tmp_path))
    assert done.returncode == 1
    assert "is gone, and nothing was saved" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_built_in_preset_is_not_opened(run: Any, tmp_path: Path) -> None:
    done = run("edit", "plotkit/line", EDITOR=f"touch {tmp_path}/opened", VISUAL="")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("plotkit: 'plotkit/line' cannot be saved")
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("fork", "plotkit/line", "a/b", "--patch", "@nofile"),
            "--patch='@nofile': expected @ and",
        ),
        (("fork", "plotkit/line", "a/b", "--patch", "5"), "patch=5: expected a JSON Merge Patch"),
        (("fork", "plotkit/line", "a/b", "--patch", '{"width": NaN}'), "patch at /width=nan"),
        (("fork", "plotkit/line", "a/b", "--role", "y=a.b"), "roles['y']='a.b': expected a role"),
        (("thumbnail", "plotkit/line", "-o", "t.png", "--width", 0), "--width=0: expected 16 to"),
        (("thumbnail", "plotkit/line", "-o", "t.png", "--width", -1), "--width=-1: expected 16"),
        (("thumbnail", "plotkit/line", "-o", "t.png", "--width", 10**9), "--width=1000000000:"),
        (("thumbnail", "plotkit/line", "-o", "th.jpg"), "--out='th.jpg': expected a .png file"),
        (("thumbnail", "plotkit/line", "-o", "no/t.png"), "cannot write 'no/t.png': the folder"),
        (("list", "--origin", "zzz"), "--origin='zzz': expected one of 'project', 'store', 'built"),
        (("export", "plotkit/line", "-o", "no/l.json"), "cannot write 'no/l.json': the folder"),
    ],
)
def test_what_is_refused(
    run: Any, tmp_path: Path, arguments: tuple[object, ...], message: str
) -> None:
    done = run(*arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(f"plotkit: {message}")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize(
    ("name", "id"),
    [("raw.json", "me/raw"), ("My Chart (2).json", "me/my-chart-2"), ("con.json", "me/preset-con")],
)
def test_fix_completes_a_file_without_an_id(run: Any, tmp_path: Path, name: str, id: str) -> None:
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": [{"x": 1}]},
        "mark": "point",
        "encoding": {"x": {"field": "x", "type": "quantitative"}},
    }
    (tmp_path / name).write_text(json.dumps(spec))
    done = run("validate", f"./{name}", "--fix")
    assert done.returncode == 0, done.stderr
    assert "note: role 'x'" in done.stderr
    assert json.loads((tmp_path / name).read_text())["usermeta"]["plotkit"]["id"] == id
    spec["usermeta"] = {"plotkit": {"id": "kim/own"}}
    (tmp_path / name).write_text(json.dumps(spec))
    assert run("validate", f"./{name}", "--fix").returncode == 0
    assert json.loads((tmp_path / name).read_text())["usermeta"]["plotkit"]["id"] == "kim/own"


def test_render_completes_ids(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from plotkit.cli import app; app(prog_name='plotkit')"],
        cwd=tmp_path, check=False, capture_output=True, text=True,
        env={**os.environ, "PLOTKIT_HOME": str(tmp_path / "home"), "COMP_CWORD": "4",
             "_PLOTKIT_COMPLETE": "complete_bash",
             "COMP_WORDS": "plotkit render d.csv -P plotkit/li"},
    )  # fmt: skip
    assert "plotkit/line" in done.stdout.split()
    assert "plotkit/bar" not in done.stdout.split()
