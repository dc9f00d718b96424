"""Every code sample of the document runs with `import plotkit as wandb`, and what it logs is drawn.

`document/document.txt` holds the code of the document as it stands there, with its line breaks
lost, `document/samples.txt` the same with its line breaks; the first test proves that nothing else
differs. Names that the samples leave out come from the stand-ins below.
"""

from __future__ import annotations

import argparse
import ast
import base64
import json
import struct
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import plotkit as pk
from plotkit import RunWarning
from plotkit.runs.report import report

HERE = Path(__file__).parent / "document"
# Typography that stands in the document's inline samples, and the characters of the code.
TYPOGRAPHY = {"“": '"', "”": '"', "（": "(", "）": ")", "\\(": "(", "\\)": ")"}


def sections(name: str) -> dict[str, str]:
    """The samples of a file by their headings."""
    parts = (HERE / name).read_text("utf-8").split("=== ")[1:]
    return {head: code for head, _, code in (part.partition("\n") for part in parts)}


DOCUMENT, SAMPLES = sections("document.txt"), sections("samples.txt")


def test_the_samples_are_those_of_the_document() -> None:
    assert list(SAMPLES) == list(DOCUMENT)
    repaired = []
    for name, code in DOCUMENT.items():
        text = code
        for odd, plain in TYPOGRAPHY.items():
            text = text.replace(odd, plain)
        if text != code:
            repaired.append(name)
        assert "".join(SAMPLES[name].split()) == "".join(text.split()), name
    assert repaired == [
        "the call", "several x axes", "steps of one's own", "a step and an x axis",
    ]  # fmt: skip


# --- what the samples leave out ------------------------------------------------------------------

RANDOM = np.random.default_rng(0)
PICTURE = np.indices((12, 16)).sum(0) * 9 % 256
ARGS = {"epochs": 3, "lr": 0.1, "model": {"layers": 2}}


class Stand:
    """What is asked of a run that the sample itself begins."""

    def __getattr__(self, name: str) -> Any:
        return getattr(pk.run, name)


class Session:
    """A session of TensorFlow 1, as far as the sample uses it."""

    def __init__(self) -> None:
        self.steps = 0

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, operation: Any, feed_dict: dict[str, Any] | None = None) -> Any:
        if operation == "train":
            assert feed_dict is not None and len(feed_dict["X"]) == len(feed_dict["Y"])
            self.steps += 1
        if isinstance(operation, list):
            return [np.float32(1 / self.steps), np.float32(1 - 1 / self.steps)]
        return None


class Flags:
    """absl's FLAGS, which TensorFlow 1 had as `flags.FLAGS`."""

    def flag_values_dict(self) -> dict[str, Any]:
        return {"num_steps": 4, "batch_size": 2, "learning_rate": 0.1}


def test_loop() -> tuple[float, float]:
    """The document's `test()`."""
    test_loop.calls += 1  # type: ignore[attr-defined]
    accuracy = [0.5, 0.9, 0.7][test_loop.calls % 3 - 1]  # type: ignore[attr-defined]
    return 1 - accuracy, accuracy


test_loop.calls = 0  # type: ignore[attr-defined]
test_loop.__test__ = False  # type: ignore[attr-defined]


def args() -> argparse.Namespace:
    return argparse.Namespace(**ARGS)


def files_of_objects() -> None:
    """A triangle as .obj, .gltf and .glb."""
    Path("sample.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    points = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)
    scene = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [
            {
                "bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3",
                "min": [0, 0, 0], "max": [1, 1, 0],
            }
        ],
        "bufferViews": [{"buffer": 0, "byteLength": len(points)}],
        "buffers": [{"byteLength": len(points)}],
    }  # fmt: skip
    uri = f"data:application/octet-stream;base64,{base64.b64encode(points).decode()}"
    whole = {**scene, "buffers": [{"byteLength": len(points), "uri": uri}]}
    Path("sample.gltf").write_text(json.dumps(whole))
    text = json.dumps(scene).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
    chunks += struct.pack("<II", len(points), 0x004E4942) + points
    Path("sample.glb").write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks)


