"""What is said of a run as a whole while it is recorded: its name, tags and notes."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from plotkit import errors, instead
from plotkit.runs.record import Record
from plotkit.runs.remarks import Remarks
from plotkit.runs.writing import Writer


def checked_tags(given: object) -> list[str]:
    """Tags as they are kept; a single text is one tag. Raises `OptionError`."""
    if given is None:
        return []
    if isinstance(given, str):
        return [given]
    if not isinstance(given, Iterable) or isinstance(given, (bytes, bytearray, Mapping)):
        raise errors.OptionError.from_option("tags", given, "texts, such as ('baseline', 'v2')")
    made = [str(tag) for tag in given]
    return sorted(made) if isinstance(given, (set, frozenset)) else made


def checked_text(name: str, given: object) -> str | None:
    """A name or notes: text or None. Raises `OptionError`."""
    if given is not None and not isinstance(given, str):
        raise errors.OptionError.from_option(name, given, "text")
    return given


class Details(Record):
    """A run that this process records; says what there is instead of W&B's methods.

    Attributes:
        resumed: whether it goes on with what was recorded before.
    """

    resumed: bool
    _ended: bool
    _pid: int
    _meta: dict[str, Any]
    _remarks: Remarks
    _lock: threading.RLock
    _writer: Writer

    @property
    def is_open(self) -> bool:
        """Whether this process can log to it."""
        return not self._ended and self._pid == os.getpid()

    @property
    def has_ended(self) -> bool:
        """Whether `finish` was called."""
        return self._ended

    @property
    def meta(self) -> dict[str, Any]:
        return {**self._meta, "remarks": self._remarks.facts()}

    @property
    def state(self) -> str:
        return str(self._meta["state"])

    @property
    def name(self) -> str:
        """What people call it; its id where nobody named it. It can be set."""
        return super().name

    @name.setter
    def name(self, given: str | None) -> None:
        self._tell({"name": checked_text("name", given) or self.id})

    @property
    def tags(self) -> tuple[str, ...]:
        """Its tags; they can be set: `run.tags += ("baseline",)`."""
        return tuple(super().tags)

    @tags.setter
    def tags(self, given: Iterable[str] | None) -> None:
        self._tell({"tags": checked_tags(given)})

    @property
    def notes(self) -> list[str]:
        """What was not recorded as it was given, with counts.

        What is set here is something else: a text of one's own, which is kept beside the name and
        the tags: `run.meta["notes"]`.
        """
        return super().notes

    @notes.setter
    def notes(self, given: str | None) -> None:
        self._tell({"notes": checked_text("notes", given)})

    def _require_open(self) -> None:
        if self._ended:
            raise errors.RunError.from_ended(self.path, str(self.folder))
        if not self.is_open:
            raise errors.RunError.from_fork(str(self.folder))

    def _tell(self, facts: Mapping[str, Any]) -> None:
        self._require_open()
        with self._lock:
            self._meta |= facts
            self._writer.set("meta", facts)

    if not TYPE_CHECKING:  # for which every name would be there

        def __getattr__(self, name: str) -> NoReturn:
            hint = instead.told(instead.RUN, name)
            raise AttributeError(f"a run has no attribute {name!r}{hint}")
