"""Charts of runs: smoothing, several runs, groups, axes, heat maps, sparklines."""

from __future__ import annotations

import itertools
import math
import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import plotkit as pk
from plotkit.runs import charts, grouping, smoothing
from plotkit.runs.charts import sparks
from plotkit.runs.record import Record

Log = Callable[..., Record]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """Record rows as a run, and read it."""
    numbers = itertools.count()

    def made(
        rows: Sequence[dict[str, Any]],
        name: str | None = None,
        config: dict[str, Any] | None = None,
        define: Sequence[dict[str, Any]] = (),
        steps: Sequence[int] | None = None,
    ) -> Record:
        id = f"run{next(numbers)}"
        with pk.init(project="p", dir=tmp_path, name=name, config=config, id=id) as run:
            for said in define:
                run.define_metric(**said)
            for at, row in enumerate(rows):
                run.log(row, step=None if steps is None else steps[at])
        return pk.Api(tmp_path).run(f"p/{id}")

    yield made
    pk.finish()


def drawn(chart: pk.Chart, **wanted: object) -> list[dict[str, Any]]:
    """The rows that are drawn, those with the given values."""
    rows = chart.to_dict()["data"]["values"]
    return [row for row in rows if all(row.get(k) == v for k, v in wanted.items())]


def ys(chart: pk.Chart, **wanted: object) -> list[Any]:
    return [row["y"] for row in drawn(chart, **wanted)]


LOSSES = [{"loss": value} for value in (0.9, 0.5, 0.7, 0.4)]


# --- smoothing -----------------------------------------------------------------------------------


def tensorboard(values: Sequence[float], weight: float) -> list[float]:
    """What TensorBoard draws: its published formula, by sums instead of step by step."""
    if values and all(value == values[0] for value in values):
        return list(values)
    made = []
    finite: list[float] = []
    for value in values:
        if not math.isfinite(value):
            made.append(value)
            continue
        finite.append(value)
        powers = [weight**k for k in range(len(finite))]
        total = math.fsum(
            (1 - weight) * p * v for p, v in zip(powers, reversed(finite), strict=True)
        )
        made.append(total / (1 if weight == 1 else 1 - weight ** len(finite)))
    return made


finite = st.floats(-1e6, 1e6)
any_value = finite | st.sampled_from([math.nan, math.inf, -math.inf])
weights = st.floats(0, 1) | st.sampled_from([0.0, 0.6, 0.999, 1.0])


@given(st.lists(any_value, max_size=60), weights)
def test_smoothing_is_that_of_tensorboard(values: list[float], weight: float) -> None:
    found = smoothing.smoothed(values, weight)
    scale = max((abs(v) for v in values if math.isfinite(v)), default=1.0)
    # 1 - weight ** n of a weight close to 1 loses digits in both.
    loose = 1e-9 * scale if weight in (0, 1) else 1e-9 * scale / (1 - weight)
    assert found == pytest.approx(tensorboard(values, weight), nan_ok=True, rel=1e-6, abs=loose)


@given(st.lists(finite, min_size=1, max_size=60), st.floats(0, 0.999))
def test_smoothed_values_lie_within_those_that_were_logged(
    values: list[float], weight: float
) -> None:
    room = 1e-6 * max(map(abs, values)) + 1e-12
    assert all(
        min(values) - room <= v <= max(values) + room for v in smoothing.smoothed(values, weight)
    )


@given(st.lists(any_value, max_size=30))
def test_no_smoothing_changes_nothing(values: list[float]) -> None:
    assert smoothing.smoothed(values, 0) == pytest.approx(values, nan_ok=True, abs=0, rel=0)


def test_constant_lines_stay_as_they_are() -> None:
    assert smoothing.smoothed([0.1] * 50, 0.99) == [0.1] * 50
    assert smoothing.smoothed([1.0, 2.0], 1) == [0.0, 0.0]  # as TensorBoard's does
    assert smoothing.smoothed([], 0.5) == []


@pytest.mark.parametrize("bad", [-0.1, 1.1, math.nan, "0.5", True, None])
def test_smoothing_is_a_share(log: Log, bad: Any) -> None:
    with pytest.raises(pk.errors.OptionError, match=r"smoothing=.*a number from 0 to 1"):
        log(LOSSES).chart("loss", smoothing=bad)


def test_the_smoothed_line_stands_over_the_raw_one(log: Log) -> None:
    chart = log(LOSSES, name="base").chart("loss", smoothing=0.5)
    assert ys(chart, part="raw") == [0.9, 0.5, 0.7, 0.4]
    assert ys(chart, part="smoothed") == pytest.approx(
        tensorboard([0.9, 0.5, 0.7, 0.4], 0.5), rel=1e-12
    )
    assert chart.strings["subtitle"] == "by step · base · smoothed 0.5, the values as logged behind"
    raw, main = (layer for layer in chart.to_dict()["layer"] if layer["mark"]["type"] == "line")
    assert raw["name"] == "raw"
    assert raw["mark"]["strokeOpacity"] < 0.5 < 1 < raw["mark"]["strokeWidth"] < 2.2
    assert "strokeOpacity" not in main["mark"]
    chart.to_svg()


