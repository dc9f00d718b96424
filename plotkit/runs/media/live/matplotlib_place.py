"""What an axes of Matplotlib's does to its artists: places, names, colours.

Nothing of a figure is changed. What is not known is no piece: `UnfaithfulError` says what.
"""

from __future__ import annotations

import colorsys
import itertools
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from plotkit.runs.media.live import drawn
from plotkit.runs.media.live.drawn import Paint, UnfaithfulError

PX = 96 / 72  # of a point
LINE = 2.2 / 1.5  # px of our lines for a point of Matplotlib's


class Place:
    """What an axes does to its artists: their transform, and their values as ours."""

    def __init__(
        self, axes: Any, x: Callable[[Any], list[Any]], y: Callable[[Any], list[Any]]
    ) -> None:
        self.axes = axes
        self.x = x  # floats of Matplotlib -> values of a row
        self.y = y
        self.labels = _container_labels(axes)
        self.bars = _bars(axes)

    def kind(self, transform: Any, what: str) -> str:
        """Where coordinates count: "data", "across" (x in parts of the axes), "up", "axes"."""
        axes = self.axes
        if transform == axes.transData:
            return "data"
        if transform == axes.get_yaxis_transform(which="grid"):
            return "across"
        if transform == axes.get_xaxis_transform(which="grid"):
            return "up"
        if transform == axes.transAxes:
            return "axes"
        raise UnfaithfulError(f"it contains {what} placed by coordinates of its own")

    def label(self, artist: Any) -> str | None:
        """The text by which a legend would call an artist; None where it would not."""
        text = str(self.labels.get(id(artist), artist.get_label()) or "")
        if not text or text.startswith("_"):
            return None
        return plain(text, "a label")


def _container_labels(axes: Any) -> dict[int, str]:
    """The label of a whole (bars, error bars, stems) for each of its parts."""
    made = {}
    for container in axes.containers:
        label = str(container.get_label() or "")
        for part in _flat(container):
            if not label.startswith("_"):
                made[id(part)] = label
    return made


class Bar(NamedTuple):
    """A bar's way, whether it touches the next one as in a histogram, and whether it ends alone."""

    orient: str
    touches: bool
    ends: bool


def _bars(axes: Any) -> dict[int, Bar]:
    """What is known of each bar by the bars beside it and upon it."""
    from matplotlib.container import BarContainer

    made = {}
    containers = [found for found in axes.containers if isinstance(found, BarContainer)]
    boxes = {id(patch): patch.get_bbox() for found in containers for patch in found.patches}
    starts = {(round(b.x0, 9), round(b.y0, 9)) for b in boxes.values()}
    for container in containers:
        upright = container.orientation == "vertical"
        found = [boxes[id(patch)] for patch in container.patches]
        sides = [(b.x0, b.x1) if upright else (b.y0, b.y1) for b in found]
        pairs = list(itertools.pairwise(sides))
        close = [abs(a[1] - b[0]) <= 1e-6 * abs(a[1] - a[0]) for a, b in pairs]
        for patch, box in zip(container.patches, found, strict=True):
            tip = (box.x0, box.y1) if upright else (box.x1, box.y0)
            ends = tuple(round(part, 9) for part in tip) not in starts
            made[id(patch)] = Bar(str(container.orientation), bool(pairs) and all(close), ends)
    return made


def _flat(found: Any) -> Iterable[Any]:
    for part in found:
        if isinstance(part, (tuple, list)):
            yield from _flat(part)
        elif part is not None:
            yield part


def plain(text: object, what: str) -> str:
    """A text that is drawn as it stands."""
    told = str(text)
    if told.replace(r"\$", "").count("$") >= 2:
        raise UnfaithfulError(f"{what} holds a formula")
    return told.replace(r"\$", "$")


def paint(colour: Any) -> tuple[Paint, float]:
    """A colour of Matplotlib's, and its opacity. Those of its own cycle become ours."""
    import matplotlib as mpl
    from matplotlib import colors

    rgba = colors.to_rgba(colour)
    maps: Any = mpl.colormaps
    own = maps["tab10"].colors
    cycle = mpl.rcParams["axes.prop_cycle"].by_key().get("color", [])
    cycle = [colors.to_rgb(found) for found in cycle]
    for known in (own, cycle, [_duller(found) for found in cycle]):
        for place, found in enumerate(known):
            if all(abs(a - b) < 0.002 for a, b in zip(rgba, found, strict=False)):
                ours = drawn.palette(place, found)
                if ours is not None:
                    return ours, rgba[3]
    return drawn.paint(rgba), rgba[3]


def _duller(rgb: Any) -> tuple[float, ...]:
    """What seaborn makes of a colour that it fills bars and boxes with."""
    hue, light, strong = colorsys.rgb_to_hls(*rgb)
    return colorsys.hls_to_rgb(hue, light, strong * 0.75)
