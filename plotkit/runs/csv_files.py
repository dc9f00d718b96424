"""CSV files as runs: one table, one run; a column is its step, all others are what was logged.

Files are read row by row, so that huge ones need no memory. Known are the tables that W&B,
TensorBoard, Lightning and Keras write.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

from plotkit import errors
from plotkit.runs.brought import Row, Source, Told

STEPS = (
    "_step",
    "global_step",
    "trainer/global_step",
    "step",
    "steps",
    "iteration",
    "iter",
    "epoch",
)
_TIMES = ("_timestamp", "wall time", "wall_time", "timestamp")
_RUNTIMES = ("_runtime", "relative time (process)")
_START = 4096  # bytes: the header and the first rows
_SEPARATORS = ",;\t|"
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_NO_NUMBERS = {
    "nan": float("nan"), "inf": float("inf"), "-inf": float("-inf"),
    "infinity": float("inf"), "-infinity": float("-inf"),
}  # fmt: skip
_BOOLS = {"true": True, "false": False}
_LARGEST = 2**63
_TIME = 1e8  # seconds since 1970 that no other count reaches: 1973


class Layout(NamedTuple):
    """How a table is read: its columns, and which of them are the step and the time."""

    columns: tuple[str, ...]
    delimiter: str
    step: int | None
    time: int | None
    runtime: int | None


def source(path: Path) -> Source:
    """The run of one file."""
    if not path.is_file():
        raise errors.RunError.from_nothing_to_import(str(path), "there is no such file")
    with path.open("rb") as opened:
        start = opened.readline(_START) + opened.readline(_START)
    if not start.strip():
        raise errors.RunError.from_nothing_to_import(str(path), "it is empty")
    return Source("CSV", path.stem, [path], start)


def layout(path: Path, step: str | None, delimiter: str | None, told: Told) -> Layout:
    """Columns by their names, and a step column that fits: the given one, or one that is guessed.

    Raises `RunError` for a step that is no column, or whose values are no whole numbers.
    """
    found = delimiter or _delimiter(path)
    with _opened(path) as file:
        columns = _unique(next(csv.reader(file, delimiter=found)))
    plain = [name.strip().casefold() for name in columns]
    place: int | None
    if step is not None:
        if step not in columns:
            raise errors.RunError.from_unknown_column(str(path), step, columns)
        place = columns.index(step)
        row = _unfit(path, found, place)
        if row is not None:
            raise errors.RunError.from_step_column(str(path), step, *row)
    else:
        tried = [plain.index(name) for name in STEPS if name in plain]
        place = next((at for at in tried if _fits(path, found, at)), None)
        if place is None:
            why = (
                "no column is a step"
                if not tried
                else (f"column {columns[tried[0]]!r} does not rise, or is no whole number")
            )
            told.notes.append(f"Rows are numbered from 0, as {why} (step=... names one).")
    times = [plain.index(name) for name in _TIMES if name in plain]
    runtimes = [plain.index(name) for name in _RUNTIMES if name in plain]
    return Layout(tuple(columns), found, place, next(iter(times), None), next(iter(runtimes), None))


def rows(path: Path, found: Layout, told: Told) -> Iterator[Row]:
    """The table, row by row."""
    written = path.stat().st_mtime
    longer = 0
    at = written
    started: float | None = None
    for number, cells in enumerate(_rows(path, found.delimiter, told)):
        if len(cells) > len(found.columns):
            longer += 1
        cells = cells[: len(found.columns)]
        time = _at(found.time, cells)
        runtime = _at(found.runtime, cells)
        if time is not None and time > _TIME:
            at = time
        elif runtime is not None:
            started = written if started is None else started
            at = started + runtime
        used = {found.step}
        if time is not None and time > _TIME:
            used.add(found.time)
        if runtime is not None:
            used.add(found.runtime)
        values = {
            found.columns[place]: value(cell)
            for place, cell in enumerate(cells)
            if cell and place not in used
        }
        step = _at(found.step, cells)
        if values or step is not None:
            yield Row(number if step is None else int(step), at, values)
    if longer:
        rows_hold = "row holds" if longer == 1 else "rows hold"
        told.notes.append(f"{longer:,} {rows_hold} more cells than there are columns.")


def value(cell: str) -> int | float | bool | str:
    """A cell as a number, a bool or a text.

    >>> value("12"), value("1e-3"), value("nan"), value("True"), value("1_000")
    (12, 0.001, nan, True, '1_000')
    """
    text = cell.strip()
    if _NUMBER.fullmatch(text):
        if text.lstrip("+-").isdigit() and abs(int(text)) < _LARGEST:
            return int(text)
        return float(text)
    plain = text.casefold()
    if plain in _NO_NUMBERS:
        return _NO_NUMBERS[plain]
    return _BOOLS.get(plain, cell)


# --- inside -------------------------------------------------------------------------------------


def _opened(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", errors="replace", newline="")


def _delimiter(path: Path) -> str:
    """The separator that the header holds most of."""
    with _opened(path) as file:
        header = file.readline()
    counts = {sign: header.count(sign) for sign in _SEPARATORS}
    most = max(counts, key=lambda sign: counts[sign])
    return most if counts[most] else ","


def _unique(header: Sequence[str]) -> list[str]:
    made: list[str] = []
    for number, name in enumerate(header):
        base = name if name.strip() else f"column {number + 1}"
        taken, place = base, 1
        while taken in made:
            place += 1
            taken = f"{base} ({place})"
        made.append(taken)
    return made


def _rows(path: Path, delimiter: str, told: Told | None = None) -> Iterator[list[str]]:
    with _opened(path) as file:
        reader = csv.reader(file, delimiter=delimiter)
        next(reader)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as reason:  # a cell longer than csv takes, a byte of 0
                if told is not None:
                    told.notes.append(f"It is read up to line {reader.line_num:,}: {reason}.")
                return
            if cells:
                yield cells


def _at(place: int | None, cells: Sequence[str]) -> float | int | None:
    """The number at a place; None where there is none."""
    if place is None or place >= len(cells) or not cells[place].strip():
        return None
    found = value(cells[place])
    return found if isinstance(found, (int, float)) and not isinstance(found, bool) else None


def _whole(cell: str) -> int | None:
    found = value(cell)
    if isinstance(found, float) and found.is_integer() and abs(found) < _LARGEST:
        return int(found)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _unfit(path: Path, delimiter: str, place: int) -> tuple[int, str] | None:
    """The first row whose step is no whole number, and that."""
    for number, cells in enumerate(_rows(path, delimiter)):
        cell = cells[place] if place < len(cells) else ""
        if _whole(cell) is None:
            return number, cell
    return None


def _fits(path: Path, delimiter: str, place: int) -> bool:
    """Whether a column rises, and rows of one step do not say two things of one name."""
    last: int | None = None
    said: dict[int, str] = {}
    for cells in _rows(path, delimiter):
        step = _whole(cells[place]) if place < len(cells) else None
        if step is None or (last is not None and step < last):
            return False
        if step != last:
            said = {}
        for at, cell in enumerate(cells):
            if cell and said.setdefault(at, cell) != cell:
                return False
        last = step
    return True