def test_many_smoothed_lines_leave_the_raw_ones_out(log: Log) -> None:
    runs = [log(LOSSES, name=f"run {k}") for k in range(9)]
    chart = charts.chart(runs, "loss", smoothing=0.5)
    assert len(drawn(chart)) == 9 * 4
    assert chart.notes[0].startswith("9 lines are smoothed; the raw ones are drawn behind no more")
    eight = charts.chart(runs[:8], "loss", smoothing=0.5)
    assert len(drawn(eight)) == 2 * 8 * 4 and eight.notes == ()


# --- one run -------------------------------------------------------------------------------------


def test_a_line_by_step(log: Log) -> None:
    chart = log(LOSSES, name="base").chart("loss")
    assert [(row["x"], row["y"]) for row in drawn(chart)] == [
        (0, 0.9),
        (1, 0.5),
        (2, 0.7),
        (3, 0.4),
    ]
    assert chart.strings == {
        "title": "loss",
        "subtitle": "by step · base",
        "x-axis-title": "step",
        "y-axis-title": "loss",
    }
    assert chart.notes == ()


def test_steps_and_gaps_are_those_of_the_log(log: Log) -> None:
    rows = [{"loss": 1.0}, {"other": 1}, {"loss": math.nan}, {"loss": 2.0}, {"loss": math.inf}]
    chart = log(rows, steps=[0, 5, 7, 20, 30]).chart("loss")
    assert [(row["x"], row["y"]) for row in drawn(chart)] == [
        (0, 1.0),
        (7, None),
        (20, 2.0),
        (30, None),
    ]
    assert "2 rows of 4 without a finite value drawn as a gap" in chart.notes[0]


def test_an_x_is_taken_from_the_same_rows(log: Log) -> None:
    rows = [{"acc": 0.1, "epoch": 1}, {"acc": 0.2}, {"epoch": 2}, {"acc": 0.3, "epoch": 3}]
    chart = log(rows).chart("acc", x="epoch")
    assert [(row["x"], row["y"]) for row in drawn(chart)] == [(1, 0.1), (3, 0.3)]
    assert chart.notes == ("'acc': 1 row of 3 left out, as they were logged without 'epoch'.",)


def test_an_x_that_falls_is_noted(log: Log) -> None:
    rows = [{"acc": k / 10, "epoch": epoch} for k, epoch in enumerate([1, 3, 2, 4])]
    chart = log(rows).chart("acc", x="epoch")
    assert [row["x"] for row in drawn(chart)] == [1, 2, 3, 4]
    assert chart.notes[0].startswith("'acc': 'epoch' falls 1 time from one row to the next")


def test_an_x_by_definition(log: Log) -> None:
    rows = [{"val/acc": k / 10, "epoch": 10 * k, "loss": 1.0 - k} for k in range(3)]
    define = [{"name": "val/*", "step_metric": "epoch"}]
    run = log(rows, define=define)
    assert [row["x"] for row in drawn(run.chart("val/acc"))] == [0, 10, 20]
    assert [row["x"] for row in drawn(run.chart("val/acc", x="_step"))] == [0, 1, 2]
    # Two metrics that do not agree are drawn by step.
    assert run.chart(["val/acc", "loss"]).strings["x-axis-title"] == "step"


def test_time_as_x(log: Log) -> None:
    run = log(LOSSES)
    seconds = [row["x"] for row in drawn(run.chart("loss", x="_runtime"))]
    assert seconds == sorted(seconds) and 0 <= seconds[0] < seconds[-1] + 1e-9 < 60
    stamped = run.chart("loss", x="_timestamp")
    assert abs(drawn(stamped)[0]["x"] / 1000 - time.time()) < 600
    assert stamped.to_dict()["encoding"]["x"]["type"] == "temporal"
    assert stamped.strings["x-axis-title"] == "time (UTC)"


def test_several_metrics_and_globs(log: Log) -> None:
    run = log([{"val/acc": k, "val/f1": k + 1, "loss": k, "val/text": "a"} for k in range(3)])
    found = run.chart(["val/*", "val/acc"])
    assert {row["color"] for row in drawn(found)} == {"val/acc", "val/f1"}
    assert len(drawn(found)) == 6
    assert found.strings["title"] == "val/acc, val/f1"
    assert run.chart("LOSS").strings["title"] == "loss"


