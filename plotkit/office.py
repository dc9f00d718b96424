"""Charts in Word and PowerPoint files (needs the extra `office`).

Pictures are PNGs of 300 dots per inch that carry the chart's description as their alternative
text. An SVG beside them would be redrawn by the office program in a typeface of its own, with
texts that no longer fit.

The same charts give the same bytes; files carry their title, and no author and no time.
"""

from __future__ import annotations

import io
import os
import re
import textwrap
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from plotkit import errors, words, written
from plotkit.chart import Chart
from plotkit.report import markdown
from plotkit.text import clean
from plotkit.theme import config, pixels

if TYPE_CHECKING:
    from plotkit.look import Length, Theme

__all__ = ["add_picture", "powerpoint", "word"]

_Made = TypeVar("_Made")

_DPI = 300
_EMU = 9525  # of a CSS px: 914,400 an inch
# How much larger than designed a chart is drawn: on paper its labels then have 8 points, and on
# a slide as many as the last row can read.
_ON_PAPER, _ON_SLIDE = 0.9, 1.8
_SQUARE = 0.75  # of that for squares, which have less room on a slide
_TITLE_LENGTH = 240  # office programs take 255 characters as a file's title
_SLIDE = (1280.0, 720.0)  # px of a widescreen slide
_MARGIN = 48.0
_NOTE_GREY = "#5b6570"
_OF_THE_PAGE = 0.9  # of its height, for a picture: a note may stand below
_INDENT = 24.0  # px, of what has no style in a template
_DEEPEST = 3  # lists in lists that Word has styles for
_CODE_FONT = "Courier New"  # which every office program has or replaces


def word(
    path: str | os.PathLike[str],
    items: Chart | str | Iterable[Chart | str],
    *,
    title: str = "",
    template: str | os.PathLike[str] | None = None,
    theme: Theme | None = None,
    locale: str | None = None,
    language: str | None = None,
) -> Path:
    """Write a Word file of charts and texts, in their order.

    A chart is as large as designed, but at most as wide as the text and as high as the page
    takes; its notes stand below it.

    Args:
        path: where to write, ending in .docx.
        items: charts and texts, which are Markdown: paragraphs with empty lines between them,
            headings ("## "), **bold**, *italic*, `code`, lists, quotes, tables. A link becomes
            its words and its address. HTML and pictures in a text stay text.
        title: the document's title: its first heading, and in its properties.
        template: a .docx whose styles and page are used; what it says stays in front.
        theme: "light", "dark" or a Vega-Lite config; default each chart's own.
        locale: a BCP 47 tag for the charts' numbers and dates.
        language: a BCP 47 tag for the alternative texts; default English.

    Returns:
        The path.

    Raises:
        MissingExtraError: python-docx is not installed.
        OptionError: an item that is neither chart nor text, a title that is no text, or a
            template that cannot be read.
        SaveError: another ending, a missing folder, a refusal of the operating system.
    """
    target = _target(path, ".docx")
    try:
        import docx
    except ImportError:
        raise errors.MissingExtraError.from_extra(
            "python-docx", "writing Word files", "office"
        ) from None
    chosen = _listed("items", items, (Chart, str), "charts and texts")
    _check_texts(title, language)
    document: Any = _opened(docx.Document, template, "a Word file (.docx)")
    heading = _line(title)
    if heading:
        _add_heading(document, heading, 0)
    for item in chosen:
        if isinstance(item, str):
            # A text in a program is as far to the right as the program around it.
            _add_blocks(document, markdown.parse(textwrap.dedent(item)))
        else:
            _add_figure(document, item, theme, locale, language)
    _name(document.core_properties._element, document.core_properties, heading)
    written.whole(target, _packed(document))
    return target


