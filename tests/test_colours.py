"""Both themes for people who see little contrast or few colours.

Contrast is that of WCAG 2.2, level AA: 4.5 to 1 for text (1.4.3), 3 to 1 for what a picture is
read by (1.4.11). Colour blindness is simulated by Machado, Oliveira and Fernandes (2009) at its
full severity, and colours are compared by CIEDE2000; both are those of colour-science.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import plotkit as pk
from plotkit import theme
from plotkit.render import page, worker

with np.printoptions():  # it changes how NumPy shows its values, for everybody
    colour = pytest.importorskip("colour", reason="colour-science is not installed")
# Without Matplotlib it leaves a stand-in behind, which others take for the real one.
for _name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
    if getattr(sys.modules[_name], "__spec__", None) is None:
        del sys.modules[_name]

Array = np.ndarray[Any, Any]

TEXT, GRAPHICS = 4.5, 3.0
# Any two colours of the palette, in CIEDE2000, by anybody's eyes; the first four, which most
# charts make do with, are further apart.
APART, FIRST_APART = 10.5, 16.0
VISIONS = ("Normal", "Protanomaly", "Deuteranomaly", "Tritanomaly")


def simulated(vision: str) -> Array:
    """The matrix, for linear RGB, by which somebody sees."""
    if vision == "Normal":
        return np.eye(3)
    with warnings.catch_warnings():
        # It says that the model takes tritanopia for a shift of the cones, which is known.
        warnings.simplefilter("ignore", colour.utilities.ColourUsageWarning)
        made: Array = colour.matrix_cvd_Machado2009(vision, 1)
    return made


SIMULATED = {vision: simulated(vision) for vision in VISIONS}

each_theme = pytest.mark.parametrize("named", theme.NAMES)
each_vision = pytest.mark.parametrize("vision", VISIONS)


def linear(code: str) -> Array:
    """Linear sRGB of a "#rrggbb"."""
    encoded = np.array([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    made: Array = colour.models.eotf_sRGB(encoded)
    return made


def luminance(code: str) -> float:
    return float(linear(code) @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def lab(code: str, vision: str = "Normal") -> Array:
    """CIELAB of a colour as it is seen."""
    seen = np.clip(SIMULATED[vision] @ linear(code), 0, 1)
    made: Array = colour.XYZ_to_Lab(seen @ colour.models.RGB_COLOURSPACE_sRGB.matrix_RGB_to_XYZ.T)
    return made


def distance(one: str, other: str, vision: str) -> float:
    return float(colour.delta_E(lab(one, vision), lab(other, vision), method="CIE 2000"))


def config(named: str) -> dict[str, Any]:
    return theme.config(named)


def test_the_measures_are_known_ones() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert lab("#808080", "Deuteranomaly") == pytest.approx(lab("#808080"), abs=0.1)
    # What makes the simulation worth its name: red and green of one lightness come together.
    assert distance("#c04000", "#6f7000", "Deuteranomaly") < 0.5 * distance(
        "#c04000", "#6f7000", "Normal"
    )


# --- contrast ------------------------------------------------------------------------------------


def colours_of_text(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Every colour of a theme that text is drawn in on the background, with its path."""
    for key, value in node.items():
        if isinstance(value, Mapping):
            # Text on cells has a test of its own; a halo is drawn under text, in no text's colour.
            if not key.startswith("cell-") and key != "halo":
                yield from colours_of_text(value, f"{path}/{key}")
        elif key in ("labelColor", "titleColor", "subtitleColor") or (
            key == "color" and re.search("title$|/text$|label$|note$", path)
        ):
            yield f"{path}/{key}", value


@each_theme
def test_text_on_the_background(named: str) -> None:
    found = dict(colours_of_text(config(named)))
    wanted = {"axis/labelColor", "axis/titleColor", "legend/labelColor", "legend/titleColor"}
    wanted |= {"title/color", "title/subtitleColor", "header/labelColor", "text/color"}
    wanted |= {"style/value-label/color", "style/reference-label/color", "style/note/color"}
    assert wanted <= {path[1:] for path in found}
    for path, code in found.items():
        assert contrast(code, config(named)["background"]) >= TEXT, path


