"""The report of a run: what is in it, in which order, and that nothing is left out in silence."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import plotkit as pk
from plotkit import errors
from plotkit.report.blocks import Figure, Fold, Panel, Row, Text
from plotkit.runs import families
from plotkit.runs.record import Record
from plotkit.runs.remarks import RunWarning
from plotkit.runs.report import report
from plotkit.table import Table


def flat(made: pk.Report) -> Iterator[Any]:
    """All blocks of a report, with a fold's title before what is in it."""

    def walk(blocks: Any) -> Iterator[Any]:
        for block in blocks:
            if isinstance(block, Fold):
                yield f"fold: {block.title}"
                yield from walk(block.blocks)
            elif isinstance(block, Row):
                yield from walk(block.cells)
            else:
                yield block

    return walk(made._blocks)


def outline(made: pk.Report) -> list[str]:
    """Headings, folds, and the names of figures, tables and panels."""
    lines = []
    for block in flat(made):
        if isinstance(block, str):
            lines.append(block)
        elif isinstance(block, Text):
            lines += [line for line in block.source.splitlines() if line.startswith("#")]
        elif isinstance(block, Panel):
            lines.append(f"panel: {block.name}")
        elif isinstance(block.content, Table):
            lines.append(f"table: {', '.join(block.content.columns)}")
        else:
            lines.append(f"chart: {block.name}")
    return lines


def texts(made: pk.Report) -> str:
    return "\n".join(block.source for block in flat(made) if isinstance(block, Text))


def tables(made: pk.Report) -> dict[str, dict[str, list[Any]]]:
    """The tables by the name of their first column."""
    found = [
        b.content for b in flat(made) if isinstance(b, Figure) and isinstance(b.content, Table)
    ]
    return {
        table.columns[0]: {name: column.as_list() for name, column in table.head(1000).items()}
        for table in found
    }


@pytest.fixture
def full(tmp_path: Path) -> Record:
    """A run that logs one of everything."""
    config = {"lr": 0.1, "model": {"kind": "mlp"}}
    with pk.init(project="p", name="everything", id="all", dir=tmp_path, config=config) as run:
        run.define_metric("val_acc", summary="max")
        run.define_metric("secret/*", hidden=True)
        for step in range(6):
            row: dict[str, Any] = {
                "loss": 1 / (step + 1), "val_loss": 2 / (step + 1), "epoch": step // 2,
                "val_acc": [0.1, 0.5, 0.9, 0.4, 0.3, 0.2][step], "secret/norm": step,
                "system/cpu": 50.0 + step, "phase": f"part {step}",
                "weights": pk.Histogram(np.arange(step, step + 10.0)),
            }  # fmt: skip
            if step == 0:
                row["parameters"] = 1234
            if step % 3 == 2:
                row["picture"] = pk.Image(np.full((4, 6), 40 * step, dtype="uint8"))
                row["curve"] = pk.line({"x": [0, 1], "y": [0, step]}, "x", "y", title="A curve")
                row["answers"] = pk.Table({"right": [step, 1], "wrong": [0, 2]})
            run.log(row)
        run.summary["verdict"] = "good"
    return pk.Api(tmp_path).run("p/all")


# --- what is in it -------------------------------------------------------------------------------


def test_everything_has_its_place(full: Record) -> None:
    made = report(full)
    assert made.title == "everything"
    assert made.description.startswith("Finished · ")
    assert "6 steps" in made.description
    assert outline(made) == [
        "## Summary",
        "table: metric, trend, last, best, lowest, highest",
        "table: summary, value",
        "table: histogram, shape, from, to, values",
        "## Config",
        "table: setting, value",
        "## Metrics",
        "chart: loss",
        "chart: val_acc",
        "fold: Against epoch",
        "chart: loss epoch",
        "chart: val_acc epoch",
        "fold: Against time since the start",
        "chart: loss time since the start",
        "chart: val_acc time since the start",
        "## system",
        "chart: system/cpu",
        "fold: Against epoch",
        "chart: system/cpu epoch",
        "fold: Against time since the start",
        "chart: system/cpu time since the start",
        "## Charts and tables",
        "chart: curve",
        "fold: curve at 1 earlier step",
        "chart: curve",
        "panel: answers",
        "## Histograms",
        "chart: weights",
        "## Media",
        "panel: picture",
        "## Logged once",
        "table: name, value, step",
        "## Texts",
        "table: step, phase",
        "## Not drawn",
    ]


