"""The fonts a picture is drawn with: where they lie, how they travel inside a page, what they lack.

plotkit ships Inter in two weights (see fonts/README.md). The engine draws a character that Inter
lacks with the first installed font that has it, and an empty box where none has; `missing_glyphs`
finds such characters beforehand, so that a chart can say so.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import re
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

# The family name that the themes ask for first. The TTF files answer to "Inter" as well, but a
# machine may have an Inter of its own, which the engine prefers: other digits, other widths.
FAMILY: Final = "Inter Plotkit"

_FOLDER: Final = Path(__file__).resolve().parent.parent / "fonts"
_STYLES: Final = {400: "Regular", 600: "SemiBold"}
_SUFFIXES: Final = (".ttf", ".otf", ".ttc", ".otc")
# A font's table of characters is rarely above 1 MB; a broken file must not cost more.
_CMAP_LIMIT: Final = 8_000_000
_CACHED_SETS: Final = 4

Ranges = list[tuple[int, int]]


def folders() -> list[Path]:
    """Return the folders whose fonts the engine is to know, plotkit's own first."""
    from plotkit import settings

    return [_FOLDER, *(Path(folder).expanduser() for folder in settings.font_folders)]


def css(
    weights: Iterable[int] = (400, 600),
    texts: Iterable[str] | None = None,
    family: str = FAMILY,
) -> str:
    """Return @font-face rules that carry the fonts, for a page or a `<style>` inside an SVG.

    Of each weight (400 or 600) there is a small file for Western European text (14 kB) and one
    for the rest (56 kB); with `texts` the second is left out unless a text needs it. The same
    arguments give the same text. It has no characters that XML or HTML would have to escape.
    """
    parts = ["more", "latin"]
    if texts is not None and not _outside(texts, "latin") & _shipped("covered"):
        parts = ["latin"]
    # Of overlapping rules the last one wins, so the small file serves its range alone and a
    # reader loads the other for other characters.
    rules = [_rule(family, weight, part) for weight in sorted(set(weights)) for part in parts]
    return "\n".join(rules)


def embedded(svg: str) -> str:
    """Return the SVG with the fonts that its text needs, so that it looks the same anywhere."""
    end = svg.index(">") + 1
    rules = css(texts=[svg], family=FAMILY)
    return f"{svg[:end]}<style>{rules}</style>{svg[end:]}"


def missing_glyphs(texts: Iterable[str]) -> list[str]:
    """Return the characters that none of the fonts on this machine draws, as they first occur.

    Text in Latin, Greek and Cyrillic letters costs microseconds; for other text the installed
    fonts are looked at, and what they cover is kept in the user's cache folder. Where no
    installed font can be read nothing is reported.
    """
    texts = list(texts)
    outside = _outside(texts, "covered")
    if not outside:
        return []
    wanted = [char for char in dict.fromkeys("".join(texts)) if ord(char) in outside]
    wanted = [char for char in wanted if _is_drawn(char)]
    if not wanted:
        return []
    covered = _installed(tuple(map(str, folders())))
    return [char for char in wanted if not _within(ord(char), covered)] if covered else []


@functools.cache
def _rule(family: str, weight: int, part: str) -> str:
    """Return one @font-face rule."""
    data = (_FOLDER / f"Inter-{_STYLES[weight]}-{part}.woff2").read_bytes()
    packed = base64.b64encode(data).decode("ascii")
    ranges = ""
    if part == "latin":
        listed = ",".join(
            f"U+{first:X}" if first == last else f"U+{first:X}-{last:X}"
            for first, last in _metrics()["latin"]
        )
        ranges = f";unicode-range:{listed}"
    return (
        f"@font-face{{font-family:'{family}';font-style:normal;font-weight:{weight};"
        f"src:url(data:font/woff2;base64,{packed}) format('woff2'){ranges}}}"
    )


@functools.cache
def _metrics() -> dict[str, list[list[int]]]:
    """Return what is known of the shipped fonts."""
    found: dict[str, list[list[int]]] = json.loads((_FOLDER / "metrics.json").read_bytes())
    return found


@functools.cache
def _shipped(key: str) -> frozenset[int]:
    """Return the code points of a range list of metrics.json."""
    return frozenset(code for first, last in _metrics()[key] for code in range(first, last + 1))


def _outside(texts: Iterable[str], key: str) -> set[int]:
    """Return the code points of the texts that are not in a range list of metrics.json."""
    found: set[int] = set()
    for text in texts:
        if not text.isascii():
            found.update(map(ord, set(text)))
    return found - _shipped(key) if found else found


def _is_drawn(char: str) -> bool:
    """Say whether a character is drawn at all: spaces and invisible formatting need no font."""
    # Only needed for text outside the shipped fonts.
    import unicodedata

    invisible = char.isspace() or "\ufe00" <= char <= "\ufe0f" or char == "\u034f"
    return not invisible and unicodedata.category(char) not in ("Cc", "Cf", "Cs")


def _within(code: int, ranges: Ranges) -> bool:
    """Say whether sorted ranges hold a code point."""
    # Only needed for text outside the shipped fonts.
    from bisect import bisect_right

    at = bisect_right(ranges, (code, sys.maxunicode + 1))
    return at > 0 and ranges[at - 1][1] >= code


