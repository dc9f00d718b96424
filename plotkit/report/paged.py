"""A report on paper: a PDF of pages, set by Typst, with vector charts and linked contents.

What the author wrote goes to Typst as data (`report.json`), never as markup (`paper.typ`).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from plotkit import errors
from plotkit.chart import Chart
from plotkit.look import Theme
from plotkit.render import faces, svg
from plotkit.report import markdown
from plotkit.report.draw import Grid, Page, Picture, Prose, Side
from plotkit.report.markdown import Node

_TEMPLATE = Path(__file__).with_name("paper.typ")
# Points for each px of a chart's design: paper is read closer than a screen, so that text of
# 11.5 px is set in 7 pt.
_POINTS = 0.62


def require() -> None:
    """Say so at once if Typst is not installed: drawing the charts would be for nothing."""
    if find_spec("typst") is None:
        raise errors.MissingExtraError.from_extra("typst", "a report as PDF", "report")


def drawing(theme: Theme) -> Callable[[Chart, Mapping[str, Any]], dict[str, str | bytes]]:
    """How a chart is drawn for paper: as SVG whose text stays text."""

    def draw(chart: Chart, options: Mapping[str, Any]) -> dict[str, str | bytes]:
        # Paper is white, whatever a screen may be.
        own = options.get("theme") or theme
        chosen = "light" if own == "dark" else own
        return {"picture": chart.to_svg(fonts=False, **{**options, "theme": chosen})}

    return draw


def pdf(page: Page, paper: str = "a4") -> bytes:
    """The file's bytes; equal input gives equal bytes.

    Raises:
        MissingExtraError: Typst is not installed.
        RenderError: Typst cannot set it.
    """
    require()
    import typst

    with tempfile.TemporaryDirectory(prefix="plotkit-") as folder:
        files: dict[str, str | bytes] = {}
        data = {
            "title": page.title,
            "summary": markdown.plain(page.description),
            "description": _nodes(page.description),
            "language": page.language.split("-")[0],
            "paper": paper,
            "words": dict(page.words),
            "ids": [entry.id for entry in page.contents],
            "blocks": [_block(block, page, files) for block in page.blocks],
        }
        files["report.json"] = json.dumps(data, ensure_ascii=False)
        files["report.typ"] = _TEMPLATE.read_bytes()
        for name, content in files.items():
            content = content.encode() if isinstance(content, str) else content
            Path(folder, name).write_bytes(content)
        try:
            made = typst.compile(
                str(Path(folder, "report.typ")),
                root=folder,
                font_paths=[str(path) for path in faces.folders() if path.is_dir()],
                format="pdf",
            )
        except typst.TypstError as error:
            raise errors.RenderError.from_stage("setting the PDF", page.title, str(error)) from None
    return bytes(made)


def _nodes(nodes: tuple[Node, ...]) -> list[dict[str, Any]]:
    return [{**node._asdict(), "children": _nodes(node.children)} for node in nodes]


def _block(
    block: Prose | Picture | Grid | Side, page: Page, files: dict[str, str | bytes]
) -> dict[str, Any]:
    if isinstance(block, Side):
        return {"kind": "side", "cells": [_block(cell, page, files) for cell in block.cells]}
    if isinstance(block, Prose):
        return {"kind": "prose", "nodes": _nodes(block.nodes)}
    made = {"id": block.id, "caption": _nodes(block.caption), "error": block.error}
    if isinstance(block, Grid):
        columns, kinds, rows, _ = block.printed
        return {
            **made,
            "kind": "grid",
            "label": page.words["table"].format(number=block.number),
            "columns": columns,
            "numeric": [kind == "number" for kind in kinds],
            "rows": rows,
            "notes": [block.more] if block.more else [],
        }
    file, width = "", 0.0
    for found in block.files.values():
        file = f"{block.id}.svg"
        files[file] = found
        assert isinstance(found, str)
        width = svg.size(found)[0] * _POINTS
    return {
        **made,
        "kind": "picture",
        "label": page.words["figure"].format(number=block.number),
        "alt": block.alt,
        "notes": list(block.notes),
        "file": file,
        "width": width,
    }
