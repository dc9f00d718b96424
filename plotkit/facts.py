"""What charts ask of a column's numbers before they draw them, in one pass over the values.

The values go through in pieces that stay in the processor's cache, and nothing is kept of them:
no mask, no copy, no list, however long the column is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

SMALLEST = 1e-290  # below this, an axis cannot divide its range into ticks
PIECE = 65_536  # values that are looked at at once: half a MiB, which the cache holds
_NAT = -(2**63)


class Facts(NamedTuple):
    """What is true of all values of a column.

    Attributes:
        low: the lowest finite value (an int of integer columns; times in milliseconds since
            1970), None where there is none and for text.
        high: the highest finite value, likewise.
        missing: how many rows have no value: None, NaN, NaT.
        infinite: how many rows are infinite.
        tiny: whether a value is not 0 but closer to it than 1e-290.
        whole: whether it is a column of numbers and all finite ones are whole.
    """

    low: float | None
    high: float | None
    missing: int = 0
    infinite: int = 0
    tiny: bool = False
    whole: bool = False


def of_values(values: Sequence[float | None]) -> Facts:
    """The facts of a list of numbers, without NumPy.

    >>> of_values([2, None, 5.0])
    Facts(low=2, high=5.0, missing=1, infinite=0, tiny=False, whole=True)
    """
    known = [v for v in values if v is not None]
    finite = [v for v in known if -math.inf < v < math.inf]
    missing, infinite = len(values) - len(known), len(known) - len(finite)
    if not finite:
        return Facts(None, None, missing, infinite, whole=True)
    low, high = min(finite), max(finite)
    straddles = low < SMALLEST and high > -SMALLEST
    tiny = straddles and any(v and -SMALLEST < v < SMALLEST for v in finite)
    whole = all(type(v) is int or v % 1 == 0 for v in finite)
    return Facts(low, high, missing, infinite, tiny, whole)


def of_arrays(arrays: Iterable[np.ndarray[Any, Any]], missing: int = 0) -> Facts:
    """The facts of numbers, bools or times in arrays; `missing` more values are in none of them.

    >>> import numpy as np
    >>> of_arrays([np.array([1.0, np.nan, 3.0]), np.array([-np.inf])])
    Facts(low=1.0, high=3.0, missing=1, infinite=1, tiny=False, whole=True)
    """
    scan = _Scan(missing)
    for array in arrays:
        for start in range(0, len(array), PIECE):
            scan.add(array[start : start + PIECE])
    return scan.facts()


class _Scan:
    """Facts while they are gathered."""

    def __init__(self, missing: int) -> None:
        self._low: Any = math.inf
        self._high: Any = -math.inf
        self._missing, self._infinite = missing, 0
        self._tiny, self._whole = False, True

    def add(self, piece: np.ndarray[Any, Any]) -> None:
        """One piece of an array."""
        kind = piece.dtype.kind
        if kind == "f":
            self._add_floats(piece)
        elif kind == "M":
            self._add_times(piece)
        else:
            self._extend(piece)
        if kind == "b":
            self._whole = False

    def facts(self) -> Facts:
        """What was found."""
        ends: tuple[Any, Any] = (None, None)
        if self._low <= self._high:
            ends = (self._low, self._high)
        return Facts(*ends, self._missing, self._infinite, self._tiny, self._whole)

    def _extend(self, piece: np.ndarray[Any, Any]) -> None:
        if len(piece):
            self._low = min(self._low, piece.min().item())
            self._high = max(self._high, piece.max().item())

    def _add_floats(self, piece: np.ndarray[Any, Any]) -> None:
        import numpy as np

        with np.errstate(invalid="ignore"):
            low, high = piece.min(), piece.max()  # NaN where any value is
        if not (low > -np.inf and high < np.inf):
            finite, gone = np.isfinite(piece), int(np.count_nonzero(np.isnan(piece)))
            self._missing += gone
            piece = piece[finite]
            self._infinite += len(finite) - gone - len(piece)
            if not len(piece):
                return
            low, high = piece.min(), piece.max()
        self._low, self._high = min(self._low, low.item()), max(self._high, high.item())
        if low < SMALLEST and high > -SMALLEST and piece.dtype.itemsize == 8 and not self._tiny:
            self._tiny = _holds_tiny(piece)
        if self._whole:
            self._whole = bool((np.rint(piece) == piece).all())

    def _add_times(self, piece: np.ndarray[Any, Any]) -> None:
        import numpy as np

        self._whole = False
        low = piece.view(np.int64).min()
        if low == _NAT:
            gone = np.isnat(piece)
            self._missing += int(np.count_nonzero(gone))
            piece = piece[~gone]
        if len(piece):
            whole = piece.view(np.int64)
            ends = milliseconds(np.array([whole.min(), whole.max()]).view(piece.dtype)).tolist()
            self._low, self._high = min(self._low, ends[0]), max(self._high, ends[1])


def _holds_tiny(piece: np.ndarray[Any, Any]) -> bool:
    """Whether a value of a piece is not 0 but nearly."""
    import numpy as np

    size = np.abs(piece)
    lowest = size.min()
    return bool(lowest < SMALLEST and (lowest > 0 or ((size > 0) & (size < SMALLEST)).any()))


def milliseconds(times: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Times of NumPy as float64 milliseconds since 1970, to the microsecond; NaN where missing.

    >>> import numpy as np
    >>> milliseconds(np.array(["1970-01-02", "NaT"], dtype="datetime64[D]"))
    array([86400000.,       nan])
    """
    import numpy as np

    made = np.empty(len(times), dtype=np.float64)
    for start in range(0, len(times), PIECE):
        piece = times[start : start + PIECE].astype("datetime64[us]", copy=False)
        out = made[start : start + PIECE]
        np.divide(piece.view(np.int64), 1000.0, out=out)
        if out.min() == _NAT / 1000.0:
            out[np.isnat(piece)] = np.nan
    return made
