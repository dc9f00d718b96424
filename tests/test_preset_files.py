"""The built-in preset and theme files themselves: valid, complete, drawable, and legible."""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

jsonpatch = pytest.importorskip("jsonpatch")

PRESETS = Path(__file__).resolve().parent.parent / "presets"
NAMES = (
    "line",
    "line_series",
    "scatter",
    "bar",
    "histogram",
    "roc_curve",
    "pr_curve",
    "confusion_matrix",
    "area_under_curve",
    "smoothed_line",
    "histogram_series",
)
THEMES = ("light", "dark")
META = {"format", "id", "version", "title", "description", "roles", "strings", "switches"}
SQUARE = ("roc_curve", "pr_curve", "area_under_curve")
# Names that plain JavaScript objects already have; the engine must not stumble over them.
OBJECT_NAMES = ("constructor", "toString", "valueOf", "__proto__", "hasOwnProperty")


def load(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PRESETS / f"{name}.json").read_text("utf-8"))
    return found


def theme(name: str) -> dict[str, Any]:
    found: dict[str, Any] = load(f"themes/{name}")["config"]
    return found


def meta(spec: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = spec["usermeta"]["plotkit"]
    return found


# Switches that change what another one puts there.
BUILDS_ON = {"density_faded": "density"}


def patched(spec: dict[str, Any], switch: str, side: str = "on") -> dict[str, Any]:
    if side == "on" and switch in BUILDS_ON:
        spec = patched(spec, BUILDS_ON[switch])
    operations = meta(spec)["switches"][switch][side]
    result: dict[str, Any] = jsonpatch.apply_patch(copy.deepcopy(spec), operations)
    return result


def walk(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for key, value in node.items():
            if key not in ("data", "usermeta"):
                yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def marks(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [part["mark"] for part in spec.get("layer", [spec]) if "mark" in part]


@pytest.fixture(scope="module")
def validator() -> Any:
    from jsonschema import Draft7Validator

    found = find_spec("altair")
    assert found is not None and found.origin is not None
    path = Path(found.origin).parent / "vegalite" / "v6" / "schema" / "vega-lite-schema.json"
    return Draft7Validator(json.loads(path.read_text("utf-8")))


def svg_of(spec: dict[str, Any], config: dict[str, Any] | None = None) -> str:
    import vl_convert

    fonts = PRESETS.parent / "plotkit" / "fonts"
    if fonts.is_dir():
        vl_convert.register_font_directory(str(fonts))
    drawn = {**spec, "config": config} if config is not None else spec
    text: str = vl_convert.vegalite_to_svg(json.dumps(drawn))
    return text


def test_no_file_is_missing_and_none_is_unknown() -> None:
    assert {path.stem for path in PRESETS.glob("*.json")} == set(NAMES)
    assert {path.stem for path in (PRESETS / "themes").glob("*.json")} == set(THEMES)


# --- the files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_file_is_valid_vega_lite(name: str, validator: Any) -> None:
    assert [error.message for error in validator.iter_errors(load(name))] == []


@pytest.mark.parametrize("name", THEMES)
def test_theme_is_a_valid_config(name: str, validator: Any) -> None:
    assert load(f"themes/{name}")["name"] == name
    spec = {"data": {"values": []}, "mark": "bar", "config": theme(name)}
    assert [error.message for error in validator.iter_errors(spec)] == []


@pytest.mark.parametrize("name", NAMES)
def test_file_says_all_that_the_pipeline_asks(name: str) -> None:
    spec = load(name)
    found = meta(spec)
    assert set(found) >= META
    assert found["id"] == f"plotkit/{name}"
    for role in found["roles"].values():
        assert {"types", "required", "missing", "description"} <= set(role)
        assert role["missing"] in ("drop", "gap", "error", "keep")
    for string in found["strings"].values():
        assert {"default", "at", "description"} <= set(string)
    assert {"title", "subtitle", "y-axis-title"} <= set(found["strings"])
    assert "statistic" in found
    for switch in found["switches"].values():
        assert {"on", "off", "description"} == set(switch)


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_a_role_or_an_output(name: str) -> None:
    spec = load(name)
    known = set(meta(spec)["roles"]) | set(meta(spec).get("outputs", {}))
    variants = [spec, *(patched(spec, switch) for switch in meta(spec)["switches"])]
    for variant in variants:
        folded = "fold" in json.dumps(variant.get("transform", []))
        made = {"at", "level", "count"} if folded else set()
        fields = {node["field"] for node in walk(variant) if isinstance(node.get("field"), str)}
        assert fields <= known | made
        needed = [
            part["name"].removeprefix("needs:").split("+")
            for part in variant.get("layer", [])
            if part.get("name", "").startswith("needs:")
        ]
        assert set(itertools.chain(*needed)) <= known
    columns = set().union(*(set(row) for row in spec["data"]["values"]))
    assert columns <= known


@pytest.mark.parametrize("name", NAMES)
def test_strings_stand_somewhere(name: str) -> None:
    spec = load(name)
    variants = [spec, *(patched(spec, switch) for switch in meta(spec)["switches"])]
    for string in meta(spec)["strings"].values():
        for pointer in string["at"]:
            places = [holds(variant, pointer) for variant in variants]
            assert any(places), pointer


def holds(spec: dict[str, Any], pointer: str) -> bool:
    node: Any = spec
    for key in pointer.split("/")[1:]:
        if not isinstance(node, dict) or key not in node:
            return False
        node = node[key]
    return True


@pytest.mark.parametrize("name", NAMES)
def test_every_mark_is_silent_for_aria_and_its_tooltip_is_a_list(name: str) -> None:
    spec = load(name)
    for variant in [spec, *(patched(spec, switch) for switch in meta(spec)["switches"])]:
        for mark in marks(variant):
            assert mark["aria"] is False
        for node in walk(variant):
            if "tooltip" in node:
                assert isinstance(node["tooltip"], list)


@pytest.mark.parametrize("name", NAMES)
def test_no_colour_stands_in_a_preset(name: str) -> None:
    text = (PRESETS / f"{name}.json").read_text("utf-8")
    assert re.findall(r'"#[0-9a-fA-F]{3,8}"', text) == []


@pytest.mark.parametrize("name", NAMES)
def test_styles_are_those_of_the_themes(name: str) -> None:
    spec = load(name)
    used: set[str] = set()
    for variant in [spec, *(patched(spec, switch) for switch in meta(spec)["switches"])]:
        for mark in marks(variant):
            style = mark.get("style", [])
            used.update([style] if isinstance(style, str) else style)
    for dressed in THEMES:
        assert used <= set(theme(dressed)["style"])


# --- drawing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_file_draws_as_it_stands(name: str) -> None:
    assert svg_of(load(name)).count("<path") > 5


@pytest.mark.parametrize("dressed", THEMES)
@pytest.mark.parametrize("name", NAMES)
def test_figure_has_its_size(name: str, dressed: str) -> None:
    svg = svg_of(load(name), theme(dressed))
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert found is not None
    if name in SQUARE:
        plot = re.search(r'class="background"[^>]*d="M[\d.,]+h([\d.]+)v([\d.]+)', svg)
        assert plot is not None and plot[1] == plot[2]
    elif name != "confusion_matrix":
        assert (float(found[1]), float(found[2])) == (640, 400)


def drawn_texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_a_band_leaves_the_title_of_the_axis_alone() -> None:
    spec = load("line")
    spec["encoding"]["y"]["title"] = "accuracy"
    assert "accuracy" in drawn_texts(svg_of(spec, theme("light")))


@pytest.mark.parametrize(("name", "field"), [("line", "y"), ("line_series", "lineVal")])
def test_log_axis_has_a_gridline_at_each_power_of_ten_only(name: str, field: str) -> None:
    spec = patched(patched(load(name), "log_y"), "decades_y")
    rows = [row for row in spec["data"]["values"] if row.get("color", row.get("lineKey")) == "adam"]
    for row, value in zip(rows, (0.002, 0.03, 0.4, 5), strict=False):
        row.update(dict.fromkeys({field, "error_low", "error_high"} & set(row), value))
    spec["data"]["values"] = rows[:4]
    svg = svg_of(spec, theme("light"))
    grid = re.search(r"role-axis-grid[^>]*>(.*?)</g>", svg, re.S)
    assert grid is not None
    lines = re.findall(r"<line[^>]*>", grid[1])
    shown = [line for line in lines if 'opacity="0"' not in line]
    assert len(shown) == 5 < len(lines)
    assert {"0.001", "0.01", "0.1", "1", "10"} <= set(drawn_texts(svg))


def test_outlines_leave_empty_bins_out() -> None:
    spec = patched(load("histogram"), "grouped")
    counts = {"a": (2, 3, 0, 0, 1, 0), "b": (0, 0, 0, 4, 0, 0)}
    spec["data"]["values"] = [
        {"x0": i, "x1": i + 1, "count": count, "group": group}
        for group, found in counts.items()
        for i, count in enumerate(found)
    ]
    svg = svg_of(spec, theme("light"))
    groups = re.findall(r'mark-line role-mark[^>]*>\s*<path[^>]* d="([^"]*)"', svg)
    assert len(groups) == 2
    assert [path.count("M") for path in groups] == [2, 1]  # one outline for each stretch of bins
    assert [path.count("L") for path in groups] == [5 + 3, 3]


def test_legend_columns_follow_from_the_names() -> None:
    def rows(names: list[str]) -> int:
        spec = load("line_series")
        spec["data"]["values"] = [
            {"step": x, "lineVal": x + i, "lineKey": name, "stroke": name}
            for i, name in enumerate(names)
            for x in (0, 1)
        ]
        svg = svg_of(spec, theme("light"))
        entry = r',([\d.]+)\)"><path class="background"[^>]*><g><g class="mark-symbol'
        tops = re.findall(entry, svg)
        assert len(tops) == len(names)
        return len(set(tops))

    assert rows(["a", "b", "c", "d", "e", "f", "g", "h"]) == 1
    assert rows([f"name of eighteen {i}" for i in range(6)]) == 2
    assert rows([f"a name of some thirty letters {i}" for i in range(4)]) == 2


SWITCHES = [(name, switch) for name in NAMES for switch in meta(load(name))["switches"]]


@pytest.mark.parametrize(("name", "switch"), SWITCHES)
def test_switch_applies_cleanly_and_draws(name: str, switch: str, validator: Any) -> None:
    spec = load(name)
    if (name, switch) == ("histogram", "legend"):  # there is none without groups
        spec = patched(spec, "grouped")
    for side in ("on", "off"):
        variant = patched(spec, switch, side)
        assert [error.message for error in validator.iter_errors(variant)] == []
        if variant != spec:
            assert svg_of(variant, theme("light")).count("<path") > 5


@pytest.mark.parametrize("name", ["line", "line_series", "scatter", "roc_curve", "pr_curve"])
def test_hover_and_zoom_do_not_show_in_a_static_picture(name: str) -> None:
    spec = load(name)
    bare = copy.deepcopy(spec)
    for node in walk(bare):
        if isinstance(node.get("clip"), dict):
            node["clip"] = False
        if isinstance(node.get("params"), list):
            node["params"] = [param for param in node["params"] if "select" not in param]
        opacity = node.get("opacity")
        if isinstance(opacity, dict) and "param" in opacity.get("condition", {}):
            node["opacity"] = {"value": opacity["condition"]["value"]}
    assert shapes(svg_of(bare, theme("light"))) == shapes(svg_of(spec, theme("light")))


def shapes(svg: str) -> list[str]:
    return re.findall(r' d="([^"]+)"', svg)


@pytest.mark.parametrize("dressed", THEMES)
def test_names_of_object_members_draw_as_any_other(dressed: str) -> None:
    for name, fields in [
        ("line", ("color", "stroke", "end_label")),
        ("scatter", ("category",)),
        ("bar", ("label",)),
        ("bar", ("group",)),
        ("roc_curve", ("end",)),
        ("confusion_matrix", ("Actual", "Predicted")),
    ]:
        spec = load(name)
        rows = spec["data"]["values"]
        values = list(dict.fromkeys(v for row in rows for f in fields if (v := row.get(f))))
        renamed = dict(zip(values, (*OBJECT_NAMES, *values[len(OBJECT_NAMES) :]), strict=False))
        before = len(shapes(svg_of(spec, theme(dressed))))
        for row in rows:
            for field in fields:
                row[field] = renamed.get(row.get(field), row.get(field))
        svg = svg_of(spec, theme(dressed))
        assert len(shapes(svg)) == before, name
        for value in renamed.values():
            assert f">{value}<" in svg, (name, value)


def test_a_gap_breaks_the_line_and_a_lone_point_shows() -> None:
    spec = load("line")
    rows = [{"x": x, "y": y, "lone": x == 4} for x, y in enumerate([1, 2, 3, None, 2, None, 3, 4])]
    spec["data"]["values"] = rows
    spec["layer"] = [part for part in spec["layer"] if part["name"] in ("main", "needs:lone")]
    del spec["encoding"]["color"], spec["encoding"]["strokeDash"]
    svg = svg_of(spec, theme("light"))
    main = re.search(r'mark-line role-mark main_marks.*?d="([^"]+)"', svg)
    assert main is not None and main[1].count("M") >= 2
    assert re.search(r'needs_lone_marks.*?<path[^>]*d="[^"]+"', svg) is not None


def test_bars_are_rounded_away_from_zero() -> None:
    spec = load("bar")
    spec["data"]["values"] = [{"label": "up", "value": 3}, {"label": "down", "value": -2}]
    for channel in ("color", "xOffset"):
        del spec["encoding"][channel]
    spec["layer"] = spec["layer"][:2]
    svg = svg_of(spec, theme("light"))
    bars = re.search(r"main_marks.*?</g>", svg)
    assert bars is not None
    up, down = (round_corners(path) for path in re.findall(r' d="([^"]+)"', bars[0]))
    # On the screen, y grows downwards: the zero line is the lowest edge of one, the highest of
    # the other.
    assert len(up) == len(down) == 2
    assert max(up) < min(down)
    assert "zero_marks" in svg and re.search(r"zero_marks[^>]*><line", svg)


def round_corners(path: str) -> list[float]:
    """The heights at which a path has corners with a radius."""
    points = re.findall(r"C([-\d.]+),([-\d.]+),[-\d.]+,[-\d.]+,([-\d.]+),([-\d.]+)", path)
    return [float(y1) for x0, y0, x1, y1 in points if (x0, y0) != (x1, y1)]


def test_numbers_on_an_axis() -> None:
    def labels(low: float, high: float, scale: dict[str, Any] | None = None) -> list[str]:
        spec: dict[str, Any] = {
            "width": 400,
            "height": 300,
            "data": {"values": [{"x": 0, "y": low}, {"x": 1, "y": high}]},
            "mark": "point",
            "encoding": {
                "x": {"field": "x", "type": "quantitative", "axis": None},
                "y": {"field": "y", "type": "quantitative", "scale": scale or {"zero": False}},
            },
            "config": theme("light"),
        }
        return re.findall(r"<text[^>]*>([^<]*)</text>", svg_of(spec))[:-1]

    assert labels(0, 1) == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert labels(-20_000, 20_000) == ["\u221220,000", "\u221210,000", "0", "10,000", "20,000"]
    assert labels(0, 2_500_000) == ["0", "0.5M", "1.0M", "1.5M", "2.0M", "2.5M"]
    small = "\N{MULTIPLICATION SIGN}10⁻⁹"
    assert labels(0, 5e-9) == ["0", *(f"{k}{small}" for k in range(1, 6))]
    assert labels(1, 1000, {"type": "log"}) == ["1", "10", "100", "1,000"]
    wide = [text for text in labels(1e-12, 1, {"type": "log"}) if text]
    assert wide[0] == "10⁻¹²" and wide[-1] == "1"


# --- colours -------------------------------------------------------------------------------------

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritan": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
Array = np.ndarray[Any, Any]


def linear(colour: str) -> Array:
    value = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    made: Array = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return made


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(colour: str, vision: str) -> Array:
    seen = np.clip(VISION[vision] @ linear(colour), 0, 1)
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750]]
    xyz = np.array([*to_xyz, [0.0193339, 0.1191920, 0.9503041]]) @ seen / [0.95047, 1, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one: Array, other: Array) -> float:
    """CIEDE2000."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    grow = 1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25.0**7))
    c1, c2 = np.hypot(a1 * grow, b1), np.hypot(a2 * grow, b2)
    h1 = np.degrees(np.arctan2(b1, a1 * grow)) % 360
    h2 = np.degrees(np.arctan2(b2, a2 * grow)) % 360
    turn = (h2 - h1 + 180) % 360 - 180
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    light, chroma, hue = (l1 + l2) / 2, (c1 + c2) / 2, (h1 + turn / 2) % 360
    t = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    sl = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    bend = np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    rt = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * bend
    dl, dc = (l2 - l1) / sl, (c2 - c1) / sc
    return float(np.sqrt(dl**2 + dc**2 + (dh / sh) ** 2 + rt * dc * dh / sh))


def test_distance_agrees_with_the_published_examples() -> None:
    # Sharma, Wu and Dalal 2005, pairs 1, 7 and 17.
    assert distance(np.array([50, 2.6772, -79.7751]), np.array([50, 0, -82.7485])) == (
        pytest.approx(2.0425, abs=1e-4)
    )
    assert distance(np.array([50, 0, 0]), np.array([50, -1, 2])) == pytest.approx(2.3669, abs=1e-4)
    assert distance(np.array([50, 2.5, 0]), np.array([73, 25, -18])) == (
        pytest.approx(27.1492, abs=1e-4)
    )


@pytest.mark.parametrize("dressed", THEMES)
def test_colours_stand_out_from_the_background(dressed: str) -> None:
    config = theme(dressed)
    background = config["background"]
    for colour in config["range"]["category"]:
        assert contrast(colour, background) >= 3
    assert contrast(config["title"]["color"], background) >= 7
    for colour in (config["axis"]["labelColor"], config["title"]["subtitleColor"]):
        assert contrast(colour, background) >= 4.5


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("dressed", THEMES)
def test_colours_can_be_told_apart(dressed: str, vision: str) -> None:
    seen = [lab(colour, vision) for colour in theme(dressed)["range"]["category"]]
    assert len(seen) == 8
    for i, j in itertools.combinations(range(8), 2):
        least = 16 if max(i, j) < 4 else 10.5
        assert distance(seen[i], seen[j]) >= least, (i, j)


@pytest.mark.parametrize("dressed", THEMES)
@pytest.mark.parametrize("kind", ["ramp", "heatmap"])
def test_ramps_run_evenly_one_way(dressed: str, kind: str) -> None:
    config = theme(dressed)
    lightness = [float(lab(c, "normal")[0]) for c in config["range"][kind]]
    steps = np.diff(lightness)
    assert (steps < 0).all() if dressed == "light" else (steps > 0).all()
    assert np.abs(steps).max() <= 2 * np.abs(steps).min()
    if kind == "ramp":  # single points are drawn in it
        assert contrast(config["range"][kind][0], config["background"]) >= 1.7


@pytest.mark.parametrize("dressed", THEMES)
def test_text_reads_on_every_cell(dressed: str) -> None:
    """The cells' text changes its colour at a share of 0.5."""
    config = theme(dressed)
    colours = config["range"]["heatmap"]
    ramp = [np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in colours]
    for share in np.linspace(0, 1, 41):
        at = share * (len(ramp) - 1)
        low = min(int(at), len(ramp) - 2)
        mixed = ramp[low] * (low + 1 - at) + ramp[low + 1] * (at - low)
        cell = "#" + "".join(f"{round(float(v)):02x}" for v in mixed)
        style = config["style"]["cell-dark" if share >= 0.5 else "cell-light"]
        assert contrast(style["color"], cell) >= 4.5, share
