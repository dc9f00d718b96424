"""Bars: aggregation against NumPy, order, and values as text."""

from __future__ import annotations

import copy
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plotkit import Chart, Table, bar, errors, plot_table, presets
from plotkit import settings as limits
from plotkit.render import svg
from plotkit.stats import Picture, Result
from plotkit.stats import bar as bars
from plotkit.stats.bar import AGGREGATES, KEPT, compute, value_labels
from plotkit.table import LazyColumns

SIZE = Picture(640, 400)
TEXT_ROLES = ("label", "group")


def drawn(data: Any, size: Picture = SIZE, **options: Any) -> Result:
    table = Table(data)
    columns = table.select({role: role for role in table.columns})
    assert not isinstance(columns, LazyColumns)
    columns = {
        role: column.to_text() if role in TEXT_ROLES else column for role, column in columns.items()
    }
    return compute(columns, options, size)


def drawn_lazy(frame: object, size: Picture = SIZE, **options: Any) -> Result:
    table = Table(frame)
    columns = table.select({role: role for role in table.columns})
    assert isinstance(columns, LazyColumns)
    as_text = tuple(role for role in TEXT_ROLES if role in table.columns)
    return compute(columns._replace(as_text=as_text), options, size)


def test_rows_as_they_are() -> None:
    result = drawn({"label": ["q", "p"], "value": [9007199254740993, 2]})
    assert result.columns == {
        "label": ["q", "p"],
        "value": [9007199254740993, 2],
        "value_label": ["9.01×10¹⁵", "2"],
    }
    assert result.notes == []
    assert result.switches == {"horizontal": False, "tall": False, "value_labels": True}


FUNCTIONS: dict[str, Any] = {
    "mean": np.mean,
    "sum": np.sum,
    "median": np.median,
    "min": np.min,
    "max": np.max,
    "count": len,
}


