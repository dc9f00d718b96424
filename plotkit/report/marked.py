"""A report as Markdown, as GitHub and others show it: written anew from what was read.

What an author wrote is escaped where it could be taken for markup, HTML above all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from plotkit.report.blocks import Panel
from plotkit.report.draw import Folded, Grid, Page, Picture, Prose, Side
from plotkit.report.markdown import Node

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#&$])")
_AT_START = re.compile(r"^(\s*)([-+=]|\d+[.)])", re.MULTILINE)


# The line that shows a picture, or those that show the pictures of a panel.
Canvas = Callable[[Picture | Panel], str]


def text(page: Page, canvas: Canvas) -> str:
    """The whole file."""
    parts = [f"# {escaped(page.title)}", blocks(page.description)]
    parts += [_block(block, page, canvas) for block in page.blocks]
    return "\n\n".join(part for part in parts if part) + "\n"


def _block(
    block: Prose | Picture | Grid | Panel | Side | Folded, page: Page, canvas: Canvas
) -> str:
    if isinstance(block, Folded):
        inside = "\n\n".join(_block(one, page, canvas) for one in block.blocks)
        return f"**{escaped(block.title)}**\n\n{inside}"
    if isinstance(block, Side):
        return "\n\n".join(_block(cell, page, canvas) for cell in block.cells)
    if isinstance(block, Prose):
        return blocks(block.nodes)
    if isinstance(block, Panel):
        return "\n\n".join(filter(None, (block.marked(page.language), canvas(block))))
    kind = "figure" if isinstance(block, Picture) else "table"
    number = f"**{escaped(page.words[kind].format(number=block.number))}**"
    label = "" if block.plain else number
    caption = " ".join(filter(None, (label, inline(block.caption))))
    if block.error:
        failed = escaped(page.words["not_drawn"])
        return f"> **{failed}** {escaped(' '.join(block.error.split()))}\n\n{caption}"
    if isinstance(block, Picture):
        notes = [escaped(" ".join(note.split())) for note in block.notes]
        if block.plain:
            return "\n\n".join(filter(None, (caption, canvas(block), "  \n".join(notes))))
        told = "  \n".join(filter(None, (caption, *notes)))
        return "\n\n".join(filter(None, (canvas(block), told)))
    columns, kinds, rows, _ = block.printed
    aligned = ["--:" if kind == "number" else ":--" for kind in kinds]
    lines = [_line(map(escaped, columns)), _line(aligned)]
    lines += [_line(map(escaped, row)) for row in rows]
    if block.more:
        lines += ["", escaped(block.more)]
    return "\n".join([*([caption, ""] if caption else []), *lines])


def _line(cells: object) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"  # type: ignore[attr-defined]


def blocks(nodes: Sequence[Node]) -> str:
    """Blocks of text."""
    return "\n\n".join(filter(None, map(_prose, nodes)))


def _prose(node: Node) -> str:
    kind = node.kind
    if kind == "paragraph":
        return _AT_START.sub(r"\1\\\2", inline(node.children))
    if kind == "heading":
        return f"{'#' * node.level} {inline(node.children)}"
    if kind == "list":
        return _list(node)
    if kind == "quote":
        return _indented(blocks(node.children), "> ", "> ")
    if kind == "code":
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", node.text)), 3)
        language = re.sub(r"[^\w+-]", "", node.mark)
        return f"{fence}{language}\n{node.text}\n{fence}"
    if kind == "rule":
        return "---"
    if kind == "table":
        head = node.children[0].children if node.children else ()
        marks = {"right": "--:", "center": ":-:"}
        lines = [_line(_cell(cell.children) for cell in row.children) for row in node.children]
        lines.insert(1, _line(marks.get(cell.mark, ":--") for cell in head))
        return "\n".join(lines)
    return inline((node,))


def _cell(nodes: Sequence[Node]) -> str:
    """The text of a table's cell, in which code may hold a bar."""
    return re.sub(r"(?<!\\)\|", r"\\|", inline(nodes))


def _list(node: Node) -> str:
    made = []
    for number, item in enumerate(node.children):
        mark = f"{node.level + number}. " if node.level else "- "
        tight = all(part.level for part in item.children if part.kind == "paragraph")
        inside = ("\n" if tight else "\n\n").join(map(_prose, item.children))
        made.append(_indented(inside, mark, " " * len(mark)))
    return "\n".join(made)


def _indented(inside: str, first: str, others: str) -> str:
    lines = inside.split("\n")
    return "\n".join((first if at == 0 else others) + line for at, line in enumerate(lines))


def inline(nodes: Sequence[Node]) -> str:
    """A line of text."""
    return "".join(map(_piece, nodes))


_MARKS = {"strong": "**", "em": "*", "strike": "~~"}


def _piece(node: Node) -> str:
    if node.kind in _MARKS:
        mark = _MARKS[node.kind]
        return f"{mark}{inline(node.children)}{mark}"
    if node.kind == "code_text":
        fence = "`" * (1 + max((len(run) for run in re.findall("`+", node.text)), default=0))
        pad = " " if node.text.startswith("`") or node.text.endswith("`") else ""
        return f"{fence}{pad}{node.text}{pad}{fence}"
    if node.kind == "link":
        target = node.text.replace("(", "%28").replace(")", "%29").replace("<", "%3C")
        return f"[{inline(node.children)}]({target})"
    if node.kind == "break":
        return "  \n" if node.level else "\n"
    return escaped(node.text)


def escaped(text: str) -> str:
    """A text that is no markup, whatever is in it."""
    return _SPECIAL.sub(r"\\\1", text.replace("\n", " "))
