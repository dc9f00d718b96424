"""Tables that charts get wrong elsewhere, with what is wanted of each (tests/cases/data.jsonl)."""

from __future__ import annotations

import datetime as dt
import enum
import json
import re
import warnings
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import plotkit as pk
from plotkit import RunWarning
from plotkit.errors import PlotkitError

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "cases" / "data.jsonl").read_text("utf-8").splitlines()
]
Colour = enum.Enum("Colour", "RED GREEN")


def _raising() -> Any:
    yield 1
    raise RuntimeError("the sensor is gone")


_NEW_YORK = ZoneInfo("America/New_York")
_GAP = dt.datetime(2024, 3, 10, 5, 30, tzinfo=dt.UTC)  # clocks go from 2:00 to 3:00 at 7:00 UTC

# The tables that JSON cannot hold.
MADE: dict[str, Callable[[], Any]] = {
    "pandas-Int64-NA": lambda: pd.DataFrame(
        {"a": [0, 1, 2], "b": pd.array([1, None, 3], dtype="Int64")}
    ),
    "pandas-NaT": lambda: pd.DataFrame(
        {"a": pd.to_datetime(["2024-01-01", None, "2024-01-03"]), "b": [1, 2, 3]}
    ),
    "numpy-masked": lambda: {
        "a": [0, 1, 2],
        "b": np.ma.array([1, 2, 3], mask=[False, True, False]),
    },
    "multiindex-columns": lambda: pd.DataFrame(
        [[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])
    ),
    "2d-column": lambda: {"a": [0, 1], "b": np.zeros((2, 2))},
    "generator-column": lambda: {"a": (i for i in range(3)), "b": [1, 2, 3]},
    "set-column": lambda: {"a": {"x", "y"}, "b": [1, 2]},
    "non-default-index": lambda: pd.DataFrame({"a": [0, 1], "b": [1, 2]}, index=[5, 7]),
    "uint64-max": lambda: {"a": np.array([2**64 - 1, 1], dtype=np.uint64), "b": [1, 2]},
    "decimal-nan": lambda: {"a": [0, 1, 2], "b": [Decimal(1), Decimal("NaN"), Decimal("2.5")]},
    "complex": lambda: {"a": [0, 1], "b": [1 + 2j, 2 + 0j]},
    "float16": lambda: {"a": [0, 1], "b": np.array([1.5, 2.5], dtype=np.float16)},
    "numpy-0d": lambda: {"a": [np.array(0), np.array(1)], "b": [np.array(1.5), np.array(2.5)]},
    "mixed-late": lambda: {"a": [*range(9999), "x"], "b": list(range(10000))},
    "enum": lambda: {"a": [Colour.RED, Colour.GREEN], "b": [1, 2]},
    "path": lambda: {"a": [Path("x/y"), Path("z")], "b": [1, 2]},
    "naive-datetime": lambda: {
        "a": [dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2, 12)],
        "b": [1, 2],
    },
    "mixed-aware-naive": lambda: {
        "a": [dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2, tzinfo=dt.UTC)],
        "b": [1, 2],
    },
    "dst-gap": lambda: {
        "a": [(_GAP + dt.timedelta(minutes=30 * i)).astimezone(_NEW_YORK) for i in range(6)],
        "b": [1, 2, 3, 4, 5, 6],
    },
    "timedelta": lambda: {"a": [dt.timedelta(1), dt.timedelta(2)], "b": [1, 2]},
    "interval": lambda: pd.DataFrame({"a": pd.cut([0.5, 1.5], [0, 1, 2]), "b": [1, 2]}),
    "categorical-order": lambda: pd.DataFrame(
        {"a": pd.Categorical(["hi", "lo"], ["lo", "mid", "hi"], ordered=True), "b": [1, 2]}
    ),
    "5000-facets": lambda: {
        "a": list(range(5000)),
        "b": list(range(5000)),
        "f": [f"f{i}" for i in range(5000)],
    },
    "1e6-rows-line": lambda: {
        "a": np.arange(1_000_000),
        "b": np.random.default_rng(0).normal(size=1_000_000).cumsum(),
    },
    "1MB-unused-column": lambda: {"a": [1, 2], "b": [1, 2], "unused": ["SECRET" * 90_000, "x"]},
    "arrow-chunked": lambda: pa.table(
        {"a": pa.chunked_array([[0, 1], [2]]), "b": pa.chunked_array([[1.0], [2.0, 3.0]])}
    ),
    "arrow-list": lambda: pa.table({"a": [0, 1], "b": [[1, 2], [3]]}),
    "polars-frame": lambda: pl.DataFrame({"a": [0, None, 2], "b": [1, 2, 3]}),
    "sparse": lambda: pd.DataFrame({"a": [0, 1, 2], "b": pd.arrays.SparseArray([0.0, 0.0, 1.0])}),
    "raising-iter": lambda: {"a": _raising(), "b": [1, 2]},
}