def powerpoint(
    path: str | os.PathLike[str],
    charts: Chart | Iterable[Chart],
    *,
    title: str = "",
    template: str | os.PathLike[str] | None = None,
    theme: Theme | None = None,
    background: str | None = None,
    locale: str | None = None,
    language: str | None = None,
) -> Path:
    """Write a PowerPoint file with one chart a slide.

    The chart's title is the slide's title and does not stand in the picture again; what was
    dropped or reduced stands in the slide's notes.

    Args:
        path: where to write, ending in .pptx.
        charts: the charts, in the order of their slides.
        title: the file's title, in its properties; default the first chart's.
        template: a .pptx whose slides stay in front and whose design is used; default a plain
            widescreen one in the charts' colours.
        theme: "light", "dark" or a Vega-Lite config; default each chart's own.
        background: of the charts: "theme", "transparent" or a colour.
        locale: a BCP 47 tag for the charts' numbers and dates.
        language: a BCP 47 tag for the alternative texts; default English.

    Returns:
        The path.

    Raises:
        MissingExtraError: python-pptx is not installed.
        OptionError: something that is not a chart, a title that is no text, or a template that
            cannot be read.
        SaveError: another ending, a missing folder, a refusal of the operating system.
    """
    target = _target(path, ".pptx")
    pptx = _pptx()
    chosen = _listed("charts", charts, (Chart,), "charts")
    _check_texts(title, language)
    if not chosen:
        raise errors.OptionError.from_option("charts", chosen, "at least one chart")
    deck: Any = _opened(pptx.Presentation, template, "a PowerPoint file (.pptx)")
    if template is None:
        _make_wide(deck)
    layout = _title_layout(deck)
    for chart in chosen:
        dressed = chart if theme is None else copy(chart)
        dressed.theme = chart.theme if theme is None else theme
        look = {"background": background, "locale": locale}
        _add_slide(deck, layout, dressed, look, language, plain=template is None)
    named = _line(title) or _slide_title(chosen[0])
    _name(deck.core_properties._element, deck.core_properties, named)
    written.whole(target, _packed(deck))
    return target


def add_picture(
    target: Any,
    chart: Chart,
    *,
    left: Length | None = None,
    top: Length | None = None,
    width: Length | None = None,
    height: Length | None = None,
    theme: Theme | None = None,
    background: str | None = None,
    locale: str | None = None,
    language: str | None = None,
) -> Any:
    """Put a chart into a document of one's own, opened with python-docx or python-pptx.

    Args:
        target: a slide of python-pptx, or of python-docx a document, a cell of a table, a
            paragraph or a run.
        chart: what is put there, with its title and its alternative text.
        left: px (96 an inch) or text such as "2cm" from the slide's left side; default 0.5in.
        top: the same from its top.
        width: the picture's width; default as designed, on paper a tenth smaller.
        height: the picture's height; default as the width calls for.
        theme: "light", "dark" or a Vega-Lite config; default the chart's own.
        background: "theme", "transparent" or a colour.
        locale: a BCP 47 tag for numbers and dates.
        language: a BCP 47 tag for the alternative text; default English.

    Returns:
        The picture, as the library has it.
    """
    if not isinstance(chart, Chart):
        raise errors.OptionError.from_option("chart", chart, "a chart")
    _check_texts("", language)
    box = _Box(
        None if width is None else pixels(width, "width"),
        None if height is None else pixels(height, "height"),
    )
    look = {"theme": theme, "background": background, "locale": locale}
    if hasattr(target, "shapes"):
        image = _drawn(chart, box, _ON_SLIDE, look)
        at = (_place(left, "left"), _place(top, "top"))
        return _put_on_slide(target, image, *at, _alt(chart, language))
    if left is not None or top is not None:
        name, given = ("left", left) if left is not None else ("top", top)
        raise errors.OptionError.from_option(name, given, "None: only slides have places")
    image = _drawn(chart, box, _ON_PAPER, look)
    if hasattr(target, "add_paragraph"):  # a document, a cell
        target = target.add_paragraph()
    run = target.add_run() if hasattr(target, "add_run") else target
    if not hasattr(run, "add_picture"):
        expected = "a document, cell, paragraph or run of python-docx, or a slide of python-pptx"
        raise errors.OptionError.from_option("target", target, expected)
    return _put_in_run(run, image, _alt(chart, language))


