"""What can be logged, under which names, and what of it is kept."""

from __future__ import annotations

import datetime as dt
import enum
import math
import warnings
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from run_made import first, logged, script

import plotkit as pk
from plotkit import RunWarning
from plotkit.errors import RunError
from plotkit.runs import current

Colour = enum.Enum("Colour", {"RED": "red"})


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PLOTKIT_DIR", str(tmp_path / "runs"))
    monkeypatch.setattr(current, "_open", None)
    yield tmp_path / "runs"
    pk.finish(quiet=True)


# --- values ---------------------------------------------------------------------------------------

PLAIN: list[tuple[Any, Any]] = [
    (1, 1),
    (0.1, 0.1),
    (True, True),
    ("text", "text"),
    ("損失", "損失"),
    (math.inf, math.inf),
    (-math.inf, -math.inf),
    (2**80, 2**80),
    (-(2**63), -(2**63)),
    (np.float64(0.1), 0.1),
    (np.float32(0.5), 0.5),
    (np.float16(1.5), 1.5),
    (np.int8(-3), -3),
    (np.uint64(2**64 - 1), 2**64 - 1),
    (np.bool_(True), True),
    (np.str_("x"), "x"),
    (np.array(2.5), 2.5),
    (np.array([[7]]), 7),
    (np.datetime64("2024-01-02T03:04"), "2024-01-02T03:04"),
    (np.timedelta64(1500, "ms"), 1.5),
    (Decimal("0.25"), 0.25),
    (Decimal("Infinity"), math.inf),
    (Fraction(1, 4), 0.25),
    (dt.datetime(2024, 1, 2, 3, 4), "2024-01-02T03:04:00"),
    (dt.date(2024, 1, 2), "2024-01-02"),
    (dt.timedelta(minutes=2), 120.0),
    (pd.Timestamp("2024-01-02"), "2024-01-02T00:00:00"),
    (Colour.RED, "red"),
    (Path("a/b"), "a/b"),
    ([1, 2.5, None, "x", True], [1, 2.5, None, "x", True]),
    ((1, (2, 3)), [1, [2, 3]]),
    (range(3), [0, 1, 2]),
    (np.arange(4), [0, 1, 2, 3]),
    (np.array([[1.5, 2], [3, 4]]), [[1.5, 2.0], [3.0, 4.0]]),
    (np.array([], float), []),
    (np.array(["a", "b"]), ["a", "b"]),
    (np.ma.array([1, 2, 3], mask=[0, 1, 0]), [1, None, 3]),
    ([np.float32(0.5), np.int64(2)], [0.5, 2]),
    (pd.Series([1, 2]), [1, 2]),
    (pl.Series([1, 2]), [1, 2]),
    (pd.Series([1, None], dtype="Int64"), [1, None]),
    (pd.array([None, 2.5], dtype="Float64"), [None, 2.5]),
    (pl.Series([2**60 + 1, None]), [2**60 + 1, None]),
    (pa.array([1, None]), [1, None]),
    ("a\ud800b", "a?b"),
]


@pytest.mark.parametrize(("value", "kept"), PLAIN, ids=lambda v: type(v).__name__)
def test_values(value: Any, kept: Any) -> None:
    run = logged({"x": value})
    found = first(run)["x"]
    assert found == kept
    assert type(found) is type(kept)
    assert pk.Api().run(run.path).summary["x"] == kept


@pytest.mark.parametrize("value", [math.nan, np.float32("nan"), Decimal("NaN"), np.array(np.nan)])
def test_nan_is_kept(value: Any) -> None:
    assert math.isnan(first(logged({"x": value}))["x"])


