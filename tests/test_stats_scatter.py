"""Scatter: every point, piles of them, or their density; in memory and in engines."""

from __future__ import annotations

import base64
import io
import itertools
import re
from collections import Counter
from typing import Any

import numpy as np
import pytest
from conftest import in_ibis
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

import plotkit as pk
from plotkit import errors, presets, settings, stats, theme, trust
from plotkit.column import Column
from plotkit.stats import Picture, _crowded, _density, scatter
from plotkit.stats._cells import Axis, Grid, numbered
from plotkit.stats._crowd import Held

DENSE = {"density": True}


def columns(**values: Any) -> dict[str, Column]:
    made = {}
    for name, held in values.items():
        if isinstance(held, np.ndarray) and held.dtype.kind in "iuf":
            made[name] = Column(name, "number", array=held)
        else:
            made[name] = Column(name, "text", values=list(held))
    return made


def points(rows: int, kinds: int = 0, seed: int = 1) -> dict[str, Column]:
    random = np.random.default_rng(seed)
    held: dict[str, Any] = {"x": random.normal(size=rows), "y": random.normal(size=rows)}
    if kinds:
        held["color"] = np.array([f"k{at}" for at in range(kinds)])[random.integers(0, kinds, rows)]
    return columns(**held)


def computed(data: Any, options: Any = DENSE, **picture: Any) -> stats.Result:
    return scatter.compute(data, options, Picture(**picture))


def rows_of(result: stats.Result) -> list[dict[str, Any]]:
    names = list(result.columns)
    return [
        dict(zip(names, row, strict=True)) for row in zip(*result.columns.values(), strict=True)
    ]


# --- three ways -----------------------------------------------------------------------------------


def test_few_points_are_drawn_as_they_are() -> None:
    data = points(5000, kinds=3)
    result = computed(data)
    assert list(result.columns) == ["x", "y", "category"]
    assert result.columns["x"] == data["x"].as_list()
    assert result.notes == []
    assert result.detail is None
    assert not {"piled", "density"} & {name for name, on in result.switches.items() if on}


def test_points_of_one_pixel_become_one_mark() -> None:
    random = np.random.default_rng(2)
    x, y = random.integers(0, 9, 20_000), random.integers(0, 9, 20_000)
    result = computed(columns(x=x, y=y))
    assert result.switches["piled"]
    found = {(row["x"], row["y"]): row["points"] for row in rows_of(result)}
    assert found == Counter(zip(x.tolist(), y.tolist(), strict=True))
    assert result.columns["weight"] == result.columns["points"]
    assert result.notes == [
        "20,000 points drawn as 81 marks: those that fall together share one, as dark as all of "
        "them (reduce=False draws each)."
    ]


def test_more_are_drawn_as_their_density() -> None:
    result = computed(points(60_000))
    first = rows_of(result)[0]
    assert result.switches["density"] and not result.switches["density_faded"]
    assert first["points"] == 60_000
    marks = sum(row["part"] is None for row in rows_of(result))
    assert result.notes == [
        "60,000 points drawn as their density: an image of 512 x 256 cells, whose points are "
        f"counted, and {marks} marks where few lie (reduce=False draws each point)."
    ]


def test_the_setting_says_how_many_marks_there_may_be() -> None:
    assert computed(points(7000)).switches["piled"]
    settings.scatter_marks = 2000
    assert computed(points(7000)).switches["density"]
    assert computed(points(2000)).switches["crowded"] is False


def test_false_draws_every_row_and_a_number_at_most_so_many() -> None:
    data = points(30_000, kinds=3)
    assert len(computed(data, reduce=False).columns["x"]) == 30_000
    for limit in (10_000, 500, 20):
        result = computed(data, reduce=limit)
        assert result.switches["piled"]
        assert len(result.columns["x"]) <= limit
        assert sum(result.columns["points"]) == 30_000
    assert len(computed(data, reduce=2).columns["x"]) == 3  # one for each category


