"""Tables on the command line: laid out by rich on a terminal, aligned text where it is piped."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import typer

GAP = "  "
_BETWEEN = 3  # places between two columns on a terminal
_LONG = 40  # places of a text that may be folded


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Sequence[str] = (),
    marked: frozenset[tuple[int, int]] = frozenset(),
    spare: Sequence[str] = (),
) -> None:
    """Print a table.

    Args:
        columns: their names.
        rows: text for each cell.
        numbers: columns that are set to the right.
        marked: (row, column) of the cells that are better than others: bold on a terminal,
            with a star in plain text.
        spare: columns that are left out where a terminal is too narrow, the first of them first.
            Where there are some, the first column of the table is never cut.
    """
    if sys.stdout.isatty():
        kept = _fitting(columns, rows, spare)
        place = {at: column for column, at in enumerate(kept)}
        _rich(
            [columns[at] for at in kept],
            [[row[at] for at in kept] for row in rows],
            numbers,
            frozenset((row, place[at]) for row, at in marked if at in place),
            whole=bool(spare),
        )
    else:
        for line in aligned(columns, rows, numbers=numbers, marked=marked):
            typer.echo(line)


def aligned(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Sequence[str] = (),
    marked: frozenset[tuple[int, int]] = frozenset(),
) -> list[str]:
    """The lines of a plain table; wide letters count as the two places that they take.

    >>> for line in aligned(["run", "acc"], [["a", "0.9"], ["実験", "0.85"]], numbers=["acc"]):
    ...     print(line)
    run    acc
    a      0.9
    実験  0.85
    """
    from rich.cells import cell_len

    starred = {column for _, column in marked}
    texts = [
        [
            cell + ("*" if (at, column) in marked else " ") * (column in starred)
            for column, cell in enumerate(row)
        ]
        for at, row in enumerate([list(columns), *rows], -1)
    ]
    widths = [max(map(cell_len, column)) for column in zip(*texts, strict=True)]

    def padded(cell: str, column: int) -> str:
        room = " " * (widths[column] - cell_len(cell))
        return room + cell if columns[column] in numbers else cell + room

    return [
        GAP.join(padded(cell, column) for column, cell in enumerate(row)).rstrip() for row in texts
    ]


def _fitting(
    columns: Sequence[str], rows: Sequence[Sequence[str]], spare: Sequence[str]
) -> list[int]:
    """The columns that are shown, for the terminal's width."""
    from rich.cells import cell_len
    from rich.console import Console

    width = Console().width
    texts = zip(columns, *rows, strict=True)
    wide = [max(map(cell_len, column)) + _BETWEEN for column in texts]
    kept = list(range(len(columns)))
    for name in spare:
        if sum(wide[at] for at in kept) - _BETWEEN <= width:
            break
        kept = [at for at in kept if columns[at] != name]
    return kept


def _rich(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    numbers: Sequence[str],
    marked: frozenset[tuple[int, int]],
    whole: bool,
) -> None:
    from rich import box
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False, show_edge=False)
    for at, name in enumerate(columns):
        side: Any = "right" if name in numbers else "left"
        # Names and numbers stay whole; long texts are folded.
        short = max(map(cell_len, (row[at] for row in rows)), default=0) <= _LONG
        if whole and at == 0:
            made.add_column(Text(name), justify=side, overflow="fold")
        else:
            made.add_column(Text(name), justify=side, no_wrap=short, overflow="ellipsis")
    for at, row in enumerate(rows):
        cells = (
            Text(cell, style="bold green" if (at, column) in marked else "")
            for column, cell in enumerate(row)
        )
        made.add_row(*cells)
    Console().print(made)
