"""How rows and columns become bytes and come back exactly: 1 is not 1.0, nor True, nor a float.

A **row** is one blob while it is new: which names with which kinds, their values, a check sum
beside it. A **column** is all values of one name in a block of some thousand rows; only reading
columns needs NumPy, since a script that records may do without.
"""

from __future__ import annotations

import json
import struct
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from plotkit import errors
from plotkit.runs import planes

if TYPE_CHECKING:
    import numpy as np

# The kinds of values, and how columns of them are kept.
FLOAT, INT, BOOL, NONE, JSON = "d", "q", "?", "n", "j"
MIXED = "m"  # a column of the first four: one byte for the kind of each value, and eight for it
EVEN = "r"  # a column of integers with equal steps between them: the first, and the step

_KINDS: dict[type, str] = {float: FLOAT, int: INT, bool: BOOL, type(None): NONE}
_FIXED = frozenset((FLOAT, INT, BOOL))
_SLOTS = {FLOAT: "d", INT: "q", BOOL: "?7x", NONE: "8x"}
_COUNT = struct.Struct("<I")
_EVEN = struct.Struct("<qq")
_LOW, _HIGH = -(1 << 63), (1 << 63) - 1
_MOST_LAYOUTS = 2000


class Row(NamedTuple):
    """One step: what was logged with it, at a time in seconds since 1970.

    A value is a number, a bool, text, None, a list, or an object in its stored form (a dict with
    "_type").
    """

    step: int
    at: float
    values: Mapping[str, Any]


class TornError(ValueError):
    """Bytes that are not those that were written."""


def kind_of(type_: type) -> str:
    """The kind of a value's type; integers beyond 64 bits, which are JSON, are not told apart."""
    found = _KINDS.get(type_)
    if found is None:
        plain = FLOAT if issubclass(type_, float) else INT if issubclass(type_, int) else JSON
        found = _KINDS[type_] = plain
    return found


def checked(content: bytes, check: int) -> bytes:
    """The content if its check sum is right; raises `TornError`."""
    if zlib.crc32(content) != check:
        raise TornError("a check sum is wrong")
    return content


def writable(name: str) -> str:
    """A name as SQLite can hold it: half of a surrogate pair is spelled out."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return name.encode("utf-8", "backslashreplace").decode()
    return name


# --- JSON ----------------------------------------------------------------------------------------


def to_json(value: Any) -> str:
    """JSON, with NaN and infinity; what JSON does not know becomes text that shows it."""
    try:
        return json.dumps(value, default=errors.shown)
    except (TypeError, ValueError, RecursionError):  # keys that are no text, an endless integer
        if isinstance(value, list):
            return f"[{', '.join(map(to_json, value))}]"
        return json.dumps(errors.shown(value))


# --- rows ----------------------------------------------------------------------------------------


class _Layout(NamedTuple):
    """What rows with the same names and types share."""

    head: bytes
    kinds: str
    fixed: struct.Struct
    plain: bool  # every value is in the part of fixed length


class Packer:
    """Rows to bytes.

    Args:
        number: gives each name its number.
    """

    def __init__(self, number: Callable[[str], int]) -> None:
        self._number = number
        self._layouts: dict[tuple[object, ...], _Layout] = {}

    def pack(self, values: Mapping[str, Any]) -> bytes:
        """One row's values."""
        given = values.values()
        key = (*values, *map(type, given))
        layout = self._layouts.get(key)
        if layout is None:
            if len(self._layouts) >= _MOST_LAYOUTS:
                self._layouts.clear()
            kinds = "".join(map(kind_of, map(type, given)))
            layout = self._layouts[key] = self._layout(values, kinds)
        try:
            if layout.plain:
                return layout.head + layout.fixed.pack(*given)
            return self._with_rest(layout, given)
        except struct.error:  # an integer beyond 64 bits
            kinds = "".join(
                JSON if kind == INT and not _LOW <= value <= _HIGH else kind
                for kind, value in zip(layout.kinds, given, strict=True)
            )
            return self._with_rest(self._layout(values, kinds), given)

    def forget(self) -> None:
        """Forget the numbers of names."""
        self._layouts.clear()

    def _layout(self, names: Iterable[str], kinds: str) -> _Layout:
        numbers = [self._number(name) for name in names]
        head = struct.pack(f"<I{len(numbers)}I", len(numbers), *numbers) + kinds.encode()
        return _Layout(head, kinds, _fixed(kinds), _FIXED.issuperset(kinds))

    def _with_rest(self, layout: _Layout, given: Iterable[Any]) -> bytes:
        pairs = list(zip(layout.kinds, given, strict=True))
        rest = [value for kind, value in pairs if kind == JSON]
        fixed = layout.fixed.pack(*(value for kind, value in pairs if kind in _FIXED))
        return layout.head + fixed + (to_json(rest).encode() if rest else b"")


