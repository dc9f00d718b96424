"""The font faces that the engine knows: plotkit's own, the user's, the packaged ones, the system's.

The engine finds faces by family name in the folders listed here. Which characters a face has is
read with fontTools once for each file and kept in the user's cache folder: 300 fonts take half a
second the first time and a few milliseconds from then on. None of it is needed for a chart whose
text is in Latin, Greek or Cyrillic letters.
"""

from __future__ import annotations

import functools
import json
import os
import re
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

OWN_FOLDER: Final = Path(__file__).resolve().parent.parent / "fonts"
SUFFIXES: Final = (".ttf", ".otf", ".ttc", ".otc")
# Fonts of the extra `cjk`, and its single languages for those who want no more: each of these
# packages holds nothing but a font file of Noto Sans CJK as its makers publish it.
PACKAGES: Final = (
    "noto-cjk-sans-otc",
    *(f"noto-cjk-sans-{lang}-{style}" for style in ("regular", "bold") for lang in ("jp", "kr")),
    *(f"noto-cjk-sans-{lang}-{style}" for style in ("regular", "bold") for lang in ("sc", "tc")),
)

# A font's table of characters is rarely above 1 MB; a broken file must not cost more.
_CMAP_LIMIT: Final = 8_000_000
_CACHE_VERSION: Final = 2
# They have a box for every character there is.
_BOXES: Final = re.compile(r"\.?last\s?resort|adobe (blank|notdef)|unicode bmp fallback", re.I)

Ranges = tuple[tuple[int, int], ...]


class Face(NamedTuple):
    """One face of a font file, by the facts that the engine looks at.

    Attributes:
        path, number: the file, and the face's number in it.
        names: the family names that the engine finds it by, an English one first.
        weight: 100 to 900, 400 is regular.
        width: 1 to 9, 5 is normal.
        slanted: italic or oblique.
        colour: it has glyphs in colours.
        embeddable: its maker allows that a part of it goes into a document.
        ranges: the code points that it has glyphs for, sorted, as first and last.
    """

    path: str
    number: int
    names: tuple[str, ...]
    weight: int
    width: int
    slanted: bool
    colour: bool
    embeddable: bool
    ranges: Ranges

    @property
    def family(self) -> str:
        """The first of its family names."""
        return self.names[0]

    def covers(self, code: int) -> bool:
        """Whether it has a glyph for a code point."""
        return within(code, self.ranges)


def within(code: int, ranges: Ranges) -> bool:
    """Whether sorted ranges hold a code point.

    >>> within(0x42, ((0x41, 0x43), (0x50, 0x50)))
    True
    """
    at = bisect_right(ranges, (code, sys.maxunicode + 1))
    return at > 0 and ranges[at - 1][1] >= code


def folders() -> list[Path]:
    """Return the folders whose fonts the engine is told of, plotkit's own first."""
    from plotkit import settings

    return [OWN_FOLDER, *(Path(folder).expanduser() for folder in settings.font_folders)]


def installed() -> tuple[Face, ...]:
    """Return every face that the engine knows or can be told of: own, user's, packaged, system's.

    They are in a fixed order, and each file counts once.
    """
    places = [*folders(), *package_folders(), *system_folders()]
    return _faces(tuple(map(str, places)), tuple(font_files(places)))


def use(face: Face) -> None:
    """Have the engine know a face of a packaged font: its folder joins the user's folders.

    It is not one of them from the start, as each engine would read it for nothing.
    """
    from plotkit import settings

    folder = os.path.dirname(face.path)
    if folder in map(str, package_folders()) and folder not in settings.font_folders:
        settings.font_folders = (*settings.font_folders, folder)


@functools.cache
def package_folders() -> tuple[Path, ...]:
    """Return the folders of installed packages that carry fonts, without importing them."""
    from importlib.metadata import PackageNotFoundError, distribution

    found: dict[Path, None] = {}
    for name in PACKAGES:
        try:
            files = distribution(name).files or ()
        except PackageNotFoundError:
            continue
        for file in files:
            if file.suffix.lower() in SUFFIXES:
                found[Path(os.path.abspath(file.locate())).parent] = None
    return tuple(found)


