"""A long line's picture is that of all its points, and its rows are theirs.

The pictures come from the real engine, once from the rows that are kept and once from all of
them. What holds of any data is asked by Hypothesis of what goes into the picture.
"""

from __future__ import annotations

import io
import itertools
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import plotkit as pk
from plotkit.stats import _m4

ROWS = 24_000  # the engine takes long for all of them
_MOST_DIFFERENT = 0.003  # of all pixels
_VISIBLE = 32  # of 255, in any channel


@pytest.fixture(autouse=True)
def _room() -> Iterator[None]:
    pk.settings.max_rows = 1_000_000
    yield
    del pk.settings.max_rows


# --- pictures ------------------------------------------------------------------------------------


def _shapes() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    chance = np.random.default_rng(7)
    n = ROWS
    x = np.arange(n) * 1.0
    noise = chance.normal(size=n)
    walk = noise.cumsum()
    spikes = np.where(chance.random(n) < 0.002, chance.normal(size=n) * 50, noise * 0.1)
    gaps = walk.copy()
    for start in (500, 4000, 4010, 9000):
        gaps[start : start + start // 20] = np.nan
    gaps[chance.random(n) < 0.01] = np.nan
    alternating = np.where(x % 2, np.nan, noise)
    runs = np.where(np.arange(n) % 7 < 5, noise, np.nan)
    sparse = np.r_[np.linspace(0, 1, n - 40), np.linspace(2, 60, 40)]
    rare = np.sin(sparse)
    rare[-30::3] = np.nan
    edge = np.sin(x / 900) + noise * 0.05
    berlin = pl.datetime_range(
        pl.datetime(2024, 3, 30), pl.datetime(2024, 4, 2), "11s", time_zone="Europe/Berlin",
        eager=True,
    )  # fmt: skip
    two = {"x": np.r_[x, x], "k": ["up"] * n + ["down"] * n}
    return {
        "noise": ({"x": x, "y": noise}, {}),
        "random walk": ({"x": x, "y": walk}, {}),
        "spikes": ({"x": x, "y": spikes}, {}),
        "steps": ({"x": x, "y": np.floor(walk / 20)}, {}),
        "gaps": ({"x": x, "y": gaps}, {}),
        "alternating gaps in noise": ({"x": x, "y": alternating}, {}),
        "short runs": ({"x": x, "y": runs}, {}),
        "duplicates": ({"x": np.floor(x / 40), "y": walk + 5 * noise}, {}),
        "unsorted": ({"x": chance.permutation(n) / 7, "y": np.sin(x / n)}, {}),
        "log x": ({"x": np.exp(x / n * 12), "y": walk}, {"x_scale": "log"}),
        "log y": ({"x": x, "y": np.exp(walk / 30)}, {"y_scale": "log"}),
        "time": ({"x": berlin, "y": walk[: len(berlin)]}, {}),
        "constant": ({"x": x, "y": np.full(n, 3.0)}, {}),
        "two crossing": (
            {**two, "y": np.r_[x + 500 * noise, x[::-1] - 300 * noise]},
            {"color": "k"},
        ),
        "heavy tails": ({"x": x, "y": chance.standard_t(1.3, size=n)}, {}),
        "heavy tails in x": ({"x": chance.standard_t(2, size=n), "y": walk}, {}),
        "band": (
            {"x": x, "y": edge, "low": edge - 0.3 + noise / 50, "high": edge + 0.3 + noise / 40},
            {"error_low": "low", "error_high": "high"},
        ),
        "sparse with gaps": ({"x": sparse, "y": rare}, {}),
    }


SHAPES = _shapes()
QUICK = ("noise", "alternating gaps in noise", "two crossing", "sparse with gaps")


def _pixels(chart: pk.Chart, scale: int) -> Any:
    drawn = Image.open(io.BytesIO(chart.to_png(scale=scale))).convert("RGB")
    return np.asarray(drawn).astype(int)


def _axes(chart: pk.Chart) -> list[str]:
    """Tick labels and where they stand, ticks and grid lines."""
    return re.findall(r'<g class="mark-\w+ role-axis-[^>]*>.*?</g>', chart.to_svg(), re.S)


def _different(one: Any, other: Any) -> float:
    assert one.shape == other.shape
    return float((np.abs(one - other).max(axis=2) > _VISIBLE).mean())


@pytest.mark.parametrize(
    "shape", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in SHAPES]
)
def test_the_picture_is_that_of_all_points(shape: str) -> None:
    columns, options = SHAPES[shape]
    reduced = pk.line(columns, "x", "y", **options)
    full = pk.line(columns, "x", "y", reduce=False, **options)
    count = len(columns["x"])
    assert any("reduce=False draws all" in note for note in reduced.notes)
    assert len(full.spec["data"]["values"]) >= count > len(reduced.spec["data"]["values"])
    assert _axes(reduced) == _axes(full) != []
    for scale in (1, 2):
        share = _different(_pixels(reduced, scale), _pixels(full, scale))
        assert share <= _MOST_DIFFERENT, (scale, share)


