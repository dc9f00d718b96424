"""Pictures from all that people have them in, as the bytes of one file."""

from __future__ import annotations

import io
import sys
import warnings
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from plotkit import errors, notes, settings
from plotkit.runs.media import pixels, reading

if TYPE_CHECKING:
    from PIL.Image import Image

# Pillow's names of the formats that browsers draw -> their suffixes: such files are kept.
_KEPT = {
    "PNG": ".png",
    "JPEG": ".jpg",
    "MPO": ".jpg",  # what some cameras write: a JPEG with more behind it
    "GIF": ".gif",
    "WEBP": ".webp",
    "BMP": ".bmp",
    "AVIF": ".avif",
}
# file_type -> Pillow's name, its suffix, how it is saved
_WRITTEN: dict[str, tuple[str, str, dict[str, Any]]] = {
    "png": ("PNG", ".png", {}),
    "jpg": ("JPEG", ".jpg", {"quality": 90, "subsampling": 0}),
    "jpeg": ("JPEG", ".jpg", {"quality": 90, "subsampling": 0}),
    "webp": ("WEBP", ".webp", {"lossless": True, "quality": 50, "method": 3, "exact": True}),
    "bmp": ("BMP", ".bmp", {}),
}
_MODES = {
    "PNG": {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"},
    "JPEG": {"L", "RGB"},
    "WEBP": {"RGB", "RGBA"},
    "BMP": {"1", "L", "P", "RGB"},
}
_ORIENTATION = 0x0112  # of EXIF; 5 to 8 turn a picture by 90 degrees
_TAKES = (
    "an array, a tensor, a Pillow image, the path or the bytes of a picture, a Matplotlib figure "
    "or a plotkit chart"
)


class Picture(NamedTuple):
    """A file, how large it is drawn (px), and what was done to make it."""

    content: bytes
    suffix: str
    width: int
    height: int
    notes: list[str]


def of(data: Any, mode: str | None = None, file_type: str | None = None) -> Picture:
    """The picture in anything that holds one; see `Image`."""
    if file_type is not None and str(file_type).lower() not in _WRITTEN:
        raise errors.MediaError.from_object(
            "Image", f"file_type={errors.shown(file_type)}", f"one of {', '.join(_WRITTEN)}"
        )
    wanted = None if file_type is None else str(file_type).lower()
    source = _drawn(data) or reading.source(data, "Image")
    if source is not None:
        return _of_file(source, mode, wanted)
    image, said = _image_of(data)
    return _encoded(image, mode, wanted or "png", said)


# --- files ---------------------------------------------------------------------------------------


def _of_file(source: reading.Source, mode: str | None, wanted: str | None) -> Picture:
    """A picture file: kept as it is where browsers draw it and nothing else is asked for."""
    name = str(source.path or "these bytes")
    image = opened(source.content, name)
    suffix = _KEPT.get(image.format or "")
    if suffix and mode is None and (wanted is None or _WRITTEN[wanted][1] == suffix):
        turned = suffix == ".jpg" and image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
        width, height = image.size[::-1] if turned else image.size
        return Picture(source.content, suffix, width, height, [])
    from PIL import ImageOps

    said = [] if suffix else [notes.picture_converted(str(image.format), (wanted or "png").upper())]
    return _encoded(ImageOps.exif_transpose(image), mode, wanted or "png", said)


def opened(content: bytes, name: str) -> Image:
    """A picture file, read to its end, with no more pixels than allowed."""
    import PIL.Image

    try:
        with warnings.catch_warnings():  # our own limit is the one that counts
            warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)
            image = PIL.Image.open(io.BytesIO(content))
            pixels.check_size(*image.size)
            image.load()
    except PIL.UnidentifiedImageError:
        hint = "An SVG is logged as pk.Html." if b"<svg" in content[:2000] else ""
        known = [suffix[1:] for suffix in dict.fromkeys(_KEPT.values())]
        raise errors.MediaError.from_format("Image", name, known, hint) from None
    except PIL.Image.DecompressionBombError as reason:
        raise errors.MediaError.from_file("Image", name, str(reason)) from reason
    except (OSError, SyntaxError, ValueError, EOFError) as reason:
        if isinstance(reason, errors.PlotkitError):
            raise
        raise errors.MediaError.from_file("Image", name, f"it is damaged: {reason}") from reason
    return image