def test_the_summary_tells_last_best_and_the_course(full: Record) -> None:
    told = tables(report(full))
    metrics = told["metric"]
    assert metrics["metric"] == ["loss", "val_loss", "val_acc", "system/cpu"]
    assert metrics["last"] == ["0.16667", "0.33333", "0.2", "55"]
    space = "\N{NO-BREAK SPACE}"
    assert metrics["best"] == ["", "", f"0.9{space}at{space}2", ""]
    assert metrics["lowest"][0] == f"0.16667{space}at{space}5"
    assert metrics["highest"][0] == f"1{space}at{space}0"
    assert metrics["trend"][0][0] == "█"
    assert told["summary"] == {"summary": ["verdict"], "value": ["good"]}
    assert told["setting"]["setting"] == ["lr", "model.kind"]
    assert told["name"] == {"name": ["parameters"], "value": ["1234"], "step": [0]}
    assert told["step"]["phase"][-1] == "part 5"
    (drawn,) = [b for b in flat(report(full)) if isinstance(b, Figure) and "trend" in b.drawings]
    assert all(svg.startswith("<svg") for svg in drawn.drawings["trend"])


def test_what_is_not_drawn_is_named(full: Record) -> None:
    said = texts(report(full))
    assert "Hidden by define\\_metric, and drawn only when asked for: 'secret/norm'." in said
    assert "Used as an axis, and drawn by itself only when asked for: 'epoch'." in said


def test_keys_choose_also_what_is_hidden(full: Record) -> None:
    assert "chart: secret/norm" in outline(report(full, keys="secret/*"))
    assert "chart: epoch" in outline(report(full, keys=["epoch", "loss"]))
    with pytest.raises(errors.RunError, match="Did you mean 'loss'"):
        report(full, keys="los")


def test_main_axis_is_the_step_metric(tmp_path: Path) -> None:
    with pk.init(project="p", id="a", dir=tmp_path) as run:
        run.define_metric("loss", step_metric="epoch")
        for step in range(4):
            run.log({"loss": 1 - step / 4, "epoch": step})
    made = report(run)
    chart = next(b for b in flat(made) if isinstance(b, Figure) and b.name == "loss")
    assert chart.content().strings["x-axis-title"] == "epoch"  # type: ignore[operator]
    assert "fold: Against step" in outline(made)