def test_a_preset_without_a_place_for_an_image_gets_piles() -> None:
    """Forks of the preset as it was before there was one."""
    result = computed(points(60_000), options={})
    assert result.switches["piled"] and "density" not in result.switches
    assert 1000 < len(result.columns["x"]) <= settings.scatter_marks
    old = presets.get("plotkit/scatter").content
    meta = old["usermeta"]["plotkit"]
    del meta["params"]["density"], meta["switches"]["density"], meta["switches"]["density_faded"]
    meta["id"] = "carey/points"
    random = np.random.default_rng(1)
    table = {"x": random.normal(size=60_000), "y": random.normal(size=60_000)}
    chart = pk.plot_table(presets.get(old), table, {"x": "x", "y": "y"})
    assert chart.to_svg(fonts=False).count("<path") > 1000


def test_points_on_one_line_across_have_no_image() -> None:
    random = np.random.default_rng(1)
    kinds = [f"k{at}" for at in range(40)]
    data = columns(
        x=random.normal(size=60_000),
        y=np.full(60_000, 2.0),
        color=np.array(kinds)[random.integers(0, 40, 60_000)],
    )
    result = computed(data)
    assert result.switches["piled"]
    assert set(result.columns["category"]) == set(kinds)


# --- piles ---------------------------------------------------------------------------------------


@given(
    x=arrays.arrays(np.float64, 300, elements=st.floats(-1e6, 1e6, width=32)),
    y=arrays.arrays(np.float64, 300, elements=st.floats(-3, 3, width=16)),
    kinds=st.integers(1, 4),
)
@hypothesis_settings(max_examples=40, deadline=None)
def test_piles_are_rows_of_the_data_and_count_all(x: Any, y: Any, kinds: int) -> None:
    settings.scatter_marks = 100
    names = [f"k{at % kinds}" for at in range(300)]
    result = computed(columns(x=x, y=y, color=names), options={})
    held = set(zip(x.tolist(), y.tolist(), names, strict=True))
    found = rows_of(result)
    assert sum(row["points"] for row in found) == 300
    assert {(row["x"], row["y"], row["category"]) for row in found} <= held
    assert len(found) <= 100
    for role, values in (("x", x), ("y", y)):
        assert min(result.columns[role]) == values.min()
        assert max(result.columns[role]) == values.max()
    counted = Counter()
    for row in found:
        counted[row["category"]] += row["points"]
    assert counted == Counter(names)


def test_categories_on_one_place_are_seen_by_their_shares() -> None:
    """The colour of a place is that of its points, whichever mark lies on top."""
    names = ["a"] * 600 + ["b"] * 300 + ["c"] * 100
    extra = np.arange(5000.0)
    data = columns(
        x=np.r_[np.full(1000, 50.0), extra],
        y=np.r_[np.full(1000, 60.0), extra],
        color=[*names, *["c"] * 5000],
    )
    rows = [row for row in rows_of(computed(data)) if (row["x"], row["y"]) == (50, 60)]
    assert [(row["category"], row["points"]) for row in rows] == [
        ("a", 600),
        ("b", 300),
        ("c", 100),
    ]
    seen, left = {}, 1.0
    for row in reversed(rows):
        opacity = 1 - 0.65 ** row["weight"]
        seen[row["category"]] = left * opacity
        left *= 1 - opacity
    assert seen == pytest.approx({"a": 0.6, "b": 0.3, "c": 0.1}, abs=1e-3)


def test_order_of_rows_decides_which_mark_lies_on_top_and_nothing_else() -> None:
    data = points(6000)
    order = np.random.default_rng(0).permutation(6000)
    turned = {role: column.take(order) for role, column in data.items()}
    settings.scatter_marks = 1500
    for options in ({}, DENSE):
        one, other = computed(data, options), computed(turned, options)
        assert same_rows(one) == same_rows(other)


