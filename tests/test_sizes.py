"""Named sizes: real measures, text that can be read, pictures that have them."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

import plotkit as pk
from plotkit import errors, sizes

DOCS = (Path(__file__).parent.parent / "docs" / "sizes-and-formats.md").read_text("utf-8")
ON_PAPER = [name for name in sizes.NAMES if sizes.get(name).dpi >= 300]
_LABEL, _TITLE = 11.5, 17.0  # px in the design


@pytest.mark.parametrize(
    ("name", "width", "height"),
    [
        ("nature-single", 89 / 25.4, 70 / 25.4),
        ("nature-double", 183 / 25.4, None),
        ("ieee-column", 3.5, None),
        ("ieee-page", 7.16, None),
        ("neurips", 5.5, None),
        ("icml-column", 3.25, None),
        ("elsevier-single", 90 / 25.4, None),
        ("elsevier-double", 190 / 25.4, None),
        ("slide-16:9", 40 / 3, 7.5),
        ("slide-4:3", 10, 7.5),
        ("social", 1200 / 96, 630 / 96),
        ("email", 600 / 96, None),
    ],
)
def test_measures(name: str, width: float, height: float | None) -> None:
    """In inches."""
    found = sizes.get(name)
    assert found.width / 96 == pytest.approx(width)
    if height is not None:
        assert found.height / 96 == pytest.approx(height)


@pytest.mark.parametrize("name", sizes.NAMES)
def test_every_size_makes_sense(name: str) -> None:
    size = sizes.get(name)
    assert 1 / 3 < size.height / size.width < 1.2
    # As large as a chart that is drawn needs to be, and not so large that text drowns in it.
    assert 290 < size.width / size.zoom < 1000
    assert 270 < size.height / size.zoom < 600
    assert size.width * size.height * (size.dpi / 96) ** 2 < pk.settings.max_pixels / 4
    assert sizes.about(name).endswith(".") and len(sizes.about(name)) < 120


@pytest.mark.parametrize("name", ON_PAPER)
def test_text_on_paper(name: str) -> None:
    label = _LABEL * sizes.get(name).zoom * 0.75  # points
    assert 6 <= label <= 8
    assert _TITLE * sizes.get(name).zoom * 0.75 < 12


def test_text_on_slides() -> None:
    for name in ("slide-16:9", "slide-4:3"):
        assert _LABEL * sizes.get(name).zoom * 0.75 >= 17  # points


def test_names_are_forgiving() -> None:
    assert sizes.get(" Nature-Single ") == sizes.get("nature-single")
    assert sizes.get("og") == sizes.get("social")


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("nature-singel", "nature-single"),
        ("slide-16x9", "slide-16:9"),
        ("ieee_column", "ieee-column"),
    ],
)
def test_unknown_name(asked: str, nearest: str) -> None:
    with pytest.raises(errors.OptionError) as caught:
        sizes.get(asked)
    assert f"no size {asked!r}. Did you mean {nearest!r}?" in str(caught.value)
    assert all(repr(name) in str(caught.value) for name in sizes.NAMES)
    with pytest.raises(errors.OptionError, match="no size 3"):
        sizes.get(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["nature-single", "ieee-column", "slide-16:9", "social"])
def test_pictures_have_them(name: str) -> None:
    image = pytest.importorskip("PIL.Image")
    pypdf = pytest.importorskip("pypdf")
    size = sizes.get(name)
    table = pk.Table({"step": [0, 1, 2], "loss": [1.9, 1.1, 0.7]})
    chart = pk.line(table, "step", "loss", title="Loss")
    with image.open(io.BytesIO(chart.to_png(size=name))) as found:
        assert found.size == pytest.approx(
            (size.width * size.dpi / 96, size.height * size.dpi / 96), abs=0.5
        )
        assert found.info["dpi"] == pytest.approx((size.dpi, size.dpi), abs=0.02)
    page = pypdf.PdfReader(io.BytesIO(chart.to_pdf(size=name))).pages[0]
    assert float(page.mediabox.width) == pytest.approx(size.width * 0.75, abs=0.01)
    assert float(page.mediabox.height) == pytest.approx(size.height * 0.75, abs=0.01)
    # Real text, as large as it is meant to be on the page.
    sizes_of_text: list[float] = []

    def seen(text: str, matrix: list[float], at: list[float], font: object, big: float) -> None:
        if text.strip():
            sizes_of_text.append(round(abs(matrix[3] * at[3]) * big, 2))

    page.extract_text(visitor_text=seen)
    assert max(sizes_of_text) == pytest.approx(_TITLE * size.zoom * 0.75, rel=0.02)


def test_the_page_lists_all() -> None:
    listed = re.findall(r"^\| `([^`]+)` \|(.*)\|$", DOCS, re.MULTILINE)
    rows = {name: row for name, row in listed if name in sizes.NAMES}
    assert list(rows) == list(sizes.NAMES)
    for name, row in rows.items():
        size = sizes.get(name)
        assert f" {size.dpi:g} " in row
        assert f" {_LABEL * size.zoom * 0.75:.1f} pt " in row
        assert (
            f" {round(size.width * size.dpi / 96)} × {round(size.height * size.dpi / 96)} " in row
        )
