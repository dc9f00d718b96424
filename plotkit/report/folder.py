"""A report as a folder: every chart as files, a page, a Markdown file, and a manifest.

The manifest holds a digest of all that each picture depends on. What has the same digest as
before, and whose files are still what they were, is not drawn again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import plotkit
from plotkit import errors, written
from plotkit.chart import FORMATS, Chart
from plotkit.look import Theme
from plotkit.report import draw, marked, web
from plotkit.report.blocks import Block, Panel, Still
from plotkit.report.draw import Kept, Page, Picture

MANIFEST = "manifest.json"
_FIGURES = "figures"
_LOOKS = ("own", "light", "dark")
# A page shows the first of these that there is.
_SHOWN = ("svg", "png", "webp", "jpg", "jpeg")


def drawing(
    formats: Sequence[str], themes: Sequence[Theme]
) -> Callable[[Chart, Mapping[str, Any]], dict[str, str | bytes]]:
    """How a chart is drawn for a folder: in every format and theme, named such as "dark.svg"."""

    def draw(chart: Chart, options: Mapping[str, Any]) -> dict[str, str | bytes]:
        return {
            f"{name}.{ending}": FORMATS[f".{ending}"].make(chart, **{**options, "theme": theme})
            for name, theme in web.looks(chart, options, themes).items()
            for ending in formats
        }

    return draw


def write(
    blocks: Sequence[Block],
    setting: draw.Setting,
    folder: Path,
    formats: Sequence[str],
    themes: tuple[str | None, tuple[Theme, ...]],
    max_bytes: int | None = None,
) -> Page:
    """Draw what changed, and write the folder; nothing where its pictures exceed `max_bytes`.

    Raises:
        OptionError: an unknown format.
        SaveError: the folder cannot be made or written to.
    """
    expected = f"some of {', '.join(ending[1:] for ending in FORMATS)}"
    for ending in formats or ("",):
        if f".{ending}" not in FORMATS:
            raise errors.OptionError.from_option("formats", ending, expected)
    written.folder(folder)
    pictures = folder / _FIGURES
    if pictures.is_symlink():
        raise errors.SaveError.from_os(str(pictures), "it is a link to somewhere else.")
    before = _Before(folder, formats)
    depends = json.dumps([list(formats), themes], default=str)
    page = draw.page(blocks, setting._replace(depends=depends, keep=before.keep))
    size = sum(map(draw.weight, page.pictures()))
    if max_bytes is not None and size > max_bytes:
        raise errors.SaveError.from_size(str(folder), size, max_bytes, draw.heaviest(page))
    written.folder(pictures)
    figures = []
    now: set[str] = set()
    for picture in page.pictures():
        files = {}
        for key, content in picture.files.items():
            path = _path(picture, key)
            data = content.encode() if isinstance(content, str) else content
            digest = before.put(path, data)
            files[key] = {"path": path, "sha256": digest, "bytes": len(data)}
            now.add(path)
        figures.append(_entry(picture, files))
    stills = {panel: _stills(panel, at + 1) for at, panel in enumerate(page.panels())}
    kept = {
        path: before.put(path, still.content)
        for found in stills.values()
        for path, still in found.items()
    }
    now |= kept.keys()
    shown = web.html(page, _linked, theme=themes[0], beside=True)
    _write(folder / "index.html", shown)

    def sources(part: Picture | Panel) -> str:
        return _stills_shown(stills[part]) if isinstance(part, Panel) else _sources(part)

    _write(folder / "index.md", marked.text(page, sources))
    manifest: dict[str, Any] = {
        "plotkit": plotkit.__version__,
        "title": page.title,
        "figures": figures,
    }
    if kept:
        manifest["panels"] = kept
    _write(folder / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    # What is drawn under another name now, or no longer: only files that are still as we left them.
    for path in before.written.keys() - now:
        with suppress(OSError):
            os.unlink(folder / path)
    return page


class _Left(NamedTuple):
    """A figure of an earlier manifest: what it was drawn for, what it says, its files by name."""

    digests: tuple[str, ...]
    told: tuple[str, str, tuple[str, ...], str, str]
    files: Mapping[str, tuple[str, str]]  # name -> path, SHA-256


class _Before:
    """What an earlier run left in the folder: files that are still what its manifest says.

    A manifest may come from anybody: only files of our own naming are looked at.
    """

    def __init__(self, folder: Path, formats: Sequence[str]) -> None:
        self._folder = folder
        self._names = {f"{name}.{ending}" for name in _LOOKS for ending in formats}
        self._left: dict[str, _Left] = {}
        self.written: dict[str, str] = {}  # path -> SHA-256, where the file is still that one
        for left in self._read():
            for path, digest in left.files.values():
                if _sha256(folder / path) == digest:
                    self.written[path] = digest
            self._left |= dict.fromkeys(left.digests, left)
        for path, digest in self._stills():
            if _is_ours(path) and _sha256(folder / path) == digest:
                self.written[path] = digest

    def put(self, path: str, data: bytes) -> str:
        """Write a file, unless it is there already; returns its digest."""
        digest = hashlib.sha256(data).hexdigest()
        if self.written.get(path) != digest:
            _write(self._folder / path, data)
        return digest

    def _stills(self) -> list[tuple[str, str]]:
        """The pictures of panels, with their digests."""
        try:
            listed = json.loads((self._folder / MANIFEST).read_bytes())["panels"]
            return [(str(path), str(digest)) for path, digest in listed.items()]
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return []

    def _read(self) -> Iterator[_Left]:
        try:
            listed = json.loads((self._folder / MANIFEST).read_bytes())["figures"]
            yield from [left for entry in listed if (left := _left(entry)) is not None]
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return  # none, or none of ours: everything is drawn

    def keep(self, digest: str) -> Kept | None:
        """What was drawn for this digest, where all of it is still there."""
        left = self._left.get(digest)
        if left is None or not self._names.issuperset(left.files):
            return None
        files = {}
        for name, (path, sha256) in left.files.items():
            if self.written.get(path) != sha256:
                return None
            try:
                files[name] = (self._folder / path).read_bytes()
            except OSError:
                return None
        return Kept(*left.told, files)


def _left(entry: Mapping[str, Any]) -> _Left | None:
    """An entry of a manifest, where it is one of ours; raises what is caught above."""
    files = {
        str(name): (str(file["path"]), str(file["sha256"]))
        for name, file in entry["files"].items()
        if _is_ours(str(file["path"]))
    }
    if entry["error"] or len(files) != len(entry["files"]):
        return None
    texts = [str(entry[name]) for name in ("title", "alt", "preset", "digest")]
    notes = tuple(str(note) for note in entry["notes"])
    digests = tuple(str(found) for found in (entry["digest"], entry["source"]) if found)
    return _Left(digests, (texts[0], texts[1], notes, texts[2], texts[3]), files)


def _is_ours(path: str) -> bool:
    """Whether a path is that of a figure's file, and of nothing outside the folder."""
    parts = path.split("/")
    plain = re.fullmatch(r"\d+-[^/\\\0]+\.\w+", parts[-1])
    return len(parts) == 2 and parts[0] == _FIGURES and plain is not None