def same_rows(result: stats.Result) -> list[str]:
    """Rows in an order of their own; how dark a mark of several on a place is depends on it."""
    return sorted(
        repr(sorted((k, v) for k, v in row.items() if k not in ("weight", "relation")))
        for row in rows_of(result)
    )


def test_detail_begins_with_the_picture_and_ends_with_all_points() -> None:
    data = points(7000, kinds=2)
    result = computed(data)
    detail = result.detail
    assert detail is not None and detail.whole
    assert detail.at(0) == result.columns
    sizes = [len(detail.at(level)["x"]) for level in range(detail.levels)]
    assert sizes == sorted(sizes) and sizes[-1] == 7000
    for level in range(detail.levels):
        assert sum(detail.at(level)["points"]) == 7000
    assert detail.at(detail.levels - 1)["x"] == data["x"].as_list()


def test_a_negative_size_is_an_error_however_many_there_are() -> None:
    data = points(9000)
    data["size"] = Column("s", "number", array=np.r_[np.ones(8999), -1.0])
    with pytest.raises(errors.DataError, match="row 8999"):
        computed(data)


# --- density -------------------------------------------------------------------------------------


def pixels_of(address: str) -> Any:
    held = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))
    return np.asarray(held.convert("RGBA"))


@given(
    values=arrays.arrays(np.float64, (2, 500), elements=st.floats(-50, 50, width=32)),
    log=st.booleans(),
)
@hypothesis_settings(max_examples=40, deadline=None)
def test_every_point_is_counted_in_a_cell_and_every_cell_is_drawn(values: Any, log: bool) -> None:
    x, y = values
    if log:
        x = np.exp(x)
    held = Held(columns(x=x, y=y))
    grid = Grid(Axis(*held.known.extents["x"], 64, log), Axis(*held.known.extents["y"], 32, False))
    counts = held.counts(grid, 1)
    assert counts.sum() == 500
    drawn = pixels_of(_density.of_counts(counts[0])[0])
    assert ((drawn[::-1, :, 3] > 0) == (counts[0] > 0)).all()


def test_more_points_are_further_along_the_ramp() -> None:
    counts = np.array([[0, 1, 10, 100, 1000]])
    for name, image in zip(_density.THEMES, _density.of_counts(counts), strict=True):
        found = pixels_of(image)[0]
        assert found[0, 3] == 0 and (found[1:, 3] == 255).all()
        light = found[1:, :3].astype(int).sum(axis=1)
        assert (np.diff(light) < 0).all() if name == "light" else (np.diff(light) > 0).all()
        ramp = theme.config(name)["range"]["ramp"]
        assert "#" + bytes(found[4, :3]).hex() == ramp[-1]
        # One point is further along than the ramp's pale end, where the legend says so too.
        ground = 765 if name == "light" else 0
        assert abs(light[0] - ground) > abs(sum(bytes.fromhex(ramp[0][1:])) - ground)


@pytest.mark.parametrize("extra", [0, 5, 20, 33, 204, 900, 20_000])
def test_the_legend_ends_with_the_most_points(extra: int) -> None:
    settings.scatter_marks = 500
    spread = np.random.default_rng(1).uniform(size=(6000, 2))
    values = np.r_[spread, np.full((extra, 2), 0.5)]
    chart = pk.scatter({"x": values[:, 0], "y": values[:, 1]}, "x", "y")
    most = chart.spec["data"]["values"][0]["most"]
    legend = re.findall(r"role-legend-label[^>]*>(.*?)</g>", chart.to_svg(fonts=False))
    labels = re.findall(r">([\d,]+)</text>", "".join(legend))
    assert most >= max(extra, 2)
    assert labels[0] == "1" and labels[-1] == f"{most:,}"


MANY = 6000


def crowd_of_kinds(rows: int) -> dict[str, Any]:
    """14 kinds of 10 rows each or more, and thousands of others."""
    random = np.random.default_rng(4)
    kind = [f"kind {at % 14}" if at < 140 else f"id {at % MANY}" for at in range(rows)]
    return {"x": random.normal(size=rows), "y": random.normal(size=rows), "kind": kind}


