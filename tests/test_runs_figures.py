"""Charts and figures of other libraries as logged values: live where faithful, else said why."""

from __future__ import annotations

import copy
import datetime as dt
import io
import json
import math
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from media_folder import Folder

import plotkit as pk
from plotkit import errors, presets
from plotkit.runs import media
from plotkit.runs.media import figures
from plotkit.runs.media.charts import LoggedChart, from_spec, patched
from plotkit.theme import config

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

LIGHT = config("light")["range"]["category"]
DARK = config("dark")["range"]["category"]
RNG = np.random.default_rng(6)
WALK = RNG.normal(size=40).cumsum()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture(autouse=True)
def no_open_figures() -> Iterator[None]:
    plt.close("all")
    yield
    plt.close("all")


def back(value: Any, folder: Folder) -> LoggedChart:
    """What comes back of a logged value."""
    wrapped = figures.wrap(value)
    assert wrapped is not None
    found = media.load(wrapped.store(folder.keep), folder.path)
    assert isinstance(found, LoggedChart)
    return found


def layers(chart: LoggedChart) -> list[dict[str, Any]]:
    spec = chart.spec
    return spec.get("layer", [spec])


def rows(chart: LoggedChart, *keys: str) -> list[tuple[Any, ...]]:
    return [tuple(row[key] for key in keys) for row in chart.spec["data"]["values"]]


# --- plotkit's own charts -------------------------------------------------------------------------

CHARTS: dict[str, Callable[[], pk.Chart]] = {
    "line": lambda: pk.line({"x": [1, 2, 3], "y": [3, 1, 2]}, "x", "y", title="Loss"),
    "bar": lambda: pk.bar({"fruit": ["fig", "pear"], "kg": [3, 1]}, "fruit", "kg"),
    "scatter": lambda: pk.scatter({"x": WALK, "y": WALK[::-1]}, "x", "y"),
    "histogram": lambda: pk.histogram({"v": WALK}, "v", subtitle="of a walk"),
    "roc": lambda: pk.roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]),
    "pr": lambda: pk.pr_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]),
    "matrix": lambda: pk.confusion_matrix(y_true=["a", "b", "b"], preds=["a", "b", "a"]),
    "dates": lambda: pk.line({"d": [dt.date(2024, 1, d) for d in (1, 2)], "y": [1, 2]}, "d", "y"),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_comes_back_as_it_was(name: str, folder: Folder) -> None:
    chart = CHARTS[name]()

    found = back(chart, folder)

    assert found.to_svg() == chart.to_svg()
    assert found.to_svg(theme="dark") == chart.to_svg(theme="dark")
    assert found.to_html() == chart.to_html()
    assert found.spec == chart.spec
    assert (found.strings, found.notes) == (chart.strings, chart.notes)
    assert found.describe("de") == chart.describe("de")
    assert found.preset.id == chart.preset.id
    assert found.preset.version == chart.preset.version
    assert found.preset.digest == chart.preset.digest


def test_all_formats_of_a_chart_that_came_back(folder: Folder) -> None:
    chart = CHARTS["line"]()

    found = back(chart, folder)

    assert found.to_png(width=300, height=200) == chart.to_png(width=300, height=200)
    assert found.to_pdf() == chart.to_pdf()
    assert found.to_altair().to_dict()["layer"]
    assert found.untitled().title == ""
    assert copy.copy(found).title == "Loss"
    assert found.fork("me/mine").parent == {
        "id": chart.preset.id,
        **({"version": chart.preset.version} if chart.preset.version else {}),
        "digest": chart.preset.digest,
    }


def test_the_same_chart_is_kept_once(folder: Folder) -> None:
    first = LoggedChart.of(CHARTS["line"]()).store(folder.keep)
    again = LoggedChart.of(CHARTS["line"]()).store(folder.keep)
    other = LoggedChart.of(pk.line({"x": [1, 2], "y": [9, 9]}, "x", "y")).store(folder.keep)

    assert first == again
    assert first == {
        "_type": "chart",
        "file": first["file"],
        "preset": "plotkit/line",
        "title": "Loss",
    }
    assert other["file"] != first["file"]
    assert len(list((folder.path / "media").iterdir())) == 3  # two charts, one preset


def test_many_rows_are_kept_as_the_picture_shows_them(folder: Folder) -> None:
    chart = pk.line({"x": np.arange(30_000), "y": RNG.normal(size=30_000)}, "x", "y")

    found = back(chart, folder)

    assert found.spec["data"] == chart.spec["data"]
    assert found.notes[:-1] == chart.notes
    assert found.notes[-1].startswith("Logged with the rows that the picture shows")