def _sha256(path: Path) -> str:
    """The digest of a file; "" for what is none, or lies elsewhere."""
    try:
        return "" if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _write(target: Path, content: str | bytes) -> None:
    # The folder may come from anybody: nothing outside it is written through a link.
    written.whole(target, content, through_links=False)


def _path(picture: Picture, key: str) -> str:
    theme, _, ending = key.partition(".")
    return f"{_FIGURES}/{picture.name}{'-dark' if theme == 'dark' else ''}.{ending}"


def _entry(picture: Picture, files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "number": picture.number,
        "name": picture.name,
        "title": picture.title,
        "caption": marked.inline(picture.caption),
        "alt": picture.alt,
        "preset": picture.preset,
        "notes": list(picture.notes),
        "digest": picture.digest,
        "source": picture.source,
        "files": files,
        "error": picture.error,
    }


def _shown(picture: Picture) -> Iterator[tuple[str, str]]:
    """(theme, path) of the files that a page shows."""
    endings = {key.partition(".")[2] for key in picture.files}
    best = next((ending for ending in _SHOWN if ending in endings), "")
    for key in picture.files:
        theme, _, ending = key.partition(".")
        if ending == best:
            yield theme, _path(picture, key)


def _linked(picture: Picture) -> str:
    """The picture of a page, light or dark as the reader has it."""
    return f'<div class="canvas">{_sources(picture)}</div>'


def _stills(panel: Panel, number: int) -> dict[str, Still]:
    """The pictures of a panel by their paths."""
    return {f"{_FIGURES}/{number:02d}-media-{still.name}": still for still in panel.pictures}


def _stills_shown(stills: Mapping[str, Still]) -> str:
    """The pictures of a panel in Markdown, each with its caption."""
    lines = []
    for path, still in stills.items():
        # On one line: in Markdown, an empty one would end the element.
        alt = escape(" ".join(still.alt.split()))
        caption = marked.escaped(" ".join(still.caption.split()))
        image = f'<img alt="{alt}" src="{escape(path)}">'
        lines.append(f"{image}  \n{caption}" if caption else image)
    return "\n\n".join(lines)


def _sources(picture: Picture) -> str:
    found = dict(_shown(picture))
    if not found:
        return f"<p>{escape(picture.alt)}</p>"
    main = found.get("light") or next(iter(found.values()))
    # On one line: in Markdown, an empty one would end the element.
    alt = escape(" ".join(picture.alt.split()))
    image = f'<img alt="{alt}" src="{escape(main)}">'
    if "dark" not in found or main == found["dark"]:
        return image
    dark = escape(found["dark"])
    source = f'<source media="(prefers-color-scheme: dark)" srcset="{dark}">'
    return f"<picture>{source}{image}</picture>"
