"""From what an author put in to what a writer puts down: numbered, described, drawn.

All charts of a report are drawn at once, each for itself: one that fails leaves its error in its
place, and the others stand.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import RLock
from types import MappingProxyType
from typing import Any, NamedTuple

import plotkit
from plotkit import batch, errors, settings
from plotkit.chart import Chart
from plotkit.render import worker
from plotkit.report import cells, markdown
from plotkit.report.blocks import Block, Figure, Fold, Panel, Row, Text
from plotkit.report.markdown import Node
from plotkit.table import Table
from plotkit.text import clean
from plotkit.words import voice, words

ROWS = 20  # of a table, where no number is given
# Settings that decide what a picture's files hold.
_DECIDING = ("png_level", "missing_glyphs", "font_folders", "inline_svg_bytes")
_HALF = (400.0, 290.0)  # px of a chart beside others: a page sets two in a line

NOTHING: Mapping[str, Any] = MappingProxyType({})

Files = Mapping[str, str | bytes]  # what a chart was drawn as, by a name of the writer's own


# Frames and their connections are not all safe to be read from two threads at once. A function
# that makes a chart may draw a report of its own.
_making = RLock()


class Prose(NamedTuple):
    """Text; its headings carry their ids."""

    nodes: tuple[Node, ...]


class Picture(NamedTuple):
    """A numbered chart, or the error that stands in its place."""

    number: int
    id: str
    name: str
    title: str
    caption: tuple[Node, ...]
    alt: str
    notes: tuple[str, ...] = ()
    preset: str = ""
    digest: str = ""  # of all that its picture depends on
    source: str = ""  # of all that its chart was made from, where that is known
    chart: Chart | None = None
    options: Mapping[str, Any] = NOTHING
    files: Files = NOTHING
    error: str = ""
    plain: bool = False  # its number is not shown


class Kept(NamedTuple):
    """What an earlier run left of a chart."""

    title: str
    alt: str
    notes: tuple[str, ...]
    preset: str
    digest: str
    files: Files


class Grid(NamedTuple):
    """A numbered table."""

    number: int
    id: str
    caption: tuple[Node, ...]
    printed: cells.Printed
    more: str = ""  # how many rows are shown, where that is not all
    error: str = ""
    drawings: Mapping[int, tuple[str, ...]] = MappingProxyType({})  # SVG in place of text
    plain: bool = False  # its number is not shown


class Side(NamedTuple):
    """Blocks beside each other."""

    cells: tuple[Prose | Picture | Grid | Panel, ...]


class Folded(NamedTuple):
    """Blocks under a line that a reader opens."""

    title: str
    blocks: tuple[Prose | Picture | Grid | Panel | Side, ...]


class Entry(NamedTuple):
    """A line of the list of contents."""

    level: int
    text: str
    id: str


class Page(NamedTuple):
    """A whole report, ready to be written."""

    title: str
    description: tuple[Node, ...]
    language: str
    words: Mapping[str, str]
    blocks: tuple[Prose | Picture | Grid | Panel | Side | Folded, ...]
    contents: tuple[Entry, ...]

    def parts(self) -> Iterator[Prose | Picture | Grid | Panel]:
        """All blocks in their order, those in rows and folds too."""
        for block in self.blocks:
            for one in block.blocks if isinstance(block, Folded) else (block,):
                yield from one.cells if isinstance(one, Side) else (one,)

    def failures(self) -> Iterator[tuple[str, str]]:
        """The label and the error of all that could not be shown."""
        for part in self.parts():
            if isinstance(part, (Picture, Grid)) and part.error:
                kind = "figure" if isinstance(part, Picture) else "table"
                yield f"{kind} {part.number}", part.error

    def pictures(self) -> Iterator[Picture]:
        """All charts in their order, those in rows too."""
        yield from (part for part in self.parts() if isinstance(part, Picture))

    def panels(self) -> list[Panel]:
        """All panels in their order."""
        return [part for part in self.parts() if isinstance(part, Panel)]


class Setting(NamedTuple):
    """What holds for a whole report.

    Attributes:
        draw: makes the files of one chart.
        depends: what these files depend on besides the chart: formats, themes, sizes.
        keep: given a digest, what an earlier run drew for it, if that still stands.
    """

    title: str
    description: str
    language: str
    options: Mapping[str, Any]
    draw: Callable[[Chart, Mapping[str, Any]], Files]
    depends: str = ""
    keep: Callable[[str], Kept | None] = lambda digest: None
    progress: bool | None = None


def page(blocks: Sequence[Block], setting: Setting) -> Page:
    """Draw what is to be drawn, and put everything in its order with its number."""
    placed = [(f, n) for f, n in _figures(blocks) if not isinstance(f.content, Table)]
    figures = [figure for figure, _ in placed]
    tasks = [_task(figure, beside, setting) for figure, beside in placed]
    drawn: dict[int, Picture] = {}
    for index, result in batch.each(tasks, label=setting.title, progress=setting.progress):
        if isinstance(result, errors.PlotkitError):
            result = _failed(figures[index], result)
        drawn[index] = result
    told = words(setting.language)
    tables = sum(isinstance(figure.content, Table) for figure, _ in _figures(blocks))
    made = _Numbering([drawn[index] for index in range(len(figures))], tables, setting, told)
    laid = tuple(made.block(block) for block in blocks)
    return Page(
        clean(setting.title),
        tuple(map(_lowered, markdown.parse(setting.description))),
        setting.language,
        told,
        laid,
        tuple(made.contents),
    )


def _figures(blocks: Sequence[Block]) -> Iterator[tuple[Figure, int]]:
    """All figures, and how many things stand beside each other where it stands."""
    for block in blocks:
        if isinstance(block, Fold):
            yield from _figures(block.blocks)
            continue
        parts = block.cells if isinstance(block, Row) else (block,)
        yield from ((part, len(parts)) for part in parts if isinstance(part, Figure))


def _task(figure: Figure, beside: int, setting: Setting) -> Callable[[], Picture]:
    def run() -> Picture:
        try:
            return _draw(figure, beside, setting)
        except errors.PlotkitError:
            raise
        except Exception as error:  # whatever one figure does, the others are drawn
            detail = f"{type(error).__name__}: {error}"
            raise errors.RenderError.from_stage("drawing", "a figure", detail) from error

    return run


def _draw(figure: Figure, beside: int, setting: Setting) -> Picture:
    """Make the chart of a figure and its files, or take those of an earlier run."""
    options: dict[str, Any] = {"language": setting.language, **setting.options, **figure.options}
    if figure.alt is not None:
        options["alt"] = figure.alt
    about = (options, setting.depends, [getattr(settings, name) for name in _DECIDING])
    source = _digest(figure.source, beside, *about) if figure.source else ""
    if source and (kept := setting.keep(source)) is not None:
        # Not even its data is read.
        caption = markdown.inline(figure.caption)
        return Picture(0, "", figure.name, caption=caption, source=source, **kept._asdict())
    with _making:
        chart = chart_of(figure)
    if beside > 1 and not {"width", "height", "size"} & options.keys():
        options |= narrow(chart)
    digest = _digest(chart.to_dict(), chart.notes, chart.preset.digest, *about)
    picture = Picture(
        0,
        "",
        figure.name,
        chart.strings.get("title", ""),
        markdown.inline(figure.caption),
        clean(figure.alt if figure.alt is not None else chart.describe(options["language"])),
        chart.notes,
        f"{chart.preset.id}@{chart.preset.version}",
        digest,
        source,
        chart,
        options,
    )
    kept = setting.keep(digest)
    if kept is not None:
        return picture._replace(files=kept.files, notes=kept.notes)
    files = setting.draw(chart, options)
    # What a format could not show is known only now.
    return picture._replace(files=files, notes=(*chart.notes, *chart.warnings))


def narrow(chart: Chart) -> dict[str, float]:
    """The size of a chart beside others: laid out for its place, so that its text stays legible."""
    if chart.is_stepped:
        return {}  # a few cells are small, and are not blown up
    width, height = _HALF
    return {"width": width} if chart.keeps_shape else {"width": width, "height": height}


def chart_of(figure: Figure) -> Chart:
    """The chart of a figure; raises `PlotkitError` where it cannot be made, whatever the reason."""
    if isinstance(figure.content, Chart):
        return figure.content
    try:
        chart = figure.content()  # type: ignore[operator]
    except errors.PlotkitError:
        raise
    except Exception as error:  # the author's own function: its failure stays in its place
        detail = f"{type(error).__name__}: {error}"
        raise errors.RenderError.from_stage("making the chart", "a figure", detail) from error
    if not isinstance(chart, Chart):
        raise errors.OptionError.from_option("figure", chart, "a function that returns a chart")
    return chart


def _failed(figure: Figure, error: errors.PlotkitError) -> Picture:
    caption, told = markdown.inline(figure.caption), clean(str(error))
    return Picture(0, "", figure.name, "", caption, told, error=told)


def _digest(*parts: object) -> str:
    """SHA-256 over all that a picture depends on, the versions that draw it among it."""
    versions = (plotkit.__version__, worker.engine_version())
    text = json.dumps((versions, parts), sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _lowered(node: Node) -> Node:
    """A text whose headings stand below the report's own title; these are in no contents."""
    level = max(node.level, 2) if node.kind == "heading" else node.level
    return node._replace(level=level, children=tuple(map(_lowered, node.children)))


