"""Sparklines: a metric or a histogram as small as a word, for pages and for terminals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

from plotkit.runs.wording import number

_WIDTH, _HEIGHT = 96, 20  # px
_INSET = 1.5  # px, so that strokes at the edges are whole
_BLOCKS = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"


def sparkline(values: object, title: str = "") -> str:
    """A small SVG of a metric's values, or of a histogram, to stand in a page's text.

    Its colour is that of the text around it. All values count: of many, each pixel column reaches
    from the lowest to the highest. Values that are not finite are gaps.

    Args:
        values: numbers in their order; or a `Histogram`, or its stored form.
        title: what it shows, for screen readers; default: its first, last, lowest and highest
            value.

    >>> sparkline([3, 1, 2])[:60]
    '<svg class="sparkline" role="img" width="96" height="20" vie'
    """
    counts = _counts(values)
    if counts is not None:
        body, said = _bars(counts), _said_of_counts(values, counts)
    else:
        held = _numbers(values)
        body, said = _line(held), _said_of_values(held)
    return (
        f'<svg class="sparkline" role="img" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}"><title>{escape(title or said)}</title>{body}</svg>'
    )


def text_sparkline(values: object, width: int = 20) -> str:
    """The same for a terminal, in at most `width` characters.

    Of more values each character shows the one of its part that lies furthest from the mean of
    all; where none is finite it is a space.

    >>> text_sparkline([0, 1, 2, float("nan"), 4])
    '\u2581\u2583\u2585 \u2588'
    """
    counts = _counts(values)
    held = _numbers(values) if counts is None else counts
    known = [value for value in held if math.isfinite(value)]
    if not known:
        return " " * min(len(held), width)
    low, high = (min(known) if counts is None else 0.0), max(known)
    middle = math.fsum(value / len(known) for value in known)  # a sum may be beyond all floats
    shown = []
    for part in _parts(held, width):
        finite = [value for value in part if math.isfinite(value)]
        shown.append(max(finite, key=lambda value: abs(value - middle)) if finite else math.nan)
    return "".join(
        " " if math.isnan(value) else _BLOCKS[round(_share(value, low, high) * 7)]
        for value in shown
    )


# --- what is given -------------------------------------------------------------------------------


def _counts(values: object) -> list[float] | None:
    """The counts of a histogram; None for anything else."""
    found = values.get("counts") if isinstance(values, Mapping) else None
    found = found if found is not None else getattr(values, "counts", None)
    return [float(count) for count in found] if isinstance(found, Sequence) else None


def _numbers(values: Any) -> list[float]:
    held = values.tolist() if hasattr(values, "tolist") else values
    return [math.nan if value is None else float(value) for value in held]


def _said_of_values(values: Sequence[float]) -> str:
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return "no values"
    low, high = min(known), max(known)
    return (
        f"{len(values):,} value{'' if len(values) == 1 else 's'}, from {number(known[0])} to "
        f"{number(known[-1])}; lowest {number(low)}, highest {number(high)}"
    )


def _said_of_counts(values: Any, counts: Sequence[float]) -> str:
    held = values["edges"] if isinstance(values, Mapping) else values.edges
    total = math.fsum(counts)
    total = int(total) if total.is_integer() else total
    return f"{number(total)} values from {number(held[0])} to {number(held[-1])}"


def _parts(values: Sequence[float], most: int) -> Iterator[Sequence[float]]:
    """At most so many parts of nearly equal length, none of them empty."""
    count = min(len(values), most)
    for at in range(count):
        yield values[at * len(values) // count : (at + 1) * len(values) // count]


def _share(value: float, low: float, high: float) -> float:
    """Where a value is between the lowest, 0, and the highest, 1; in the middle of equal ones."""
    if high == low:
        return 0.5
    return (value / 2 - low / 2) / (high / 2 - low / 2)  # the difference may overflow


# --- shapes --------------------------------------------------------------------------------------


def _line(values: Sequence[float]) -> str:
    """A line for each stretch of finite values; one value alone is a dot."""
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return ""
    low, high = min(known), max(known)
    room = _WIDTH - 2 * _INSET
    many = len(values) > room
    points: list[tuple[float, float | None]] = []
    parts = list(_parts(values, int(room)))
    for at, part in enumerate(parts):
        x = _INSET + room * (at / (len(parts) - 1) if len(parts) > 1 else 0.5)
        finite = [value for value in part if math.isfinite(value)]
        if not finite:
            points.append((x, None))
            continue
        ends = dict.fromkeys([finite[0], min(finite), max(finite), finite[-1]] if many else finite)
        points += [
            (x, _HEIGHT - _INSET - (_HEIGHT - 2 * _INSET) * _share(v, low, high)) for v in ends
        ]
    drawn = []
    for is_there, stretch in groupby(points, key=lambda point: point[1] is not None):
        if is_there:
            held = [f"{x:.4g},{y:.4g}" for x, y in stretch]
            drawn.append(f"M{held[0]}L{'L'.join(held[1:] or held)}")
    return (
        f'<path d="{"".join(drawn)}" fill="none" stroke="currentColor" stroke-width="1.5" '
        'stroke-linejoin="round" stroke-linecap="round"/>'
    )


def _bars(counts: Sequence[float]) -> str:
    """A bar for each bin, or for each pixel column, where there are more bins."""
    shown = [math.fsum(part) for part in _parts(counts, _WIDTH)]
    most = max(shown, default=0.0)
    if not most:
        return ""
    width = _WIDTH / len(shown)
    drawn = []
    for at, count in enumerate(shown):
        if count:
            high = max((_HEIGHT - _INSET) * count / most, 1.0)
            drawn.append(f"M{at * width:.4g},{_HEIGHT}v{-high:.4g}h{width:.4g}V{_HEIGHT}z")
    return f'<path d="{"".join(drawn)}" fill="currentColor"/>'