def _listed(name: str, given: Any, kinds: tuple[type, ...], expected: str) -> list[Any]:
    """One thing of some kinds, or any number of them, as a list."""
    if isinstance(given, kinds):
        return [given]
    if isinstance(given, (bytes, Mapping)) or not isinstance(given, Iterable):
        raise errors.OptionError.from_option(name, given, expected)
    found = list(given)
    for one in found:
        if not isinstance(one, kinds):
            raise errors.OptionError.from_option(name, one, expected)
    return found


def _check_texts(title: object, language: str | None) -> None:
    """Raise `OptionError` before anything is drawn."""
    if not isinstance(title, str):
        raise errors.OptionError.from_option("title", title, "text")
    if language is not None:
        words.nearest(language)


# --- pictures ------------------------------------------------------------------------------------


class _Box(NamedTuple):
    """The room for a picture, in px of the page; None where it is not limited."""

    width: float | None = None
    height: float | None = None


class _Image(NamedTuple):
    """A PNG and the size it is shown with, in px of the page."""

    png: bytes
    width: float
    height: float


def _drawn(chart: Chart, box: _Box, zoom: float, look: dict[str, Any]) -> _Image:
    """The chart drawn for a box, everything in it `zoom` times as large as designed.

    It fills the box, or fits into it where its shape is its own: squares, cells.
    """
    if box.width is None or box.height is None or not chart.keeps_shape:
        width, height = (None if side is None else side / zoom for side in box)
        return _once(chart, width, height, zoom, look)
    natural = _once(chart, None, None, 96 / _DPI, look)
    if chart.is_stepped:  # the texts grow with the cells
        width = min(box.width, box.height * natural.width / natural.height) / zoom
    else:
        zoom *= _SQUARE
        # What stands around a square plot is as high at any size.
        around = (natural.height - natural.width) * _DPI / 96
        width = min(box.width / zoom, max(box.height / zoom - around, 1.0))
    return _once(chart, width, None, zoom, look)


def _once(
    chart: Chart, width: float | None, height: float | None, zoom: float, look: dict[str, Any]
) -> _Image:
    """The chart drawn at a width and height in px of the design."""
    png = chart.to_png(dpi=_DPI * zoom, width=width, height=height, **look)
    wide, high = (int.from_bytes(png[at : at + 4]) for at in (16, 20))
    return _Image(png, wide * 96 / _DPI, high * 96 / _DPI)


def _alt(chart: Chart, language: str | None) -> str:
    return clean(chart.describe(language)).replace("\n", " ")


def _line(text: str) -> str:
    """A title on one line, of a length that a file's properties can hold."""
    line = " ".join(clean(text).split())
    return line if len(line) <= _TITLE_LENGTH else line[: _TITLE_LENGTH - 1] + "…"


# --- Word ----------------------------------------------------------------------------------------


def _add_heading(document: Any, text: str, level: int) -> Any:
    if ("Title" if level == 0 else f"Heading {level}") in document.styles:
        return document.add_heading(text, level)
    paragraph = document.add_paragraph()  # a template without that style
    paragraph.add_run(text).bold = True
    return paragraph


def _add_blocks(document: Any, nodes: Sequence[markdown.Node], depth: int = 0) -> None:
    """Markdown as paragraphs; `depth` counts the lists and quotes that they stand in."""
    for node in nodes:
        if node.kind == "heading":
            heading = _add_heading(document, "", node.level)
            styled = heading.style.name == f"Heading {node.level}"
            _add_runs(heading, node.children, bold=not styled)
        elif node.kind == "list":
            _add_list(document, node, depth + 1)
        elif node.kind == "quote":
            _add_quote(document, node, depth)
        elif node.kind == "code":
            paragraph = _paragraph(document, "", depth)
            paragraph.add_run(node.text).font.name = _CODE_FONT
        elif node.kind == "rule":
            _add_rule(document.add_paragraph())
        elif node.kind == "table":
            _add_table(document, node)
        else:
            inside = node.children if node.kind == "paragraph" else (node,)
            _add_runs(_paragraph(document, "List Continue", depth), inside)


