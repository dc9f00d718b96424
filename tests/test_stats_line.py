"""The line statistic: which rows are drawn, at which level of detail, and what is said."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

import plotkit as pk
from plotkit.column import Column
from plotkit.stats import DENSITY, Picture, Result, _m4, line
from plotkit.stats.area_under_curve import compute as curves

PICTURE = Picture(640, 400)
LONG = 100_000


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    yield
    for name in ("max_rows", "line_points"):
        delattr(pk.settings, name)


def noise(count: int, seed: int = 3) -> Any:
    return np.random.default_rng(seed).normal(size=count)


def columns(**given: Any) -> dict[str, Column]:
    return {
        role: Column(role, "text", values=list(values))
        if role in ("color", "stroke")
        else Column(role, "number", array=np.asarray(values, dtype=float))
        for role, values in given.items()
    }


def drawn(picture: Picture = PICTURE, options: Any = None, **given: Any) -> Result:
    return line.compute(columns(**given), options or {}, picture)


def rows(result: Result) -> int:
    return len(result.columns["x"])


def spread(lines: int, steps: int) -> dict[str, Any]:
    """Random walks of as many steps each."""
    y = noise(lines * steps).reshape(lines, steps).cumsum(axis=1).ravel()
    names = np.repeat([f"run {i}" for i in range(lines)], steps)
    return {"x": np.tile(np.arange(steps), lines), "y": y, "color": names.tolist()}


# --- how many ------------------------------------------------------------------------------------


def test_short_lines_are_drawn_whole_without_numpy() -> None:
    code = (
        "import sys, plotkit as pk\n"
        "pk.line({'x': list(range(9000)), 'y': list(range(9000))}, 'x', 'y').to_dict()\n"
        "print('numpy' in sys.modules)"
    )
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_of_many_points_four_stay_in_half_a_pixel() -> None:
    found = drawn(x=np.arange(LONG), y=noise(LONG))
    buckets = 2 * DENSITY * PICTURE.width + 1
    assert 3.5 * buckets < rows(found) < 4 * buckets + rows(found) // 64
    kept = len(set(found.columns["x"]))
    assert found.notes[0] == (
        f"column 'y': 100,000 points are more than the picture can show; {kept:,} are drawn: the "
        "first, last, lowest and highest in each half pixel, so every peak, dip and gap stays "
        "visible and nothing is averaged or sampled (reduce=False draws all)."
    )
    found = drawn(x=np.arange(LONG + 1), y=noise(LONG + 1))
    assert found.notes[0].endswith("nothing is averaged or sampled.")


def test_only_rows_with_a_value_are_counted() -> None:
    y = noise(LONG)
    y[::4] = np.nan
    found = drawn(x=np.arange(LONG), y=y)
    pairs = set(zip(found.columns["x"], found.columns["y"], strict=True))
    kept = sum(height is not None for _, height in pairs)
    assert f"75,000 points are more than the picture can show; {kept:,} are" in found.notes[0]


def test_reduce_false_draws_every_row() -> None:
    count = 20_000
    found = drawn(Picture(640, 400, False), x=np.arange(count), y=np.arange(count))
    assert found.columns["x"] == list(range(count))
    assert (found.notes, found.detail) == ([], None)
    with pytest.raises(pk.errors.DataError, match="100,001 rows to draw"):
        drawn(Picture(640, 400, False), x=np.arange(100_001), y=np.arange(100_001))


def test_reduce_false_draws_as_many_rows_as_the_engine_gets() -> None:
    """The rows that repeat where pieces meet, or stand between lines, are not the user's."""
    pk.settings.max_rows = 20_000
    one = {"x": np.arange(20_000), "y": noise(20_000)}
    assert rows(drawn(Picture(640, 400, False), **one)) == 20_000
    assert len(pk.line(one, "x", "y", reduce=False).spec["data"]["values"]) == 20_000
    assert rows(drawn(Picture(640, 400, False), **spread(2000, 10))) == 20_000


