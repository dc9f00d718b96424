"""Every kind of frame gives the same chart, and no library is imported that nobody used."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from conftest import COLUMNS, ROWS, in_ibis

import plotkit as pk

CHARTS: dict[str, Callable[[pk.Table], pk.Chart]] = {
    "line": lambda t: pk.line(t, "step", "loss", color="run"),
    "scatter": lambda t: pk.scatter(t, "step", "loss", color="run", size="score"),
    "scatter by number": lambda t: pk.scatter(t, "step", "loss", color="score"),
    "bar": lambda t: pk.bar(t, "run", "loss", aggregate="mean"),
    "bar by group": lambda t: pk.bar(t, "step", "loss", group="run", aggregate="max"),
    "histogram": lambda t: pk.histogram(t, "loss"),
    "histogram by group": lambda t: pk.histogram(t, "loss", group="run", bins=7),
    "roc": lambda t: pk.plot_table("plotkit/roc_curve", t, {"y_true": "hit", "score": "score"}),
    "pr by class": lambda t: pk.plot_table(
        "plotkit/pr_curve", t, {"y_true": "hit", "score": "score", "class": "run"}
    ),
    "confusion": lambda t: pk.plot_table(
        "plotkit/confusion_matrix", t, {"Actual": "run", "Predicted": "hit"}
    ),
}


def table_of(frame: Any) -> pk.Table:
    return pk.Table(frame, columns=list(COLUMNS) if isinstance(frame, list) else None)


def same(found: Any, wanted: Any) -> bool:
    """Equal, up to the last digit of sums taken in another order."""
    if isinstance(wanted, float) and isinstance(found, (int, float)):
        return math.isclose(found, wanted, rel_tol=1e-12, abs_tol=1e-12)
    return bool(found == wanted)


@pytest.mark.parametrize("name", CHARTS)
def test_all_frames_give_the_same_rows(frame: Any, name: str) -> None:
    wanted = CHARTS[name](pk.Table(COLUMNS)).spec["data"]["values"]
    found = CHARTS[name](table_of(frame)).spec["data"]["values"]
    key = lambda row: tuple(str(value) for value in row.values())  # noqa: E731
    if "pyspark" in type(frame).__module__:  # its rows have no order
        wanted, found = sorted(wanted, key=key), sorted(found, key=key)
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one.keys() == other.keys()
        assert all(same(one[field], other[field]) for field in one), (one, other)


def test_the_table_itself(frame: Any) -> None:
    table = table_of(frame)
    assert table.columns == list(COLUMNS)
    assert len(table) == ROWS
    assert table.data == [list(row) for row in zip(*COLUMNS.values(), strict=True)]
    assert table.get_column("run") == COLUMNS["run"]
    assert list(table.to_pandas().columns) == list(COLUMNS)
    assert repr(table).startswith("Table(")
    assert table._repr_html_().startswith("<table>")


def test_unknown_columns_are_told_apart(frame: Any) -> None:
    with pytest.raises(pk.errors.ColumnNotFoundError) as raised:
        pk.line(table_of(frame), "step", "los")
    assert str(raised.value) == (
        "no column 'los' for role 'y'. Did you mean 'loss'? "
        "The table has: 'step', 'loss', 'run', 'hit', 'score'."
    )


LOADED = """
import sys
import plotkit as pk
{use}
chart = pk.line(table, "x", "y")
chart.save("{folder}/chart.{suffix}")
print(*[name for name in {names!r} if name in sys.modules])
"""


def loaded(use: str, names: list[str], folder: object, suffix: str = "png") -> list[str]:
    """Which of the libraries a fresh process has imported after drawing a chart."""
    code = LOADED.format(use=use, names=names, folder=folder, suffix=suffix)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


HEAVY = ["altair", "jsonschema", "pandas", "polars", "pyarrow", "duckdb", "vl_convert", "numpy",
         "narwhals", "sklearn"]  # fmt: skip


def test_a_chart_of_lists_imports_nothing_heavy(tmp_path: object) -> None:
    use = "table = pk.Table([[i, i % 7] for i in range(1000)], ['x', 'y'])"
    assert loaded(use, HEAVY, tmp_path, "json") == []
    # The pixels of a PNG are packed with NumPy, which is loaded while the engine draws.
    assert loaded(use, HEAVY, tmp_path) == ["numpy"]


def test_a_chart_of_polars_does_without_the_others(tmp_path: object) -> None:
    use = "import polars; table = pk.Table(polars.DataFrame({'x': [1, 2], 'y': [3, 4]}))"
    found = loaded(use, ["pandas", "pyarrow", "altair", "duckdb", "jsonschema"], tmp_path)
    assert found == []


def test_a_chart_of_duckdb_does_without_the_others(tmp_path: object) -> None:
    use = "import duckdb; table = pk.Table(duckdb.sql('select 1 x, 2 y'))"
    # DuckDB itself imports pyarrow where it is installed.
    assert loaded(use, ["polars", "altair", "jsonschema"], tmp_path) == []


def test_importing_plotkit_imports_nothing() -> None:
    code = f"import sys, plotkit; print(*[n for n in {HEAVY!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


NAMES = ["a.b", "x[0]", "it's", '"q"', "日本語", "SGD, momentum 0.9", "</script>", "__proto__"]


@pytest.mark.parametrize("kind", ["pandas", "polars lazy", "pyarrow", "duckdb", "ibis"])
def test_any_name_in_any_frame(kind: str) -> None:
    """An engine may take a dot for a path; a column's name is only a name."""
    import pandas as pd
    import polars as pl

    held = {name: [i, i + 1, i + 2] for i, name in enumerate(NAMES)}
    made: Any = pd.DataFrame(held)
    if kind == "polars lazy":
        made = pl.DataFrame(held).lazy()
    elif kind == "pyarrow":
        made = pl.DataFrame(held).to_arrow()
    elif kind == "duckdb":
        import duckdb

        made = duckdb.from_arrow(pl.DataFrame(held).to_arrow())
    elif kind == "ibis":
        made = in_ibis(made)
    table = pk.Table(made)
    assert table.columns == NAMES
    for name in NAMES[1:]:
        rows = pk.scatter(table, "a.b", name).spec["data"]["values"]
        assert [row["y"] for row in rows] == held[name]
        assert table.get_column(name) == held[name]
    bars = pk.histogram(table, "a.b", bins=1).spec["data"]["values"]
    assert [row["count"] for row in bars] == [3]