@given(
    st.lists(
        st.tuples(st.sampled_from("xyz"), st.sampled_from("gh"), st.floats(-1e6, 1e6)),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from(AGGREGATES),
)
@settings(max_examples=100, deadline=None)
def test_aggregates_equal_numpy(rows: list[tuple[str, str, float]], aggregate: str) -> None:
    labels, groups, values = (list(part) for part in zip(*rows, strict=True))
    result = drawn({"label": labels, "group": groups, "value": values}, aggregate=aggregate)
    held = result.columns
    found = dict(zip(zip(held["label"], held["group"], strict=True), held["value"], strict=True))
    by_pair: dict[tuple[str, str], list[float]] = {}
    for label, group, value in rows:
        by_pair.setdefault((label, group), []).append(value)
    assert found.keys() == by_pair.keys()
    for pair, part in by_pair.items():
        assert found[pair] == pytest.approx(FUNCTIONS[aggregate](part), rel=1e-12, abs=1e-9)
    assert list(dict.fromkeys(held["label"])) == list(dict.fromkeys(labels))


def test_repeated_labels_are_said() -> None:
    data = {"label": ["a", "b", "a", "c", "a"], "value": [1, 2, 3, 4, 8]}
    result = drawn(data)
    assert result.columns["value"] == [4.0, 2.0, 4.0]
    assert result.notes == [
        "column 'label': 1 of 3 bars stand for more than one row (3 rows in all) and show their "
        "mean."
    ]
    assert drawn(data, aggregate="count").notes == []
    assert drawn({"label": ["a", "a"]}, aggregate="count").columns["value"] == [2]


def test_order() -> None:
    data = {"label": ["10", "9", "2", "b"], "value": [2, 4, 1, 3]}

    def order(**options: Any) -> list[str]:
        return drawn(data, **options).columns["label"]

    assert order() == ["10", "9", "2", "b"]
    assert order(sort="ascending") == ["2", "10", "b", "9"]
    assert order(sort="descending") == ["9", "b", "10", "2"]
    assert order(sort="label") == ["2", "9", "10", "b"]


def test_groups_sort_by_the_sum_of_a_label() -> None:
    data = {"label": list("aabb"), "group": list("hghg"), "value": [1, 5, 3, 4]}
    held = drawn(data, sort="descending").columns
    assert held["label"] == list("bbaa")
    assert held["group"] == list("hghg")
    assert held["value"] == [3, 4, 1, 5]


def test_categorical_order() -> None:
    kind = pd.CategoricalDtype(["lo", "mid", "hi"])
    frame = pd.DataFrame({"label": pd.Series(["hi", "lo"], dtype=kind), "value": [1, 2]})
    assert drawn(frame).columns["label"] == ["lo", "hi"]
    enum = pl.DataFrame({"label": ["hi", "lo"], "value": [1, 2]}).cast(
        {"label": pl.Enum(["lo", "mid", "hi"])}
    )
    assert drawn_lazy(enum.lazy()).columns["label"] == ["lo", "hi"]
    relation = duckdb.sql(
        "select label::varchar::enum('lo', 'mid', 'hi') as label, value from enum"
    )
    assert drawn_lazy(relation).columns["label"] == ["lo", "hi"]


@pytest.mark.parametrize("aggregate", AGGREGATES)
@pytest.mark.parametrize("sort", [None, "ascending", "descending", "label"])
def test_lazy_equals_in_memory(aggregate: str, sort: str | None) -> None:
    rng = np.random.default_rng(2)
    data: dict[str, Any] = {
        "label": rng.choice(["x", "bb", "c", "a"], 200),
        "group": rng.integers(0, 3, 200),
        "value": rng.integers(0, 100, 200),
    }
    for roles in (("label", "group", "value"), ("label", "value")):
        chosen = {role: data[role] for role in roles}
        frame = pl.DataFrame(chosen)
        wanted = drawn(chosen, aggregate=aggregate, sort=sort)
        for lazy in (frame.lazy(), duckdb.sql("select * from frame")):
            found = drawn_lazy(lazy, aggregate=aggregate, sort=sort)
            assert found.columns["value"] == pytest.approx(wanted.columns["value"], rel=1e-12)
            values = wanted.columns["value"]
            assert found._replace(columns={**found.columns, "value": values}) == wanted


def test_unordered_frames_say_that_labels_are_sorted() -> None:
    ibis = pytest.importorskip("ibis")
    table = ibis.memtable(pl.DataFrame({"label": ["b", "a"], "value": [1, 2]}))
    result = drawn_lazy(table)
    assert result.columns["label"] == ["a", "b"]
    assert result.notes == ["column 'label': the frame's rows have no order, so labels are sorted."]


def test_long_labels_lie_down() -> None:
    long = [f"a rather long label number {i}" for i in range(4)]
    assert drawn({"label": long, "value": [1, 2, 3, 4]}).switches["horizontal"]
    assert not drawn({"label": list("abcd"), "value": [1, 2, 3, 4]}).switches["horizontal"]
    assert not drawn({"label": long[:1], "value": [1]}).switches["horizontal"]
    assert not drawn({"label": long, "value": [1, 2, 3, 4]}).switches["tall"]
    many = [f"label number {i}" for i in range(30)]
    assert drawn({"label": many, "value": list(range(30))}).switches["tall"]


def test_bars_of_zero_stand_on_the_axis() -> None:
    assert drawn({"label": ["a", "b"], "value": [0, 0.0]}).scales == {"value": {"domainMax": 1}}
    assert drawn({"label": ["a", "b"], "value": [0, 2]}).scales == {}


def test_value_labels_only_on_few_bars() -> None:
    result = drawn({"label": [str(i) for i in range(13)], "value": list(range(13))})
    assert result.columns["value_label"] == [None] * 13
    assert not result.switches["value_labels"]
    result = drawn({"label": ["a"], "group": ["g"], "value": [1]})
    assert not result.switches["value_labels"]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([3, 12345, -7], ["3", "12,345", "−7"]),
        ([0.5, 0.1234, 12.0], ["0.50", "0.12", "12.00"]),
        ([1_500_000, 20_000, 3], ["1.5M", "20k", "3"]),
        ([999_999], ["1M"]),
        ([123_456], ["123k"]),
        ([1e-9, 0], ["1×10⁻⁹", "0"]),
        ([-0.0], ["0"]),
        ([-0.0001234], ["−0.000123"]),
        ([1234.567], ["1,235"]),
        ([2e15], ["2×10¹⁵"]),
        ([-2_500_000_000.0], ["−2.5G"]),
        ([0.92, 0.987], ["0.920", "0.987"]),
        ([3, 2.3, 2.71], ["3.00", "2.30", "2.71"]),
        ([0.0082, 0.00838], ["0.00820", "0.00838"]),
        ([99.96, 4.2], ["100.0", "4.2"]),
        ([0.25, 0.5, 0.0], ["0.25", "0.50", "0"]),
        ([0.5, 0.0005], ["0.5", "0.0005"]),
        ([1_500_000, 2_000_000, 980_000], ["1.5M", "2.0M", "980k"]),
        ([3.1e-9, 2e-9, 0], ["3.1×10⁻⁹", "2.0×10⁻⁹", "0"]),
        ([1e308, 5e-324], ["1×10³⁰⁸", "4.94×10⁻³²⁴"]),
        ([], []),
    ],
)
def test_values_as_text(values: list[float], texts: list[str]) -> None:
    assert value_labels(values) == texts


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (
            {"label": ["a"], "value": [1]},
            {"aggregate": "avg"},
            "aggregate='avg': expected one of mean, sum, median, min, max, count.",
        ),
        (
            {"label": ["a"], "value": [1]},
            {"sort": "up"},
            "sort='up': expected one of ascending, descending, label.",
        ),
        (
            {"label": ["a", "a"], "value": [1.7e308, 1.7e308]},
            {"aggregate": "sum"},
            "role 'value', column 'value': the sum of label 'a' is beyond the largest number, "
            "1.8e308.",
        ),
        (
            {"label": ["a"]},
            {},
            "'plotkit/bar' needs the role 'value' (the bars' lengths); map a column to it: "
            "fields={'value': 'label'}. The table has: 'label'.",
        ),
    ],
)
def test_errors(data: dict[str, Any], options: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.PlotkitError) as caught:
        drawn(data, **options)
    assert str(caught.value) == message


