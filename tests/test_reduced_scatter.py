"""Pictures of reduced scatter charts beside the full ones, through the real engine."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image

import plotkit as pk
from plotkit import settings

ROWS = 7000  # more than are all drawn, and few enough for the engine to draw all
SHARE, CHANGE = 0.003, 32  # of the pixels may differ by more than so many of 255


Random = np.random.Generator


def blob(random: Random) -> dict[str, Any]:
    return {"x": random.normal(size=ROWS), "y": random.normal(size=ROWS) ** 3}


def along_a_line(random: Random) -> dict[str, Any]:
    x = np.linspace(0, 20, ROWS)
    return {"x": x, "y": np.sin(x) + random.normal(size=ROWS) * 0.01}


def grid_of_integers(random: Random) -> dict[str, Any]:
    return {"x": random.binomial(40, 0.3, ROWS), "y": random.poisson(6, ROWS)}


def categories(random: Random) -> dict[str, Any]:
    kind = random.integers(0, 3, ROWS)
    x = random.normal(size=ROWS) + kind
    return {"x": x, "y": random.gamma(2, size=ROWS), "kind": np.array(["a", "b", "c"])[kind]}


def logarithmic(random: Random) -> dict[str, Any]:
    return {"x": 10 ** random.normal(1, 1.2, ROWS), "y": 10 ** random.uniform(-3, 4, ROWS)}


def times(random: Random) -> dict[str, Any]:
    seconds = random.exponential(4e5, ROWS).astype("timedelta64[s]")
    return {"x": np.datetime64("2024-03-30T22:00") + seconds, "y": random.normal(size=ROWS)}


def heavy_tails(random: Random) -> dict[str, Any]:
    return {"x": random.standard_t(1.5, ROWS), "y": random.standard_t(1.5, ROWS)}


def steps(_: Random) -> dict[str, Any]:
    return {"x": np.arange(ROWS), "y": np.arange(ROWS) // 500}


def shades(random: Random) -> dict[str, Any]:
    x = random.normal(size=ROWS)
    return {"x": x, "y": np.round(x * 2), "shade": x**2}


def sizes(random: Random) -> dict[str, Any]:
    return {
        "x": random.integers(0, 30, ROWS),
        "y": random.integers(0, 12, ROWS),
        "size": random.integers(1, 9, ROWS).astype(float) ** 2,
    }


SHAPES: dict[str, tuple[Any, dict[str, Any]]] = {
    "blob": (blob, {}),
    "along a line": (along_a_line, {}),
    "integers": (grid_of_integers, {}),
    "categories": (categories, {"color": "kind"}),
    "log": (logarithmic, {"params": {"x_scale": "log", "y_scale": "log"}}),
    "times": (times, {}),
    "heavy tails": (heavy_tails, {}),
    "steps": (steps, {}),
    "shades": (shades, {"color": "shade"}),
    "sizes": (sizes, {"size": "size"}),
}


def pixels(chart: pk.Chart, scale: float) -> Any:
    return np.asarray(Image.open(io.BytesIO(chart.to_png(scale=scale))).convert("RGB"), int)


def axes(chart: pk.Chart) -> list[str]:
    """All that axes draw: ticks, labels, titles and where they stand."""
    svg = chart.to_svg(fonts=False)
    return re.findall(r"<(?:text|line)[^>]*>(?:[^<]*</text>)?", svg)


def drawn(data: dict[str, Any], **more: Any) -> pk.Chart:
    return pk.plot_table(
        "plotkit/scatter",
        data,
        {"x": "x", "y": "y", **{k: more.pop(k) for k in ("color", "size") if k in more}},
        **more,
    )


@pytest.mark.parametrize("name", SHAPES)
def test_piles_look_like_all_of_their_points(name: str) -> None:
    make, more = SHAPES[name]
    data = make(np.random.default_rng(7))
    reduced, full = drawn(data, **more), drawn(data, reduce=False, **more)
    assert len(reduced.spec["data"]["values"]) < len(full.spec["data"]["values"]) == ROWS
    assert axes(reduced) == axes(full)
    # The density that pictures have, and that of print. With one pixel a px, the edges of high
    # piles on few places differ by more: half of a percent of all pixels.
    for scale in (2, 3):
        change = np.abs(pixels(reduced, scale) - pixels(full, scale)).max(axis=2)
        assert (change > CHANGE).mean() <= SHARE


# --- density -------------------------------------------------------------------------------------


def image_of(chart: pk.Chart, theme: str = "light") -> Any:
    held = chart.spec["data"]["values"][0][f"density_{theme}"]
    return Image.open(io.BytesIO(base64.b64decode(held.partition(",")[2])))


@pytest.mark.parametrize("name", ["blob", "log", "times", "heavy tails"])
def test_axes_of_a_density_are_those_of_all_points(name: str) -> None:
    make, more = SHAPES[name]
    data = make(np.random.default_rng(7))
    full = drawn(data, reduce=False, **more)
    settings.scatter_marks = 200
    dense = drawn(data, **more)
    assert "density" in dense.notes[-1]
    assert labels(dense) == labels(full)


def labels(chart: pk.Chart) -> list[str]:
    """The numbers along the axes, which are those of all points."""
    groups = re.findall(r"role-axis-label[^>]*>(.*?)</g>", chart.to_svg(fonts=False))
    return re.findall(r">([^<]+)</text>", "".join(groups))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_points_that_lie_alone_are_seen_where_they_are(theme: str) -> None:
    random = np.random.default_rng(3)
    crowd = random.normal(0, 1, (60_000, 2))
    alone = np.array([[9.0, 9.0], [-9, 9], [9, -9], [-9, -9], [0, 8], [8, 0], [-6.5, 5], [6, -7.5]])
    x, y = np.vstack([crowd, alone]).T
    chart = drawn({"x": x, "y": y})
    assert "density" in chart.notes[0]
    seen = np.asarray(
        Image.open(io.BytesIO(chart.to_png(scale=1, theme=theme))).convert("RGB"), int
    )
    ground = seen[0, 0]
    places = ticks(chart)
    for at_x, at_y in alone:
        column, row = places(at_x, at_y)
        patch = seen[round(row) - 1 : round(row) + 2, round(column) - 1 : round(column) + 2]
        assert np.abs(patch - ground).max() > 60


def ticks(chart: pk.Chart) -> Any:
    """From data to pixels, by the chart's own axes."""
    from plotkit.render import svg

    text = chart.to_svg(fonts=False)
    left, top = map(
        float, re.search(r'<g fill="none"[^>]*translate\(([\d.]+),([\d.]+)\)', text).groups()
    )
    image = re.search(
        r"<image[^>]*translate\(([\d.-]+),([\d.-]+)\)[^>]*width=\"([\d.]+)\" height=\"([\d.]+)\"",
        text,
    )
    x, y, wide, high = map(float, image.groups())
    row = chart.spec["data"]["values"][0]
    assert svg.size(text) == (640.0, 400.0)
    return lambda a, b: (
        left + x + (a - row["x"]) / (row["x2"] - row["x"]) * wide,
        top + y + (row["y2"] - b) / (row["y2"] - row["y"]) * high,
    )


