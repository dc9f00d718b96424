"""A report on paper: a PDF of pages, set by Typst, with vector charts and linked contents.

What the author wrote goes to Typst as data (`report.json`), never as markup (`paper.typ`).
"""

from __future__ import annotations

import json
import re
import tempfile
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from plotkit import errors
from plotkit.chart import Chart
from plotkit.look import Theme
from plotkit.render import faces, fonts, svg
from plotkit.report import markdown
from plotkit.report.blocks import Panel
from plotkit.report.draw import Folded, Grid, Page, Picture, Prose, Side
from plotkit.report.markdown import Node
from plotkit.report.web import looks
from plotkit.text import wrap

_TEMPLATE = Path(__file__).with_name("paper.typ")
# Points for each px of a chart's design: paper is read closer than a screen, so that text of
# 11.5 px is set in 7 pt.
_POINTS = 0.62
_ADDRESS = 8000  # bytes of a link's address that Typst takes
_COLUMNS = 120  # of a table that are shown; more would fill a book
_NESTING = ("list", "item", "quote", "strong", "em", "strike", "link")
_DEEP = 12  # of these inside each other; Typst follows no more than 80 calls
_FOOTER = (7.5, 400, 410.0)  # size, weight and width of the title at the foot of a page
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}")
_FRAMED = "framed"  # the name of a picture that fills its room with a colour
_INK = "#0b67c2"  # of small pictures in tables
_NEWLINES = re.compile(r"[\r\n\v\f\x85\u2028\u2029]+")


def require() -> None:
    """Say so at once if Typst is not installed: drawing the charts would be for nothing."""
    if find_spec("typst") is None:
        raise errors.MissingExtraError.from_extra("typst", "a report as PDF", "report")


def drawing(theme: Theme) -> Callable[[Chart, Mapping[str, Any]], dict[str, str | bytes]]:
    """How a chart is drawn for paper: as SVG whose text stays text.

    A chart that has a theme of its own keeps it, but paper is white, whatever a screen may be:
    "dark" becomes "light".
    """

    def draw(chart: Chart, options: Mapping[str, Any]) -> dict[str, str | bytes]:
        (chosen,) = looks(chart, options, (theme,)).values()
        chosen = "light" if chosen == "dark" else chosen
        picture = chart.to_svg(fonts=False, **{**options, "theme": chosen})
        # Typst, too, would shape a text of several scripts as if it were of one.
        drawn = fonts.with_fallbacks(picture, colour=True)
        return {_FRAMED if _has_ground(chosen, options) else "picture": drawn}

    return draw


def _has_ground(theme: Theme, options: Mapping[str, Any]) -> bool:
    """Whether a chart has a colour of its own behind it, whose edge is then the edge seen."""
    asked = options.get("background") or "theme"
    if asked == "theme":
        return isinstance(theme, Mapping) and "background" in theme
    return bool(asked != "transparent")


def pdf(page: Page, paper: str = "a4") -> tuple[bytes, tuple[str, ...]]:
    """The file's bytes, and notes on it; equal input gives equal bytes.

    Args:
        page: the report, drawn with `drawing`.
        paper: a size of paper that Typst knows.

    Returns:
        The bytes; a note on the characters outside charts that no font draws, if there are any.

    Raises:
        MissingExtraError: Typst is not installed.
        MissingGlyphsError: no font draws a character, where `settings.missing_glyphs` is "error".
        RenderError: Typst cannot set it.
    """
    require()
    import typst

    made = _Paper(page)
    notes = fonts.check(made.texts)
    data = {**made.data, "paper": paper, "fonts": _families(made.texts)}
    files: dict[str, str | bytes] = {
        **made.files,
        "report.json": json.dumps(data, ensure_ascii=False),
        "report.typ": _TEMPLATE.read_bytes(),
    }
    with tempfile.TemporaryDirectory(prefix="plotkit-") as folder:
        for name, content in files.items():
            content = content.encode() if isinstance(content, str) else content
            Path(folder, name).write_bytes(content)
        try:
            done = typst.compile(
                str(Path(folder, "report.typ")),
                root=folder,
                font_paths=[str(path) for path in faces.folders() if path.is_dir()],
                format="pdf",
            )
        except typst.TypstError as error:
            raise errors.RenderError.from_stage("setting the PDF", page.title, str(error)) from None
    return bytes(done), tuple(notes)


