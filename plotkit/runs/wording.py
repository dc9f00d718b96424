"""How a run's numbers, times and values are said in tables, reports and on the command line."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from typing import Any

from plotkit.text import clean, shorten

MISSING = "–"
# Not strftime's, which are the locale's.
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_DIGITS = 5  # significant ones: more than two runs differ by, and still read at a glance
_CELL = 120  # characters of a text that a table shows


def number(value: float) -> str:
    """A number to be read: five digits, separators from 10,000 on, a true minus.

    >>> [number(v) for v in (3, 12345.0, 0.97222222, -1.5e-7, float("inf"), float("nan"))]
    ['3', '12,345', '0.97222', '−1.5e−07', '∞', 'NaN']
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if isinstance(value, int) or (value == int(value) and abs(value) < 1e15):
        text = f"{int(value):,}" if abs(value) >= 10_000 else str(int(value))
    elif 1e-4 <= abs(value) < 1e15:
        places = max(_DIGITS - 1 - math.floor(math.log10(abs(value))), 0)
        group = "," if abs(value) >= 10_000 else ""
        text = f"{value:{group}.{places}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        text = f"{value:.{_DIGITS}g}"
    return text.replace("-", "\N{MINUS SIGN}")


def duration(seconds: float) -> str:
    """A time span in its two largest units.

    >>> [duration(s) for s in (0.02, 3.5, 45, 725, 8040, 187200)]
    ['0.02 s', '3.5 s', '45 s', '12 min 5 s', '2 h 14 min', '2 d 4 h']
    """
    seconds = max(seconds, 0.0)
    if seconds < 9.95:
        return f"{seconds:.2g} s"
    whole = round(seconds)
    for size, unit, smaller, small in ((86400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit}" + (f" {rest} {small}" if rest else "")
    minutes, rest = divmod(whole, 60)
    return " ".join(filter(None, (f"{minutes} min" * bool(minutes), f"{rest} s" * bool(rest))))


def moment(timestamp: float, *, short: bool = False) -> str:
    """A time as people write it, the same wherever it is read; short where UTC is said elsewhere.

    >>> moment(1763862240.5), moment(1763862240.5, short=True)
    ('23 Nov 2025, 01:44 UTC', '2025-11-23 01:44')
    """
    try:
        when = dt.datetime.fromtimestamp(timestamp, dt.UTC)
    except (OverflowError, ValueError, OSError):
        return MISSING
    if short:
        return f"{when:%Y-%m-%d %H:%M}"
    return f"{when.day} {_MONTHS[when.month - 1]} {when:%Y, %H:%M} UTC"


def value(given: Any, limit: int = _CELL) -> str:
    """Any stored value in one line.

    >>> [value(v) for v in (None, "adam", [1, 2.5], {"_type": "image", "width": 8, "height": 4})]
    ['–', 'adam', '[1, 2.5]', 'image, 8 × 4']
    """
    if given is None:
        return MISSING
    if isinstance(given, (bool, int, float)):
        return number(given)
    if isinstance(given, str):
        return shorten(clean(" ".join(given.split())), limit)
    if isinstance(given, Mapping) and "_type" in given:
        return _object(given)
    if isinstance(given, list) and given and all(_is_object(one) for one in given):
        first = _object(given[0])
        return first if len(given) == 1 else f"{len(given)} × {first}"
    return shorten(clean(json.dumps(given, ensure_ascii=False, default=str)), limit)


def _is_object(given: Any) -> bool:
    return isinstance(given, Mapping) and "_type" in given


def _object(given: Mapping[str, Any]) -> str:
    """An object's kind, and how large it is."""
    kind = str(given["_type"])
    told = [kind]
    if kind == "tensor" and isinstance(given.get("shape"), list):
        told = [f"tensor {' × '.join(map(str, given['shape']))}"]
        parts = [
            f"{name} {number(given[name])}"
            for name in ("min", "mean", "max")
            if isinstance(given.get(name), (int, float))
        ]
        told += parts
    elif "width" in given and "height" in given:
        told.append(f"{given['width']} × {given['height']}")
    elif kind == "table" and isinstance(given.get("rows"), int):
        told.append(f"{count(given['rows'], 'row')}")
    elif kind == "chart" and given.get("title"):
        told.append(shorten(clean(str(given["title"])), 60))
    return ", ".join(told)


def count(number: int, what: str) -> str:
    """A count of things.

    >>> count(1, "step"), count(12000, "step")
    ('1 step', '12,000 steps')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"
