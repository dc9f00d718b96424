"""Numbers and texts as few bytes, quickly, without NumPy; reading them takes NumPy."""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_COUNT = struct.Struct("<I")
_SAMPLE = 512  # bytes that tell whether more of their kind can be made smaller


def little(numbers: array[Any]) -> bytes:
    """An array's bytes, the lowest first."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def pack(eights: bytes) -> bytes:
    """Numbers of eight bytes, all first bytes, then all second bytes, and so on.

    The upper bytes of small integers, the exponents of a curve and the lower bytes of what was
    a 32-bit float are much alike: such planes are kept small, the others as they are.
    """
    heads, bodies = [], []
    for at in range(8):
        plane = eights[at::8]
        if plane.count(plane[:1]) == len(plane):
            code, body = b"c", plane[:1]
        elif _pays(plane):
            code, body = b"z", zlib.compress(plane, 1)
        else:
            code, body = b"=", plane
        heads.append(code + _COUNT.pack(len(body)))
        bodies.append(body)
    return b"".join((*heads, *bodies))


def unpack(packed: bytes, count: int) -> np.ndarray[Any, Any]:
    """As many numbers of eight bytes, as unsigned integers."""
    import numpy as np

    eights = np.empty((count, 8), "u1")
    start = 40
    for at in range(8):
        code, size = packed[5 * at : 5 * at + 1], _COUNT.unpack_from(packed, 5 * at + 1)[0]
        body = packed[start : start + size]
        start += size
        plain = zlib.decompress(body) if code == b"z" else body
        eights[:, at] = plain[0] if code == b"c" else np.frombuffer(plain, "u1")
    return eights.reshape(-1).view("u8")


def _pays(content: bytes) -> bool:
    sample = content[:_SAMPLE]
    return len(zlib.compress(sample, 1)) < 0.8 * len(sample)


def squeezed(content: bytes) -> bytes:
    """Bytes, smaller if that pays."""
    return b"z" + zlib.compress(content) if _pays(content) else b"=" + content


def loosened(packed: bytes) -> bytes:
    """What was squeezed."""
    return zlib.decompress(packed[1:]) if packed[:1] == b"z" else packed[1:]