def a_video() -> None:
    pytest.importorskip("av")
    frames = RANDOM.integers(0, 255, (4, 3, 32, 32), dtype=np.uint8)
    pk.Video(frames, fps=4).store(lambda content, _: str(Path("myvideo.mp4").write_bytes(content)))


def a_preset() -> None:
    """The user's own preset, whose roles are those of the sample's `fields`."""
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": [{"x": 1, "value": 2}, {"x": 2, "value": 3}]},
        "mark": "line",
        "encoding": {
            "x": {"field": "x", "type": "quantitative"},
            "y": {"field": "value", "type": "quantitative"},
        },
    }
    pk.presets.from_spec(spec, "carey/new_chart").save()


def a_finished_run() -> None:
    with pk.init(project="project", id="run_id") as run:
        run.log({"loss": 0.5})


def image(*_: object) -> np.ndarray[Any, Any]:
    return PICTURE.astype(np.uint8)


def pillow() -> Any:
    from PIL import Image

    return Image  # the document's `PIL.fromarray` is `PIL.Image.fromarray`


Made = dict[str, Any]
# A sample's name -> the names that it leaves out.
AROUND: dict[str, Callable[[], Made]] = {
    "the call": lambda: {"dict": {"loss": 0.5}},
    "best value": lambda: {"best_accuracy": 0.93},
    "histograms": lambda: {
        "np": np, "data": RANDOM.normal(size=500),
        "numpy_array_or_sequence": RANDOM.normal(size=500),
    },
    "images": lambda: {"numpy_array_or_pil": image()},
    "line chart": lambda: {"x_values": [1, 2, 3], "y_values": [4.0, 2.0, 3.0]},
    "custom preset": lambda: a_preset() or {"data": [[1, 20.0], [2, 30.0], [3, 25.0]]},
    "3D objects": lambda: files_of_objects() or {},
    "a step": lambda: {"step": 7},
    "summary": lambda: {"args": args(), "test": test_loop},
    "summary of a finished run": lambda: a_finished_run() or {"np": np},
    "the row": lambda: {"run": pk.init()},
    "a row more": lambda: {"run": pk.init()},
    "TensorFlow": lambda: {
        "flags": SimpleNamespace(FLAGS=Flags()), "tf": SimpleNamespace(Session=Session),
        "run": Stand(), "init": "init", "X": "X", "Y": "Y", "train_op": "train",
        "loss_op": "loss", "accuracy": "accuracy",
        "mnist": SimpleNamespace(
            train=SimpleNamespace(next_batch=lambda size: (np.zeros((size, 4)), np.zeros(size)))
        ),
    },
    "PyTorch": lambda: {
        "args": args(), "train": lambda epoch: 1 / epoch, "test": test_loop,
        "torch": SimpleNamespace(save=lambda held, path: Path(path).write_text(repr(held))),
        "model": SimpleNamespace(state_dict=lambda: {"weight": 1.0}),
    },
    "epochs": lambda: {"epoch": 3},
    "PNG": lambda: {"images": [1, 2, 3]},
    "JPEG": lambda: {"PIL": pillow()},
    "video": lambda: a_video() or {},
    "a step and an x axis": lambda: {"epoch": 4},
    "test loop": lambda: {
        "example_images": [pk.Image(image(), caption=str(i)) for i in range(2)], "correct": 9,
        "test_loader": SimpleNamespace(dataset=range(10)), "test_loss": 0.3,
    },
}  # fmt: skip
# A sample's name -> the rows that it records: step -> the numbers, or the stored form's "_type".
RECORDED: dict[str, dict[int, dict[str, Any]]] = {
    "the call": {0: {"loss": 0.5}},
    "usage": {0: {"accuracy": 0.9, "epoch": 5}},
    "best value": {},
    "two metrics": {0: {"acc": 0.9, "loss": 0.1}},
    "x axis": {0: {"acc": 0.9, "custom_step": 3}},
    "histograms": {0: {"gradients": "histogram"}},
    "images": {0: {"examples": ["image"]}},
    "several x axes": {0: {"loss": 0.1, "epoch": 1, "batch": 3}},
    "line chart": {0: {"my_custom_plot_id": "chart"}},
    "custom preset": {},
    "matplotlib": {0: {"chart": "chart"}},
    "3D objects": {0: {"generated_samples": ["object3d"] * 3}},
    "several x axes, again": {0: {"loss": 0.1, "epoch": 1, "batch": 3}},
    "a step": {7: {"loss": 0.2}},
    "commit": {0: {"loss": 0.2, "accuracy": 0.8}},
    "summary": {},
    "summary of a finished run": {0: {"loss": 0.5}},
    "the row": {},
    "a row more": {},
    "TensorFlow": {i: {"loss": 1 / (i + 1), "acc": 1 - 1 / (i + 1)} for i in range(4)},
    "PyTorch": {
        0: {"loss": 1.0, "val_loss": 0.5},
        1: {"loss": 0.5, "val_loss": 0.1},
        2: {"loss": 1 / 3, "val_loss": 0.3},
    },
    "epochs": {0: {"epoch": 3, "val_acc": 0.94}},
    "batches": {0: {"batch": 1, "loss": 0.3}},
    "PNG": {0: {"example": "image"}, 1: {"example": ["image"] * 3}},
    "JPEG": {0: {"example": "image"}},
    "video": {0: {"example": "video"}},
    "steps of one's own": {0: {"acc": 1, "global_step": 1}},
    "a step and an x axis": {4: {"acc": 1, "batch": 10}},
    "test loop": {0: {"Examples": ["image"] * 2, "Test Accuracy": 90.0, "Test Loss": 0.3}},
}
# A sample's name -> what stands in the summary besides the last values.
SUMMED: dict[str, dict[str, Any]] = {
    "best value": {"accuracy": 0.93},
    "histograms": {"gradients": "histogram"},
    "summary": {"best_accuracy": 0.9},
    "summary of a finished run": {"tensor": "tensor"},
}


