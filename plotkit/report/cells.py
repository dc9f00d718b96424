"""A table as it is printed: text in every cell, numbers of a column with the same decimals."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from plotkit.column import Column
from plotkit.table import Table
from plotkit.text import clean, shorten

_DIGITS = 6  # significant ones of a number with decimals
_GROUPED_FROM = 10_000  # years and small counts need no separators
_CELL = 300  # characters of a cell that a page shows
_MISSING = "–"


class Printed(NamedTuple):
    """Column names and kinds ("number", "text", ...), rows as text, and how many there are."""

    columns: list[str]
    kinds: list[str]
    rows: list[list[str]]
    total: int


def printed(table: Table, rows: int, number: Callable[[str], str]) -> Printed:
    """The first rows of a table; `number` turns a number such as "-1,234.5" into another locale's.

    >>> from plotkit.table import Table
    >>> printed(Table({"step": [0, 1], "loss": [1.25, None]}), 20, str).rows
    [['0', '1.25'], ['1', '–']]
    """
    columns = table.head(rows)
    texts = [_column(column, number) for column in columns.values()]
    return Printed(
        [clean(name) for name in columns],
        [column.kind for column in columns.values()],
        [list(cells) for cells in zip(*texts, strict=True)],
        len(table),
    )


def _column(column: Column, number: Callable[[str], str]) -> list[str]:
    values = column.as_list()
    if column.kind == "number":
        return numbers(values, number)
    if column.kind == "time" and all(_is_midnight(value) for value in values):
        values = [value.date() if isinstance(value, dt.datetime) else value for value in values]
    return [_MISSING if value is None else _text(value) for value in values]


def _is_midnight(value: Any) -> bool:
    """Whether a time is a whole day, as data frames keep dates."""
    if not isinstance(value, dt.datetime):
        return True
    return value.tzinfo is None and value.time() == dt.time()


def numbers(values: Sequence[Any], number: Callable[[str], str] = str) -> list[str]:
    """The numbers of a column: six significant digits, and as many decimals in all of them.

    >>> numbers([0.9914992402, 12.5, None])
    ['0.991499', '12.500000', '–']
    """
    finite = [v for v in values if v is not None and (isinstance(v, int) or math.isfinite(v))]
    largest = max(map(abs, finite), default=0)
    group = "," if largest >= _GROUPED_FROM else ""
    tiny = any(v and abs(v) < 1e-4 for v in finite)
    if finite and (largest >= 1e15 or tiny) and not all(isinstance(v, int) for v in finite):
        style = f".{_DIGITS}g"
    else:
        style = f"{group}.{max(map(_decimals, finite), default=0)}f"
    made = []
    for value in values:
        if value is None or value != value:
            made.append(_MISSING)
        elif isinstance(value, int):
            style_here = f"{group}d" if style.endswith("f") else "d"
            made.append(number(_signed(format(value, style_here))))
        elif math.isinf(value):
            made.append("∞" if value > 0 else "−∞")
        else:
            made.append(number(_signed(format(value, style))))
    return made


def _signed(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")


def _decimals(value: float) -> int:
    """Places after the point that the significant digits of a value take."""
    if isinstance(value, int) or not value:
        return 0
    places = max(_DIGITS - 1 - math.floor(math.log10(abs(value))), 0)
    digits = format(round(value, places), f".{places}f")
    return len(digits.partition(".")[2].rstrip("0"))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        zoned = value.tzinfo is not None
        plain = value.astimezone(dt.UTC).replace(tzinfo=None) if zoned else value
        exact = "auto" if plain.microsecond else "seconds" if plain.second else "minutes"
        return plain.isoformat(" ", exact) + (" UTC" if zoned else "")
    if isinstance(value, dt.date):
        return value.isoformat()
    return shorten(clean(str(value)), _CELL)