class _Numbering:
    """Gives every figure, table and heading its number and id, in the order of the page."""

    def __init__(
        self, drawn: list[Picture], tables: int, setting: Setting, words: Mapping[str, str]
    ) -> None:
        self._drawn = iter(drawn)
        self._words = words
        self._setting = setting
        # Ids that figures and tables have, whatever a heading is called.
        count = len(drawn) + tables
        self._taken = {f"{kind}-{n + 1}" for kind in ("figure", "table") for n in range(count)}
        self._names: set[str] = set()
        self._figures = self._tables = 0
        self.contents: list[Entry] = []

    def _number(self, text: str) -> str:
        locale = self._setting.options.get("locale")
        if locale is None:
            return text
        from plotkit.locales import number  # only reports with one need it

        return number(text, locale)

    def _count(self, count: int) -> str:
        if self._setting.options.get("locale") is not None:
            return self._number(f"{count:,}")
        return voice(self._setting.language).number(count)

    def block(self, block: Block) -> Prose | Picture | Grid | Panel | Side | Folded:
        if isinstance(block, Fold):
            return Folded(clean(block.title), tuple(map(self._unfolded, block.blocks)))
        return self._unfolded(block)

    def _unfolded(
        self, block: Text | Figure | Panel | Row
    ) -> Prose | Picture | Grid | Panel | Side:
        if isinstance(block, Row):
            return Side(tuple(self._part(cell) for cell in block.cells))
        return self._part(block)

    def _part(self, block: Text | Figure | Panel) -> Prose | Picture | Grid | Panel:
        if isinstance(block, Panel):
            return block
        if isinstance(block, Text):
            return Prose(tuple(map(self._heading, markdown.parse(block.source))))
        if isinstance(block.content, Table):
            return self._grid(block, block.content)
        self._figures += 1
        found = next(self._drawn)
        name = found.name or found.title or f"figure {self._figures}"
        return found._replace(
            number=self._figures,
            id=f"figure-{self._figures}",
            plain=block.plain,
            name=f"{self._figures:02d}-{markdown.anchor(name, self._names)}",
        )

    def _heading(self, node: Node) -> Node:
        if node.kind != "heading":
            return _lowered(node)
        text = markdown.plain(node.children)
        id = markdown.anchor(text, self._taken)
        # The report's own title is the one heading of the first level.
        level = max(node.level, 2)
        self.contents.append(Entry(level, text, id))
        return node._replace(mark=id, level=level)

    def _grid(self, block: Figure, table: Table) -> Grid:
        self._tables += 1
        id, caption = f"table-{self._tables}", markdown.inline(block.caption)
        try:
            shown = cells.printed(table, block.rows or ROWS, self._number)
        except errors.PlotkitError as error:
            empty = cells.Printed([], [], [], 0)
            return Grid(
                self._tables, id, caption, empty, error=clean(str(error)), plain=block.plain
            )
        more = ""
        if shown.total > len(shown.rows):
            few, all = (self._count(count) for count in (len(shown.rows), shown.total))
            more = self._words["rows_shown"].format(shown=few, total=all)
        drawings = {
            at: block.drawings[name]
            for at, name in enumerate(table.columns)
            if name in block.drawings
        }
        return Grid(self._tables, id, caption, shown, more, drawings=drawings, plain=block.plain)


def weight(picture: Picture) -> int:
    """Bytes of a picture's files."""
    return sum(len(made) for made in picture.files.values())


def heaviest(page: Page) -> list[tuple[str, int]]:
    """The figures that weigh most, with their bytes."""
    sizes = [(f"figure {picture.number}", weight(picture)) for picture in page.pictures()]
    return sorted(sizes, key=lambda pair: -pair[1])[:3]
