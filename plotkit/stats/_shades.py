"""A confusion matrix of many classes as an image, a pixel for each cell, for each theme."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np

from plotkit import theme

Array = np.ndarray[Any, Any]

_LEVELS = 96  # shades of a cell that has rows
_FAINTEST = 0.06  # along the colours: what has a row is never taken for what has none


def images(counts: Array, share: Array) -> tuple[str, ...]:
    """For each theme of `theme.NAMES` the image of shares from 0 to 1, by their square root.

    >>> [image[:22] for image in images(np.eye(2), np.eye(2))]
    ['data:image/png;base64,', 'data:image/png;base64,']
    """
    from PIL import Image  # only pictures of many classes need it

    toned = _FAINTEST + (1 - _FAINTEST) * np.sqrt(share)
    index = np.where(counts > 0, 1 + np.rint(toned * (_LEVELS - 1)), 0).astype(np.uint8)
    made = []
    for name in theme.NAMES:
        stops = theme.config(name)["range"]["heatmap"]
        colours = np.array([[int(stop[at : at + 2], 16) for at in (1, 3, 5)] for stop in stops])
        places, at = np.linspace(0.0, 1.0, len(stops)), np.linspace(0.0, 1.0, _LEVELS)
        ramp = np.column_stack([np.interp(at, places, colours[:, part]) for part in range(3)])
        picture = Image.fromarray(index)
        table = np.rint(np.vstack([colours[:1], ramp])).astype(np.uint8)
        picture.putpalette(table.tobytes())
        held = io.BytesIO()
        picture.save(held, "png", optimize=False, compress_level=6)
        made.append("data:image/png;base64," + base64.b64encode(held.getvalue()).decode("ascii"))
    return tuple(made)
