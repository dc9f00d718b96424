"""Make plotkit's font files and their metrics from the upstream Inter package.

    pip install fonttools brotli
    python tools/make_fonts.py [inter-ui-4.1.1.tgz]

Without an argument the package is fetched from the npm registry. The result is the same
bytes on every run. What is changed against upstream stands in plotkit/fonts/README.md.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
import unicodedata
import urllib.request
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.filterPen import DecomposingFilterPen as DecomposingFilter
from fontTools.pens.reverseContourPen import ReverseContourPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

VERSION = "4.1.1"
SOURCE = f"https://registry.npmjs.org/inter-ui/-/inter-ui-{VERSION}.tgz"
SHA256 = "e392e4d71f18a7c1f23dfecd833d68fa05eeab41862686584e80fd2b5d87e9c0"
TARGET = Path(__file__).resolve().parent.parent / "plotkit" / "fonts"
STYLES = {400: "Regular", 600: "SemiBold"}
OWN_FAMILY = "Inter Plotkit"
BRITISH = 0x0809  # the engine reads the family name in every language of the name table
# A fixed time stamp (2024-01-01 in seconds since 1904), so that the files repeat.
STAMP = 3786825600

# Characters of the TTF files, which draw PNG, SVG and PDF.
ALL = [
    (0x0020, 0x007E),
    (0x00A0, 0x024F),  # Latin-1, Latin Extended-A and -B
    (0x0250, 0x036F),  # phonetic letters, modifiers, combining marks
    (0x0370, 0x03FF),  # Greek
    (0x0400, 0x052F),  # Cyrillic
    (0x1D2C, 0x1DBF),  # superscript and subscript letters
    (0x1E00, 0x1EFF),  # Latin Extended Additional (Vietnamese)
    (0x2000, 0x206F),  # punctuation
    (0x2070, 0x209F),  # superscripts and subscripts
    (0x20A0, 0x20CF),  # currencies
    (0x2100, 0x218F),  # letterlike, number forms
    (0x2190, 0x21FF),  # arrows
    (0x2200, 0x22FF),  # mathematics
    (0x2460, 0x2473),  # circled digits
    (0x25A0, 0x27BF),  # shapes, dingbats
    (0x2C60, 0x2C7F),
    (0xFFFD, 0xFFFD),
]
# Characters of the small woff2 files; the rest of ALL is in the "more" files.
LATIN = [
    (0x0020, 0x007E),
    (0x00A0, 0x00FF),
    (0x0131, 0x0131),
    (0x0152, 0x0153),
    (0x0160, 0x0161),
    (0x0178, 0x0178),
    (0x017D, 0x017E),
    (0x0394, 0x0394),
    (0x03B1, 0x03B5),
    (0x03BB, 0x03BC),
    (0x03C0, 0x03C1),
    (0x03C3, 0x03C3),
    (0x2010, 0x2015),
    (0x2018, 0x201E),
    (0x2020, 0x2022),
    (0x2026, 0x2026),
    (0x2030, 0x2030),
    (0x2032, 0x2033),
    (0x2039, 0x203A),
    (0x2070, 0x2070),
    (0x2074, 0x207B),
    (0x2080, 0x2089),
    (0x20AC, 0x20AC),
    (0x2122, 0x2122),
    (0x2190, 0x2193),
    (0x2206, 0x2206),
    (0x2212, 0x2212),
    (0x2248, 0x2248),
    (0x2260, 0x2260),
    (0x2264, 0x2265),
    (0xFFFD, 0xFFFD),
]


def main() -> None:
    """Write the TTF and woff2 files and metrics.json."""
    packed = Path(sys.argv[1]).read_bytes() if len(sys.argv) > 1 else fetch()
    if hashlib.sha256(packed).hexdigest() != SHA256:
        raise SystemExit(f"the package is not inter-ui {VERSION}: its SHA-256 differs")
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        files = {
            weight: extract(archive, f"package/web/Inter-{style}.woff2")
            for weight, style in STYLES.items()
        }
        (TARGET / "OFL.txt").write_bytes(extract(archive, "package/LICENSE.txt"))
    metrics: dict[str, Any] = {}
    latin, every = spread(LATIN), spread(ALL)
    for weight, source in files.items():
        style = STYLES[weight]
        font = reduced(source, weight, every)
        font.flavor = None
        font.save(TARGET / f"Inter-{style}.ttf")
        covered = set(font.getBestCmap())
        for part, wanted in (("latin", latin), ("more", every - latin)):
            web = reduced(source, weight, wanted & covered | {0x20})
            web.flavor = "woff2"
            web.save(TARGET / f"Inter-{style}-{part}.woff2")
        metrics.setdefault("units", font["head"].unitsPerEm)
        metrics.setdefault("covered", runs(covered))
        metrics.setdefault("latin", runs(latin & covered))
        if metrics["covered"] != runs(covered):
            raise SystemExit("the weights do not cover the same characters")
        metrics[str(weight)] = advances(font)
    text = json.dumps(metrics, separators=(",", ":"), sort_keys=True)
    (TARGET / "metrics.json").write_text(text + "\n", encoding="ascii")


def fetch() -> bytes:
    """Return the upstream package from the npm registry."""
    with urllib.request.urlopen(SOURCE, timeout=60) as answer:
        packed: bytes = answer.read()
    return packed


def extract(archive: tarfile.TarFile, name: str) -> bytes:
    """Return one file of the package."""
    member = archive.extractfile(name)
    if member is None:
        raise SystemExit(f"the package has no file {name}")
    return member.read()


def spread(ranges: list[tuple[int, int]]) -> set[int]:
    """Return every code point of the ranges."""
    return {code for first, last in ranges for code in range(first, last + 1)}


def runs(codes: set[int]) -> list[list[int]]:
    """Return sorted code points as [first, last] pairs."""
    pairs: list[list[int]] = []
    for code in sorted(codes):
        if pairs and code == pairs[-1][1] + 1:
            pairs[-1][1] = code
        else:
            pairs.append([code, code])
    return pairs


def reduced(source: bytes, weight: int, codes: set[int]) -> TTFont:
    """Return the font with only these characters, digits of equal width, and our name table."""
    font = TTFont(io.BytesIO(source), recalcTimestamp=False)
    tabular_digits(font)
    draw_replacement(font)
    draw_missing(font)
    options = subset.Options()
    # No "calt": it turns "->" into an arrow, but a label must show what the data says.
    options.layout_features = ["ccmp", "locl", "kern", "mark", "mkmk"]
    options.hinting = False
    options.notdef_outline = True
    options.glyph_names = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14, 16, 17]
    options.drop_tables += ["meta", "STAT"]
    worker = subset.Subsetter(options)
    worker.populate(unicodes=codes)
    worker.subset(font)
    for record in font["name"].names:
        if record.nameID in (3, 5):
            record.string = f"{record.toUnicode()};plotkit subset"
    # A second family name, of our own: a machine may have its own "Inter", which the engine
    # prefers, and then the same chart would not be the same picture everywhere.
    for name_id in (1, 16):
        font["name"].setName(OWN_FAMILY, name_id, 3, 1, BRITISH)
    font["head"].modified = STAMP
    if font["OS/2"].usWeightClass != weight:
        raise SystemExit(f"upstream's weight class is not {weight}")
    return font


def tabular_digits(font: TTFont) -> None:
    """Let the digits be the tabular ones, as the numbers along an axis want."""
    swap: dict[str, str] = {}
    table = font["GSUB"].table
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == "tnum":
            for index in record.Feature.LookupListIndex:
                for part in table.LookupList.Lookup[index].SubTable:
                    swap.update(getattr(part, "ExtSubTable", part).mapping)
    for cmap in font["cmap"].tables:
        if hasattr(cmap, "cmap"):
            for code in range(0x30, 0x3A):
                if code in cmap.cmap:
                    # Two subtables may share one mapping, hence the default.
                    name = cmap.cmap[code]
                    cmap.cmap[code] = swap.get(name, name)


def draw_replacement(font: TTFont) -> None:
    """Add U+FFFD, a diamond with a question mark cut out, which Inter lacks.

    Cleaned text contains it, and one character that the font lacks makes the engine draw the
    whole line in another font.
    """
    glyphs, cmap = font.getGlyphSet(), font.getBestCmap()
    mark = cmap[ord("?")]
    box = BoundsPen(glyphs)
    glyphs[mark].draw(box)
    left, bottom, right, top = box.bounds
    advance, middle, half = 2048, 745, 960
    outline = TTGlyphPen(None)
    centre = advance / 2
    outline.moveTo((centre, middle - half))
    outline.lineTo((centre - half, middle))
    outline.lineTo((centre, middle + half))
    outline.lineTo((centre + half, middle))
    outline.closePath()
    shrink = 0.66
    shift = (
        centre - shrink * (left + right) / 2,
        middle - shrink * (bottom + top) / 2,
    )
    # Turned round, so that it is a hole.
    hole = ReverseContourPen(TransformPen(outline, (shrink, 0, 0, shrink, *shift)))
    glyphs[mark].draw(DecomposingFilter(hole, glyphs))
    add_glyph(font, "uniFFFD", outline.glyph(dropImpliedOnCurves=False), advance)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[0xFFFD] = "uniFFFD"


def draw_missing(font: TTFont) -> None:
    """Make the box for characters that no font draws a plain hollow one, not upstream's text."""
    outline = TTGlyphPen(None)
    for left, bottom, right, top, inwards in (
        (170, 0, 1062, 1490, False),
        (290, 120, 942, 1370, True),
    ):
        corners = [(left, bottom), (left, top), (right, top), (right, bottom)]
        if inwards:
            corners.reverse()
        outline.moveTo(corners[0])
        for corner in corners[1:]:
            outline.lineTo(corner)
        outline.closePath()
    font["glyf"][".notdef"] = outline.glyph()
    font["hmtx"][".notdef"] = (1232, 170)


def add_glyph(font: TTFont, name: str, glyph: Any, advance: int) -> None:
    """Add one glyph at the end of the font."""
    font.setGlyphOrder([*font.getGlyphOrder(), name])
    font["glyf"].glyphs[name] = glyph
    font["glyf"].glyphOrder = font.getGlyphOrder()
    glyph.recalcBounds(font["glyf"])
    font["hmtx"][name] = (advance, glyph.xMin)


def advances(font: TTFont) -> list[list[Any]]:
    """Return [first code point, [advance, ...]] for each run of covered characters."""
    widths, cmap = font["hmtx"].metrics, font.getBestCmap()

    def advance(code: int) -> int:
        drawn_over = unicodedata.category(chr(code)) in ("Mn", "Me", "Cf")
        return 0 if drawn_over else int(widths[cmap[code]][0])

    return [
        [first, [advance(code) for code in range(first, last + 1)]]
        for first, last in runs(set(cmap))
    ]


if __name__ == "__main__":
    main()
