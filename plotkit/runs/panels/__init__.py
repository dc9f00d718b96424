"""How logged objects look in a page: images, masks, videos, sounds, scenes, tables, step by step.

    panel(name, steps, address, folder)  ->  Panel     what was logged under a name
    Report.add(panel), panel.html                      in a report, or as part of a served page

    items.py     stored forms, checked, as JSON for the page
    carrying.py  the files of a run: read, addressed, thinned where they are too many
    writing.py   the markup; `page/` holds the script and the style sheet
    stills.py    pictures of the last step, for paper and Markdown

A page has `STYLE` and `SCRIPT` once. The script is its own: it starts with the page, loads nothing
and runs under a policy that names its hash (`plotkit.render.page.policy`). Panels that come into
a page later are given to `plotkitMedia.mount(element)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from plotkit import errors
from plotkit.report import markdown, marked
from plotkit.report.blocks import Panel as Block
from plotkit.report.blocks import Still
from plotkit.runs.panels import writing
from plotkit.runs.panels.carrying import Files, fitting, read_rows
from plotkit.runs.panels.items import Item, Rows, files, item, rows_each
from plotkit.text import clean
from plotkit.words import voice, words

__all__ = ["SCRIPT", "STYLE", "Panel", "panel"]

SCRIPT: str = writing.program()
STYLE: str = writing.style()

_UNITS = ((1_000_000, "MB"), (1000, "kB"))


class Panel(Block):
    """What a run logged under one name, to be shown in a page, on paper, or as Markdown.

    Attributes:
        name: the name that it was logged under.
        html: markup for a page that holds `STYLE` and `SCRIPT`, with the addresses it was given.
        text: Markdown of the last step.
        pictures: of the last step, with masks and boxes drawn into them: file name, content,
            caption and alternative text.
    """

    script = SCRIPT
    style = STYLE

    def __init__(
        self, name: str, steps: Sequence[tuple[int, object]], held: Files, folder: Path | None,
        language: str,
    ) -> None:  # fmt: skip
        self.name = clean(name)
        self._files = held
        self._folder = folder
        self._language = language
        self._given = [(int(step), _listed(stored)) for step, stored in steps]
        tables = sum(_is_table(one) for _, stored in self._given for one in stored)
        self._rows = rows_each(tables)

    def __repr__(self) -> str:
        return f"<Panel {self.name!r}: {len(self._given)} steps>"

    @cached_property
    def _items(self) -> list[list[Item]]:
        return [[item(one, self._read_rows) for one in stored] for _, stored in self._given]

    def _read_rows(self, stored: Mapping[str, Any]) -> Rows | None:
        """The first rows of a logged table; None where it cannot be read."""
        if self._folder is None:
            return None
        try:
            return read_rows(stored, self._folder, self._rows)
        except (errors.PlotkitError, OSError, ValueError, TypeError, RecursionError):
            return None

    @property
    def html(self) -> str:
        steps = [step for step, _ in self._given]
        told = words(self._language, "media")
        return writing.html(
            self.name, steps, self._items, self._files.address, lambda file: None, (), told
        )

    def addressed(self, address: Callable[[str], str]) -> Panel:
        """The same, whose files stand at addresses of their own, such as URLs."""
        files = Files(address, self._folder)
        return Panel(self.name, self._given, files, self._folder, self._language)

    def carried(self, language: str, limit: int | None, held: set[str]) -> str:
        """Markup that holds its files itself.

        Args:
            language: of the page.
            limit: bytes that its files may take together; beyond it, steps are left out evenly,
                the first and the last are kept, and a note says so.
            held: files that the page holds already; those of this panel are added.
        """
        told, spoken = words(language, "media"), voice(language)
        weights = [
            {file: 0 if file in held else self._size(file) for one in step for file in files(one)}
            for step in self._items
        ]
        chosen, total = fitting(weights, limit)
        notes = []
        if not chosen:
            only = self._given[-1][0]
            note = told["too_large"].format(size=_bytes(total), limit=_bytes(limit or 0))
            return writing.html(self.name, [only], [[]], lambda file: "", _none, (note,), told)
        if len(chosen) < len(self._items):
            shown, all_ = spoken.number(len(chosen)), spoken.number(len(self._items))
            notes.append(
                told["steps_carried"].format(
                    shown=shown, total=all_, size=_bytes(total), limit=_bytes(limit or 0)
                )
            )

        def address(file: str) -> str:
            if file in held:
                return ""
            held.add(file)
            return self._files.data(file)

        return writing.html(
            self.name,
            [self._given[at][0] for at in chosen],
            [self._items[at] for at in chosen],
            address,
            lambda file: self._document(file, held),
            notes,
            told,
        )

    def _size(self, file: str) -> int:
        try:
            return self._files.size(file)
        except (OSError, errors.MediaError):
            return 0

    def _document(self, file: str, held: set[str]) -> str | None:
        """The text of a logged page, where the page does not hold it yet."""
        if file in held:
            return None
        try:
            text = self._files.read(file).decode("utf-8", "replace")
        except (OSError, errors.MediaError):
            return None
        held.add(file)
        return text

    @property
    def text(self) -> str:
        return self.marked(self._language)

    def marked(self, language: str) -> str:
        """Markdown of the last step, in a language; its pictures are `pictures`."""
        told = words(language, "media")
        step = told["step"].replace("{step}", str(self._given[-1][0]))
        lines = [f"**{marked.escaped(self.name)}**  \n{step}"]
        for at, one in enumerate(self._items[-1]):
            alt = self._alt(at, told)
            if one["kind"] == "table":
                lines.append(_table(one))
            elif one["kind"] == "histogram":
                edges = one["edges"]
                spread = told["spread"].format(
                    count=voice(language).number(sum(one["counts"])),
                    low=voice(language).number(edges[0]),
                    high=voice(language).number(edges[-1]),
                )
                lines.append(f"{marked.escaped(alt)}: {spread}")
            elif one["kind"] not in ("image", "scene"):
                place = one.get("file") or one.get("given") or one.get("type", "")
                lines.append(f"{marked.escaped(alt)}: `{place.replace('`', '')}`")
        return "\n\n".join(lines)

    @cached_property
    def pictures(self) -> tuple[Still, ...]:
        from plotkit.runs.panels import stills

        told = words(self._language, "media")
        last = self._items[-1]
        alts = [self._alt(at, told) for at in range(len(last))]
        name = markdown.anchor(self.name, set()) or "media"
        return tuple(stills.stills(last, alts, self._files, name))

    def _alt(self, at: int, told: Mapping[str, str]) -> str:
        last = self._items[-1]
        return writing.alt_of(last[at], self.name, at, len(last), self._given[-1][0], told)


def panel(
    name: str,
    steps: Sequence[tuple[int, object]],
    address: Callable[[str], str] | None = None,
    folder: Path | None = None,
    *,
    language: str = "en",
) -> Panel:
    """What a run logged under a name, as a part of a page or a report.

    Args:
        name: the name.
        steps: (step, stored form or list of stored forms), as `history.stored(name)` gives them.
        address: what stands for a file ("media/...") in a page, such as a URL; default: its
            content. A report always carries the content, where it knows the folder.
        folder: the run's folder: tables and pictures for paper are read from it.
        language: of what the page says by itself; a report has its own.

    Raises:
        OptionError: there are no steps.

    >>> made = panel("score", [(0, {"_type": "histogram", "counts": [1, 2], "edges": [0, 1, 2]})])
    >>> made.name, "Step 0" in made.html, made.pictures
    ('score', True, ())
    """
    if not steps:
        raise errors.OptionError.from_option("steps", steps, "at least one step")
    return Panel(name, steps, Files(address, folder), folder, language)


def _listed(stored: object) -> list[object]:
    return list(stored) if isinstance(stored, (list, tuple)) else [stored]


def _is_table(stored: object) -> bool:
    return isinstance(stored, Mapping) and stored.get("_type") == "table"


def _none(file: str) -> None:
    return None


def _bytes(count: int) -> str:
    """A size as people read it.

    >>> _bytes(52_400_000), _bytes(9_400), _bytes(12)
    ('52 MB', '9.4 kB', '12 B')
    """
    for unit, name in _UNITS:
        if count >= unit:
            size = count / unit
            return f"{size:.1f} {name}" if size < 10 else f"{size:.0f} {name}"
    return f"{count} B"


def _table(made: Item) -> str:
    columns = made["columns"] or ["", ""]
    rows = [columns, ["--:" if number else ":--" for number in made["numeric"]]]
    lines = [f"| {' | '.join(rows[0] if not made['columns'] else map(marked.escaped, columns))} |"]
    lines.append(f"| {' | '.join(rows[1])} |")
    for row in made["rows"][:20]:
        texts = map(writing.text_of, row)
        lines.append(f"| {' | '.join(map(marked.escaped, texts))} |")
    return "\n".join(lines)
