"""The files that logged objects are in: read, addressed, and carried by a page within a limit."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from plotkit import errors
from plotkit.runs.media.base import File, mime


def is_media(file: object) -> bool:
    """Whether this names a file of a run's media room, and nothing outside it."""
    try:
        File.of_run(file, Path())
    except errors.MediaError:
        return False
    return True


class Files:
    """The files of one run.

    Args:
        address: what stands for a file in a page, such as a URL; None for its content as data.
        folder: the run's folder; None where `address` gives the content itself (`data:`).
    """

    def __init__(self, address: Callable[[str], str] | None, folder: Path | None) -> None:
        self._address = address
        self._folder = folder

    def read(self, file: str) -> bytes:
        """The content of a file; raises OSError or MediaError where it is not there."""
        if self._folder is not None:
            return located(self._folder, file).read_bytes()
        found = self._address(file) if self._address else ""
        head, comma, body = found.partition(",")
        if not (head.startswith("data:") and head.endswith(";base64") and comma):
            raise FileNotFoundError(file)
        return b64decode(body)

    def size(self, file: str) -> int:
        """Bytes that the file takes in a page; raises as `read` does."""
        if self._folder is None:
            return len(self._address(file)) if self._address else 0
        return located(self._folder, file).stat().st_size * 4 // 3

    def address(self, file: str) -> str:
        """What stands for the file in a page that is served."""
        return self._address(file) if self._address else self.data(file)

    def data(self, file: str) -> str:
        """The content as a `data:` address; "" where the file is not there."""
        try:
            content = self.read(file)
        except (OSError, errors.MediaError):
            return ""
        return f"data:{mime(Path(file).suffix)};base64,{b64encode(content).decode('ascii')}"


def located(folder: Path, file: object) -> Path:
    """Where a file of a run lies; a folder may come from anybody, so no link is followed.

    Raises:
        MediaError: it names none of the run's media.
        FileNotFoundError: it is not there, or a link.
    """
    path = File.of_run(file, folder).path
    if path is None or path.is_symlink() or path.parent.is_symlink() or not path.is_file():
        raise FileNotFoundError(file)
    return path


def read_rows(
    stored: Mapping[str, Any], folder: Path, most: int
) -> tuple[list[str], list[tuple[object, ...]], int]:
    """The columns, the first rows and the number of rows of a logged table.

    Objects in its cells stay stored forms.

    Raises:
        PlotkitError, OSError, ValueError, TypeError, RecursionError: it is no table that can be
            read.
    """
    from plotkit.table import Table

    table = Table.read(located(folder, stored.get("file")))
    columns = {name: column.as_list() for name, column in table.head(most).items()}
    for name in stored.get("objects", ()):
        columns[name] = [text and json.loads(text) for text in columns.get(name, ())]
    return list(columns), list(zip(*columns.values(), strict=True)), len(table)


def evenly(count: int, keep: int) -> list[int]:
    """`keep` of `count` positions, evenly spaced, the first and the last among them.

    >>> evenly(10, 4), evenly(3, 5), evenly(7, 1)
    ([0, 3, 6, 9], [0, 1, 2], [6])
    """
    if keep >= count:
        return list(range(count))
    if keep == 1:
        return [count - 1]
    return sorted({round(at * (count - 1) / (keep - 1)) for at in range(keep)})


def fitting(weights: Sequence[dict[str, int]], limit: int | None) -> tuple[list[int], int]:
    """Which steps fit into a page, and what all of them take.

    Args:
        weights: for each step, the bytes of each file; one that several steps share counts once.
        limit: bytes; None for no limit.

    Returns:
        Positions of the steps (none, if even the last one is too large), and the bytes of all.

    >>> fitting([{"a": 4}, {"b": 4}, {"b": 4}, {"c": 4}], 12)
    ([0, 1, 2, 3], 12)
    >>> fitting([{str(step): 4} for step in range(9)], 12)
    ([0, 4, 8], 36)
    """
    count = len(weights)
    total = _together(weights, range(count))
    keep = count
    while limit is not None and keep > 0:
        chosen = evenly(count, keep)
        taken = _together(weights, chosen)
        if taken <= limit:
            return chosen, total
        # At least one fewer; far fewer at once where far too much is left.
        keep = min(keep - 1, max(keep * limit // max(taken, 1), keep // 2))
    return (list(range(count)) if limit is None else []), total


def _together(weights: Sequence[dict[str, int]], chosen: Sequence[int]) -> int:
    held: dict[str, int] = {}
    for at in chosen:
        held |= weights[at]
    return sum(held.values())