def test_names_may_be_anything_that_was_logged(log: Log) -> None:
    names = ["a.b[0]", "step", "run", "x", "value", "loss\x07", "'quoted'", "日本", "part"]
    run = log([dict.fromkeys(names, k) for k in range(3)])
    for name in names:
        assert ys(run.chart(name)) == [0, 1, 2]
        assert ys(run.chart(name, smoothing=0.5), part="raw") == [0, 1, 2]
    assert len(drawn(run.chart(names))) == 3 * len(names)
    same = run.chart("step", x="step")
    assert [(row["x"], row["y"]) for row in drawn(same)] == [(0, 0), (1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda run: run.chart("los"), "has logged nothing as 'los'. Did you mean 'loss'?"),
        (lambda run: run.chart("val/*"), "has logged nothing as 'val/*'."),
        (lambda run: run.chart("note"), "'note' holds text, which no line can show."),
        (lambda run: run.chart("hist"), "'hist' holds histograms ... run.heatmap('hist')"),
        (lambda run: run.chart("loss", x="epok"), "nothing as 'epok'. Did you mean 'epoch'?"),
        (lambda run: run.chart("loss", x="note"), "x='note' holds text ... Of use as x: '_step'"),
        (
            lambda run: run.chart("loss", x="late"),
            "never logged with one step ... log({'late': ..., 'loss': ...})",
        ),
        (lambda run: run.chart("loss", group="lr"), "cannot group runs by 'lr'. Did you mean"),
        (lambda run: run.chart("loss", spread="stdd"), "spread='stdd'"),
        (
            lambda run: run.heatmap("loss"),
            "'loss' holds numbers, no histograms. Write run.chart('loss')",
        ),
        (lambda run: run.heatmap("his"), "nothing as 'his'. Did you mean 'hist'? Its histograms"),
        (lambda run: charts.chart([], "loss"), "no runs to draw"),
        (lambda run: run.chart([]), "keys=[]: expected a logged name"),
        (lambda run: run.chart("loss", x=3), "x=3: expected a logged name"),
        (lambda run: run.chart("loss", group=3), "group=3: expected a name"),
        (lambda run: run.scatter("loss", "nothing"), "has logged nothing as 'nothing'"),
        (lambda run: run.scatter("loss", "late"), "never all logged with one step"),
    ],
)
def test_what_cannot_be_drawn(log: Log, ask: Callable[[Any], object], said: str) -> None:
    hist = pk.Histogram(np_histogram=([1], [0, 1]))
    rows = [{"loss": 1.0, "epoch": 1, "note": "x", "hist": hist}, {"loss": 0.5}, {"late": 1}]
    with pytest.raises(pk.PlotkitError) as caught:
        ask(log(rows, config={"lr": 0.1}))
    assert all(part in str(caught.value) for part in said.split(" ... "))


def test_a_run_that_has_logged_nothing(log: Log) -> None:
    with pytest.raises(pk.errors.RunError, match="has logged no numbers yet"):
        log([]).chart("loss")


# --- several runs --------------------------------------------------------------------------------


def test_runs_are_told_apart_by_name_or_by_config(log: Log) -> None:
    named = [log(LOSSES, name=name) for name in ("first", "second")]
    assert grouping.labels(named) == ["first", "second"]
    same = [log(LOSSES, name="same", config={"lr": lr, "seed": 1}) for lr in (0.1, 0.01)]
    assert grouping.labels(same) == ["same (lr=0.1)", "same (lr=0.01)"]
    alike = [log(LOSSES, name="same") for _ in range(2)]
    assert grouping.labels(alike) == [f"same ({run.id})" for run in alike]
    chart = charts.chart(named, "loss")
    assert {row["color"] for row in drawn(chart)} == {"first", "second"}
    assert chart.strings["subtitle"] == "by step · 2 runs"


def test_runs_by_colour_and_metrics_by_dash(log: Log) -> None:
    rows = [{"a": k, "b": k + 1} for k in range(3)]
    runs = [log(rows, name=name) for name in ("first", "second")]
    pairs = {(row["color"], row["stroke"]) for row in drawn(charts.chart(runs, ["a", "b"]))}
    assert pairs == set(itertools.product(("first", "second"), ("a", "b")))


def test_runs_without_the_metric_are_named(log: Log) -> None:
    runs = [log(LOSSES, name="with"), log([{"other": 1}], name="without")]
    chart = charts.chart(runs, "loss")
    assert chart.notes == ("'loss': 1 of 2 runs have no value of it and are left out: 'without'.",)
    assert len(drawn(chart)) == 4


def test_groups_by_config(log: Log) -> None:
    values = {0.1: ([1.0, 2.0], [3.0, 6.0]), 0.01: ([0.0, 0.0], [1.0, 1.0])}
    runs = [
        log([{"loss": v} for v in found], config={"lr": lr})
        for lr, several in values.items()
        for found in several
    ]
    chart = charts.chart(runs, "loss", group="config.lr")
    assert list(dict.fromkeys(row["color"] for row in drawn(chart))) == [
        "lr=0.01 (n=2)",
        "lr=0.1 (n=2)",
    ]
    upper = drawn(chart, color="lr=0.1 (n=2)")
    assert [row["y"] for row in upper] == [2.0, 4.0]
    spread = [np.std([1, 3], ddof=1), np.std([2, 6], ddof=1)]
    assert [row["error_low"] for row in upper] == pytest.approx([2 - spread[0], 4 - spread[1]])
    assert [row["error_high"] for row in upper] == pytest.approx([2 + spread[0], 4 + spread[1]])
    assert chart.strings["subtitle"] == "by step · 4 runs · mean ± standard deviation, by lr"
    assert chart.notes == ()
    chart.to_svg()