def test_metrics_of_one_kind_keep_their_own_axes(tmp_path: Path) -> None:
    with pk.init(project="p", id="a", dir=tmp_path) as run:
        run.define_metric("val/*", step_metric="epoch")
        for step in range(6):
            run.log({"train/loss": 1 / (step + 1)})
            if step % 3 == 2:
                run.log({"val/loss": 1.0, "val/acc": 0.5, "test/loss": 0.1, "epoch": step // 3})
    made = report(run)
    drawn = {
        block.name: block.content().strings["x-axis-title"]  # type: ignore[operator]
        for block in flat(made)
        if isinstance(block, Figure) and not isinstance(block.content, Table)
    }
    assert drawn == {
        "loss": "step",
        "val/loss": "epoch",
        "val/acc": "epoch",
        "loss step": "step",
        "val/acc step": "step",
        "loss time since the start": "seconds since the start",
        "val/acc time since the start": "seconds since the start",
    }


def test_what_was_lost_comes_first_and_what_is_worth_knowing_last(tmp_path: Path) -> None:
    with pk.init(project="p", id="a", dir=tmp_path) as run:
        run.log({"loss": 1.0, "weights": np.arange(100.0)}, step=5)
        with pytest.warns(RunWarning, match="None"):
            run.log({"loss": 0.5, "gap": None}, step=6)
        with pytest.warns(RunWarning, match="dropped"):
            run.log({"late": 0.5}, step=2)
    blocks = list(flat(report(pk.Api(tmp_path).run("p/a"))))
    first, last = blocks[0], blocks[-1]
    assert isinstance(first, Text) and isinstance(last, Text)
    assert first.source.startswith("- 1 call of log with a step that was past dropped")
    assert first.source.count("\n") == 0
    assert last.source.startswith(
        "## Notes\n\n- 1 array of more than 64 values kept as a histogram"
    )
    assert "None recorded" in last.source


def test_what_init_was_told_stands_under_the_name(tmp_path: Path) -> None:
    with pk.init(
        project="p", id="a", dir=tmp_path, tags=["base", "x_y"], group="g1", job_type="train",
        notes="a *port*\nof the script",
    ) as run:  # fmt: skip
        run.log({"loss": 1.0})
    told = report(run).description
    assert "Group g1 · Job type train · Tags base, x\\_y" in told
    assert "a \\*port\\* of the script" in told
    with pk.init(project="p", id="b", dir=tmp_path) as other:
        other.log({"loss": 1.0})
    assert "Group" not in report(other).description
    assert "Group g1" in report([run, other]).description


def test_a_summary_set_by_hand_stands_beside_the_last_value(tmp_path: Path) -> None:
    with pk.init(project="p", id="a", dir=tmp_path) as run:
        run.log({"acc": 0.9})
        run.log({"acc": 0.4})
        run.summary["acc"] = 0.9
    told = tables(report(run))
    assert told["metric"]["last"] == ["0.4"]
    assert told["summary"] == {"summary": ["acc"], "value": ["0.9"]}


def test_names_are_no_markup(tmp_path: Path) -> None:
    name = "<b>a</b> | *b* `c` [d](javascript:e)"
    with pk.init(project="p", id="a", dir=tmp_path, name=name, config={name: name}) as run:
        for step in range(3):
            run.log({f"{name}/x": step, "t": name, f"{name}/y": -step})
    made = report(run)
    page = made.save(tmp_path / "r.html").read_text("utf-8")
    assert made.failures == ()
    assert "<b>a</b>" not in page
    assert 'href="javascript:' not in page
    assert "&lt;b&gt;a&lt;/b&gt;" in page


# --- families ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["loss", "val_loss"], {"": [("loss", ["loss", "val_loss"])]}),
        (["train/a", "val/a", "b"], {"": [("a", ["train/a", "val/a"]), ("b", ["b"])]}),
        (["a/x", "a/y"], {"a": [("a/x", ["a/x"]), ("a/y", ["a/y"])]}),
        (["net.train.acc", "net.test.acc"], {"net": [("acc", ["net.train.acc", "net.test.acc"])]}),
        (["val"], {"": [("val", ["val"])]}),
        (["loss_train", "loss_test"], {"": [("loss", ["loss_train", "loss_test"])]}),
    ],
)  # fmt: skip
def test_metrics_of_one_kind_share_a_chart(
    names: list[str], expected: dict[str, list[tuple[str, list[str]]]]
) -> None:
    found = {
        section.heading: [(one.title, list(one.names)) for one in section.families]
        for section in families.sections(names)
    }
    assert found == expected


def test_more_lines_than_a_chart_tells_apart_stand_alone() -> None:
    names = [f"{part}_loss" for part in ("", "val", "test", "dev")] + [
        f"{a}/{b}_loss" for a in ("train", "val") for b in ("val", "test", "eval")
    ]
    (section,) = families.sections(names)
    assert [len(one.names) for one in section.families] == [1] * len(names)


# --- runs that are not as usual ------------------------------------------------------------------


def test_an_empty_run(tmp_path: Path) -> None:
    with pk.init(project="p", id="a", dir=tmp_path) as run:
        pass
    made = report(run)
    assert outline(made) == ["## Nothing was logged"]
    assert "no steps" in made.description
    page = made.save(tmp_path / "r.html").read_text("utf-8")
    assert "ended before its first row was written" in page


