"""A report as a folder: every chart as files, a page, a Markdown file, and a manifest.

The manifest holds a digest of all that each picture depends on. What has the same digest as
before, and whose files are still what they were, is not drawn again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any

import plotkit
from plotkit import errors, written
from plotkit.chart import FORMATS, Chart
from plotkit.look import Theme
from plotkit.render import page as live_page
from plotkit.report import draw, marked, web
from plotkit.report.blocks import Block
from plotkit.report.draw import Kept, Page, Picture

MANIFEST = "manifest.json"
_FIGURES = "figures"
# A page shows the first of these that there is.
_SHOWN = ("svg", "png", "webp", "jpg", "jpeg")
# A page opened from disk has no origin of its own: "file:" names its neighbours there.
_POLICY = live_page.policy().replace("img-src data:", "img-src 'self' file: data:")


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
    before = _Before(folder)
    depends = json.dumps([list(formats), themes], default=str)
    page = draw.page(blocks, setting._replace(depends=depends, keep=before.keep))
    size = sum(map(draw.weight, page.pictures()))
    if max_bytes is not None and size > max_bytes:
        raise errors.SaveError.from_size(str(folder), size, max_bytes, draw.heaviest(page))
    written.folder(folder / _FIGURES)
    figures = []
    now: set[str] = set()
    for picture in page.pictures():
        files = {}
        for key, content in picture.files.items():
            path = _path(picture, key)
            data = content.encode() if isinstance(content, str) else content
            digest = hashlib.sha256(data).hexdigest()
            if before.sha256.get(path) != digest:
                written.whole(folder / path, data)
            files[key] = {"path": path, "sha256": digest, "bytes": len(data)}
            now.add(path)
        figures.append(_entry(picture, files))
    shown = web.html(page, _linked, theme=themes[0], policy=_POLICY)
    written.whole(folder / "index.html", shown)
    written.whole(folder / "index.md", marked.text(page, _sources))
    manifest = {"plotkit": plotkit.__version__, "title": page.title, "figures": figures}
    written.whole(folder / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    # What is drawn under another name now, or no longer: only files that a manifest named.
    for path in before.sha256.keys() - now:
        with suppress(OSError):
            os.unlink(folder / path)
    return page


class _Before:
    """What an earlier run left in the folder: files that are still what its manifest says."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: dict[str, Mapping[str, Any]] = {}
        self.sha256: dict[str, str] = {}
        try:
            listed = json.loads((folder / MANIFEST).read_bytes())["figures"]
            for entry in listed:
                if entry["error"]:
                    continue
                for file in entry["files"].values():
                    if _is_ours(file["path"]):
                        self.sha256[file["path"]] = _sha256(folder / file["path"])
                for digest in (entry["digest"], entry["source"]):
                    if digest:
                        self._entries[digest] = entry
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            self._entries = {}  # none, or none of ours: everything is drawn

    def keep(self, digest: str) -> Kept | None:
        """What was drawn for this digest, where all of it is still there."""
        entry = self._entries.get(digest)
        if entry is None:
            return None
        files = {}
        for key, file in entry["files"].items():
            if self.sha256.get(file["path"]) != file["sha256"]:
                return None
            try:
                files[key] = (self._folder / file["path"]).read_bytes()
            except OSError:
                return None
        told = [entry[name] for name in ("title", "alt", "notes", "preset", "digest")]
        return Kept(told[0], told[1], tuple(told[2]), told[3], told[4], files)


def _is_ours(path: str) -> bool:
    """Whether a manifest's path is one of a figure, and of nothing outside the folder."""
    parts = path.split("/")
    return len(parts) == 2 and parts[0] == _FIGURES and parts[1] not in ("", ".", "..")


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


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


def _sources(picture: Picture) -> str:
    found = dict(_shown(picture))
    if not found:
        return f"<p>{escape(picture.alt)}</p>"
    main = found.get("light") or next(iter(found.values()))
    image = f'<img alt="{escape(picture.alt)}" src="{escape(main)}">'
    if "dark" not in found or main == found["dark"]:
        return image
    dark = escape(found["dark"])
    source = f'<source media="(prefers-color-scheme: dark)" srcset="{dark}">'
    return f"<picture>{source}{image}</picture>"