# --- running them --------------------------------------------------------------------------------


class _Argument(ast.NodeTransformer):
    """A literal `...` stands for an argument."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if node.value is not ...:
            return node
        return ast.copy_location(ast.Name("argument", ast.Load()), node)


def execute(code: str, around: Made) -> Made:
    """Run a sample as a script of its own."""
    tree = ast.fix_missing_locations(_Argument().visit(ast.parse(textwrap.dedent(code))))
    held = {"argument": image(), **around}
    exec("import plotkit as wandb", held)
    exec(compile(tree, "sample", "exec"), held)
    return held


def shape(stored: Any) -> Any:
    """A stored value by what it is: numbers themselves, objects by their "_type"."""
    if isinstance(stored, list):
        return [shape(one) for one in stored]
    return stored["_type"] if isinstance(stored, dict) else stored


def nearly(row: dict[str, Any]) -> dict[str, Any]:
    """Floats as those of single precision may be."""
    return {k: pytest.approx(v, rel=1e-6) if isinstance(v, float) else v for k, v in row.items()}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from plotkit.runs import current

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLOTKIT_DIR", str(tmp_path / "runs"))
    monkeypatch.setenv("PLOTKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(current, "_open", None)
    test_loop.calls = 0  # type: ignore[attr-defined]
    yield
    pk.finish(quiet=True)


# The document opens files and leaves them to Python to close.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample(name: str, tmp_path: Path) -> None:
    if name == "matplotlib":
        pytest.importorskip("matplotlib").use("agg")
    around = AROUND.get(name, dict)()
    if pk.run is None and not SAMPLES[name].startswith(("wandb.init", "# Start", "api")):
        pk.init(project="project", id="run_id")
    held = execute(SAMPLES[name], around)
    pk.finish(quiet=True)
    (record,) = pk.Api().runs()
    _check_rows(name, record)
    _check_drawn(record, tmp_path)
    if name == "custom preset":
        assert held["my_custom_chart"].to_svg().startswith("<svg")
    if name in ("summary", "PyTorch"):
        assert record.config.model.layers == 2
    if name == "TensorFlow":
        assert record.config.num_steps == 4


def _check_rows(name: str, record: Any) -> None:
    rows = {
        row.step: {key: shape(v) for key, v in row.values.items()} for row in record.database.rows()
    }
    assert rows == {
        step: {
            key: pytest.approx(v, rel=1e-6) if isinstance(v, float) else v for key, v in row.items()
        }
        for step, row in RECORDED[name].items()
    }
    last = {key: shape(value) for key, value in record.summary.stored().items()}
    for key, value in SUMMED.get(name, {}).items():
        assert last.pop(key) == value
    assert set(last) <= {key for row in rows.values() for key in row}
    if name == "histograms":
        assert sum(record.summary["gradients"].counts) == 500
    if name == "summary of a finished run":
        assert np.asarray(record.summary["tensor"]).shape == (1000,)
        assert 0.9 < record.summary["tensor"]["p95"] < 1


def _check_drawn(record: Any, folder: Path) -> None:
    """Every number is a chart, and everything stands in the report."""
    for key, known in record.database.known().items():
        if known.kind == "number":
            assert record.chart(key).to_svg().startswith("<svg")
        if known.kind == "histogram":
            assert record.heatmap(key).to_svg().startswith("<svg")
        if known.kind == "chart":
            assert all(
                chart.to_svg().startswith("<svg") for _, chart in record.history.objects(key)
            )
    path = folder / "report.html"
    report(record).save(path)
    page = path.read_text("utf-8")
    for key in (*record.database.known(), *record.summary):
        assert key in page


def test_names_of_the_document() -> None:
    """What its text names besides the samples."""
    held: Made = {}
    exec("import plotkit as wandb", held)
    for name in ("wandb.log", "wandb.plot.line", "wandb.Image"):
        assert callable(eval(name, held)), name


def test_a_smaller_step_is_said() -> None:
    """The document's text: a row that is past is not written; here that is also said."""
    pk.init()
    execute("wandb.log({'loss': 0.2}, step=step)", {"step": 2})
    with pytest.warns(RunWarning, match="step=1"):
        execute("wandb.log({'loss': 0.2}, step=step)", {"step": 1})


