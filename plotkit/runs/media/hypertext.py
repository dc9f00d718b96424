"""Pages of HTML, kept as files."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from plotkit import errors
from plotkit.runs.media import reading
from plotkit.runs.media.base import File, InFile, caption_of, given

# What a page gets that brings no style: links that leave the frame, a plain face, both grounds.
_STYLE = (
    '<base target="_blank"><meta charset="utf-8"><style>:root{color-scheme:light dark}'
    "body{font-family:system-ui,sans-serif;line-height:1.5;margin:12px}"
    "img,svg,video{max-width:100%;height:auto}table{border-collapse:collapse}"
    "td,th{padding:2px 8px;text-align:left}</style>"
)
_HEAD = re.compile(r"<head(\s[^>]*)?>", re.IGNORECASE)
_START = re.compile(r"\s*(<!doctype[^>]*>)?\s*(<html(\s[^>]*)?>)?", re.IGNORECASE)


class Html(InFile):
    """A page of HTML, shown in a frame of its own.

    Args:
        data: HTML as text, the path of a file (a `Path`, or text that ends with .html or .htm), or
            an open file.
        inject: put a small style sheet into it; False keeps it as it is.
        data_is_not_path: take text as HTML whatever it ends with.
        caption: a text below it.

    Raises:
        MediaError: there is no such file, or it is no text.

    >>> made = Html("<b>bold</b>", inject=False)
    >>> made, made.html
    (Html(11 characters), '<b>bold</b>')
    """

    kind = "html"

    caption: str | None

    def __init__(
        self,
        data: Any,
        inject: bool = True,
        data_is_not_path: bool = False,
        caption: object = None,
    ) -> None:
        text = _text(data, data_is_not_path)
        self.caption = caption_of(caption)
        self._file = File((_styled(text) if inject else text).encode(), ".html")

    @property
    def html(self) -> str:
        """All of it."""
        return self._file.read().decode()

    def __repr__(self) -> str:
        return f"Html({len(self.html):,} characters)"

    def _repr_html_(self) -> str:
        held = html.escape(self.html, quote=True)
        return (
            f'<iframe sandbox srcdoc="{held}" '
            'style="width:100%;height:320px;border:1px solid #8884"></iframe>'
        )

    def store(self, keep: Callable[[bytes, str], str]) -> dict[str, Any]:
        return {"_type": self.kind, "file": self._file.keep(keep), **given(caption=self.caption)}

    @classmethod
    def load(cls, stored: Mapping[str, Any], folder: Path) -> Self:
        made = cls.__new__(cls)
        made._file = File.of_run(stored.get("file"), folder)
        made.caption = stored.get("caption")
        return made


def _text(data: Any, data_is_not_path: bool) -> str:
    if isinstance(data, str) and (data_is_not_path or not _is_path(data)):
        return data
    source = reading.source(data, "Html")
    if source is None:
        raise errors.MediaError.from_object("Html", type(data).__name__, "text, a path or a file")
    try:
        return source.content.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        name = os.fspath(source.path or "these bytes")
        raise errors.MediaError.from_file("Html", name, f"it is not UTF-8 ({reason})") from reason


def _is_path(text: str) -> bool:
    return "<" not in text and "\n" not in text and text.lower().endswith((".html", ".htm"))


def _styled(text: str) -> str:
    """The page with the style first in its head, so that its own styles win."""
    found = _HEAD.search(text) or _START.match(text)
    at = found.end() if found is not None else 0
    return text[:at] + _STYLE + text[at:]