def system_folders() -> list[Path]:
    """Return the folders where the engine looks for installed fonts on this system."""
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        user = home / "AppData"
        return [
            Path(os.environ.get("SYSTEMROOT", "C:\\Windows")) / "Fonts",
            user / "Local" / "Microsoft" / "Windows" / "Fonts",
            user / "Roaming" / "Microsoft" / "Windows" / "Fonts",
        ]
    if sys.platform == "darwin":
        return [
            Path("/Library/Fonts"),
            Path("/System/Library/Fonts"),
            *sorted(Path("/System/Library/AssetsV2").glob("com_apple_MobileAsset_Font*")),
            Path("/Network/Library/Fonts"),
            home / "Library" / "Fonts",
        ]
    return [
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        home / ".fonts",
        home / ".local" / "share" / "fonts",
        *_fontconfig_folders(),
    ]


def _fontconfig_folders() -> list[Path]:
    """Return the folders that the system's font configuration adds."""
    try:
        text = Path("/etc/fonts/fonts.conf").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return []
    return [Path(name) for name in re.findall(r"<dir>\s*(/[^<]*?)\s*</dir>", text)]


def font_files(places: Iterable[Path]) -> Iterator[tuple[str, int, int]]:
    """Yield the path, time of change and size of every font file, each once, in a fixed order."""
    seen: set[str] = set()
    for place in places:
        for parent, children, names in os.walk(place):
            children.sort()
            for name in sorted(names):
                path = os.path.join(parent, name)
                if path in seen or not name.lower().endswith(SUFFIXES):
                    continue
                seen.add(path)
                try:
                    facts = os.stat(path)
                except OSError:
                    continue
                yield path, facts.st_mtime_ns, facts.st_size


@functools.lru_cache(maxsize=4)
def _faces(places: tuple[str, ...], files: tuple[tuple[str, int, int], ...]) -> tuple[Face, ...]:
    """Return the faces of the files, from the cache where it knows them."""
    known = _read_cache()
    read: dict[str, tuple[int, int, tuple[Face, ...]]] = {}
    for path, stamp, size in files:
        held = known.get(path)
        fresh = held is not None and held[:2] == (stamp, size)
        read[path] = held if held is not None and fresh else (stamp, size, read_faces(path))
    if any(known.get(path) is not facts for path, facts in read.items()):
        # What other folders hold stays known as long as it exists.
        kept = {path: facts for path, facts in known.items() if os.path.exists(path)}
        _write_cache({**kept, **read})
    return tuple(face for _, _, faces in read.values() for face in faces)


def read_faces(path: str | Path) -> tuple[Face, ...]:
    """Return the faces of a TrueType or OpenType file that draw something.

    A file that is damaged or of another kind has none.
    """
    import logging

    from fontTools.ttLib import TTFont

    # What it thinks of other people's fonts is no news for the user of a chart.
    logging.getLogger("fontTools").addHandler(logging.NullHandler())
    found: list[Face] = []
    same: dict[Ranges, Ranges] = {}  # the faces of a collection often share a table
    try:
        with open(path, "rb") as file:
            head = file.read(12)
            count = min(int.from_bytes(head[8:12], "big"), 64) if head[:4] == b"ttcf" else 1
            for number in range(count):
                file.seek(0)
                try:
                    face = _read_face(str(path), number, TTFont(file, lazy=True, fontNumber=number))
                except Exception:  # a damaged file fails in every way there is
                    continue
                if face is not None:
                    found.append(face._replace(ranges=same.setdefault(face.ranges, face.ranges)))
    except OSError:
        return ()
    return tuple(found)