@pytest.mark.parametrize("options", [{}, {"reduce": False}])
def test_too_many_labels_along_x_are_told(options: Any) -> None:
    def chart(rows: int, labels: int) -> pk.Chart:
        x = [f"at {at % labels}" for at in range(rows)]
        return pk.line({"x": x, "y": list(range(rows))}, "x", "y", **options)

    assert len(chart(25_000, 50).spec["data"]["values"]) == 25_000
    with pytest.raises(pk.errors.DataError, match="20,001 different labels along a text axis"):
        chart(25_000, 20_001)
    with pytest.raises(pk.errors.DataError, match="100,001 rows along a text axis") as found:
        chart(100_001, 100_001)
    assert "reduce" not in str(found.value)
    assert "settings.max_rows" in str(found.value)


@pytest.mark.parametrize("room", [10, 100, 1000, 5000])
@pytest.mark.parametrize("count", [6000, LONG])
def test_a_limit_of_ones_own(room: int, count: int) -> None:
    found = drawn(Picture(640, 400, room), x=np.arange(count), y=noise(count))
    assert room / 3 < len(set(found.columns["x"])) <= room
    assert f"{count:,} points are more than" in found.notes[0]
    assert found.detail is None


def test_lines_share_the_room() -> None:
    given = spread(300, 400)
    pk.settings.line_points = 20_000
    found = drawn(**given)
    assert rows(found) <= 20_000
    named = {name for name in found.columns["color"] if name is not None}
    assert len(named) == 7
    for name in named:  # they have all they need
        assert found.columns["color"].count(name) == 400
    for name in set(found.columns["context"]) - {None}:
        assert 4 <= found.columns["context"].count(name) < 70
    assert "parts of the x axis" in found.notes[0]


def test_never_less_than_a_lines_own_shape() -> None:
    given = spread(60, 300)
    found = drawn(Picture(640, 400, 20), **given)
    y = given["y"].reshape(60, 300)
    for name, values in zip(dict.fromkeys(given["color"]), y, strict=True):
        here = [
            (x, height)
            for x, height, *names in zip(
                *(found.columns[c] for c in ("x", "y", "color", "context")), strict=True
            )
            if name in names and height is not None
        ]
        heights = [height for _, height in here]
        assert (here[0][0], here[-1][0]) == (0, 299)
        assert (min(heights), max(heights)) == (values.min(), values.max())


def test_grey_lines_share_a_few_paths_with_gaps_between_them() -> None:
    found = drawn(**spread(100, 5)).columns
    paths: dict[int, list[Any]] = {}
    for bundle, name, y in zip(found["bundle"], found["context"], found["y"], strict=True):
        if bundle is not None:
            paths.setdefault(bundle, []).append((name, y))
    assert 20 <= len(paths) <= 24
    for path in paths.values():
        for (name, y), (following, _) in itertools.pairwise(path):
            assert name == following or y is None


def test_lines_that_lie_side_by_side_keep_their_points() -> None:
    """Each covers a part of the axis: all buckets together are as many as those of one line."""
    lines, steps = 200, 500
    x = np.arange(lines * steps)
    names = np.repeat([f"run {i:03}" for i in range(lines)], steps).tolist()
    found = drawn(x=x, y=noise(lines * steps), color=names)
    assert all("parts of the x axis" not in note for note in found.notes)


# --- levels of detail ----------------------------------------------------------------------------


@pytest.mark.parametrize("count", [12_000, LONG, 1_000_000])
def test_levels_nest_and_the_first_is_the_picture(count: int) -> None:
    found = drawn(x=np.arange(count), y=noise(count))
    detail = found.detail
    assert detail is not None
    assert detail.at(0) == found.columns
    sizes = [len(detail.at(level)["x"]) for level in range(detail.levels)]
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == len(detail.first) <= 61_000
    for level in range(detail.levels - 1):
        assert set(detail.at(level)["x"]) <= set(detail.at(level + 1)["x"])
    assert detail.whole == (count == 12_000)
    if detail.whole:
        assert set(detail.at(detail.levels - 1)["x"]) == set(range(count))