def test_the_image_is_drawn_as_it_is_one_pixel_a_cell() -> None:
    """Nothing between the cells is made up: only the colours of the ramp are there."""
    random = np.random.default_rng(5)
    chart = drawn({"x": random.normal(size=100_000), "y": random.normal(size=100_000)})
    cells = image_of(chart)
    assert cells.size == (512, 256)
    places = ticks(chart)
    column, row = (round(2 * at) for at in places(0, 0))
    seen = pixels(chart, 2)[row - 40 : row + 40, column - 60 : column + 60].reshape(-1, 3)
    colours = {tuple(colour) for colour in np.asarray(cells.convert("RGB")).reshape(-1, 3).tolist()}
    gaps = {(255, 255, 255), (0xE8, 0xEB, 0xEE)}  # the ground, and the lines of the grid
    assert {tuple(colour) for colour in seen.tolist()} <= colours | gaps


def test_svg_holds_only_the_image_of_its_theme() -> None:
    random = np.random.default_rng(5)
    chart = drawn({"x": random.normal(size=50_000), "y": random.normal(size=50_000)})
    rows = chart.spec["data"]["values"]
    for theme in ("light", "dark"):
        text = chart.to_svg(theme=theme, fonts=False)
        assert text.count("<image") == 1
        assert rows[0][f"density_{theme}"] in text
        assert "pixelated" in text