# --- more labels than anybody reads --------------------------------------------------------------

RNG = np.random.default_rng(5)
MANY: dict[str, Any] = {
    "label": [f"n{i}" for i in np.minimum(RNG.pareto(0.8, 4000) * 4, 1500).astype(int)],
    "group": RNG.choice(["g", "h", "i"], 4000, p=[0.5, 0.4, 0.1]),
    "value": RNG.integers(-60, 100, 4000),
}


def slow(data: dict[str, Any], aggregate: str, room: int) -> dict[Any, tuple[float, bool]]:
    """Each bar's value, and whether it is of the rest; as a reader would find them."""
    groups = data.get("group", [None] * len(data["label"]))
    values: dict[Any, list[float]] = {}
    for label, group, value in zip(data["label"], groups, data["value"], strict=True):
        values.setdefault((label, group), []).append(float(value))
    sizes: dict[str, float] = {}
    for (label, _), held in values.items():
        sizes[label] = sizes.get(label, 0.0) + abs(FUNCTIONS[aggregate](held))
    kept = set(sorted(sizes, key=lambda label: (-sizes[label], label))[:room])
    found: dict[Any, list[float]] = {}
    for (label, group), held in values.items():
        found.setdefault((label if label in kept else None, group), []).extend(held)
    return {pair: (FUNCTIONS[aggregate](held), pair[0] is None) for pair, held in found.items()}


def shown(result: Result) -> dict[Any, tuple[float, bool]]:
    held = result.columns
    rest = [bool(value) for value in held["rest"]]
    groups = held.get("group", [None] * len(rest))
    pairs = zip(held["label"], groups, held["value"], rest, strict=True)
    return {(None if of else label, group): (value, of) for label, group, value, of in pairs}


def same(found: dict[Any, tuple[float, bool]], wanted: dict[Any, tuple[float, bool]]) -> None:
    assert found.keys() == wanted.keys()
    for pair, (value, rest) in wanted.items():
        assert found[pair][0] == pytest.approx(value, rel=1e-12, abs=1e-9)
        assert found[pair][1] == rest


@pytest.mark.parametrize("aggregate", AGGREGATES)
@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("at_once", [5000, 30])
def test_the_largest_stay_and_the_rest_is_one(
    aggregate: str, grouped: bool, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bars, "_AT_ONCE", at_once)
    roles = ("label", "group", "value") if grouped else ("label", "value")
    data = {role: MANY[role] for role in roles}
    result = drawn(data, aggregate=aggregate)
    kept = KEPT // 3 if grouped else KEPT
    same(shown(result), slow(data, aggregate, kept))
    labels, count = len(set(data["label"])), len(set(result.columns["label"]))
    assert count == kept + 1
    assert result.columns["label"][-1] == f"other ({labels - kept:,} labels)"
    rows = sum(label in set(result.columns["label"]) for label in data["label"])
    shown_as = "their count" if aggregate == "count" else f"the {aggregate} of their rows"
    assert result.notes[-1] == (
        f"column 'label' has {labels:,} labels: the {kept} largest hold {rows:,} of 4,000 rows, "
        f"the other {labels - kept:,} are one bar, {shown_as}. reduce=False draws all, reduce=N "
        "draws so many bars, the last one among them."
    )
    assert result.switches["rest"]
    frame = pl.DataFrame(data)
    for lazy in (frame.lazy(), duckdb.sql("select * from frame")):
        found = drawn_lazy(lazy, aggregate=aggregate)
        assert found.columns["value"] == pytest.approx(result.columns["value"], rel=1e-12)
        values = result.columns["value"]
        assert found._replace(columns={**found.columns, "value": values}) == result


