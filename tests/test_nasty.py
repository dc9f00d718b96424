"""Data and arguments that once gave a wrong picture or an error that was not ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import plotkit as pk
from plotkit.errors import PlotkitError


def rows(chart: pk.Chart) -> list[dict[str, Any]]:
    return chart.spec["data"]["values"]


BARS = {"a": ["x"], "b": [1]}
ERRORS: list[tuple[Callable[[], object], str]] = [
    (
        lambda: pk.line(
            {"x": [0, 1], "y": [1, 2], "l": [0, 1], "h": [2, 3]},
            "x", "y", y_scale="log", error_low="l", error_high="h",
        ),
        "role 'error_low', column 'l', row 0: found 0; a log scale takes only numbers above 0. "
        "Drop such rows, or leave the scale linear.",
    ),
    (
        lambda: pk.line({"x": [0, 1], "y": [1, 2], "l": [0, 1]}, "x", "y", error_low="l"),
        "error_high=None: expected a column, as error_low='l' is the band's other edge.",
    ),
    (
        lambda: pk.line({"x": [dt.date(2024, 1, 1)], "y": [1]}, "x", "y", x_scale="log"),
        "x_scale='log': expected 'linear': column 'x' is time.",
    ),
    (
        lambda: pk.scatter({"x": [1], "y": [1], "s": [-1]}, "x", "y", size="s"),
        "role 'size', column 's', row 0: found -1; expected a number from 0 up.",
    ),
    (
        lambda: pk.histogram(([0, 0], [0, 1, 2])),
        "column 'count': all counts are 0, so there is nothing to draw.",
    ),
    (
        lambda: pk.line({"x": np.array(["20000-01-01"], "M8[D]"), "y": [1]}, "x", "y"),
        "column 'x', row 0: found np.datetime64('20000-01-01') (datetime64); a time outside the "
        "years 1 to 9999; convert it to a number first.",
    ),
    (lambda: pk.line_series(None, [[1]]), "xs=None: expected a list of values."),
    (lambda: pk.line_series([1], 3), "ys=3: expected a list of values."),
    (
        lambda: pk.plot_table("plotkit/bar", BARS, {"label": "a", "value": "b"}, ["title"]),
        "string_fields=['title']: expected a dict of name -> text.",
    ),
    (
        lambda: pk.plot_table("plotkit/bar", BARS, {"label": "a", "value": "b"}, params=["q"]),
        "params=['q']: expected a dict of name -> value.",
    ),
    (
        lambda: pk.Table({"a": [1]}, types=["a"]),
        "types=['a']: expected a dict of column -> kind.",
    ),
    (
        lambda: pk.line({"x": [1], "y": [1]}, "x", "y").save(None),
        "path=None: expected the path of a file.",
    ),
    (
        lambda: pk.line({"x": [1], "y": [1]}, "x", "y").to_svg(theme={"font": "<b>&"}),
        "theme font='<b>&': expected font names of letters, digits, blanks and , . ' -.",
    ),
    (
        lambda: pk.histogram(pk.Table({"a": [1]})),
        "value=None: expected the name of a column, unless the data is one flat sequence of "
        "numbers.",
    ),
    (
        lambda: pk.line(pl.LazyFrame({"x": [1, 2], "y": [None, "a"]}), "x", "y"),
        "role 'y', column 'y', row 0: found 'a'; the column is text, but the role takes number. "
        "If the text holds numbers, convert it, for example Table(..., types={'y': 'number'}).",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), ERRORS, ids=[m[:50] for _, m in ERRORS])
def test_error(call: Callable[[], object], message: str) -> None:
    with pytest.raises(PlotkitError) as raised:
        call()
    assert str(raised.value) == message


def test_tiny_scores_keep_their_order() -> None:
    from sklearn.metrics import roc_auc_score

    truth, scores = [0, 1, 0, 1], [1e-300, 2e-300, 3e-300, 4e-300]
    chart = pk.roc_curve(truth, scores)
    assert chart.notes == ()
    assert rows(chart)[0]["end"] == f"AUC {roc_auc_score(truth, scores):.3f}"


def test_long_labels_that_differ_at_their_ends_stay_two() -> None:
    chart = pk.bar({"l": ["a" * 1200 + "1", "a" * 1200 + "2"], "v": [1, 2]}, "l", "v")
    assert len({row["label"] for row in rows(chart)}) == 2


@pytest.mark.parametrize("kind", ["HUGEINT", "DECIMAL(30,0)", "BIGINT"])
def test_big_labels_are_exact(kind: str) -> None:
    import duckdb

    found = duckdb.sql(
        f"select 9007199254740993::{kind} a, 1 b union all select 9007199254740992::{kind}, 2"
    )
    labels = {row["label"] for row in rows(pk.bar(found, "a", "b"))}
    assert labels == {"9007199254740993", "9007199254740992"}


LAZY: list[Callable[[dict[str, Any]], Any]] = [pl.LazyFrame, lambda held: in_duckdb(held)]


def in_duckdb(held: dict[str, Any]) -> Any:
    import duckdb

    return duckdb.from_arrow(pa.table(held))


@pytest.mark.parametrize("make", LAZY, ids=["polars", "duckdb"])
def test_lazy_frames_follow_the_same_rules(make: Callable[[dict[str, Any]], Any]) -> None:
    big = pk.line(make({"x": [2**53 + 1, 2**53 + 3], "y": [1, 2]}), "x", "y")
    assert big.notes == (
        "column 'x': 2 rows beyond 2^53 drawn at the nearest number that the axis can hold.",
    )
    empty = pk.bar(make({"x": ["", "b\x00", "é", "e\u0301"], "y": [1, 2, 3, 4]}), "x", "y")
    assert [row["label"] for row in rows(empty)][:2] == ["(empty)", "b\ufffd"]
    assert empty.notes == (
        "column 'x': control characters in 1 row shown as U+FFFD.",
        "column 'x': empty text in 1 row shown as (empty).",
        "column 'x': different values look alike: 'e\\\\u0301', '\\\\xe9'.",
    )


@pytest.mark.parametrize(
    "values",
    [
        pd.Categorical([2, 1], [1, 2]),
        pd.Categorical([2.5, 1.0]),
        pd.Categorical([True, False]),
    ],
)
def test_categories_need_not_be_text(values: Any) -> None:
    chart = pk.bar(pd.DataFrame({"x": values, "y": [1, 2]}), "x", "y")
    assert len({row["label"] for row in rows(chart)}) == 2
    chart.to_svg()


def test_arrow_dictionaries_need_not_be_text() -> None:
    table = pa.table({"x": pa.array([2, 1]).dictionary_encode(), "y": [1, 2]})
    assert [row["label"] for row in rows(pk.bar(table, "x", "y"))] == ["2", "1"]


def test_line_series_takes_what_holds_values() -> None:
    index = pd.Series([0, 1], index=[5, 9])
    wanted = rows(pk.line_series([0, 1], [[1, 2]]))
    assert rows(pk.line_series(index, [pd.Series([1, 2], index=[7, 8])])) == wanted
    assert rows(pk.line_series((i for i in range(2)), [(i for i in (1, 2))])) == wanted
    assert rows(pk.line_series(np.array([0, 1]), np.array([[1, 2]]))) == wanted
    assert rows(pk.line_series(pa.array([0, 1]), iter([[1, 2]]))) == wanted


@pytest.mark.parametrize(
    "values",
    [
        range(5),
        (i for i in range(5)),
        pa.array(range(5)),
        [Decimal(i) for i in range(5)],
        pd.Series(range(5), index=range(7, 12)),
        pl.Series(range(5)),
        [None, 0, 1, 2, 3, 4],
    ],
)
def test_a_flat_sequence_is_a_histogram(values: Any) -> None:
    assert sum(row["count"] for row in rows(pk.histogram(values, bins=2))) == 5


def test_a_series_is_a_table_of_one_column() -> None:
    assert pk.Table(pd.Series([1, 2], name="a")).columns == ["a"]
    assert pk.Table(pl.Series([1, 2])).columns == ["value"]


def test_wide_numbers_are_drawn() -> None:
    assert rows(pk.line({"x": [1, 2], "y": np.array([1, 2], np.longdouble)}, "x", "y"))[0]["y"] == 1
    frame = pl.DataFrame({"x": [1, 2], "y": pl.Series([1, 2], dtype=pl.Int128)})
    assert rows(pk.line(frame, "x", "y"))[1]["y"] == 2


def test_engines_errors_are_ours() -> None:
    with pytest.raises(pk.errors.TableError, match="polars cannot read the data"):
        pk.line(pl.scan_csv("nope.csv"), "x", "y")
    bad = pl.LazyFrame({"x": ["a"], "y": [1]}).with_columns(pl.col("x").cast(pl.Int64))
    with pytest.raises(pk.errors.TableError, match="polars cannot read the data"):
        pk.line(bad, "x", "y")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x,y\n1,2\n2\n3,4\n", "row 1 has 1 value, but the table has 2 columns: 'x', 'y'."),
        ("x,x\n1,2\n", "column names must differ: 'x' stands twice. Rename one of them."),
        ("", "it is empty."),
    ],
)
def test_faulty_files(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "faulty.csv"
    path.write_text(content)
    with pytest.raises(PlotkitError) as raised:
        pk.line(pk.Table.read(path), "x", "y")
    assert message in str(raised.value)


def test_a_table_with_a_mixed_column_shows_itself() -> None:
    assert "mixed" in pk.Table({"a": [1, "x"]})._repr_html_()