def test_settings_that_differ_little_are_groups_of_their_own(log: Log) -> None:
    values = (0.1234567, 0.1234568, 0.5, 0.5)
    runs = [log([{"loss": lr}], name="same", config={"lr": lr}) for lr in values]
    chart = charts.chart(runs, "loss", group="config.lr")
    assert list(dict.fromkeys(row["color"] for row in drawn(chart))) == [
        "lr=0.1234567 (n=1)",
        "lr=0.1234568 (n=1)",
        "lr=0.5 (n=2)",
    ]
    assert grouping.labels(runs[:2]) == ["same (lr=0.1234567)", "same (lr=0.1234568)"]


def test_repeated_x_are_noted_once_for_all_groups(log: Log) -> None:
    rows = [{"loss": 1, "epoch": 0}, {"loss": 2, "epoch": 0}, {"loss": 3, "epoch": 1}]
    runs = [log(rows, config={"lr": lr}) for lr in (1, 2)]
    chart = charts.chart(runs, "loss", x="epoch", group="config.lr", spread="none")
    assert [note for note in chart.notes if "repeat" in note] == [
        "'loss': 2 rows repeat an 'epoch' of the same run; their mean stands for them."
    ]


@pytest.mark.filterwarnings("ignore::plotkit.RunWarning")
def test_integers_beyond_all_floats_are_gaps(log: Log) -> None:
    run = log([{"n": 1, "m": None}, {"n": 10**400, "m": -(10**400)}, {"n": 3, "m": 2}])
    assert ys(run.chart("n"))[::2] == [1, 3] and ys(run.chart("n"))[1] is None
    assert "without a finite value" in run.chart("n").notes[0]
    assert charts.best(run, "m") == (
        charts.Best("min", 2.0, 2),
        charts.Best("max", 2.0, 2),
    )
    assert charts.axes(run, "m") == ["_step", "_runtime"]


def test_globs_are_the_same_in_any_case(log: Log) -> None:
    run = log([{"Val/Loss": 1, "loss": 2}])
    assert ys(run.chart("val/*")) == [1]


@pytest.mark.parametrize(
    ("spread", "low", "high"),
    [("sem", 4 - 3 / 3**0.5, 4 + 3 / 3**0.5), ("min-max", 1, 7), ("none", None, None)],
)
def test_spreads(log: Log, spread: str, low: float | None, high: float | None) -> None:
    runs = [log([{"loss": v}, {"loss": v}]) for v in (1.0, 4.0, 7.0)]
    (row, *_) = drawn(charts.chart(runs, "loss", spread=spread))
    assert row["y"] == 4.0 and row["color"] == "n=3"
    assert row.get("error_low") == (None if low is None else pytest.approx(low))
    assert row.get("error_high") == (None if high is None else pytest.approx(high))


def test_runs_of_different_steps_are_interpolated_and_said_so(log: Log) -> None:
    runs = [
        log([{"loss": 0.0}, {"loss": 4.0}], steps=[0, 4]),
        log([{"loss": v} for v in (2.0, 2.0, 2.0)], steps=[2, 4, 6]),
    ]
    chart = charts.chart(runs, "loss", spread="min-max")
    assert [(row["x"], row["y"]) for row in drawn(chart)] == [(0, 0), (2, 2), (4, 3), (6, 2)]
    assert [row["error_high"] for row in drawn(chart)] == [0, 2, 4, 2]
    assert "of the 6 values behind the means, 1 lie on the straight line" in chart.notes[0]


def test_gaps_are_not_bridged_and_equal_x_are_averaged(log: Log) -> None:
    runs = [
        log([{"loss": 1.0}, {"loss": math.nan}, {"loss": 1.0}], steps=[0, 10, 20]),
        log([{"loss": 3.0} for _ in range(5)], steps=[0, 5, 10, 15, 20]),
    ]
    assert ys(charts.chart(runs, "loss", spread="none")) == [2, 3, 3, 3, 2]
    rows = [{"acc": v, "epoch": epoch} for v, epoch in ((0.0, 1), (1.0, 1), (1.0, 2))]
    chart = charts.chart([log(rows), log(rows)], "acc", x="epoch", spread="std")
    assert ys(chart) == [0.5, 1.0]
    assert chart.notes == (
        "'acc': 2 rows repeat an 'epoch' of the same run; their mean stands for them.",
    )


def test_a_band_that_a_log_axis_cannot_show(log: Log) -> None:
    runs = [log([{"loss": v}, {"loss": 1.0}]) for v in (0.1, 9.0)]
    chart = charts.chart(runs, "loss", spread="std", y_scale="log")
    assert [row["error_low"] for row in drawn(chart)] == [None, 1.0]
    assert "the band is left out at 1 places" in chart.notes[0]


lines_of_runs = st.lists(
    st.lists(st.tuples(st.integers(0, 8), st.floats(-1e3, 1e3)), min_size=1, max_size=8).map(
        lambda points: sorted(dict(points).items())
    ),
    min_size=1,
    max_size=4,
)


