"""What a scatter chart decides of its axes and categories, however many points it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plotkit import notes
from plotkit.stats._axes import decades_are_near, is_log
from plotkit.table import Columns

_COLOURS = 8
_SHAPES = 7  # no common divisor with the colours, so that their pairs do not repeat


def of_axes(
    options: Mapping[str, Any],
    columns: Columns,
    extents: Mapping[str, tuple[float, float] | None],
) -> dict[str, bool]:
    """The switches that the kinds and the ends of the axes decide; of columns the kinds count."""
    log = {role: is_log(options, f"{role}_scale", columns[role]) for role in ("x", "y")}
    made = {f"log_{role}": on for role, on in log.items()}
    made |= {f"decades_{r}": on and decades_are_near(extents[r]) for r, on in log.items()}
    return made | {f"time_{role}": columns[role].kind == "time" for role in log}


def said_of_categories(name: str, count: int) -> list[str]:
    """A note where colours, or pairs of colour and shape, do not suffice."""
    if count > _COLOURS * _SHAPES:
        return [notes.unstyled_categories(name, count, _COLOURS * _SHAPES)]
    return [notes.many_categories(name, count, _COLOURS)] if count > _COLOURS else []


def in_declared_order(
    made: dict[str, list[Any]], categories: tuple[str, ...] | None
) -> dict[str, list[Any]]:
    """Rows by the declared order of their categories, which is the legend's order too."""
    if not categories:
        return made
    place = {name: i for i, name in enumerate(categories)}
    names = made["category"]
    order = sorted(range(len(names)), key=lambda i: place.get(names[i], len(place)))
    return {field: [values[i] for i in order] for field, values in made.items()}
