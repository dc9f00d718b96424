"""Parts of font files, small enough to travel inside a document."""

from __future__ import annotations

import base64
import io
import os
import re
from functools import lru_cache
from typing import Final

from plotkit.render.faces import OWN_FOLDER, Ranges, as_ranges


@lru_cache(maxsize=256)
def rule(
    family: str,
    weight: int,
    path: str,
    number: int,
    codes: Ranges,
    *,
    ranged: bool = False,
    slanted: bool = False,
) -> str:
    """Return an @font-face rule that carries the glyphs of some characters; "" if it cannot.

    Args:
        family: the name that the document's text asks for.
        weight: the weight that it asks for.
        path: the font file.
        number: the face's number in it.
        codes: the code points.
        ranged: say which characters it is for, so that it stands beside another of the same name.
        slanted: for italic text.

    The same arguments give the same text. It has no characters that XML or HTML would escape.
    """
    if not re.fullmatch(r"[\w .-]+", family):
        return ""
    try:
        packed = base64.b64encode(subset(path, number, codes)).decode("ascii")
    except Exception:  # a damaged font fails in every way there is; the reader's own fonts remain
        return ""
    listed = ",".join(f"U+{a:X}" if a == b else f"U+{a:X}-{b:X}" for a, b in codes)
    return (
        f"@font-face{{font-family:'{family}';font-style:{'italic' if slanted else 'normal'};"
        f"font-weight:{weight};src:url(data:font/woff2;base64,{packed}) format('woff2')"
        f"{f';unicode-range:{listed}' if ranged else ''}}}"
    )


def subset(path: str, number: int, codes: Ranges) -> bytes:
    """Return a WOFF2 file with the glyphs of some characters, and what joins and places them.

    Nothing of it depends on the time or the machine.
    """
    text = "".join(chr(code) for first, last in codes for code in range(first, last + 1))
    source: str | bytes = path
    if os.path.dirname(path) == str(OWN_FOLDER) and set(text) <= set(_EVERYDAY):
        source = _everyday(path)
    return _made(source, number, text, "woff2")


# A chart's usual characters. Inter's kerning is read once for all of them, which takes most of
# the time.
_EVERYDAY: Final = "".join(map(chr, range(0x20, 0x7F))) + "\u2212\u2013\u2014\u2026\u2019×·°±²µ"


@lru_cache(maxsize=4)
def _everyday(path: str) -> bytes:
    return _made(path, 0, _EVERYDAY, None)


def _made(source: str | bytes, number: int, text: str, flavor: str | None) -> bytes:
    import logging
    from unicodedata import combining

    from fontTools import subset as tool
    from fontTools.ttLib import TTFont

    logging.getLogger("fontTools").addHandler(logging.NullHandler())
    options = tool.Options()
    options.hinting = False
    options.desubroutinize = True
    options.glyph_names = False
    options.name_IDs = [0, 1, 2]
    options.notdef_outline = True
    options.harfbuzz_repacker = False  # or the bytes would depend on what else is installed
    options.ignore_missing_unicodes = True
    options.drop_tables = [*options.drop_tables, "vhea", "vmtx", "VORG", "BASE", "STAT", "MVAR"]
    if all("\u2e80" <= char <= "\ud7a3" and not combining(char) for char in text):
        options.layout_features = []  # each of these stands for itself
    picked = sorted(map(ord, shaped_from(text)))
    of_many = isinstance(source, str) and source.lower().endswith((".ttc", ".otc"))
    held = io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb")  # noqa: SIM115
    with (
        held,
        TTFont(
            held, lazy=True, fontNumber=number if of_many else -1, recalcTimestamp=False
        ) as font,
    ):
        worker = tool.Subsetter(options)
        worker.populate(unicodes=picked)
        worker.subset(font)
        font.flavor = flavor
        file = io.BytesIO()
        font.save(file)
    return file.getvalue()


def shaped_from(characters: str) -> str:
    """Return the characters and those that shaping may make of them before it looks for glyphs.

    >>> [f"{ord(char):X}" for char in shaped_from("ำ")]  # Thai sara am
    ['E33', 'E4D', 'E32']
    """
    from unicodedata import normalize

    # Not for Hangul, whose letters would bring all syllables with them.
    letters = "".join(char for char in characters if not "\u1100" <= char <= "\uffef")
    forms = [normalize(form, letters) for form in ("NFC", "NFD", "NFKD")]
    return "".join(dict.fromkeys("".join((characters, *forms))))


def codes_of(characters: str) -> Ranges:
    """Return the code points of characters, as sorted ranges.

    >>> codes_of("cab")
    ((97, 99),)
    """
    return as_ranges(map(ord, characters))
