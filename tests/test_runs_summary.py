"""The summary and the config of a run, and what `define_metric` says."""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import math
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from run_made import logged

import plotkit as pk
from plotkit.errors import OptionError, RunError
from plotkit.runs import current


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PLOTKIT_DIR", str(tmp_path / "runs"))
    monkeypatch.setattr(current, "_open", None)
    yield tmp_path / "runs"
    pk.finish(quiet=True)


# --- the summary ----------------------------------------------------------------------------------


def test_the_summary_is_the_last_value() -> None:
    run = logged({"loss": 1, "acc": 0.5}, {"loss": 2})
    assert dict(run.summary) == {"loss": 2, "acc": 0.5}
    assert pk.Api().run(run.path).summary == {"loss": 2, "acc": 0.5}


def test_a_summary_set_by_hand_stays_until_its_name_is_logged_again() -> None:
    with pk.init(project="p") as run:
        run.log({"acc": 0.5})
        run.summary["acc"] = run.summary["best"] = 0.9
        run.log({"loss": 1})
        assert run.summary["acc"] == 0.9
        run.log({"acc": 0.6})
        assert run.summary == {"acc": 0.6, "best": 0.9, "loss": 1}
        run.log({"acc": 0.7}, commit=False)
        run.summary["acc"] = 0.95  # after it was logged, before its row is written
    assert pk.Api().run(run.path).summary == {"acc": 0.95, "best": 0.9, "loss": 1}


def test_a_summary_is_a_dict() -> None:
    with pk.init(project="p") as run:
        summary = run.summary
        summary.update({"a": {"b": 1, "c": 2}, "d": 3}, e=4)
        assert summary["a"]["b"] == summary["a.b"] == summary.a.b == 1
        summary["a"]["b"] = 5
        summary.a.x = 6
        summary.f = 7
        assert summary.as_dict() == {"a": {"b": 5, "c": 2, "x": 6}, "d": 3, "e": 4, "f": 7}
        assert sorted(summary) == ["a.b", "a.c", "a.x", "d", "e", "f"]
        assert "a" in summary and "a.b" in summary and "b" not in summary
        assert summary.get("b", 0) == 0
        del summary["a"]
        del summary.d
        assert summary.pop("e") == 4
        with pytest.raises(KeyError, match=r"no 'a\.b'\. It has: 'f'") as raised:
            summary["a.b"]
        assert not str(raised.value).startswith('"')
        with pytest.raises(AttributeError, match="the summary has no 'g'"):
            _ = summary.g
        with pytest.raises(KeyError):
            del summary["g"]
        summary["f"] = {"g": 1}
    assert pk.Api().run(run.path).summary == {"f.g": 1}


def test_a_tensor_in_the_summary_is_kept_whole() -> None:
    values = np.random.default_rng(0).normal(size=(50, 20))
    with pk.init(project="p") as run:
        run.summary["tensor"] = values
        run.summary["few"] = np.arange(3)
        run.summary["one"] = np.array([4.0])
    found = pk.Api().run(run.path).summary
    tensor = found["tensor"]
    assert np.array_equal(np.asarray(tensor), values)
    assert tensor["p95"] == pytest.approx(np.percentile(values, 95))
    assert tensor["var"] == pytest.approx(values.var())
    assert (tensor["min"], tensor["max"]) == (values.min(), values.max())
    assert np.asarray(found["few"]).tolist() == [0, 1, 2]
    assert found["one"] == 4.0
    assert len(list((run.folder / "media").glob("*.npy"))) == 2


def test_an_object_in_the_summary() -> None:
    with pk.init(project="p") as run:
        run.summary.update({"gradients": pk.Histogram(np_histogram=np.histogram([1, 2, 3]))})
    found = pk.Api().run(run.path).summary["gradients"]
    assert isinstance(found, pk.Histogram)
    assert sum(found.counts) == 3


def test_the_summary_of_a_run_that_has_ended() -> None:
    run = logged({"loss": 1})
    api = pk.Api()
    record = api.run(run.path)
    record.summary["acc"] = 0.9
    record.summary["tensor"] = np.arange(100.0)
    del record.summary["loss"]
    assert record.summary["acc"] == 0.9
    assert api.run(run.path).summary == {"loss": 1}  # not before update
    record.summary.update()
    record.summary.update({"more": {"x": 1}})
    again = api.run(run.path).summary
    assert sorted(again) == ["acc", "more.x", "tensor"]
    assert again["tensor"]["max"] == 99
    run.summary["late"] = 5  # the run itself goes on in the same way
    run.summary.update()
    assert api.run(run.path).summary["late"] == 5