class _Paper:
    """The report as the template takes it.

    Attributes:
        data: what becomes report.json, apart from paper and fonts.
        files: the pictures.
        texts: all that is set outside of charts, for the choice of fonts.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self.files: dict[str, str | bytes] = {}
        self.texts: list[str] = [page.title, *page.words.values()]
        # Figures and tables keep their names whatever a heading says.
        self._labels = {part.id for part in page.parts() if isinstance(part, (Picture, Grid))}
        description = self._nodes(page.description)
        blocks = [made for block in page.blocks for made in self._unfolded(block)]
        title = _NEWLINES.sub(" ", page.title)
        self.data = {
            "title": title,
            "short": "".join(wrap(title, *_FOOTER, 1)),
            "summary": markdown.plain(page.description),
            "description": description,
            "language": _language(page.language),
            "words": dict(page.words),
            "contents": len(page.contents) > 1,
            "ids": sorted(self._labels),
            "blocks": blocks,
        }

    def _nodes(self, nodes: Sequence[Node], depth: int = 0) -> list[dict[str, Any]]:
        return [made for node in nodes for made in self._node(node, depth)]

    def _node(self, node: Node, depth: int) -> list[dict[str, Any]]:
        too_long = node.kind == "link" and len(node.text.encode()) > _ADDRESS
        if too_long or (depth > _DEEP and node.kind in _NESTING):
            return self._nodes(node.children, depth)  # what is in it stands by itself
        made: dict[str, Any] = {
            **node._asdict(),
            "children": self._nodes(node.children, depth + (node.kind != "paragraph")),
        }
        if node.kind in ("paragraph", "heading", "list", "cell"):
            made["turned"] = _turned(markdown.plain(node.children))
        if node.kind == "heading":
            made["mark"] = "" if node.mark in self._labels else node.mark
            self._labels.add(node.mark)
        elif node.kind == "link":
            if node.text.startswith("#"):
                # An address is written with percent signs; a heading's name is not.
                made["text"] = f"#{unquote(node.text[1:])}"
        elif node.text:
            self.texts.append(node.text)
        return [made]

    def _unfolded(
        self, block: Prose | Picture | Grid | Panel | Side | Folded
    ) -> list[dict[str, Any]]:
        """A block; of a fold its title and all that is in it, as paper does not open."""
        if not isinstance(block, Folded):
            return [self._block(block)]
        title = Node("paragraph", (Node("strong", (Node("text", text=block.title),)),))
        titled = {"kind": "title", "nodes": self._nodes((title,))}
        return [titled, *(self._block(one) for one in block.blocks)]

    def _block(self, block: Prose | Picture | Grid | Panel | Side) -> dict[str, Any]:
        if isinstance(block, Side):
            return {"kind": "side", "cells": [self._block(cell) for cell in block.cells]}
        if isinstance(block, Prose):
            return {"kind": "prose", "nodes": self._nodes(block.nodes)}
        if isinstance(block, Panel):
            return self._panel(block)
        number = "figure" if isinstance(block, Picture) else "table"
        made = {
            "id": block.id,
            "label": "" if block.plain else self._page.words[number].format(number=block.number),
            "caption": self._nodes(block.caption),
            "named": block.plain,
            "error": block.error,
        }
        if isinstance(block, Grid):
            return {**made, "kind": "grid", **self._grid(block)}
        return {**made, "kind": "picture", "notes": list(block.notes), **self._picture(block)}

    def _grid(self, block: Grid) -> dict[str, Any]:
        columns, kinds, rows, _ = block.printed
        more = [block.more] if block.more else []
        if len(columns) > _COLUMNS:
            more.append(f"… +{len(columns) - _COLUMNS:,}")
            columns, rows = columns[:_COLUMNS], [row[:_COLUMNS] for row in rows]
        self.texts += columns
        self.texts += [cell for row in rows for cell in row]
        return {
            "head": [columns] if columns else [],
            "rows": rows if columns else [],
            "numeric": [kind == "number" for kind in kinds[:_COLUMNS]],
            "notes": more,
            "drawings": {str(at): self._drawings(block, at) for at in block.drawings},
        }

    def _drawings(self, block: Grid, column: int) -> list[str]:
        """The files of the small pictures of a column; on paper they have the ink's colour."""
        made = []
        for row, drawing in enumerate(block.drawings[column]):
            made.append(f"{block.id}-{column}-{row}.svg")
            self.files[made[-1]] = drawing.replace("currentColor", _INK)
        return made

    def _panel(self, panel: Panel) -> dict[str, Any]:
        """What is known of it, and its pictures beside each other."""
        pictures = []
        for still in panel.pictures:
            file = f"panel-{len(self.files)}{Path(still.name).suffix}"
            self.files[file] = still.content
            self.texts.append(still.caption)
            pictures.append({"file": file, "alt": still.alt, "caption": still.caption})
        nodes = markdown.parse(panel.marked(self._page.language))
        return {"kind": "panel", "nodes": self._nodes(nodes), "pictures": pictures}

    def _picture(self, block: Picture) -> dict[str, Any]:
        file, width, height, framed = "", 0.0, 0.0, False
        for name, found in block.files.items():
            assert isinstance(found, str)
            file, framed = f"{block.id}.svg", name == _FRAMED
            self.files[file] = found
            width, height = svg.size(found)
        return {
            "alt": block.alt,
            "file": file,
            "width": width * _POINTS,
            "height": height * _POINTS,
            "framed": framed,
        }