def test_pieces_of_a_path_draw_what_the_path_does() -> None:
    columns, options = SHAPES["noise"]
    whole = pk.line(columns, "x", "y", **options)
    spec = whole.to_dict()
    rows = spec["data"]["values"]
    assert len({row["piece"] for row in rows}) > 10
    kept = [row for at, row in enumerate(rows) if not at or row["x"] != rows[at - 1]["x"]]
    uncut = pk.plot_table(
        "plotkit/line", {name: [row[name] for row in kept] for name in "xy"},
        {"x": "x", "y": "y"}, reduce=False,
    )  # fmt: skip
    for row in uncut._built.spec["data"]["values"]:
        row.pop("piece", None)
    assert _different(_pixels(whole, 2), _pixels(uncut, 2)) <= _MOST_DIFFERENT / 3


# --- what holds of any data ----------------------------------------------------------------------

_runs = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_heights = st.sampled_from([0.0, 1.0, -1.0, 2.5, float("nan"), 7.0, -3.0])


@st.composite
def tables(draw: st.DrawFn, *, ties: bool = False) -> dict[str, list[Any]]:
    """Points of a few lines, in any order along x, with gaps."""
    count = draw(st.integers(30, 400))
    seed = draw(st.integers(0, 10_000))
    chance = np.random.default_rng(seed)
    spread = draw(st.sampled_from(["even", "uneven", "crowded"]))
    x = {
        "even": np.arange(count) * 1.0,
        "uneven": np.cumsum(chance.exponential(size=count)),
        "crowded": np.sort(chance.standard_t(1.5, size=count)),
    }[spread]
    if ties:
        x = np.floor(x / 3)
    if draw(st.booleans()):
        x = chance.permutation(x)
    y = np.array(draw(st.lists(_heights, min_size=8, max_size=8)))[chance.integers(0, 8, count)]
    y = np.where(chance.random(count) < 0.5, y, chance.normal(size=count))
    y[chance.integers(0, count)] = 1.0
    lines = draw(st.integers(1, 3))
    return {
        "x": x.tolist(),
        "y": [None if v != v else v for v in y.tolist()],
        "k": [f"line {code}" for code in chance.integers(0, lines, count)],
    }


Drawn = list[tuple[Any, Any, str]]


def _drawn(frame: Any, room: int = 60) -> Drawn:
    """The rows of a picture of little room, line by line."""
    chart = pk.line(frame, "x", "y", color="k", reduce=room)
    return [(row["x"], row["y"], row["color"]) for row in chart.spec["data"]["values"]]


@_runs
@given(tables(ties=True))
def test_every_row_drawn_is_a_row_and_extremes_and_ends_stay(data: dict[str, list[Any]]) -> None:
    drawn = _drawn(data)
    rows = list(zip(data["x"], data["y"], data["k"], strict=True))
    assert set(drawn) <= set(rows)
    assert len(set(drawn)) <= len(set(rows))
    for line in dict.fromkeys(data["k"]):
        before = sorted((r for r in rows if r[2] == line), key=lambda row: row[0])
        after = [r for r in drawn if r[2] == line]
        known, kept = ([r for r in part if r[1] is not None] for part in (before, after))
        assert (after[0][0], after[-1][0]) == (before[0][0], before[-1][0])
        if known:
            heights = [r[1] for r in known]
            assert (min(heights), max(heights)) == (
                min(r[1] for r in kept),
                max(r[1] for r in kept),
            )
            assert (kept[0], kept[-1]) == (known[0], known[-1])