def _add_list(document: Any, node: markdown.Node, depth: int) -> None:
    style = "List Number" if node.level else "List Bullet"
    numbering = _new_numbering(document, style, depth, node.level) if node.level else None
    for at, item in enumerate(node.children):
        paragraph = _paragraph(document, style, depth)
        if numbering is not None:
            paragraph._p.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = numbering
        elif node.level or paragraph.style.name != _style_name(style, depth):
            paragraph.add_run(f"{node.level + at}. " if node.level else "• ")
        first, rest = item.children[:1], item.children[1:]
        if first and first[0].kind == "paragraph":
            _add_runs(paragraph, first[0].children)
        else:
            rest = item.children
        _add_blocks(document, rest, depth)


def _new_numbering(document: Any, style: str, depth: int, start: int) -> int | None:
    """The id of a numbering like that of the style, which begins anew; None without one."""
    with suppress(KeyError, AttributeError, NotImplementedError):
        held = document.styles[_style_name(style, depth)].element.pPr.numPr.numId.val
        numbering = document.part.numbering_part.element
        made = numbering.add_num(numbering.num_having_numId(held).abstractNumId.val)
        made.add_lvlOverride(ilvl=0).add_startOverride(start)
        return int(made.numId)
    return None


def _style_name(style: str, depth: int) -> str:
    return style if depth == 1 else f"{style} {min(depth, _DEEPEST)}"


def _paragraph(document: Any, style: str, depth: int) -> Any:
    """A paragraph in the style of a list of that depth; moved to the right where there is none."""
    if not depth:
        return document.add_paragraph()
    name = _style_name(style, depth)
    if style and name in document.styles:
        return document.add_paragraph(style=name)
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.left_indent = round(_INDENT * depth * _EMU)
    return paragraph


def _add_quote(document: Any, node: markdown.Node, depth: int) -> None:
    before = len(document.paragraphs)
    _add_blocks(document, node.children, depth + 1)
    for paragraph in document.paragraphs[before:]:
        for run in paragraph.runs:
            run.italic = True


def _add_rule(paragraph: Any) -> None:
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    line = '<w:bottom w:val="single" w:sz="4" w:space="1" w:color="auto"/>'
    border = parse_xml(f"<w:pBdr {nsdecls('w')}>{line}</w:pBdr>")
    paragraph._p.get_or_add_pPr().append(border)


def _add_table(document: Any, node: markdown.Node) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    wide = max((len(row.children) for row in node.children), default=0)
    table = document.add_table(len(node.children), wide)
    if "Table Grid" in document.styles:
        table.style = "Table Grid"
    for row, cells in zip(table.rows, node.children, strict=True):
        for cell, told in zip(row.cells, cells.children, strict=False):
            paragraph = cell.paragraphs[0]
            _add_runs(paragraph, told.children, bold=cells.head)
            if told.mark in ("right", "center"):
                paragraph.alignment = getattr(WD_ALIGN_PARAGRAPH, told.mark.upper())


def _add_runs(
    paragraph: Any, nodes: Sequence[markdown.Node], *, bold: bool = False, italic: bool = False
) -> None:
    """Markdown within a paragraph, as pieces of text with their styles."""
    for node in nodes:
        start = len(paragraph.runs)
        if node.children:
            is_bold, is_italic = bold or node.kind == "strong", italic or node.kind == "em"
            _add_runs(paragraph, node.children, bold=is_bold, italic=is_italic)
        if node.kind == "strike":
            for run in paragraph.runs[start:]:
                run.font.strike = True
        piece = node.text
        if node.kind == "link":
            piece = _address(node)
        elif node.kind == "break":
            piece = "\n" if node.level else " "
        if piece:
            run = paragraph.add_run(piece)
            # None leaves it to the style of the paragraph.
            run.bold, run.italic = bold or None, italic or None
            if node.kind == "code_text":
                run.font.name = _CODE_FONT


def _address(link: markdown.Node) -> str:
    """Where a link leads, to be read behind its words; empty where they say it."""
    target = clean(link.text)
    if target.startswith("#"):  # a place in a report
        return ""
    shown = re.sub("^mailto:", "", target, flags=re.IGNORECASE)
    return "" if markdown.plain(link.children) in (target, shown) else f" ({shown})"