def _language(tag: str) -> str:
    """The language of a tag, as Typst takes it: "en" where that is none.

    >>> [_language(tag) for tag in ("pt-BR", "ja_JP", "english", "")]
    ['pt', 'ja', 'en', 'en']
    """
    found = re.split("[-_]", tag)[0].lower()
    return found if _LANGUAGE.fullmatch(found) else "en"


def _turned(text: str) -> bool | None:
    """Whether a text goes from right to left, by its first letter; None where it has none."""
    for char in text:
        way = unicodedata.bidirectional(char)
        if way in ("L", "R", "AL"):
            return way != "L"
    return None


# --- fonts ---------------------------------------------------------------------------------------


def _families(texts: Sequence[str]) -> list[dict[str, str]]:
    """The families that draw what Inter lacks, each with the characters it is for.

    Typst's own choice would be the first font that has a character, be it a black one or that
    of another language.
    """
    odd = [text for text in dict.fromkeys(texts) if not text.isascii()]
    own = [face for path in faces.OWN_FOLDER.glob("Inter-*.ttf") for face in faces.read_faces(path)]

    def draws(char: str) -> bool:
        return all(face.covers(ord(char)) for face in own)

    if all(map(draws, {char for text in odd for char in text if char.isprintable()})):
        return []
    from plotkit.render.scripts import Chooser, is_drawn, runs

    known = faces.installed()
    mine = tuple(str(path) for path in faces.folders() if path not in faces.package_folders())
    first = sum(face.path.startswith(mine) for face in known)
    chooser = Chooser(odd, known, colour=True, first=first)
    found: dict[str, set[str]] = {}
    for text in odd:
        for line in _NEWLINES.split(text):
            for run in runs(line, draws, chooser):
                if run.face is not None:
                    faces.use(run.face)
                    found.setdefault(run.face.family, set()).update(filter(is_drawn, run.text))
    return [{"name": name, "covers": _covers(chars)} for name, chars in found.items()]


def _covers(chars: set[str]) -> str:
    """Characters as the class of a regular expression that Typst reads."""
    ranges = faces.as_ranges(map(ord, chars))
    return "".join(["[", *(rf"\u{{{first:x}}}-\u{{{last:x}}}" for first, last in ranges), "]"])