def build(case: dict[str, Any]) -> pk.Chart:
    """The case's chart through the public calls."""
    fields = dict(case["fields"])
    source = MADE[case["id"]]() if case["id"] in MADE else case["data"]
    kinds = {
        name: "time" for name, kind in fields.pop("type", {}).items() if kind in ("time", "month")
    }
    table = pk.Table(source, types=kinds)
    log_y = fields.get("scale", {}).get("y", "linear")
    chart = case["chart"]
    if chart == "line":
        return pk.line(table, fields["x"], fields["y"], y_scale=log_y)
    if chart == "scatter" and "facet" in fields:
        return pk.plot_table(FACETS, table, {"x": "a", "y": "b", "f": fields["facet"]})
    if chart == "scatter":
        return pk.scatter(table, fields["x"], fields["y"], color=fields.get("color"))
    if chart == "bar" and log_y == "log":
        return pk.plot_table(LOG_BARS, table, {"x": "a", "y": "b"})
    if chart == "bar":
        return pk.bar(table, fields["x"], fields["y"])
    if chart == "histogram":
        return pk.histogram(table, fields["x"])
    if chart == "multi_line" and "ys" in fields:
        lines = [table.get_column(name) for name in fields["ys"]]
        return pk.line_series(table.get_column("a"), lines, keys=fields["ys"])
    if chart == "multi_line":
        return pk.line(table, fields["x"], fields["y"], color=fields["series"])
    if chart in ("pr", "roc"):
        return pk.plot_table(f"plotkit/{chart}_curve", table, {"y_true": "t", "score": "s"})
    assert chart == "confusion"
    names = fields.get("classes")
    return pk.plot_table(
        "plotkit/confusion_matrix",
        table,
        {"Actual": "t", "Predicted": "p"},
        params={"class_names": names},
    )


FACETS = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "data": {"values": [{"x": 1, "y": 1, "f": "a"}]},
    "mark": "point",
    "encoding": {
        "x": {"field": "x", "type": "quantitative"},
        "y": {"field": "y", "type": "quantitative"},
        "facet": {"field": "f", "type": "nominal"},
    },
}
LOG_BARS = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "data": {"values": [{"x": "p", "y": 1}]},
    "mark": "bar",
    "encoding": {
        "x": {"field": "x", "type": "nominal"},
        "y": {"field": "y", "type": "quantitative", "scale": {"type": "log"}},
    },
}

DRAWN = [case for case in CASES if case["group"] != "log-run"]


def _ids(cases: list[dict[str, Any]]) -> list[str]:
    return [case["id"] for case in cases]


@pytest.mark.parametrize(
    "case", [c for c in DRAWN if c["expect"] == "error"], ids=lambda c: c["id"]
)
def test_error(case: dict[str, Any]) -> None:
    with pytest.raises(PlotkitError) as raised:
        build(case)
    message = str(raised.value)
    for word in case["say"]:
        assert word.casefold() in message.casefold(), message


@pytest.mark.parametrize("case", [c for c in DRAWN if c["expect"] == "warn"], ids=lambda c: c["id"])
def test_note(case: dict[str, Any]) -> None:
    chart = build(case)
    said = " ".join(chart.notes).replace(",", "")
    assert chart.notes
    for word in case["say"]:
        assert word in said, said
    assert chart.to_svg().startswith("<svg")


@pytest.mark.parametrize("case", [c for c in DRAWN if c["expect"] == "ok"], ids=lambda c: c["id"])
def test_drawn_without_a_note(case: dict[str, Any]) -> None:
    chart = build(case)
    # Which fonts a machine has is not the table's fault.
    assert [note for note in chart.notes if "installed font" not in note] == []
    assert chart.to_svg().startswith("<svg")


