"""The command line, run as its users run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(*arguments: object, cwd: Path, given: bytes = b"") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "plotkit", *map(str, arguments)],
        cwd=cwd,
        input=given,
        capture_output=True,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


CSV = "step,loss,run\n0,1.9,a\n1,1.1,a\n2,,b\n3,0.5,b\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The same table in every kind of file."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import csv, feather

    (tmp_path / "r.csv").write_text(CSV)
    (tmp_path / "r.tsv").write_text(CSV.replace(",", "\t"))
    held = csv.read_csv(tmp_path / "r.csv")
    lines = [json.dumps(row) for row in held.to_pylist()]
    (tmp_path / "r.jsonl").write_text("\n".join(lines))
    pq.write_table(held, tmp_path / "r.parquet")
    feather.write_feather(held, tmp_path / "r.feather")
    with (
        pa.OSFile(str(tmp_path / "r.arrow"), "wb") as sink,
        pa.ipc.new_stream(sink, held.schema) as writer,
    ):
        writer.write_table(held)
    return tmp_path


FIELDS = ("-f", "x=step", "-f", "y=loss", "-f", "color=run", "-s", "title=Training loss")


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet", "feather", "arrow"])
def test_every_kind_of_file(files: Path, suffix: str) -> None:
    done = run(
        "render", f"r.{suffix}", "--preset", "plotkit/line", *FIELDS, "-o", "o.json", cwd=files
    )
    told = "note: column 'loss': 1 row of 4 without a finite value drawn as a gap"
    assert done.stderr.startswith(told)
    assert done.stderr.count("\n") == 1
    assert done.returncode == 0
    assert done.stdout == "o.json\n"
    spec = json.loads((files / "o.json").read_text())
    assert [row["y"] for row in spec["data"]["values"]] == [1.9, 1.1, None, 0.5]
    assert spec["title"]["text"] == "Training loss"


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "arrow"])
def test_standard_input(files: Path, suffix: str) -> None:
    given = (files / f"r.{suffix}").read_bytes()
    done = run("render", "-", *FIELDS, "-o", "o.json", cwd=files, given=given)
    assert done.returncode == 0, done.stderr
    assert len(json.loads((files / "o.json").read_text())["data"]["values"]) == 4


def test_several_formats_from_one_build(files: Path) -> None:
    outs = [f"o.{suffix}" for suffix in ("png", "svg", "pdf", "html", "json")]
    options = [part for out in outs for part in ("-o", out)]
    done = run("render", "r.csv", *FIELDS, *options, "--width", "10cm", "--dpi", "254", cwd=files)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == outs
    assert int.from_bytes((files / "o.png").read_bytes()[16:20]) == 1000


def test_parameters(files: Path) -> None:
    done = run(
        "render", "r.csv", "-P", "histogram", "-f", "value=loss", "-p", "bins=2", "-o", "o.json",
        cwd=files,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = json.loads((files / "o.json").read_text())["data"]["values"]
    assert [row["count"] for row in rows] == [2, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("render", "no.csv", "-o", "o.png"),
            "plotkit: cannot read 'no.csv': there is no such file.\n",
        ),
        (
            ("render", "r.csv", "-f", "x=stepp", "-f", "y=loss", "-o", "o.png"),
            "plotkit: no column 'stepp' for role 'x'. Did you mean 'step'? "
            "The table has: 'step', 'loss', 'run'.\n",
        ),
        (
            ("render", "r.csv", "-f", "step", "-o", "o.png"),
            "plotkit: --field='step': expected name=value.\n",
        ),
        (
            ("render", "r.csv", "-P", "plotkit/barr", "-o", "o.png"),
            "plotkit: no preset 'plotkit/barr'. Did you mean 'plotkit/bar'?",
        ),
    ],
)
def test_errors_are_one_line(files: Path, arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments, cwd=files)
    assert done.returncode == 1
    assert done.stderr.startswith(message)
    assert "Traceback" not in done.stderr
    assert not (files / "o.png").exists()


def test_version_and_help(tmp_path: Path) -> None:
    assert run("--version", cwd=tmp_path).stdout.startswith("plotkit 0.")
    shown = run("render", "--help", cwd=tmp_path).stdout
    assert "ROLE=COLUMN" in shown
    assert run("render", cwd=tmp_path).returncode == 2


def test_a_file_with_a_bad_row_is_named(tmp_path: Path) -> None:
    rows = "\n".join(f"{i},{i}" for i in range(40_000))
    (tmp_path / "bad.csv").write_text(f"a,b\n{rows}\n40000,oops\n")
    done = run("render", "bad.csv", "-f", "x=a", "-f", "y=b", "-o", "o.png", cwd=tmp_path)
    assert done.returncode == 1
    assert "oops" in done.stderr
    assert "Traceback" not in done.stderr
