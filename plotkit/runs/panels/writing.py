"""The HTML of a panel: what is seen without JavaScript, and what the page's program makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from plotkit.runs.panels import stills
from plotkit.runs.panels.items import Item, files

_ROOM = Path(__file__).with_name("page")
# In the order in which they make one script.
_PROGRAM = (
    "base.js",
    "overlays.js",
    "pictures.js",
    "scene.js",
    "viewer.js",
    "parts.js",
    "panel.js",
    "start.js",
)
# Those of the words that the page's program says.
_SPOKEN = (
    "step", "slider", "play", "pause", "linked", "beside", "overlays", "opacity", "score", "class",
    "enlarge", "close", "previous", "next", "at_step", "numbered", "rows", "rows_carried", "turn",
    "scene", "no_scene", "notes", "spread", "unknown", "missing", "damaged", "open", "empty",
)  # fmt: skip
_FEW = 10  # rows of a table that stand in the page without JavaScript

#: What stands before a logged page: nothing of it runs, and nothing is loaded.
GUARD = (
    '<!DOCTYPE html><meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "img-src data:; media-src data:; font-src data:; style-src 'unsafe-inline'\">"
    '<meta name="color-scheme" content="light">'
)

Address = Callable[[str], str]


@cache
def program() -> str:
    """The script of a page with panels."""
    shades = json.dumps(stills.colours())
    parts = "\n".join(_asset(name) for name in _PROGRAM)
    return f'(() => {{\n"use strict";\n\nconst COLOURS = {shades};\n{parts}}})();\n'


@cache
def style() -> str:
    """The style sheet of a page with panels."""
    return _asset("media.css")


def _asset(name: str) -> str:
    # A checkout with CRLF line ends must not change the script's hash.
    return (_ROOM / name).read_bytes().decode().replace("\r\n", "\n")


def html(
    name: str,
    steps: Sequence[int],
    items: Sequence[Sequence[Item]],
    address: Address,
    document: Callable[[str], str | None],
    notes: Sequence[str],
    words: Mapping[str, str],
) -> str:
    """A panel as markup; equal input gives equal text.

    Args:
        name: what it was logged under.
        steps: the steps, rising.
        items: what was logged at each of them.
        address: what stands for a file; "" for one that the page holds already.
        document: the text of a logged page, where it shall stand in this one.
        notes: sentences under the panel.
        words: those of "media", in the page's language.
    """
    told = {key: escape(text) for key, text in words.items()}
    still = _Still(name, steps[-1], address, document, words)
    shown = [still.figure(item, at, len(items[-1])) for at, item in enumerate(items[-1])]
    needed = dict.fromkeys(file for step in items for item in step for file in _wanted(item))
    carried = {file: address(file) for file in needed if file not in still.placed}
    data = {
        "name": name,
        "steps": list(steps),
        "items": items,
        "files": {file: found for file, found in carried.items() if found},
        "words": {key: words[key] for key in _SPOKEN} | {"guard": GUARD},
    }
    step = told["step"].replace("{step}", str(steps[-1]))
    remarks = "".join(f'<p class="pk-m-note" dir="auto">{escape(note)}</p>' for note in notes)
    return (
        f'<section class="pk-media" aria-label="{escape(name)}">\n'
        f'<div class="pk-m-head"><p class="pk-m-name" dir="auto">{escape(name)}</p>'
        f'<div class="pk-m-bar"><span class="pk-m-step">{step}</span></div></div>\n'
        f'<div class="pk-m-view"><div class="pk-m-grid">\n{"".join(shown)}</div></div>\n'
        f'{remarks}<script type="application/json">{_json(data)}</script>\n</section>'
    )


def _wanted(item: Item) -> Iterator[str]:
    yield from files(item)
    # A link to it is offered.
    if item["kind"] == "other" and item.get("given"):
        yield item["given"]


def _json(value: object) -> str:
    """JSON that cannot end its script element."""
    # As it is read, so that the fonts of the page are known to need its characters.
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


class _Still:
    """What is seen of a step without JavaScript.

    Attributes:
        placed: files whose address stands in it.
    """

    def __init__(
        self,
        name: str,
        step: int,
        address: Address,
        document: Callable[[str], str | None],
        words: Mapping[str, str],
    ) -> None:
        self._name = name
        self._step = step
        self._address = address
        self._document = document
        self._words = words
        self.placed: set[str] = set()

    def figure(self, item: Item, at: int, count: int) -> str:
        alt = alt_of(item, self._name, at, count, self._step, self._words)
        kinds: Mapping[str, Callable[[Item, str], str]] = {
            "image": self._image,
            "video": self._player,
            "audio": self._player,
            "html": self._html,
            "table": _table,
        }
        shown = kinds.get(item["kind"], self._unseen)(item, alt)
        told = [escape(item[key]) for key in self._told(count) if item.get(key)]
        lines = "".join(f'<span dir="auto">{line}</span>' for line in told)
        caption = f"<figcaption>{lines}</figcaption>" if lines else ""
        return f'<figure class="pk-m-item pk-m-{item["kind"]}">{shown}{caption}</figure>\n'

    def _told(self, count: int) -> tuple[str, ...]:
        # Notes on each of many are a page's own affair: it folds them away.
        return ("caption", "note") if count == 1 else ("caption",)

    def _source(self, file: str) -> str:
        """The attributes of an element that shows a file; content stands in the first one."""
        mark = f' data-pk-file="{escape(file)}"'
        found = self._address(file)
        if not found or (file in self.placed and found.startswith("data:")):
            return mark
        self.placed.add(file)
        return f'{mark} src="{escape(found)}"'

    def _image(self, item: Item, alt: str) -> str:
        size, small = "", ""
        if "width" in item:
            width, height = _shown_size(item["width"], item["height"])
            size = f' width="{width}" height="{height}"'
            small = ' class="tiny"' if width > item["width"] else ""
        source = self._source(item["file"])
        return f'<img{small}{source} alt="{escape(alt)}"{size}>'

    def _player(self, item: Item, alt: str) -> str:
        tag, source = item["kind"], self._source(item["file"])
        return f'<{tag} controls preload="metadata"{source} aria-label="{escape(alt)}"></{tag}>'

    def _html(self, item: Item, alt: str) -> str:
        text = self._document(item["file"]) if item["file"] not in self.placed else None
        if text is None:
            return self._unseen(item, alt)
        self.placed.add(item["file"])
        return (
            f'<iframe class="pk-m-document" sandbox="" data-pk-file="{escape(item["file"])}" '
            f'title="{escape(alt)}" srcdoc="{escape(GUARD + text)}"></iframe>'
        )

    def _unseen(self, item: Item, alt: str) -> str:
        told = self._words["no_script"]
        if item["kind"] == "other":
            told = self._words["unknown"].format(kind=item["type"] or "?")
        return f'<p class="pk-m-message">{escape(f"{alt}. {told}")}</p>'


def _table(item: Item, alt: str) -> str:
    marks = [' class="number"' if number else "" for number in item["numeric"]]
    exact = {int(at): texts for at, texts in item["exact"].items()}

    def row(cells: Sequence[object], tag: str, line: int = -1) -> str:
        made = []
        for at, (cell, mark) in enumerate(zip(cells, marks, strict=True)):
            more = f' title="{escape(exact[at][line])}"' if line >= 0 and at in exact else ""
            made.append(f"<{tag}{mark}{more} dir=auto>{escape(text_of(cell))}</{tag}>")
        return f"<tr>{''.join(made)}</tr>"

    head = f"<thead>{row(item['columns'], 'th')}</thead>" if item["columns"] else ""
    rows = item["rows"] if not item["columns"] else item["rows"][:_FEW]
    body = "".join(row(cells, "td", line) for line, cells in enumerate(rows))
    return (
        f'<div class="pk-m-table"><div class="pk-m-scroll"><table>{head}<tbody>{body}</tbody>'
        "</table></div></div>"
    )


def text_of(cell: object) -> str:
    """A cell where only text can stand: of an object its caption, or what it is."""
    if isinstance(cell, list):
        return ", ".join(map(text_of, cell))
    if isinstance(cell, dict):
        return str(cell.get("caption") or cell.get("type") or cell["kind"])
    return str(cell)


_TINY, _TINY_SHOWN, _SHOWN = 96, 128, 560


def _shown_size(width: int, height: int) -> tuple[int, int]:
    """How large a picture is in the page, in px, about as the page's program lays it out."""
    largest = max(width, height)
    scale = max(1, _TINY_SHOWN // largest) if largest <= _TINY else min(1.0, _SHOWN / width)
    return max(round(width * scale), 1), max(round(height * scale), 1)


def alt_of(
    item: Mapping[str, Any], name: str, at: int, count: int, step: int, words: Mapping[str, str]
) -> str:
    """What is said of an item to those who do not see it: its caption, or its name and step."""
    if item.get("caption"):
        return str(item["caption"])
    if count > 1:
        name = words["numbered"].replace("{name}", name, 1).replace("{number}", str(at + 1))
    # The name may hold braces of its own.
    return words["at_step"].replace("{step}", str(step)).replace("{name}", name, 1)