@functools.lru_cache(maxsize=4)
def _installed(own: tuple[str, ...]) -> Ranges:
    """Return the code points that any installed font or font of these folders covers."""
    from hashlib import sha256

    files = list(_font_files([*map(Path, own), *_system_folders()]))
    if not files:
        return []
    listing = "\n".join(f"{path}|{stamp}|{size}" for path, stamp, size in files)
    key = sha256(listing.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    known = _read_cache()
    if key in known:
        return [(first, last) for first, last in known[key]]
    ranges = _merged(pair for path, _, _ in files for pair in coverage(path))
    known[key] = [list(pair) for pair in ranges]
    _write_cache(dict(list(known.items())[-_CACHED_SETS:]))
    return ranges


def _system_folders() -> list[Path]:
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


def _font_files(places: list[Path]) -> Iterator[tuple[str, int, int]]:
    """Yield the path, time of change and size of every font file, each once, in a fixed order."""
    seen: set[str] = set()
    for place in places:
        for parent, children, names in os.walk(place):
            children.sort()
            for name in sorted(names):
                path = os.path.join(parent, name)
                if path in seen or not name.lower().endswith(_SUFFIXES):
                    continue
                seen.add(path)
                try:
                    facts = os.stat(path)
                except OSError:
                    continue
                yield path, facts.st_mtime_ns, facts.st_size


def coverage(path: str | Path) -> Ranges:
    """Return the ranges of code points that a TrueType or OpenType file has glyphs for.

    A file that is damaged or of another kind covers nothing.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(12)
            starts = [0]
            if head[:4] == b"ttcf":
                count = min(struct.unpack(">I", head[8:12])[0], 64)
                starts = list(struct.unpack(f">{count}I", file.read(4 * count)))
            # The faces of a collection may share one table.
            tables: set[tuple[int, int]] = set()
            for start in starts:
                file.seek(start)
                count = struct.unpack(">4xH6x", file.read(12))[0]
                for _ in range(count):
                    tag, _, offset, length = struct.unpack(">4sIII", file.read(16))
                    if tag == b"cmap":
                        tables.add((offset, length))
            ranges: Ranges = []
            for offset, length in sorted(tables):
                file.seek(offset)
                ranges += _cmap(file.read(min(length, _CMAP_LIMIT)))
            return _merged(ranges)
    except (OSError, struct.error, IndexError):
        return []


def _cmap(table: bytes) -> Ranges:
    """Return the ranges of the Unicode parts of a table of characters."""
    ranges: Ranges = []
    offsets = {
        offset
        for platform, encoding, offset in struct.iter_unpack(
            ">HHI", table[4 : 4 + 8 * struct.unpack_from(">H", table, 2)[0]]
        )
        if platform == 0 or (platform == 3 and encoding in (1, 10))
    }
    for offset in sorted(offsets):
        kind = struct.unpack_from(">H", table, offset)[0]
        if kind == 4:
            ranges += _segments(table, offset)
        elif kind in (12, 13):
            count = struct.unpack_from(">I", table, offset + 12)[0]
            groups = table[offset + 16 : offset + 16 + 12 * count]
            for first, last, glyph in struct.iter_unpack(">III", groups[: len(groups) // 12 * 12]):
                if first <= last <= sys.maxunicode:
                    # The glyph 0 is the empty box.
                    skip = 1 if glyph == 0 else 0
                    ranges += [(first + skip, last)] if first + skip <= last else []
    return ranges


def _segments(table: bytes, offset: int) -> Ranges:
    """Return the ranges of a part of format 4, the common one."""
    count = struct.unpack_from(">H", table, offset + 6)[0] // 2
    at = offset + 14
    ends = struct.unpack_from(f">{count}H", table, at)
    starts = struct.unpack_from(f">{count}H", table, at + 2 * count + 2)
    deltas = struct.unpack_from(f">{count}H", table, at + 4 * count + 2)
    table_at = at + 6 * count + 2
    places = struct.unpack_from(f">{count}H", table, table_at)
    ranges: Ranges = []
    for index, (first, last, delta, place) in enumerate(
        zip(starts, ends, deltas, places, strict=True)
    ):
        if first > last or first == 0xFFFF:
            continue
        if place in (0, 0xFFFF):
            # This code point has the glyph 0, the empty box.
            hole = -delta & 0xFFFF
            if first <= hole <= last:
                ranges += [(a, b) for a, b in ((first, hole - 1), (hole + 1, last)) if a <= b]
            else:
                ranges.append((first, last))
            continue
        where = table_at + 2 * index + place
        glyphs = table[where : where + 2 * (last - first + 1)]
        for code, (glyph,) in enumerate(
            struct.iter_unpack(">H", glyphs[: len(glyphs) // 2 * 2]), first
        ):
            if glyph:
                ranges.append((code, code))
    return ranges


def _merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Return sorted ranges that neither overlap nor touch."""
    merged: Ranges = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            if last > merged[-1][1]:
                merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    return merged


def _cache_file() -> Path:
    """Return where the coverage of the installed fonts is kept."""
    # Only needed for text outside the shipped fonts.
    import platformdirs

    return Path(platformdirs.user_cache_dir("plotkit", appauthor=False)) / "font-coverage.json"


def _read_cache() -> dict[str, list[list[int]]]:
    """Return what the cache holds; nothing where it is absent or damaged."""
    try:
        found = json.loads(_cache_file().read_bytes())
        return {
            str(key): [[int(first), int(last)] for first, last in ranges]
            for key, ranges in found.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write_cache(known: dict[str, list[list[int]]]) -> None:
    """Write the cache whole or not at all; a machine without a place for it has none."""
    # Only needed for text outside the shipped fonts.
    import tempfile

    path = _cache_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                json.dump(known, file, separators=(",", ":"))
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError:
        return