def _add_figure(
    document: Any, chart: Chart, theme: Theme | None, locale: str | None, language: str | None
) -> None:
    from docx import shared

    look = {"theme": theme, "locale": locale}
    section = document.sections[-1]
    room = (section.page_width - section.left_margin - section.right_margin) / _EMU
    high = (section.page_height - section.top_margin - section.bottom_margin) / _EMU
    high *= _OF_THE_PAGE
    # Measured small, since a picture may be many pages high; all in it shrinks to one.
    small = 96 / _DPI
    height = _once(chart, None, None, small, look).height * _ON_PAPER / small
    zoom = _ON_PAPER * min(1.0, high / height)
    image = _drawn(chart, _Box(), zoom, look)
    if image.width > room:
        image = _drawn(chart, _Box(width=room), zoom, look)
    paragraph = document.add_paragraph()
    _put_in_run(paragraph.add_run(), image, _alt(chart, language))
    paragraph.paragraph_format.keep_with_next = bool(chart.notes)
    for note in chart.notes:
        run = document.add_paragraph().add_run(clean(note))
        run.font.size = shared.Pt(9)
        run.font.color.rgb = shared.RGBColor(*_rgb(_NOTE_GREY))


def _put_in_run(run: Any, image: _Image, alt: str) -> Any:
    sides = (round(side * _EMU) for side in (image.width, image.height))
    shape = run.add_picture(io.BytesIO(image.png), *sides)
    told = shape._inline.docPr
    told.set("descr", alt)
    return shape


# --- PowerPoint ----------------------------------------------------------------------------------


def _pptx() -> Any:
    try:
        import pptx
    except ImportError:
        raise errors.MissingExtraError.from_extra(
            "python-pptx", "writing PowerPoint files", "office"
        ) from None
    return pptx


def _make_wide(deck: Any) -> None:
    """The library's own deck, 4:3 with centred titles, as a widescreen one."""
    width, height = (round(side * _EMU) for side in _SLIDE)
    factor = width / deck.slide_width
    deck.slide_width, deck.slide_height = width, height
    for page in (deck.slide_master, *deck.slide_layouts):
        for shape in page.placeholders:
            if shape._element.spPr.xfrm is not None:
                shape.left, shape.width = (
                    round(side * factor) for side in (shape.left, shape.width)
                )
    for page in (deck.slide_master, _title_layout(deck)):
        for shape in page.placeholders:
            if shape.placeholder_format.type in _titles():
                shape.left, shape.top = (round(side * _EMU) for side in (_MARGIN, 28))
                shape.width, shape.height = width - 2 * shape.left, round(80 * _EMU)


def _titles() -> tuple[Any, ...]:
    from pptx.enum.shapes import PP_PLACEHOLDER

    return PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE


def _title_layout(deck: Any) -> Any:
    """The layout of a title and nothing else, or the one that comes nearest."""

    def distance(layout: Any) -> tuple[int, int]:
        kinds = [shape.placeholder_format.type for shape in layout.placeholders]
        titled = any(kind in _titles() for kind in kinds)
        rank = {"titleOnly": 0, "obj": 1}.get(layout._element.get("type"), 2)
        return (rank if titled else 3, len(kinds))

    return min(deck.slide_layouts, key=distance)


def _add_slide(
    deck: Any, layout: Any, chart: Chart, look: dict[str, Any], language: str | None, *, plain: bool
) -> None:
    slide = deck.slides.add_slide(layout)
    for shape in list(slide.placeholders):
        if shape.placeholder_format.type not in _titles():
            shape._element.getparent().remove(shape._element)  # an empty one asks to be filled
    title, shown = _slide_title(chart), chart.untitled()
    room = _Box(deck.slide_width / _EMU - 2 * _MARGIN, deck.slide_height / _EMU - 2 * _MARGIN)
    left = top = _MARGIN
    holder = slide.shapes.title
    if holder is not None and holder.top is not None:
        holder.text_frame.text = title
        if plain:
            _dress(slide, holder, title, chart)
        left = max(holder.left / _EMU, 0)
        top = (holder.top + holder.height) / _EMU + 16
        bottom = deck.slide_height / _EMU - _MARGIN / 2
        if not plain:  # a design has its date and numbers below
            tops = [shape.top or 0 for shape in layout.placeholders]
            lower = [found / _EMU for found in tops if found > deck.slide_height * 0.8]
            bottom = min([bottom, *(edge - 8 for edge in lower)])
        room = _Box(holder.width / _EMU, max(bottom - top, 100.0))
    else:
        shown = chart
    image = _drawn(shown, room, _ON_SLIDE, look)
    # What does not fill the room stands in the middle of it.
    left += max((room.width or 0) - image.width, 0) / 2
    _put_on_slide(slide, image, left, top, _alt(chart, language))
    if chart.notes:
        slide.notes_slide.notes_text_frame.text = clean("\n".join(chart.notes))