class Unpacker:
    """Bytes to rows.

    Args:
        names: the name of each number.
    """

    def __init__(self, names: Mapping[int, str]) -> None:
        self._names = names
        self._layouts: dict[bytes, tuple[tuple[str, ...], str, struct.Struct, bool]] = {}

    @staticmethod
    def head(packed: bytes) -> bytes:
        """What rows with the same names and kinds share."""
        return packed[: 4 + 5 * _COUNT.unpack_from(packed)[0]]

    def layout(self, head: bytes) -> tuple[tuple[str, ...], str, struct.Struct, bool]:
        """Names, their kinds, the part of fixed length, and whether there is no other part."""
        layout = self._layouts.get(head)
        if layout is None:
            if len(self._layouts) >= _MOST_LAYOUTS:
                self._layouts.clear()
            count = _COUNT.unpack_from(head)[0]
            numbers = struct.unpack_from(f"<{count}I", head, 4)
            kinds = head[4 + 4 * count :].decode()
            names = tuple(self._names[number] for number in numbers)
            layout = names, kinds, _fixed(kinds), _FIXED.issuperset(kinds)
            self._layouts[head] = layout
        return layout

    def unpack(self, packed: bytes) -> dict[str, Any]:
        """One row's values."""
        head = self.head(packed)
        names, kinds, fixed, plain = self.layout(head)
        values = fixed.unpack_from(packed, len(head))
        if plain:
            return dict(zip(names, values, strict=True))
        rest = packed[len(head) + fixed.size :]
        sources = {NONE: iter(lambda: None, 0), JSON: iter(json.loads(rest) if rest else ())}
        numbered = iter(values)
        return {
            name: next(sources.get(kind, numbered)) for name, kind in zip(names, kinds, strict=True)
        }


def _fixed(kinds: str) -> struct.Struct:
    return struct.Struct("<" + "".join(kind for kind in kinds if kind in _FIXED))


# --- columns -------------------------------------------------------------------------------------


def pack_column(values: Sequence[Any]) -> tuple[str, bytes]:
    """The kind of a column and its bytes."""
    kinds = set(map(kind_of, set(map(type, values))))
    only = kinds.pop() if len(kinds) == 1 else MIXED
    try:
        if only == FLOAT:
            return FLOAT, planes.pack(planes.little(array("d", values)))
        if only == INT:
            even = _even(values)
            return (EVEN, even) if even else (INT, planes.pack(planes.little(array("q", values))))
        if only == BOOL:
            return BOOL, planes.squeezed(bytes(values))
        if only == NONE:
            return NONE, b""
        if only == MIXED and JSON not in kinds:
            return MIXED, _mixed(values)
    except (OverflowError, struct.error):  # an integer beyond 64 bits
        pass
    return JSON, planes.squeezed(to_json(list(values)).encode())


def unpack_column(kind: str, packed: bytes, count: int) -> list[Any]:
    """The values of a column as they were."""
    if kind == NONE:
        return [None] * count
    if kind == JSON:
        found: list[Any] = json.loads(planes.loosened(packed))
        return found
    if kind == MIXED:
        kinds, slots = _mixed_parts(packed, count)
        floats, whole = slots.view("<f8").tolist(), slots.view("<i8").tolist()
        picked = {FLOAT: floats, INT: whole, BOOL: [bool(value & 1) for value in whole]}
        nothing = [None] * count
        return [picked.get(kind, nothing)[at] for at, kind in enumerate(kinds)]
    made: list[Any] = plain_array(kind, packed, count).tolist()
    return made