def test_a_level_is_what_its_own_grid_shows() -> None:
    count = 200_000
    x, y = np.arange(count) * 1.0, noise(count)
    detail = drawn(x=x, y=y).detail
    assert detail is not None
    grid = _m4.grid(0.0, count - 1.0, 2560 << _m4.FINER, False)
    for level in range(detail.levels):
        kept = _m4.kept(grid.number(x, _m4.FINER - level), [y])
        assert sorted(set(detail.at(level)["x"])) == x[kept].tolist()


def test_lines_that_are_drawn_whole_have_no_detail() -> None:
    assert drawn(x=[1, 2], y=[1, 2]).detail is None
    assert drawn(x=np.repeat([1, 2], 8000), y=np.repeat([1, 2], 8000)).detail is None


# --- the same by another way ---------------------------------------------------------------------


def by_hand(x: Any, y: Any, buckets: int) -> list[int]:
    """M4 by its definition, point by point."""
    order = sorted(range(len(x)), key=lambda row: x[row])
    grid = _m4.grid(float(np.min(x)), float(np.max(x)), buckets, False)
    held: dict[int, list[int]] = {}
    for row in order:
        held.setdefault(int(grid.number(np.array([x[row]]))[0]), []).append(row)
    kept: set[int] = set()
    for inside in held.values():
        known = [row for row in inside if y[row] == y[row]]
        if known:
            kept |= {known[0], known[-1]}
            kept |= {min(known, key=lambda row: y[row]), max(known, key=lambda row: y[row])}
        broken = False
        for row in inside:
            if y[row] != y[row]:
                kept |= set() if broken else {row}
            broken = y[row] != y[row] or (broken and row not in kept)
        last = inside.index(known[-1]) + 1 if known else 0
        kept |= {row for row in inside[last:][-1:] if y[row] != y[row]}
    return [row for row in order if row in kept]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("count", [50, 3000, 60_000])
def test_the_kernel_keeps_what_the_definition_says(seed: int, count: int) -> None:
    chance = np.random.default_rng(seed)
    x = np.floor(chance.random(count) * count / (1 + seed % 2)) / 7
    y = np.round(chance.normal(size=count), seed % 3)
    if seed % 2:
        y[chance.random(count) < 0.2] = np.nan
    if seed == 3:
        x = np.sort(x)
    grid = _m4.grid(float(x.min()), float(x.max()), 300, False)
    found = _m4.reduced([_m4.Points(None, x, (y,), np.arange(count))], grid, 10_000)
    assert found.points.rows.tolist() == by_hand(x, y, 300)