@pytest.mark.parametrize("sort", [None, "ascending", "descending", "label"])
def test_the_rest_stands_last(sort: str | None) -> None:
    held = drawn({"label": MANY["label"], "value": MANY["value"]}, sort=sort).columns
    values, labels = held["value"][:-1], held["label"][:-1]
    assert held["rest"] == [None] * KEPT + [True]
    if sort == "label":
        assert labels == sorted(labels)
    else:  # the order of first appearance would tell nothing
        assert values == sorted(values, reverse=sort != "ascending")


def test_a_declared_order_is_kept() -> None:
    names = [f"n{i:03}" for i in range(150)][::-1]
    kind = pd.CategoricalDtype(names)
    frame = pd.DataFrame({"label": pd.Series(sorted(names), dtype=kind), "value": RNG.random(150)})
    labels = drawn(frame).columns["label"]
    assert labels[:-1] == sorted(labels[:-1], reverse=True)
    assert labels[-1] == "other (110 labels)"


@pytest.mark.parametrize("aggregate", ["mean", "median"])
def test_labels_of_other_kinds_are_told_apart_by_the_engine(aggregate: str) -> None:
    days = pd.date_range("2020-01-01", periods=120)
    for held in (days.date, days, np.arange(120), np.arange(120) / 4, days.tz_localize("UTC")):
        frame = pd.DataFrame({"label": np.tile(held, 3), "value": RNG.random(360)})
        wanted = drawn(frame, aggregate=aggregate)
        assert wanted.columns["rest"][-1]
        polars = pl.from_pandas(frame)
        for lazy in (polars.lazy(), duckdb.sql("select * from polars")):
            found = drawn_lazy(lazy, aggregate=aggregate)
            assert found.columns["label"] == wanted.columns["label"]
            assert found.columns["value"] == pytest.approx(wanted.columns["value"])


def test_so_many_bars_as_are_asked_for() -> None:
    def count(reduce: bool | int, data: dict[str, Any] = MANY) -> int:
        return len(drawn(data, Picture(reduce=reduce)).columns["value"])

    plain = {"label": MANY["label"], "value": MANY["value"]}
    every = len(set(MANY["label"]))
    assert count(False, plain) == count(every, plain) == every
    assert count(20, plain) == 20
    assert count(2, plain) == 2
    assert 15 < count(20) <= 20
    assert drawn(plain, Picture(reduce=5000)).notes == drawn(plain, Picture(reduce=False)).notes
    with pytest.raises(errors.OptionError) as caught:
        count(5)
    assert (
        str(caught.value) == "reduce=5: expected at least 6: one label and all others, in 3 groups."
    )
    many = {"label": [str(i) for i in range(2001)], "value": [1] * 2001}
    for draw, frame in ((drawn, many), (drawn_lazy, pl.LazyFrame(many))):
        with pytest.raises(errors.DataError) as refused:
            draw(frame, Picture(reduce=False))
        assert str(refused.value) == (
            "column 'label': 2001 bars; a picture shows at most 2000. Filter or aggregate first."
        )


def test_labels_that_are_not_too_many_all_stay() -> None:
    data = {"label": [str(i) for i in range(101)], "value": list(range(101))}
    assert len(drawn({name: held[:100] for name, held in data.items()}).columns["label"]) == 100
    assert len(drawn(data).columns["label"]) == KEPT + 1
    limits.bar_labels = 200
    assert len(drawn(data).columns["label"]) == 101
    limits.bar_labels = 10
    assert len(drawn(data).columns["label"]) == 11


def test_a_frame_without_order_says_nothing_of_labels_that_stand_by_value() -> None:
    ibis = pytest.importorskip("ibis")
    frame = pl.DataFrame({"label": [str(i) for i in range(150)], "value": list(range(150))})
    result = drawn_lazy(ibis.memtable(frame))
    assert result.columns["value"][:-1] == list(range(149, 109, -1))
    assert not any("sorted" in note for note in result.notes)
    assert any("sorted" in note for note in drawn_lazy(ibis.memtable(frame[:50])).notes)