def test_a_density_comes_back_with_its_picture(folder: Folder) -> None:
    values = RNG.normal(size=(2, 60_000))
    chart = pk.scatter({"x": values[0], "y": values[1]}, "x", "y")

    found = back(chart, folder)

    assert "<image" in found.to_svg()
    assert found.to_svg(theme="dark") != found.to_svg()


def test_a_spec_that_vegafusion_evaluated(folder: Folder) -> None:
    pytest.importorskip("vegafusion")
    spec = {
        "mark": "bar",
        "data": {"values": [{"g": "a", "v": 1}]},
        "encoding": {
            "x": {"field": "g", "type": "nominal"},
            "y": {"field": "v", "type": "quantitative", "aggregate": "mean"},
        },
    }
    table = {"g": ["a", "b"] * 60_000, "v": np.arange(120_000.0)}
    chart = pk.plot_table(spec, table, {"g": "g", "v": "v"})
    assert chart._built.rows is not None

    found = back(chart, folder)

    assert found.to_svg() == chart.to_svg()
    assert found.to_svg(theme="dark") == chart.to_svg(theme="dark")
    assert found.describe() == chart.describe()
    assert found.notes == chart.notes
    assert set(found.live().specs) == {"light", "dark"}


def test_a_preset_of_ones_own_comes_back_untrusted(folder: Folder) -> None:
    own = presets.get("plotkit/bar").fork("me/bars", title="Mine")
    chart = pk.plot_table(own, {"f": ["a"], "k": [1]}, {"label": "f", "value": "k"})

    found = back(chart, folder)

    assert found.preset.id == "me/bars"
    assert found.preset.digest == own.digest
    assert not found.preset.is_checked  # drawing other rows with it checks it


