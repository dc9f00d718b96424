"""The gallery's run: a real model is trained, logged, and becomes a report."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import plotkit as pk
from plotkit.runs.record import Record

TRAIN = Path(__file__).parent.parent / "gallery" / "run_log" / "train.py"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Record:
    folder = tmp_path_factory.mktemp("trained")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(TRAIN)],
        cwd=folder, capture_output=True, encoding="utf-8", timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return pk.Api(folder / "plotkit-runs").run("run_log/digits")


def test_all_steps_are_there(run: Record) -> None:
    table = run.history.table(["loss", "val_loss", "accuracy", "val_accuracy"])
    assert table.get_column("_step") == list(range(200))
    assert run.state == "finished" and run.notes == []
    assert run.summary["val_accuracy"]["max"] == max(table.get_column("val_accuracy")) > 0.95
    assert run.summary["val_loss"]["min"] == min(table.get_column("val_loss"))


def test_objects_come_back(run: Record) -> None:
    kinds = {name: found.kind for name, found in run.database.known().items()}
    assert kinds["weights"] == kinds["certainty"] == "histogram"
    assert kinds["doubtful"] == "image"
    assert kinds["calibration"] == kinds["answers"] == "chart"
    steps = [step for step, _ in run.history.objects("doubtful")]
    assert steps == [0, *range(19, 200, 20)]
    charts = dict(run.history.objects("calibration"))
    assert charts[199].preset.id == "carey/steps"
    assert sum(dict(run.history.objects("certainty"))[199].counts) == 629
    assert dict(run.history.objects("answers"))[199].preset.id == "plotkit/confusion_matrix"


def test_its_report_draws_everything(run: Record, tmp_path: Path) -> None:
    report = run.report()
    text = report.save(tmp_path / "run.html").read_text("utf-8")
    assert report.failures == ()
    for name in ("val_loss", "weights", "certainty", "doubtful", "Is it right where it is sure?"):
        assert name in text
    assert text == report.save(tmp_path / "again.html").read_text("utf-8")
    report.save(tmp_path / "folder")
    assert (tmp_path / "folder" / "index.md").is_file()