def test_groups_count_as_bars() -> None:
    def labels(labels: int, groups: int, reduce: bool | int = True) -> int:
        data = {
            "label": np.repeat(np.arange(labels).astype(str), groups),
            "group": np.tile(np.arange(groups), labels),
            "value": np.arange(labels * groups),
        }
        found = drawn(data, Picture(reduce=reduce))
        frame = pl.DataFrame(data)
        lazy = drawn_lazy(frame.lazy(), Picture(reduce=reduce)).columns
        assert lazy["label"] == found.columns["label"]
        return len(set(found.columns["label"]))

    assert labels(33, 3) == 33  # 99 bars
    assert labels(40, 3) == 40 // 3 + 1
    assert labels(40, 3, reduce=False) == 40
    assert labels(40, 3, reduce=60) == 60 // 3
    assert labels(10, 50) == 3  # two and the rest, however many groups
    assert labels(3, 50) == 3  # one bar for a single label would be no fewer
    assert labels(2, 900) == 2
    assert labels(5, 900) == 2


def test_what_cannot_be_drawn_is_not_offered() -> None:
    def note(count: int) -> str:
        data = {"label": [str(i) for i in range(count)], "value": [1] * count}
        said = drawn(data).notes[-1]
        assert said == drawn_lazy(pl.LazyFrame(data)).notes[-1]
        return said

    assert "reduce=False draws all, reduce=N draws" in note(2000)
    assert "one bar, the mean of their rows. reduce=N draws" in note(2001)
    assert "one bar, the mean of their rows. reduce=N draws" in note(6000)


def test_a_label_called_other_stays_apart() -> None:
    names = ["other", "other (111 labels)", *(str(i) for i in range(149))]
    result = drawn({"label": names, "value": [999, 998, *range(149)]})
    assert result.columns["label"][:2] == names[:2]
    assert result.columns["label"][-1] == "all other (111 labels)"


def test_exact_integers_stay_exact_beside_the_rest() -> None:
    data = {"label": [str(i) for i in range(150)], "value": [2**53 + 1, *range(149)]}
    assert drawn(data).columns["value"][0] == 2**53 + 1


def test_a_sum_of_the_rest_beyond_all_numbers_is_an_error() -> None:
    data = {"label": [str(i) for i in range(150)], "value": [1.7e308] * 150}
    with pytest.raises(
        errors.DataError, match=r"the sum of label 'other \(110 labels\)' is beyond"
    ):
        drawn(
            {name: held * 2 for name, held in data.items()} | {"value": [8e307] * 300},
            aggregate="sum",
        )


def grey(chart: Chart, theme: str) -> str:
    """The style that the bar of the rest has."""
    spec = chart.to_dict(theme=theme)
    layers = {layer["name"]: layer for layer in spec["layer"]}
    assert layers["rest"]["mark"]["style"] == "context"
    colour: str = spec["config"]["style"]["context"]["color"]
    return colour


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_rest_is_quieter(theme: str) -> None:
    plain = {"label": MANY["label"], "value": MANY["value"]}
    for reduce in (True, 8):  # with and without values at the bars' ends
        chart = bar(plain, "label", "value", aggregate="sum", reduce=reduce)
        drawing = chart.to_svg(theme=theme)
        colour = grey(chart, theme)
        assert drawing.count(f'fill="{colour}"') == 1
    chart = bar(MANY, "label", "value", group="group", aggregate="sum", reduce=30)
    assert (
        chart.to_svg(theme=theme).count('fill-opacity="0.4"')
        + chart.to_svg(theme=theme).count('opacity="0.4"')
        >= 3
    )
    small = bar({"label": ["a"], "value": [1]}, "label", "value")
    assert small.spec["layer"][0]["name"] == "main"
    assert "rest" not in str(small.spec["layer"])


def test_alt_text_tells_of_the_rest_apart() -> None:
    data = {"label": [str(i) for i in range(150)], "value": [5.0, *([1.0] * 149)]}
    said = bar(data, "label", "value", aggregate="sum").describe()
    assert "The largest is 0 with 5, " in said
    assert "All other labels share one bar, other (110 labels), with 110." in said


def test_a_fork_without_the_new_parts_still_draws() -> None:
    spec = copy.deepcopy(presets.get("plotkit/bar").content)
    own = spec["usermeta"]["plotkit"]
    own["id"] = "somebody/bars"
    del own["switches"]["rest"], own["outputs"]["rest"]
    chart = plot_table(spec, MANY, {"label": "label", "value": "value"})
    assert svg.count_marks(chart.to_svg(fonts=False))["main_marks"] == KEPT + 1
