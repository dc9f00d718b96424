"""One table in every kind of frame, and settings that no test may leave changed."""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import chromium
import pytest

# Nobody's own presets take part in the tests, in child processes neither.
os.environ["PLOTKIT_HOME"] = tempfile.mkdtemp(prefix="plotkit-tests-")
os.environ.pop("PLOTKIT_PRESETS", None)

ROWS = 60
COLUMNS: dict[str, list[Any]] = {
    "step": [i // 2 for i in range(ROWS)],
    "loss": [round(2.5 / (1 + i / 7) + (i % 5) / 50, 4) for i in range(ROWS)],
    "run": ["train" if i % 2 else "test" for i in range(ROWS)],
    "hit": [i % 3 == 0 for i in range(ROWS)],
    "score": [round((i * 37 % 60) / 60 + (0.3 if i % 3 == 0 else 0.0), 3) for i in range(ROWS)],
}


class Capsule:
    """A frame of a library that nobody knows, with nothing but the Arrow interface."""

    def __init__(self, held: Any) -> None:
        self._held = held

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._held.__arrow_c_stream__(requested_schema)


def _rows() -> Any:
    return [list(row) for row in zip(*COLUMNS.values(), strict=True)]


def _structured() -> Any:
    import numpy as np

    kinds = [("step", "i8"), ("loss", "f8"), ("run", "U8"), ("hit", "?"), ("score", "f8")]
    return np.array([tuple(row) for row in _rows()], dtype=kinds)


def _pandas() -> Any:
    import pandas as pd

    return pd.DataFrame(COLUMNS)


def _pandas_arrow() -> Any:
    return _pandas().convert_dtypes(dtype_backend="pyarrow")


def _polars() -> Any:
    import polars as pl

    return pl.DataFrame(COLUMNS)


def _arrow() -> Any:
    import pyarrow as pa

    return pa.table(COLUMNS)


def _duckdb() -> Any:
    import duckdb

    return duckdb.from_arrow(_arrow())


def _ibis() -> Any:
    return in_ibis(_pandas())


def in_ibis(held: Any) -> Any:
    """The frame as an Ibis table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it sets a pandas option that is going away
        import ibis

        return ibis.memtable(held)


def _pyspark() -> Any:
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    return session.createDataFrame([tuple(row) for row in _rows()], list(COLUMNS))


def _numpy_columns() -> Any:
    import numpy as np

    return {name: np.array(values) for name, values in COLUMNS.items()}


FRAMES: dict[str, Callable[[], Any]] = {
    "rows": _rows,
    "records": lambda: [dict(zip(COLUMNS, row, strict=True)) for row in _rows()],
    "columns": lambda: COLUMNS,
    "numpy columns": _numpy_columns,
    "structured": _structured,
    "pandas": _pandas,
    "pandas with pyarrow": _pandas_arrow,
    "polars": _polars,
    "polars lazy": lambda: _polars().lazy(),
    "pyarrow": _arrow,
    "capsule": lambda: Capsule(_arrow()),
    "duckdb": _duckdb,
    "ibis": _ibis,
    "pyspark": _pyspark,
}
MARKED = {"pyspark": pytest.mark.spark}


@pytest.fixture(params=[pytest.param(name, marks=MARKED.get(name, ())) for name in FRAMES])
def frame(request: pytest.FixtureRequest) -> Any:
    """The table above, in each kind of frame."""
    if request.param == "pyspark":
        pytest.importorskip("pyspark")
    return FRAMES[request.param]()


@pytest.fixture(autouse=True)
def _settings_as_they_were() -> Iterator[None]:
    yield
    module = sys.modules.get("plotkit.settings")
    if module is not None:
        for name in dir(module):
            module.__dict__.pop(name, None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-snapshots", action="store_true", help="write tests/snapshots anew (never in CI)"
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, or a skip that says what is missing."""
    with chromium.running() as running:
        yield running
