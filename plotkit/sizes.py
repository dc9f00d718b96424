"""Sizes by name: `size="nature-single"` gives a figure the measures of the place it is made for.

Each name stands for a width and a height in real units, for how large the text is there, and for
the resolution that the place asks for. Text is designed for a figure of 640 x 400 px on a
screen (titles of 17 px, labels of 11.5 px); `zoom` makes it 6 to 8 points on paper, and large
enough for the last row on a slide.
"""

from __future__ import annotations

from typing import NamedTuple

from plotkit import errors

_MM, _INCH = 96.0 / 25.4, 96.0  # CSS px


class Size(NamedTuple):
    """The measures of a figure.

    Attributes:
        width: of the figure on the page, in CSS px (96 an inch).
        height: the same.
        zoom: how much larger text and marks are than in the design: the figure is laid out at
            width / zoom by height / zoom, and scaled.
        dpi: dots per inch of a PNG, JPEG or WebP, unless the caller says otherwise.
        frame: whether the place has that height, as a slide has; elsewhere a plot that keeps its
            shape takes the whole width, and the height that it needs.
    """

    width: float
    height: float
    zoom: float
    dpi: float
    frame: bool


# What is as high as it is, whatever stands in it.
_FRAMES = ("slide-16:9", "slide-4:3", "slide-half", "social", "og")

# name -> (width, height, px per unit, zoom, dpi, where the figures come from)
_KNOWN: dict[str, tuple[float, float, float, float, float, str]] = {
    "nature-single": (
        *(89, 70, _MM, 0.75, 300),
        "Nature's guide to figures: one column is 89 mm, text 5 to 7 pt.",
    ),
    "nature-double": (
        *(183, 105, _MM, 0.75, 300),
        "Nature's guide to figures: two columns are 183 mm, text 5 to 7 pt.",
    ),
    "science-single": (
        *(57, 60, _MM, 0.7, 300),
        "Science's instructions for figures: one column of three is 5.7 cm, text 5 to 7 pt.",
    ),
    "science-double": (
        *(121, 85, _MM, 0.75, 300),
        "Science's instructions for figures: two columns of three are 12.1 cm, text 5 to 7 pt.",
    ),
    "ieee-column": (
        *(3.5, 2.75, _INCH, 0.8, 600),
        "IEEE's author centre: one column is 3.5 in, text near 8 pt, 600 dpi for line art.",
    ),
    "ieee-page": (
        *(7.16, 4, _INCH, 0.9, 600),
        "IEEE's author centre: two columns are 7.16 in, text near 8 pt, 600 dpi for line art.",
    ),
    "acm-column": (
        *(3.33, 2.65, _INCH, 0.8, 300),
        "ACM's class acmart (sigconf): a column is 241 pt, 3.33 in.",
    ),
    "acm-page": (
        *(7, 4, _INCH, 0.9, 300),
        "ACM's class acmart (sigconf): the text is 506 pt wide, 7 in.",
    ),
    "neurips": (
        *(5.5, 3.5, _INCH, 0.85, 300),
        "The NeurIPS style file: the text is 5.5 in wide (33 picas).",
    ),
    "icml-column": (
        *(3.25, 2.6, _INCH, 0.75, 300),
        "The ICML style file: a column is 3.25 in.",
    ),
    "elsevier-single": (
        *(90, 70, _MM, 0.8, 500),
        "Elsevier's artwork sizing: one column is 90 mm, text 7 pt, 500 dpi for line and tone.",
    ),
    "elsevier-double": (
        *(190, 110, _MM, 0.85, 500),
        "Elsevier's artwork sizing: two columns are 190 mm, text 7 pt, 500 dpi for line and tone.",
    ),
    "a4-width": (
        *(160, 100, _MM, 0.9, 300),
        "A4 paper (ISO 216, 210 mm) with margins of 25 mm.",
    ),
    "slide-16:9": (
        *(40 / 3, 7.5, _INCH, 2.1, 144),
        "A whole widescreen slide in PowerPoint, 13.33 x 7.5 in; 1,920 x 1,080 pixels.",
    ),
    "slide-4:3": (
        *(10, 7.5, _INCH, 2.0, 144),
        "A whole 4:3 slide in PowerPoint, 10 x 7.5 in; 1,440 x 1,080 pixels.",
    ),
    "slide-half": (
        *(6, 5.2, _INCH, 1.4, 144),
        "Half of a widescreen slide, beside text and below a heading.",
    ),
    "github-readme": (
        *(830, 480, 1.0, 1.25, 192),
        "The column of a README on GitHub is about 830 px wide; twice the pixels.",
    ),
    "social": (
        *(1200, 630, 1.0, 1.9, 96),
        "The picture of a link in social networks (Open Graph), 1,200 x 630 pixels.",
    ),
    "og": (
        *(1200, 630, 1.0, 1.9, 96),
        "The same as social.",
    ),
    "email": (
        *(600, 375, 1.0, 1.1, 192),
        "The column that e-mail programs show whole is 600 px wide; twice the pixels.",
    ),
}  # fmt: skip

NAMES = tuple(_KNOWN)


def get(name: str) -> Size:
    """The measures that a name stands for.

    Raises:
        OptionError: there is no such name; the nearest is named.

    >>> get("ieee-column").width
    336.0
    """
    width, height, unit, zoom, dpi, _ = _row(name)
    return Size(width * unit, height * unit, zoom, dpi, name.strip().lower() in _FRAMES)


def about(name: str) -> str:
    """One sentence on where the measures come from.

    >>> about("icml-column")
    'The ICML style file: a column is 3.25 in.'
    """
    return _row(name)[-1]


def _row(name: str) -> tuple[float, float, float, float, float, str]:
    found = _KNOWN.get(name.strip().lower()) if isinstance(name, str) else None
    if found is None:
        raise errors.OptionError.from_size(name, NAMES)
    return found
