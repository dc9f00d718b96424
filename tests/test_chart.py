"""What a chart can be saved and shown as."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import plotkit as pk
from plotkit.render import svg


@pytest.fixture
def chart() -> pk.Chart:
    table = pk.Table(data=[[0, 1.9], [1, 1.1], [2, 0.7]], columns=["step", "loss"])
    return pk.line(table, "step", "loss", title="Training loss")


def png_size(found: bytes) -> tuple[int, int]:
    return int.from_bytes(found[16:20]), int.from_bytes(found[20:24])


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf", "html", "json"])
def test_every_ending(chart: pk.Chart, tmp_path: Path, suffix: str) -> None:
    path = chart.save(tmp_path / f"loss.{suffix}")
    assert path.read_bytes()[:5] in (
        b"\x89PNG\r",
        b"<svg ",
        b"%PDF-",
        b"<!doc",
        b"<!DOC",
        b'{\n  "',
    )
    assert os.listdir(tmp_path) == [f"loss.{suffix}"]
    again = chart.save(tmp_path / f"again.{suffix.upper()}")
    assert again.read_bytes() == path.read_bytes()


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import plotkit as pk, hashlib\n"
        "t = {'a': [1, 2, 3], 'b': [3, 1, 2], 'c': ['x', 'y', 'x']}\n"
        "c = pk.scatter(t, 'a', 'b', color='c')\n"
        "for make in (c.to_png, c.to_svg, c.to_pdf, c.to_html, c.to_json):\n"
        "    made = make()\n"
        "    made = made.encode() if isinstance(made, str) else made\n"
        "    print(hashlib.sha256(made).hexdigest())\n"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("asked", "pixels", "per_metre"),
    [
        ({}, (1280, 800), 7559),
        ({"scale": 1}, (640, 400), 3780),
        ({"scale": 1.5, "width": 333, "height": 222}, (500, 333), 5669),
        ({"dpi": 300, "width": "8cm", "height": "5cm"}, (945, 591), 11811),
        ({"dpi": 150, "width": "3in", "height": "2in"}, (450, 300), 5906),
    ],
)
def test_png_has_the_pixels_asked_for(
    chart: pk.Chart, asked: dict[str, Any], pixels: tuple[int, int], per_metre: int
) -> None:
    found = chart.to_png(**asked)
    assert png_size(found) == pixels
    at = found.index(b"pHYs") + 4
    assert int.from_bytes(found[at : at + 4]) == per_metre
    assert found[at + 8] == 1


def test_sizes_of_the_other_formats(chart: pk.Chart) -> None:
    svg = chart.to_svg(width=500, height="3in")
    assert 'width="500" height="288"' in svg
    assert chart.to_dict(width="5in")["width"] == 480


def test_themes(chart: pk.Chart) -> None:
    assert "#14171a" in chart.to_svg(theme="dark")
    assert "#14171a" not in chart.to_svg()
    assert chart.to_dict(theme={"background": "#fafafa"})["config"]["background"] == "#fafafa"
    chart.theme = "dark"
    assert chart.spec["config"]["background"] == "#14171a"


def test_the_spec_is_a_copy(chart: pk.Chart) -> None:
    chart.spec["data"]["values"].clear()
    assert len(chart.spec["data"]["values"]) == 3


def test_the_spec_is_valid_vega_lite(chart: pk.Chart) -> None:
    from plotkit import schema

    schema.check(chart.spec, "the chart")
    assert json.loads(chart.to_json()) == chart.spec


def test_to_altair_of_a_density_in_shades() -> None:
    x = [((i * 7919) % 20011) / 20011 for i in range(20_000)]
    y = [((i * 104_729) % 20021) / 20021 for i in range(20_000)]
    chart = pk.scatter({"x": x, "y": y, "c": x}, "x", "y", color="c")
    assert "density" in chart.notes[0]
    assert chart.to_altair().to_dict()["layer"]


def test_to_altair(chart: pk.Chart) -> None:
    made = chart.to_altair()
    assert made.to_dict()["title"] == chart.spec["title"]


def test_what_a_chart_says(chart: pk.Chart) -> None:
    assert repr(chart) == "<Chart 'Training loss' by plotkit/line>"
    assert chart.preset.id == "plotkit/line"
    assert chart.preset.version == 1
    assert re.fullmatch("[0-9a-f]{64}", chart.preset.digest)
    assert chart.strings == {
        "title": "Training loss",
        "x-axis-title": "step",
        "y-axis-title": "loss",
    }
    assert chart.table.columns == ["step", "loss"]
    assert chart.notes == ()


def test_in_a_notebook_it_is_a_picture(chart: pk.Chart) -> None:
    data, metadata = chart._repr_mimebundle_()
    assert data["text/plain"] == repr(chart)
    assert data["image/png"].startswith("iVBOR")
    assert metadata == {"image/png": {"width": 640, "height": 400, "alt": chart.describe()}}


def test_neither_table_nor_preset_change(chart: pk.Chart) -> None:
    data = [[0, 2.0, "a"], [1, None, "b"], [0, 1.0, "a"]]
    table = pk.Table(data=data, columns=["x", "y", "c"])
    before = (json.dumps(data), chart.preset.digest, json.dumps(chart.preset.spec))
    pk.line(table, "x", "y", color="c", title="t").to_png()
    pk.bar(table, "c", "x", sort="descending").to_svg()
    pk.scatter(table, "x", "y", color="c").to_html()
    preset = pk.Preset.from_file(Path(pk.errors.__file__).parent.parent / "presets" / "line.json")
    assert before == (json.dumps(data), preset.digest, json.dumps(preset.spec))
    assert table.data == data


# --- files ---------------------------------------------------------------------------------------


def test_saving_replaces_a_file_whole(chart: pk.Chart, tmp_path: Path) -> None:
    path = tmp_path / "loss.json"
    path.write_text("old")
    path.chmod(0o640)
    chart.save(path)
    assert json.loads(path.read_text()) == chart.spec
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["loss.json"]


def test_a_link_stays_a_link(chart: pk.Chart, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "loss.json"
    target.write_text("old")
    link = tmp_path / "loss.json"
    link.symlink_to(target)
    chart.save(link)
    assert link.is_symlink()
    assert json.loads(target.read_text()) == chart.spec


def test_a_refused_file_leaves_the_old_one(chart: pk.Chart, tmp_path: Path) -> None:
    (tmp_path / "loss.json").mkdir()
    with pytest.raises(pk.errors.SaveError, match="cannot write"):
        chart.save(tmp_path / "loss.json")
    assert sorted(os.listdir(tmp_path)) == ["loss.json"]


def test_saving_html_starts_no_engine(tmp_path: Path, chart: pk.Chart) -> None:
    chart.to_html()  # the JavaScript is in the cache from here on
    code = (
        "import plotkit as pk\n"
        "from plotkit.render import worker\n"
        "def never(*a, **k): raise AssertionError('an engine was started')\n"
        "worker.Worker.start = never\n"
        "chart = pk.line({'x': [0, 1], 'y': [1, 2]}, 'x', 'y')\n"
        f"chart.save({str(tmp_path / 'a.html')!r})\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert (tmp_path / "a.html").stat().st_size > 100_000


def test_one_picture_serves_several_formats(
    chart: pk.Chart, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plotkit.render import worker

    drawn = []
    real = worker.vegalite_to_svg
    monkeypatch.setattr(worker, "vegalite_to_svg", lambda *a, **k: drawn.append(1) or real(*a, **k))
    chart.to_png()
    chart.to_svg()
    chart.to_pdf()
    assert len(drawn) == 1


def test_an_empty_picture_is_an_error() -> None:
    """A spec that draws nothing of its rows is named, not saved."""
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": [{"x": 1, "y": 1}]},
        "transform": [{"filter": "datum.x > 1000"}],
        "mark": "point",
        "encoding": {
            "x": {"field": "x", "type": "quantitative"},
            "y": {"field": "y", "type": "quantitative"},
        },
    }
    chart = pk.plot_table(spec, {"a": [1, 2], "b": [1, 2]}, {"x": "a", "y": "b"})
    with pytest.raises(pk.errors.EmptyPictureError) as raised:
        chart.to_png()
    assert "drew 0 of the 1 mark that the rows call for" in str(raised.value)


# --- small figures, and frames ---------------------------------------------------------------


def test_a_small_figure_is_drawn_smaller_and_not_squashed() -> None:
    chart = pk.line({"x": [0, 1, 2], "y": [2.0, 1.0, 3.0]}, "x", "y", title="T", subtitle="S")
    drawn = chart.to_svg(width="8cm", height="5cm")
    width, height = (round(value / 96 * 2.54, 2) for value in svg.size(drawn))
    assert (width, height) == (8, 5)
    # It is laid out at least 280 px high, so that the plot keeps its share of the figure.
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawn)
    assert box is not None and float(box[2]) >= 280
    assert chart.to_dict(width=300, height=200)["width"] == 300


def test_a_slide_is_as_large_as_a_slide() -> None:
    chart = pk.roc_curve([0, 1, 1, 0], [0.1, 0.9, 0.6, 0.7], title="T")
    picture = Image.open(io.BytesIO(chart.to_png(size="slide-16:9")))
    assert picture.size == (1920, 1080)
    corners = [picture.convert("RGB").getpixel(at) for at in ((2, 2), (1917, 1077))]
    assert corners == [(255, 255, 255)] * 2
    column = Image.open(io.BytesIO(chart.to_png(size="nature-single")))
    assert column.width == round(89 / 25.4 * 300)


def test_what_a_pdf_cannot_show_changes_nothing_else() -> None:
    chart = pk.bar({"a": ["x 🎉", "y"], "b": [1, 2]}, "a", "b")
    before = chart.to_html()
    chart.to_pdf()
    assert chart.to_html() == before
    assert not [note for note in chart.notes if "PDF" in note]