def plain_array(kind: str, packed: bytes, count: int) -> np.ndarray[Any, Any]:
    """A column of one kind, floats, integers or bools, as an array."""
    import numpy as np

    if kind == EVEN:
        first, step = _EVEN.unpack(packed)
        # Through Python's integers: the last product may lie beyond 64 bits before it is added.
        return np.array(range(first, first + step * count, step) if step else [first] * count, "i8")
    if kind == BOOL:
        return np.frombuffer(planes.loosened(packed), bool)
    return planes.unpack(packed, count).view("<f8" if kind == FLOAT else "<i8")


def numbers(kind: str, packed: bytes, count: int) -> np.ndarray[Any, Any] | None:
    """A column as an array: floats, integers or bools; None where only a list holds it exactly."""
    import numpy as np

    if kind in (FLOAT, INT, EVEN, BOOL):
        return plain_array(kind, packed, count)
    if kind != MIXED:
        return None
    kinds, slots = _mixed_parts(packed, count)
    if not {FLOAT, INT}.issuperset(kinds):
        return None
    whole = np.frombuffer(kinds.encode(), "u1") == ord(INT)
    integers = slots.view("<i8")
    if not fit_floats(integers[whole]):
        return None
    return np.where(whole, integers, slots.view("<f8"))


def fit_floats(integers: np.ndarray[Any, Any]) -> bool:
    """Whether floats hold all of these."""
    most = 1 << 53
    return bool(((integers >= -most) & (integers <= most)).all())


def kinds_of(kind: str, values: Iterable[Any]) -> set[str]:
    """What people call the values of a column: "number", "text", an object's "_type", and so on."""
    if kind in (FLOAT, INT, EVEN):
        return {"number"}
    return {"bool"} if kind == BOOL else {"none"} if kind == NONE else set(_called(values))


def _called(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, bool):
            yield "bool"
        elif isinstance(value, (int, float)):
            yield "number"
        elif value is None:
            yield "none"
        elif isinstance(value, list):
            inner = {one.get("_type") if isinstance(one, dict) else None for one in value}
            only = inner.pop() if len(inner) == 1 else None
            yield str(only) if only is not None else "list"
        else:
            yield str(value.get("_type", "list")) if isinstance(value, dict) else "text"


def presence(found: Sequence[int], count: int) -> bytes | None:
    """Which of `count` rows a column has values for; None for all of them."""
    if len(found) == count:
        return None
    if len(found) * 16 < count:
        return b"p" + planes.little(array("H", found))
    mask = bytearray(count)
    for at in found:
        mask[at] = 1
    return b"m" + zlib.compress(bytes(mask), 1)


def places(packed: bytes) -> np.ndarray[Any, Any]:
    """The rows that `presence` told of."""
    import numpy as np

    if packed[:1] == b"p":
        return np.frombuffer(packed, "<u2", offset=1).astype("i8")
    return np.flatnonzero(np.frombuffer(zlib.decompress(packed[1:]), bool))


def _even(values: Sequence[int]) -> bytes | None:
    if not all(_LOW <= value <= _HIGH for value in (values[0], values[-1])):
        return None
    step = values[1] - values[0] if len(values) > 1 else 0
    if values[0] + step * (len(values) - 1) != values[-1] or not _LOW <= step <= _HIGH:
        return None
    if step:
        same = all(map(int.__eq__, values, range(values[0], values[-1] + step, step)))
    else:
        same = all(map(values[0].__eq__, values))
    return _EVEN.pack(values[0], step) if same else None


def _mixed(values: Sequence[Any]) -> bytes:
    kinds = "".join(map(kind_of, map(type, values)))
    slots = struct.pack(
        "<" + "".join(map(_SLOTS.__getitem__, kinds)),
        *(value for value in values if value is not None),
    )
    told = zlib.compress(kinds.encode(), 1)
    return _COUNT.pack(len(told)) + told + planes.pack(slots)


def _mixed_parts(packed: bytes, count: int) -> tuple[str, np.ndarray[Any, Any]]:
    size = _COUNT.unpack_from(packed)[0]
    return zlib.decompress(packed[4 : 4 + size]).decode(), planes.unpack(packed[4 + size :], count)