@_runs
@given(tables())
def test_gaps_stay_gaps(data: dict[str, list[Any]]) -> None:
    """Between two neighbours a gap shows exactly where there is one."""
    data = {**data, "k": ["line"] * len(data["x"])}
    rows = sorted(zip(data["x"], data["y"], strict=True), key=lambda row: row[0])
    drawn = [(x, y) for x, y, _ in _drawn(data)]
    assert drawn == sorted(drawn, key=lambda row: row[0])
    place = {row: at for at, row in reversed(list(enumerate(rows)))}
    for a, b in itertools.pairwise(drawn):
        if a[1] is None or b[1] is None:
            continue
        between = rows[place[a] + 1 : place[b]]
        assert not any(y is None for _, y in between)


@_runs
@given(tables(ties=True), st.integers(1, 90))
def test_engines_that_keep_the_rows_order_agree(data: dict[str, list[Any]], group: int) -> None:
    wanted = _drawn(data)
    frame = pl.DataFrame(data)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        frame.write_parquet(path, row_group_size=group)
        assert _drawn(pk.Table.read(path)) == wanted
        assert _drawn(pl.scan_parquet(path)) == wanted
    assert _drawn({name: np.array(v) for name, v in frame.to_dict(as_series=False).items()
                   if name != "y"} | {"y": np.array(data["y"], dtype=float)}) == wanted  # fmt: skip
    assert _drawn(frame) == _drawn(frame.lazy()) == wanted
    assert _drawn(duckdb.from_arrow(frame.to_arrow())) == wanted


@_runs
@given(tables(), st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(data: dict[str, list[Any]], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(data["x"])).tolist()
    mixed = {name: [values[row] for row in order] for name, values in data.items()}
    assert sorted(_drawn(mixed), key=str) == sorted(_drawn(data), key=str)


@_runs
@given(tables(ties=True), st.lists(st.integers(0, 400), max_size=5), st.integers(2, 300))
def test_pieces_of_the_rows_do_not_matter(
    data: dict[str, list[Any]], cuts: list[int], most: int
) -> None:
    x = np.array(data["x"])
    y = np.array(data["y"], dtype=float)
    y[np.arange(len(y)) % 3 == 0] = np.nan
    series = np.array([int(name[-1]) for name in data["k"]])
    points = _m4.Points(series, x, (y,), np.arange(len(x)))
    grid = _m4.grid(float(x.min()), float(x.max()), 512, False)
    whole = _m4.reduced([points], grid, most)
    edges = [0, *sorted(min(cut, len(x)) for cut in cuts), len(x)]
    parts = [points.take(slice(a, b)) for a, b in itertools.pairwise(edges) if a < b]
    found = _m4.reduced(parts, grid, most)
    assert found.halved == whole.halved
    assert found.points.rows.tolist() == whole.points.rows.tolist()


def _mixed(count: int = 400) -> dict[str, list[Any]]:
    chance = np.random.default_rng(5)
    y = chance.normal(size=count).tolist()
    y[50:60] = [None] * 10
    y[100::4] = [None] * len(y[100::4])
    return {
        "x": chance.permutation(count).tolist(),
        "y": y,
        "k": [f"line {code}" for code in chance.integers(0, 3, count)],
    }


def test_ibis_finds_the_same_rows() -> None:
    from conftest import in_ibis

    found = _drawn(in_ibis(pl.DataFrame(_mixed()).to_pandas()))
    assert sorted(found, key=str) == sorted(_drawn(_mixed()), key=str)


@pytest.mark.spark
@pytest.mark.parametrize("partitions", [1, 3])
def test_spark_finds_the_same_rows(partitions: int) -> None:
    from conftest import _pyspark

    data = _mixed()
    session = _pyspark().sparkSession
    rows = list(zip(*data.values(), strict=True))
    frame = session.createDataFrame(rows, list(data)).repartition(partitions)
    assert sorted(_drawn(frame), key=str) == sorted(_drawn(data), key=str)
