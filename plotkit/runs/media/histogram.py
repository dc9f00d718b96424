"""Histograms: counts and edges of many values, logged with a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from plotkit import errors
from plotkit.runs.media import reading
from plotkit.runs.media.base import Media, given

Array = np.ndarray[Any, Any]

MAX_BINS = 512
_COUNTS = "a list of counts, finite and not negative"
_EDGES = "a list of finite numbers, each larger than the one before"


class Histogram(Media):
    """How many of many values lie in each of a few bins.

    Args:
        sequence: the values: an array or tensor of any shape and library, or lists in lists, of
            numbers or bools. NaN, None and infinite values are left out and counted (`missing`).
        np_histogram: finished counts and edges instead, as `numpy.histogram` returns them; there
            is one edge more than counts. Densities are allowed.
        num_bins: bins of equal width, 1 to 512, from the lowest to the highest value.

    The counts and edges of a sequence are those of `numpy.histogram(values, num_bins)`.

    Raises:
        MediaError: more than 512 bins, edges that do not rise, values that are no numbers.

    >>> made = Histogram([1, 2, 2, float("nan"), 3], num_bins=2)
    >>> made
    Histogram(4 values in 2 bins from 1 to 3, 1 left out)
    >>> made.counts, made.edges
    ([1, 3], [1.0, 2.0, 3.0])
    """

    kind = "histogram"

    counts: list[float]
    """How many values each bin holds."""
    edges: list[float]
    """Where the bins begin, and where the last one ends."""
    missing: int
    """How many values are NaN, None or infinite."""

    def __init__(
        self,
        sequence: object = None,
        np_histogram: Sequence[Any] | None = None,
        num_bins: int = 64,
    ) -> None:
        if (sequence is None) == (np_histogram is None):
            found = "nothing" if sequence is None else "both a sequence and np_histogram"
            raise errors.MediaError.from_object(
                "Histogram", found, "either values, or np_histogram=(counts, edges)"
            )
        self.missing = 0
        if np_histogram is not None:
            self.counts, self.edges = _checked(np_histogram)
            return
        bins = _bins(num_bins)
        values = _flat(sequence)
        known = values[np.isfinite(values)] if values.dtype.kind == "f" else values
        self.missing = len(values) - len(known)
        counts, edges = _counted(known, bins)
        self.counts, self.edges = counts.tolist(), edges.tolist()

    @property
    def histogram(self) -> list[float]:
        """The counts, under W&B's name."""
        return self.counts

    @property
    def bins(self) -> list[float]:
        """The edges, under W&B's name."""
        return self.edges

    def __repr__(self) -> str:
        total, bins = sum(self.counts), len(self.counts)
        left = f", {self.missing:,} left out" if self.missing else ""
        return (
            f"Histogram({total:,.6g} value{'' if total == 1 else 's'} in {bins} "
            f"bin{'' if bins == 1 else 's'} from {self.edges[0]:g} to {self.edges[-1]:g}{left})"
        )

    def store(self, keep: Callable[[bytes, str], str]) -> dict[str, Any]:
        return {
            "_type": self.kind,
            "counts": self.counts,
            "edges": self.edges,
            **given(missing=self.missing or None),
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any], folder: Path) -> Self:
        made = cls.__new__(cls)
        made.counts, made.edges = list(stored["counts"]), list(stored["edges"])
        made.missing = int(stored.get("missing", 0))
        return made


def _bins(asked: object) -> int:
    if isinstance(asked, bool) or not isinstance(asked, (int, np.integer)):
        raise errors.MediaError.from_object(
            "Histogram", f"num_bins={errors.shown(asked)}", f"a whole number from 1 to {MAX_BINS}"
        )
    if not 1 <= asked <= MAX_BINS:
        raise errors.MediaError.from_object(
            "Histogram", f"num_bins={asked:,}", f"1 to {MAX_BINS} bins"
        )
    return int(asked)


# --- values --------------------------------------------------------------------------------------


