"""A reduced chart in a larger picture shows more: the level of detail follows the pixels."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

import plotkit as pk
from plotkit import stats
from plotkit.preset import Preset
from plotkit.stats import Detail, Result

LEVELS, FEWEST = 4, 5  # level n shows 5 * 2^n points


def _compute(data: Any, options: Any, picture: stats.Picture) -> Result:
    count = FEWEST * 2 ** (LEVELS - 1)
    columns = {"x": [float(i) for i in range(count)], "y": [float(i % 7) for i in range(count)]}
    first = [0 if i < FEWEST else math.ceil(math.log2((i + 1) / FEWEST)) for i in range(count)]
    detail = Detail(columns, first, None, LEVELS, whole=True)
    return Result(detail.at(0), detail=detail)


@pytest.fixture
def chart(monkeypatch: pytest.MonkeyPatch) -> Callable[[], pk.Chart]:
    """A chart whose statistic has four levels, each of twice as many points."""
    real = stats.get
    monkeypatch.setattr(stats, "get", lambda name: _compute if name == "fake" else real(name))
    spec = {
        "data": {"values": []},
        "mark": "point",
        "width": 640,
        "height": 400,
        "autosize": {"type": "fit", "contains": "padding"},
        "encoding": {
            "x": {"field": "x", "type": "quantitative"},
            "y": {"field": "y", "type": "quantitative"},
        },
        "usermeta": {
            "plotkit": {
                "id": "test/fine",
                "roles": {"x": {}, "y": {}},
                "statistic": {"name": "fake"},
            }
        },
    }
    return lambda: pk.plot_table(Preset(spec), {"x": [1], "y": [2]}, {"x": "x", "y": "y"})


def level(made: pk.Chart) -> int:
    """The level that was drawn last."""
    return int(json.loads(list(made._svgs)[-1])[6])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 0),
        ({"scale": 1}, 0),
        ({"scale": 2}, 0),
        ({"scale": 2.1}, 1),
        ({"scale": 4}, 1),
        ({"scale": 4.1}, 2),
        ({"scale": 17}, 3),  # there is no more
        ({"dpi": 192}, 0),
        ({"dpi": 384}, 1),
        ({"width": 1280}, 1),
        ({"width": 2000}, 2),
        ({"height": 800}, 1),
        ({"width": 1280, "height": 800, "scale": 4}, 2),
        ({"width": 320, "height": 200}, 0),
        ({"width": 320, "scale": 4}, 1),  # its height is as designed, at twice the pixels
        ({"width": 320, "height": 200, "scale": 4}, 0),
        ({"size": "nature-single"}, 1),  # 70 mm at 300 dpi: 827 pixels high
        ({"size": "nature-single", "dpi": 250}, 0),
        ({"size": "ieee-page"}, 2),  # 7.16 inches at 600 dpi: 4296
        ({"size": "slide-16:9"}, None),
    ],
)
def test_pixels_decide(
    chart: Callable[[], pk.Chart], options: dict[str, Any], expected: int | None
) -> None:
    made = chart()
    png = made.to_png(**options)
    wide, high = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    finer = max(wide / 1280, high / 800)
    found = level(made)
    assert found == min(max(math.ceil(math.log2(finer) - 0.01), 0), LEVELS - 1)
    assert expected is None or found == expected


def test_every_level_shows_its_rows(chart: Callable[[], pk.Chart]) -> None:
    for scale, count in ((2, 5), (4, 10), (8, 20), (16, 40)):
        made = chart()
        made.to_png(scale=scale)
        (drawn,) = made._svgs.values()
        assert drawn.count("A") >= count  # each point is a circle, of arcs
        assert made._built.at(level(made)).marks == count


def test_the_picture_is_as_large_as_it_was_asked_for(chart: Callable[[], pk.Chart]) -> None:
    png = chart().to_png(scale=4)
    assert [int.from_bytes(png[at : at + 4], "big") for at in (16, 20)] == [2560, 1600]


def test_specs_and_texts_are_those_of_the_first_level(chart: Callable[[], pk.Chart]) -> None:
    made = chart()
    before = made.describe()
    made.to_png(scale=16)
    assert made.describe() == before
    assert len(made.spec["data"]["values"]) == FEWEST
    assert made.live().detail is not None


def test_pictures_of_one_level_are_drawn_once(chart: Callable[[], pk.Chart]) -> None:
    made = chart()
    made.to_png()
    made.to_svg()
    made.to_pdf()
    assert len(made._svgs) == 1
    made.to_png(scale=4)
    assert len(made._svgs) == 2


def test_a_square_preset_counts_its_own_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was prepared for 360 px is twice as fine at 720, not at 1280."""
    scores = [i / 50 for i in range(50)]
    made = pk.roc_curve([i % 3 == 0 for i in range(50)], scores)
    own = made._built.spec["width"]
    points = {"x": [0.0, 1.0], "y": [0.0, 1.0]}
    made._built = made._built._replace(detail=Detail(points, [0, 0], None, 3, True))
    look = made._finer(made._look({"width": own * 2}), stats.DENSITY)
    assert look.level == 1


def test_a_line_shows_more_in_a_larger_picture() -> None:
    np = pytest.importorskip("numpy")
    rows = {"x": np.arange(200_000), "y": np.random.default_rng(3).normal(size=200_000)}
    made = pk.line(rows, "x", "y")
    if made._built.detail is None:
        pytest.skip("lines of this size have no finer level")
    plain = len(made.to_svg(fonts=False))
    assert made.to_svg(fonts=False, width=2000).count("L") > made.to_svg(fonts=False).count("L")
    first = made.to_png(scale=2)
    assert made.to_png(scale=4) != first
    assert len(made.to_svg(fonts=False)) == plain  # the smaller picture is as it was
    counts = [len(made._built.at(at).spec["data"]["values"]) for at in (0, 1)]
    assert counts[1] > counts[0]
