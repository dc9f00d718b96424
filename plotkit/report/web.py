"""A report as one HTML page: static pictures, or live charts under the same strict policy.

Text reaches the page escaped, pictures are inspected SVG without script, and a
Content-Security-Policy lets nothing in from elsewhere.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import plotkit
from plotkit import settings
from plotkit.chart import Chart
from plotkit.look import Theme
from plotkit.render import fonts, svg
from plotkit.render import page as live_page
from plotkit.report.blocks import Panel
from plotkit.report.draw import Folded, Grid, Page, Picture, Prose, Side
from plotkit.report.markdown import Node
from plotkit.theme import config

_ASSETS = Path(__file__).parent
_DEEP = 3  # headings of this level and below are set in, in the contents
_RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")

# What stands where a picture goes; it gets the picture and returns its HTML.
Canvas = Callable[[Picture], str]


def html(
    page: Page,
    canvas: Canvas,
    *,
    theme: str | None = None,
    more_style: str = "",
    scripts: str = "",
    running: Sequence[str] = (),
    beside: bool = False,
    served: bool = False,
    above: str = "",
) -> str:
    """The whole document; equal input gives equal text.

    Args:
        page: the report.
        canvas: what stands where a picture goes.
        theme: that of the page; None follows the reader's own setting.
        more_style: style sheet of live charts.
        scripts: their scripts, as markup.
        running: the texts of those that run.
        beside: pictures are files beside the page.
        served: a server of ours holds the page; its pictures and files stand there.
        above: markup that comes first.
    """
    carry = _Carrier(page.panels(), page.language)
    body = "\n".join(_block(block, page, canvas, carry) for block in page.blocks)
    own = carry.script
    policy = live_page.policy([*running, *own], media=bool(own))
    if beside:
        # A page opened from disk has no origin of its own: "file:" names its neighbours there.
        policy = policy.replace("img-src data:", "img-src 'self' file: data:")
    if served:
        policy = policy.replace("img-src data:", "img-src 'self' data:")
        policy = policy.replace("media-src data:", "media-src 'self' data:")
        policy = policy.replace("form-action 'none'", "form-action 'self'; connect-src 'self'")
    style = _colours(theme) + _asset("page.css") + more_style + carry.style
    language = page.language
    return Template(_asset("page.html")).substitute(
        language=escape(language),
        direction=' dir="rtl"' if language.split("-")[0] in _RIGHT_TO_LEFT else "",
        policy=policy,
        scheme=theme or "light dark",
        software=f"plotkit {plotkit.__version__}",
        title=escape(page.title),
        style=style,
        fonts=fonts.css(texts=[page.title, body]),
        above=above,
        shape=" with-contents" if len(page.contents) > 1 else "",
        description=f'<div class="lead">{prose(page.description)}</div>'
        if page.description
        else "",
        contents=_contents(page),
        body=body,
        footer=escape(f"{page.words['generated_by']} {plotkit.__version__}"),
        scripts="\n".join(filter(None, [scripts, *(f"<script>{text}</script>" for text in own)])),
    )


class _Carrier:
    """Writes the panels of a page, which share what it may carry.

    Attributes:
        script: the text of their script, in a list; empty where there are no panels.
        style: their style sheet.
    """

    def __init__(self, panels: Sequence[Panel], language: str) -> None:
        self._waiting = len(panels)
        self._left = settings.report_media_bytes
        self._language = language
        self._held: set[str] = set()
        self.script = list(dict.fromkeys(panel.script for panel in panels))
        self.style = "".join(dict.fromkeys(panel.style for panel in panels))

    def __call__(self, panel: Panel) -> str:
        made = panel.carried(self._language, max(self._left, 0) // self._waiting, self._held)
        self._waiting -= 1
        self._left -= len(made)
        return made


@cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text("utf-8")


# Which of two pictures is shown; paper is light wherever it may be.
_BOTH = (
    "@media screen and (prefers-color-scheme:dark){.canvas.light{display:none!important}}"
    "@media not screen,(prefers-color-scheme:light){.canvas.dark{display:none!important}}"
)


def _colours(theme: str | None) -> str:
    if theme is not None:
        # What is drawn in one theme is printed in it.
        return live_page.colours({theme: config(theme)}, theme=theme)
    return live_page.colours({name: config(name) for name in ("light", "dark")}) + _BOTH


def _contents(page: Page) -> str:
    if len(page.contents) < 2:
        return ""
    lines = "\n".join(
        f"<li{' class=deep' if entry.level >= _DEEP else ''}>"
        f'<a href="#{escape(entry.id)}" dir="auto">{escape(entry.text)}</a></li>'
        for entry in page.contents
    )
    title = escape(page.words["contents"])
    return f'<nav class="contents" aria-label="{title}"><h2>{title}</h2><ol>\n{lines}\n</ol></nav>'


def _block(
    block: Prose | Picture | Grid | Panel | Side | Folded,
    page: Page,
    canvas: Canvas,
    carry: _Carrier,
) -> str:
    if isinstance(block, Folded):
        inside = "\n".join(_block(one, page, canvas, carry) for one in block.blocks)
        title = f'<summary dir="auto">{escape(block.title)}</summary>'
        return f'<details class="fold">{title}\n{inside}\n</details>'
    if isinstance(block, Side):
        cells = "\n".join(_block(cell, page, canvas, carry) for cell in block.cells)
        return f'<div class="beside">\n{cells}\n</div>'
    if isinstance(block, Prose):
        return f'<div class="prose" dir="auto">{prose(block.nodes)}</div>'
    if isinstance(block, Grid):
        return _grid(block, page)
    if isinstance(block, Panel):
        return carry(block)
    shown = _failure(block, page) if block.error else canvas(block)
    told = _caption("figure", block, page)
    if block.plain and told:
        named = f'<figcaption class="above">{told}</figcaption>\n'
        return f'<figure id="{block.id}">\n{named}{shown}\n{_remarks(block)}</figure>'
    told += _remarks(block)
    caption = f"<figcaption>{told}</figcaption>\n" if told else ""
    return f'<figure id="{block.id}">\n{shown}\n{caption}</figure>'


def _failure(block: Picture | Grid, page: Page) -> str:
    told = escape(page.words["not_drawn"])
    return f'<div class="error"><strong>{told}</strong>{escape(block.error)}</div>'


def _caption(kind: str, block: Picture | Grid, page: Page) -> str:
    number = escape(page.words[kind].format(number=block.number))
    shown = "" if block.plain else f'<span class="number">{number}</span>'
    return " ".join(filter(None, (shown, inline(block.caption))))


def _remarks(picture: Picture) -> str:
    if not picture.notes:
        return ""
    lines = "".join(f'<li dir="auto">{escape(note)}</li>' for note in picture.notes)
    return f'<ul class="remarks">{lines}</ul>'


def _grid(grid: Grid, page: Page) -> str:
    if grid.error:
        return f'<figure class="table" id="{grid.id}">{_failure(grid, page)}</figure>'
    columns, kinds, rows, _ = grid.printed
    number = [f' class="{kind}"' for kind in kinds]
    head = "".join(
        f'<th scope="col"{n} dir="auto">{escape(name)}</th>'
        for name, n in zip(columns, number, strict=True)
    )
    lines = "\n".join(
        "<tr>"
        + "".join(
            f'<td class="drawn">{grid.drawings[at][line]}</td>'
            if at in grid.drawings
            else f'<td{number[at]} dir="auto">{escape(cell)}</td>'
            for at, cell in enumerate(row)
        )
        + "</tr>"
        for line, row in enumerate(rows)
    )
    more = f"<p>{escape(grid.more)}</p>" if grid.more else ""
    told = _caption("table", grid, page)
    named = escape(page.words["table"].format(number=grid.number))
    label = f'aria-labelledby="{grid.id}-caption"' if told else f'aria-label="{named}"'
    return (
        f'<figure class="table" id="{grid.id}">\n'
        + (f'<figcaption id="{grid.id}-caption">{told}</figcaption>\n' if told else "")
        + f'<div class="scroll" tabindex="0" role="group" {label}>'
        f"<table><thead><tr>{head}</tr></thead>"
        f"<tbody>\n{lines}\n</tbody></table></div>{more}\n</figure>"
    )


# --- pictures ------------------------------------------------------------------------------------


def drawing(
    themes: Sequence[Theme],
) -> Callable[[Chart, Mapping[str, Any]], dict[str, str | bytes]]:
    """How a chart is drawn for a page: once for each theme, as SVG, or as PNG where that is huge.

    A chart that has a theme of its own keeps it.
    """

    def draw(chart: Chart, options: Mapping[str, Any]) -> dict[str, str | bytes]:
        made: dict[str, str | bytes] = {}
        for name, theme in looks(chart, options, themes).items():
            picture = chart.to_svg(fonts=False, **{**options, "theme": theme})
            if len(picture) > settings.inline_svg_bytes:
                made[name] = chart.to_png(**{**options, "theme": theme})
            else:
                made[name] = picture
        return made

    return draw


def looks(chart: Chart, options: Mapping[str, Any], themes: Sequence[Theme]) -> Mapping[str, Theme]:
    """The themes that a chart is drawn in, by name; one that has its own keeps it."""
    own = options.get("theme") or (None if chart.theme == "light" else chart.theme)
    if own is not None:
        return {"own": own}
    return dict(zip(("light", "dark"), themes, strict=False))


def inlined(picture: Picture) -> str:
    """The pictures of a figure, one for each theme, as parts of the page itself."""
    parts = []
    for theme, made in picture.files.items():
        only = "" if len(picture.files) == 1 else f" {theme}"
        if isinstance(made, bytes):
            data = b64encode(made).decode("ascii")
            made = f'<img alt="{escape(picture.alt)}" src="data:image/png;base64,{data}">'
        else:
            made = svg.prefixed(made, f"{picture.id}-{theme}-")
        parts.append(f'<div class="canvas{only}">{made}</div>')
    return "\n".join(parts)


# --- text ----------------------------------------------------------------------------------------


def prose(nodes: Sequence[Node]) -> str:
    """Blocks of text as HTML."""
    return "\n".join(filter(None, map(_prose, nodes)))


_SIMPLE = {"quote": "blockquote", "item": "li"}


def _prose(node: Node) -> str:
    kind = node.kind
    if kind == "paragraph":
        inside = inline(node.children)
        return inside if node.level else f"<p>{inside}</p>"
    if kind == "heading":
        name = f' id="{escape(node.mark)}"' if node.mark else ""
        return f"<h{node.level}{name}>{inline(node.children)}</h{node.level}>"
    if kind == "list":
        tag = "ol" if node.level else "ul"
        start = f' start="{node.level}"' if node.level > 1 else ""
        return f"<{tag}{start}>{prose(node.children)}</{tag}>"
    if kind in _SIMPLE:
        tag = _SIMPLE[kind]
        return f"<{tag}>{prose(node.children)}</{tag}>"
    if kind == "code":
        return f"<pre><code>{escape(node.text)}</code></pre>"
    if kind == "rule":
        return "<hr>"
    if kind == "table":
        return f'<div class="scroll"><table>{_rows(node.children)}</table></div>'
    return inline((node,))


def _rows(rows: Sequence[Node]) -> str:
    made: Iterator[str] = (
        "<tr>"
        + "".join(
            f"<{'th' if row.head else 'td'}{f' class={cell.mark}' if cell.mark else ''}>"
            f"{inline(cell.children)}</{'th' if row.head else 'td'}>"
            for cell in row.children
        )
        + "</tr>"
        for row in rows
    )
    return "".join(made)


_INLINE = {"strong": "strong", "em": "em", "strike": "s"}


def inline(nodes: Sequence[Node]) -> str:
    """A line of text as HTML."""
    return "".join(map(_piece, nodes))


def _piece(node: Node) -> str:
    if node.kind in _INLINE:
        tag = _INLINE[node.kind]
        return f"<{tag}>{inline(node.children)}</{tag}>"
    if node.kind == "code_text":
        return f"<code>{escape(node.text)}</code>"
    if node.kind == "link":
        outside = "" if node.text.startswith("#") else ' rel="noreferrer noopener"'
        return f'<a href="{escape(node.text)}"{outside}>{inline(node.children)}</a>'
    if node.kind == "break":
        return "<br>" if node.level else "\n"
    return escape(node.text)
