"""Makes the pictures of README and docs: python docs/make_pictures.py [PART ...]."""

import io
import os
import runpy
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import plotkit as pk
from plotkit.report.plan import load

HERE = Path(__file__).parent
GALLERY = HERE.parent / "gallery"
# Preset -> the script of the gallery that stands for it.
THUMBNAILS = {
    "line": "line_band",
    "line_series": "line_series",
    "scatter": "scatter",
    "bar": "bar",
    "histogram": "histogram_grouped",
    "roc_curve": "roc_curve_models",
    "pr_curve": "pr_curve",
    "confusion_matrix": "confusion_matrix",
    "area_under_curve": "area_under_curve",
    "smoothed_line": "smoothed_line",
    "histogram_series": "histogram_series",
}


def save(script: str, name: str, width: int) -> None:
    """Draw a script light and dark, so many pixels wide."""
    draw(runpy.run_path(str(GALLERY / f"{script}.py"))["chart"], name, width)


def draw(chart: pk.Chart, name: str, width: int) -> None:
    """Draw a chart light and dark, so many pixels wide."""
    for theme in ("light", "dark"):
        drawn = picture(chart, theme)
        size = (width, round(drawn.height * width / drawn.width))
        drawn.resize(size, Image.Resampling.LANCZOS).save(
            HERE / f"{name}-{theme}.png", optimize=True
        )


def picture(chart: pk.Chart, theme: str, scale: float = 2, **size: int) -> Image.Image:
    """A chart as pixels."""
    return Image.open(io.BytesIO(chart.to_png(theme=theme, scale=scale, **size))).convert("RGB")


def save_small(image: Image.Image, name: str) -> None:
    """Save flat colour and type: 256 colours are as good, in a third of the size."""
    few = image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(HERE / f"{name}.png", optimize=True)


def beside(charts: list[pk.Chart], name: str, **size: int) -> None:
    """Draw charts in a row, light and dark, in a picture as small as can be."""
    for theme in ("light", "dark"):
        parts = [picture(chart, theme, **size) for chart in charts]
        row = Image.new("RGB", (sum(part.width for part in parts), parts[0].height))
        for at, part in enumerate(parts):
            row.paste(part, (sum(one.width for one in parts[:at]), 0))
        save_small(row, f"{name}-{theme}")


def fork() -> None:
    """The README's example of a fork, before and after."""
    line = pk.presets.get("plotkit/line")
    mine = line.fork(
        "carey/new_chart",
        title="Electricity in Iowa, by source",
        patch={
            "mark": {"type": "line", "point": True},
            "encoding": {"y": {"scale": {"type": "log"}}},
        },
    )
    power = pk.Table.read(GALLERY / "data" / "electricity.csv")
    fields = {"x": "year", "y": "generation (TWh)", "color": "source"}
    for preset, name in ((line, "fork_before"), (mine, "fork_after")):
        draw(pk.plot_table(preset, power, fields), name, 800)


def report() -> None:
    """The head of the gallery's report, as a browser shows it."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "digits.html")
        load(GALLERY / "digits" / "report.toml").report.save(page)
        shots(page, "report", 1120)


def run_report() -> None:
    """The head of the report of the gallery's run."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PLOTKIT_DIR"] = folder
        runpy.run_path(str(GALLERY / "run_log" / "train.py"))
        page = Path(folder, "run.html")
        run = pk.Api().run("run_log/digits")
        run.database.write(facts={"meta": {"host": ""}})  # whose machine it was is nobody's matter
        run.report().save(page)
        del os.environ["PLOTKIT_DIR"]
        shots(page, "run-report", 1420)
        shots(page, "run-media", 960, "#histograms")


def shots(page: Path, name: str, height: int, place: str = "") -> None:
    """The head of a page, or what begins at a place in it, light and dark."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for theme in ("light", "dark"):
            opened = browser.new_page(
                viewport={"width": 1180, "height": height},
                color_scheme=theme,
                device_scale_factor=1.4,
            )
            opened.goto(page.as_uri() + place)
            opened.wait_for_timeout(300)
            shot = Image.open(io.BytesIO(opened.screenshot())).convert("RGB")
            save_small(shot, f"{name}-{theme}")
        browser.close()


def sampling() -> None:
    """A long line, and a thousand points of it drawn at random."""
    draws, count = np.random.default_rng(11), 10_000_000
    step = np.arange(count)
    loss = 0.4 + 2.1 * np.exp(-step / 2.2e6) + draws.normal(scale=0.05, size=count)
    for start in draws.integers(count // 20, count, 9):  # it diverges for a moment, and recovers
        spike = draws.uniform(0.8, 2.4) * np.exp(-np.arange(600) / 150)
        loss[start : start + 600] += spike[: count - start]
    some = np.sort(draws.choice(count, 1000, replace=False))
    charts = [
        pk.line({"step": x, "loss": y}, "step", "loss", title=title)
        for title, x, y in (
            ("All 10,000,000 steps", step, loss),
            ("1,000 of them, at random", step[some], loss[some]),
        )
    ]
    beside(charts, "scale-sampling", width=440, height=320)


def regimes() -> None:
    """The same cloud of ever more points."""
    charts = []
    for count in (2_000, 8_000, 10_000_000):
        draws = np.random.default_rng(3)
        x = draws.normal(size=count)
        y = draws.normal(size=count) * 0.5 + np.where(x > 0, x, -x / 2)
        y[:9] = 3 + draws.normal(size=9)
        title = f"{count:,} points"
        charts.append(pk.scatter({"width": x, "height": y}, "width", "height", title=title))
    beside(charts, "scale-scatter", width=420, height=320)


def others() -> None:
    """Bars of many labels."""
    draws, count = np.random.default_rng(5), 3_000_000
    chance = 1 / np.arange(2, 4002) ** 1.5
    names = np.array([f"query {at + 1}" for at in range(len(chance))])
    query = draws.choice(len(chance), count, p=chance / chance.sum())
    table = {"query": names[query], "seconds": draws.gamma(2, 2, count)}
    title = "Seconds spent on each of 4,000 queries"
    chart = pk.bar(table, "query", "seconds", title, aggregate="sum", sort="descending", reduce=12)
    beside([chart], "scale-bars")


def thousand() -> None:
    """A confusion matrix of a thousand classes."""
    draws, count, classes = np.random.default_rng(6), 3_000_000, 1000
    # Families of classes that look alike, each with a share of mistakes, and two that look so too.
    starts = np.sort(draws.choice(np.arange(20, classes - 20), 44, replace=False))
    family = np.searchsorted(starts, np.arange(classes), side="right")
    first, past = np.append(0, starts)[family], np.append(starts, classes)[family]
    hard = draws.beta(2, 3, 45)[family]
    truth = draws.integers(0, classes, count)
    alike = draws.integers(first[truth], past[truth])
    twins = (family[truth] == 9) & (draws.random(count) < 0.5)
    alike[twins] = draws.integers(starts[28], starts[29], np.count_nonzero(twins))
    predicted = np.where(draws.random(count) < hard[truth], alike, truth)
    chart = pk.confusion_matrix(y_true=truth, preds=predicted, title="1,000 classes")
    beside([chart], "scale-confusion", scale=1)


def gallery() -> None:
    """Thumbnails of the presets, and the README's first picture."""
    save("line_colors", "iowa", 1280)
    for preset, script in THUMBNAILS.items():
        save(script, preset, 440)


PARTS = (report, run_report, gallery, fork, sampling, regimes, others, thousand)

if __name__ == "__main__":
    for part in PARTS:
        if part.__name__ in (sys.argv[1:] or [one.__name__ for one in PARTS]):
            part()
