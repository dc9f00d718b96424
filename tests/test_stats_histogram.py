"""Histograms against NumPy."""

from __future__ import annotations

import warnings
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from plotkit import Table, errors
from plotkit.stats import Picture, Result, _counting
from plotkit.stats.histogram import MAX_BINS, RULES, compute, from_numpy
from plotkit.table import LazyColumns

SIZE = Picture(640, 400)


def counted(data: Any, **options: Any) -> Result:
    table = Table(data if isinstance(data, dict) else {"value": data})
    columns = table.select({role: role for role in table.columns})
    assert not isinstance(columns, LazyColumns)
    if "group" in columns:
        columns["group"] = columns["group"].to_text()
    return compute(columns, options, SIZE)


def counted_lazy(frame: object, **options: Any) -> Result:
    table = Table(frame)
    columns = table.select({role: role for role in table.columns})
    assert isinstance(columns, LazyColumns)
    as_text = ("group",) if "group" in table.columns else ()
    return compute(columns._replace(as_text=as_text), options, SIZE)


def both_lazy(data: dict[str, Any], **options: Any) -> list[Result]:
    frame = pl.DataFrame(data)
    relation = duckdb.sql("select * from frame")
    return [counted_lazy(frame.lazy(), **options), counted_lazy(relation, **options)]


def drawn(result: Result) -> tuple[list[int], list[float]]:
    held = result.columns
    assert held["x0"][1:] == held["x1"][:-1]
    return held["count"], [*held["x0"], held["x1"][-1]]


def numpy_drawn(values: np.ndarray, bins: Any) -> tuple[list[int], list[float]]:
    counts, edges = np.histogram(values, bins)
    return counts.tolist(), edges.tolist()


RNG = np.random.default_rng(0)
SAMPLES = {
    "normal": RNG.normal(size=1000),
    "skewed": RNG.exponential(size=3000),
    "integers": RNG.integers(0, 20, 500),
    "wide integers": RNG.integers(-(2**53), 2**53, 100),
    "rounded": np.round(RNG.normal(size=3000), 1),
    "constant": np.array([5.0, 5.0, 5.0]),
    "one": np.array([-3]),
    "two": np.array([1.0, 2.0]),
    "tiny": RNG.normal(size=50) * 1e-9,
    "far value": np.r_[RNG.normal(size=200), 1e3],
    "mostly one value": np.array([0.0] * 90 + [1.0, 2.0]),
    "float32": RNG.normal(size=300).astype("f4").astype("f8"),
}


@pytest.mark.parametrize("bins", [*RULES, 1, 7, 100, [-1, 0, 0.25, 7.5]])
@pytest.mark.parametrize("sample", SAMPLES)
def test_equals_numpy_everywhere(sample: str, bins: Any) -> None:
    values = SAMPLES[sample]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "stone" warns of itself
        edges = np.histogram_bin_edges(values, bins)
    if isinstance(bins, list) and not ((values >= -1) & (values <= 7.5)).any():
        return
    result = counted(values, bins=bins)
    if len(edges) - 1 <= MAX_BINS:
        assert drawn(result) == (np.histogram(values, edges)[0].tolist(), edges.tolist())
    else:
        assert len(drawn(result)[0]) == MAX_BINS
        assert len(result.notes) == 1
    if not isinstance(bins, list):
        assert sum(result.columns["count"]) == len(values)
    for lazy in both_lazy({"value": values}, bins=bins):
        assert lazy == result


@given(
    arrays(
        float,
        st.integers(1, 60),
        elements=st.one_of(
            st.sampled_from([0.0, -0.0, 0.1, 0.2, 0.3, 1.0, 2.0, -1.0]),
            st.floats(-1e6, 1e6, width=32),
        ),
    ),
    st.one_of(
        st.integers(1, 40), st.lists(st.integers(-9, 9), min_size=2, max_size=9, unique=True)
    ),
)
@settings(max_examples=80, deadline=None)
def test_counts_equal_numpy(values: np.ndarray, bins: Any) -> None:
    if isinstance(bins, list):
        bins = sorted(bins)
        values = np.append(values, bins)  # values on the edges
    try:
        wanted = numpy_drawn(values, bins)
    except ValueError:  # NumPy finds no room for the bins between neighbouring doubles
        assert sum(counted(values, bins=bins).columns["count"]) == len(values)
        return
    assert drawn(counted(values, bins=bins)) == wanted


@given(
    arrays(float, st.integers(1, 30), elements=st.sampled_from([0.0, 0.1, 0.3, 0.7, 1.0, 1e6])),
    st.integers(1, 40),
)
@settings(max_examples=40, deadline=None)
def test_lazy_counts_equal_numpy(values: np.ndarray, bins: int) -> None:
    frame = pl.LazyFrame({"value": values})
    assert drawn(counted_lazy(frame, bins=bins)) == numpy_drawn(values, bins)


