"""Arrays of numbers as pictures: which axis is which, and what the numbers mean as colours."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from plotkit import errors, notes, settings

if TYPE_CHECKING:
    from PIL.Image import Image

Array = np.ndarray[Any, Any]

CHANNELS = (1, 2, 3, 4)
GRID_COLUMNS = 8  # pictures beside each other in a grid of a batch, as torchvision's
_GRID_GAP = 2  # px between them
_SLACK = 0.05  # how far floats may pass 0, 1 or -1, as resized pictures do
_ROUNDING = 1e-6  # and how far without a word
_DIM = 16.0  # on a scale of 0 to 255

_SHAPES = (
    "(height, width), (height, width, channels), (channels, height, width) or, for a grid of "
    "several, one axis more in front; channels are 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA)"
)


def picture(array: Array, *, channels_first: bool) -> tuple[Image, list[str]]:
    """The picture of an array, as Pillow has it, and what was done to its values.

    Args:
        array: bools, ints or floats, in one of the shapes above.
        channels_first: what is meant where both ends of the shape could be channels.

    Raises:
        MediaError: no such shape, no pixels, or more than `settings.max_pixels`.
    """
    from PIL import Image

    if array.dtype.kind not in "biuf":
        raise errors.MediaError.from_object("Image", f"an array of {array.dtype}", "real numbers")
    laid, said = _laid_out(array, channels_first)
    check_size(laid.shape[1], laid.shape[0])
    if array.dtype == np.uint16 and laid.shape[2] == 1 and laid.max() > 255:
        return Image.fromarray(np.ascontiguousarray(laid[:, :, 0])), said  # 16 bits stay 16 bits
    found, more = to_bytes(laid)
    flat = found[:, :, 0] if found.shape[2] == 1 else found
    return Image.fromarray(np.ascontiguousarray(flat)), said + more


def check_size(width: int, height: int, kind: str = "Image") -> None:
    """Refuse pictures of no pixels, and of more than the settings allow."""
    if not width or not height:
        raise errors.MediaError.from_object(
            kind, f"{width} x {height} pixels", "at least one pixel each way"
        )
    if width * height > settings.max_pixels:
        raise errors.MediaError.from_too_large(kind, width, height, settings.max_pixels)


# --- axes ----------------------------------------------------------------------------------------


def _laid_out(array: Array, channels_first: bool) -> tuple[Array, list[str]]:
    """The array as (height, width, channels), and what was done for it."""
    while array.ndim > 4 and array.shape[0] == 1:
        array = array[0]
    if array.ndim == 2:
        return array[:, :, None], []
    if array.ndim == 3 and is_last(array.shape[-3:], channels_first) is not None:
        return channels_last(array, channels_first), []
    if array.ndim == 4 and is_last(array.shape[-3:], channels_first) is not None:
        return _gridded(channels_last(array, channels_first))
    raise errors.MediaError.from_object("Image", f"an array of shape {array.shape}", _SHAPES)


def is_last(shape: tuple[int, ...], channels_first: bool) -> bool | None:
    """Whether channels are the last of three axes, or the first; None where no axis fits."""
    first, last = shape[0] in CHANNELS, shape[2] in CHANNELS
    if first and last:
        return not channels_first
    return last if first or last else None


def channels_last(array: Array, channels_first: bool) -> Array:
    """The array with its channels, one of its last three axes, at the end."""
    return array if is_last(array.shape[-3:], channels_first) else np.moveaxis(array, -3, -1)


def _gridded(batch: Array) -> tuple[Array, list[str]]:
    """Pictures (count, height, width, channels) as one, row by row."""
    count, height, width, channels = batch.shape
    if count <= 1:
        return batch.reshape(count * height, width, channels), []
    columns = min(count, GRID_COLUMNS)
    rows = math.ceil(count / columns)
    check_size(columns * (width + _GRID_GAP), rows * (height + _GRID_GAP))
    return grid(batch, columns, _GRID_GAP), [notes.picture_grid(count, columns, rows)]


def grid(batch: Array, columns: int, gap: int) -> Array:
    """Pictures (count, ..., height, width, channels) beside and below each other.

    Every axis between the count and the height stays: frames of videos. The ground is 0.
    """
    count, *between, height, width, channels = batch.shape
    rows = math.ceil(count / columns)
    made = np.zeros(
        (*between, rows * (height + gap) - gap, columns * (width + gap) - gap, channels),
        dtype=batch.dtype,
    )
    for at in range(count):
        top, left = at // columns * (height + gap), at % columns * (width + gap)
        made[..., top : top + height, left : left + width, :] = batch[at]
    return made


# --- values --------------------------------------------------------------------------------------


def to_bytes(array: Array) -> tuple[Array, list[str]]:
    """Values as uint8, 0 to 255, and what was done to them where that is not plain.

    Bools are 0 and 255, uint8 stays. Floats from 0 to 1 become 0 to 255, from -1 to 1 likewise,
    and other floats from 0 on are taken as 0 to 255; floats below -1 are stretched, the lowest to
    0 and the highest to 255. Integers are taken as 0 to 255, those of only 0 and 1 as black and
    white, and uint16 of more than 8 bits is divided by 257. What lies outside is clipped, NaN is
    0, and both are counted.
    """
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255), []
    if array.dtype == np.uint8:
        return array, []
    return _of_floats(array) if array.dtype.kind == "f" else _of_integers(array)


def _of_integers(array: Array) -> tuple[Array, list[str]]:
    low, high = int(array.min()), int(array.max())
    if array.dtype == np.uint16 and high > 255:
        return np.round(array / 257.0).astype(np.uint8), [notes.pixels_shown(low, high, 0, 65_535)]
    if low >= 0 and high <= 1:
        said = [notes.pixels_shown(low, high, 0, 1)] if high else []
        return array.astype(np.uint8) * np.uint8(255), said
    outside = int(np.count_nonzero((array < 0) | (array > 255)))
    said = [notes.pixels_clipped(outside, array.size, low, high)] if outside else []
    return array.clip(0, 255).astype(np.uint8), said


def _of_floats(array: Array) -> tuple[Array, list[str]]:
    values = array.astype(np.float64)
    nans = int(np.count_nonzero(np.isnan(values)))
    said = [notes.pixels_missing(nans, values.size)] if nans else []
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    start, end = _meant(low, high)
    # Such as 0 to 1.2, which is nearly black on a scale of 0 to 255.
    dim = end == 255.0 and high < _DIM
    if dim or (start, end) not in ((0.0, 1.0), (0.0, 255.0)):
        said.append(notes.pixels_shown(low, high, start, end))
    infinite = values.size - nans - len(finite)
    outside = infinite + int(
        np.count_nonzero((finite < start - _ROUNDING) | (finite > end + _ROUNDING))
    )
    if outside:
        said.append(notes.pixels_clipped(outside, values.size, low, high))
    with np.errstate(invalid="ignore"):
        scaled = np.round((np.clip(values, start, end) - start) * (255.0 / (end - start)))
    return np.nan_to_num(scaled, nan=0.0).astype(np.uint8), said


def _meant(low: float, high: float) -> tuple[float, float]:
    """Which values are black and white in a picture whose values go from `low` to `high`."""
    if low >= -_SLACK:
        return 0.0, 1.0 if high <= 1 + _SLACK else 255.0
    if low >= -1 - _SLACK:
        return (-1.0, 1.0) if high <= 1 + _SLACK else (low, high)
    return low, high if high > low else low + 1.0