# --- what draws itself ---------------------------------------------------------------------------


def _drawn(data: Any) -> reading.Source | None:
    """The PNG of a chart, a figure or `plt`; None of all else."""
    if type(data).__module__ == "plotkit.chart":
        return reading.Source(data.to_png(), None)
    if isinstance(data, (list, tuple)) and data:  # what plt.plot and plt.bar return
        data = data[0]
    roots = {kind.__module__.partition(".")[0] for kind in type(data).__mro__}
    if isinstance(data, ModuleType) and data.__name__ in ("matplotlib.pyplot", "pylab"):
        if not data.get_fignums():
            raise errors.MediaError.from_object("Image", "plt without a figure", "a drawn figure")
        return _saved_figure(data.gcf())
    if roots & {"matplotlib", "seaborn"}:
        figure = data if hasattr(data, "savefig") else _figure_of(data)
        return None if figure is None else _saved_figure(figure)
    return None


def _figure_of(artist: Any) -> Any:
    """The figure that axes, a line or a bar is part of."""
    found = getattr(artist, "figure", None)
    while found is not None and getattr(found, "figure", found) is not found:  # one in another
        found = found.figure
    return found


def _saved_figure(figure: Any) -> reading.Source:
    """A figure as PNG, drawn in memory: no window opens, and no version is written into it."""
    held = io.BytesIO()
    figure.savefig(held, format="png", metadata={"Software": None})
    return reading.Source(held.getvalue(), None)


# --- what is held in memory ----------------------------------------------------------------------


def _image_of(data: Any) -> tuple[Image, list[str]]:
    """A Pillow image, or the picture of numbers."""
    if "PIL.Image" in sys.modules:
        from PIL.Image import Image

        if isinstance(data, Image):
            pixels.check_size(*data.size)
            return data, []
    array = reading.array(data)
    if array is None and isinstance(data, (list, tuple)):
        array = reading.numbers(data, "Image")
    if array is None:
        raise errors.MediaError.from_object("Image", type(data).__name__, _TAKES)
    return pixels.picture(array, channels_first=reading.is_torch(data))


def _encoded(image: Image, mode: str | None, wanted: str, said: list[str]) -> Picture:
    format, suffix, options = _WRITTEN[wanted]
    if mode is not None:
        image = _converted(image, mode)
    made, more = _suited(image, format)
    if format == "PNG":
        options = {"compress_level": settings.png_level}
    held = io.BytesIO()
    made.save(held, format, **options)
    return Picture(held.getvalue(), suffix, *made.size, said + more)


def _suited(image: Image, format: str) -> tuple[Image, list[str]]:
    """The image in a mode that the format has."""
    said: list[str] = []
    if image.mode == "F" or image.mode.startswith("I"):
        array = np.asarray(image)
        if image.mode.startswith("I;16"):
            array = array.astype(np.uint16)
        if format == "PNG" and array.dtype == np.uint16:
            return (image if image.mode == "I;16" else _from_array(array)), []
        shades, said = pixels.to_bytes(array)
        image = _from_array(shades)
    if image.mode in _MODES[format]:
        return image, said
    if image.mode == "La":
        image = image.convert("LA")
    if format == "JPEG" and image.has_transparency_data:
        clear = image.convert("RGBA").getchannel("A").getextrema() != (255, 255)
        said = [*said, notes.picture_converted("transparency", "white")] if clear else said
        return _on_white(image), said
    transparent = image.has_transparency_data or image.mode in ("RGBa", "PA")
    made = _converted(image, "RGBA" if transparent and "RGBA" in _MODES[format] else "RGB")
    if image.mode not in ("1", "L", "LA", "P", "PA", "RGBX", "RGBa", "RGBA"):
        said = [*said, notes.picture_converted(image.mode, made.mode)]
    return made, said


def _from_array(array: np.ndarray[Any, Any]) -> Image:
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(array))


def _on_white(image: Image) -> Image:
    from PIL import Image

    ground = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")


def _converted(image: Image, mode: str) -> Image:
    if image.mode == mode:
        return image
    try:
        return image.convert(mode)
    except (ValueError, OSError) as reason:
        raise errors.MediaError.from_object(
            "Image", f"a picture of mode {image.mode}", f"one that Pillow converts to {mode}"
        ) from reason