@given(arrays(float, st.integers(1, 30), elements=st.floats(allow_nan=False, allow_infinity=False)))
@settings(max_examples=80, deadline=None)
def test_every_finite_value_is_counted(values: np.ndarray) -> None:
    for bins in ("auto", 10):
        held = counted(values, bins=bins).columns
        assert sum(held["count"]) == len(values)
        assert all(low < high for low, high in zip(held["x0"], held["x1"], strict=True))
        assert held["x0"][0] <= values.min()
        assert held["x1"][-1] >= values.max()


@pytest.mark.parametrize(
    "values",
    [[1.7e308, -1.7e308], [1e300], [1e200, 3e200, -1e200], [0.0, 5e-324], [1, np.nextafter(1, 2)]],
)
def test_ends_of_the_number_line(values: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = counted(np.array(values))
        assert sum(result.columns["count"]) == len(values)
        for lazy in both_lazy({"value": np.array(values)}):
            assert lazy == result


def test_switches() -> None:
    assert counted([1, 2, 3]).switches == {"grouped": False, "fine": False}
    assert counted(np.arange(300.0), bins=200).switches == {"grouped": False, "fine": True}
    data = {"value": [1, 2], "group": ["a", "b"]}
    assert counted(data, bins=200).switches == {"grouped": True, "fine": False}


def test_constant_column_is_one_bin() -> None:
    assert drawn(counted([5, 5, 5])) == ([3], [4.5, 5.5])


def test_bins_are_capped() -> None:
    result = counted(np.arange(100.0), bins=1000)
    assert len(result.columns["count"]) == 512
    assert result.notes == ["column 'value': bins=1000 asks for 1,000 bins; 512 are drawn."]
    values = np.r_[RNG.normal(size=1000), 1e9]
    result = counted(values, bins="fd")
    assert len(result.columns["count"]) == 512
    assert result.notes[0].startswith("column 'value': bins=fd asks for ")
    assert both_lazy({"value": values}, bins="fd") == [result] * 2


def test_groups_share_edges_and_keep_their_order() -> None:
    values = RNG.normal(size=300)
    group = RNG.choice(["b", "a", "c"], 300)
    result = counted({"value": values, "group": group})
    order = list(dict.fromkeys(group.tolist()))
    assert list(dict.fromkeys(result.columns["group"])) == order
    edges = np.histogram_bin_edges(values, "auto")
    wanted = [np.histogram(values[group == name], edges)[0].tolist() for name in order]
    assert result.columns["count"] == [count for part in wanted for count in part]
    assert both_lazy({"value": values, "group": group}) == [result] * 2


def test_groups_of_a_categorical_keep_the_declared_order() -> None:
    kind = pd.CategoricalDtype(["lo", "mid", "hi"])
    frame = pd.DataFrame({"value": [1.0, 2.0], "group": pd.Series(["hi", "lo"], dtype=kind)})
    columns = Table(frame).select({"value": "value", "group": "group"})
    result = compute(columns, {"bins": 1}, SIZE)
    assert result.columns["group"] == ["lo", "hi"]


def test_values_outside_the_edges_are_said() -> None:
    result = counted([1, 2, 3, 10], bins=[1, 2, 3])
    assert result.columns["count"] == [1, 2]
    assert result.notes == ["column 'value': 1 row of 4 outside the edges 1 to 3 not counted."]
    assert both_lazy({"value": [1, 2, 3, 10]}, bins=[1, 2, 3]) == [result] * 2


def test_many_uneven_edges_on_a_lazy_frame() -> None:
    edges = np.cumsum(RNG.random(513)).tolist()
    values = RNG.random(2000) * 250
    result = counted(values, bins=edges)
    assert both_lazy({"value": values}, bins=edges) == [result] * 2


def test_ready_made_histogram() -> None:
    pair = np.histogram([1, 2, 2, 5], 2)
    columns = from_numpy(pair)
    assert columns == {"x0": [1.0, 3.0], "x1": [3.0, 5.0], "count": [3, 1]}
    assert counted(columns).columns == columns


RULE_WORDS = (
    "expected a rule (auto, fd, doane, scott, stone, rice, sturges, sqrt), a number of bins from "
    "1 up, or a list of rising edges."
)


@pytest.mark.parametrize(
    ("bins", "message"),
    [
        ("many", f"bins='many': {RULE_WORDS}"),
        (0, f"bins=0: {RULE_WORDS}"),
        (2.5, f"bins=2.5: {RULE_WORDS}"),
        (True, f"bins=True: {RULE_WORDS}"),
        (["a"], f"bins=['a']: {RULE_WORDS}"),
        ([1], "bins='1 edges': expected 2 to 513 edges in a flat list."),
        ([1, 1], "bins=[1.0, 1.0]: expected edges that rise."),
        ([1, float("inf")], "bins=inf: expected finite edges."),
        (
            [7, 8],
            "bins=[7.0, 8.0]: expected edges around values of column 'value', which lie between 1 "
            "and 2.",
        ),
    ],
)
def test_option_errors(bins: Any, message: str) -> None:
    with pytest.raises(errors.OptionError) as caught:
        counted([1, 2], bins=bins)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (5, "np_histogram=5: expected the pair (counts, edges)."),
        (
            ([1], ["a", "b"]),
            "np_histogram=([1], ['a', 'b']): expected counts and edges as flat numbers.",
        ),
        (([1, 2], [0, 1]), "np_histogram='2 counts, 2 edges': expected one edge more than counts."),
        (([1], [1, 0]), "np_histogram=[1.0, 0.0]: expected edges that rise."),
        (([1, -1], [0, 1, 2]), "np_histogram=-1: expected counts from 0 up (this is count 1)."),
        (([1] * 513, range(514)), "np_histogram='513 counts': expected 1 to 512 bins."),
    ],
)
def test_pair_errors(pair: Any, message: str) -> None:
    with pytest.raises(errors.OptionError) as caught:
        from_numpy(pair)
    assert str(caught.value) == message


