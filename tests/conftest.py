"""One table in every kind of frame, and settings that no test may leave changed."""

from __future__ import annotations

import datetime as dt
import math
import os
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
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
    return spark().createDataFrame([tuple(row) for row in _rows()], list(COLUMNS))


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

# A table that every statistic has to reduce: several series, gaps, categories, times, ties.
LARGE_ROWS = 12_600
_MINUTE = dt.timedelta(minutes=7)


def _large_columns() -> dict[str, list[Any]]:
    rows = range(LARGE_ROWS)
    y = [round(math.sin(i / 900) * 3 + (i * 7919 % 1013) / 700, 3) for i in rows]
    return {
        "n": list(rows),
        "x": [i // 3 for i in rows],
        "y": [None if i % 1500 < 9 else v for i, v in enumerate(y)],
        "run": [("train", "test", "check")[i % 3] for i in rows],
        "t": [dt.datetime(2024, 3, 20) + _MINUTE * (i // 3) for i in rows],
        "label": [f"label {i * i % 23}" for i in rows],
        "guess": [f"label {(i * i + i % 5 // 4) % 23}" for i in rows],
        "hit": [i % 3 == 0 or i % 7 == 0 for i in rows],
        "score": [round((i * 37 % 997) / 997 + 0.2 * (i % 3 == 0), 2) for i in rows],
    }


LARGE = _large_columns()
LARGE_FRAMES = [
    "numpy", "pandas", "polars", "polars lazy", "polars files", "pyarrow", "duckdb",
    "duckdb files", "ibis", pytest.param("pyspark", marks=pytest.mark.spark),
]  # fmt: skip


def large_frame(kind: str, parts: int, folder: Path) -> Any:
    """The large table in so many chunks, files or partitions."""
    import polars as pl

    size = -(-LARGE_ROWS // parts)
    pieces = [pl.DataFrame(LARGE)[start : start + size] for start in range(0, LARGE_ROWS, size)]
    whole = pl.concat(pieces, rechunk=False)
    if kind in ("polars", "polars lazy"):
        return whole.lazy() if kind.endswith("lazy") else whole
    if kind.endswith("files") or kind in ("ibis", "pyspark"):
        for number, piece in enumerate(pieces):
            piece.write_parquet(folder / f"part{number}.parquet", row_group_size=1_000)
        return _of_files(kind, folder)
    if kind == "pandas":
        return whole.to_pandas()
    if kind == "numpy":
        import numpy as np

        return {
            name: np.array(values, dtype=float if name == "y" else None)
            for name, values in LARGE.items()
        }
    import pyarrow as pa

    table = pa.concat_tables([piece.to_arrow() for piece in pieces])
    if kind == "duckdb":
        import duckdb

        return duckdb.from_arrow(table)
    return table


def _of_files(kind: str, folder: Path) -> Any:
    pattern = str(folder / "*.parquet")
    if kind == "polars files":
        import polars as pl

        return pl.scan_parquet(pattern)
    if kind == "ibis":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it sets a pandas option that is going away
            import ibis

            return ibis.duckdb.connect().read_parquet(pattern)
    if kind == "pyspark":
        return spark().read.parquet(str(folder))
    import duckdb

    return duckdb.connect().read_parquet(pattern)


def spark() -> Any:
    """A session of Spark in this process."""
    from pyspark.sql import SparkSession

    return (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )


@pytest.fixture(scope="session", autouse=True)
def _hear_ctrl_c() -> None:
    """A shell starts what runs beside it deaf to Ctrl-C, and programs that we start inherit it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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