LOGGED = [case for case in CASES if case["group"] == "log-run"]


def record(case: dict[str, Any], folder: Path) -> pk.Run:
    """The case's calls of `log`, in strict mode."""
    source = LOGS[case["id"]]() if case["id"] in LOGS else case["data"]
    with pk.init(project="cases", dir=folder, strict=True) as run:
        for step, data in source:
            run.log(data, step=step)
    return run


# What JSON cannot hold.
LOGS: dict[str, Callable[[], Any]] = {
    "log-100k-keys": lambda: [[0, {f"k{i}": i for i in range(100_000)}]],
}


@pytest.mark.parametrize("case", LOGGED, ids=lambda c: c["id"])
def test_run_log(case: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    if case["expect"] == "error":
        with pytest.raises(PlotkitError) as raised:
            record(case, folder)
        for word in case["say"]:
            assert word in str(raised.value)
        return
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        run = record(case, folder)
    assert [warning.category for warning in told] == [RunWarning] * (case["expect"] == "warn")
    assert [bool(run.notes)] == [case["expect"] == "warn"]
    for word in case["say"]:
        assert f"'{word}'" in str(told[0].message)
    # Read back from the disk, exactly.
    found = pk.Api(folder).run(run.path)
    assert [(row.step, row.values) for row in found.database.rows()] == [
        (step, data) for step, data in case["data"] if data
    ]
    # Nothing lies outside of the run's folder.
    files = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {path for path in run.folder.rglob("*") if path.is_file()}


def test_text_is_kept_and_not_plotted(tmp_path: Path) -> None:
    run = record(next(case for case in LOGGED if case["id"] == "log-value-str"), tmp_path)
    assert run.history.table().get_column("l") == ["x"]
    with pytest.raises(PlotkitError, match="'l'"):
        run.chart("l")


# --- what must hold of the pictures --------------------------------------------------------------


def case(name: str) -> pk.Chart:
    return build(next(c for c in CASES if c["id"] == name))


def rows(chart: pk.Chart) -> list[dict[str, Any]]:
    return chart.spec["data"]["values"]


def texts(svg: str) -> list[str]:
    """The drawn texts."""
    import html

    return [html.unescape(found) for found in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


def test_a_gap_is_a_gap() -> None:
    chart = case("nan-y")
    assert [row["y"] for row in rows(chart)] == [1.0, None, 3.0, 4.0]
    path = re.search(r'mark-line role-mark[^>]*>.*?d="([^"]*)"', chart.to_svg())
    assert path is not None
    assert path[1].count("M") == 2


def test_masked_values_are_not_drawn() -> None:
    assert [row["y"] for row in rows(case("numpy-masked"))] == [1, None, 3]


def test_the_mean_counts_only_values() -> None:
    assert rows(case("mean-with-null"))[0]["value"] == 4


def test_a_generator_is_read_once() -> None:
    table = pk.Table({"a": (i for i in range(3)), "b": [1, 2, 3]})
    assert pk.line(table, "a", "b").spec == pk.line(table, "a", "b").spec


def test_big_integers_as_categories_stay_exact() -> None:
    labels = [row["label"] for row in rows(case("int-over-2^53"))]
    assert labels == ["9007199254740992", "9007199254740993"]


def test_a_constant_column_is_one_bin() -> None:
    assert [row["count"] for row in rows(case("constant-histogram"))] == [3]


def test_no_negative_zero() -> None:
    assert not {"-0", "−0"} & set(texts(case("negative-zero").to_svg()))


def test_bools_are_words() -> None:
    assert [row["label"] for row in rows(case("bool-category"))] == ["true", "false"]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo", "Pacific/Apia"])
def test_times_never_shift(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert [row["x"] for row in rows(case("naive-datetime"))] == [1704067200000, 1704196800000]
        assert [r["label"] for r in rows(case("date-text"))] == ["Jan 2024", "Feb 2024"]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_times_around_a_clock_change_differ() -> None:
    xs = [row["x"] for row in rows(case("dst-gap"))]
    assert xs == sorted(set(xs))
    assert len(xs) == 6


def test_orders() -> None:
    assert [row["label"] for row in rows(case("categorical-order"))] == ["lo", "hi"]
    assert [row["label"] for row in rows(case("number-text-order"))] == ["10", "9", "2", "1"]
    assert [row["label"] for row in rows(case("interval"))] == ["(0, 1]", "(1, 2]"]


@pytest.mark.parametrize("name", ["constructor", "valueOf", "__proto__"])
def test_hostile_categories_are_bars(name: str) -> None:
    chart = case(f"category-{name}")
    bars = re.search(r'<g class="mark-rect role-mark.*?</g>', chart.to_svg())
    assert bars is not None
    assert bars[0].count("<path") == 2
    assert name in [text.rstrip("\N{WORD JOINER}") for text in texts(chart.to_svg())]


def test_empty_categories_are_named() -> None:
    labels = [row["label"] for row in rows(case("category-empty-text"))]
    assert len(set(labels)) == 3
    assert labels[0] == "(empty)"


def test_thirty_series_can_be_told_apart() -> None:
    """Those in colour by colour and dash; the grey ones are said in a note and named on hover."""
    held = rows(case("30-colours"))
    assert len({row.get("color") for row in held} - {None}) == 7
    assert len({row.get("context") for row in held} - {None}) == 23


def test_a_long_line_keeps_its_ends_and_extremes() -> None:
    chart = case("1e6-rows-line")
    source = chart.table.column("b").as_array()
    ys = [row["y"] for row in rows(chart)]
    assert len(ys) < 10_000
    assert (ys[0], ys[-1]) == (source[0], source[-1])
    assert (min(ys), max(ys)) == (source.min(), source.max())


def test_unused_columns_stay_at_home() -> None:
    assert "SECRET" not in case("1MB-unused-column").to_html()


def test_the_right_one_of_two_names_that_differ_in_case() -> None:
    assert rows(case("colname-case"))[0]["x"] == 2


COLUMN_NAMES = [c for c in CASES if c["group"] == "colname" and c["expect"] == "ok"]


@pytest.mark.parametrize("found", COLUMN_NAMES, ids=_ids(COLUMN_NAMES))
def test_a_column_name_is_only_a_title(found: dict[str, Any]) -> None:
    chart = build(found)
    name = found["fields"]["x"]
    title = " ".join(chart.spec["encoding"]["x"]["title"].split()).rstrip("\N{WORD JOINER}")
    assert title == " ".join(name.split())
    svg = chart.to_svg()
    symbols = re.search(r'<g class="mark-symbol role-mark.*?</g>', svg)
    assert symbols is not None
    assert symbols[0].count("<path") == (1 if found["id"] == "colname-case" else 2)
    assert chart.to_png().startswith(b"\x89PNG")
    assert chart.to_pdf().startswith(b"%PDF")
    assert "<script>1</script>" not in chart.to_html()


CELLS = [c for c in CASES if c["group"] == "cell" and c["chart"] == "bar"]


@pytest.mark.parametrize("found", CELLS, ids=_ids(CELLS))
def test_a_cell_is_only_text(found: dict[str, Any]) -> None:
    chart = build(found)
    bars = re.search(r'<g class="mark-rect role-mark.*?</g>', chart.to_svg())
    assert bars is not None
    assert bars[0].count("<path") == 2
    if found["expect"] == "warn":
        assert "�" in rows(chart)[0]["label"]
    assert chart.to_png().startswith(b"\x89PNG")
    assert chart.to_pdf().startswith(b"%PDF")
    assert chart.to_html().count("<script>window.PWNED") == 0


def test_areas_and_averages() -> None:
    assert "AUC 1.000" in rows(case("roc-bool"))[0]["end"]
    assert "AUC 1.000" in rows(case("roc-inf-score"))[0]["end"]
    assert "AP 1.000" in rows(case("pr-perfect"))[0]["end"]


def test_confusion_counts() -> None:
    counts = {(r["Actual"], r["Predicted"]): r["nPredictions"] for r in rows(case("confusion-sum"))}
    assert sum(counts.values()) == 35
    absent = {
        (r["Actual"], r["Predicted"]): r["label"] for r in rows(case("confusion-absent-class"))
    }
    assert absent == {("a", "a"): "1", ("a", "b"): "0", ("b", "a"): "0", ("b", "b"): "0"}