def _tables() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    count = 900
    y = noise(count)
    gaps = y.copy()
    gaps[[0, 5, 6, 100, 102, count - 1]] = np.nan
    names = [f"run {at % 3}" for at in range(count)]
    x = np.random.default_rng(2).permutation(count)
    return {
        "plain": ({"x": x, "y": y}, {}),
        "gaps": ({"x": x, "y": gaps}, {}),
        "lines": ({"x": x, "y": gaps, "color": names}, {}),
        "dashes": ({"x": x, "y": y, "stroke": names}, {}),
        "both": ({"x": x, "y": y, "color": names, "stroke": names[::-1]}, {}),
        "many": (spread(12, 60), {}),
        "repeated": ({"x": x // 2, "y": y}, {}),
        "log": ({"x": x + 1, "y": np.exp(y)}, {"x_scale": "log", "y_scale": "log"}),
        "band": ({"x": x, "y": gaps, "error_low": y - 1, "error_high": y + 1}, {}),
    }


@pytest.mark.parametrize("name", _tables())
def test_both_ways_draw_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a picture shows every row, the long way gives what the short one does."""
    given, options = _tables()[name]
    short = drawn(options=options, **given)
    monkeypatch.setattr(line, "_MANY_POINTS", 100)
    assert drawn(options=options, **given) == short


@pytest.mark.parametrize(("low", "high"), [(-1.7e308, 1.7e308), (0.0, 1e-300), (1e300, 1.1e300)])
def test_numbers_at_the_ends_of_what_there_is(low: float, high: float) -> None:
    x = np.linspace(low / 2, high / 2, 30_000) * 2
    found = drawn(x=x, y=noise(30_000))
    assert (found.columns["x"][0], found.columns["x"][-1]) == (x[0], x[-1])
    assert rows(found) > 1000


def _one_x(count: int) -> Any:
    return np.zeros(count)


def _one_far(count: int) -> Any:
    return np.r_[np.arange(count - 1), 1e13]


def _tiny(count: int) -> Any:
    return np.arange(count) * 5e-324


@pytest.mark.parametrize("made", [_one_x, _one_far, _tiny])
def test_points_that_share_a_bucket(made: Any) -> None:
    x, y = made(60_000), noise(60_000)
    frame = pl.DataFrame({"x": x, "y": y})
    for data in ({"x": x, "y": y}, frame.lazy(), duckdb.from_arrow(frame.to_arrow())):
        values = pk.line(data, "x", "y").spec["data"]["values"]
        heights = [row["y"] for row in values]
        assert (min(heights), max(heights)) == (y.min(), y.max())
        assert (heights[0], heights[-1]) == (y[0], y[-1])
        assert len(values) < 15_000


def test_columns_of_a_matrix() -> None:
    table = np.column_stack([np.arange(200_000), noise(200_000)])
    apart = drawn(x=table[:, 0].copy(), y=table[:, 1].copy())
    assert drawn(x=table[:, 0], y=table[:, 1]) == apart


def test_infinite_heights_are_gaps() -> None:
    y = noise(LONG)
    y[50_000:60_000] = np.inf
    found = drawn(x=np.arange(LONG), y=y).columns
    assert None in found["y"]
    assert all(v is None or abs(v) < 10 for v in found["y"])


# --- gaps, bands ---------------------------------------------------------------------------------


def test_a_gap_between_far_points_stays() -> None:
    """All but the last point share a bucket, the gap among them."""
    x = np.r_[np.linspace(0, 1e-9, 11_000), 1.0]
    y = np.ones(11_001)
    y[-3:-1] = np.nan
    found = drawn(x=x, y=y).columns
    assert found["y"][-2:] == [None, 1.0]


def test_a_band_keeps_its_own_extremes() -> None:
    low, high = -1 - np.abs(noise(LONG, 1)), 1 + np.abs(noise(LONG, 2))
    found = drawn(x=np.arange(LONG), y=np.zeros(LONG), error_low=low, error_high=high).columns
    for wanted, held, best in ((low, "error_low", min), (high, "error_high", max)):
        assert best(found[held]) == best(wanted)
        at = found["x"]
        for start in range(0, LONG, 5000):
            here = [v for x, v in zip(at, found[held], strict=True) if start <= x < start + 5000]
            assert best(here) == best(wanted[start : start + 5000])


# --- what is said --------------------------------------------------------------------------------


def test_repeated_x_is_counted_over_all_rows() -> None:
    x = np.arange(LONG) * 1.0
    x[70_000:70_010] = 70_000
    x[20] = 19
    said = drawn(x=x, y=noise(LONG)).notes
    assert "column 'x': 10 rows repeat an x of the same line" in said[1]
    assert "(first: row 20)" in said[1]


@pytest.mark.parametrize("mixed", ["by line", "by step", "shuffled"])
def test_no_x_is_repeated_where_each_line_has_its_own(mixed: str) -> None:
    given = spread(5, 4000)
    order = np.arange(20_000)
    if mixed == "by step":
        order = np.argsort(given["x"], kind="stable")
    elif mixed == "shuffled":
        order = np.random.default_rng(1).permutation(20_000)
    names = np.array(given["color"])[order].tolist()
    said = drawn(x=given["x"][order], y=given["y"][order], color=names).notes
    assert not any("repeat an x" in note for note in said)
    given["x"][9] = 8
    said = drawn(x=given["x"][order], y=given["y"][order], color=names).notes
    assert any("1 row repeat" in note for note in said)


def test_a_log_axis_is_cut_in_its_own_space() -> None:
    x = np.exp(np.linspace(0, 20, LONG))
    found = drawn(options={"x_scale": "log"}, x=x, y=noise(LONG)).columns
    decades = np.log(found["x"])
    shares = np.histogram(decades, bins=10)[0]
    assert shares.min() > 0.9 * shares.max()
    with pytest.raises(pk.errors.DataError, match="row 5: found 0"):
        drawn(options={"x_scale": "log"}, x=np.r_[x[:5], 0, x[5:]], y=noise(LONG + 1))


def _lazies(frame: pl.DataFrame) -> Iterator[Any]:
    from conftest import in_ibis

    yield frame.lazy()
    yield duckdb.from_arrow(frame.to_arrow())
    yield in_ibis(frame.to_pandas())


@pytest.mark.parametrize("low", [0.0, -2.0])
def test_a_log_axis_of_a_lazy_frame_takes_only_numbers_above_0(low: float) -> None:
    frame = pl.DataFrame({"x": np.arange(20_000) + low, "y": noise(20_000)})
    for lazy in _lazies(frame):
        with pytest.raises(pk.errors.DataError, match=r"role 'x', column 'x': found -?[02]"):
            pk.line(lazy, "x", "y", x_scale="log")


# --- how it looks --------------------------------------------------------------------------------


def test_dashes_go_where_a_line_hides_them() -> None:
    count = 15_000
    x = np.tile(np.arange(count), 2)
    names = ["rough"] * count + ["smooth"] * count
    rough, smooth = noise(count), np.sin(np.arange(count) / 2000)
    both = drawn(x=x, y=np.r_[rough, smooth], color=names)
    assert (both.switches["solid_1"], both.switches["solid_2"]) == (True, False)
    names.reverse()
    other = drawn(x=x, y=np.r_[smooth, rough], color=names)
    assert (other.switches["solid_1"], other.switches["solid_2"]) == (False, True)
    whole = drawn(Picture(640, 400, False), x=x, y=np.r_[smooth, rough], color=names)
    assert whole.switches == other.switches


def test_pieces_of_a_rough_line_join_at_points_of_every_level() -> None:
    found = drawn(x=np.arange(LONG), y=noise(LONG))
    assert found.detail is not None
    for level in range(found.detail.levels):
        made = found.detail.at(level)
        points = list(zip(made["piece"], made["x"], made["y"], strict=True))
        assert len(set(made["piece"])) > 50
        for (piece, *one), (following, *other) in itertools.pairwise(points):
            assert piece == following or one == other


def test_smooth_lines_stay_whole() -> None:
    assert "piece" not in drawn(x=np.arange(LONG), y=np.arange(LONG)).columns


# --- curves that are computed already ------------------------------------------------------------


def test_curves_stay_as_they_are_while_they_are_short() -> None:
    given = columns(x=[0, 1, 0.5], y=[0, 1, 0.7])
    assert curves(given, {}, PICTURE).columns == {"x": [0, 1, 0.5], "y": [0, 1, 0.7]}


def test_long_curves_are_reduced() -> None:
    x = np.linspace(0, 1, LONG)
    table = {"x": np.r_[x, x], "y": np.r_[x**0.5, x**0.2], "k": ["a"] * LONG + ["b"] * LONG}
    chart = pk.area_under_curve(table, "x", "y", color="k")
    found = chart.spec["data"]["values"]
    assert {row["class"] for row in found} == {"a", "b"}
    assert len(found) < 12_000
    assert "200,000 points are more than the picture can show" in chart.notes[0]
    for name in "ab":
        ends = [row["x"] for row in found if row["class"] == name]
        assert (ends[0], ends[-1]) == (0, 1)
    chart.to_svg()


def test_only_points_between_two_gaps_are_dots() -> None:
    def dots(chart: pk.Chart) -> int:
        return sum(part.count("<path") for part in chart.to_svg().split("mark-symbol")[1:])

    steps = list(range(8))
    heights = [1, None, 2, None, 3, 4, 5, 6]
    assert dots(pk.line({"x": steps, "y": heights}, "x", "y")) == 2
    table = {"x": steps * 2, "y": [*heights, *steps], "k": ["a"] * 8 + ["b"] * 8}
    assert dots(pk.line_series([steps] * 2, [heights, steps], keys=["a", "b"])) == 2
    assert dots(pk.line(table, "x", "y", color="k")) == 2
