"""JPEG and WebP, made from a finished PNG by Pillow.

Charts are thin coloured lines on flat colours, which both formats were not made for: JPEG keeps
the colour of every pixel here (no chroma subsampling), and WebP is lossless unless a quality is
asked for. The same PNG and metadata give the same bytes.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from plotkit import errors

if TYPE_CHECKING:
    from PIL.Image import Image

    from plotkit.render.metadata import Metadata

# EXIF, the numbers of its tags
_DESCRIPTION, _SOFTWARE, _DATE = 0x010E, 0x0131, 0x0132
_X_RESOLUTION, _Y_RESOLUTION, _UNIT, _PER_INCH = 0x011A, 0x011B, 0x0128, 2
_WEBP_SIDE, _JPEG_SIDE = 16_383, 65_500  # px, the longest that libwebp and libjpeg write


def jpeg(
    png: bytes,
    *,
    dpi: float | None = None,
    quality: int = 90,
    metadata: Metadata | None = None,
) -> bytes:
    """Return the picture of a PNG as a JPEG.

    Args:
        png: a PNG without transparency.
        dpi: pixels per inch that the file names; None to name none.
        quality: 1 (small) to 100 (good). All pixels keep their own colour, whatever it is.
        metadata: what the file says about itself, as EXIF, XMP and a comment.

    Raises:
        MissingExtraError: Pillow is not installed.
        OptionError: the picture is transparent, or `quality` is out of range.
        RenderError: a side is longer than a JPEG can have.
    """
    found = _opened(png, "JPEG", _JPEG_SIDE)
    if found.mode == "RGBA":
        if found.getchannel("A").getextrema() != (255, 255):
            raise errors.OptionError.from_transparent("JPEG")
        found = found.convert("RGB")
    options: dict[str, Any] = _described(metadata, dpi, "image/jpeg")
    if dpi is not None:
        options["dpi"] = (round(dpi), round(dpi))
    if metadata is not None:
        options["comment"] = metadata.cleaned().title.encode()
    return _saved(found, "JPEG", quality=_whole(quality), subsampling=0, optimize=True, **options)


def webp(
    png: bytes,
    *,
    dpi: float | None = None,
    quality: int | None = None,
    metadata: Metadata | None = None,
) -> bytes:
    """Return the picture of a PNG as a WebP; transparent where the PNG is.

    Args:
        png: a PNG.
        dpi: pixels per inch that the file names (in EXIF); None to name none.
        quality: None for lossless, or 1 (small) to 100 (good).
        metadata: what the file says about itself, as EXIF and XMP.

    Raises:
        MissingExtraError: Pillow is not installed.
        OptionError: `quality` is out of range.
        RenderError: a side is longer than a WebP can have (16,383 px).
    """
    found = _opened(png, "WebP", _WEBP_SIDE)
    options = _described(metadata, dpi, "image/webp")
    if quality is None:
        # For lossless files quality is the effort: above 50 it costs much and gains little.
        return _saved(found, "WEBP", lossless=True, quality=50, method=3, exact=True, **options)
    return _saved(found, "WEBP", quality=_whole(quality), method=4, **options)


def _opened(png: bytes, kind: str, longest: int) -> Image:
    """The picture, RGB or RGBA."""
    # Not Image.open: that warns of large pictures, which are limited elsewhere.
    from PIL.PngImagePlugin import PngImageFile

    found = PngImageFile(io.BytesIO(png))
    if max(found.size) > longest:
        detail = (
            f"a {kind} has at most {longest:,} px a side, but the picture has "
            f"{found.size[0]:,} x {found.size[1]:,} pixels; ask for a smaller scale or dpi"
        )
        raise errors.RenderError.from_stage(f"making the {kind}", "the picture", detail)
    return found.convert("RGBA" if found.has_transparency_data else "RGB")


def _whole(quality: int) -> int:
    if isinstance(quality, bool) or not isinstance(quality, int) or not 1 <= quality <= 100:
        expected = "a whole number from 1 to 100"
        raise errors.OptionError.from_option("quality", quality, expected)
    return quality


def _described(metadata: Metadata | None, dpi: float | None, kind: str) -> dict[str, Any]:
    """The options of Pillow that write metadata and resolution."""
    from fractions import Fraction

    from PIL.Image import Exif

    exif = Exif()
    options: dict[str, Any] = {}
    if dpi is not None:
        for tag in (_X_RESOLUTION, _Y_RESOLUTION):
            exif[tag] = Fraction(dpi).limit_denominator(1000)
        exif[_UNIT] = _PER_INCH
    if metadata is not None:
        from plotkit.render.metadata import xmp

        clean = metadata.cleaned()
        moment = clean.moment()
        # As bytes: texts are UTF-8 in practice, and Pillow would write ASCII with question marks.
        texts = {
            _DESCRIPTION: clean.description or clean.title,
            _SOFTWARE: clean.software,
            _DATE: moment.strftime("%Y:%m:%d %H:%M:%S") if moment is not None else "",
        }
        for tag, text in texts.items():
            if text:
                exif[tag] = text.encode()
        options["xmp"] = xmp(clean, kind=kind, creator=clean.software).encode()
    if len(exif):
        options["exif"] = exif.tobytes()
    return options


def _saved(picture: Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()