def test_a_summary_written_from_elsewhere_stays(root: Path) -> None:
    with pk.init(project="p") as run:
        run.log({"loss": 1})
        other = pk.Api().run(run.path)
        other.summary.update({"checked": True})
        run.log({"loss": 2})
    assert pk.Api().run(run.path).summary == {"loss": 2, "checked": True}


# --- define_metric --------------------------------------------------------------------------------

WORDS: list[tuple[Any, dict[str, Any]]] = [
    ("min", {"loss.min": 1}),
    ("max", {"loss.max": 4}),
    ("mean", {"loss.mean": 2.5}),
    ("first", {"loss.first": 4}),
    ("last", {"loss.last": 2}),
    ("copy", {"loss": 2}),
    ("none", {}),
    ("min,max", {"loss.min": 1, "loss.max": 4}),
    (["mean", "last"], {"loss.mean": 2.5, "loss.last": 2}),
    (None, {"loss": 2}),
]


@pytest.mark.parametrize(("summary", "found"), WORDS, ids=repr)
@pytest.mark.parametrize("when", ["before", "between", "after", "resumed"])
def test_summaries(summary: Any, found: dict[str, Any], when: str) -> None:
    run = pk.init(project="p", id="one")
    if when == "before":
        run.define_metric("loss", summary=summary)
    run.log({"loss": 4})
    run.log({"loss": 1})
    if when == "between":
        run.define_metric("loss", summary=summary)
    run.log({"loss": 3})
    if when == "resumed":
        run.define_metric("loss", summary=summary)
        run.finish(quiet=True)
        run = pk.init(project="p", id="one", resume="must")
    run.log({"loss": 2})
    if when == "after":
        run.define_metric("loss", summary=summary)
    assert run.summary == found
    run.finish(quiet=True)
    assert pk.Api().run(run.path).summary == found


def test_what_is_no_number_counts_nothing() -> None:
    with pk.init(project="p") as run, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run.define_metric("x", summary="min,mean,first,last")
        for value in (math.nan, 2, None, math.inf, "text"):
            run.log({"x": value})
    assert run.summary["x.min"] == 2
    assert run.summary["x.mean"] == math.inf
    assert run.summary["x"]["last"] == "text"


def test_a_mean_is_not_rounded_row_by_row() -> None:
    with pk.init(project="p") as run:
        run.define_metric("*", summary="mean")
        run.log({"large": 1e16})
        for _ in range(1000):
            run.log({"x": 0.1, "large": 1.0})
    assert run.summary["x.mean"] == 0.1
    assert run.summary["large.mean"] == (10**16 + 1000) / 1001


def test_an_integer_beyond_all_floats_stops_no_run() -> None:
    with pk.init(project="p") as run:
        run.define_metric("n", summary="min,max,mean")
        run.log({"n": -(10**400)})
        run.log({"n": 2.5})
    assert run.summary["n"] == {"min": -(10**400), "max": 2.5, "mean": -math.inf}
    assert [row["n"] for row in run.history.rows()] == [-(10**400), 2.5]


def test_a_row_that_goes_on_counts_once() -> None:
    with pk.init(project="p") as run:
        run.define_metric("x", summary="mean,min")
        run.log({"x": 1}, step=0)
        run.log({"x": 5}, step=0)
        run.log({"x": 3}, step=1, commit=True)
        run.log({"x": 7}, step=1)  # instead of 3
        assert run.summary == {"x.mean": 6, "x.min": 5}
        run.log({"y": 7}, step=1)
        assert run.summary == {"x.mean": 6, "x.min": 5, "y": 7}


@pytest.mark.parametrize("when", ["defined late", "resumed"])
def test_a_row_that_goes_on_counts_beside_earlier_ones(when: str) -> None:
    pk.init(project="p", id="one")
    if when == "resumed":
        pk.define_metric("loss", summary="min,first,mean")
    pk.log({"loss": 1})
    pk.log({"acc": 1})  # the last row has no loss yet
    if when == "resumed":
        pk.init(project="p", id="one", resume="must")
    else:
        pk.define_metric("loss", summary="min,first,mean")
    pk.log({"loss": 5}, step=1)
    pk.log({"loss": 9}, step=1)  # replaces the 5
    assert pk.run.summary["loss"] == {"min": 1, "first": 1, "mean": 5}


def test_best() -> None:
    with pk.init(project="p") as run:
        run.define_metric("acc", summary="best", goal="maximize")
        run.define_metric("loss", summary="best", goal="minimize")
        with pytest.raises(OptionError, match="goal='minimize'"):
            run.define_metric("other", summary="best")
        for value in (1, 3, 2):
            run.log({"acc": value, "loss": value})
    assert run.summary == {"acc.best": 3, "loss.best": 1}


