"""Runs read again: history, export, and the Api."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from run_made import logged

import plotkit as pk
from plotkit import errors
from plotkit.errors import OptionError, RunError
from plotkit.runs import current


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PLOTKIT_DIR", str(tmp_path / "runs"))
    monkeypatch.setattr(current, "_open", None)
    yield tmp_path / "runs"
    pk.finish(quiet=True)


# --- reading --------------------------------------------------------------------------------------


def test_the_history_is_a_table() -> None:
    run = logged({"a": 1, "t": "x"}, {"b": 2.5}, {"a": 3, "b": math.nan, "h": pk.Histogram([1, 2])})
    table = run.history.table()
    assert table.columns == ["_step", "_runtime", "_timestamp", "a", "t", "b"]
    assert table.get_column("_step") == [0, 1, 2]
    assert table.get_column("a") == [1, None, 3]
    assert table.get_column("t") == ["x", None, None]
    assert run.history.table("a").get_column("_step") == [0, 2]
    assert run.history.table(["b", "a"], min_step=1, max_step=1).data[0][3:] == [2.5, None]
    assert run.history(["a"]).get_column("a") == [1, 3]
    assert run.history(["_step", "a"]).columns == ["_step", "_runtime", "_timestamp", "a"]
    assert run.history(samples=1, pandas=True)["a"].tolist()[0] == 1
    assert run.history.table([]).get_column("_step") == [0, 1, 2]
    times = table.get_column("_timestamp")
    assert table.get_column("_runtime") == [time - run.meta["created"] for time in times]
    rows = list(run.history.rows(["b", "h"]))
    assert math.isnan(rows[1]["b"]) and isinstance(rows[1]["h"], pk.Histogram)
    assert "a" not in rows[1]
    with pytest.raises(RunError, match="Did you mean 'a'"):
        run.history.table("aa")
    assert [row["a"] for row in run.scan_history(keys=["a", "b"])] == [3]
    assert [step for step, _ in run.history.objects("h")] == [2]
    assert [value["_type"] for _, value in run.history.stored("h")] == ["histogram"]


def test_what_was_logged_just_now_is_read() -> None:
    with pk.init(project="p") as run:
        for value in range(100):
            run.log({"a": value})
            assert run.history.table("a").get_column("a")[-1] == value


def test_an_empty_history() -> None:
    run = logged()
    assert len(run.history.table()) == 0
    assert list(run.history.rows()) == []
    assert run.summary == {}


def test_a_million_rows_are_arrays() -> None:
    with pk.init(project="p") as run:
        rows = [(i, 1.7e9 + i, {"a": float(i), "b": i}) for i in range(50_000)]
        for row in rows:
            run._writer.row(*row)
        run._writer.row(60_000, 1.8e9, {"a": 1.0})
    table = run.history.table()
    assert isinstance(table._held["a"], np.ndarray)
    assert table.get_column("a", convert_to="numpy")[:3].tolist() == [0, 1, 2]
    assert table.get_column("b")[-2:] == [49_999, None]


def test_presets_of_a_run() -> None:
    run = logged(*({"loss": 1 / (i + 1), "epoch": i // 2} for i in range(6)))
    assert run.line("epoch", "loss").to_svg().startswith("<svg")
    assert run.chart("loss").to_svg().startswith("<svg")


EXACT = [
    {"i": 2**53 + 1, "f": 0.1, "b": True, "t": "x", "big": 2**70, "l": [1, 2.5]},
    {"i": None, "f": math.nan, "b": None, "t": "", "mixed": 3},
    {"f": -math.inf, "t": 'a,"b"\n', "mixed": "x"},
]


@pytest.mark.filterwarnings("ignore::plotkit.RunWarning")
def test_export_to_parquet_is_exact(tmp_path: Path) -> None:
    run = logged(*EXACT, {"h": pk.Histogram([1, 2])})
    path = run.export(tmp_path / "x.parquet")
    found = pq.read_table(path)
    kinds = {name: str(found.schema.field(name).type) for name in found.column_names}
    assert kinds["i"] == kinds["_step"] == "int64"
    assert (kinds["f"], kinds["b"], kinds["t"]) == ("double", "bool", "string")
    rows = found.to_pylist()
    assert [row["i"] for row in rows] == [2**53 + 1, None, None, None]
    assert rows[0]["f"] == 0.1 and math.isnan(rows[1]["f"]) and rows[2]["f"] == -math.inf
    assert rows[3]["f"] is None
    assert [row["t"] for row in rows] == ["x", "", 'a,"b"\n', None]
    assert rows[0]["big"] == str(2**70)
    assert json.loads(rows[0]["l"]) == [1, 2.5]
    assert [row["mixed"] for row in rows] == [None, "3", '"x"', None]
    assert json.loads(rows[3]["h"])["_type"] == "histogram"
    again = pk.Api().run(run.path).export(tmp_path / "y.parquet")
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.filterwarnings("ignore::plotkit.RunWarning")
def test_export_keeps_the_sign_of_zero_beside_none(tmp_path: Path) -> None:
    run = logged({"f": -0.0}, {"f": None}, {"f": 1.5})
    column = pq.read_table(run.export(tmp_path / "x.parquet"))["f"].to_pylist()
    assert column == [0.0, None, 1.5] and math.copysign(1, column[0]) == -1
    assert run.export(tmp_path / "x.csv", "f").read_text("utf-8").splitlines()[1].endswith(",-0.0")


def test_names_of_a_scan_are_the_same_in_any_case() -> None:
    run = logged({"Loss": 1, "acc": 2}, {"acc": 3})
    assert list(run.scan_history(["loss", "_step"])) == [{"loss": 1, "_step": 0}]
    assert [row["ACC"] for row in run.scan_history("ACC")] == [2, 3]


@pytest.mark.filterwarnings("ignore::plotkit.RunWarning")
def test_export_to_csv_is_exact(tmp_path: Path) -> None:
    run = logged(*EXACT)
    lines = run.export(tmp_path / "x.csv", ["t", "i", "f"]).read_text("utf-8").splitlines()
    assert lines[0] == "_step,_runtime,_timestamp,t,i,f"
    assert lines[1].endswith(",x,9007199254740993,0.1")
    assert lines[2].endswith(',"",,nan')
    assert "-inf" in lines[-1]


def test_what_export_refuses(tmp_path: Path) -> None:
    run = logged({"a": 1})
    with pytest.raises(errors.SaveError, match=r"\.parquet, \.csv"):
        run.export(tmp_path / "x.xlsx")
    with pytest.raises(errors.SaveError, match="does not exist"):
        run.export(tmp_path / "missing" / "x.csv")
    with pytest.raises(RunError, match="Did you mean 'a'"):
        run.export(tmp_path / "x.csv", ["aa"])
    assert list(tmp_path.glob("x*")) == []


# --- the Api --------------------------------------------------------------------------------------


@pytest.fixture
def runs() -> dict[str, pk.Run]:
    made = {}
    for number, (lr, acc) in enumerate([(0.1, 0.8), (0.01, 0.9), (0.001, None)]):
        name = "abc"[number]
        with pk.init(
            project="p",
            id=name,
            name=f"run {name}",
            config={"lr": lr, "opt": {"n": name}},
            tags=[name, "all"],
        ) as run:
            run.log({"loss": number})
            if acc is not None:
                run.log({"acc": acc})
        made[name] = run
    with pk.init(project="q", id="a") as run:
        run.log({"loss": 9})
    return made


@pytest.mark.usefixtures("runs")
def test_finding_one_run() -> None:
    api = pk.Api()
    assert api.run("p/a").path == "p/a"
    assert api.run("carey/p/a").path == "p/a"
    assert api.run("b").path == "p/b"
    assert api.run("run c").path == "p/c"
    assert api.run("latest").path == "q/a"
    assert api.run("p/latest").path == "p/c"
    with pytest.raises(RunError, match="is 2 runs"):
        api.run("a")
    with pytest.raises(RunError, match="p/b"):
        api.run("p/bb")
    assert api.projects() == ["p", "q"]


FILTERS: list[tuple[dict[str, Any], str]] = [
    ({}, "abc"),
    ({"state": "finished"}, "abc"),
    ({"state": "running"}, ""),
    ({"config.lr": 0.1}, "a"),
    ({"config.lr": {"$lt": 0.1}}, "bc"),
    ({"config.lr": {"$lt": 0.1, "$gt": 0.001}}, "b"),
    ({"config.lr": {"$lte": 0.01}}, "bc"),
    ({"config.opt.n": {"$in": ["a", "c"]}}, "ac"),
    ({"config.opt.n": {"$nin": ["a", "c"]}}, "b"),
    ({"summary.acc": {"$gte": 0.85}}, "b"),
    ({"summary_metrics.acc": {"$exists": False}}, "c"),
    ({"summary.acc": {"$ne": 0.8}}, "bc"),
    ({"name": {"$regex": "a|b$"}}, "ab"),
    ({"display_name": "run c"}, "c"),
    ({"tags": "b"}, "b"),
    ({"tags": {"$in": ["a", "b"]}}, "ab"),
    ({"$or": [{"config.lr": 0.1}, {"summary.acc": 0.9}]}, "ab"),
    ({"$and": [{"tags": "all"}, {"config.lr": {"$not": {"$gt": 0.05}}}]}, "bc"),
    ({"$nor": [{"id": "a"}, {"id": "b"}]}, "c"),
    ({"config.lr": {"$lt": "text"}}, ""),
    ({"config.missing": None}, ""),
]


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(("filters", "found"), FILTERS, ids=lambda v: str(v)[:50])
def test_filters(filters: dict[str, Any], found: str) -> None:
    assert "".join(run.id for run in pk.Api().runs("p", filters)) == found


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("order", "found"),
    [
        (None, "abc"),
        ("created", "abc"),
        ("-created_at", "cba"),
        ("config.lr", "cba"),
        ("-summary.acc", "bac"),
        ("+summary.acc", "abc"),
        ("-summary.ACC", "bac"),
        ("state,-name", "cba"),
    ],
)
def test_orders(order: str | None, found: str) -> None:
    assert "".join(run.id for run in pk.Api().runs("me/p", order=order)) == found


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("options", "say"),
    [
        ({"filters": {"config.lr": {"$les": 1}}}, r"Did you mean '\$"),
        ({"filters": {"stat": "x"}}, "Did you mean 'state'"),
        ({"filters": {"$or": 3}}, "a list of filters"),
        ({"filters": {"name": {"$regex": "("}}}, r"\$regex"),
        ({"filters": [1]}, "a dict such as"),
        ({"filters": {3: 1}}, "a name in filters=3"),
        ({"order": ["name"]}, "several with commas"),
        ({"order": "-accuracy"}, "config.NAME"),
    ],
)
def test_what_runs_refuses(options: dict[str, Any], say: str) -> None:
    with pytest.raises(OptionError, match=say):
        pk.Api().runs("p", **options)


def test_a_torn_run_hides_no_other(runs: dict[str, pk.Run]) -> None:
    for path in runs["b"].folder.glob("run.db*"):
        path.unlink() if path.name != "run.db" else path.write_bytes(
            b"SQLite format 3\0" + b"x" * 5000
        )
    found = pk.Api().runs("p")
    assert {run.id for run in found} == {"a", "b", "c"}
    torn = next(run for run in found if run.id == "b")
    assert (torn.state, torn.path, torn.name) == ("torn", "p/b", "b")
    assert torn.error is not None and "b" in torn.error
    with pytest.raises(RunError):
        torn.history.table()
    assert [run.id for run in pk.Api().runs("p", {"state": "torn"})] == ["b"]
    assert [run.id for run in pk.Api().runs("p", {"config.lr": {"$gt": 0}})] == ["a", "c"]
    with pytest.raises(RunError):
        pk.Api().run("p/b")


def test_an_empty_folder(tmp_path: Path) -> None:
    assert pk.Api(tmp_path / "none").runs() == []
    with pytest.raises(RunError, match="no runs lie in"):
        pk.Api(tmp_path / "none").run("p/a")


def test_more_runs_than_a_process_may_open_files() -> None:
    resource = pytest.importorskip("resource")
    run = logged({"acc": 0.5})
    for number in range(150):
        shutil.copytree(run.folder, run.folder.with_name(f"copy{number}"))
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 100
    resource.setrlimit(resource.RLIMIT_NOFILE, (held + 250, before[1]))
    try:
        found = pk.Api().runs("p", {"summary.acc": 0.5}, "-summary.acc,config.lr")
        assert len(found) == 151
        assert [one.error for one in found] == [None] * 151
        assert sum(one.summary["acc"] for one in found) == 75.5
        assert sum(len(one.history.table("acc")) for one in found) == 151
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_dir_that_is_no_path() -> None:
    with pytest.raises(OptionError, match="dir=3"):
        pk.Api(3)  # type: ignore[arg-type]