@each_theme
def test_the_palette_is_legible_as_text(named: str) -> None:
    """Lines are named at their ends in their own colours, so these are text as well."""
    for code in config(named)["range"]["category"]:
        assert contrast(code, config(named)["background"]) >= TEXT, code


@each_theme
def test_marks_and_lines_of_reference(named: str) -> None:
    held = config(named)
    codes = {
        "mark": held["mark"]["color"],
        "trail": held["trail"]["color"],
        "rule": held["rule"]["color"],
        "reference": held["style"]["reference"]["color"],
        "zero": held["style"]["zero"]["color"],
        "crosshair": held["style"]["crosshair"]["color"],
        "legend symbol": held["legend"]["symbolBaseFillColor"],
    }
    for name, code in codes.items():
        assert contrast(code, held["background"]) >= GRAPHICS, name


def cell(colours: list[str], share: float) -> str:
    """The fill of a cell: the scale is interpolated in RGB, as Vega does."""
    at = share * (len(colours) - 1)
    low = min(int(at), len(colours) - 2)
    pair = [np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in colours[low : low + 2]]
    mixed = pair[0] * (low + 1 - at) + pair[1] * (at - low)
    return "#" + "".join(f"{round(float(v)):02x}" for v in mixed)


@each_theme
def test_counts_in_the_cells_of_a_heat_map(named: str) -> None:
    held = config(named)
    styles, fills = held["style"], held["range"]["heatmap"]
    for share in np.linspace(0, 1, 201):
        style = "cell-dark" if share >= 0.5 else "cell-light"
        assert contrast(styles[style]["color"], cell(fills, float(share))) >= TEXT, share
    assert contrast(styles["cell-zero"]["color"], fills[0]) >= TEXT