def test_saying_it_again_changes_nothing_that_was_set_by_hand() -> None:
    for resume in (None, "must"):
        pk.init(project="p", id="one", resume=resume)
        pk.define_metric("acc", summary="max")
        pk.define_metric("l*", summary="min")
        if resume is None:
            pk.log({"acc": 0.5, "loss": 1})
            pk.run.summary.update({"acc.max": 0.9, "loss": 7})
    assert pk.run.summary.stored() == {"acc.max": 0.9, "loss": 7}
    pk.define_metric("acc", summary="min")
    pk.log({"loss": 3})
    assert pk.run.summary.stored() == {"acc.min": 0.5, "loss": 7, "loss.min": 1}
    pk.log({"acc": 0.4})
    assert pk.run.summary["acc.min"] == 0.4


def test_globs_and_later_words() -> None:
    with pk.init(project="p") as run:
        run.define_metric("val/*", step_metric="epoch", summary="min")
        run.define_metric("val/acc", summary="max")
        run.define_metric("*", hidden=True)
        run.define_metric("*/loss", summary="last")
        said = {name: run.metric(name) for name in ("val/acc", "val/loss", "train/x", "VAL/ACC")}
        assert said["val/acc"][1:4] == ("epoch", ("max",), True)
        assert said["VAL/ACC"][1:4] == said["val/acc"][1:4]
        assert said["val/loss"].summary == ("last",)  # said later
        assert said["train/x"][1:4] == (None, None, True)
        run.define_metric("val/acc", summary="min")
        run.define_metric("val/loss", hidden=False)
    record = pk.Api().run(run.path)
    assert record.metric("val/acc").summary == ("min",)
    assert record.metric("val/loss")[1:4] == ("epoch", ("last",), False)


def test_a_row_that_goes_on_takes_over_the_x_too() -> None:
    with pk.init(project="p") as run:
        run.define_metric("val", step_metric="epoch")
        run.log({"epoch": 3})
        run.log({"loss": 1})
        run.log({"val": 2}, step=1)
        run.log({"epoch": 4, "loss": 2})
        run.log({"val": 3}, step=2)
    rows = run.history.rows(["epoch", "val"])
    assert [(row["epoch"], row.get("val")) for row in rows] == [(3, None), (3, 2), (4, 3)]


@pytest.mark.parametrize("first", ["logged", "defined", "resumed"])
def test_an_x_is_the_same_in_any_case(first: str) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        pk.init(project="p", id="one")
        if first == "logged":
            pk.log({"Epoch": 0})
        pk.define_metric("val", step_metric="epoch")
        if first == "resumed":
            pk.init(project="p", id="one", resume="must")
        pk.log({"Epoch": 1})
        pk.log({"val": 5})
        run = pk.run
    (last,) = run.history.rows(["val"], min_step=1)
    name = "Epoch" if first == "logged" else "epoch"
    assert run.metric("val").step_metric == name
    assert list(run.history.rows([name, "val"]))[-1][name] == 1 and last["val"] == 5
    assert [row["x"] for row in run.chart("val").to_dict()["data"]["values"]] == [1]
    assert len(told) == (first != "logged")  # both spellings are told, where there are two


def test_a_row_takes_over_the_x_of_its_metrics() -> None:
    with pk.init(project="p", id="one") as run:
        run.define_metric("epoch", hidden=True)
        run.define_metric("*", step_metric="epoch")
        run.define_metric("batch_loss", step_sync=False)
        run.log({"loss": 9})  # no epoch yet
        run.log({"epoch": 1})
        run.log({"loss": 2})
        run.log({"batch_loss": 3})
        run.log({"loss": 4, "epoch": 2})
    with pk.init(project="p", id="one", resume="must") as run:
        run.log({"loss": 5})
    assert [dict(row.values) for row in run.database.rows()] == [
        {"loss": 9},
        {"epoch": 1},
        {"loss": 2, "epoch": 1},
        {"batch_loss": 3},
        {"loss": 4, "epoch": 2},
        {"loss": 5, "epoch": 2},
    ]


@pytest.mark.parametrize(
    ("options", "say"),
    [
        ({"summary": "minn"}, "Did you mean 'min'"),
        ({"summary": 3}, "summary=3"),
        ({"goal": "up"}, "goal='up'"),
        ({"step_metric": 3}, "step_metric=3"),
        ({"step_metric": "a*"}, "step_metric="),
    ],
)
def test_what_define_metric_refuses(options: dict[str, Any], say: str) -> None:
    with pk.init(project="p") as run, pytest.raises(OptionError, match=say):
        run.define_metric("loss", **options)


# --- config ---------------------------------------------------------------------------------------


@dataclasses.dataclass
class _Settings:
    lr: float = 0.1
    opt: dict[str, Any] = dataclasses.field(default_factory=lambda: {"name": "adam"})