@pytest.mark.parametrize(
    "value",
    [None, pd.NA, pd.NaT, np.ma.masked, np.ma.array([1.0], mask=[True]), np.datetime64("NaT")],
    ids=repr,
)
def test_missing_values_are_none(value: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = logged({"x": value, "y": 1})
    assert first(run) == {"x": None, "y": 1}


def test_none_is_kept_with_a_warning_and_a_count() -> None:
    with pytest.warns(RunWarning, match="'x'") as told:
        run = logged({"x": None}, {"x": None, "y": None})
    assert len(told) == 1
    assert run.notes == ["3 values of None recorded (first: 'x'); charts leave a gap there."]
    assert pk.Api().run(run.path).notes == run.notes


class _Tensor:
    """What torch, TensorFlow and JAX have in common, on a device and with a gradient."""

    __module__ = "torch"

    def __init__(self, values: Any, dtype: str = "torch.float32") -> None:
        self._values, self.dtype, self.shape = np.asarray(values), dtype, np.shape(values)
        self.asked: list[str] = []

    def detach(self) -> _Tensor:
        self.asked.append("detach")
        return self

    cpu = resolve_conj = resolve_neg = float = detach

    def numpy(self) -> Any:
        assert self.asked, "a tensor with a gradient, on another device"
        return self._values


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (_Tensor(0.5), 0.5),
        (_Tensor([3]), 3),
        (_Tensor([1.0, 2.0]), [1.0, 2.0]),
        (_Tensor(1, "torch.bfloat16"), 1),
    ],
    ids=["0-d", "one value", "two", "bfloat16"],
)
def test_tensors(value: Any, kept: Any) -> None:
    assert first(logged({"x": value}))["x"] == kept


def test_real_tensors() -> None:
    torch = pytest.importorskip("torch")
    run = logged(
        {
            "scalar": torch.tensor(0.5, requires_grad=True),
            "bf16": torch.tensor(1.5, dtype=torch.bfloat16),
            "one": torch.ones(1, 1, dtype=torch.int32),
            "few": torch.tensor([1.0, 2.0], requires_grad=True),
            "many": torch.ones(1000, requires_grad=True) * 2,
            "bool": torch.tensor(True),
        }
    )
    found = first(run)
    assert isinstance(found.pop("many"), pk.Histogram)
    assert found == {"scalar": 0.5, "bf16": 1.5, "one": 1, "few": [1.0, 2.0], "bool": True}


def test_larger_arrays_are_histograms() -> None:
    values = np.linspace(0, 1, 65)
    run = logged({"x": values, "y": values.tolist(), "z": values[:64]})
    found = first(run)
    assert isinstance(found["x"], pk.Histogram)
    assert sum(found["x"].counts) == 65
    assert isinstance(found["y"], pk.Histogram)
    assert len(found["z"]) == 64
    assert any("2 arrays of more than 64 values" in note for note in run.notes)


@pytest.mark.parametrize("one", [np.array(0.5), np.bool_(True), np.float32(0.5)], ids=repr)
def test_a_long_list_of_single_arrays_is_a_histogram(one: Any) -> None:
    run = logged({"x": [one] * 65, "y": [one] * 64})
    found = first(run)
    assert isinstance(found["x"], pk.Histogram) and sum(found["x"].counts) == 65
    assert found["y"] == [one.item()] * 64