def _flat(sequence: object) -> Array:
    """All values in one row, as a type that can be counted."""
    found = reading.array(sequence)
    if found is None and isinstance(sequence, Iterator):
        sequence = list(sequence)
    if found is None and isinstance(sequence, (list, tuple, range)):
        found = _of_nested(sequence)
    flat = reading.numbers(sequence if found is None else found, "Histogram").ravel()
    if flat.dtype.kind == "c":
        raise errors.MediaError.from_object(
            "Histogram", "complex numbers", "real ones, such as np.abs(values)"
        )
    if flat.dtype.kind == "b":
        return flat.astype(np.uint8)
    if flat.dtype.kind == "f" and flat.dtype.itemsize not in (4, 8):
        return flat.astype(np.float32 if flat.dtype.itemsize == 2 else np.float64)
    return flat


def _of_nested(values: Sequence[Any]) -> Array:
    """Lists in lists, and arrays in lists, of any lengths."""
    parts = []
    plain: list[Any] = []
    for value in values:
        if isinstance(value, (list, tuple, range)) or getattr(value, "shape", ()) != ():
            parts.append(_flat(value))
        else:
            plain.append(value if value is None or not hasattr(value, "item") else value.item())
    if plain or not parts:
        parts.append(reading.numbers(plain, "Histogram").ravel())
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _counted(values: Array, bins: int) -> tuple[Array, Array]:
    """What `numpy.histogram` gives, also where it gives up: at the ends of what floats hold."""
    if not len(values):
        return np.histogram(values, bins)
    low, high = float(values.min()), float(values.max())
    if values.dtype.kind == "f" and max(-low, high) > np.finfo(values.dtype).max / 4:
        # The width of all bins may be beyond the largest float. A quarter of it is not.
        counts, edges = _counted(values.astype(np.float64) / 4, bins)
        return counts, edges * 4
    try:
        return np.histogram(values, bins)
    except ValueError:  # too few floats lie between the lowest and the highest value
        room = 2 * bins * float(np.spacing(max(-low, high)))
        ends = (low - room, high) if high > 0 else (low, high + room)
        return np.histogram(values.astype(np.float64), bins, range=ends)


# --- finished histograms -------------------------------------------------------------------------


def _checked(np_histogram: Any) -> tuple[list[float], list[float]]:
    if not isinstance(np_histogram, (list, tuple)) or len(np_histogram) != 2:
        raise errors.MediaError.from_object(
            "Histogram",
            f"np_histogram={errors.shown(np_histogram)}",
            "a pair of counts and edges, as np.histogram(values) returns it",
        )
    counts = _row(np_histogram[0], "counts", _COUNTS)
    edges = _row(np_histogram[1], "edges", _EDGES)
    if len(edges) != len(counts) + 1:
        found = f"{len(counts):,} counts and {len(edges):,} edges"
        raise errors.MediaError.from_object("Histogram", found, "one edge more than counts")
    if not 1 <= len(counts) <= MAX_BINS:
        raise errors.MediaError.from_object(
            "Histogram", f"{len(counts):,} bins", f"1 to {MAX_BINS} bins"
        )
    if not np.isfinite(counts).all() or (counts < 0).any():
        raise errors.MediaError.from_object("Histogram", f"counts {errors.shown(counts)}", _COUNTS)
    if not np.isfinite(edges).all() or not (edges[1:] > edges[:-1]).all():
        raise errors.MediaError.from_object("Histogram", f"edges {errors.shown(edges)}", _EDGES)
    return counts.tolist(), edges.tolist()


def _row(values: object, name: str, expected: str) -> Array:
    found = reading.numbers(values, "Histogram")
    if found.ndim != 1 or found.dtype.kind == "c":
        told = f"{name} of shape {found.shape} and type {found.dtype}"
        raise errors.MediaError.from_object("Histogram", told, expected)
    return found.astype(np.int64) if found.dtype.kind == "b" else found