class _Cfg:
    lr = 0.1
    opt = {"name": "adam"}  # noqa: RUF012
    _private = 1

    def method(self) -> None: ...


def _absl() -> Any:
    from absl import flags

    found = flags.FlagValues()
    flags.DEFINE_float("lr", 0.1, "", flag_values=found)
    flags.DEFINE_string("opt.name", "adam", "", flag_values=found)
    found(["program"])
    return found


CONFIGS: dict[str, Any] = {
    "dict": lambda: {"lr": 0.1, "opt": {"name": "adam"}},
    "dotted": lambda: {"lr": 0.1, "opt.name": "adam"},
    "argparse": lambda: argparse.Namespace(lr=0.1, opt={"name": "adam"}),
    "nested namespace": lambda: SimpleNamespace(lr=0.1, opt=SimpleNamespace(name="adam")),
    "dataclass": _Settings,
    "class": lambda: _Cfg,
    "object": _Cfg,
    "absl": _absl,
}


@pytest.mark.parametrize("name", CONFIGS)
def test_configs(name: str) -> None:
    run = logged(config=CONFIGS[name]())
    for record in (run, pk.Api().run(run.path)):
        config = record.config
        assert config == {"lr": 0.1, "opt.name": "adam"}
        assert config.lr == config["lr"] == 0.1
        assert config.opt.name == config["opt"]["name"] == config["opt.name"] == "adam"
        assert config.as_dict() == {"lr": 0.1, "opt": {"name": "adam"}}


@pytest.mark.parametrize("suffix", [".json", ".toml"])
def test_a_config_in_a_file(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"config{suffix}"
    text = (
        '{"lr": 0.1, "opt": {"name": "adam"}}'
        if suffix == ".json"
        else 'lr = 0.1\nopt.name = "adam"'
    )
    path.write_text(text)
    for given in (path, str(path)):
        assert logged(config=given).config == {"lr": 0.1, "opt.name": "adam"}


def test_what_is_no_config(tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text("[1]")
    (tmp_path / "broken.toml").write_text("x = ")
    for given, say in [
        (3, "config=3"),
        ([1], "a config is a dict"),
        ("config.yaml", "neither .json nor .toml"),
        (tmp_path / "missing.json", "No such file"),
        (tmp_path / "odd.json", "no settings by name"),
        (tmp_path / "broken.toml", "cannot read a config"),
    ]:
        with pytest.raises(RunError, match=say):
            pk.init(project="p", config=given)
    assert pk.run is None


def test_a_config_that_cannot_be_kept_leaves_no_run(root: Path) -> None:
    endless: dict[str, Any] = {}
    endless["inside"] = [endless]
    for bad, say in [({"lr": 1, "": 2}, "a name is empty"), (endless, "no end")]:
        with pytest.raises(RunError, match=say):
            pk.init(project="p", id="one", config=bad)
        assert pk.run is None
        assert not root.exists()
    pk.init(project="p", id="one", config={"lr": 1})


def test_config_values_that_json_does_not_have() -> None:
    run = logged(
        config={
            "path": Path("a"), "layers": (1, 2), "np": np.float32(0.5), "array": np.arange(3),
            "function": len, "nan": math.nan, "empty": {}, "when": dt.date(2024, 1, 2), 3: "three",
            "big": np.zeros(1000), "set": {2, 1}, "none": None,
        }
    )  # fmt: skip
    config = pk.Api().run(run.path).config
    assert math.isnan(config.pop("nan") if False else config["nan"])
    found = {name: value for name, value in config.items() if name not in ("nan", "big")}
    assert found == {
        "path": "a", "layers": [1, 2], "np": 0.5, "array": [0, 1, 2],
        "function": "<built-in function len>", "empty": {}, "when": "2024-01-02", "3": "three",
        "set": [1, 2], "none": None,
    }  # fmt: skip


def test_a_config_may_change_while_the_run_goes_on() -> None:
    with pk.init(project="p", config={"lr": 1, "opt": {"name": "sgd"}}) as run:
        pk.config.update({"lr": 2}, allow_val_change=True)
        pk.config.update(argparse.Namespace(epochs=3))
        run.config.seed = 4
        run.config["opt"] = "adam"
        run.config.setdefaults({"lr": 9, "momentum": 0.9})
        del run.config["seed"]
        with pytest.raises(AttributeError, match="Did you mean 'epochs'"):
            _ = run.config.epoch
    expected = {"lr": 2, "epochs": 3, "opt": "adam", "momentum": 0.9}
    assert pk.Api().run(run.path).config == expected
    with pytest.raises(RunError, match="not changed afterwards"):
        run.config["lr"] = 3
    with pytest.raises(RunError, match="not changed afterwards"):
        pk.Api().run(run.path).config.lr = 3
