"""What a run did not keep as it was given: counted, and told in sentences."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from plotkit import notes

# What is counted -> its sentence, from the count and what is known of the first one.
KINDS: dict[str, Callable[..., str]] = {
    "dropped": notes.steps_dropped,
    "replaced": notes.values_replaced,
    "spelled": notes.spelled_otherwise,
    "none": notes.none_recorded,
    "histogram": notes.recorded_as_histogram,
}
_SHORT = {
    "dropped": "dropped as their step was past",
    "replaced": "replaced in their row",
    "spelled": "otherwise spelled",
    "none": "None",
    "histogram": "kept as histograms",
}
_INFORMING = ("none", "histogram")  # nothing is lost, and nothing is another name's


_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class RunWarning(UserWarning):
    """Something that a run did not record as it was given; `run.notes` counts all of it."""


def warn(sentence: str) -> None:
    """Warn of something, at the line that called plotkit."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(sentence, RunWarning, stacklevel=level)


class Remarks:
    """Counts by kind, each with the facts of its first case."""

    def __init__(self, known: Mapping[str, Any] | None = None) -> None:
        self._counts: dict[str, list[Any]] = {k: list(v) for k, v in (known or {}).items()}
        self._lock = threading.RLock()  # a signal handler may log

    def add(self, kind: str, *facts: object, count: int = 1) -> bool:
        """Count one more; whether it is the first of its kind."""
        with self._lock:
            found = self._counts.get(kind)
            if found is None:
                self._counts[kind] = [count, *facts]
                return True
            found[0] += count
            return False

    def sentence(self, kind: str) -> str:
        """What is said of a kind."""
        return KINDS[kind](*self._counts[kind])

    def counts(self) -> list[str]:
        """All of it, in few words."""
        return [f"{facts[0]:,} {_SHORT[kind]}" for kind, facts in self._counts.items()]

    def sentences(self, *, informing: bool | None = None) -> list[str]:
        """All of it; with True only what is good to know, with False what was lost or clashed."""
        return [
            KINDS[kind](*facts)
            for kind, facts in self._counts.items()
            if kind in KINDS and informing in (None, kind in _INFORMING)
        ]

    def facts(self) -> dict[str, list[Any]]:
        """As they are stored."""
        return {kind: list(facts) for kind, facts in self._counts.items()}