FRAMES = {
    "pandas": lambda: pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
    "polars": lambda: pl.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
    "pyarrow": lambda: pl.DataFrame({"a": [1, 2], "b": ["x", "y"]}).to_arrow(),
    "table": lambda: pk.Table({"a": [1, 2], "b": ["x", "y"]}),
    "one cell": lambda: pd.DataFrame({"a": [1]}),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames_are_tables(name: str) -> None:
    found = first(logged({"x": FRAMES[name]()}))["x"]
    assert found.table.get_column("a")[0] == 1


def test_charts_are_charts() -> None:
    chart = pk.line({"x": [1, 2], "y": [3, 4]}, "x", "y", title="Loss")
    found = first(logged({"x": chart, "several": [chart, chart]}))
    assert isinstance(found["x"], pk.Chart)
    assert found["x"].to_svg() == chart.to_svg()
    assert [type(one) for one in found["several"]] == [type(found["x"])] * 2


def test_values_are_copies() -> None:
    array, listed, table = np.arange(3.0), [1, [2]], {"a": [1, 2]}
    with pk.init(project="p") as run:
        run.log({"array": array, "list": listed, "table": pk.Table(table)}, commit=False)
        array[:] = 9
        listed.append(3)
        listed[1].append(3)  # type: ignore[attr-defined]
        table["a"].append(3)
        run.log({})
    found = first(run)
    assert found["array"] == [0.0, 1.0, 2.0]
    assert found["list"] == [1, [2]]
    assert found["table"].table.data == [[1], [2]]
    assert array.tolist() == [9, 9, 9]  # and nothing of the caller's changes


BAD_VALUES: list[tuple[Any, str]] = [
    (object(), "object"),
    (1 + 2j, "imaginary"),
    (np.complex64(1), "complex"),
    (b"bytes", "pk.Image"),
    ({1, 2}, "sorted"),
    ([{"a": 1}], "pk.Table"),
    (["x"] * 65, "pk.Table"),
    (len, "function"),
    (Decimal("sNaN"), "beyond what a float holds"),
    (Decimal("1e999"), "beyond what a float holds"),
    (Fraction(10**400), "beyond what a float holds"),
    ([object()], "object"),
    (np.array([object()] * 2), "object"),
]


@pytest.mark.parametrize(("value", "say"), BAD_VALUES, ids=lambda v: type(v).__name__)
def test_what_cannot_be_recorded(value: Any, say: str) -> None:
    with pk.init(project="p") as run:
        with pytest.raises(RunError, match="'bad'") as raised:
            run.log({"before": 1, "bad": value, "after": 2})
        assert say in str(raised.value)
        assert str(raised.value).count("The other values of this call are recorded.") == 1
        with pytest.raises(RunError, match="'bad'") as raised:
            run.summary["bad"] = value
        assert "The other values" not in str(raised.value)
    assert first(run) == {"before": 1, "after": 2}


def test_infinity_of_any_kind_is_itself() -> None:
    values = [Decimal("-Infinity"), np.float16("inf"), np.longdouble("inf"), np.float32("-inf")]
    run = logged(*({"x": value, "several": np.array([value] * 2, float)} for value in values))
    found = [row["x"] for row in run.history.rows()]
    assert found == [-math.inf, math.inf, math.inf, -math.inf]


@pytest.mark.skipif(np.finfo(np.longdouble).max == np.finfo(float).max, reason="it is a float")
def test_a_long_number_that_is_no_float_is_not_called_infinite() -> None:
    large = np.longdouble("1e4000")
    with pk.init(project="p") as run:
        for value in (large, np.array([large, 1])):
            with pytest.raises(RunError, match="'x'"):
                run.log({"x": value})


def test_a_value_that_raises_when_it_is_read() -> None:
    class Odd:
        shape = (3,)

        def __array__(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError("the sensor is gone")

    say = "'bad'.*the sensor is gone"
    with pk.init(project="p") as run, pytest.raises(RunError, match=say):
        run.log({"bad": Odd(), "good": 1})
    assert first(run) == {"good": 1}


def test_no_library_is_imported_for_its_values(tmp_path: Path) -> None:
    text = (
        "import sys, plotkit as pk\n"
        f"with pk.init(project='p', dir={str(tmp_path)!r}) as run:\n"
        "    pk.log({'loss': 0.5, 'note': 'x', 'few': [1, 2]})\n"
        "    print(sorted({'numpy', 'pandas', 'torch', 'PIL', 'altair'} & set(sys.modules)))\n"
    )
    found = script(text)
    assert found.stderr.startswith("plotkit: run p/"), found.stderr
    assert found.stdout.strip() == "[]"


# --- names ----------------------------------------------------------------------------------------


def test_nested_dicts_are_dotted_names() -> None:
    run = logged({"a": {"b": 1, "c": {"d": 2}}, "e.f": 3, "empty": {}})
    assert first(run) == {"a.b": 1, "a.c.d": 2, "e.f": 3}


BAD_DATA: list[tuple[Any, str]] = [
    ([("a", 1)], "takes a dict"),
    (3, "takes a dict"),
    ("loss", "takes a dict"),
    (None, "takes a dict"),
    (pd.Series({"a": 1}), "takes a dict"),
    ({1: 2}, "the name 1 is int"),
    ({None: 2}, "NoneType"),
    ({"a": {2: 3}}, "inside 'a'"),
    ({"": 1}, "''"),
    ({" ": 1}, "' '"),
    ({"a": {"": 1}}, "'a.'"),
    ({"a.b": 1, "a": {"b": 2}}, "'a.b' is named twice"),
    ({"a\ud800": 1}, "half a character"),
    ({"_step": 1}, r"log\(\.\.\., step="),
    ({"_runtime": 1}, "by itself"),
    ({"_Timestamp": 1}, "by itself"),
]


@pytest.mark.parametrize(("data", "say"), BAD_DATA, ids=lambda v: type(v).__name__)
def test_what_is_no_row(data: Any, say: str) -> None:
    with pk.init(project="p") as run:
        with pytest.raises(RunError, match=say):
            run.log(data)
        run.log({"fine": 1})
    assert [row["_step"] for row in run.history.rows()] == [0]


def test_a_dict_in_itself() -> None:
    data: dict[str, Any] = {}
    data["a"] = data
    with pk.init(project="p") as run, pytest.raises(RunError, match="nest deeper"):
        run.log(data)


def test_too_many_names_are_an_error_that_counts_them() -> None:
    with pk.init(project="p") as run:
        with pytest.raises(RunError, match="10001 names"):
            run.log({str(i): i for i in range(10_001)})
        run.log({f"column {i}": i for i in range(2_000)})
        pk.settings.row_names = 3
        with pytest.raises(RunError, match="4 names"):
            run.log({"a": 1, "b": {"c": 1, "d": 2, "e": 3}})
    assert len(first(run)) == 2_000


def test_names_are_the_same_in_any_case() -> None:
    with pk.init(project="p") as run:
        run.log({"My-Metric": 1})
        with pytest.warns(RunWarning, match="'my-metric' is recorded as 'My-Metric'"):
            run.log({"my-metric": 2})
        run.log({"my-metric": 3})  # told once
        with pytest.warns(RunWarning, match="'É' is recorded as 'é'"):
            run.log({"é": 1, "E\N{COMBINING ACUTE ACCENT}".replace("E\u0301", "É"): 2})
    table = run.history.table(["MY-METRIC"])
    assert table.columns[3:] == ["My-Metric"]
    assert table.get_column("My-Metric") == [1, 2, 3]
    assert run.summary["my-METRIC"] == 3
    assert any("1 more such name" in note for note in run.notes)
    assert any("1 value replaced" in note for note in run.notes)


def test_two_spellings_in_one_call_are_two_values_in_strict_mode() -> None:
    with pk.init(project="p", strict=True) as run, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(RunError, match="'loss' has two values"):
            run.log({"loss": 1, "Loss": 2})


def test_spellings_survive_a_resume() -> None:
    logged({"Loss": 1}, id="one")
    with (
        pytest.warns(RunWarning, match="'loss' is recorded as 'Loss'"),
        pk.init(project="p", id="one", resume="must") as run,
    ):
        run.log({"loss": 2})
    assert run.history.table().get_column("Loss") == [1, 2]


@pytest.mark.parametrize(
    "name", ["../../x", "a/b", "a\\b", "x" * 5000, "'; drop table rows; --", "a\nb", "a\0b", "損失"]
)
def test_any_text_is_a_name(name: str, root: Path) -> None:
    run = logged({name: 1})
    assert first(run) == {name: 1}
    outside = [
        path for path in root.parent.rglob("*") if path.is_file() and run.folder not in path.parents
    ]
    assert outside == []