# --- many values ---------------------------------------------------------------------------------

MANY = 300_000
LARGE = {
    "normal": RNG.normal(size=MANY),
    "tenths": np.round(RNG.normal(size=MANY), 1),
    "thousandths": RNG.integers(-500, 500, MANY) / 1000,
    "far from 0": 1.7e12 + RNG.integers(0, 10**6, MANY).astype(float),
    "farther": 4e15 + RNG.integers(0, 10**4, MANY).astype(float),
    "heavy tails": RNG.standard_cauchy(MANY),
    "bytes": RNG.integers(-128, 128, MANY).astype("i1"),
    "whole": RNG.integers(0, 101, MANY),
    "unsigned": RNG.integers(2**63, 2**63 + 2**40, MANY, dtype=np.uint64),
    "float32": RNG.normal(size=MANY).astype("f4"),
    "strided": RNG.normal(size=2 * MANY)[::2],
    "backwards": RNG.normal(size=MANY)[::-1],
    "neighbours": np.nextafter(1.0, 2.0) * RNG.integers(1, 3, MANY),
    "tiny": RNG.normal(size=MANY) * 1e-300,
}


@pytest.fixture(params=[1, 3])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Counting in one thread, or in several."""
    if request.param > 1:
        monkeypatch.setattr(_counting, "_ALONE", 1000)
        monkeypatch.setattr(_counting.os, "sched_getaffinity", lambda _: range(request.param))
    return int(request.param)


@pytest.mark.parametrize("sample", LARGE)
def test_many_values_equal_numpy(sample: str, threads: int) -> None:
    values = LARGE[sample]
    floats = values.astype(float)
    for bins in (1, 2, 100, 255, 256, 512):
        wanted = numpy_drawn(floats, bins)
        assert drawn(counted(values, bins=bins)) == wanted
    edges = np.sort(RNG.choice(floats, 20))
    edges = np.unique(edges)
    if len(edges) > 2:
        assert drawn(counted(values, bins=edges)) == numpy_drawn(floats, edges)
    even = np.linspace(floats.min() - 1, float(np.median(floats)), 33)
    if (np.diff(even) > 0).all():
        assert drawn(counted(values, bins=even)) == numpy_drawn(floats, even)


def test_many_values_in_groups(threads: int) -> None:
    values, group = LARGE["tenths"], RNG.integers(0, 300, MANY)
    result = counted({"value": values, "group": group}, bins=70)
    edges = np.histogram_bin_edges(values, 70)
    order = dict.fromkeys(group.tolist())
    wanted = [np.histogram(values[group == name], edges)[0].tolist() for name in order]
    assert result.columns["count"] == [count for part in wanted for count in part]


@given(
    arrays(
        float,
        st.integers(1, 60),
        elements=st.one_of(
            st.sampled_from([0.0, -0.0, 1.0, -1.0, 1.5, 1e-310, 1e300]),
            st.floats(allow_nan=False, allow_infinity=False),
        ),
    )
)
@settings(max_examples=100, deadline=None)
def test_quartiles_equal_numpy(values: np.ndarray) -> None:
    few = _counting._FEW
    _counting._FEW = 2
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found, wanted = _counting.quartiles(values), np.percentile(values, [25, 75])
            np.testing.assert_array_equal(found, wanted)
            ranks = sorted({0, len(values) // 3, len(values) - 1})
            got = _counting.ranked(values, ranks)
    finally:
        _counting._FEW = few
    assert [got[rank] for rank in ranks] == np.sort(values)[ranks].tolist()


@pytest.mark.parametrize("sample", LARGE)
def test_quartiles_of_many_values(
    sample: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_counting, "_FEW", 1000)
    values = LARGE[sample].astype(float)
    assert _counting.quartiles(values) == tuple(np.percentile(values, [25, 75]))


def test_facts_of_a_lazy_frame_are_not_asked_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = Table(pl.LazyFrame({"value": [1.0, 2.0, 4.0]})).select({"value": "value"})
    assert isinstance(columns, LazyColumns)
    asked = []
    collect = LazyColumns.collect

    def spied(self: LazyColumns, frame: Any = None) -> Any:
        asked.append(frame)
        return collect(self, frame)

    monkeypatch.setattr(LazyColumns, "collect", spied)
    known = columns._replace(rows=3, extents={"value": (1.0, 4.0)})
    assert compute(known, {"bins": 3}, SIZE) == compute(columns, {"bins": 3}, SIZE)
    assert len(asked) == 1 + 2
