"""Runs made of event files and CSV: everything that is in them, once, and what is not is said."""

from __future__ import annotations

import math
import random
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from plotkit import Histogram, Image, errors
from plotkit.runs import csv_files
from plotkit.runs.bringing import bring_csv, bring_tensorboard
from plotkit.runs.record import Record

TORCH = Path(__file__).parent / "formats" / "tensorboard_torch"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def by_name(found: list[Record]) -> dict[str, Record]:
    return {record.name: record for record in found}


def rows(record: Record) -> list[tuple[int, dict[str, Any]]]:
    return [(row.step, dict(row.values)) for row in record.database.rows()]


# --- TensorBoard --------------------------------------------------------------------------------


def write_scalars(folder: Path, values: list[tuple[int, str, float]], suffix: str = "") -> Path:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder), filename_suffix=suffix)
    for number, (step, tag, value) in enumerate(values):
        summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
        writer.add_event(Event(wall_time=1.7e9 + number, step=step, summary=summary))
    writer.close()
    return max(folder.glob("*tfevents*"), key=lambda path: path.stat().st_mtime_ns)


def test_what_pytorch_wrote_comes_as_runs(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = by_name(bring_tensorboard(TORCH, dir=root))

    assert sorted(found) == ["resnet", "resnet/acc_train", "resnet/acc_val"]
    run = found["resnet"]
    assert run.project == "tensorboard_torch"
    assert run.state == "finished"
    losses = [row["loss/train"] for _, row in rows(run) if "loss/train" in row]
    assert losses == pytest.approx([1, 1 / 2, 1 / 3])
    assert [row["acc"] for _, row in rows(found["resnet/acc_val"])] == pytest.approx(
        [0, 1 / 6, 1 / 3]
    )
    made = dict(run.history.objects("weights"))
    assert list(made) == [0, 1, 2]
    assert all(isinstance(one, Histogram) and sum(one.counts) == 50 for one in made.values())
    ((step, image),) = run.history.objects("digits")
    assert (step, image.width, image.height) == (4, 8, 8)
    assert isinstance(image, Image)
    assert image.image.getpixel((7, 7))[2] == 253  # 191/192 of white, as torch wrote it
    assert run.summary["tone"].rate == 8000
    assert run.summary["note/text_summary"] == "**hello**"
    # What add_hparams wrote into a folder of its own belongs to the run around it.
    assert dict(run.config) == {"lr": 0.1, "bs": 32, "opt": "adam", "amp": 1}
    assert run.summary["hparam/acc"] == pytest.approx(0.9)
    assert run.notes == ["1 value of the kind 'pr_curves' ('pr', ...) was not read."]
    assert "'pr_curves'" in capsys.readouterr().err


def test_several_sessions_in_a_run_stay_runs(tmp_path: Path, root: Path) -> None:
    shutil.copytree(TORCH, tmp_path / "logs")
    shutil.copytree(tmp_path / "logs" / "resnet" / "hp", tmp_path / "logs" / "resnet" / "hp2")

    found = by_name(bring_tensorboard(tmp_path / "logs", dir=root))

    assert {"resnet/hp", "resnet/hp2"} < set(found)
    assert not found["resnet"].config
    assert found["resnet/hp"].config["lr"] == 0.1


def test_wall_times_and_steps_are_kept(tmp_path: Path, root: Path) -> None:
    write_scalars(tmp_path / "logs", [(0, "a", 1.0), (0, "b", 2.0), (10, "a", 3.0), (7, "b", 4.0)])

    (run,) = bring_tensorboard(tmp_path / "logs", "mine", root)

    assert run.path.startswith("mine/logs-")
    assert rows(run) == [(0, {"a": 1.0, "b": 2.0}), (7, {"b": 4.0}), (10, {"a": 3.0})]
    at = [row.at for row in run.database.rows()]
    assert at[1] == 1.7e9 + 3
    assert at[2] == 1.7e9 + 2
    assert run.meta["created"] == pytest.approx(1.7e9, abs=2)
    assert run.meta["ended"] == 1.7e9 + 3
    assert dict(run.summary) == {"a": 3.0, "b": 4.0}


def test_numbers_that_are_none_are_kept(tmp_path: Path, root: Path) -> None:
    values = [math.nan, math.inf, -math.inf, 0.1]
    write_scalars(tmp_path / "logs", [(step, "a", v) for step, v in enumerate(values)])

    (run,) = bring_tensorboard(tmp_path / "logs", dir=root)

    found = [row["a"] for _, row in rows(run)]
    assert math.isnan(found[0])
    assert found[1:3] == [math.inf, -math.inf]
    assert found[3] == pytest.approx(0.1, rel=1e-7)  # event files hold four bytes of it


def test_bringing_twice_does_not_double(
    tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = tmp_path / "logs"
    write_scalars(logs, [(0, "a", 1.0), (1, "a", 2.0)])
    (first,) = bring_tensorboard(logs, dir=root)
    before = rows(first)
    capsys.readouterr()

    (again,) = bring_tensorboard(logs, dir=root)

    assert again.path == first.path
    assert rows(again) == before
    assert capsys.readouterr().err == (
        f"plotkit: {first.path} is there already, and its source has not changed\n"
    )
    assert len(list(root.glob("*/*/run.db"))) == 1


def test_what_has_grown_is_added_to_the_same_run(tmp_path: Path, root: Path) -> None:
    logs = tmp_path / "logs"
    write_scalars(logs, [(0, "a", 1.0)])
    (first,) = bring_tensorboard(logs, dir=root)
    time.sleep(1.1)  # the file's name has the second
    write_scalars(logs, [(1, "a", 2.0)], suffix=".v2")

    (again,) = bring_tensorboard(logs, dir=root)

    assert again.path == first.path
    assert rows(again) == [(0, {"a": 1.0}), (1, {"a": 2.0})]
    moved = logs.rename(tmp_path / "elsewhere")
    assert bring_tensorboard(moved / "..", dir=root)[0].id != first.id  # another name, another run


def test_a_torn_file_is_read_as_far_as_it_goes(
    tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_scalars(tmp_path / "logs", [(step, "a", float(step)) for step in range(50)])
    whole = file.read_bytes()
    file.write_bytes(whole[:-5])

    (run,) = bring_tensorboard(file, dir=root)

    assert [step for step, _ in rows(run)] == list(range(49))
    told = f"{file.name} is torn at its end: 50 whole records are here, and "
    assert run.notes[0].startswith(told)
    assert told in capsys.readouterr().err
    file.write_bytes(whole)
    (again,) = bring_tensorboard(file, dir=root)
    assert again.path == run.path
    assert len(rows(again)) == 50
    assert again.notes == []


def test_a_damaged_file_says_where(tmp_path: Path, root: Path) -> None:
    file = write_scalars(tmp_path / "logs", [(step, "a", float(step)) for step in range(50)])
    content = bytearray(file.read_bytes())
    content[len(content) // 2 + 14] ^= 0xFF  # in a record: its check sum fails
    file.write_bytes(content)

    (run,) = bring_tensorboard(file, dir=root)

    kept = len(rows(run))
    assert 0 < kept < 50
    assert run.notes == [
        f"{file.name} is damaged after {kept + 1} of its 51 records; those before are here."
    ]


def test_any_cut_of_a_file_is_read(tmp_path: Path, root: Path) -> None:
    file = write_scalars(tmp_path / "logs", [(step, "a", 1.0) for step in range(4)])
    content = file.read_bytes()
    pick = random.Random(6)
    for cut in {0, 1, 7, 8, 12, *(pick.randrange(len(content)) for _ in range(20))}:
        file.write_bytes(content[:cut])
        (run,) = bring_tensorboard(file, dir=root / str(cut))
        assert len(rows(run)) <= 4


def test_a_folder_without_event_files_is_told(tmp_path: Path) -> None:
    with pytest.raises(errors.RunError, match="no event files of TensorBoard's lie here"):
        bring_tensorboard(tmp_path)
    with pytest.raises(errors.RunError, match="there is no such file or folder"):
        bring_tensorboard(tmp_path / "none")


def test_histograms_keep_every_count(tmp_path: Path, root: Path) -> None:
    import numpy as np
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    limits = np.linspace(-1, 1, 1500).tolist()
    counts = np.arange(1500).tolist()
    writer = EventFileWriter(str(tmp_path / "logs"))
    for step, (limit, bucket) in enumerate([(limits, counts), ([0.5], [9.0])]):
        histo = HistogramProto(
            min=limit[0] - 0.5, max=limit[-1], num=sum(bucket), bucket_limit=limit, bucket=bucket
        )
        value = Summary.Value(tag="h", histo=histo)
        writer.add_event(Event(wall_time=1.7e9, step=step, summary=Summary(value=[value])))
    writer.close()

    (run,) = bring_tensorboard(tmp_path / "logs", dir=root)

    (_, many), (_, one) = run.history.objects("h")
    assert sum(many.counts) == sum(counts)
    assert len(many.counts) <= 512
    assert (many.edges[0], many.edges[-1]) == (-1.5, 1.0)
    assert sum(one.counts) == 9


# --- CSV ----------------------------------------------------------------------------------------


def table(folder: Path, text: str, name: str = "metrics.csv") -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def test_lightnings_table_joins_rows_of_one_step(tmp_path: Path, root: Path) -> None:
    file = table(
        tmp_path,
        "epoch,step,train_loss,val_loss,note\n"
        "0,9,0.5,,\n0,9,,0.6,first\n1,19,2.5e-1,,\n1,19,,nan,\n",
    )

    (run,) = bring_csv(file, dir=root)

    assert run.name == "metrics"
    found = rows(run)
    assert found[0] == (9, {"epoch": 0, "train_loss": 0.5, "val_loss": 0.6, "note": "first"})
    assert found[1][0] == 19
    assert found[1][1]["train_loss"] == 0.25
    assert math.isnan(found[1][1]["val_loss"])
    assert run.notes == []


@pytest.mark.parametrize(
    ("header", "step"),
    [
        ("_step,loss", "_step"),
        ("Step,loss", "Step"),
        ("loss,global_step,step", "global_step"),
        ("epoch,loss", "epoch"),
        ("loss,trainer/global_step", "trainer/global_step"),
    ],
)
def test_the_step_column_is_found(tmp_path: Path, root: Path, header: str, step: str) -> None:
    names = header.split(",")
    lines = [",".join(str(5 * row) if n == step else "0" for n in names) for row in range(1, 4)]

    (run,) = bring_csv(table(tmp_path, "\n".join([header, *lines])), dir=root)

    assert [at for at, _ in rows(run)] == [5, 10, 15]
    assert step not in run.database.known()


def test_a_step_that_begins_again_is_no_step(tmp_path: Path, root: Path) -> None:
    file = table(tmp_path, "step,loss\n0,1\n1,2\n0,3\n1,4\n")

    (run,) = bring_csv(file, dir=root)

    assert rows(run) == [(n, {"step": n % 2, "loss": n + 1}) for n in range(4)]
    assert run.notes == [
        "Rows are numbered from 0, as column 'step' does not rise, or is no whole number "
        "(step=... names one)."
    ]


def test_a_step_that_is_asked_for_is_taken_or_refused(tmp_path: Path, root: Path) -> None:
    file = table(tmp_path, "n,loss\n3,1\n2.0,2\n")

    (run,) = bring_csv(file, dir=root, step="n")

    assert rows(run) == [(2, {"loss": 2}), (3, {"loss": 1})]
    with pytest.raises(errors.RunError, match=r"no column 'N'\. Did you mean 'n'\?"):
        bring_csv(file, dir=root, step="N")
    file = table(tmp_path, "n,loss\n3,1\n2.5,2\n")
    with pytest.raises(errors.RunError, match=r"row 1 holds '2\.5'\. Steps are whole numbers"):
        bring_csv(file, dir=root, step="n")


def test_times_of_wandb_and_tensorboard(tmp_path: Path, root: Path) -> None:
    wandb = table(tmp_path, "_step,_runtime,_timestamp,acc\n0,1,1700000001.5,0.1\n", "a.csv")
    board = table(tmp_path, "Wall time,Step,Value\n1700000002,7,0.3\n", "b.csv")

    first, second = bring_csv(wandb, dir=root) + bring_csv(board, dir=root)

    assert [(r.step, r.at, r.values) for r in first.database.rows()] == [
        (0, 1700000001.5, {"acc": 0.1})
    ]
    assert [(r.step, r.at, r.values) for r in second.database.rows()] == [
        (7, 1700000002.0, {"Value": 0.3})
    ]


def test_a_folder_of_tables_is_a_run_each(tmp_path: Path, root: Path) -> None:
    (tmp_path / "logs").mkdir()
    for name in ("b.csv", "a.tsv", "c.txt"):
        sign = "\t" if name.endswith("tsv") else ";"
        table(tmp_path / "logs", f"step{sign}x\n1{sign}2\n", name)

    found = bring_csv(tmp_path / "logs", dir=root)

    assert [record.name for record in found] == ["a", "b"]
    assert [rows(record) for record in found] == [[(1, {"x": 2})]] * 2
    assert {record.project for record in found} == {"logs"}


def test_the_same_table_again_and_grown(
    tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = table(tmp_path, "step,x\n0,1\n1,2\n")
    (first,) = bring_csv(file, dir=root)
    (again,) = bring_csv(file, dir=root)
    assert again.path == first.path
    assert "has not changed" in capsys.readouterr().err
    table(tmp_path, "step,x\n0,1\n1,2\n2,3\n")

    (grown,) = bring_csv(file, dir=root)

    assert grown.path == first.path
    assert rows(grown) == [(0, {"x": 1}), (1, {"x": 2}), (2, {"x": 3})]


def test_odd_tables(tmp_path: Path, root: Path) -> None:
    text = '\ufeffstep,x,x,,"a,b"\n0,1,2,3,"q ""r"""\n1,1_000,true,-inf,5,6\n2,7'
    (run,) = bring_csv(table(tmp_path, text), dir=root)

    assert rows(run) == [
        (0, {"x": 1, "x (2)": 2, "column 4": 3, "a,b": 'q "r"'}),
        (1, {"x": "1_000", "x (2)": True, "column 4": -math.inf, "a,b": 5}),
        (2, {"x": 7}),
    ]
    assert run.notes == ["1 row holds more cells than there are columns."]


def test_what_is_no_table_is_told(tmp_path: Path, root: Path) -> None:
    with pytest.raises(errors.RunError, match="it is empty"):
        bring_csv(table(tmp_path, ""), dir=root)
    with pytest.raises(errors.RunError, match="there is no such file"):
        bring_csv(tmp_path / "none.csv", dir=root)
    (tmp_path / "empty").mkdir()
    with pytest.raises(errors.RunError, match=r"no files that end in \.csv or \.tsv"):
        bring_csv(tmp_path / "empty", dir=root)
    (run,) = bring_csv(table(tmp_path, "step,x\n", "head.csv"), dir=root)
    assert rows(run) == []
    assert "It holds no values." in run.notes


def test_a_long_table_needs_no_memory(tmp_path: Path, root: Path) -> None:
    import tracemalloc

    file = tmp_path / "long.csv"
    with file.open("w") as opened:
        opened.write("step,loss,acc\n")
        for step in range(60_000):
            opened.write(f"{step},{1 / (step + 1)!r},{step / 60_000!r}\n")
    told = csv_files.Told()
    layout = csv_files.layout(file, None, None, told)
    tracemalloc.start()
    count = sum(1 for _ in csv_files.rows(file, layout, told))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 60_000
    assert most < 1_000_000

    (run,) = bring_csv(file, dir=root)

    found = run.history.table(["loss"])
    assert len(found) == 60_000
    assert run.summary["loss"] == 1 / 60_000