def test_a_file_that_is_gone_or_torn_is_told(folder: Folder) -> None:
    stored = LoggedChart.of(CHARTS["bar"]()).store(folder.keep)
    file = folder.path / stored["file"]
    whole = file.read_bytes()
    for content in (whole[:-9], b"[]", b"{}", b'{"preset": {}}', b"\xff"):
        file.write_bytes(content)
        with pytest.raises(errors.RunError, match="is not there, or is not a chart"):
            media.load(stored, folder.path)
    file.unlink()
    with pytest.raises(errors.RunError, match="is not there, or is not a chart"):
        media.load(stored, folder.path)
    with pytest.raises(errors.RunError):
        media.load({**stored, "file": "../../etc/passwd"}, folder.path)


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"url": "https://example.org/rows.csv"}},
        {"layer": [{"mark": {"type": "image"}, "encoding": {"url": {"field": "x"}}}]},
        {"__proto__": {"a": 1}},
    ],
)
def test_a_strangers_folder_holds_no_addresses(folder: Folder, change: dict[str, Any]) -> None:
    stored = LoggedChart.of(CHARTS["bar"]()).store(folder.keep)
    file = folder.path / stored["file"]
    content = json.loads(file.read_text())
    for held in ("spec", "dark"):
        changed = copy.deepcopy(content)
        changed[held] = {**content["spec"], **change} if held == "spec" else {"": change}
        file.write_text(json.dumps(changed))
        with pytest.raises(errors.TrustError):
            media.load(stored, folder.path)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "change",
    [
        {"/data": {"url": "https://example.org/rows.csv"}},
        {"/data/url": "https://example.org/rows.csv"},
        {"/mark": "image", "/encoding/url": {"value": "https://example.org/a.png"}},
        {"/encoding/href": {"value": "javascript:alert(1)"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_strangers_colours_bring_no_addresses(
    folder: Folder, change: dict[str, Any], theme: str
) -> None:
    spec = {
        "data": {"values": [{"x": 1}]},
        "mark": {"type": "point"},
        "encoding": {"x": {"field": "x", "type": "quantitative"}},
    }
    stored = from_spec(spec, "me/points").store(folder.keep)
    file = folder.path / stored["file"]
    content = json.loads(file.read_text())
    content["dark"] = {"/mark/color": "white"}
    file.write_text(json.dumps(content))
    assert isinstance(media.load(stored, folder.path), LoggedChart)
    if theme == "dark":
        content["dark"] |= change
    else:
        content |= {"spec": patched(content["spec"], change), "dark": {}}
    file.write_text(json.dumps(content))
    with pytest.raises(errors.TrustError):
        media.load(stored, folder.path)


@pytest.mark.parametrize(
    "change",
    [
        {"dark": {"/a/b/c": 1}},
        {"dark": {"a": 1}},
        {"dark": {"/mark/type/x": 1}},
        {"dark": {"/layer/x": 1}},
        {"dark": {"/layer/99": 1}},
        {"dark": {"": 5}},
        {"dark": 5},
        {"dark": [1]},
        {"spec": [1]},
        {"spec": "x"},
        {"strings": 7},
        {"notes": 5},
    ],
    ids=str,
)
def test_a_strangers_folder_that_is_no_chart_is_told(
    folder: Folder, change: dict[str, Any]
) -> None:
    stored = LoggedChart.of(CHARTS["bar"]()).store(folder.keep)
    file = folder.path / stored["file"]
    content = json.loads(file.read_text())
    content["spec"]["layer"] = [{"mark": "bar"}]
    file.write_text(json.dumps({**content, **change}))
    with pytest.raises(errors.MediaError, match="is not there, or is not a chart"):
        media.load(stored, folder.path)


def test_patched_changes_no_other_spec() -> None:
    spec = {"layer": [{"mark": {"color": "a"}}, {"mark": {"color": "b"}}]}

    made = patched(spec, {"/layer/1/mark/color": "c"})

    assert made == {"layer": [{"mark": {"color": "a"}}, {"mark": {"color": "c"}}]}
    assert spec["layer"][1]["mark"]["color"] == "b"


# --- Matplotlib -----------------------------------------------------------------------------------


def test_the_sample_of_the_document(tmp_path: Path) -> None:
    plt.plot([1, 2, 3, 4])
    plt.ylabel("some interesting numbers")

    with pk.init(project="p", dir=tmp_path, id="r") as run:
        run.log({"chart": plt, "image": pk.Image(plt), "all": [plt.gcf(), plt.gca()]})

    found = pk.Api(tmp_path).run("p/r").history
    ((_, chart),) = found.objects("chart")
    assert rows(chart, "x", "y") == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert "some interesting numbers" in chart.to_svg()
    assert chart.notes == ("This Matplotlib figure is drawn as a live chart of its data.",)
    ((_, image),) = found.objects("image")
    assert isinstance(image, pk.Image)
    ((_, both),) = found.objects("all")
    assert [one.spec for one in both] == [chart.spec, chart.spec]


def test_pyplot_without_a_figure_is_told() -> None:
    with pytest.raises(errors.RunError, match="has no open figure to log"):
        figures.wrap(plt)
    assert plt.get_fignums() == []


def _everything(figure: Figure) -> list[Any]:
    """What can be seen of a figure's state."""
    told: list[Any] = [figure.get_size_inches().tolist(), figure.dpi, type(figure.canvas)]
    for axes in figure.axes:
        told += [axes.get_xlim(), axes.get_ylim(), axes.get_autoscale_on()]
        told += [
            [type(child), child.get_zorder(), child.get_visible()] for child in axes.get_children()
        ]
        told += [line.get_xydata().tolist() for line in axes.lines]
        told += [[t.get_text() for t in axes.texts], axes.get_title(), axes.get_position().bounds]
        told.append(axes.get_legend() is None)
    return told


@pytest.mark.parametrize("polar", [False, True])
def test_the_callers_figure_stays_as_it_is(polar: bool) -> None:
    figure, axes = plt.subplots(subplot_kw={"projection": "polar"} if polar else {})
    axes.plot([1, 2, 3], label="a")
    axes.bar([1, 2], [1, 2])
    axes.legend()
    params = dict(matplotlib.rcParams)
    axes.get_xlim()  # limits are only computed when asked for
    before = _everything(figure)

    wrapped = figures.wrap(figure)

    assert wrapped is not None
    assert wrapped.kind == ("image" if polar else "chart")
    assert _everything(figure) == before
    assert plt.get_fignums() == [figure.number]
    assert dict(matplotlib.rcParams) == params


def test_what_is_drawn_afterwards_is_not_logged(folder: Folder) -> None:
    figure, axes = plt.subplots()
    (line,) = axes.plot([1, 2, 3])
    logged = figures.wrap(figure)
    line.set_ydata([9, 9, 9])
    axes.set_title("Later")

    assert logged is not None
    found = media.load(logged.store(folder.keep), folder.path)
    assert isinstance(found, LoggedChart)
    assert rows(found, "y") == [(1,), (2,), (3,)]
    assert found.title == ""


def lines() -> None:
    x = np.linspace(0, 10, 30)
    plt.plot(x, np.sin(x), label="sin")
    plt.plot(x, np.cos(x), "r--", label="cos", linewidth=3)
    plt.plot(x, x / 10, "k:", marker="o", markevery=5, label="linear")
    plt.axhline(0, color="gray", lw=1)
    plt.axvline(3, linestyle="-.")
    plt.axvspan(2, 4, alpha=0.2)
    plt.legend(title="f")
    plt.title("Functions")
    plt.xlabel("x")


def log_axes() -> None:
    plt.loglog([1, 10, 100, 1000], [1, 0.1, 0, 0.001], "s-")


def bars() -> None:
    plt.bar_label(plt.bar(["apple", "fig"], [3, 1], color=["C0", "#d62728"]))


def grouped_bars() -> None:
    x = np.arange(3)
    plt.bar(x - 0.2, [3, 4, 2], 0.4, label="men")
    plt.bar(x + 0.2, [2, 5, 3], 0.4, label="women")
    plt.xticks(x, ["A", "B", "a long name"], rotation=45)
    plt.legend()


def stacked_bars() -> None:
    plt.bar(["x", "y"], [1, 2], label="a")
    plt.bar(["x", "y"], [2, 1], bottom=[1, 2], label="b")
    plt.legend()


def lying_bars() -> None:
    plt.barh(["a", "b", "c"], [3, 1, -2])
    plt.gca().invert_yaxis()


def histograms() -> None:
    plt.hist(WALK, bins=8, alpha=0.6)
    plt.hist(WALK + 1, bins=8, histtype="step")
    plt.hist(WALK + 2, bins=8, histtype="stepfilled", alpha=0.4)


def shaded_scatter() -> None:
    found = plt.scatter(WALK, WALK[::-1], c=WALK, s=np.abs(WALK) * 20 + 4, alpha=0.7)
    plt.colorbar(found, label="weight")


def scatters() -> None:
    for name, marker in (("cat", "o"), ("dog", "^"), ("emu", "x"), ("fox", "*")):
        plt.scatter(RNG.random(9), RNG.random(9), marker=marker, label=name)
    plt.legend()


def bands() -> None:
    x = np.arange(40)
    plt.plot(x, WALK, label="mean")
    plt.fill_between(x, WALK - 1, WALK + 1, alpha=0.3, label="spread")
    plt.fill_betweenx(x, x - 1, x + 1, where=x % 10 > 4)
    plt.legend()


def error_bars() -> None:
    plt.errorbar(
        [1, 2, 3], [2, 4, 3], yerr=[0.3, 0.5, 0.2], xerr=0.1, fmt="o-", capsize=4, label="m"
    )
    plt.legend()


def steps() -> None:
    for where in ("pre", "mid", "post"):
        plt.step([0, 1, 2], [1, 3, 2], where=where, label=where)


def dates() -> None:
    plt.plot([dt.date(2024, 1, 1) + dt.timedelta(days=day) for day in range(40)], WALK)
    plt.gcf().autofmt_xdate()


def subplots() -> None:
    figure, grid = plt.subplots(2, 2, figsize=(8, 6), sharex=True)
    for number, axes in enumerate(grid.flat):
        axes.plot(WALK, label="walk")
        axes.set_title(f"Plot {number}")
    grid[0, 0].legend()
    figure.suptitle("All four")


def gaps() -> None:
    plt.plot([0, 1, 2, 3, 4], [1, 2, math.nan, 3, 1], marker="o")
    plt.text(1, 2, "peak", ha="right")


def square() -> None:
    turn = np.linspace(0, 2 * np.pi, 50)
    plt.plot(np.cos(turn), np.sin(turn))
    plt.gca().set_aspect("equal")


def stacked_areas() -> None:
    plt.stackplot(range(5), np.arange(15).reshape(3, 5) + 1, labels=["a", "b", "c"])
    plt.legend()


def limits() -> None:
    plt.plot(range(100))
    plt.xlim(20, 60)
    plt.ylim(80, 10)


def percents() -> None:
    plt.plot([0, 0.5, 1])
    plt.gca().yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1))


def boxes() -> None:
    plt.boxplot([WALK, WALK + 2])


def violins() -> None:
    plt.violinplot([WALK, WALK + 2])


def stems() -> None:
    plt.stem([1, 2, 3], [1, 3, 2])


def hostile_texts() -> None:
    plt.bar(["'+alert(1)+'", '"]', "\\u0022", "</script>", "\U0001f600 {datum}"], [1, 2, 3, 4, 5])
    plt.plot([0, 1], [1, 1], label="datum['x'] <b>")
    plt.legend(title="__proto__")
    plt.title('it\'s 5 \\$ "net"')


LIVE = [
    lines, log_axes, bars, grouped_bars, stacked_bars, lying_bars, histograms, shaded_scatter,
    scatters, bands, error_bars, steps, dates, subplots, gaps, square, stacked_areas, limits,
    percents, boxes, violins, stems, hostile_texts,
]  # fmt: skip


@pytest.mark.parametrize("draw", LIVE, ids=lambda draw: draw.__name__)
def test_figures_become_live_charts_that_draw(draw: Callable[[], None], folder: Folder) -> None:
    draw()

    found = back(plt, folder)

    light, dark = found.to_svg(), found.to_svg(theme="dark")
    assert "#14171a" in dark
    assert "#14171a" not in light
    assert found.describe()
    assert found.to_html()
    assert figures.wrap(plt).store(folder.keep) == found.store(folder.keep)  # type: ignore[union-attr]


def polar() -> None:
    plt.subplot(projection="polar").plot([1, 2])


def solid() -> None:
    plt.subplot(projection="3d").plot([1, 2], [1, 2], [1, 2])


def pie() -> None:
    plt.pie([1, 2])


def picture() -> None:
    plt.imshow(np.eye(3))


def arrow() -> None:
    plt.plot([1, 2])
    plt.annotate("here", (0, 1), (0.5, 1.5), arrowprops={})


def formula() -> None:
    plt.plot([1, 2])
    plt.title(r"$\alpha_2$")


def twins() -> None:
    plt.plot([1, 2])
    plt.twinx().plot([5, 3])


def hatches() -> None:
    plt.bar([1, 2], [1, 2], hatch="/")


def inset() -> None:
    plt.gca().inset_axes([0.1, 0.1, 0.2, 0.2]).plot([1, 2])


def contour() -> None:
    plt.contour(np.outer(WALK, WALK))


def quiver() -> None:
    plt.quiver([1], [1], [1], [1])


def wide_cell() -> None:
    plt.figure()
    plt.subplot(2, 2, (1, 2)).plot([1, 2])
    plt.subplot(2, 2, 3).plot([1, 2])


def free_text() -> None:
    plt.plot([1, 2])
    plt.figtext(0.5, 0.5, "draft")


def empty() -> None:
    plt.figure()


def many() -> None:
    plt.plot(np.arange(100_001))


IMAGES = {
    polar: "it contains polar axes",
    solid: "it contains 3-D axes",
    pie: "it contains a Wedge",
    picture: "it contains an AxesImage",
    arrow: "it contains an arrow",
    formula: "its title holds a formula",
    twins: "it contains two axes in one place",
    hatches: "it contains hatched or turned rectangles",
    inset: "it contains axes within axes",
    contour: "it contains a QuadContourSet",
    quiver: "it contains a Quiver",
    wide_cell: "it contains plots of several cells of a grid",
    free_text: "it contains texts beside its plots",
    empty: "nothing is drawn on it",
    many: "100,001 points are more than a live chart takes",
}


@pytest.mark.parametrize("draw", IMAGES, ids=lambda draw: draw.__name__)
def test_other_figures_become_images_and_say_why(draw: Callable[[], None], folder: Folder) -> None:
    draw()

    wrapped = figures.wrap(plt)

    assert isinstance(wrapped, pk.Image)
    note = f"This Matplotlib figure is drawn as an image: {IMAGES[draw]}."
    assert wrapped.note == note
    stored = wrapped.store(folder.keep)
    assert stored["note"] == note
    found = media.load(stored, folder.path)
    assert isinstance(found, pk.Image)
    buffer = io.BytesIO()
    plt.gcf().savefig(buffer, format="png", metadata={"Software": None})
    assert found.read() == buffer.getvalue()


def test_lines_keep_data_colours_dashes_and_names(folder: Folder) -> None:
    lines()

    found = back(plt, folder)

    x = np.linspace(0, 10, 30)
    held = {
        (row["x"], row["y"]) for row in found.spec["data"]["values"] if row.get("series") == "sin"
    }
    assert held == set(zip(x, np.sin(x), strict=True))
    (line, *_) = [part for part in layers(found) if part["mark"]["type"] == "line"]
    scale = line["encoding"]["color"]["scale"]
    assert scale == {"domain": ["sin", "cos", "linear"], "range": [LIGHT[0], "#ff0000", "#000000"]}
    assert line["encoding"]["color"]["title"] == "f"
    assert line["encoding"]["x"]["title"] == "x"
    dashes = line["encoding"]["strokeDash"]["scale"]["range"]
    assert dashes[0] == [1, 0]
    assert len(dashes[1]) == 2
    assert found.title == "Functions"
    dark = found.to_dict(theme="dark")["layer"]
    ranges = [part["encoding"].get("color", {}).get("scale", {}).get("range") for part in dark]
    assert [DARK[0], "#ff0000", "#e8ebee"] in ranges


def test_the_usual_colours_become_ours(folder: Folder) -> None:
    for number in range(4):
        plt.plot(WALK + number, label=f"run {number}")
    plt.legend()

    (layer,) = layers(back(plt, folder))

    scale = layer["encoding"]["color"]["scale"]
    assert scale == {"domain": [f"run {n}" for n in range(4)]}  # its colours are the theme's


def test_a_colour_of_the_cycle_that_somebody_chose_stays(folder: Folder) -> None:
    plt.plot([1, 2], color="tab:red")

    (layer,) = layers(back(plt, folder))

    assert layer["mark"]["color"] == "#d62728"


def test_axes_keep_limits_scales_and_direction(folder: Folder) -> None:
    limits()
    (layer,) = layers(back(plt, folder))
    assert layer["encoding"]["x"]["scale"] == {"zero": False, "nice": False, "domain": [20, 60]}
    assert layer["encoding"]["y"]["scale"]["domain"] == [10, 80]
    assert layer["encoding"]["y"]["scale"]["reverse"] is True
    assert layer["mark"]["clip"] is True

    plt.close("all")
    log_axes()
    found = back(plt, folder)
    for part in layers(found):
        assert part["encoding"]["x"]["scale"]["type"] == "log"
        assert part["encoding"]["y"]["scale"]["base"] == 10
    assert None in {row["y"] for row in found.spec["data"]["values"]}  # 0 has no place there

    plt.close("all")
    plt.plot([-100, 0, 100], [1, 2, 3])
    plt.xscale("symlog", linthresh=2)
    (layer,) = layers(back(plt, folder))
    assert layer["encoding"]["x"]["scale"]["type"] == "symlog"
    assert layer["encoding"]["x"]["scale"]["constant"] == 2


def test_times_are_those_that_were_drawn(folder: Folder) -> None:
    noon = dt.datetime(2024, 2, 29, 12, 30, tzinfo=dt.UTC)
    plt.plot([noon, noon + dt.timedelta(hours=1)], [1, 2])

    found = back(plt, folder)

    (layer,) = layers(found)
    assert layer["encoding"]["x"]["type"] == "temporal"
    assert rows(found, "x") == [(noon.timestamp() * 1000,), (noon.timestamp() * 1000 + 3.6e6,)]


def test_bars_are_where_matplotlib_has_them(folder: Folder) -> None:
    grouped_bars()

    found = back(plt, folder)

    assert rows(found, "x", "x2", "y", "y2", "series", "x_name")[0] == pytest.approx(
        (-0.4, 0, 0, 3, "men", "A")
    )
    (layer,) = layers(found)
    assert layer["encoding"]["x"]["axis"]["values"] == [0, 1, 2]
    assert layer["encoding"]["x"]["axis"]["labelAngle"] == -45


def test_a_histogram_is_the_one_that_was_counted(folder: Folder) -> None:
    counts, edges, _ = plt.hist(WALK, bins=7)

    found = back(plt, folder)

    assert rows(found, "x", "x2", "y2") == [
        pytest.approx(row) for row in zip(edges, edges[1:], counts, strict=False)
    ]
    (layer,) = layers(found)
    assert layer["encoding"]["x"]["bin"] == "binned"


def test_points_keep_their_sizes_and_numbers(folder: Folder) -> None:
    shaded_scatter()

    found = back(plt, folder)

    held = found.spec["data"]["values"]
    assert [row["shade"] for row in held] == WALK.tolist()
    wanted = (np.abs(WALK) * 20 + 4) * (96 / 72) ** 2  # points squared in px squared
    assert [row["size"] for row in held] == pytest.approx(wanted, abs=0.01)
    (layer,) = layers(found)
    colour = layer["encoding"]["color"]
    assert colour["scale"]["domain"] == [WALK.min(), WALK.max()]
    assert colour["scale"]["range"][0] == "#440154"  # of viridis
    assert colour["title"] == "weight"


def test_bands_reach_from_one_side_to_the_other(folder: Folder) -> None:
    plt.fill_between([1, 2, 3], [1, 2, 3], [2, 4, 6])

    assert rows(back(plt, folder), "x", "y", "y2") == [(1, 2, 1), (2, 4, 2), (3, 6, 3)]


def test_lines_without_names_stay_apart(folder: Folder) -> None:
    plt.plot([0, 1], [0, 1], color="gray")
    plt.plot([0, 1], [5, 6], color="gray")

    found = back(plt, folder)

    assert found.to_svg().count("mark-line role-mark") == 2
    assert len({row["line"] for row in found.spec["data"]["values"]}) == 2


def test_subplots_stand_as_they_did(folder: Folder) -> None:
    subplots()

    spec = back(plt, folder).spec

    titles = [[view["title"]["text"] for view in row["hconcat"]] for row in spec["vconcat"]]
    assert titles == [["Plot 0", "Plot 1"], ["Plot 2", "Plot 3"]]
    assert spec["title"]["text"] == "All four"


# --- what draws with Matplotlib -------------------------------------------------------------------


def test_seaborn(folder: Folder) -> None:
    sns = pytest.importorskip("seaborn")
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"t": np.tile(np.arange(10), 4), "v": WALK, "g": ["a", "b"] * 20})

    axes = sns.lineplot(frame, x="t", y="v", hue="g")
    found = back(axes, folder)
    assert {row["series"] for row in found.spec["data"]["values"]} == {"a", "b"}
    found.to_svg()

    plt.close("all")
    grid = sns.relplot(frame, x="t", y="v", hue="g", col="g", height=2)
    found = back(grid, folder)
    assert len(found.spec["vconcat"][0]["hconcat"]) == 2
    assert back(grid.figure, folder).spec == found.spec
    found.to_svg()

    plt.close("all")
    found = back(sns.barplot(frame, x="g", y="v", errorbar=None), folder)
    assert [row["value"] for row in found.spec["data"]["values"]] == pytest.approx(
        frame.groupby("g").v.mean().tolist()
    )
    plt.close("all")
    back(sns.histplot(WALK, kde=True), folder).to_svg()
    plt.close("all")
    wrapped = figures.wrap(sns.heatmap(np.eye(3)))
    assert isinstance(wrapped, pk.Image)
    assert wrapped.note == "This Matplotlib figure is drawn as an image: it contains a QuadMesh."