def test_more_than_500_columns_and_no_sampling() -> None:
    """The document's limits, none of which is one here."""
    with pk.init(config={f"c{i}": i for i in range(600)}) as run:
        run.log({f"m{i}": i for i in range(600)})
        for value in range(3000):
            run.log({"loss": value})
    assert len(run.config) == 600
    assert len(run.summary) == 601
    assert run.history.table("loss").get_column("loss") == list(range(3000))


# --- the frameworks themselves -------------------------------------------------------------------


def test_flags_of_absl() -> None:
    flags = pytest.importorskip("absl.flags")
    found = flags.FlagValues()
    flags.DEFINE_integer("num_steps", 3, "", flag_values=found)
    flags.DEFINE_integer("batch_size", 2, "", flag_values=found)
    found(["train.py"])
    execute(SAMPLES["TensorFlow"], AROUND["TensorFlow"]() | {"flags": SimpleNamespace(FLAGS=found)})
    assert pk.run is not None
    assert pk.run.config.num_steps == 3
    assert len(pk.run.history.table()) == 3


def test_a_real_pytorch_loop() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x = torch.randn(64, 3)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5]])

    def train(epoch: int) -> Any:
        for _ in range(5):
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
        return loss  # a tensor with a gradient, as loops hand it over

    def test() -> tuple[Any, Any]:
        with torch.no_grad():
            error = torch.nn.functional.mse_loss(model(x), y)
        return error, (error < 0.1).float()

    around = {"torch": torch, "model": model, "train": train, "test": test, "args": args()}
    execute(SAMPLES["PyTorch"], around)
    assert Path("model").stat().st_size > 500
    execute(SAMPLES["summary"], around)
    pk.finish(quiet=True)
    loop, best = pk.Api().runs()
    losses = loop.history.table("loss").get_column("loss")
    assert len(losses) == ARGS["epochs"]
    assert losses == sorted(losses, reverse=True)
    assert all(isinstance(loss, float) for loss in losses)
    assert "best_accuracy" in best.summary or losses[-1] > 0.1
