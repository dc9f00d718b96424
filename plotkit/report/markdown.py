"""Markdown, read by a library and made safe: a tree of plain nodes that every writer can walk.

Nothing of the source reaches a page as markup. HTML in it is text, links go to the web, to mail
or to a place in the report, and pictures are shown as what they say they are: a report reads no
file and no address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import category

from plotkit.text import clean

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

_LINK = re.compile(r"(?:https?://|mailto:|#)[^\s]*", re.IGNORECASE)


class Node(NamedTuple):
    """One piece of a text.

    Attributes:
        kind: paragraph, heading, list, item, quote, code, rule, table, row, cell; inside of them
            text, strong, em, strike, code_text, link, break.
        children: the pieces inside.
        text: of text and code, the text; of a link, its target.
        level: of a heading 1 to 6; of an ordered list the first number, 0 for bullets; of a
            paragraph 1 where it stands close to its neighbours, in a list without blank lines.
        mark: of code its language, of a cell "left", "right" or "center", of a heading its id.
        head: of a table's row, whether it is the head.
    """

    kind: str
    children: tuple[Node, ...] = ()
    text: str = ""
    level: int = 0
    mark: str = ""
    head: bool = False


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # only reports need it

    # Deeper than anybody writes; the library's own limit of 20 drops the tenth list in a list.
    rules = {"html": False, "maxNesting": 100}
    return MarkdownIt("commonmark", rules).enable(["table", "strikethrough"])


def parse(source: str) -> tuple[Node, ...]:
    r"""Read Markdown (CommonMark with tables and ~~strikethrough~~).

    >>> [node.kind for node in parse("# Title\n\nA *word*.")]
    ['heading', 'paragraph']
    """
    from markdown_it.tree import SyntaxTreeNode

    try:
        return tuple(_blocks(SyntaxTreeNode(_parser().parse(clean(source)))))
    except RecursionError:  # thousands of marks inside each other: it is shown as it is written
        return (Node("paragraph", (Node("text", text=clean(source)),)),)


def inline(source: str) -> tuple[Node, ...]:
    """Read one line of Markdown, such as a caption.

    >>> [node.kind for node in inline("A *word*")]
    ['text', 'em']
    """
    from markdown_it.tree import SyntaxTreeNode

    try:
        return tuple(_inlines(SyntaxTreeNode(_parser().parseInline(clean(source)))))
    except RecursionError:
        return (Node("text", text=clean(source)),)


def plain(nodes: Sequence[Node]) -> str:
    """The text without its markup."""
    return "".join(
        " "
        if node.kind == "break"
        else (node.text if node.kind != "link" else "") + plain(node.children)
        for node in nodes
    )


def anchor(text: str, taken: set[str]) -> str:
    """An id for a heading, from its words; numbered where it is taken.

    >>> anchor("Loss & accuracy", {"loss-accuracy"})
    'loss-accuracy-2'
    """
    # Letters with the marks that belong to them: there is no Devanagari without.
    letters = (c if c.isalnum() or category(c)[0] == "M" else "-" for c in text.casefold())
    base = re.sub("-+", "-", "".join(letters)).strip("-")[:60].strip("-") or "section"
    made, number = base, 1
    while made in taken:
        number += 1
        made = f"{base}-{number}"
    taken.add(made)
    return made


_KINDS = {
    "blockquote": "quote",
    "bullet_list": "list",
    "list_item": "item",
    "table": "table",
    "tr": "row",
}


def _blocks(tree: SyntaxTreeNode) -> Iterator[Node]:
    for part in tree.children:
        kind = part.type
        if kind == "paragraph":
            yield Node(kind, tuple(_blocks(part)), level=int(part.hidden))
        elif kind in _KINDS:
            yield Node(_KINDS[kind], tuple(_blocks(part)))
        elif kind == "heading":
            yield Node("heading", tuple(_blocks(part)), level=int(part.tag[1:]))
        elif kind == "ordered_list":
            start: Any = part.attrs.get("start", 1)
            yield Node("list", tuple(_blocks(part)), level=max(int(start), 1))
        elif kind in ("fence", "code_block"):
            yield Node("code", text=part.content.rstrip("\n"), mark=part.info.split(" ")[0])
        elif kind == "hr":
            yield Node("rule")
        elif kind in ("thead", "tbody"):
            for found in _blocks(part):
                yield found._replace(head=kind == "thead")
        elif kind in ("th", "td"):
            style = str(part.attrs.get("style", ""))
            yield Node("cell", tuple(_blocks(part)), mark=style.removeprefix("text-align:"))
        elif kind == "inline":
            yield from _inlines(part)
        else:  # whatever else a parser may know is text here
            yield Node("text", text=part.content)


def _inlines(tree: SyntaxTreeNode) -> Iterator[Node]:
    for part in tree.children:
        kind = part.type
        if kind == "text":
            if part.content:
                yield Node("text", text=part.content)
        elif kind in ("strong", "em"):
            yield Node(kind, tuple(_inlines(part)))
        elif kind == "s":
            yield Node("strike", tuple(_inlines(part)))
        elif kind == "code_inline":
            yield Node("code_text", text=part.content)
        elif kind in ("softbreak", "hardbreak"):
            yield Node("break", level=int(kind == "hardbreak"))
        elif kind == "link":
            target = str(part.attrs.get("href", ""))
            inside = tuple(_inlines(part))
            if _LINK.fullmatch(target):
                yield Node("link", inside, text=target)
            else:  # the words stay, the target goes
                yield from inside
        elif kind == "image":
            yield Node("text", text=plain(tuple(_inlines(part))) or part.content)
        elif kind == "inline":
            yield from _inlines(part)
        else:
            yield Node("text", text=part.content)
