"""Large tables: checked without copies, coded without texts, the same rows from every engine."""

from __future__ import annotations

import datetime as dt
import math
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import LARGE, LARGE_FRAMES, large_frame, spark

import plotkit as pk
from plotkit import bind, coded, presets
from plotkit import column as columns_of
from plotkit.column import Column
from plotkit.facts import Facts
from plotkit.stats import _groups
from plotkit.table import Columns, LazyColumns

LONG = 12_000  # above what goes value by value


def bound(
    frame: Any, fields: Mapping[str, str], preset: str = "plotkit/line"
) -> tuple[Columns | LazyColumns, list[str]]:
    return bind.bind(presets.get(preset), pk.Table(frame), fields)


def column_of(values: Any) -> Column:
    return pk.Table({"c": values} if isinstance(values, (list, np.ndarray)) else values).column("c")


# --- what is true of all values ------------------------------------------------------------------

NUMBERS: dict[str, Any] = {
    "float64": np.linspace(-3.5, 9.25, LONG),
    "float32": np.linspace(-3.5, 9.25, LONG, dtype=np.float32),
    "int64": np.arange(-5, LONG - 5),
    "int8": np.resize(np.arange(-128, 128, dtype=np.int8), LONG),
    "uint64": np.arange(LONG, dtype=np.uint64) + np.uint64(2**63),
    "bool": np.arange(LONG) % 3 == 0,
    "strided": np.arange(2 * LONG, dtype=float)[::2],
    "masked": np.ma.masked_greater(np.arange(LONG), LONG - 10),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_facts_are_those_of_the_values(name: str) -> None:
    column = column_of(NUMBERS[name])
    known = [value for value in column.as_list() if value is not None]
    found = column_of(NUMBERS[name]).facts()
    assert (found.low, found.high) == (min(known), max(known))
    assert found.missing == LONG - len(known)
    assert found.whole == (name in ("int64", "int8", "uint64", "strided", "masked"))


ODD = [1.0, math.nan, math.inf, -math.inf, 1e-300, 0.0, -2.5]


@pytest.mark.parametrize("kind", ["list", "array", "pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("rows", [len(ODD), LONG])
def test_facts_of_odd_values(kind: str, rows: int) -> None:
    values = [1.0] * (rows - len(ODD)) + ODD
    held = {
        "list": lambda: values,
        "array": lambda: np.array(values),
        "pandas": lambda: pd.DataFrame({"c": values}),
        "polars": lambda: pl.DataFrame({"c": values}),
        "pyarrow": lambda: pa.table({"c": pa.array(values, from_pandas=True)}),
    }[kind]()
    column = column_of(held)
    assert column.facts() == Facts(-2.5, 1.0, 1, 2, tiny=True, whole=False)
    first = rows - len(ODD)
    assert list(column.missing_rows()) == [first + 1, first + 2, first + 3]
    assert list(column.missing_rows(keep_infinite=True)) == [first + 1]
    assert list(column.rows_tiny()) == [first + 4]
    assert column.first_not_positive() == first + 3
    assert column.value(first + 6) == -2.5


@pytest.mark.parametrize("kind", ["pandas", "pandas with pyarrow", "polars", "pyarrow"])
def test_large_integers_beside_missing_ones(kind: str) -> None:
    values = [*range(LONG), None, 2**53 + 1]
    frame: Any = pa.table({"c": values})
    if kind.startswith("pandas"):
        backend = pd.ArrowDtype(pa.int64()) if "pyarrow" in kind else pd.Int64Dtype()
        frame = pd.DataFrame({"c": pd.array(values, dtype=backend)})
    elif kind == "polars":
        frame = pl.from_arrow(frame)
    column = column_of(frame)
    assert column.facts() == Facts(0, 2**53 + 1, 1, whole=True)
    assert list(column.rows_beyond(2**53)) == [LONG + 1]
    assert column.to_text().as_list()[-2:] == [None, "9007199254740993"]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_bools_with_missing_ones(make: Any) -> None:
    values = [None if i % 5 == 0 else i % 2 == 0 for i in range(LONG)]
    frame = make({"c": values})
    if make is pd.DataFrame:
        frame = frame.astype({"c": "boolean"})
    column = column_of(frame)
    assert column.facts() == Facts(False, True, LONG // 5)
    assert column.as_array()[:3].tolist()[1:] == [0.0, 1.0]
    assert math.isnan(column.as_array()[0])
    assert column.to_text().as_list() == columns_of.from_values("c", values).as_text()


def clean() -> dict[str, Any]:
    rows = 2_000_000
    return {
        "x": np.arange(rows),
        "y": np.random.default_rng(5).normal(size=rows),
        "t": np.datetime64("2024-01-01", "us") + np.arange(rows),
    }


FRAMES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "numpy": dict,
    "pandas": lambda held: pd.DataFrame(held, copy=False),
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
}


@pytest.mark.parametrize("kind", FRAMES)
def test_clean_columns_are_neither_copied_nor_listed(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = clean()
    frame = FRAMES[kind](held)
    bound(FRAMES[kind]({name: values[:5] for name, values in held.items()}), {"x": "x", "y": "y"})
    monkeypatch.setattr(Column, "as_list", lambda self: pytest.fail(f"{self} was listed"))
    for x in ("x", "t"):
        tracemalloc.start()
        columns, said = bound(frame, {"x": x, "y": "y"})
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert not said
        assert peak < 4_000_000  # a column is 16 MB
        assert isinstance(columns, dict)
        assert np.shares_memory(columns["y"].as_array(), columns["y"].as_array())


def test_rows_without_a_value_go_without_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    held = clean()
    held["y"][::1000] = np.nan
    monkeypatch.setattr(Column, "as_list", lambda self: pytest.fail(f"{self} was listed"))
    columns, said = bound(held, {"x": "x", "y": "y"}, "plotkit/scatter")
    assert said == [
        "column 'y': 2,000 rows of 2,000,000 without a finite value left out (first: row 0)."
    ]
    assert isinstance(columns, dict)
    assert len(columns["x"]) == 1_998_000
    assert columns["x"].facts() == Facts(1, 1_999_999, whole=True)


@pytest.mark.parametrize("library", [pd, pl])
def test_series_in_a_dict_stay_arrays(library: Any) -> None:
    held = {"i": np.arange(LONG), "f": np.linspace(0, 1, LONG), "b": np.arange(LONG) % 2 == 0}
    table = pk.Table({name: library.Series(values) for name, values in held.items()})
    for name, values in held.items():
        assert table.column(name).as_list() == values.tolist()
    assert np.shares_memory(table.column("f").as_array(), table.column("f").as_array())
    gaps = pk.Table({"f": library.Series([1.0, None, 2.0]), "t": library.Series(["a", None, "b"])})
    assert gaps.data == [[1.0, "a"], [None, None], [2.0, "b"]]


def test_the_first_row_of_another_kind_is_found_piece_by_piece() -> None:
    column = column_of(np.arange(3 * LONG))
    assert column.first_index(lambda value: value == 2 * LONG) == 2 * LONG
    assert column.first_index(lambda value: value < 0) is None


# --- times ---------------------------------------------------------------------------------------


def times() -> dict[str, Any]:
    moments = [
        dt.datetime(1969, 12, 31, 23, 59, 59, 1), dt.datetime(2024, 3, 31, 2, 30), None,
        dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59),
    ]  # fmt: skip
    zoned = [None if m is None else m.replace(tzinfo=dt.UTC) for m in moments[:3]]
    days = [dt.date(2024, 2, 29), None, dt.date(1, 1, 1)]
    near = moments[:3]
    made: dict[str, Any] = {
        "pandas ns": pd.DataFrame({"c": pd.Series(near).astype("datetime64[ns]")}),
        "pandas us": pd.DataFrame({"c": pd.Series(moments, dtype="datetime64[us]")}),
        "pandas ms": pd.DataFrame({"c": pd.Series(near).astype("datetime64[ms]")}),
        "pandas s": pd.DataFrame({"c": pd.Series(near).astype("datetime64[s]")}),
        "pandas zoned": pd.DataFrame(
            {"c": pd.to_datetime(pd.Series(zoned), utc=True).dt.tz_convert("Europe/Berlin")}
        ),
        "pandas pyarrow": pd.DataFrame(
            {"c": pd.array(zoned, dtype=pd.ArrowDtype(pa.timestamp("us", "Asia/Tokyo")))}
        ),
        "pandas pyarrow days": pd.DataFrame({"c": pd.array(days, pd.ArrowDtype(pa.date32()))}),
        "polars days": pl.DataFrame({"c": days}),
        "pyarrow days": pa.table({"c": days}),
    }
    for unit in ("ns", "us", "ms"):
        kept = near if unit == "ns" else moments
        made[f"polars {unit}"] = pl.DataFrame(
            {"c": pl.Series(kept, dtype=pl.Datetime("us")).dt.cast_time_unit(unit)}
        )
        made[f"polars zoned {unit}"] = pl.DataFrame(
            {"c": pl.Series(zoned, dtype=pl.Datetime("us", "UTC")).dt.cast_time_unit(unit)}
        ).with_columns(pl.col("c").dt.convert_time_zone("America/New_York"))
    for unit in ("ns", "us", "ms", "s"):
        kept = near if unit == "ns" else moments
        made[f"pyarrow {unit}"] = pa.table(
            {"c": pa.array(kept, pa.timestamp("us")).cast(pa.timestamp(unit), safe=False)}
        )
    made["pyarrow zoned"] = pa.table({"c": pa.array(zoned, pa.timestamp("us", "Asia/Kolkata"))})
    return made


@pytest.mark.parametrize("name", times())
def test_times_of_series_are_their_milliseconds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = times()[name]
    wanted = [math.nan if v is None else columns_of.epoch_ms(v) for v in column_of(frame).as_list()]
    column = column_of(frame)
    monkeypatch.setattr(Column, "as_list", lambda self: pytest.fail("listed"))
    found = column.as_array()
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, np.array(wanted, dtype=float))
    known = [value for value in wanted if value == value]
    assert column.facts() == Facts(min(known), max(known), len(wanted) - len(known))


def test_years_that_no_axis_has_are_told() -> None:
    held = {"x": np.array([10**6], "datetime64[Y]").astype("datetime64[s]"), "y": np.ones(1)}
    with pytest.raises(pk.errors.DataError, match="outside the years 1 to 9999"):
        bound(held, {"x": "x", "y": "y"})


# --- categories ----------------------------------------------------------------------------------

_ROWS = np.random.default_rng(3).integers(0, 40, LONG)
_WORDS = [f"label {i}" for i in range(40)]
_TEXTS = [None if row % 977 == 5 else _WORDS[at] for row, at in enumerate(_ROWS.tolist())]


def _chunked(series: Any, parts: int = 7) -> Any:
    size = -(-len(series) // parts)
    return [series[start : start + size] for start in range(0, len(series), size)]


def categories() -> dict[str, Any]:
    whole = _ROWS.astype(float)
    whole[5::977] = np.nan
    arrow = pa.chunked_array([pa.array(part) for part in _chunked(_TEXTS)])
    moments = np.datetime64("2024-01-01", "s") + _ROWS * 60
    return {
        "ints": _ROWS,
        "small ints": _ROWS.astype(np.int8) - 20,
        "unsigned": _ROWS.astype(np.uint64) + np.uint64(2**63),
        "far ints": _ROWS * 10**15 - 7,
        "bools": _ROWS > 20,
        "whole floats": whole,
        "floats": np.round(whole * 0.1, 3),
        "with infinity": np.where(_ROWS == 3, np.inf, whole),
        "zeros": np.where(_ROWS % 2, 0.0, -0.0),
        "times": moments,
        "days": moments.astype("datetime64[D]"),
        "masked": np.ma.masked_equal(_ROWS, 7),
        "list of texts": _TEXTS,
        "list of ints": _ROWS.tolist(),
        "list of numbers": [2**60 + int(i) if i % 2 else float(i) for i in _ROWS],
        "strings of NumPy": np.array(_WORDS)[_ROWS],
        "objects": np.array(_TEXTS, dtype=object),
        "pandas": pd.DataFrame({"c": _TEXTS}),
        "pandas objects": pd.DataFrame({"c": pd.Series(_TEXTS, dtype=object)}),
        "pandas categorical": pd.DataFrame({"c": pd.Categorical(_TEXTS, _WORDS[::-1])}),
        "pandas categories of ints": pd.DataFrame({"c": pd.Categorical(_ROWS)}),
        "pandas ints": pd.DataFrame({"c": pd.Series(_ROWS).astype("Int64").mask(_ROWS == 9)}),
        "pandas pyarrow": pd.DataFrame({"c": pd.Series(_TEXTS, dtype="string[pyarrow]")}),
        "polars": pl.DataFrame({"c": _TEXTS}),
        "polars categorical": pl.DataFrame({"c": pl.Series(_TEXTS, dtype=pl.Categorical)}),
        "polars enum": pl.DataFrame({"c": pl.Series(_TEXTS, dtype=pl.Enum(_WORDS))}),
        "polars chunks": pl.concat(
            [pl.DataFrame({"c": part}) for part in _chunked(_TEXTS)], rechunk=False
        ),
        "pyarrow": pa.table({"c": arrow}),
        "pyarrow dictionaries": pa.table(
            {"c": pa.chunked_array([part.dictionary_encode() for part in arrow.chunks])}
        ),
    }


@pytest.mark.parametrize("name", categories())
def test_codes_are_those_of_the_texts(name: str) -> None:
    column = column_of(categories()[name])
    texts = column_of(categories()[name]).as_text()
    labels, codes = column.coded()
    assert labels == [v for v in dict.fromkeys(texts) if v is not None]
    assert [labels[code] if code >= 0 else None for code in codes.tolist()] == texts
    assert column.to_text().as_list() == texts
    short = Column("c", "text", values=["(missing)" if v is None else v for v in texts])
    names = list(dict.fromkeys(short.as_list()))
    declared = column.categories
    names.sort(key=lambda n: declared.index(n) if declared and n in declared else LONG)
    found, places = _groups.factorize(column)
    assert found == names
    assert [found[place] for place in places.tolist()] == short.as_list()
    for group, rows in _groups.split(column):
        assert rows.tolist() == [row for row, v in enumerate(short.as_list()) if v == group]


@pytest.mark.parametrize("rows", [50, LONG])
@pytest.mark.parametrize("make", [list, "array", pd.Series, pl.Series])
def test_labels_are_cleaned_once_and_their_notes_are_the_same(rows: int, make: Any) -> None:
    odd = ["a\x1b", "", "b", "b ", "a\x1b"]
    texts = ["plain"] * (rows - len(odd)) + odd
    held: Any = np.array(texts) if make == "array" else texts
    if make in (pd.Series, pl.Series):
        held = (pd if make is pd.Series else pl).DataFrame({"c": texts})
        frame: Any = held.assign(y=1.0) if make is pd.Series else held.with_columns(y=pl.lit(1.0))
    else:
        frame = {"c": held, "y": [1.0] * rows}
    columns, said = bound(frame, {"label": "c", "value": "y"}, "plotkit/bar")
    first = rows - len(odd)
    assert isinstance(columns, dict)
    assert columns["label"].as_list()[first:] == ["a\ufffd", "(empty)", "b", "b ", "a\ufffd"]
    assert said == [
        f"column 'c': control characters in 2 rows shown as U+FFFD (first: row {first}).",
        f"column 'c': empty text in 1 row shown as (empty) (first: row {first + 1}).",
        "column 'c': different values look alike: 'b', 'b '.",
    ]


def test_codes_follow_the_rows_that_are_taken() -> None:
    column = column_of(np.resize(np.arange(100), LONG)).to_text()
    mask = np.zeros(LONG, dtype=bool)
    mask[[7, 3, 107]] = True
    for rows in (mask, np.array([3, 7, 107]), [3, 7, 107]):
        part = column.take(rows)
        assert part.as_list() == ["3", "7", "7"]
        assert part.coded().labels == ["3", "7"]
    assert column.take(slice(98, 101)).as_list() == ["98", "99", "0"]


def test_no_text_is_made_for_each_row() -> None:
    rows = 1_000_000
    held = {"c": np.resize(np.arange(1000), rows)}
    tracemalloc.start()
    labels, codes = _groups.factorize(column_of(held["c"]).to_text())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(labels), len(codes)) == (1000, rows)
    assert peak < 16 * rows  # the codes themselves, twice; a text is 50 bytes


def test_far_apart_values_are_coded_by_sorting() -> None:
    values = np.array([10**17, -5, 10**17, 3])
    codes, firsts = coded.of_numbers(values, np.array([False, False, False, True]), None)
    assert (codes.tolist(), firsts.tolist()) == ([0, 1, 0, -1], [0, 1])


@pytest.mark.parametrize("count", [3, 200, 70_000])
def test_rows_of_each_category_rise(count: int) -> None:
    values = np.random.default_rng(1).integers(0, count, 100_000)
    found = _groups.split(column_of(values).to_text())
    assert len(found) == len(set(values.tolist()))
    assert np.array_equal(np.sort(np.concatenate([rows for _, rows in found])), np.arange(100_000))
    assert all((np.diff(rows) > 0).all() for _, rows in found)
    assert all((values[rows] == int(name)).all() for name, rows in found)


# --- lazy frames ---------------------------------------------------------------------------------

START = dt.datetime(2024, 3, 30)


def lazy_table() -> pa.Table:
    y = np.linspace(1.0, 5.0, LONG)
    y[7] = np.nan
    y[8] = -np.inf
    x = np.arange(LONG)
    return pa.table(
        {
            "x": x,
            "y": y,
            "clean": np.linspace(-1.0, 1.0, LONG),
            "late": pa.array([None if i >= LONG - 100 else i for i in range(LONG)], pa.int32()),
            "t": [START + dt.timedelta(minutes=i) for i in range(LONG)],
        }
    )


def lazies(folder: Path) -> dict[str, Any]:
    import duckdb

    table = lazy_table()
    pq.write_table(table, folder / "a.parquet", row_group_size=5000)
    pl.DataFrame(table).write_parquet(folder / "b.parquet")
    pl.DataFrame(table).write_csv(folder / "c.csv")
    return {
        "duckdb": duckdb.from_arrow(table),
        "parquet of pyarrow": pk.Table.read(folder / "a.parquet"),
        "parquet of polars": pk.Table.read(folder / "b.parquet"),
        "csv": pk.Table.read(folder / "c.csv"),
        "polars": pl.DataFrame(table).lazy(),
        "polars file": pl.scan_parquet(folder / "a.parquet"),
    }


KINDS = ["duckdb", "parquet of pyarrow", "parquet of polars", "csv", "polars", "polars file"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_counted_of_lazy_frames(kind: str, tmp_path: Path) -> None:
    frame = lazies(tmp_path)[kind]
    held, _ = bound(frame, {"x": "x", "y": "clean"})
    assert isinstance(held, LazyColumns)
    assert held.rows == LONG
    assert held.extents == {"x": (0.0, LONG - 1.0), "y": (-1.0, 1.0)}

    held, said = bound(frame, {"x": "x", "y": "y"})  # what is missing is a gap
    assert isinstance(held, LazyColumns)
    assert held.rows == LONG
    assert held.extents == {"x": (0.0, LONG - 1.0), "y": (1.0, 5.0)}
    assert said == [f"column 'y': 2 rows of {LONG:,} without a finite value drawn as a gap."]

    held, said = bound(frame, {"x": "t", "y": "late"}, "plotkit/scatter")
    assert isinstance(held, LazyColumns)
    first = columns_of.epoch_ms(START)
    wanted = {"x": (first, first + 60_000.0 * (LONG - 101)), "y": (0.0, LONG - 101.0)}
    assert (held.rows, held.extents) == (LONG - 100, wanted)
    assert len(said) == 1
    renamed = held.renamed({"x": "step"})
    assert (renamed.rows, set(renamed.extents)) == (LONG - 100, {"step", "y"})
    rows = held.collect()
    assert len(rows["x"]) == LONG - 100
    assert (float(rows["x"].as_array().min()), float(rows["x"].as_array().max())) == wanted["x"]


def test_large_integers_of_files_are_told(tmp_path: Path) -> None:
    pl.DataFrame({"x": [1, 2**53 + 1], "y": [1.0, 2.0]}).write_parquet(tmp_path / "a.parquet")
    _, said = bound(pk.Table.read(tmp_path / "a.parquet"), {"x": "x", "y": "y"})
    assert len(said) == 1
    assert "1 row beyond 2^53" in said[0]


def test_files_that_say_nothing_of_nan_are_read(tmp_path: Path) -> None:
    """Parquet's own lowest and highest value leave NaN out, as DuckDB does that trusts them."""
    pq.write_table(pa.table({"x": [1.0, math.nan, 3.0]}), tmp_path / "a.parquet")
    table = pk.Table.read(tmp_path / "a.parquet")
    held, said = bound(table, {"value": "x"}, "plotkit/histogram")
    assert isinstance(held, LazyColumns)
    assert (held.rows, held.extents) == (2, {"value": (1.0, 3.0)})
    assert len(said) == 1


def test_empty_lazy_frames_are_told(tmp_path: Path) -> None:
    pl.DataFrame({"x": [1.0], "y": ["a"]}).clear().write_parquet(tmp_path / "a.parquet")
    for name in ("x", "y"):
        with pytest.raises(pk.errors.DataError, match="the table has 0 rows"):
            pk.histogram(pk.Table.read(tmp_path / "a.parquet"), name)


# --- many files, wide files ----------------------------------------------------------------------


def _parts(folder: Path) -> list[str]:
    """Three runs in folders that name them, with a file of Spark's own beside them."""
    for run in range(3):
        (folder / f"run={run}").mkdir(parents=True)
        part = pl.DataFrame({"step": [0, 1], "loss": [float(run), run / 2]})
        part.write_parquet(folder / f"run={run}" / "part.parquet")
    (folder / "_SUCCESS").touch()
    (folder / "_tmp").mkdir()
    (folder / "_tmp" / "half.parquet").write_bytes(b"PAR1")
    return [str(folder / f"run={run}" / "part.parquet") for run in range(3)]


def test_many_files_are_one_table(tmp_path: Path) -> None:
    files = _parts(tmp_path / "data")
    wanted = [[step, loss, run] for run in range(3) for step, loss in ((0, run), (1, run / 2))]
    pattern = str(tmp_path / "data" / "run=*" / "*.parquet")
    for path in (tmp_path / "data", pattern, files, [files[0], Path(files[1]), files[2]]):
        table = pk.Table.read(path)
        assert table.columns == ["step", "loss", "run"]
        assert table.data == wanted
    assert pk.Table.read(files[::-1]).data[0] == [0, 2.0, 2]
    assert pk.Table.read([files[1]]).data == [[0, 1.0], [1, 0.5]]


def test_a_name_with_the_signs_of_a_pattern_is_a_name(tmp_path: Path) -> None:
    for number in range(2):
        pl.DataFrame({"x": [number]}).write_parquet(tmp_path / f"a[{number}].parquet")
        (tmp_path / f"a[{number}].csv").write_text(f"x\n{number}\n", encoding="utf-8")
    for ending in ("parquet", "csv"):
        assert pk.Table.read(tmp_path / f"a[1].{ending}").data == [[1]]
    assert pk.Table.read(tmp_path / "a*.parquet").data == [[0], [1]]


def test_what_is_wrong_with_many_files(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n", encoding="utf-8")
    pl.DataFrame({"x": [1]}).write_parquet(tmp_path / "b.parquet")
    (tmp_path / "empty").mkdir()
    said = {
        str(tmp_path / "empty"): "the folder holds no Parquet file.",
        str(tmp_path / "*.arrow"): "no file matches this pattern.",
        str(tmp_path / "*"): "only where all of them are Parquet files.",
        str(tmp_path / "none.csv"): "there is no such file.",
    }
    for path, words in said.items():
        with pytest.raises(pk.errors.TableError) as raised:
            pk.Table.read(path)
        assert words in str(raised.value)
    with pytest.raises(pk.errors.TableError, match="there is no such file"):
        pk.Table.read([tmp_path / "b.parquet", tmp_path / "c.parquet"])
    for paths in ([], [tmp_path / "b.parquet", 3]):
        with pytest.raises(pk.errors.OptionError, match="path"):
            pk.Table.read(paths)  # type: ignore[arg-type]


CHARTS: dict[str, Callable[[Any], pk.Chart]] = {
    "line": lambda t: pk.line(t, "x", "c7", color="run"),
    "scatter": lambda t: pk.scatter(t, "x", "c7", color="run"),
    "bar": lambda t: pk.bar(t, "run", "c7", aggregate="max"),
    "histogram": lambda t: pk.histogram(t, "c7"),
}


@pytest.mark.parametrize("name", CHARTS)
def test_only_mapped_columns_are_read(name: str, tmp_path: Path) -> None:
    """In the files every other column is noise that no reader could make sense of."""
    rows, wide = 11_000, 300
    held: dict[str, Any] = {"x": np.arange(rows), "run": np.array(["a", "b"])[np.arange(rows) % 2]}
    held.update({f"c{i}": np.random.default_rng(i).normal(size=rows) for i in range(wide)})
    for part in range(2):
        file = tmp_path / f"part{part}.parquet"
        pq.write_table(pa.table(held), file, row_group_size=4000)
        _spoil(file, keep={"x", "run", "c7"})
    table = pk.Table.read(tmp_path)
    assert len(table.columns) == wide + 2
    assert CHARTS[name](table).spec["data"]["values"]
    with pytest.raises(pk.errors.TableError):
        pk.histogram(table, "c8")


def _spoil(file: Path, keep: set[str]) -> None:
    held = bytearray(file.read_bytes())
    meta = pq.ParquetFile(file).metadata
    for group in range(meta.num_row_groups):
        for at in range(meta.num_columns):
            chunk = meta.row_group(group).column(at)
            if chunk.path_in_schema not in keep:
                start = chunk.dictionary_page_offset or chunk.data_page_offset
                size = chunk.total_compressed_size
                held[start : start + size] = b"\xff" * size
    file.write_bytes(bytes(held))


# --- the same rows from every engine -------------------------------------------------------------

LARGE_CHARTS: dict[str, Callable[[pk.Table], pk.Chart]] = {
    "line": lambda t: pk.line(t, "n", "y"),
    "line by series": lambda t: pk.line(t, "x", "y", color="run"),
    "line of times": lambda t: pk.line(t, "t", "y", color="run"),
    "scatter": lambda t: pk.scatter(t, "x", "y"),
    "scatter by category": lambda t: pk.scatter(t, "x", "y", color="run"),
    "bar": lambda t: pk.bar(t, "label", "y", aggregate="max"),
    "bar of means": lambda t: pk.bar(t, "label", "y", group="run", aggregate="mean"),
    "histogram": lambda t: pk.histogram(t, "y"),
    "histogram by group": lambda t: pk.histogram(t, "y", group="run"),
    "roc": lambda t: pk.plot_table("plotkit/roc_curve", t, {"y_true": "hit", "score": "score"}),
    "pr by class": lambda t: pk.plot_table(
        "plotkit/pr_curve", t, {"y_true": "hit", "score": "score", "class": "run"}
    ),
    "confusion": lambda t: pk.plot_table(
        "plotkit/confusion_matrix", t, {"Actual": "label", "Predicted": "guess"}
    ),
}
_WANTED: dict[str, list[dict[str, Any]]] = {}


def _rows_of(name: str, frame: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = LARGE_CHARTS[name](pk.Table(frame)).spec["data"]["values"]
    return rows


def _unnumbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{field: row[field] for field in row if field != "piece"} for row in rows]


def same(found: Any, wanted: Any) -> bool:
    """Equal, up to the last digits of sums taken in another order."""
    if isinstance(wanted, float) and isinstance(found, (int, float)):
        return math.isclose(found, wanted, rel_tol=1e-11, abs_tol=1e-11)
    return bool(found == wanted)


@pytest.mark.parametrize("parts", [1, 3, 7])
@pytest.mark.parametrize("kind", LARGE_FRAMES)
@pytest.mark.parametrize("name", LARGE_CHARTS)
def test_all_engines_reduce_to_the_same_rows(
    name: str, kind: str, parts: int, tmp_path: Path
) -> None:
    if name not in _WANTED:
        _WANTED[name] = _rows_of(name, LARGE)
    wanted, found = _WANTED[name], _rows_of(name, large_frame(kind, parts, tmp_path))
    if kind in ("ibis", "pyspark"):  # their rows have no order, nor have their series
        wanted, found = _unnumbered(wanted), _unnumbered(found)
        key = lambda row: tuple(str(value) for value in row.values())  # noqa: E731
        wanted, found = sorted(wanted, key=key), sorted(found, key=key)
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one.keys() == other.keys()
        assert all(same(one[field], other[field]) for field in one), (one, other)


CATEGORIES = {"label": 23, "guess": 19}


@pytest.mark.spark
def test_only_drawable_rows_come_back_from_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 300_000
    columns = ["id as n", "sin(id / 900) + (id * 7919 % 1013) / 700 as y", "id % 3 as run"]
    columns += [f"concat('label ', id % {part}) as {name}" for name, part in CATEGORIES.items()]
    frame = spark().range(rows, numPartitions=3).selectExpr(*columns)
    kind = type(frame)
    for name in ("toPandas", "toArrow", "toLocalIterator", "cache", "persist"):
        monkeypatch.setattr(kind, name, lambda *_a, _n=name, **_k: pytest.fail(f"{_n} was called"))
    taken: list[int] = []
    collect = kind.collect

    def counted(self: Any) -> Any:
        found = collect(self)
        taken.append(len(found))
        return found

    monkeypatch.setattr(kind, "collect", counted)
    for name in ("line", "bar", "histogram", "confusion"):
        taken.clear()
        assert _rows_of(name, frame)
        assert taken
        assert max(taken) < rows / 10