@each_theme
def test_cells_as_they_are_drawn(named: str) -> None:
    """Each count against the cell that it stands on, in the picture."""
    matrix = [[5, 4, 1, 0], [2, 8, 0, 0], [3, 3, 3, 1], [0, 0, 0, 10]]
    chart = pk.confusion_matrix(matrix=matrix)
    svg = worker.vegalite_to_svg(chart.to_json(theme=named), preset="test")
    root = ElementTree.fromstring(svg)
    name = "{http://www.w3.org/2000/svg}"
    groups = [(g.get("class", ""), g) for g in root.iter(f"{name}g")]
    rects = next(g for kind, g in groups if kind.startswith("mark-rect"))
    fills = {}
    for path in rects.iter(f"{name}path"):
        x, y = map(float, re.findall(r"-?[\d.]+", path.get("d", ""))[:2])
        fills[int(x // 64), int(y // 64)] = as_hex(path.get("fill", ""))
    counted = 0
    for texts in (g for kind, g in groups if kind.startswith("mark-text role-mark")):
        for text in texts.iter(f"{name}text"):
            x, y = map(float, re.findall(r"-?[\d.]+", text.get("transform", ""))[:2])
            fill = fills[int(x // 64), int(y // 64)]
            assert contrast(as_hex(text.get("fill", "")), fill) >= TEXT, text.text
            counted += 1
    assert counted == 16


def as_hex(code: str) -> str:
    if code.startswith("rgb"):
        return "#" + "".join(f"{int(v):02x}" for v in re.findall(r"\d+", code))
    return code if len(code) == 7 else "#" + "".join(2 * c for c in code[1:])


@each_theme
def test_every_text_of_every_chart(named: str) -> None:
    """In pictures, whatever style a text has: its fill against what is behind it."""
    background = config(named)["background"]
    y_true, score = [0, 1, 0, 1, 1, 0], [0.2, 0.8, 0.3, 0.6, 0.4, 0.5]
    n = [(k, i) for k in range(8) for i in range(9)]
    series = pk.Table(
        {"x": [i for _, i in n], "y": [40 * k + i for k, i in n], "k": [f"run {k}" for k, _ in n]}
    )
    charts = [
        pk.line(series, "x", "y", color="k", title="Title", subtitle="Subtitle"),
        pk.scatter(series, "x", "y", color="k"),
        pk.bar(pk.Table({"k": list("ab"), "v": [1, -2]}), "k", "v", title="Bars"),
        pk.histogram(series, "y", group="k"),
        pk.roc_curve(y_true, score, threshold=0.45),
        pk.pr_curve(y_true, score, threshold=0.45),
    ]
    for chart in charts:
        svg = worker.vegalite_to_svg(chart.to_json(theme=named), preset="test")
        texts = re.findall(r"<text([^>]*)>(.*?)</text>", svg, re.S)
        assert len(texts) > 5
        for attributes, text in texts:
            fill = as_hex(re.findall(r' fill="([^"]*)"', attributes)[0])
            if "stroke-width" in attributes and fill == background:
                continue  # the halo under a text
            assert contrast(fill, background) >= TEXT, unescape(text)


def test_texts_of_pages() -> None:
    """Notes, controls and cards of a page; reports take their colours from it."""
    for name, codes in page._COLOURS.items():
        for ground in ("paper", "card"):
            assert contrast(codes["ink"], codes[ground]) >= TEXT, (name, ground)
            assert contrast(codes["muted"], codes[ground]) >= TEXT, (name, ground)
        assert contrast(codes["accent"], codes["paper"]) >= TEXT, name


# --- colour blindness ----------------------------------------------------------------------------


@each_vision
@each_theme
def test_any_two_colours_are_told_apart(named: str, vision: str) -> None:
    codes = config(named)["range"]["category"]
    assert len(codes) == 8
    for i, j in itertools.combinations(range(8), 2):
        least = FIRST_APART if max(i, j) < 4 else APART
        assert distance(codes[i], codes[j], vision) >= least, (i, j)


@each_theme
def test_greys_of_a_theme_are_no_category(named: str) -> None:
    """Series drawn in grey behind the others stay apart from the eight, for everybody."""
    held = config(named)
    grey = held["style"]["context"]["color"]
    for code, vision in itertools.product(held["range"]["category"], VISIONS):
        assert distance(grey, code, vision) >= APART, (code, vision)


def second_cue(spec: Mapping[str, Any], channel: str) -> tuple[str, Any]:
    """The field of a channel, and its own range."""
    definition = spec["encoding"][channel]
    return definition["field"], definition.get("scale", {}).get("range")


@pytest.mark.parametrize("name", ["line", "line_series", "roc_curve", "pr_curve"])
def test_lines_differ_by_their_dashes_too(name: str) -> None:
    spec = pk.presets.get(f"plotkit/{name}").spec
    field, dashes = second_cue(spec, "strokeDash")
    assert field == spec["encoding"]["color"]["field"]
    assert len({json.dumps(dash) for dash in dashes}) == len(dashes) >= 7
    # Colours and dashes begin anew after different numbers, so that their pairs do not repeat.
    assert np.gcd(len(dashes), 8) == 1


@each_theme
def test_points_differ_by_their_shapes_too(named: str) -> None:
    spec = pk.presets.get("plotkit/scatter").spec
    assert second_cue(spec, "shape")[0] == second_cue(spec, "color")[0]
    shapes = config(named)["range"]["symbol"]
    assert len(set(shapes)) == len(shapes) == 7


def test_cells_say_their_numbers() -> None:
    """The shade of a cell is never all there is."""
    chart = pk.confusion_matrix(matrix=[[5, 1], [0, 3]])
    assert [row["label"] for row in chart.to_dict()["data"]["values"]] == ["5", "1", "0", "3"]


@each_vision
@each_theme
@pytest.mark.parametrize("kind", ["ramp", "ordinal", "heatmap"])
def test_scales_run_one_way_in_lightness(named: str, kind: str, vision: str) -> None:
    lightness = [float(lab(code, vision)[0]) for code in config(named)["range"][kind]]
    steps = np.diff(lightness)
    assert (steps < 0).all() if named == "light" else (steps > 0).all()
    assert np.abs(steps).min() >= 4


@each_vision
@each_theme
def test_diverging_scales_turn_in_the_middle(named: str, vision: str) -> None:
    codes = config(named)["range"]["diverging"]
    lightness = np.array([float(lab(code, vision)[0]) for code in codes])
    if named == "dark":
        lightness = -lightness
    middle = len(codes) // 2
    assert (np.diff(lightness[: middle + 1]) > 0).all()
    assert (np.diff(lightness[middle:]) < 0).all()
    assert distance(codes[0], codes[-1], vision) >= FIRST_APART