def test_a_run_with_config_alone(tmp_path: Path) -> None:
    with pk.init(project="p", id="a", dir=tmp_path, config={"lr": 1}) as run:
        pass
    assert outline(report(run)) == [
        "## Config",
        "table: setting, value",
        "## Nothing was logged",
    ]


def test_a_running_run_says_as_of_when(tmp_path: Path) -> None:
    run = pk.init(project="p", id="a", dir=tmp_path)
    assert "has written no row so far" in texts(report(run))
    run.log({"loss": 1.0})
    run.log({"loss": 0.5})
    assert report(run).description.startswith("Running, as of ")
    pk.finish()


def test_a_failed_run(tmp_path: Path) -> None:
    def train() -> None:
        with pk.init(project="p", id="a", dir=tmp_path) as run:
            run.log({"loss": 1 / 1})
            run.log({"loss": 1 / 0})

    with pytest.raises(ZeroDivisionError):
        train()
    assert report(pk.Api(tmp_path).run("p/a")).description.startswith("Failed by an exception · ")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_crashed_run(tmp_path: Path) -> None:
    code = (
        "import os, sys, time, plotkit as pk\n"
        "run = pk.init(project='p', id='a', dir=sys.argv[1])\n"
        "for step in range(3): run.log({'loss': 1 / (step + 1)})\n"
        "time.sleep(1); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], stderr=subprocess.DEVNULL)
    assert done.returncode == -signal.SIGKILL
    made = report(pk.Api(tmp_path).run("p/a"))
    assert made.description.startswith("Crashed · ")
    assert "chart: loss" in outline(made)


def test_values_that_are_not_finite(tmp_path: Path) -> None:
    with pk.init(project="p", id="a", dir=tmp_path) as run:
        for value in (1.0, float("nan"), float("inf"), 0.5):
            run.log({"loss": value, "never": float("nan")})
    made = report(run)
    told = tables(made)["metric"]
    assert told["last"] == ["0.5", "NaN"]
    assert told["lowest"][1] == "–"
    made.save(tmp_path / "r.html")
    # What cannot be drawn leaves its reason in its place.
    assert {label for label, _ in made.failures} <= {"figure 2", "figure 4"}


def test_a_logged_chart_that_is_torn_fails_in_its_place(full: Record, tmp_path: Path) -> None:
    ((_, stored), *_) = full.history.stored("curve")
    (full.folder / stored["file"]).write_bytes(b"{")
    made = report(full)
    page = made.save(tmp_path / "r.html").read_text("utf-8")
    assert len(made.failures) == 1
    assert "could not be drawn" in page


def test_names_under_which_kinds_changed(tmp_path: Path) -> None:
    with pk.init(project="p", id="a", dir=tmp_path) as run:
        run.log({"x": 1, "flag": True, "list": [1, 2]})
        run.log({"x": "text", "flag": False, "list": [3, 4]})
    found = outline(report(run))
    assert "table: step, x" in found
    assert "table: step, list" in found
    assert "chart: flag" in found
    made = report(run)
    made.save(tmp_path / "r.html")
    assert made.failures == ()


# --- limits --------------------------------------------------------------------------------------


def test_hundreds_of_metrics_are_limited_and_said(tmp_path: Path) -> None:
    with pk.init(project="p", id="a", dir=tmp_path) as run:
        for step in range(2):
            run.log({f"m{n:03d}": step * n for n in range(600)})
    made = report(run)
    charts = [line for line in outline(made) if line.startswith("chart")]
    assert len(charts) == 60
    assert "540 of 600 charts are not drawn." in texts(made).replace("\\", "")
    assert len(tables(made)["metric"]["metric"]) == 600
    assert len([x for x in outline(report(run, keys="m00?")) if x[:5] == "chart"]) == 20
    assert not [x for x in outline(report(run, charts=0)) if x[:5] == "chart"]


def test_further_axes_give_way_first(tmp_path: Path) -> None:
    with pk.init(project="p", id="a", dir=tmp_path) as run:
        for step in range(3):
            run.log({"a": step**2, "b": -step, "c": 2 - step, "epoch": step})
    made = report(run, charts=4)
    charts = [line for line in outline(made) if line.startswith("chart")]
    assert charts == ["chart: a", "chart: b", "chart: c", "chart: a epoch"]
    assert "5 charts against further axes not drawn" in texts(made)


def test_bad_options(full: Record) -> None:
    for options in ({"charts": -1}, {"charts": True}, {"title": "x", "width": "wide"}):
        with pytest.raises(errors.OptionError):
            report(full, **options)  # type: ignore[arg-type]
    with pytest.raises(errors.RunError, match="no runs"):
        report([])


# --- files ---------------------------------------------------------------------------------------


def test_an_ended_run_gives_the_same_bytes(full: Record, tmp_path: Path) -> None:
    for live in (False, True):
        first = report(full).save(tmp_path / "1.html", interactive=live).read_bytes()
        again = report(Record(full.folder)).save(tmp_path / "2.html", interactive=live)
        assert again.read_bytes() == first


def test_every_format(full: Record, tmp_path: Path) -> None:
    made = report(full)
    made.save(tmp_path / "folder", formats=("svg",))
    assert made.failures == ()
    marked = (tmp_path / "folder" / "index.md").read_text("utf-8")
    assert "# everything" in marked
    assert re.search(r"\| loss \| [▁-█]{2,} \| 0\.16667 \|", marked)
    assert "**Against epoch**" in marked
    pytest.importorskip("typst")
    paper = report(full).save(tmp_path / "r.pdf").read_bytes()
    assert paper.startswith(b"%PDF")


def test_a_page_shows_sparklines_and_folds(full: Record, tmp_path: Path) -> None:
    page = report(full).save(tmp_path / "r.html").read_text("utf-8")
    assert page.count('<td class="drawn"><svg class="sparkline"') == 5
    assert page.count('<details class="fold">') == 5, outline(report(full))
    assert 'class="number">Figure' not in page  # it is looked through, not cited


# --- several -------------------------------------------------------------------------------------


def test_a_logged_chart_has_its_name_and_step_above(full: Record, tmp_path: Path) -> None:
    made = report(full)
    page = made.save(tmp_path / "r.html").read_text("utf-8")
    named = (
        '<figcaption class="above"><strong>curve</strong> Step 5</figcaption>\n<div class="canvas'
    )
    assert named in page
    made.save(tmp_path / "r", formats=["svg"])
    text = (tmp_path / "r" / "index.md").read_text("utf-8")
    assert "**curve** Step 5\n\n<" in text


def test_several_runs_are_compared(tmp_path: Path) -> None:
    for id, lr in (("a", 0.1), ("b", 0.2)):
        with pk.init(project="p", id=id, dir=tmp_path, config={"lr": lr, "seed": 1}) as run:
            run.define_metric("acc", summary="max")
            for step in range(3):
                run.log({"loss": lr * step, "val_loss": lr, "acc": lr + step})
            if id == "b":
                run.log({"only_b": 1.0})
                run.log({"only_b": 2.0, "weights": pk.Histogram([1.0, 2.0])})
    api = pk.Api(tmp_path)
    made = report([api.run("p/a"), api.run("p/b")])
    assert made.title == "2 runs of p"
    assert outline(made) == [
        "## Config, where it differs",
        "fold: 1 setting the same in all",
        "table: setting, value",
        "## Summary",
        "## Metrics",
        "chart: loss",
        "chart: val_loss",
        "chart: acc",
        "chart: only_b",
        "fold: Against time since the start",
        "chart: loss time since the start",
        "chart: val_loss time since the start",
        "chart: acc time since the start",
        "chart: only_b time since the start",
        "fold: Objects of b",
        "chart: weights",
    ]
    said = texts(made)
    assert "| lr | 0.1 | 0.2 |" in said
    assert "| acc.max | 2.1 | **2.2** |" in said.replace("\\", "")
    made.save(tmp_path / "r.html")
    assert made.failures == ()


def test_record_report_is_the_same(full: Record) -> None:
    assert outline(full.report(keys="loss")) == outline(report(full, keys="loss"))