def _read_face(path: str, number: int, font: Any) -> Face | None:
    if font.reader.tables["cmap"].length > _CMAP_LIMIT:
        return None
    cmap = font["cmap"]
    # In format 13 many characters share one glyph, which is a box or a sign for a script.
    cmap.tables = [table for table in cmap.tables if table.format != 13]
    codes = (font.getBestCmap() or {}).items()
    ranges = as_ranges(code for code, glyph in codes if glyph != ".notdef")
    names = _names(font["name"])
    if not ranges or not names or any(map(_BOXES.match, names)):
        return None
    if font["name"].getDebugName(6) is None:
        return None  # the engine passes over a font without a PostScript name
    style = font.get("OS/2", None)
    weight, width, flags, rights = 400, 5, 0, 0
    if style is not None:
        weight, width = style.usWeightClass, style.usWidthClass
        flags, rights = style.fsSelection, style.fsType
    return Face(
        path,
        number,
        names,
        weight=min(max(round(weight / 100) * 100, 100), 900),
        width=width if 1 <= width <= 9 else 5,
        slanted=bool(flags & 0x201),
        colour=any(table in font for table in ("CBDT", "COLR", "sbix", "SVG ")),
        # Restricted, not to be subset, or bitmaps alone.
        embeddable=not (rights & 0x000F == 0x0002 or rights & 0x0300),
        ranges=ranges,
    )


def _names(table: Any) -> tuple[str, ...]:
    """Return the family names that the engine takes: the typographic ones if there are any."""
    for kind in (16, 1):
        found = [name for name in table.names if name.nameID == kind]
        held = [name for name in found if name.isUnicode()]
        held = held or [name for name in found if (name.platformID, name.langID) == (1, 0)]
        held.sort(key=lambda name: name.langID != 0x409)  # stable: the first one otherwise
        names = dict.fromkeys(str(name.toUnicode()).strip() for name in held)
        names.pop("", None)
        if names:
            return tuple(names)
    return ()


def as_ranges(codes: Iterable[int]) -> Ranges:
    """Return sorted ranges of code points that neither overlap nor touch.

    >>> as_ranges([3, 1, 2, 9])
    ((1, 3), (9, 9))
    """
    ranges: list[tuple[int, int]] = []
    first = last = -2
    for code in sorted(set(codes)):
        if code != last + 1:
            if last >= 0:
                ranges.append((first, last))
            first = code
        last = code
    if last >= 0:
        ranges.append((first, last))
    return tuple(ranges)


# --- the cache -------------------------------------------------------------------------------

_Known = dict[str, tuple[int, int, tuple[Face, ...]]]


def cache_file() -> Path:
    """Return where the coverage of the installed fonts is kept."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("plotkit", appauthor=False)) / "font-faces.json"


def _read_cache() -> _Known:
    """Return what the cache holds; nothing where it is absent or damaged."""
    try:
        found = json.loads(cache_file().read_bytes())
        if found["version"] != _CACHE_VERSION:
            return {}
        shared: list[Ranges] = [
            tuple((int(first), int(last)) for first, last in ranges) for ranges in found["ranges"]
        ]
        known: _Known = {}
        for path, (stamp, size, faces) in found["files"].items():
            read = []
            for index, names, weight, width, slanted, colour, embeddable, at in faces:
                facts = (int(weight), int(width), bool(slanted), bool(colour), bool(embeddable))
                family = (str(names[0]), *map(str, names[1:]))
                read.append(Face(str(path), int(index), family, *facts, shared[at]))
            known[path] = (int(stamp), int(size), tuple(read))
        return known
    except (OSError, ValueError, TypeError, AttributeError, LookupError):
        return {}


def _write_cache(known: _Known) -> None:
    """Write the cache whole or not at all; a machine without a place for it has none."""
    from plotkit import written  # only a cache that was not there needs it

    shared: dict[Ranges, int] = {}
    files = {
        path: (
            stamp,
            size,
            [[*face[1:-1], shared.setdefault(face.ranges, len(shared))] for face in faces],
        )
        for path, (stamp, size, faces) in known.items()
    }
    held = {"version": _CACHE_VERSION, "files": files, "ranges": list(shared)}
    path = cache_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        written.whole(path, json.dumps(held, separators=(",", ":")))
    except OSError:
        return
