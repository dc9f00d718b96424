"""Which metrics belong into one chart, and which charts under one heading, by their names.

"loss", "val_loss", "train/loss" measure the same on other data: one chart. "system/cpu" and
"system/memory" come from one place: one heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

LARGEST = 8  # lines that one chart tells apart

# What says on which data something was measured, not what.
_TRAINED = ("train", "training", "tr")
_HELD_OUT = ("val", "valid", "validation", "test", "testing", "eval", "evaluation", "dev")
_PARTS = frozenset((*_TRAINED, *_HELD_OUT, "holdout"))
# What is logged to be an axis, not to be looked at.
_COUNTER = re.compile(
    r"(?:.*[/.])?(?:(?:global|custom|total|num|n|trainer|train|env|my)_?)?"
    r"(?:step|epoch|batch|batche|iter|iteration|sample|example|token)s?"
    r"(?:_?(?:seen|idx|index|number|count|processed))?",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"[/.]")


class Family(NamedTuple):
    """Metrics of one chart."""

    title: str
    names: tuple[str, ...]


class Section(NamedTuple):
    """Charts under one heading; "" for what has no common place."""

    heading: str
    families: tuple[Family, ...]

    def parted(self) -> Section:
        """The same with a chart for each metric."""
        alone = (Family(name, (name,)) for family in self.families for name in family.names)
        return Section(self.heading, tuple(alone))


def is_counter(name: str) -> bool:
    """Whether a name is one of those that count steps.

    >>> [is_counter(name) for name in ("epoch", "train/global_step", "samples_seen", "step_time")]
    [True, True, True, False]
    """
    return _COUNTER.fullmatch(name) is not None


def sections(names: Iterable[str]) -> list[Section]:
    """Charts for all names, in the order in which the names come.

    >>> for section in sections(["loss", "val_loss", "lr", "system/cpu", "train/acc", "val/acc"]):
    ...     print(section)
    Section(heading='', families=(Family(title='loss', names=('loss', 'val_loss')), \
Family(title='lr', names=('lr',)), Family(title='acc', names=('train/acc', 'val/acc'))))
    Section(heading='system', families=(Family(title='system/cpu', names=('system/cpu',)),))
    """
    made: dict[str, list[Family]] = {"": []}
    for family in _families(names):
        made.setdefault(_place(family.names), []).append(family)
    return [Section(place, tuple(found)) for place, found in made.items() if found]


def _families(names: Iterable[str]) -> list[Family]:
    grouped: dict[tuple[str, str], list[str]] = {}
    for name in names:
        grouped.setdefault(_measured(name), []).append(name)
    made = []
    for (_, measured), members in grouped.items():
        if 1 < len(members) <= LARGEST:
            made.append(Family(measured, tuple(members)))
        else:
            made += [Family(name, (name,)) for name in members]
    return made


def _measured(name: str) -> tuple[str, str]:
    """Where a metric comes from, and what it measures, without the data that it was measured on.

    >>> [_measured(name) for name in ("val_loss", "train/loss", "net.val.loss_train", "val")]
    [('', 'loss'), ('', 'loss'), ('net', 'loss'), ('', 'val')]
    """
    *place, last = _SPLIT.split(name)
    words = [word for word in last.split("_") if word.lower() not in _PARTS]
    kept = [part for part in place if part.lower() not in _PARTS]
    return "/".join(kept), "_".join(words) or last


def _place(names: tuple[str, ...]) -> str:
    """The heading of a family: what its members' names begin with, apart from their data."""
    return _measured(names[0])[0]
