"""What people hand over: paths, open files, bytes; arrays and tensors of any library."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from plotkit import errors

Array = np.ndarray[Any, Any]


class Source(NamedTuple):
    """What a file holds, and where it lies (None where that is not known)."""

    content: bytes
    path: Path | None

    @property
    def suffix(self) -> str:
        """The end of its name in small letters, such as ".obj"; "" where it has none."""
        return self.path.suffix.lower() if self.path is not None else ""


def source(value: object, kind: str) -> Source | None:
    """The content of a path, an open file (text or binary) or bytes; None of all else.

    An open file is read from its beginning, also where it was opened as text: `open("x.glb")`
    gives the bytes of the file. Its position is what it was.

    Raises:
        MediaError: the file is missing or cannot be read, or the path is an address.
    """
    if isinstance(value, (bytes, bytearray, memoryview)):
        return Source(bytes(value), None)
    if isinstance(value, (str, os.PathLike)):
        return _file(os.fspath(value), kind)
    if callable(getattr(value, "read", None)):
        return _open_file(value, kind)
    return None


def _file(path: str | bytes, kind: str) -> Source:
    name = os.fsdecode(path)
    if name.startswith(("http://", "https://", "s3://", "gs://")):
        raise errors.MediaError.from_address(kind, name)
    try:
        return Source(Path(name).read_bytes(), Path(name))
    except (OSError, ValueError) as reason:
        why = getattr(reason, "strerror", None) or str(reason)
        raise errors.MediaError.from_file(kind, name, why) from reason


def _open_file(file: Any, kind: str) -> Source:
    name = getattr(file, "name", None)
    path = Path(name) if isinstance(name, (str, os.PathLike)) else None
    if getattr(file, "closed", False):
        if path is None:
            raise errors.MediaError.from_file(kind, repr(file), "it is closed")
        return _file(os.fspath(path), kind)
    raw = getattr(file, "buffer", file)  # below text stands the file itself
    if raw is not file and getattr(file, "writable", bool)():
        file.flush()
    try:
        content = _from_start(raw)
    except (OSError, ValueError) as reason:
        raise errors.MediaError.from_file(kind, str(name or file), str(reason)) from reason
    return Source(content.encode() if isinstance(content, str) else bytes(content), path)


def _from_start(raw: Any) -> Any:
    if not getattr(raw, "seekable", bool)():
        return raw.read()
    position = raw.tell()
    raw.seek(0)
    try:
        return raw.read()
    finally:
        raw.seek(position)


def is_torch(value: object) -> bool:
    """Whether it is a PyTorch tensor, whose pictures have their channels first."""
    return type(value).__module__.partition(".")[0] == "torch" and hasattr(value, "detach")


def array(value: Any) -> Array | None:
    """An array or a tensor of any library as NumPy has it; None of what is neither.

    The memory may be the caller's own: do not write into it.
    """
    if isinstance(value, np.ma.MaskedArray):
        return np.asarray(value.filled(np.nan) if value.dtype.kind == "f" else value.filled())
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain(np.asarray(value))
    if is_torch(value):
        return _of_torch(value)
    if callable(getattr(value, "numpy", None)):  # TensorFlow
        return _plain(np.asarray(value.numpy()))
    if hasattr(value, "__array__") or hasattr(value, "__array_interface__"):
        return _plain(np.asarray(value))
    return None


def _of_torch(tensor: Any) -> Array:
    """A copy in this machine's memory, outside of what computes gradients."""
    found = tensor.detach()
    if getattr(found, "is_sparse", False):
        found = found.to_dense()
    found = found.cpu()
    for step in ("resolve_conj", "resolve_neg"):
        found = getattr(found, step)()
    if str(found.dtype) in ("torch.bfloat16", "torch.float8_e4m3fn", "torch.float8_e5m2"):
        found = found.float()
    return np.asarray(found.numpy())


def _plain(found: Array) -> Array:
    """Types that NumPy does not know by itself (bfloat16 of ml_dtypes) as float32."""
    if found.dtype.kind == "V" and found.dtype.names is None:
        return found.astype(np.float32)
    return found


def numbers(value: Any, kind: str) -> Array:
    """An array, a tensor or nested lists as an array of bools, ints, floats or complex numbers.

    Raises:
        MediaError: it is something else, its rows differ in length, or it holds no numbers.
    """
    found = array(value)
    if found is None and isinstance(value, (list, tuple, range)):
        parts = [array(part) if not isinstance(part, (list, tuple)) else part for part in value]
        try:
            found = np.asarray([v if p is None else p for v, p in zip(value, parts, strict=True)])
        except ValueError:
            raise errors.MediaError.from_object(
                kind, "lists of different lengths", "an array, or lists of equal length"
            ) from None
    if found is None:
        raise errors.MediaError.from_object(kind, type(value).__name__, "an array of numbers")
    if found.dtype == object:
        found = _of_objects(found, kind)
    if found.dtype.kind not in "biufc":
        raise errors.MediaError.from_object(kind, f"an array of {found.dtype}", "numbers")
    return found


def _of_objects(found: Array, kind: str) -> Array:
    """Python objects that are numbers (Decimal, None for missing) as floats."""
    try:
        return found.astype(np.float64)
    except (TypeError, ValueError):
        flat = found.ravel().tolist()
        odd = next((v for v in flat if not isinstance(v, (int, float))), None)
        raise errors.MediaError.from_object(
            kind, f"the value {errors.shown(odd)}", "numbers"
        ) from None