@pytest.mark.parametrize(("rows", "reduce"), [(3000, True), (9000, True), (9000, False)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_of_thousands_of_categories_the_most_frequent_stay(
    rows: int, reduce: bool, theme: str
) -> None:
    chart = pk.scatter(crowd_of_kinds(rows), "x", "y", color="kind", reduce=reduce)
    drawn = chart.spec["data"]["values"]
    names = list(dict.fromkeys(row["category"] for row in drawn if row.get("category")))
    others = min(rows - 140, MANY)
    assert names == [*(f"kind {at}" for at in range(14)), f"other ({others:,} categories)"]
    assert f"the other {others:,} ({rows - 140:,} rows) are one category." in chart.notes[0]
    text = chart.to_svg(fonts=False, theme=theme)
    assert len(re.findall(r">(?:kind \d+|other \([\d,]+ categories\))</text>", text)) == 15


@pytest.mark.parametrize("engine", ["memory", "polars", "duckdb"])
def test_thousands_of_categories_have_a_density(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import polars as pl

    monkeypatch.setattr(_crowded, "_PILED_ROWS", 0)
    settings.scatter_marks = 2000
    frame = pl.DataFrame(crowd_of_kinds(9000))
    one = pk.scatter(frame, "x", "y", color="kind")
    other = (
        one if engine == "memory" else pk.scatter(engines()[engine](frame), "x", "y", color="kind")
    )
    names = [row["category"] for row in other.spec["data"]["values"] if row.get("part") == "name"]
    assert names[-1] == "other (6,000 categories)" and len(names) == 15
    assert other.spec["data"]["values"] == one.spec["data"]["values"]
    assert other.notes == one.notes


def test_up_to_56_categories_each_has_a_look() -> None:
    result = computed(points(3000, kinds=56))
    assert len(set(result.columns["category"])) == 56 and not result.switches["rest"]
    assert len(set(computed(points(3000, kinds=57)).columns["category"])) == 15


def test_piles_of_coarse_cells_differ() -> None:
    result = computed(points(60_000), reduce=500)
    opacity = [1 - 0.65**weight for weight in result.columns["weight"]]
    order = np.argsort(result.columns["points"], kind="stable")
    assert (np.diff(np.array(opacity)[order]) >= -1e-9).all()
    assert min(opacity) == pytest.approx(0.2, abs=0.01)
    assert max(opacity) == pytest.approx(0.95, abs=0.01)
    assert "as dark as all" not in result.notes[0]
    assert "darker the more they are" in result.notes[0]


@pytest.mark.parametrize(("kinds", "said"), [(3, "colours mix"), (12, "some share one")])
def test_notes_on_colours_of_an_image_tell_of_no_shapes(kinds: int, said: str) -> None:
    notes = computed(points(60_000, kinds=kinds)).notes
    assert said in notes[0] and not any("shapes" in note for note in notes)


def test_names_stand_only_where_a_cloud_is_mostly_its_own() -> None:
    random = np.random.default_rng(1)
    kind = random.integers(0, 3, 60_000)
    middle = np.array([0.0, 0.2, 40.0])[kind]
    data = columns(
        x=random.normal(size=60_000) + middle,
        y=random.normal(size=60_000),
        color=np.array(["a", "b", "c"])[kind],
    )
    assert {row["name"] for row in rows_of(computed(data)) if row["name"]} == {"c"}


def test_shares_mix_the_colours_of_the_categories() -> None:
    counts = np.zeros((2, 1, 4), int)
    counts[0, 0] = [0, 100, 0, 50]
    counts[1, 0] = [0, 0, 100, 50]
    empty, one, other, both = pixels_of(_density.of_shares(counts)[0])[0].astype(int)
    assert empty[3] == 0
    assert tuple(one[:3]) == (0x13, 0x4E, 0x97) and tuple(other[:3]) == (0xCE, 0x36, 0x13)
    assert all(min(a, b) <= c <= max(a, b) for a, b, c in zip(one, other, both, strict=True))


def test_a_small_category_never_leaves_a_cell_that_is_its_own() -> None:
    counts = np.zeros((3, 1, 3), int)
    counts[0, 0], counts[2, 0] = [1000, 1000, 0], [1, 0, 1]
    image = pixels_of(_density.of_shares(counts)[0])[0]
    assert (image[:, 3] > 0).all()
    assert tuple(image[2, :3]) == (0x00, 0x84, 0x80)


def test_means_are_shades_and_counts_are_opacity() -> None:
    counts = np.array([[1, 100, 100]])
    image = pixels_of(_density.of_means(counts, np.array([[0.0, 0.0, 5.0]]), 0.0, 5.0)[0])[0]
    assert image[0, 3] < image[1, 3] == image[2, 3] == 255
    assert tuple(image[1, :3]) == (0xAA, 0xC8, 0xE6) and tuple(image[2, :3]) == (0x08, 0x32, 0x5F)


def test_alone_are_points_with_hardly_any_around() -> None:
    counts = np.zeros((40, 40), int)
    counts[5, 5] = 1
    counts[20:30, 20:30] = 2
    counts[20, 17] = 1
    assert np.argwhere(_density.alone(counts, 10)).tolist() == [[5, 5]]
    assert not _density.alone(counts, 0).any()


def test_images_are_the_same_every_time_and_small() -> None:
    one, other = (computed(points(100_000, kinds=3)).columns for _ in range(2))
    assert one == other
    assert len(one["density_light"][0]) < 150_000


def test_detail_of_a_density_is_finer_images_and_at_last_points() -> None:
    result = computed(points(40_000, kinds=2))
    detail = result.detail
    assert detail is not None and detail.whole
    assert {k: v for k, v in detail.at(0).items() if any(x is not None for x in v)} == {
        k: v for k, v in result.columns.items() if any(x is not None for x in v)
    }
    sizes = []
    for level in range(detail.levels - 1):
        (image,) = [held for held in detail.at(level)["density_light"] if held]
        sizes.append(pixels_of(image).shape[:2])
    assert all(b == (2 * a[0], 2 * a[1]) for a, b in itertools.pairwise(sizes))
    last = detail.at(detail.levels - 1)
    assert sum(part is None for part in last["part"]) == 40_000
    assert not any(last["density_light"])


def test_size_is_not_shown_in_a_density_and_the_note_says_so() -> None:
    data = points(60_000)
    data["size"] = Column("mass", "number", array=np.ones(60_000))
    result = computed(data)
    assert "size" not in result.columns
    assert result.notes[0] == 'column "mass": sizes are not shown where a density is drawn.' or (
        "mass" in result.notes[0] and "not shown" in result.notes[0]
    )


@pytest.mark.parametrize("kinds", [3, 12])
def test_every_category_is_in_the_legend(kinds: int) -> None:
    random = np.random.default_rng(1)
    table = {
        "x": random.normal(size=50_000),
        "y": random.normal(size=50_000),
        "kind": np.array([f"kind {at}" for at in range(kinds)])[random.integers(0, kinds, 50_000)],
    }
    chart = pk.scatter(table, "x", "y", color="kind")
    text = chart.to_svg(fonts=False)
    for at in range(kinds):
        assert f">kind {at}</text>" in text
    assert "points per cell" in text
    assert f"{kinds} categories" in chart.describe()


def test_words_tell_of_all_points() -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=50_000)
    table = {"x": x, "y": x + random.normal(size=50_000) / 2}
    said = pk.scatter(table, "x", "y").describe()
    assert "50,000 points." in said
    assert "the relation is strong" in said
    small = pk.scatter({name: values[:7000] for name, values in table.items()}, "x", "y").describe()
    assert "7,000 points." in small and "the relation is strong" in small


def test_a_fork_needs_no_trust_but_another_image_does() -> None:
    fork = presets.get("plotkit/scatter").fork("carey/mine", title="Mine").content
    assert trust.findings(fork) == []
    layer = fork["usermeta"]["plotkit"]["switches"]["density"]["on"][5]["value"][0]
    layer["encoding"]["url"]["field"] = "x"
    assert [found.path.rpartition("/")[2] for found in trust.findings(fork)]


# --- engines -------------------------------------------------------------------------------------


def engines() -> dict[str, Any]:
    return {
        "polars": lambda frame: frame.lazy(),
        "duckdb": lambda frame: __import__("duckdb").from_arrow(frame.to_arrow()),
        "ibis": lambda frame: in_ibis(frame.to_pandas()),
    }


CASES: dict[str, dict[str, Any]] = {
    "density": {"rows": 12_000},
    "categories": {"rows": 12_000, "color": "kind"},
    "shades": {"rows": 12_000, "color": "shade"},
    "log": {"rows": 12_000, "params": {"x_scale": "log"}},
    "piles": {"rows": 12_000, "coarse": True},
    "piles of categories": {"rows": 12_000, "coarse": True, "color": "kind"},
    "piles of sizes": {"rows": 12_000, "coarse": True, "size": "shade"},
    "times": {"rows": 12_000, "x": "when"},
    "no image": {"rows": 12_000, "reduce": 300, "color": "kind"},
}


def frame_of(rows: int, coarse: bool = False) -> Any:
    import polars as pl

    random = np.random.default_rng(11)
    x, y = np.exp(random.normal(size=rows)), random.normal(size=rows)
    if coarse:
        x, y = np.round(x), np.round(y * 3) + 0.0  # no zero is below zero
    shade = random.integers(0, 4, rows).astype(float)
    seconds = random.exponential(1e5, rows).astype("timedelta64[ms]")
    return pl.DataFrame(
        {
            "x": x,
            "y": y,
            "kind": np.array(["b", "a", "c"])[random.integers(0, 3, rows)],
            "shade": shade,
            "when": np.datetime64("2024-02-28T20:00:00.000") + seconds * 1000,
        }
    )


@pytest.mark.parametrize("engine", engines())
@pytest.mark.parametrize("case", CASES)
def test_an_engine_gives_the_same_as_memory(
    case: str, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_crowded, "_PILED_ROWS", 0)  # so that nothing is fetched as a whole
    settings.scatter_marks = 3000
    asked = dict(CASES[case])
    held = frame_of(asked.pop("rows"), asked.pop("coarse", False))
    fields = {"x": asked.pop("x", "x"), "y": "y"}
    fields |= {role: asked.pop(role) for role in ("color", "size") if role in asked}
    one = pk.plot_table("plotkit/scatter", held, fields, **asked)
    other = pk.plot_table("plotkit/scatter", engines()[engine](held), fields, **asked)
    rows = [chart.spec["data"]["values"] for chart in (one, other)]
    if engine != "ibis":
        assert rows[0] == rows[1]
        assert one.notes == other.notes
        return
    # Its rows have no order, so neither have marks and categories: the names are sorted.
    skipped = ("weight", "relation")
    if "kind" in fields.values():
        skipped += ("density_light", "density_dark")
    marks = [
        sorted(repr(without(row, skipped)) for row in held if row.get("part") != "name")
        for held in rows
    ]
    assert marks[0] == marks[1]


def without(row: dict[str, Any], skipped: tuple[str, ...]) -> list[tuple[str, Any]]:
    return sorted((k, v) for k, v in row.items() if k not in skipped)


def test_numbered() -> None:
    found, place = numbered(np.array([7, 3, 7, 9]))
    assert found.tolist() == [3, 7, 9]
    assert place.tolist() == [1, 0, 1, 2]