def _dress(slide: Any, holder: Any, title: str, chart: Chart) -> None:
    """A slide in the colours of its chart, its title on the left."""
    from pptx.dml import color
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Pt

    made: Any = color.RGBColor  # the library says no types
    colours = config(chart.theme)
    paper, ink = colours.get("background"), colours.get("title", {}).get("color")
    with suppress(ValueError):  # a colour by its name, or by a formula
        paper = made(*_rgb(paper))
        slide.background.fill.solid()
        slide.background.fill.fore_color.rgb = paper
    frame = holder.text_frame
    frame.vertical_anchor = MSO_ANCHOR.BOTTOM
    for paragraph in frame.paragraphs:
        paragraph.alignment = PP_ALIGN.LEFT
        for run in paragraph.runs:
            run.font.bold = True
            run.font.size = Pt(30 if len(title) < 60 else 22 if len(title) < 130 else 16)
            with suppress(ValueError):
                run.font.color.rgb = made(*_rgb(ink))


def _rgb(colour: object) -> bytes:
    """Red, green and blue of "#5b6570"; raises `ValueError` for a colour by its name."""
    found = bytes.fromhex(str(colour).removeprefix("#"))
    if len(found) != 3:
        raise ValueError(colour)
    return found


def _place(given: Length | None, name: str) -> float:
    """Where a picture begins, in px from an edge of the slide."""
    if given is None:
        return _MARGIN
    if isinstance(given, (int, float)) and 0 <= given < 16:
        return float(given)
    return pixels(given, name)


def _slide_title(chart: Chart) -> str:
    return _line(chart.title or chart.preset.title)


def _put_on_slide(slide: Any, image: _Image, left: float, top: float, alt: str) -> Any:
    places = (round(side * _EMU) for side in (left, top, image.width, image.height))
    shape = slide.shapes.add_picture(io.BytesIO(image.png), *places)
    shape._element._nvXxPr.cNvPr.set("descr", alt)
    return shape


# --- files ---------------------------------------------------------------------------------------


def _target(path: object, suffix: str) -> Path:
    target = written.path_of(path)
    if target.suffix.lower() != suffix:
        raise errors.SaveError.from_suffix(str(target), [suffix])
    if not target.parent.is_dir():
        raise errors.SaveError.from_missing_folder(str(target), str(target.parent))
    return target


def _opened(open: Any, template: str | os.PathLike[str] | None, expected: str) -> Any:
    if template is None:
        return open()
    try:
        return open(io.BytesIO(written.path_of(template).read_bytes()))
    except Exception as reason:  # whatever a broken file brings up in the library
        raise errors.OptionError.from_option("template", template, expected) from reason


def _name(element: Any, properties: Any, title: str) -> None:
    """The file's properties: its title and nothing else, no name and no time."""
    for child in list(element):
        element.remove(child)
    if title:
        properties.title = title


def _packed(made: Any) -> bytes:
    """The file's bytes: always the same, and without the picture of an earlier first page."""
    raw, packed = io.BytesIO(), io.BytesIO()
    made.save(raw)
    with zipfile.ZipFile(raw) as parts, zipfile.ZipFile(packed, "w") as into:
        for name in parts.namelist():
            data = parts.read(name)
            if name == "_rels/.rels":
                data = re.sub(rb'<Relationship [^>]*/metadata/thumbnail"[^>]*/>', b"", data)
            elif name.startswith("docProps/thumbnail"):
                continue
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o600 << 16
            into.writestr(info, data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
