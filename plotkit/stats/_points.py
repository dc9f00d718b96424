"""What a scatter chart decides of its axes and categories, however many points it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from plotkit import notes
from plotkit.stats._axes import decades_are_near, is_log
from plotkit.table import Columns

_COLOURS = 8
_SHAPES = 7  # no common divisor with the colours, so that their pairs do not repeat
STYLES = _COLOURS * _SHAPES  # categories, up to which each has a pair of its own
# Categories that stay when there are more: the one after them, for the rest, gets the themes' grey.
_KEPT = 14


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


def said_of_categories(name: str, count: int, *, image: bool = False) -> list[str]:
    """A note where colours do not suffice, or mix as they do in an image."""
    if image and count > _COLOURS:
        return [notes.more_categories_mixed(name, count, _COLOURS)]
    if image:
        return [notes.mixed_categories(name)] if count > 1 else []
    return [notes.many_categories(name, count, _COLOURS)] if count > _COLOURS else []


class Kept(NamedTuple):
    """The categories that stay of too many: their places, rising, and the name of all others."""

    places: list[int]
    rest: str

    def order(self, names: Sequence[str]) -> tuple[str, ...]:
        """The categories that are drawn, in order: the rest is the last one."""
        return (*(names[at] for at in self.places), self.rest)


def kept(column: str, names: Sequence[str], counts: Sequence[int], said: list[str]) -> Kept | None:
    """The most frequent of more categories than have a look; of equal ones the first.

    None where each has a look of its own.
    """
    if len(names) <= STYLES:
        return None
    order = sorted(range(len(names)), key=lambda at: (-counts[at], at))
    places = sorted(order[:_KEPT])
    others = len(names) - _KEPT
    rest = f"other ({others:,} categories)"
    while any(names[at] == rest for at in places):
        rest += " "
    rows = sum(counts[at] for at in order[_KEPT:])
    said.append(notes.other_categories(column, _KEPT, others, rows))
    return Kept(places, rest)


def rest_of(names: Sequence[str], order: Sequence[str]) -> list[int]:
    """1 for each row of the rest, which is the last of the categories, else 0."""
    return [int(name == order[-1]) for name in names]


def in_order(names: list[str], declared: tuple[str, ...] | None) -> list[str]:
    """Names by the declared order, those outside it after, as they came."""
    place = {name: at for at, name in enumerate(declared or ())}
    return sorted(names, key=lambda name: place.get(name, len(place)))


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