@given(lines_of_runs)
def test_means_are_those_of_plain_interpolation(runs: list[list[tuple[int, float]]]) -> None:
    lines = [(np.array([x for x, _ in run], float), np.array([y for _, y in run])) for run in runs]
    found = grouping.mean(lines, "std")
    along = sorted({x for run in runs for x, _ in run})
    assert found.x.tolist() == along
    for at, x in enumerate(along):
        values = [np.interp(x, xs, y) for xs, y in lines if xs[0] <= x <= xs[-1]]
        assert found.y[at] == pytest.approx(np.mean(values), abs=1e-9)
        if len(values) == 1:
            assert math.isnan(found.low[at]) and math.isnan(found.high[at])
        else:
            reach = float(np.std(values, ddof=1))
            assert found.high[at] - found.y[at] == pytest.approx(reach, abs=1e-9)
    logged = sum(map(len, runs))
    assert found.values - found.between == logged and found.repeated == 0


def test_smoothed_groups_smooth_each_run_first(log: Log) -> None:
    runs = [log([{"loss": v} for v in found]) for found in ([0.0, 4.0], [2.0, 8.0])]
    chart = charts.chart(runs, "loss", spread="none", smoothing=0.5)
    wanted = np.mean([tensorboard([0.0, 4.0], 0.5), tensorboard([2.0, 8.0], 0.5)], axis=0)
    assert ys(chart) == pytest.approx(wanted.tolist())
    assert "smoothed 0.5" in chart.strings["subtitle"]


# --- axes and the best value ---------------------------------------------------------------------


def test_axes_are_what_rises_with_a_metric(log: Log) -> None:
    rows = [
        {
            "loss": 1 / (k + 1),
            "epoch": k // 10,
            "tokens": 512 * k,
            "time": k * 0.1,
            "acc": k / 40,  # it rises, but it is a measure
            "noise": (k * 7) % 11,
            "fixed": 3,
        }
        for k in range(40)
    ]
    rows[3]["once"] = 1
    run = log(rows)
    assert charts.axes(run, "loss") == ["_step", "epoch", "tokens", "time", "_runtime"]
    defined = log(rows, define=[{"name": "loss", "step_metric": "tokens"}])
    assert charts.axes(defined, "loss")[0] == "tokens"
    with pytest.raises(pk.errors.RunError, match="Did you mean 'loss'"):
        charts.axes(run, "los")


def test_the_best_value(log: Log) -> None:
    rows = [{"loss": v} for v in (0.9, math.nan, 0.4, 0.4, math.inf)]
    lowest, highest = charts.best(log(rows), "loss")
    assert lowest == ("min", 0.4, 2) and highest == ("max", 0.9, 0)
    known = log(rows, define=[{"name": "loss", "summary": "min"}])
    assert charts.best(known, "loss") == (("min", 0.4, 2),)
    goal = log(rows, define=[{"name": "loss", "summary": "best", "goal": "maximize"}])
    assert charts.best(goal, "loss") == (("max", 0.9, 0),)
    assert charts.best(log([{"loss": math.nan}]), "loss") == ()


# --- presets of a run ----------------------------------------------------------------------------


def test_every_preset_function_takes_a_history(log: Log) -> None:
    draws = np.random.default_rng(0)
    rows = [
        {
            "loss": 1 / (k + 1),
            "lr": 0.1 / (k + 1),
            "kind": "ab"[k % 2],
            "fpr": k / 19,
            "tpr": (k / 19) ** 0.5,
            "truth": "ab"[k % 2],
            "said": "ab"[k % 3 % 2],
            "score": float(draws.random() / 2 + k % 2 / 2),
        }
        for k in range(20)
    ]
    run = log(rows)
    table = pk.Table(rows)
    pairs = [
        (run.line("lr", "loss", color="kind"), pk.line(table, "lr", "loss", color="kind")),
        (run.scatter("lr", "loss", "T"), pk.scatter(table, "lr", "loss", "T")),
        (run.bar("kind", "loss"), pk.bar(table, "kind", "loss")),
        (run.histogram("loss", bins=5), pk.histogram(table, "loss", bins=5)),
        (run.area_under_curve("fpr", "tpr"), pk.area_under_curve(table, "fpr", "tpr")),
        (
            run.roc_curve("truth", "score"),
            pk.roc_curve(table.get_column("truth"), table.get_column("score")),
        ),
        (
            run.pr_curve("truth", "score", sample_weight="loss"),
            pk.pr_curve(
                table.get_column("truth"),
                table.get_column("score"),
                sample_weight=table.get_column("loss"),
            ),
        ),
        (
            run.confusion_matrix("truth", "said"),
            pk.confusion_matrix(None, table.get_column("truth"), table.get_column("said")),
        ),
        (
            run.line_series("_step", ["loss", "lr"]),
            pk.line_series(
                list(range(20)),
                [table.get_column("loss"), table.get_column("lr")],
                ["loss", "lr"],
                xname="_step",
            ),
        ),
        (
            run.plot_table("plotkit/line", {"x": "fpr", "y": "tpr"}, {"title": "T"}),
            pk.plot_table("plotkit/line", table, {"x": "fpr", "y": "tpr"}, {"title": "T"}),
        ),
    ]
    for found, wanted in pairs:
        assert found.to_dict() == wanted.to_dict()
        assert found.notes == wanted.notes


