"""What a notebook is given of a chart: one picture, its size, and its description.

The picture is a PNG of twice the pixels it is shown with. Every place draws it, every sanitizer
lets it through, and it looks the same everywhere. An SVG beside it would be preferred by most
converters, and is then shown in another typeface (GitHub, typst, LaTeX), not at all, or as text.
Vector pictures are given where they are asked for by name: by `display(chart, include=[...])`,
and by Quarto for documents that take them.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plotkit.text import clean

if TYPE_CHECKING:
    from plotkit.chart import Chart

PNG, SVG, PDF, TEXT = "image/png", "image/svg+xml", "application/pdf", "text/plain"

_CSS_DPI = 96.0
_DPI = 2 * _CSS_DPI
_PRINT_DPI = 300.0


def bundle(
    chart: Chart, include: object = None, exclude: object = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The data and the metadata that Jupyter's protocol asks for, by MIME type.

    Args:
        chart: what is shown.
        include: the MIME types that are wanted; default those that suit the place.
        exclude: those that are not.
    """
    suited, dpi = _suited()
    wanted = _names(include) if include else {suited, TEXT}
    wanted -= _names(exclude)
    data: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    if PNG in wanted:
        found = chart.to_png(dpi=dpi)
        width, height = _size(found, dpi)
        data[PNG] = base64.b64encode(found).decode("ascii")
        metadata[PNG] = {"width": width, "height": height, "alt": _alt(chart)}
    if SVG in wanted:
        data[SVG] = chart.to_svg()
    if PDF in wanted:
        data[PDF] = base64.b64encode(chart.to_pdf()).decode("ascii")
    if TEXT in wanted:
        data[TEXT] = repr(chart)
    return data, metadata


def element(chart: Chart) -> tuple[str, str]:
    """The MIME type and the data that marimo asks for: an image element.

    marimo shows a bare picture without its description and with a px for each pixel.
    """
    found = chart.to_png(dpi=_DPI)
    width, _ = _size(found, _DPI)
    picture = base64.b64encode(found).decode("ascii")
    return "text/html", (
        f'<img src="data:{PNG};base64,{picture}" alt="{_attribute(_alt(chart))}" '
        f'width="{width}" style="max-width:100%;height:auto">'
    )


def _alt(chart: Chart) -> str:
    return clean(chart.describe()).replace("\n", " ")


def _attribute(text: str) -> str:
    """The text for an attribute's value.

    Not only what HTML knows is escaped: in `mo.md(f"{mo.as_html(chart)}")` it passes through
    Markdown, which would find links and pictures in it.
    """
    return re.sub(r"[^\w ,]|_", lambda found: f"&#{ord(found[0])};", text)


def _names(given: object) -> set[str]:
    if isinstance(given, str):
        return {given}
    return set(map(str, given)) if isinstance(given, Collection) else set()


def _size(png: bytes, dpi: float) -> tuple[int, int]:
    """Width and height in CSS px of a picture of that resolution."""
    wide, high = (int.from_bytes(png[at : at + 4]) for at in (16, 20))
    return round(wide * _CSS_DPI / dpi), round(high * _CSS_DPI / dpi)


def _suited() -> tuple[str, float]:
    """The kind of picture that suits the place, and its pixels per inch.

    Quarto names the kind that its document takes in the environment of the program it runs, and
    for a screen of twice the pixels twice the resolution.
    """
    asked = os.environ.get("QUARTO_FIG_FORMAT")
    if asked == "pdf":
        return PDF, _DPI
    if asked == "svg":
        # typst asks for SVG too, but has none of our typeface: its documents get a fine PNG.
        return (SVG, _DPI) if _quarto_target() not in ("typst", "") else (PNG, _PRINT_DPI)
    try:
        dpi = float(os.environ.get("QUARTO_FIG_DPI", "")) if asked else _DPI
    except ValueError:
        dpi = _DPI
    return PNG, dpi if 1 <= dpi <= 20 * _CSS_DPI else _DPI


def _quarto_target() -> str:
    """The kind of document that Quarto makes, such as "html"; empty where it does not say."""
    try:
        told = json.loads(Path(os.environ["QUARTO_EXECUTE_INFO"]).read_text("utf-8"))
        return str(told["format"]["identifier"]["base-format"])
    except (KeyError, OSError, ValueError, TypeError):
        return ""
