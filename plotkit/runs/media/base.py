"""The shape that all logged objects share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self


class Media(ABC):
    """An object that is logged with a step: a histogram, an image, a video, a table, a chart.

    Everything is read from the caller when the object is made, so that what changes afterwards
    (an array that is reused, a figure that is drawn on) does not change what was logged.
    """

    kind: ClassVar[str]
    """What stands as "_type" in its stored form."""

    @abstractmethod
    def store(self, keep: Callable[[bytes, str], str]) -> dict[str, Any]:
        """Its stored form: JSON values and "_type"; bytes go through `keep(bytes, suffix)`."""

    @classmethod
    @abstractmethod
    def load(cls, stored: Mapping[str, Any], folder: Path) -> Self:
        """From its stored form; files are read from the run's folder when they are needed."""
