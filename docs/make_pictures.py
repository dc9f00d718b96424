"""Makes the README's pictures from the gallery: python docs/make_pictures.py."""

import io
import runpy
import shutil
import tempfile
from pathlib import Path

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
}


def save(script: str, name: str, width: int) -> None:
    """Draw a script light and dark, so many pixels wide."""
    draw(runpy.run_path(str(GALLERY / f"{script}.py"))["chart"], name, width)


def draw(chart: pk.Chart, name: str, width: int) -> None:
    """Draw a chart light and dark, so many pixels wide."""
    for theme in ("light", "dark"):
        drawn = Image.open(io.BytesIO(chart.to_png(theme=theme, scale=2))).convert("RGB")
        size = (width, round(drawn.height * width / drawn.width))
        drawn.resize(size, Image.Resampling.LANCZOS).save(
            HERE / f"{name}-{theme}.png", optimize=True
        )


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
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Path(folder, "digits.html")
        load(GALLERY / "digits" / "report.toml").report.save(page)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for theme in ("light", "dark"):
            opened = browser.new_page(
                viewport={"width": 1180, "height": 1120},
                color_scheme=theme,
                device_scale_factor=1.4,
            )
            opened.goto(page.as_uri())
            shot = Image.open(io.BytesIO(opened.screenshot())).convert("RGB")
            # Flat colour and type: 256 colours are as good, in a third of the size.
            shot = shot.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
            shot.save(HERE / f"report-{theme}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    report()
    save("line_colors", "iowa", 1280)
    for preset, script in THUMBNAILS.items():
        save(script, preset, 440)
    fork()
