"""What an author puts into a report: text, figures, tables, and rows of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from plotkit import errors, look
from plotkit.chart import Chart
from plotkit.table import Table

Drawable = Chart | Callable[[], Chart]


class Text(NamedTuple):
    """Markdown."""

    source: str


class Figure(NamedTuple):
    """A chart, or a function that makes one when the report is drawn; or a table.

    Attributes:
        content: what is shown.
        caption: a sentence under it (Markdown); its number comes before it.
        alt: alternative text; default: made from the data, `Chart.describe()`.
        rows: of a table, how many rows are shown.
        source: what the content was made from, as text that changes when that does; "" where it
            is not known. A report that is drawn again leaves what has the same source.
        name: the name of its files; default: from its title.
        options: how this chart is to look, such as `width`; see `plotkit.look.Options`.
        drawings: of a table, small pictures (trusted SVG) that stand in place of a column's text,
            by its name, one for each row; the text stays where a format shows no pictures.
        plain: for pages that are looked through, not cited: its number is not shown, and its
            caption, which is then its name, stands above it.
    """

    content: Drawable | Table
    caption: str = ""
    alt: str | None = None
    rows: int | None = None
    source: str = ""
    name: str = ""
    options: Mapping[str, Any] = MappingProxyType({})
    drawings: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    plain: bool = False


class Still(NamedTuple):
    """A picture of a panel, for places where its script does not run."""

    name: str
    content: bytes
    caption: str = ""
    alt: str = ""


class Panel(ABC):
    """Something that a page shows by a script of its own, such as images with a step slider.

    Attributes:
        script: the script, the same for all panels of a page.
        style: the style sheet, likewise.
        name: what stands over it.
        pictures: what is shown of it on paper, and in Markdown.
    """

    script: ClassVar[str]
    style: ClassVar[str]
    name: str

    @property
    @abstractmethod
    def pictures(self) -> Sequence[Still]: ...

    @abstractmethod
    def carried(self, language: str, limit: int | None, held: set[str]) -> str:
        """Markup that holds its files itself, in at most `limit` bytes; `held` is in the page."""

    @abstractmethod
    def marked(self, language: str) -> str:
        """Markdown of all that is no picture."""


class Row(NamedTuple):
    """Blocks beside each other."""

    cells: tuple[Text | Figure | Panel, ...]


class Fold(NamedTuple):
    """Blocks under a line that a reader opens; on paper they stand open."""

    title: str
    blocks: tuple[Text | Figure | Panel | Row, ...]


Block = Text | Figure | Panel | Row | Fold


def figure(
    content: object,
    caption: str = "",
    *,
    alt: str | None = None,
    rows: int | None = None,
    name: str = "",
    **options: Any,
) -> Figure:
    """A chart or table with a caption, for `Report.add`.

    Args:
        content: a chart, a function without arguments that makes one (so that its failure stays in
            its place), or anything that `Table` takes.
        caption: a sentence under it; Markdown.
        alt: alternative text in place of the one made from the data.
        rows: of a table, how many rows are shown; default 20.
        name: the name of its files in a folder.
        options: how the chart is to look, such as `width="8cm"`; see `plotkit.look.Options`.

    >>> import plotkit as pk
    >>> pk.figure(pk.Table({"a": [1, 2]}), "Two *rows*.").caption
    'Two *rows*.'
    """
    if not isinstance(caption, str):
        raise errors.OptionError.from_option("caption", caption, "text")
    if rows is not None and (isinstance(rows, bool) or not isinstance(rows, int) or rows < 1):
        raise errors.OptionError.from_option("rows", rows, "a whole number, at least 1")
    for key, text in (("alt", alt), ("name", name)):
        if text is not None and not isinstance(text, str):
            raise errors.OptionError.from_option(key, text, "text")
    look.read(options, "light")  # what is misspelt ends here
    if isinstance(content, Figure):
        return content._replace(
            caption=caption or content.caption,
            alt=content.alt if alt is None else alt,
            rows=content.rows if rows is None else rows,
            name=name or content.name,
            options={**content.options, **options},
        )
    if not isinstance(content, (Chart, Table)) and not callable(content):
        content = Table(content)
    if isinstance(content, Table) and (alt is not None or options):
        given = ["alt"] if alt is not None else list(options)
        raise errors.OptionError.from_option("figure", given[0], "for a table caption and rows")
    return Figure(content, caption, alt, rows, "", name, options)


def row(*items: object) -> Row:
    """Charts, tables or texts beside each other, for `Report.add`.

    >>> import plotkit as pk
    >>> len(pk.row("left", "right").cells)
    2
    """
    if not items:
        raise errors.OptionError.from_option("row", items, "at least one item")
    cells = []
    for item in items:
        made = block(item)
        if isinstance(made, (Row, Fold)):
            raise errors.OptionError.from_option("row", item, "items that are no rows themselves")
        cells.append(made)
    return Row(tuple(cells))


def block(item: object) -> Block:
    """What an item of `Report.add` is; raises `TableError` for what is nothing of all this."""
    if isinstance(item, (Text, Figure, Panel, Row, Fold)):
        return item
    if isinstance(item, str):
        return Text(item)
    return figure(item)