def test_pandas_draws_its_times_as_periods(folder: Folder) -> None:
    pd = pytest.importorskip("pandas")
    days = pd.date_range("2024-01-30", periods=4)

    found = back(pd.DataFrame({"a": [1, 2, 3, 4]}, index=days).plot(), folder)

    assert [x for (x,) in rows(found, "x")] == [day.timestamp() * 1000 for day in days]
    months = pd.date_range("2024-01-31", periods=4, freq="ME")
    plt.close("all")
    found = back(pd.Series([1, 2, 3, 4], index=months).plot(), folder)
    starts = [
        dt.datetime(2024, month, 1, tzinfo=dt.UTC).timestamp() * 1000 for month in range(1, 5)
    ]
    assert [x for (x,) in rows(found, "x")] == starts


# --- Plotly ---------------------------------------------------------------------------------------


def plotly_figures() -> dict[str, Any]:
    go = pytest.importorskip("plotly.graph_objects")
    px = pytest.importorskip("plotly.express")
    x = list(range(6))
    made = {
        "line": px.line({"x": x, "a": x, "b": x[::-1]}, x="x", y=["a", "b"], title="Two"),
        "dates": px.line(x=[f"2024-01-0{n + 1}" for n in x], y=x),
        "log": px.line(x=[1, 10, 100], y=[1, 5, 25], log_x=True, log_y=True),
        "markers": px.scatter(x=x, y=x, color=[*"aabbcc"], size=[1, 2, 3, 4, 5, 6]),
        "shades": px.scatter(x=x, y=x, color=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
        "bars": px.bar(x=[*"abc"], y=[1, 3, 2]),
        "group": px.bar(x=[*"aabb"], y=[1, 2, 3, 4], color=[*"uvuv"], barmode="group"),
        "stack": px.bar(x=[1, 2, 3, 4], y=[*"aabb"], color=[*"uvuv"], orientation="h"),
        "histogram": px.histogram(x=WALK, nbins=9),
        "heat": px.imshow(np.arange(6.0).reshape(2, 3)),
        "area": go.Figure(go.Scatter(x=[1, 2, 3], y=[2, 3, 1], fill="tozeroy")),
    }
    figure = go.Figure()
    figure.add_scatter(x=[1, 2], y=[2, 1], name="a", line={"dash": "dash", "color": "red"})
    errors_of = {"type": "data", "array": [0.1, 0.2]}
    figure.add_scatter(x=[1, 2], y=[1, 2], name="b", mode="markers", error_y=errors_of)
    figure.add_hline(y=1.5, line_dash="dot")
    return {**made, "both": figure}


def test_plotly_figures_become_live_charts_and_are_kept(folder: Folder) -> None:
    for name, figure in plotly_figures().items():
        before = figure.to_json()
        wrapped = figures.wrap(figure)
        assert wrapped is not None
        stored = wrapped.store(folder.keep)
        assert stored["_type"] == "chart", (name, stored)
        assert (folder.path / stored["given"]).read_text() == before == figure.to_json()
        found = media.load(stored, folder.path)
        assert isinstance(found, LoggedChart)
        assert found.notes == ("This Plotly figure is drawn as a live chart of its data.",)
        assert found.to_svg() != found.to_svg(theme="dark")


def test_plotly_data_are_exact(folder: Folder) -> None:
    made = plotly_figures()

    found = back(made["line"], folder)
    assert [(r["x"], r["y"]) for r in found.spec["data"]["values"] if r["series"] == "b"] == [
        (n, 5 - n) for n in range(6)
    ]
    assert found.title == "Two"
    assert rows(back(made["bars"], folder), "x_name", "value") == [("a", 1), ("b", 3), ("c", 2)]
    assert rows(back(made["stack"], folder), "x2", "x", "y_name") == [
        (0, 1, "a"), (0, 3, "b"), (1, 3, "a"), (3, 7, "b"),
    ]  # fmt: skip
    counts = rows(back(made["histogram"], folder), "x", "x2", "value")
    assert counts == [
        (low, high, int(((low <= WALK) & (high > WALK)).sum())) for low, high, _ in counts
    ]
    assert sum(count for *_, count in counts) == len(WALK)
    assert rows(back(made["heat"], folder), "shade") == [(float(n),) for n in range(6)]
    assert rows(back(made["dates"], folder), "x")[0] == (
        dt.datetime(2024, 1, 1, tzinfo=dt.UTC).timestamp() * 1000,
    )


def test_other_plotly_figures_are_images_or_kept_with_a_note(folder: Folder) -> None:
    px = pytest.importorskip("plotly.express")
    figure = px.pie(names=["a", "b"], values=[1, 2])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Kaleido's, about its browser
        wrapped = figures.wrap(figure)

    assert wrapped is not None
    stored = wrapped.store(folder.keep)
    assert json.loads((folder.path / stored["given"]).read_text())["data"][0]["type"] == "pie"
    if stored["_type"] == "image":  # Kaleido runs here
        told = stored["note"]
        assert told == "This Plotly figure is drawn as an image: it contains a pie trace."
    else:
        assert stored["_type"] == "html"
        told = (folder.path / stored["file"]).read_text()
        assert "it contains a pie trace, and Plotly makes no image here" in told


# --- Altair, and what shows itself as Vega-Lite ---------------------------------------------------


def altair_chart() -> Any:
    import altair as alt

    values = [{"a.b": n, "v": float(v), "g": "xy"[n % 2]} for n, v in enumerate(np.tile(WALK, 10))]
    return (
        alt.Chart(alt.Data(values=values), title="Own")
        .mark_line()
        .encode(x=alt.X("a\\.b", type="quantitative"), y="v:Q", color="g:N")
    )


def test_altair_charts_are_live_with_all_their_rows(folder: Folder) -> None:
    found = back(altair_chart(), folder)

    assert len(found.spec["data"]["values"]) == 400
    assert found.title == "Own"
    assert found.preset.id == "altair/chart"
    assert found.spec["width"] == 640
    assert found.to_svg() != found.to_svg(theme="dark")
    assert "2 lines" in found.describe()


def test_altair_compositions(folder: Folder) -> None:
    chart = altair_chart()

    for made in (chart | chart.mark_point(), chart & chart.mark_bar(), chart + chart.mark_point()):
        assert back(made, folder).to_svg()


def test_what_shows_itself_as_vega_lite(folder: Folder) -> None:
    class Shown:
        def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Any:
            return {"application/vnd.vegalite.v6+json": altair_chart().to_dict(), "text/plain": ""}

    class Broken:
        def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Any:
            raise ValueError

    assert back(Shown(), folder).spec == back(altair_chart(), folder).spec
    assert figures.wrap(Broken()) is None


def test_a_chart_that_reads_an_address_is_refused() -> None:
    import altair as alt

    with pytest.raises(errors.TrustError, match=r"https://example\.org"):
        figures.wrap(alt.Chart("https://example.org/a.csv").mark_bar().encode(x="a:Q"))


# --- without the libraries ------------------------------------------------------------------------


def test_no_library_is_imported_to_look_at_a_value() -> None:
    code = (
        "import sys, plotkit as pk\n"
        "from plotkit.runs.media import figures\n"
        "for value in (1, 'a', [1], {}, object(), sys, type, b'', 1j):\n"
        "    assert figures.wrap(value) is None, value\n"
        "for name in ('matplotlib', 'plotly', 'altair', 'seaborn', 'numpy', 'pandas'):\n"
        "    assert name not in sys.modules, name\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)
