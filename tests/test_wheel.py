"""The built wheel, used where the checkout is not, and an editable install find the same files."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

EVERY_PRESET = """
import pathlib, sys
import plotkit as pk
from plotkit import store
from plotkit.resources import builtin_presets
out, home = pathlib.Path(sys.argv[1]), sys.argv[2]
assert pk.__file__.startswith(home), pk.__file__
for id in store.names():
    preset = store.get(id)
    rows = preset.spec["data"]["values"]
    names = [r for r in preset.roles if any(r in row for row in rows)]
    assert preset.spec["encoding"]
lines = pk.Table({"x": [0, 1, 2], "y": [1.0, 3.0, 2.0], "c": ["a", "b", "a"]})
charts = [
    pk.line(lines, "x", "y"),
    pk.scatter(lines, "x", "y", color="c"),
    pk.bar(lines, "c", "y"),
    pk.histogram(lines, "y"),
    pk.line_series([0, 1], [[1, 2], [2, 1]], ["p", "q"]),
    pk.roc_curve([0, 1, 1, 0], [0.1, 0.9, 0.4, 0.5]),
    pk.pr_curve([0, 1, 1, 0], [0.1, 0.9, 0.4, 0.5]),
    pk.confusion_matrix(y_true=["a", "b"], preds=["a", "a"]),
    pk.area_under_curve(pk.Table({"x": [0, 1], "y": [0, 1]}), "x", "y"),
]
with pk.init(project="p", id="r", dir=out.parent / "runs") as run:
    for step in range(3):
        run.log({"loss": 1 / (step + 1), "weights": pk.Histogram([1, 2, 2])})
charts += [run.chart("loss", smoothing=0.5), run.heatmap("weights")]
assert "pk-" in run.report().save(out.parent / "run.html").read_text("utf-8")
assert sorted(chart.preset.id for chart in charts) == store.names()
for chart in charts:
    name = chart.preset.id.partition("/")[2]
    for suffix in ("png", "svg", "pdf", "html", "json"):
        for theme in ("light", "dark"):
            chart.save(out / f"{name}-{theme}.{suffix}", theme=theme)
print(len(list(out.iterdir())))
"""


def every_preset(home: Path, out: Path, path: str = "") -> str:
    out.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", EVERY_PRESET, str(out), str(home)],
        cwd=out,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(command, check=True)
    return next(folder.glob("*.whl"))


@pytest.mark.wheel
def test_the_wheel_holds_what_it_needs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "plotkit/py.typed" in names
    for file in (ROOT / "presets").rglob("*.json"):
        assert f"plotkit/_presets/{file.relative_to(ROOT / 'presets').as_posix()}" in names
    for folder in (
        "fonts",
        "report",
        "words",
        "render/page",
        "runs/panels/page",
        "runs/serving/page",
    ):
        for file in (ROOT / "plotkit" / folder).iterdir():
            if file.is_file():
                assert f"plotkit/{folder}/{file.name}" in names
    assert not [name for name in names if "tests/" in name or "__pycache__" in name]
    assert wheel.stat().st_size < 3_000_000


@pytest.mark.wheel
def test_the_wheel_draws_every_preset(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(home)]
    subprocess.run([*command, str(wheel)], check=True)
    assert every_preset(home, tmp_path / "out", str(home)) == "110"


@pytest.mark.wheel
def test_the_wheel_builds_the_gallery(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(home)]
    subprocess.run([*command, str(wheel)], check=True)
    done = subprocess.run(
        [sys.executable, "-m", "plotkit", "gallery", str(tmp_path / "gallery")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(home)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "gallery" / "index.html").is_file()


def test_the_checkout_draws_every_preset(tmp_path: Path) -> None:
    assert every_preset(ROOT, tmp_path / "out", str(ROOT)) == "110"