def test_rows_with_all_columns_and_a_note_on_the_others(log: Log) -> None:
    run = log([{"a": 1, "b": 2}, {"a": 2}, {"b": 1}, {"a": 3, "b": 4}])
    chart = run.scatter("a", "b")
    assert [(row["x"], row["y"]) for row in drawn(chart)] == [(1, 2), (3, 4)]
    assert chart.notes[0].startswith("2 rows of 4 left out, as not all of 'a', 'b' were logged")
    assert [row["x"] for row in drawn(run.line("_step", "a"))] == [0, 1, 3]
    assert chart.untitled().notes == chart.notes


def test_lists_of_labels_are_put_together(log: Log) -> None:
    run = log(
        [
            {"truth": [0, 1, 1], "score": [0.1, 0.8, 0.7]},
            {"truth": [0, 1], "score": [0.3, 0.2]},
        ]
    )
    wanted = pk.roc_curve([0, 1, 1, 0, 1], [0.1, 0.8, 0.7, 0.3, 0.2])
    assert run.roc_curve("truth", "score").to_dict() == wanted.to_dict()


# --- what is best, what is near, what is the same ------------------------------------------------


@pytest.mark.parametrize(
    ("key", "define", "end"),
    [
        ("val/loss", [], "lowest"),
        ("top1_err", [], "lowest"),
        ("loss_scale", [], "highest"),
        ("score", [], "highest"),
        ("score", [{"name": "sc*", "goal": "minimize"}], "lowest"),
        ("score", [{"name": "score", "summary": "min"}], "lowest"),
        ("loss", [{"name": "loss", "goal": "maximize"}], "highest"),
        ("loss", [{"name": "loss", "summary": "min,max"}], "lowest"),
    ],
)
def test_of_many_runs_the_best_are_named(
    log: Log, key: str, define: list[dict[str, Any]], end: str
) -> None:
    runs = [log([{key: 1}, {key: at}], name=f"r{at}", define=define) for at in range(10)]
    chart = charts.chart(runs, key)
    best = range(7) if end == "lowest" else range(3, 10)
    assert {row["color"] for row in drawn(chart)} == {None, *(f"r{at}" for at in best)}
    assert f"the 7 that end {end} are in colour" in chart.notes[0]


def test_long_lines_that_end_lowest_are_named_too() -> None:
    rows = 2000
    table = {
        "x": np.tile(np.arange(rows), 10),
        "y": np.concatenate([np.linspace(5, at, rows) for at in range(10)]),
        "run": np.repeat([f"r{at}" for at in range(10)], rows),
    }
    fields = {"x": "x", "y": "y", "color": "run"}
    chart = pk.plot_table("plotkit/line", table, fields, params={"named": "lowest"})
    assert {row["color"] for row in drawn(chart)} == {None, *(f"r{at}" for at in range(7))}
    with pytest.raises(pk.errors.OptionError, match="named='best': expected 'highest' or 'lowest'"):
        pk.plot_table("plotkit/line", table, fields, params={"named": "best"})


