"""Whole tensors, kept as .npy files, with what is said of their values."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from plotkit.runs.media import reading
from plotkit.runs.media.base import File, Media

Array = np.ndarray[Any, Any]

PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)
STATISTICS = ("min", "max", "mean", "var", "std", *(f"p{q}" for q in PERCENTILES))


class Tensor(Media):
    """An array that is kept whole, with its statistics.

    Args:
        data: an array or tensor of any shape and library, or lists of equal length, of bools,
            ints, floats or complex numbers.

    Items: "min", "max", "mean", "var", "std" (of all values, as NumPy's `var` and `std`),
    "p1", "p5", "p10", "p25", "p50", "p75", "p90", "p95", "p99" (percentiles, as
    `numpy.percentile`), "shape", "dtype", "count" (how many values) and "nans" (how many of them
    are NaN: the statistics leave these out). Statistics are computed in float64; of complex numbers
    they are those of the absolute values, and None where there is no value to speak of.

    Raises:
        MediaError: it is no array of numbers.

    >>> made = Tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> made
    Tensor(float64 of shape 2 x 2, min 1, mean 2.5, max 4)
    >>> made["p50"], made["var"]
    (2.5, 1.25)
    >>> made.numpy()
    array([[1., 2.],
           [3., 4.]])
    """

    kind = "tensor"

    def __init__(self, data: object) -> None:
        array = reading.numbers(data, "Tensor")
        held = io.BytesIO()
        # Big-endian and strided arrays come out alike everywhere.
        native = array.astype(array.dtype.newbyteorder("="), copy=False)
        np.save(held, np.ascontiguousarray(native).reshape(array.shape), allow_pickle=False)
        self._file = File(held.getvalue(), ".npy")
        self._facts = {
            "shape": list(array.shape),
            "dtype": _type_of(data, array),
            **_statistics(array),
        }

    def numpy(self) -> Array:
        """All of it, as an array of its own."""
        found: Array = np.load(io.BytesIO(self._file.read()), allow_pickle=False)
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self.numpy() if dtype is None else self.numpy().astype(dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values along each axis."""
        return tuple(self._facts["shape"])

    @property
    def dtype(self) -> str:
        """The type of its values, as its library calls it."""
        return str(self._facts["dtype"])

    @property
    def path(self) -> Path | None:
        """Its .npy file; None where it is not on the disk yet."""
        return self._file.path

    def __getitem__(self, name: str) -> Any:
        return self._facts[name]

    def keys(self) -> list[str]:
        """The names of its items: with these, `dict(tensor)` gives all of them."""
        return list(self._facts)

    def __repr__(self) -> str:
        shape = " x ".join(str(n) for n in self.shape) or "()"
        words = [
            f", {name} {self[name]:.6g}"
            for name in ("min", "mean", "max")
            if self[name] is not None
        ]
        return f"Tensor({self.dtype} of shape {shape}{''.join(words)})"

    def store(self, keep: Callable[[bytes, str], str]) -> dict[str, Any]:
        return {"_type": self.kind, "file": self._file.keep(keep), **self._facts}

    @classmethod
    def load(cls, stored: Mapping[str, Any], folder: Path) -> Self:
        made = cls.__new__(cls)
        made._file = File.of_run(stored.get("file"), folder)
        made._facts = {k: v for k, v in stored.items() if k not in ("_type", "file")}
        return made


def _type_of(data: object, array: Array) -> str:
    """What the library calls it: a bfloat16 is kept as float32, and was none."""
    given = getattr(data, "dtype", None)
    return str(array.dtype if given is None else getattr(given, "name", given)).removeprefix(
        "torch."
    )


def _statistics(array: Array) -> dict[str, Any]:
    flat = np.abs(array.ravel()) if array.dtype.kind == "c" else array.ravel()
    known = flat[~np.isnan(flat)] if flat.dtype.kind == "f" else flat
    facts: dict[str, Any] = {"count": len(flat), "nans": len(flat) - len(known)}
    if not len(known):
        return facts | dict.fromkeys(STATISTICS)
    wide = known.astype(np.float64)
    # Infinite values make the mean and its kin infinite or NaN: that is what they are.
    with np.errstate(invalid="ignore", over="ignore"):
        facts |= {name: getattr(np, name)(wide).item() for name in ("mean", "var", "std")}
        found = np.percentile(wide, PERCENTILES).tolist()
    facts |= {"min": known.min().item(), "max": known.max().item()}
    facts |= {f"p{q}": value for q, value in zip(PERCENTILES, found, strict=True)}
    return {name: facts[name] for name in ("count", "nans", *STATISTICS)}