def test_rows_of_one_x_are_drawn_as_their_mean(log: Log) -> None:
    rows = [{"loss": at, "epoch": at // 4} for at in range(10)]
    run = log([*rows, {"val": 3, "epoch": 2}, {"loss": math.nan, "epoch": 2}])
    chart = run.chart("loss", x="epoch")
    assert [(row["x"], row["y"]) for row in drawn(chart)] == [(0, 1.5), (1, 5.5), (2, None)]
    assert chart.notes[0] == (
        "'loss': 11 rows share 3 values of 'epoch'; each point is the mean of its rows "
        "(reduce=False draws every row)."
    )
    assert len(drawn(run.chart("loss", x="epoch", reduce=False))) == 11
    # An x that comes back by chance is no counter.
    swinging = log([{"a": at, "b": b} for at, b in enumerate([0.5, 0.1, 0.5, 0.2])])
    assert len(drawn(swinging.chart("a", x="b"))) == 4


def test_groups_by_several_names_and_by_what_init_was_told(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = [{"group": "a", "job_type": "train"}, {"group": "b"}, {}]
    for at, more in enumerate(told * 2):
        with pk.init(project="p", dir=tmp_path, config={"lr": 0.1, "n": {"k": at}}, **more) as run:
            run.log({"acc": at})
    runs = pk.Api(tmp_path).runs("p")

    def groups(group: Any) -> list[str]:
        return list(dict.fromkeys(row["color"] for row in drawn(runs.chart("acc", group=group))))

    assert groups("group") == ["a (n=2)", "b (n=2)", "no group (n=2)"]
    assert groups(["config.lr", "job_type"]) == [
        "lr=0.1, train (n=2)",
        "lr=0.1, no job_type (n=4)",
    ]
    assert groups(("config.lr", "config.n.k"))[:2] == ["lr=0.1, n.k=0 (n=1)", "lr=0.1, n.k=1 (n=1)"]
    assert (
        runs.chart("acc", group=["config.lr", "group"]).strings["subtitle"].endswith("by lr, group")
    )
    for bad in ([], ["config.lr", 3], {}):
        with pytest.raises(pk.errors.OptionError, match="or a list of some"):
            runs.chart("acc", group=bad)


def test_a_given_name_counts_more_than_the_config(tmp_path: Path) -> None:
    def labels(project: str, told: Sequence[dict[str, Any]]) -> list[str]:
        for one in told:
            pk.init(project=project, dir=tmp_path, **one).finish()
        return grouping.labels(pk.Api(tmp_path).runs(project, order="created"))

    both = [{"id": f"lr{k}-s", "name": f"lr{k}-s", "config": {"lr": k}} for k in range(2)]
    assert labels("both", both) == ["lr0-s", "lr1-s"]
    # Without a name, only what tells the runs apart: all of "x" is the same, "lz" follows "lr".
    own = [{"config": {"x": 1, "a": {"lr": k // 2, "lz": k // 2}, "seed": k % 2}} for k in range(4)]
    assert labels("none", own) == [f"lr={k // 2}, seed={k % 2}" for k in range(4)]


@given(st.lists(st.text("ab-/_1e", max_size=60), min_size=1, max_size=8, unique=True))
def test_shortened_names_stay_apart(names: list[str]) -> None:
    found = grouping.shortened(names)
    assert len(set(found)) == len(names)
    assert all(len(short) <= max(len(name), 24) for short, name in zip(found, names, strict=True))
    prefixed = grouping.shortened([f"all-begin-with-this-and-that-{name}" for name in names])
    assert len(set(prefixed)) == len(names)


def test_no_number_is_cut_from_the_front_of_a_name() -> None:
    names = [f"experiment-of-the-long-kind-with-lr{value}" for value in ("1e-3", "1e-4", "1e-45")]
    assert [name[-4:] for name in grouping.shortened(names)] == ["1e-3", "1e-4", "e-45"]
    assert all("lr1e-" in name for name in grouping.shortened(names))


@pytest.mark.parametrize("width", [360, 400, 560])
def test_a_narrow_chart_keeps_its_plot(width: int) -> None:
    names = [f"resnet-{at}-with-a-name-of-some-length-{at}" for at in range(7)]
    rows = {"x": [0, 1] * 7, "y": list(range(14)), "run": [name for name in names for _ in (0, 1)]}
    chart = pk.line(rows, "x", "y", color="run")
    svg = chart.to_svg(width=width, height=310)
    drawing = ElementTree.fromstring(svg)
    assert drawing.get("width") == str(width)
    ends = [re.findall(r"-?[\d.]+", path.get("d", "")) for path in drawing.iter() if path.get("d")]
    lines = [float(end[2]) - float(end[0]) for end in ends if len(end) == 4]
    assert max(lines) > 0.6 * width
    labels = re.findall(r">([^<>]*resnet[^<>]*|[^<>]*\u2026[^<>]*)</text>", svg)
    assert len(set(labels)) == 7


# --- heat maps -----------------------------------------------------------------------------------


def histogram(counts: Sequence[float], edges: Sequence[float]) -> pk.Histogram:
    return pk.Histogram(np_histogram=(list(counts), list(edges)))


def cells(chart: pk.Chart) -> dict[tuple[float, float], float]:
    return {(row["x"], row["y"]): row["count"] for row in drawn(chart)}


def test_equal_edges_stay_exact(log: Log) -> None:
    edges = [0, 1, 10, 11]
    run = log([{"w": histogram(c, edges)} for c in ([1, 2, 3], [0, 5, 0], [1, 0, 0])], name="base")
    chart = run.heatmap("w")
    assert cells(chart) == {(0, 0): 1, (0, 1): 2, (0, 10): 3, (1, 1): 5, (2, 0): 1}
    assert {(row["x"], row["x2"]) for row in drawn(chart)} == {(0, 1), (1, 2), (2, 3)}
    assert [row["share"] for row in drawn(chart, x=0)] == pytest.approx([1 / 6, 2 / 6, 3 / 6])
    assert chart.notes == ()
    assert chart.strings["title"] == "w" and chart.strings["subtitle"] == "by step · base"
    for theme in ("light", "dark"):
        assert chart.to_svg(theme=theme).count("<path") > 5


def test_different_edges_are_spread_in_proportion(log: Log) -> None:
    run = log([{"w": histogram([4, 4], [0, 1, 2])}, {"w": histogram([6, 0], [0, 3, 4])}])
    chart = run.heatmap("w")
    # Two common bins from 0 to 3, where the counted values are.
    assert cells(chart) == {(0, 0): 6, (0, 1.5): 2, (1, 0): 3, (1, 1.5): 3}
    assert "2 different sets of edges; their counts are spread over 2 common bins" in chart.notes[0]


@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 50), min_size=1, max_size=9),
            st.floats(-10, 10),
            st.floats(0.1, 10),
        ).filter(lambda part: any(part[0])),
        min_size=2,
        max_size=6,
    )
)
def test_no_count_is_lost(parts: list[tuple[list[int], float, float]]) -> None:
    from plotkit.runs.charts import heat

    steps = [
        [(np.array(counts, float), start + width * np.arange(len(counts) + 1))]
        for counts, start, width in parts
    ]
    made, edges = heat._on_common_edges(steps, "w", [])
    assert (np.diff(edges) > 0).all()
    assert made.sum(axis=1) == pytest.approx([sum(counts) for counts, *_ in parts])


def test_many_steps_are_added_up(log: Log) -> None:
    run = log([{"w": histogram([1, k], [0, 1, 2])} for k in range(1000)])
    chart = run.heatmap("w")
    found = cells(chart)
    assert sum(found.values()) == 1000 + sum(range(1000))
    assert len({x for x, _ in found}) == 140
    assert chart.notes[0].startswith("'w': 1,000 histograms are drawn as 140 columns")


def test_heat_maps_along_another_axis_and_empty_histograms(log: Log) -> None:
    hist = histogram([1, 2], [0, 1, 2])
    rows = [
        {"w": hist, "epoch": 1},
        {"w": hist},
        {"w": histogram([0, 0], [0, 1, 2]), "epoch": 2},
        {"w": [hist, hist], "epoch": 3},
    ]
    chart = log(rows).heatmap("w", x="epoch")
    assert cells(chart) == {(1, 0): 1, (1, 1): 2, (3, 0): 2, (3, 1): 4}
    assert chart.notes == (
        "'w': 1 row of 4 left out, as they were logged without 'epoch'.",
        "'w': 1 of 3 histograms count no value and are left blank.",
    )
    empty = log([{"w": histogram([0], [0, 1])}])
    with pytest.raises(pk.errors.RunError, match="all histograms of 'w' are empty"):
        empty.heatmap("w")
    assert "temporal" in str(log(rows).heatmap("w", x="_timestamp").to_dict()["encoding"]["x"])


# --- sparklines ----------------------------------------------------------------------------------


@given(st.lists(any_value | st.floats(), max_size=400))
def test_a_sparkline_is_a_whole_small_picture(values: list[float]) -> None:
    root = ElementTree.fromstring(charts.sparkline(values))
    path = root.find("path")
    assert (path is not None) == any(map(math.isfinite, values))
    numbers = re.findall(r"[\d.]+", "" if path is None else path.get("d", ""))
    assert all(0 <= float(x) <= 96 for x in numbers[::2])
    assert all(0 <= float(y) <= 20 for y in numbers[1::2])
    title = root.find("title")
    assert title is not None and title.text
    text = charts.text_sparkline(values, 30)
    assert len(text) == min(len(values), 30)
    assert set(text) <= set("▁▂▃▄▅▆▇█ ")


def test_a_sparkline_keeps_extremes_and_gaps() -> None:
    values = [0.0] * 10_000
    values[5_003] = 9.0
    assert "1.5L" in charts.sparkline(values)  # it reaches the top
    assert charts.text_sparkline(values).count("█") == 1
    assert charts.sparkline([1, math.nan, 2]).count("M") == 2
    assert charts.text_sparkline([1, math.nan, 2]) == "▁ █"
    assert charts.text_sparkline([5, 5, 5]) == "▅▅▅"


def test_sparklines_of_histograms_and_titles() -> None:
    found = charts.sparkline(histogram([1, 0, 3], [0, 1, 2, 3]))
    assert "<title>4 values from 0 to 3</title>" in found
    assert found.count("M") == 2 and 'fill="currentColor"' in found
    stored = {"_type": "histogram", "counts": [1, 0, 3], "edges": [0, 1, 2, 3]}
    assert charts.sparkline(stored) == found
    assert charts.text_sparkline(stored) == "▃▁█"
    assert "<title>a &lt; b</title>" in charts.sparkline([1, 2], "a < b")
    assert sparks.sparkline([]) == sparks.sparkline([math.nan])


def test_a_none_among_histograms_is_an_empty_one(log: Log) -> None:
    held = [pk.Histogram([1.0, 2.0, 3.0]) if step % 2 else None for step in range(4)]
    with pytest.warns(pk.RunWarning, match="None"):
        run = log([{"w": one} for one in held])
    assert any("2 of 4" in note for note in run.heatmap("w").notes)


def test_groups_of_one_run_have_no_band(tmp_path: Path) -> None:
    for rate in (0.1, 0.3):
        with pk.init(project="p", dir=tmp_path, config={"lr": rate}) as run:
            run.log({"loss": rate})
            run.log({"loss": rate / 2})
    chart = pk.Api(tmp_path).runs("p").chart("loss", group="config.lr")
    assert any("no band" in note for note in chart.notes)
    assert "error_low" not in chart.to_json()
